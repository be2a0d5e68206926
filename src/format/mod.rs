//! Formats: from a record to one line of bytes.
//!
//! Whatever a record holds, its line is one line: control characters, line separators and the
//! characters that turn the direction of text are escaped in every format, so that no value can
//! forge a line or repaint a terminal. Other text, emoji included, is written byte for byte.
//!
//! How values are written:
//!
//! | value | [`Json`] | [`Text`], [`KeyValue`], [`Pretty`] |
//! |---|---|---|
//! | integers up to 64 bits | numbers | digits |
//! | integers of 128 bits | numbers if they fit 64 bits, else text | digits |
//! | finite floats | the shortest number that reads back, `1.0` | the same |
//! | other floats | `"NaN"`, `"Infinity"`, `"-Infinity"` | `NaN`, `inf`, `-inf` |
//! | bytes | hexadecimal digits as text | hexadecimal digits |
//! | [`Duration`](std::time::Duration) | milliseconds, `1.5` | `1.5ms`, as by `Debug` |
//! | [`SystemTime`](std::time::SystemTime) | RFC 3339 in UTC with microseconds, as text | the same |
//! | addresses, UUIDs, characters | text | text |
//! | `None` | `null` | `null` |
//! | lists, maps | arrays, objects | JSON in quotes |
//! | errors | text with the chain of causes, or the object that was logged | the same on one line |
//! | [`Sensitive`](crate::Sensitive) | `"[REDACTED]"` | `[REDACTED]` |
//!
//! [`KeyValue::compat`] and the presets [`Json::gelf`] and [`Json::otel`] say what they do otherwise. Dates beyond the years of RFC
//! 3339, 0 to 9999, have years with a sign: `+10000-01-01T00:00:00.000000Z`. In a template a
//! [`SystemTime`](std::time::SystemTime) has only its `Debug`: log it as a field. Dates of other crates become one by their
//! `into()`, or text by `%`.

mod check;
mod color;
mod compat;
mod context;
mod escape;
mod float;
mod json;
mod json_value;
mod key_value;
mod keys;
mod layout;
mod lines;
mod logfmt;
mod member;
mod number;
mod pattern;
mod piece;
mod plan;
mod presets;
mod pretty;
mod schema;
mod spec;
mod target;
mod text;
mod time;
mod whole;

pub use color::ColorChoice;
pub use json::Json;
pub use key_value::KeyValue;
pub use member::{Duplicates, LevelForm, Member};
pub use pattern::Pattern;
pub use pretty::Pretty;
pub use schema::Schema;
pub use text::Text;
pub use time::TimeForm;

use crate::codec::{Part, Record, ThreadInfo, ValueRef};
use escape::Style;

