//! The regions whose instructions `cargo xtask counts` has callgrind count.
//!
//! Callgrind writes its counters and starts from zero at each call of [`counts_mark`], so a region
//! stands between two marks. Every case is a region of [`N`] records and one of twice as many: the
//! difference is free of all that is done once. Two lines tell which case a pair of regions belongs
//! to and how many records the difference covers.
//!
//! The engine has no thread of its own: callgrind runs one thread at a time, and where the writer
//! would come in between is chance. All cases of the writer share the process's engine and change
//! its format by a reload, as a second engine would make every call slower.
#![allow(missing_docs)]

mod common;

use common::calls;
use ripsaw::format::{Json, KeyValue, Text};
use ripsaw::process::{Draft, Flow};
use ripsaw::sink::Null;
use ripsaw::{Builder, Clock, Config, Guard, Handle, Level, LineFormat, Overflow};

/// Records of the shorter region.
const N: u64 = 2_000;

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("--clock=auto") => with_clock(Clock::Auto, N, |guard, n| {
            callers(guard, n);
            writers(guard, n);
            processors(guard, n);
            presets(guard, n);
        }),
        Some("--clock=coarse") => with_clock(Clock::Coarse, N, |guard, n| {
            caller(&guard.handle(), n, "call/coarse-clock", calls::int_int_float);
        }),
        _ if common::is_smoke_test() => with_clock(Clock::Auto, 20, |guard, n| {
            callers(guard, n);
            writers(guard, n);
            processors(guard, n);
            presets(guard, n);
        }),
        _ => println!("instructions are counted by `cargo xtask counts`"),
    }
}

fn with_clock(clock: Clock, n: u64, cases: impl Fn(&Guard, u64)) {
    let guard = null()
        .manual()
        .level(Level::Info)
        .overflow(Overflow::DropNewest)
        .clock(clock)
        .start()
        .expect("the only engine of this process");
    cases(&guard, n);
    assert_eq!(guard.handle().stats().dropped(), 0, "a region must fit the arena");
}

/// What a call costs its thread.
fn callers(guard: &Guard, n: u64) {
    let handle = guard.handle();
    let log = calls::context();
    caller(&handle, n, "call/int-int-float", calls::int_int_float);
    caller(&handle, n, "call/three-fields", calls::three_fields);
    caller(&handle, n, "call/35-byte-string", calls::short_string);
    caller(&handle, n, "call/1-KB-string", calls::long_string);
    caller(&handle, n, "call/context-of-five", |i| calls::in_context(&log, i));
    caller_of(&handle, n, 0, "call/disabled", calls::disabled);
}

/// What a record costs the writer.
fn writers(guard: &Guard, n: u64) {
    let handle = guard.handle();
    let log = calls::context();
    let formats = [
        ("text", null().format(Text::new())),
        ("key_value", null().format(KeyValue::new())),
        ("json", null().format(Json::new())),
    ];
    for (format, builder) in formats {
        handle.reload(builder).expect("a configuration without a mistake");
        let case = |case: &str| format!("{format}/{case}");
        writer(&handle, n, &case("int-int-float"), calls::int_int_float);
        writer(&handle, n, &case("three-fields"), calls::three_fields);
        writer(&handle, n, &case("context-of-five"), |i| calls::in_context(&log, i));
        writer(&handle, n, &case("large"), calls::large);
    }
}

/// What it costs that there is a processor, whatever it does.
fn processors(guard: &Guard, n: u64) {
    let handle = guard.handle();
    let idle = |_: &mut Draft<'_>| Flow::Keep;
    handle.reload(null().json().processor(idle)).expect("a configuration without a mistake");
    writer(&handle, n, "json/idle-processor", calls::three_fields);
}

/// What each setting of a preset does by itself, to a record with fields for emoji and to a call of a library that talks much.
fn presets(guard: &Guard, n: u64) {
    let handle = guard.handle();
    let with = |change: &dyn Fn(&mut Config)| {
        let mut config = Config::new();
        change(&mut config);
        config
    };
    let mut all_but_level = Config::high_throughput();
    all_but_level.module_levels.clear();
    let cases = [
        ("default", Config::new()),
        ("json", with(&|config| config.format = LineFormat::Json)),
        ("omit-timestamp", with(&|config| config.omit_timestamp = true)),
        ("name-emoji", with(&|config| config.name_emoji = Some(true))),
        ("field-emoji", with(&|config| config.field_emoji = Some(true))),
        ("service-name", with(&|config| config.service_name = Some("shop".to_owned()))),
        ("high-throughput", Config::high_throughput()),
        ("lean", Config::lean()),
        ("lean-and-field-emoji", {
            let mut config = Config::lean();
            config.field_emoji = Some(true);
            config
        }),
    ];
    for (name, config) in cases {
        let builder = config.builder().sink(Null::new());
        handle.reload(builder).expect("a configuration without a mistake");
        writer(&handle, n, &format!("preset/{name}"), calls::outcome);
    }
    for (name, config, records) in
        [("default", Config::new(), 1), ("high-throughput", Config::high_throughput(), 0)]
    {
        let builder = config.builder().sink(Null::new());
        handle.reload(builder).expect("a configuration without a mistake");
        caller_of(&handle, n, records, &format!("preset/{name}-library"), calls::library);
    }
}

fn caller(handle: &Handle, n: u64, name: &str, call: impl Fn(u64)) {
    caller_of(handle, n, 1, name, call);
}

/// A call that makes so many records.
fn caller_of(handle: &Handle, n: u64, records: u64, name: &str, call: impl Fn(u64)) {
    warm_up(handle, n, &call);
    for n in [n, 2 * n] {
        let before = handle.stats().written;
        counts_mark();
        repeat(n, &call);
        counts_mark();
        drain(handle);
        assert_eq!(handle.stats().written, before + n * records, "{name}: what was measured?");
    }
    println!("{name} {n}");
}

fn writer(handle: &Handle, n: u64, name: &str, call: impl Fn(u64)) {
    warm_up(handle, n, &call);
    for n in [n, 2 * n] {
        let before = handle.stats().written;
        repeat(n, &call);
        counts_mark();
        drain(handle);
        counts_mark();
        assert_eq!(handle.stats().written, before + n, "{name}: what was measured?");
    }
    println!("{name} {n}");
}

/// The call site gets its verdict, buffers their size and caches their contents.
fn warm_up(handle: &Handle, n: u64, call: &impl Fn(u64)) {
    repeat(2 * n, call);
    drain(handle);
}

/// Ten thousand upwards: numbers with a constant count of digits.
#[inline(never)]
fn repeat(n: u64, call: &impl Fn(u64)) {
    for i in 10_000..10_000 + n {
        call(i);
    }
}

fn drain(handle: &Handle) {
    while handle.pump() > 0 {}
}

/// Callgrind is told to write its counters whenever this is entered.
#[inline(never)]
fn counts_mark() {
    std::hint::black_box(());
}

fn null() -> Builder {
    ripsaw::builder().sink(Null::new())
}
