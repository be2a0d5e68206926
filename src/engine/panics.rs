//! Panics as records.

use crate::callsite::Event;
use crate::codec::Value;
use crate::meta::Level;
use std::panic::PanicHookInfo;

/// Logs a panic from within its hook, where a second panic would end the process: nothing here calls foreign code.
pub(super) fn log(info: &PanicHookInfo<'_>) {
    let thread = std::thread::current();
    let text = info.payload_as_str().unwrap_or("Box<dyn Any>");
    let mut event = Event::new(Level::Critical, "panic")
        .target("panic")
        .field("error.type", "panic")
        .field("error.message", text);
    if let Some(place) = info.location() {
        event = event.field("file", place.file()).field("line", place.line());
    }
    event.field("thread", thread.name().map(Value::from)).backtrace().emit();
}
