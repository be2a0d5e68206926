//! Thresholds, and who obeys them from when on.

use crate::support::{Engine, builder};
use ripsaw::sink::Memory;
use ripsaw::{Builder, Event, Level, LevelFilter, enabled};
use ripsaw::{critical, debug, error, info, trace, warn};
use std::sync::Barrier;
use std::sync::mpsc;

/// One statement of each level, least severe first.
fn all() {
    trace!("x");
    debug!("x");
    info!("x");
    warn!("x");
    error!("x");
    critical!("x");
}

fn seen(builder: Builder) -> Vec<String> {
    let memory = Memory::new();
    let engine = Engine::start(builder.sink(memory.clone()));
    all();
    for level in Level::ALL {
        Event::new(level, "y").target(module_path!()).emit();
    }
    let lines = memory.clone();
    let calls = {
        engine.flush();
        lines.lines().len() as u64
    };
    engine.stop(calls);
    let words = |line: &String| line.split_once(' ').unwrap().0.to_lowercase();
    memory.lines().iter().map(words).collect()
}

#[test]
fn a_threshold_lets_through_itself_and_above() {
    let levels = [
        LevelFilter::NotSet,
        LevelFilter::Trace,
        LevelFilter::Debug,
        LevelFilter::Info,
        LevelFilter::Warning,
        LevelFilter::Error,
        LevelFilter::Critical,
        LevelFilter::Off,
    ];
    for (i, filter) in levels.into_iter().enumerate() {
        let names: Vec<&str> =
            Level::ALL.iter().skip(i.saturating_sub(1)).map(|level| level.as_str()).collect();
        let twice = [&names[..], &names[..]].concat();
        assert_eq!(seen(builder().level(filter)), twice, "{filter:?}");
    }
}

#[test]
fn filters_go_by_target() {
    let here = module_path!();
    let above_error = ["error", "critical", "error", "critical"];
    for (filter, expected) in [
        (format!("off,{here}=error"), &above_error[..]),
        (format!("trace,{here}=off"), &[]),
        (format!("trace,{here}::deeper=off,it=error"), &above_error),
        (format!("{here}=critical"), &["critical", "critical"]),
        ("elsewhere=trace".to_owned(), &above_error),
    ] {
        assert_eq!(seen(builder().filter(&filter)), expected, "{filter}");
    }
}

#[test]
fn a_level_that_was_set_holds_for_the_next_call() {
    let memory = Memory::new();
    let engine = Engine::start(builder().sink(memory.clone()));
    let handle = engine.handle();
    let mut expected = Vec::new();
    for i in 0..2000 {
        let level = if i % 2 == 0 { Level::Debug } else { Level::Info };
        handle.set_level(level);
        debug!(i, "same thread");
        Event::new(Level::Debug, "dynamic").emit();
        assert_eq!(enabled!(Level::Debug), i % 2 == 0);
        if i % 2 == 0 {
            expected.push(format!("DEBUG    same thread i={i}"));
            expected.push("DEBUG    dynamic".to_owned());
        }
    }
    engine.stop(expected.len() as u64);
    assert_eq!(memory.lines(), expected);
}

#[test]
fn a_level_that_was_set_holds_for_whoever_is_told() {
    let memory = Memory::new();
    let engine = Engine::start(builder().sink(memory.clone()));
    let handle = engine.handle();
    let (tell, told) = mpsc::channel();
    let (answer, answered) = mpsc::channel();
    let other = engine.handle();
    let thread = std::thread::spawn(move || {
        let _attached = other.attach();
        for i in told {
            debug!(i, "told");
            answer.send(()).unwrap();
        }
    });
    for i in 0..1000 {
        handle.set_level(if i % 2 == 0 { Level::Debug } else { Level::Info });
        tell.send(i).unwrap();
        answered.recv().unwrap();
    }
    drop(tell);
    thread.join().unwrap();
    engine.stop(500);
    let expected: Vec<String> =
        (0..1000).step_by(2).map(|i| format!("DEBUG    told i={i}")).collect();
    assert_eq!(memory.lines(), expected);
}

#[test]
fn set_level_keeps_what_is_said_of_single_targets() {
    let memory = Memory::new();
    let engine = Engine::start(builder().filter("info,noisy=error").sink(memory.clone()));
    let handle = engine.handle();
    handle.set_level(Level::Debug);
    debug!("yes");
    warn!(target: "noisy", "no");
    error!(target: "noisy::inner", "yes");
    handle.set_level(LevelFilter::Off);
    critical!("no");
    error!(target: "noisy", "yes");
    engine.stop(3);
    assert_eq!(memory.lines(), ["DEBUG    yes", "ERROR    yes", "ERROR    yes"]);
}

#[test]
fn a_wrong_filter_changes_nothing() {
    let memory = Memory::new();
    let engine = Engine::start(builder().filter("info,a=debug").sink(memory.clone()));
    for wrong in ["inof", "a=inof,warn", "=debug", "a[x]=debug"] {
        assert!(engine.handle().set_filter(wrong).is_err(), "{wrong}");
        info!("still");
        debug!(target: "a", "still");
        debug!("still not");
    }
    engine.stop(8);
    assert_eq!(memory.lines().len(), 8);
}

/// Two changes at the same time: the result is that of one after the other, in either order.
#[test]
fn concurrent_changes_are_not_lost() {
    let engine = Engine::start(builder().sink(ripsaw::sink::Null::new()));
    let handle = engine.handle();
    let (start, end) = (Barrier::new(2), Barrier::new(2));
    let (mut lost, rounds) = (0, 3000);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..rounds {
                start.wait();
                handle.set_filter("info,special=trace").unwrap();
                end.wait();
            }
        });
        for _ in 0..rounds {
            handle.set_filter("warn").unwrap();
            start.wait();
            handle.set_level(Level::Error);
            end.wait();
            lost += u64::from(!enabled!(target: "special", Level::Trace));
        }
    });
    assert_eq!(lost, 0, "filters that were set and are gone, of {rounds}");
    engine.stop(0);
}

/// Engines do not disturb each other's levels.
#[test]
fn each_engine_has_its_own_levels() {
    let (loud, quiet) = (Memory::new(), Memory::new());
    let engine = Engine::start(builder().level(Level::Error).sink(quiet.clone()));
    let other = builder().level(Level::Trace).sink(loud.clone()).start_local().unwrap();
    all();
    let attached = other.attach();
    all();
    drop(attached);
    all();
    assert_eq!(other.shutdown(crate::support::LONG).written, 6);
    all();
    engine.stop(6);
    assert_eq!((loud.lines().len(), quiet.lines().len()), (6, 6));
}
