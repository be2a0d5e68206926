//! Records that are larger than a block, or than any record may be.

use crate::support::{Engine, LONG, WAIT, builder, plain};
use ripsaw::sink::Memory;
use ripsaw::{Event, Level, Overflow, info, warn};

/// `n` bytes that cannot be taken for another stretch of the same text.
fn text(n: usize) -> String {
    let mut text: String = (0..n / 8 + 1).map(|i| format!("{i:07}.")).collect();
    text.truncate(n);
    text
}

#[test]
fn a_record_larger_than_a_block_arrives_whole() {
    let memory = Memory::new();
    let engine = Engine::start(builder().block_bytes(16 << 10).sink(memory.clone()));
    let sizes = [1, 16_000, 16_300, 16_384, 16_400, 32_700, 32_768, 100_000, 400_000];
    for size in sizes {
        info!(size, text = %text(size), "shown");
        info!(size, text = text(size), "typed");
        info!(size, "small");
    }
    engine.stop(3 * sizes.len() as u64);
    let mut lines = memory.lines().into_iter();
    let mut next = || lines.next().expect("one more line");
    for size in sizes {
        // Displayed text is cut at 256 KiB already when it is rendered.
        if size <= 256 << 10 {
            assert!(next() == format!("INFO     shown size={size} text={}", text(size)), "{size}");
        } else {
            assert!(next().contains("…[+"), "{size}");
        }
        assert!(next() == format!("INFO     typed size={size} text={}", text(size)), "{size}");
        assert_eq!(next(), format!("INFO     small size={size}"));
    }
}

/// Checks that of `kept…[+N bytes]` what was kept is a prefix of `whole`, and that N is what is
/// missing.
#[track_caller]
fn assert_cut(shown: &str, whole: &str) {
    let (kept, rest) = shown.split_once("…[+").expect("a marker");
    let (n, rest) = rest.split_once(" bytes]").expect("a marker");
    assert_eq!(rest, "");
    assert!(!kept.is_empty() && whole.starts_with(kept), "not a prefix");
    assert_eq!(kept.len() + n.parse::<usize>().unwrap(), whole.len());
}

#[test]
fn an_endless_record_is_cut_and_says_by_how_much() {
    let memory = Memory::new();
    let engine = Engine::start(builder().sink(memory.clone()));
    let ten = text(10_000_000);
    // Three bytes a character: the cut must not fall into the middle of one.
    let wide = "€".repeat(3_000_000);
    info!("before");
    info!("{ten}");
    info!("{wide}");
    info!("{}", format_args!("{ten}"));
    info!("{:?}", [ten.as_str()]);
    info!("after");
    engine.stop(6);
    let lines = memory.lines();
    let message = |n: usize| lines[n].strip_prefix("INFO     ").expect("a line of ours");
    assert_eq!(lines.len(), 6);
    assert_eq!((message(0), message(5)), ("before", "after"));
    assert_cut(message(1), &ten);
    assert_cut(message(2), &wide);
    assert_cut(message(3), &ten);
    assert_cut(message(4), &format!("{:?}", [ten.as_str()]));
}

/// What is built at run time is cut like anything else: the record arrives.
#[test]
fn an_endless_event_arrives() {
    let memory = Memory::new();
    let engine = Engine::start(builder().sink(memory.clone()));
    let ten = text(10_000_000);
    Event::new(Level::Warning, &ten).emit();
    Event::new(Level::Warning, "long field").field("text", ten.clone()).emit();
    engine.stop(2);
    let lines = memory.lines();
    assert_eq!(lines.len(), 2);
    assert_cut(lines[0].strip_prefix("WARNING  ").expect("the level"), &ten);
    assert!(lines[1].starts_with("WARNING  long field"), "{:.60}", lines[1]);
}

#[rustfmt::skip]
macro_rules! thirty_two {
    ($value:expr) => {{
        let v = $value;
        info!(
            a0 = v(0), a1 = v(1), a2 = v(2), a3 = v(3), a4 = v(4), a5 = v(5), a6 = v(6),
            a7 = v(7), b0 = v(8), b1 = v(9), b2 = v(10), b3 = v(11), b4 = v(12), b5 = v(13),
            b6 = v(14), b7 = v(15), c0 = v(16), c1 = v(17), c2 = v(18), c3 = v(19), c4 = v(20),
            c5 = v(21), c6 = v(22), c7 = v(23), d0 = v(24), d1 = v(25), d2 = v(26), d3 = v(27),
            d4 = v(28), d5 = v(29), d6 = v(30), d7 = v(31),
        );
    }};
}

fn thirty_two_expected(value: impl Fn(usize) -> String) -> String {
    let fields = (0..32).map(|i| format!(" {}{}={}", ["a", "b", "c", "d"][i / 8], i % 8, value(i)));
    format!("INFO    {}", fields.collect::<String>())
}