/// Turns records into bytes.
///
/// ```
/// use ripsaw::Record;
/// use ripsaw::format::Format;
///
/// /// Level, message and fields, tab-separated.
/// #[derive(Clone)]
/// struct Tabs;
///
/// impl Format for Tabs {
///     fn record(&mut self, record: &Record<'_>, out: &mut Vec<u8>) {
///         out.extend_from_slice(record.level().as_str().as_bytes());
///         out.push(b'\t');
///         ripsaw::format::write_message(record, out);
///         for (key, value) in record.fields() {
///             out.push(b'\t');
///             ripsaw::format::write_escaped(key, out);
///             out.push(b'=');
///             ripsaw::format::write_value(value, out);
///         }
///         out.push(b'\n');
///     }
/// }
///
/// let memory = ripsaw::sink::Memory::new();
/// let guard = ripsaw::builder().format(Tabs).sink(memory.clone()).start_local()?;
/// let attached = guard.attach();
/// ripsaw::warn!(retry = 2, cause = "timed\nout", "took {:.1} s", 2.25);
/// guard.handle().flush(std::time::Duration::from_secs(5)).unwrap();
/// assert_eq!(memory.text(), "warning\ttook 2.2 s\tretry=2\tcause=timed\\nout\n");
/// # drop(attached);
/// # Ok::<(), ripsaw::StartError>(())
/// ```
pub trait Format: Send {
    /// Appends the record as exactly one line, `\n` included, and leaves alone what `out` holds
    /// already: the lines of earlier records. A missing `\n` is added. Must not panic, whatever the record holds; if it does,
    /// the record is counted as damaged.
    fn record(&mut self, record: &Record<'_>, out: &mut Vec<u8>);

    /// Whether the lines go to a terminal: told once, before the first record of a route. The default does not care.
    fn terminal(&mut self, _is_terminal: bool) {}
}

impl<F: Format + ?Sized> Format for Box<F> {
    fn record(&mut self, record: &Record<'_>, out: &mut Vec<u8>) {
        (**self).record(record, out);
    }
    fn terminal(&mut self, is_terminal: bool) {
        (**self).terminal(is_terminal);
    }
}

/// For formats of your own: appends the message of a record (or its name, if it has none) as [`Text`] does, escaped.
pub fn write_message(record: &Record<'_>, out: &mut Vec<u8>) {
    message::<escape::Plain>(record, &mut Vec::new(), out);
}

/// For formats of your own: appends a value as it stands in a message, escaped. Lists and maps are JSON.
pub fn write_value(value: ValueRef<'_>, out: &mut Vec<u8>) {
    argument::<escape::Plain>(value, &crate::meta::Spec::NONE, &mut Vec::new(), out);
}

/// For formats of your own: appends a value as JSON, as [`Json`] does. What JSON has no number for is a text: integers beyond 64 bits,
/// NaN and the infinities.
///
/// ```
/// use ripsaw::{Context, Value};
/// let context = Context::new().with("point", Value::from([("x", 1.5.into()), ("y", f64::NAN.into())]));
/// let mut out = Vec::new();
/// ripsaw::format::write_json(context.get("point").unwrap(), &mut out);
/// assert_eq!(out, br#"{"x":1.5,"y":"NaN"}"#);
/// ```
pub fn write_json(value: ValueRef<'_>, out: &mut Vec<u8>) {
    json_value::value(value, out);
}

/// For formats of your own: appends text, with every character escaped that could end the line or repaint a terminal.
pub fn write_escaped(text: &str, out: &mut Vec<u8>) {
    escape::escape::<escape::Plain>(text.as_bytes(), out);
}

/// Appends the message as it is, not escaped and without what stands before it; the event's name where there is none.
pub(crate) fn message_text(record: &Record<'_>, out: &mut Vec<u8>) {
    let message = record.message();
    if message.is_empty() {
        return out.extend_from_slice(record.name().as_bytes());
    }
    message.parts().for_each(|part| match part {
        Part::Lit(text) => out.extend_from_slice(text.as_bytes()),
        Part::Arg(value, spec) => spec::apply(value, &spec, out),
    });
}

/// A time stamp as the formats write it.
pub(crate) fn rfc3339(unix_ns: u64) -> String {
    let mut text = Vec::new();
    time::Stamp::rfc3339().put(unix_ns, &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

/// What stands for a value that was kept out of the record.
const REDACTED: &[u8] = b"[REDACTED]";

/// Number of characters in UTF-8 text.
fn chars(text: &[u8]) -> usize {
    text.iter().filter(|&&byte| byte & 0xC0 != 0x80).count()
}

/// Appends the message, or the event's name where there is no message.
#[inline]
fn message<S: Style>(record: &Record<'_>, scratch: &mut Vec<u8>, out: &mut Vec<u8>) {
    if !record.prefix().is_empty() {
        escape::escape::<S>(record.prefix().as_bytes(), out);
    }
    let message = record.message();
    if message.is_empty() {
        return escape::escape::<S>(record.name().as_bytes(), out);
    }
    message.parts().for_each(|part| match part {
        Part::Lit(text) => escape::escape::<S>(text.as_bytes(), out),
        Part::Arg(value, spec) if spec.is_none() => match value {
            ValueRef::I64(v) => number::signed(v, out),
            ValueRef::U64(v) => number::unsigned(v, out),
            ValueRef::F64(v) => float::display_f64(v, out),
            ValueRef::F32(v) => float::display_f32(v, out),
            ValueRef::Str(v) | ValueRef::Text(v) | ValueRef::Debug(v) => {
                escape::escape::<S>(v.as_bytes(), out);
            }
            _ => argument::<S>(value, &spec, scratch, out),
        },
        Part::Arg(value, spec) => argument::<S>(value, &spec, scratch, out),
    });
}

/// An argument that first becomes text.
#[inline(never)]
fn argument<S: Style>(
    value: ValueRef<'_>,
    spec: &crate::meta::Spec,
    scratch: &mut Vec<u8>,
    out: &mut Vec<u8>,
) {
    scratch.clear();
    spec::apply(value, spec, scratch);
    escape::escape::<S>(scratch, out);
}

/// Appends the thread's name, or its id where it has none.
fn thread<S: Style>(thread: &ThreadInfo, out: &mut Vec<u8>) {
    if thread.name.is_empty() {
        number::unsigned(thread.id, out);
    } else {
        escape::escape::<S>(thread.name.as_bytes(), out);
    }
}
