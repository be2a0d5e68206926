//! Which calls are made at all.

use crate::Engine;
use ripsaw::{HeadSampling, Level, Logger, debug, enabled, error, info};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn inv_068_a_probability_of_calls_is_made_and_the_rest_is_counted() {
    const CALLS: u64 = 20_000;
    let builder = ripsaw::builder().arena_bytes(64 << 20);
    let engine = Engine::with(builder.sample("", Level::Info, HeadSampling::Probability(0.25)));
    for i in 0..CALLS {
        info!(name: "quarter", i, "some");
        error!(i, "all");
    }
    let lines = engine.lines();
    let all = lines.iter().filter(|line| line.starts_with("all")).count() as u64;
    let some = lines.len() as u64 - all;
    assert_eq!(all, CALLS, "more severe ones are exempt");
    assert!((4_400..5_600).contains(&some), "{some} of {CALLS}");
    let handle = engine.guard.handle();
    let counts = handle.suppressed();
    let own: u64 = counts.iter().filter(|(meta, _)| meta.name == "quarter").map(|(_, n)| n).sum();
    assert_eq!(own, CALLS - some, "calls are made or counted");
    let stats = handle.stats();
    assert!(stats.suppressed >= own);
    assert_eq!(stats.accepted, all + some, "what is suppressed is not accepted");
}

/// Few calls are made: how many are skipped is drawn for many calls at once, by each thread and for each statement.
#[test]
fn few_calls_of_many_are_made_as_often_as_is_wanted() {
    const CALLS: u64 = 200_000;
    let builder = ripsaw::builder().arena_bytes(64 << 20);
    let engine = Engine::with(builder.sample("", Level::Info, HeadSampling::Probability(0.02)));
    let handle = engine.guard.handle();
    let calls = || {
        for i in 0..CALLS / 2 {
            info!(name: "few", i, "one");
            // Once more, so that the two may take each other's place.
            info!(name: "few", i, "another");
        }
    };
    calls();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let _attached = handle.attach();
            calls();
        });
    });
    let lines = engine.lines();
    let made = lines.len() as u64;
    // Six times the standard deviation of a binomial distribution.
    assert!((7_500..8_500).contains(&made), "{made} of {}", 2 * CALLS);
    let counts = handle.suppressed();
    let own: u64 = counts.iter().filter(|(meta, _)| meta.name == "few").map(|(_, n)| n).sum();
    assert_eq!(own, 2 * CALLS - made, "calls are made or counted");
    // Gaps between calls that are made have no memory: of a geometric distribution, 1 - 0.98^50 are below 50.
    let numbers: Vec<i64> =
        lines.iter().filter_map(|line| line.strip_prefix("one i=")?.parse().ok()).collect();
    let gaps = numbers.windows(2).map(|pair| pair[1] - pair[0]).filter(|gap| *gap > 0);
    let (short, all) =
        gaps.fold((0, 0), |(short, all), gap| (short + u32::from(gap <= 50), all + 1));
    let share = f64::from(short) / f64::from(all);
    assert!((0.58..0.69).contains(&share), "{short} of {all} gaps are short");
}

#[test]
fn a_seed_repeats_the_choice() {
    let run = |seed| {
        let half = HeadSampling::Probability(0.5);
        let builder = ripsaw::builder().sample("", Level::Critical, half).sample_seed(seed);
        let engine = Engine::with(builder);
        // Two expansions, so that each statement counts from its first call.
        macro_rules! calls {
            () => {
                (0..200).for_each(|i| info!(i, "x"))
            };
        }
        calls!();
        let first = engine.lines();
        calls!();
        let second = engine.lines().split_off(first.len());
        assert_eq!(first, second);
        first
    };
    let made = run(7);
    assert!((60..140).contains(&made.len()), "{}", made.len());
}

#[test]
fn the_first_and_then_every_nth_of_an_interval() {
    let few = HeadSampling::FirstThenEvery { first: 3, every: 10, per: HOUR };
    let none_more = HeadSampling::FirstThenEvery { first: 2, every: 0, per: HOUR };
    let builder = ripsaw::builder().sample("quiet", Level::Info, none_more);
    let engine = Engine::with(builder.sample("", Level::Info, few));
    for i in 0..50 {
        info!(i, "a");
        info!(target: "quiet.part", i, "b");
        info!(target: "quieter", i, "c");
    }
    let of = |name: &str| -> Vec<String> {
        engine.lines().into_iter().filter(|line| line.starts_with(name)).collect()
    };
    let expected = |name: &str, at: &[i32]| -> Vec<String> {
        at.iter().map(|i| format!("{name} i={i}")).collect()
    };
    assert_eq!(of("a"), expected("a", &[0, 1, 2, 12, 22, 32, 42]));
    assert_eq!(of("b"), expected("b", &[0, 1]));
    assert_eq!(of("c").len(), 7, "`quieter` is not below `quiet`");
}

#[test]
fn an_interval_begins_anew() {
    let per = Duration::from_millis(5);
    let one = HeadSampling::FirstThenEvery { first: 1, every: 0, per };
    let engine = Engine::with(ripsaw::builder().sample("", Level::Info, one));
    for i in 0..4 {
        info!(i, "x");
        std::thread::sleep(per * 2);
    }
    assert_eq!(engine.lines().len(), 4);
}

#[test]
fn a_loggers_name_decides_and_questions_cost_no_calls() {
    let none = HeadSampling::Probability(0.0);
    let builder = ripsaw::builder().level(Level::Debug).sample("chatty", Level::Debug, none);
    let engine = Engine::with(builder);
    let (chatty, other) = (Logger::new("chatty.part"), Logger::new("other"));
    for log in [&chatty, &other] {
        debug!(logger: log, "debug");
        info!(logger: log, "info");
        assert!(enabled!(logger: log, Level::Debug) && log.enabled(Level::Debug));
    }
    assert!(enabled!(target: "chatty", Level::Debug));
    debug!(target: "chatty", "no");
    assert_eq!(engine.lines(), ["info", "debug", "info"]);
    let all = ripsaw::builder().level(Level::Debug).sink(ripsaw::sink::Null::new());
    engine.guard.handle().reload(all).unwrap();
    let before = engine.guard.handle().stats().accepted;
    debug!(logger: &chatty, "again");
    engine.pump();
    assert_eq!(engine.guard.handle().stats().accepted, before + 1);
}

#[test]
fn a_probability_beyond_one_is_an_error() {
    for p in [-0.1, 1.5, f64::NAN] {
        let builder = ripsaw::builder().sample("", Level::Info, HeadSampling::Probability(p));
        let error = builder.sink(ripsaw::sink::Null::new()).start_local().unwrap_err();
        let text = format!("{error}");
        assert!(text.contains("sample") && text.contains("from 0 to 1"), "{text}");
    }
}
