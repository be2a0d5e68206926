//! What comes from the environment and from builders: filters, formats and sizes.

use crate::input::Input;
use ripsaw::format::Pattern;
use ripsaw::sink::Memory;
use ripsaw::{ConfigError, Guard, Level, LevelFilter, Levels, StartError};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// No arena of more is made here.
const MOST: usize = 1 << 20;
/// Every arena of as much is refused.
const TOO_MUCH: usize = 1 << 39;

/// A filter is understood, and then reads back as itself, or is refused with the part that is wrong. The same filter in the
/// environment means the same. An engine of any size starts and works, or says what is wrong.
pub fn config(data: &[u8]) {
    let mut input = Input::new(data);
    let (kind, target) = (input.byte(), input.text());
    match kind % 4 {
        0 => filter(&String::from_utf8_lossy(input.rest()), &target),
        1 => environment(&target, input.rest()),
        2 => sizes(&mut input),
        _ => pattern(&target, &String::from_utf8_lossy(input.rest())),
    }
}

fn filter(text: &str, target: &str) {
    let levels: Levels = match text.parse() {
        Ok(levels) => levels,
        Err(error) => return refused(&error, "filter", text),
    };
    let shown = levels.to_string();
    let again: Option<Levels> = shown.parse().ok();
    assert_eq!(again.as_ref(), Some(&levels), "{text:?} became {shown:?}");

    // The longest directive that covers the target decides.
    let directives = shown.split(',').filter_map(|item| item.split_once('='));
    let covers = |prefix: &str| {
        target == prefix
            || target
                .strip_prefix(prefix)
                .is_some_and(|r| r.starts_with("::") || r.starts_with('.'))
    };
    let deciding = directives.filter(|(prefix, _)| covers(prefix)).max_by_key(|(p, _)| p.len());
    let expected = deciding.map_or(levels.default_threshold(), |(_, level)| {
        level.parse::<LevelFilter>().expect("what was shown")
    });
    assert_eq!(levels.threshold(target), expected, "{target:?} under {shown:?}");
    assert!(levels.lowest() <= expected);
    for level in Level::ALL {
        assert_eq!(levels.allows(level, target), expected.allows(level));
    }
}

/// The error names the field, and a part of what was given.
fn refused(error: &ConfigError, field: &str, given: &str) {
    assert_eq!(error.field(), field, "{error}");
    assert!(given.contains(error.value()), "{error} is not about {given:?}");
    assert!(error.to_string().len() > field.len() + error.value().len(), "{error} has no remedy");
}

/// The environment is one for all threads.
static ENVIRONMENT: Mutex<()> = Mutex::new(());

#[allow(unsafe_code)]
fn environment(format: &str, filter: &[u8]) {
    if filter.contains(&0) || format.contains('\0') {
        // No environment can hold it.
        return;
    }
    let builder = {
        let _held = ENVIRONMENT.lock().unwrap_or_else(PoisonError::into_inner);
        let filter = OsStr::from_bytes(filter);
        // SAFETY: under the lock; nothing else here reads the environment but by way of the standard library.
        unsafe { std::env::set_var("RUST_LOG", filter) };
        // SAFETY: as above.
        unsafe { std::env::set_var("RIPSAW_FORMAT", format) };
        ripsaw::Builder::from_env()
    };
    let known = ["", "text", "key_value", "json", "pretty"];
    let by_pattern = format.trim_start().strip_prefix("pattern:").map(Pattern::parse);
    let format_is_known = known.contains(&&*format.trim().to_ascii_lowercase())
        || by_pattern.is_some_and(|pattern| pattern.is_ok());
    let levels = std::str::from_utf8(filter).ok().and_then(|text| text.parse::<Levels>().ok());
    let started = start(builder.arena_bytes(16 << 10));
    match (started, levels) {
        (Ok(guard), Some(levels)) => {
            assert!(format_is_known, "{format:?}");
            assert_eq!(guard.handle().levels(), levels);
        }
        (Err(StartError::Config(error)), None) => assert_eq!(error.field(), "RUST_LOG"),
        (Err(StartError::Config(error)), Some(_)) => {
            assert!(!format_is_known, "{error}");
            refused(&error, "RIPSAW_FORMAT", format);
        }
        (other, levels) => panic!("{other:?} with {levels:?}"),
    }
}

/// A pattern is refused with the reason, or makes one clean line of any record.
fn pattern(text: &str, message: &str) {
    let format = match Pattern::parse(text) {
        Ok(format) => format,
        Err(error) => return refused(&error, "pattern", text),
    };
    let memory = Memory::new();
    let builder = ripsaw::builder().arena_bytes(256 << 10).format(format);
    let guard = builder.sink(memory.clone()).manual().start_local().expect("an engine");
    {
        let _attached = guard.attach();
        ripsaw::info!(k = message, other = message, "{message}");
        let logger = ripsaw::Logger::new(message).with(message, message.to_owned());
        logger.event(Level::Error, message).field(message, message.to_owned()).emit();
    }
    guard.shutdown(Duration::from_secs(10));
    let lines = memory.text();
    assert_eq!((lines.matches('\n').count(), lines.ends_with('\n')), (2, true), "{lines:?}");
    // Its own tabs a pattern may have.
    assert!(lines.matches('\t').count() <= 2 * text.matches('\t').count(), "{lines:?}");
    let clean = lines.replace(['\n', '\t'], "");
    assert!(!clean.contains(crate::formats::is_unsafe), "{lines:?}");
}

fn start(builder: ripsaw::Builder) -> Result<Guard, StartError> {
    builder.sink(Memory::new()).manual().start_local()
}

fn sizes(input: &mut Input<'_>) {
    let (arena, block) = (input.number() as usize, input.number() as usize);
    let arena = if arena >= TOO_MUCH { arena } else { arena % MOST };
    let block = match input.byte() % 3 {
        0 => Some(block),
        1 => Some(1 << (block % 20)),
        _ => None,
    };
    let memory = Memory::new();
    let mut builder = ripsaw::builder().json().arena_bytes(arena);
    if let Some(block) = block {
        builder = builder.block_bytes(block);
    }
    let fits = block.is_none_or(|b| b.is_power_of_two() && (512..=256 << 10).contains(&b));
    match builder.sink(memory.clone()).manual().start_local() {
        Ok(guard) => {
            assert!(fits && arena < TOO_MUCH, "{arena} in {block:?}");
            {
                let _attached = guard.attach();
                ripsaw::info!("one record {}", "x".repeat(arena / 64));
            }
            let report = guard.shutdown(Duration::from_secs(10));
            assert_eq!((report.written, report.dropped), (1, 0), "{arena} in {block:?}");
            assert_eq!(memory.text().lines().count(), 1);
        }
        Err(StartError::Config(error)) => {
            let value = match error.field() {
                "block_bytes" => block.expect("the default is sound"),
                "arena_bytes" => arena,
                other => panic!("{other} is wrong"),
            };
            assert_eq!(error.value(), value.to_string());
        }
        Err(other) => panic!("{other:?}"),
    }
}