#[test]
fn thirty_two_arguments() {
    let memory = Memory::new();
    let engine = Engine::start(builder().sink(memory.clone()));
    thirty_two!(|i: usize| i as i64 * -3);
    thirty_two!(|i: usize| text(i * 40));
    thirty_two!(|i: usize| i.is_multiple_of(2).then_some(i as f64 + 0.5));
    engine.stop(3);
    let expected = [
        thirty_two_expected(|i| (i as i64 * -3).to_string()),
        thirty_two_expected(|i| match i {
            0 => "\"\"".to_owned(),
            _ => text(i * 40),
        }),
        thirty_two_expected(|i| match i % 2 {
            0 => format!("{}", i as f64 + 0.5),
            _ => "null".to_owned(),
        }),
    ];
    assert_eq!(memory.lines(), expected);
}

/// The smallest arena there is, and records with more arguments and text than it can hold.
#[test]
fn thirty_two_long_arguments_in_the_smallest_arena() {
    let memory = Memory::new();
    let engine = Engine::start(builder().arena_bytes(2048).block_bytes(512).sink(memory.clone()));
    for n in [1, 4, 8, 12, 100, 5000] {
        thirty_two!(|_: usize| text(n));
        info!(n, "small");
    }
    engine.stop(12);
    let lines = memory.lines();
    assert_eq!(lines[0], thirty_two_expected(|_| "0".to_owned()));
    for (i, n) in [1, 4, 8, 12, 100, 5000].into_iter().enumerate() {
        assert_eq!(lines[2 * i].split(' ').filter(|part| part.contains('=')).count(), 32, "{n}");
        assert_eq!(lines[2 * i + 1], format!("INFO     small n={n}"));
    }
}

#[test]
fn large_and_small_records_of_many_threads_stay_apart() {
    let memory = Memory::new();
    let engine =
        Engine::start(builder().arena_bytes(1 << 20).block_bytes(4 << 10).sink(memory.clone()));
    let handle = engine.handle();
    std::thread::scope(|scope| {
        for t in 0..6_usize {
            let handle = handle.clone();
            scope.spawn(move || {
                let _attached = handle.attach();
                for i in 0..200_usize {
                    if t % 2 == 0 {
                        info!(t, i, text = text(3000 + 173 * i), "large");
                    } else {
                        info!(t, i, text = "-", "small");
                    }
                }
            });
        }
    });
    engine.stop(1200);
    let mut next = [0; 6];
    for line in memory.text().lines() {
        let (_, rest) = line.split_once(" t=").expect("a field t");
        let t: usize = rest[..1].parse().unwrap();
        let i = next[t];
        next[t] += 1;
        let expected = match t % 2 {
            0 => format!("INFO     large t={t} i={i} text={}", text(3000 + 173 * i)),
            _ => format!("INFO     small t={t} i={i} text=-"),
        };
        assert!(line == expected, "thread {t}, record {i}: {line:.80}");
    }
    assert_eq!(next, [200; 6]);
}

/// When the arena runs out in the middle of a large record, none of it is seen, and it is counted
/// once.
#[test]
fn a_record_that_is_dropped_half_way_leaves_no_trace() {
    let memory = Memory::new();
    let engine = Engine::start(
        ripsaw::builder()
            .format(plain())
            .overflow(Overflow::Shed)
            .manual()
            .arena_bytes(4 << 10)
            .block_bytes(1 << 10)
            .sink(memory.clone()),
    );
    let mut calls = 0;
    for round in 0..50 {
        for i in 0..6_usize {
            // A quarter of the arena is the most that a record may take: a block and a bit.
            info!(round, i, text = text(800 + 25 * i), "large");
            warn!(round, i, "small");
            calls += 2;
        }
        engine.pump();
    }
    let (_, stats) = engine.stop_within(LONG, calls);
    assert!(stats.dropped() > 0 && stats.written > 50, "{stats:?}");
    let lines = memory.lines();
    let records = lines.iter().filter(|line| !line.contains("records dropped"));
    let mut seen = 0;
    for line in records {
        seen += 1;
        let (head, i) = line.split_once(" i=").expect("a field i");
        let whole = match i.split_once(" text=") {
            Some((i, shown)) => shown == text(800 + 25 * i.parse::<usize>().unwrap()),
            None => head.starts_with("WARNING  small"),
        };
        assert!(whole, "{line}");
    }
    assert_eq!(seen, stats.written);
}

#[test]
fn large_records_wait_for_room_piece_by_piece() {
    let memory = Memory::new();
    let engine = Engine::start(
        builder().overflow(WAIT).arena_bytes(32 << 10).block_bytes(512).sink(memory.clone()),
    );
    let handle = engine.handle();
    std::thread::scope(|scope| {
        for t in 0..3_usize {
            let handle = handle.clone();
            scope.spawn(move || {
                let _attached = handle.attach();
                for i in 0..100 {
                    info!(t, i, text = text(7000), "large");
                }
            });
        }
    });
    engine.stop(300);
    let tail = format!(" text={}", text(7000));
    assert!(memory.lines().iter().all(|line| line.ends_with(&tail)));
}
