//! Thresholds: what the `log` crate is told of them, and what it is answered.

use crate::{ENGINE, logged_at, only};
use log::LevelFilter::{Debug, Error, Info, Off, Trace, Warn};
use log::{Metadata, max_level};
use ripsaw::sink::Memory;
use ripsaw::{Handle, Level, LevelFilter};
use serde_json::Value;

fn handle() -> Handle {
    ENGINE.get().expect("it was started").0.handle()
}

fn enabled(target: &str, level: log::Level) -> bool {
    log::logger().enabled(&Metadata::builder().level(level).target(target).build())
}

#[test]
fn levels_are_obeyed_and_told_to_the_caller() {
    let mut evaluated = 0;
    let objects = logged_at(Level::Warning, || {
        log::info!("{}", {
            evaluated += 1;
            "off"
        });
        log::warn!("on");
        assert!(!log::log_enabled!(log::Level::Info));
        assert!(log::log_enabled!(log::Level::Warn));
    });
    assert_eq!(only(objects)["event"], "on");
    assert_eq!(evaluated, 0, "the arguments of a disabled statement were evaluated");
    assert_eq!(logged_at(LevelFilter::Off, || log::error!("off")).len(), 0);
}

#[test]
fn filters_go_by_target() {
    let objects = logged_at(Level::Info, || {
        handle().set_filter("warn,loud=trace,loud::quiet=off").unwrap();
        log::info!("off");
        log::trace!(target: "loud", "on");
        log::error!(target: "loud::quiet", "off");
        assert!(log::log_enabled!(target: "loud", log::Level::Trace));
        assert!(!log::log_enabled!(target: "other", log::Level::Info));
        handle().set_filter("info").unwrap();
        log::trace!(target: "loud", "off");
        log::info!("on");
    });
    let events: Vec<&Value> = objects.iter().map(|object| &object["event"]).collect();
    assert_eq!(events, ["on", "on"]);
}

#[test]
fn the_maximum_follows_every_change_up_and_down() {
    logged_at(Level::Info, || {
        assert_eq!(max_level(), Info);
        let levels = [
            (LevelFilter::NotSet, Trace),
            (LevelFilter::Critical, Off),
            (LevelFilter::Trace, Trace),
            (LevelFilter::Off, Off),
            (LevelFilter::Debug, Debug),
            (LevelFilter::Error, Error),
            (LevelFilter::Info, Info),
            (LevelFilter::Warning, Warn),
        ];
        for (level, expected) in levels {
            handle().set_level(level);
            assert_eq!(max_level(), expected, "{level:?}");
        }
        let filters = [
            ("warn", Warn),
            ("warn,db=trace", Trace),
            ("error,db=debug", Debug),
            ("info,db=off", Info),
            ("off,db=error", Error),
            ("off", Off),
        ];
        for (filter, expected) in filters {
            handle().set_filter(filter).unwrap();
            assert_eq!(max_level(), expected, "{filter}");
            // One that is wrong changes nothing.
            handle().set_filter("trace,=,[").unwrap_err();
            assert_eq!(max_level(), expected, "{filter}");
        }
    });
}

#[test]
fn the_maximum_follows_engines_that_come_and_go() {
    logged_at(Level::Warning, || {
        assert_eq!(max_level(), Warn);
        let memory = Memory::new();
        let builder = ripsaw::builder().level(Level::Debug).text().sink(memory.clone());
        let local = builder.start_local().unwrap();
        assert_eq!(max_level(), Debug);
        assert!(!enabled("x", log::Level::Debug), "the process's engine does not want it");
        let attached = local.attach();
        assert!(enabled("x", log::Level::Debug) && !enabled("x", log::Level::Trace));
        log::debug!("to the thread's own engine");

        let handle = local.handle();
        handle.reload(ripsaw::builder().level(Level::Trace).text().sink(memory.clone())).unwrap();
        assert!(max_level() == Trace && enabled("x", log::Level::Trace));
        handle.reload(ripsaw::builder().level(Level::Error).text().sink(memory.clone())).unwrap();
        assert_eq!(max_level(), Warn, "that of the process's engine again");
        assert!(!enabled("x", log::Level::Warn) && enabled("x", log::Level::Error));
        log::warn!("not wanted");

        drop(attached);
        assert!(enabled("x", log::Level::Warn));
        drop(local);
        assert_eq!(memory.lines().len(), 1, "{:?}", memory.lines());
        assert!(max_level() == Warn && enabled("x", log::Level::Warn));
    });
}

#[test]
fn the_maximum_follows_from_other_threads() {
    logged_at(Level::Info, || {
        let other = handle();
        std::thread::spawn(move || other.set_level(Level::Trace)).join().unwrap();
        assert!(log::log_enabled!(log::Level::Trace));
        let other = handle();
        std::thread::spawn(move || other.set_level(Level::Error)).join().unwrap();
        assert!(!log::log_enabled!(log::Level::Warn) && enabled("x", log::Level::Error));
    });
}
