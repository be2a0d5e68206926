//! Captures, their assertions, and clocks that stand still.

use ripsaw::testing::{Capture, Expect};
use ripsaw::{Clock, Level, Logger, ManualClock, Value, assert_logged, assert_not_logged};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);

#[test]
fn inv_132_captured_records_are_structured() {
    let capture = Capture::new();
    let log = Logger::new("shop.orders").with("tenant", "eu");
    ripsaw::info!(logger: &log, name: "placed", order = 42, ok = true, "placed for {}", "ada\n");
    let line = line!() - 1;
    let records = capture.records();
    assert_eq!(records.len(), 1);
    let record = &records[0];
    assert_eq!((record.level, record.target.as_str()), (Level::Info, "shop.orders"));
    assert_eq!((record.name.as_str(), record.message.as_str()), ("placed", "placed for ada\\n"));
    let fields: Vec<_> = record.fields.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(fields, ["tenant", "order", "ok"]);
    assert_eq!(record.field("order"), Some(&Value::I64(42)));
    assert_eq!(record.field("missing"), None);
    assert_eq!((record.line, record.file.as_deref()), (Some(line), Some(file!())));
    assert!(record.thread.name.ends_with("inv_132_captured_records_are_structured"));
}

#[test]
fn inv_132_assertions_say_what_was_logged() {
    let capture = Capture::new();
    ripsaw::warn!(target: "db", http.status = 503_u16, "upstream {} failed", 7);
    ripsaw::debug!("twice");
    ripsaw::debug!("twice");
    assert_logged!(capture);
    assert_logged!(capture, level: Warning, target: "db", contains: "7", contains: "failed");
    assert_logged!(capture, message: "upstream 7 failed", fields: { http.status = 503 }, times: 1);
    assert_logged!(capture, message: "twice", times: 2);
    assert_not_logged!(capture, level: Error);
    assert_not_logged!(capture, fields: { http.status = 502 });
    let failure = catch_unwind(AssertUnwindSafe(|| {
        assert_logged!(capture, level: Error, fields: { http.status = 503 });
    }));
    let said = *failure.expect_err("no such record").downcast::<String>().expect("a text");
    assert!(said.contains("level error") && said.contains("http.status"), "{said}");
    assert!(said.contains("upstream 7 failed http.status=503"), "{said}");
    assert!(
        catch_unwind(AssertUnwindSafe(|| assert_logged!(capture, message: "twice", times: 1)))
            .is_err()
    );
    assert!(catch_unwind(AssertUnwindSafe(|| assert_not_logged!(capture, target: "db"))).is_err());
    capture.clear();
    assert_not_logged!(capture);
    assert!(capture.find(&Expect::new()).is_none());
}

#[test]
fn inv_132_captures_are_isolated_and_follow_their_threads() {
    let (one, own) = (
        Capture::new(),
        std::thread::spawn(|| {
            let other = Capture::new();
            ripsaw::info!("other");
            other.records().len()
        }),
    );
    assert_eq!(own.join().expect("no panic"), 1);
    let threads: Vec<_> = (0..4)
        .map(|i| one.spawn(move || (0..100).for_each(|n| ripsaw::info!(i, n, "spawned"))))
        .collect();
    let handle = one.handle();
    let foreign = std::thread::spawn(move || {
        let _attached = handle.attach();
        ripsaw::info!("attached");
    });
    let records = one.wait_for(401, LONG);
    assert_eq!(records.len(), 401);
    for thread in threads {
        thread.join().expect("no panic");
    }
    foreign.join().expect("no panic");
    assert_logged!(one, message: "spawned", times: 400);
    assert_not_logged!(one, message: "other");
    let late = catch_unwind(AssertUnwindSafe(|| one.wait_for(402, Duration::ZERO)));
    assert!(late.is_err());
}

#[test]
fn inv_134_clocks_are_injected() {
    let clock = ManualClock::new(Duration::from_secs(1_700_000_000));
    let capture = Capture::with(|builder| builder.clock(Clock::Manual(clock)));
    ripsaw::info!("first");
    clock.advance(Duration::from_nanos(1));
    let t = ripsaw::timed("work");
    clock.advance(Duration::from_millis(1500));
    t.ok();
    let records = capture.records();
    assert_eq!(records[0].unix_ns, 1_700_000_000_000_000_000);
    assert_eq!(records[1].unix_ns, 1_700_000_001_500_000_001);
    assert_eq!(records[1].field("duration_ms"), Some(&Value::F64(1500.0)));
}

#[test]
fn inv_134_a_writer_of_its_own_takes_records_of_a_clock_that_stands() {
    let (memory, clock) = (ripsaw::sink::Memory::new(), ManualClock::new(Duration::from_secs(1)));
    let builder = ripsaw::builder().clock(Clock::Manual(clock)).arena_bytes(1 << 20);
    let guard = builder.sink(memory.clone()).start_local().expect("the engine starts");
    let _attached = guard.attach();
    ripsaw::info!("still");
    let began = std::time::Instant::now();
    while memory.lines().is_empty() && began.elapsed() < LONG {
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(memory.text().starts_with("1970-01-01T00:00:01.000000Z"));
}

/// What an emoji set is asked for in a test: without an engine, and without a record.
#[test]
fn inv_133_emoji_sets_are_asked_directly() {
    use ripsaw::emoji::{EmojiSet, Layer, Names};
    let set = EmojiSet::new("payment").with("paid", "💰").with("default", "💳");
    assert_eq!(
        (set.get("paid"), set.get("default"), set.get("PAID")),
        (Some("💰"), Some("💳"), None)
    );
    let set = set.with("paid", "✅").with("any", "🔹").default_key("any");
    assert_eq!((set.get("paid"), set.get("any"), set.get("none")), (Some("✅"), Some("🔹"), None));
    let names = Names::new().with("shop", "🛒").with("shop.db", "🗄️").fallback("🔹");
    assert_eq!(names.get("shop.db.pool"), "🗄️");
    assert_eq!(names.get("shop.web"), "🛒");
    assert_eq!(names.get("shopping"), "🔹");
    for name in ["llm", "database", "http", "task_queue"] {
        assert!(Layer::named(name).is_ok(), "{name}");
    }
    let error = Layer::named("databse").unwrap_err().to_string();
    assert!(error.contains("databse"), "{error}");
}
