//! The `log` facade: its records arrive in the same ordered stream, with typed key-values.

use super::text::text;
use crate::callsite::{dynamic_enabled, dynamic_verdict, emit_dynamic, listen};
use crate::codec::{DynamicHead, TreeWriter, ValueRef};
use crate::lane::Subject;
use crate::meta::{Level, LevelFilter};
use crate::sync::caught;
use log::kv::{self, VisitSource, VisitValue};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

struct Bridge;

/// Registers the bridge with the `log` crate, whose own maximum follows the lowest threshold of any target; below it a
/// disabled call costs what it costs in `log`. Above it the bridge decides by level and target, from what the thread
/// remembers.
pub(super) fn install() {
    static INSTALLED: AtomicBool = AtomicBool::new(false);
    if log::set_logger(&Bridge).is_ok() {
        INSTALLED.store(true, Ordering::Relaxed);
        listen(|lowest| log::set_max_level(max_level(lowest)));
    } else if !INSTALLED.load(Ordering::Relaxed) {
        crate::fault::report(format_args!(
            "another logger is installed for the `log` crate: its records do not arrive here"
        ));
    }
}

fn max_level(lowest: LevelFilter) -> log::LevelFilter {
    match lowest {
        LevelFilter::NotSet | LevelFilter::Trace => log::LevelFilter::Trace,
        LevelFilter::Debug => log::LevelFilter::Debug,
        LevelFilter::Info => log::LevelFilter::Info,
        LevelFilter::Warning => log::LevelFilter::Warn,
        LevelFilter::Error => log::LevelFilter::Error,
        LevelFilter::Critical | LevelFilter::Off => log::LevelFilter::Off,
    }
}

fn level(level: log::Level) -> Level {
    match level {
        log::Level::Error => Level::Error,
        log::Level::Warn => Level::Warning,
        log::Level::Info => Level::Info,
        log::Level::Debug => Level::Debug,
        log::Level::Trace => Level::Trace,
    }
}

impl log::Log for Bridge {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        dynamic_enabled(&Subject::new(level(metadata.level()), metadata.target(), None))
    }

    fn log(&self, record: &log::Record<'_>) {
        let (level, target) = (level(record.level()), record.target());
        let verdict = dynamic_verdict(level, target);
        let place = record.file().zip(record.line());
        emit_dynamic(verdict, &Subject::new(level, target, place), None, |w| {
            DynamicHead {
                level,
                target,
                module: record.module_path(),
                file: record.file(),
                line: record.line().unwrap_or(0),
                name: "",
            }
            .put(w);
            text(w, false, *record.args());
            let at = w.open_map();
            let mut fields = Fields { w, count: 0 };
            // The visitor never fails; a source that does, or panics, has given what it could.
            let _ = caught(|| record.key_values().visit(&mut fields));
            let count = fields.count;
            w.patch(at, count);
        });
    }

    fn flush(&self) {
        // The interface has no way to tell. A failing sink reports itself, and what is not written in time is not given up.
        let _ = crate::engine::flush(Duration::from_secs(5));
    }
}

struct Fields<'w, W> {
    w: &'w mut W,
    count: u32,
}

impl<'kvs, W: TreeWriter> VisitSource<'kvs> for Fields<'_, W> {
    fn visit_pair(&mut self, key: kv::Key<'kvs>, value: kv::Value<'kvs>) -> Result<(), kv::Error> {
        self.w.key(key.as_str());
        let empty = self.w.len();
        self.count += 1;
        // Whatever the program's code does: behind a key stands one value.
        let visited = caught(|| value.visit(Leaf(self.w)));
        if self.w.len() == empty {
            self.w.leaf(ValueRef::Text("[value failed]"));
        }
        visited.unwrap_or(Ok(()))
    }
}

struct Leaf<'w, W>(&'w mut W);

impl<'v, W: TreeWriter> VisitValue<'v> for Leaf<'_, W> {
    fn visit_any(&mut self, value: kv::Value<'_>) -> Result<(), kv::Error> {
        text(self.0, false, format_args!("{value}"));
        Ok(())
    }
    fn visit_null(&mut self) -> Result<(), kv::Error> {
        self.leaf(ValueRef::Null)
    }
    fn visit_u64(&mut self, value: u64) -> Result<(), kv::Error> {
        self.leaf(ValueRef::U64(value))
    }
    fn visit_i64(&mut self, value: i64) -> Result<(), kv::Error> {
        self.leaf(ValueRef::I64(value))
    }
    fn visit_u128(&mut self, value: u128) -> Result<(), kv::Error> {
        self.leaf(ValueRef::U128(value))
    }
    fn visit_i128(&mut self, value: i128) -> Result<(), kv::Error> {
        self.leaf(ValueRef::I128(value))
    }
    fn visit_f64(&mut self, value: f64) -> Result<(), kv::Error> {
        self.leaf(ValueRef::F64(value))
    }
    fn visit_bool(&mut self, value: bool) -> Result<(), kv::Error> {
        self.leaf(ValueRef::Bool(value))
    }
    fn visit_str(&mut self, value: &str) -> Result<(), kv::Error> {
        self.leaf(ValueRef::Str(value))
    }
    fn visit_borrowed_str(&mut self, value: &'v str) -> Result<(), kv::Error> {
        self.leaf(ValueRef::Str(value))
    }
    fn visit_char(&mut self, value: char) -> Result<(), kv::Error> {
        self.leaf(ValueRef::Char(value))
    }
}

impl<W: TreeWriter> Leaf<'_, W> {
    fn leaf(&mut self, value: ValueRef<'_>) -> Result<(), kv::Error> {
        self.0.leaf(value);
        Ok(())
    }
}
