//! Configurations that are broken, cut off or very many: what was in force stays in force, and nothing is lost.

use crate::reload::{assert_sequences, while_logging};
use crate::support::{Engine, builder, scratch};
use ripsaw::sink::Memory;
use ripsaw::{Level, LevelFilter, Levels, error, info};
use std::path::PathBuf;

const FILTER: &str = "info,shop::db=debug,net=off,a::b::c=trace,it=warning";

/// A file that is read while it is written has any of these contents.
#[test]
fn filters_that_are_cut_off_anywhere() {
    let memory = Memory::new();
    let engine = Engine::start(builder().sink(memory.clone()));
    let handle = engine.handle();
    let mut calls = 0;
    let mut refused = 0;
    for end in 0..=FILTER.len() {
        handle.set_filter("debug,before=trace").unwrap();
        let before = handle.levels();
        match handle.set_filter(&FILTER[..end]) {
            Ok(()) => assert_eq!(handle.levels(), FILTER[..end].parse::<Levels>().unwrap()),
            Err(e) => {
                refused += 1;
                assert_eq!(handle.levels(), before, "{end}");
                assert_eq!(e.to_string().lines().count(), 1, "{e}");
            }
        }
        // Whatever it was taken for, severe records are heard.
        error!(end, "heard");
        calls += 1;
        handle.set_filter(FILTER).unwrap();
        info!(target: "a::b::c", end, "good again");
        calls += 1;
    }
    assert!(refused > 0, "some of them make no sense");
    engine.stop(calls);
    assert_eq!(memory.lines().len() as u64, calls);
}

#[test]
fn filters_with_a_wrong_character_anywhere() {
    let engine = Engine::start(builder().sink(Memory::new()));
    let handle = engine.handle();
    for wrong in ['\0', '\n', '=', ',', '{', '"', ' ', '\u{202E}', '🛎'] {
        for at in (0..=FILTER.len()).filter(|at| FILTER.is_char_boundary(*at)) {
            let filter = format!("{}{wrong}{}", &FILTER[..at], &FILTER[at..]);
            handle.set_filter(FILTER).unwrap();
            let before = handle.levels();
            if let Err(e) = handle.set_filter(&filter) {
                assert_eq!(handle.levels(), before, "{filter:?}");
                assert_eq!(e.to_string().lines().count(), 1, "{e}");
            }
        }
    }
    engine.stop(0);
}

/// Places where no file can be.
fn nowhere() -> Vec<PathBuf> {
    let file = scratch("storm-a-file");
    std::fs::write(&file, "").unwrap();
    let under_a_file = file.join("app.log");
    let names = ["", "/", "/proc/nothing/here", "/dev/nothing/here", "a\0b", "."];
    names.into_iter().map(PathBuf::from).chain([under_a_file, "x".repeat(300).into()]).collect()
}

#[test]
fn sinks_that_cannot_be_opened_under_load() {
    let memory = Memory::new();
    let engine = Engine::start(builder().level(Level::Error).sink(memory.clone()));
    let handle = engine.handle();
    let never = Memory::new();
    let calls = while_logging(&handle, || {
        for path in nowhere().iter().cycle().take(200) {
            let next = builder().level(LevelFilter::Off).sink(never.clone()).file(path);
            let error = handle.reload(next).expect_err("there is no such place");
            assert_eq!(error.field(), "file");
        }
    });
    engine.stop(calls.iter().sum());
    assert_sequences(&[memory.text()], calls);
    assert_eq!(never.text(), "");
}

/// A thousand reloads a second and more, by two threads at once.
#[test]
fn a_storm_of_reloads_loses_and_doubles_nothing() {
    let memory = Memory::new();
    let engine = Engine::start(builder().level(Level::Error).sink(memory.clone()));
    let handle = engine.handle();
    let calls = while_logging(&handle, || {
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    for _ in 0..1000 {
                        let next = builder().level(Level::Error).sink(memory.clone());
                        handle.reload(next).expect("the configuration is right");
                    }
                });
            }
        });
    });
    engine.stop(calls.iter().sum());
    assert_sequences(&[memory.text()], calls);
}
