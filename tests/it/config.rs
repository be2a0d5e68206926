//! What is wrong with a setting is said at the start: its name, its value, and what would be right.

use crate::support::{LONG, builder, scratch};
use ripsaw::sink::Memory;
use ripsaw::{Builder, ConfigError, StartError, info};
use std::error::Error;

/// The error of a start that must fail.
#[track_caller]
fn refused(builder: Builder) -> ConfigError {
    match builder.start_local() {
        Err(StartError::Config(error)) => error,
        other => panic!("not refused for its configuration: {other:?}"),
    }
}

#[track_caller]
fn assert_refused(builder: Builder, field: &str, value: &str, remedy: &str) {
    let error = refused(builder);
    assert_eq!((error.field(), error.value()), (field, value));
    let message = error.to_string();
    for part in [field, value, remedy] {
        assert!(message.contains(part), "{message:?} lacks {part:?}");
    }
    assert_eq!(message.lines().count(), 1);
}

#[test]
fn sizes_of_blocks() {
    for wrong in [0_usize, 1, 256, 1000, 12 << 10, 512 << 10, usize::MAX] {
        let builder = builder().block_bytes(wrong).sink(Memory::new());
        assert_refused(
            builder,
            "block_bytes",
            &wrong.to_string(),
            "power of two from 512 to 262144",
        );
    }
}

#[test]
fn sizes_of_arenas() {
    for (wrong, block, lowest) in
        [(0_usize, 16 << 10, "65536"), (65_535, 16 << 10, "65536"), (2047, 512, "2048")]
    {
        let builder = builder().arena_bytes(wrong).block_bytes(block).sink(Memory::new());
        assert_refused(builder, "arena_bytes", &wrong.to_string(), lowest);
    }
    let builder = builder().arena_bytes(usize::MAX).sink(Memory::new());
    assert_refused(builder, "arena_bytes", &usize::MAX.to_string(), "use ");
}

#[test]
fn the_smallest_engine_works() {
    let memory = Memory::new();
    let guard =
        builder().arena_bytes(2048).block_bytes(512).sink(memory.clone()).start_local().unwrap();
    let attached = guard.attach();
    for i in 0..1000 {
        info!(i, "small");
    }
    drop(attached);
    assert_eq!(guard.shutdown(LONG).written, 1000);
    assert_eq!(memory.lines().len(), 1000);
}

#[test]
fn files_that_cannot_be_opened() {
    let missing = scratch("no-such-folder").join("app.log");
    let shown = missing.display().to_string();
    assert_refused(builder().file(&missing), "file", &shown, "cannot be opened");
    assert_refused(builder().file(&missing), "file", &shown, "No such file or directory");
    let folder = std::env::temp_dir();
    assert_refused(builder().file(&folder), "file", &folder.display().to_string(), "directory");
}

#[test]
fn filters_that_cannot_be_understood() {
    for (filter, wrong, remedy) in [
        ("info,inof", "inof", "trace"),
        ("a=loud", "a=loud", "trace"),
        ("info,=debug", "=debug", "target"),
        ("a{b}=debug", "a{b}=debug", "target=level"),
    ] {
        assert_refused(builder().filter(filter).sink(Memory::new()), "filter", wrong, remedy);
    }
}

#[test]
fn the_first_of_several_errors_is_told() {
    let missing = scratch("no-such-folder").join("app.log");
    let error = refused(builder().filter("a=loud").file(missing));
    assert_eq!(error.field(), "filter");
    let start = StartError::from(error);
    assert!(start.source().is_some_and(|source| source.is::<ConfigError>()));
}

/// A start that is refused leaves nothing behind: neither a file nor a change in what is logged.
#[test]
fn a_refused_start_changes_nothing() {
    let path = scratch("refused.log");
    refused(builder().block_bytes(1000).file(&path));
    assert!(!path.exists(), "a file was made for an engine that does not start");
    refused(builder().filter("a=loud").file(&path));
    assert!(!path.exists(), "a file was made for an engine that does not start");
}

#[test]
fn a_file_that_ends_within_a_line_is_ended_first() {
    let path = scratch("cut.log");
    std::fs::write(&path, "whole\nhalf a li").unwrap();
    let guard = builder().file(&path).start_local().unwrap();
    let attached = guard.attach();
    info!("next");
    drop(attached);
    assert_eq!(guard.shutdown(LONG).written, 1);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "whole\nhalf a li\nINFO     next\n");
    std::fs::remove_file(path).unwrap();
}
