//! Lines by a pattern.

mod parse;
mod when;

use super::layout::{Layout, Parts};
use super::lines::Lines;
use super::time::{Stamp, TimeForm};
use super::{Format, escape, float, logfmt, number, spec};
use crate::codec::{Record, ValueRef};
use crate::error::ConfigError;
use crate::meta::{Level, Spec};
use escape::{Bare, Plain, Quoted};
use when::When;

/// Lines by a pattern: text in which tokens in braces stand for parts of the record.
///
/// | token | stands for |
/// |---|---|
/// | `{time}` | the time: RFC 3339 in UTC with microseconds |
/// | `{time:%Y-%m-%d %H:%M:%S%.3f}` | the same by `strftime`: see below |
/// | `{time:local}` | `2026-11-20 13:00:00.123456` in the time zone of the process; `{time:local %H:%M}` by `strftime` |
/// | `{time:unix}` | seconds since 1970; also `unix_ms`, `unix_us`, `unix_ns` |
/// | `{level}` | `INFO`; also `{level:lower}` and `{level:short}`: `T`, `D`, `I`, `W`, `E`, `C` |
/// | `{target}` | the logger's name or the target |
/// | `{message}` | the message, or the event's name where there is none |
/// | `{fields}` | all fields that have no token of their own, `key=value` with spaces between them |
/// | `{field.KEY}` | the value of the field `KEY`, which `{fields}` then leaves out; of two the last; nothing where there is none |
/// | `{file}`, `{line}`, `{module}` | where the statement stands; nothing where that is not known |
/// | `{thread}`, `{thread_id}` | the thread's name, or its id where it has none; its id |
/// | `{pid}` | the id of the process that writes: a system call a record |
/// | `{seq}` | the record's position in its lane, from 0 |
/// | `{{`, `}}` | braces |
///
/// Behind a colon comes how much room it takes: `{level:<8}` fills up to eight characters with spaces behind, `{line:>5}` in
/// front, `{target:^20}` on both sides; `{message:.20}` shows the first twenty characters, `{target:<20.20}` does both. Behind a
/// spelling of the level it takes a second colon: `{level:lower:<8}`. A width counts characters as they are written, a cut those
/// of the value before it is escaped and quoted, so that no quote stays open; `{fields}` cannot be cut.
///
/// Of `strftime` there are `%Y %y %m %d %j %b %a %H %I %M %S %p %F %T %s %z %:z %%`, and parts of a second: `%3f`, `%6f`, `%9f`, with the
/// dot in front `%.3f`, `%.6f`, `%.9f`, and `%f`, which is `%6f`.
///
/// Whatever the record holds, it is one line: everything that is no part of the pattern is escaped as in
/// [`Text`](super::Text), and keys and values stand in quotes where they must. The space before `{fields}` belongs to it: where
/// there are no fields, there is none.
///
/// ```
/// use ripsaw::format::Pattern;
/// let pattern = Pattern::parse("{level:<8} [{target}] {message:.20} user={field.user} {fields}")?;
/// let memory = ripsaw::sink::Memory::new();
/// let guard = ripsaw::builder().format(pattern).sink(memory.clone()).start_local()?;
/// let attached = guard.attach();
/// ripsaw::info!(target: "cart", user = "a b", id = 7, "paid");
/// guard.handle().flush(std::time::Duration::from_secs(5)).unwrap();
/// assert_eq!(memory.text(), "INFO     [cart] paid user=\"a b\" id=7\n");
///
/// let error = Pattern::parse("{time} {levle}").unwrap_err();
/// assert!(error.to_string().contains("`levle` at character 9 is no token (did you mean `level`?)"));
/// # drop(attached);
/// # Ok::<(), ripsaw::StartError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Pattern {
    shape: Shape,
    lines: Lines,
}

#[derive(Clone, Debug)]
struct Shape {
    items: Vec<Item>,
    /// The fields that have tokens of their own.
    lifted: Vec<Box<str>>,
}

#[derive(Clone, Debug)]
enum Item {
    Text(String),
    Token(Token, Fit),
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Time(When),
    Level(Spelling),
    Target,
    Message,
    /// Whether each has a space in front, and not only those behind others.
    Fields(bool),
    Field(Box<str>),
    File,
    Line,
    Module,
    Thread,
    ThreadId,
    Pid,
    Seq,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Spelling {
    Upper,
    Lower,
    Short,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Side {
    Left,
    Middle,
    Right,
}

/// How much room a token takes.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Fit {
    side: Side,
    width: usize,
    most: Option<usize>,
}

impl Fit {
    const NONE: Fit = Fit { side: Side::Left, width: 0, most: None };

    /// The characters of a text that are shown.
    fn cut<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        let Some(most) = self.most.filter(|most| *most < text.len()) else { return text };
        let starts = text.iter().enumerate().filter(|(_, byte)| **byte & 0xC0 != 0x80);
        starts.map(|(at, _)| at).nth(most).map_or(text, |end| &text[..end])
    }

    /// Fills up what stands from `start` on.
    fn pad(&self, start: usize, out: &mut Vec<u8>) {
        let missing = self.width.saturating_sub(super::chars(&out[start..]));
        let before = match self.side {
            Side::Left => 0,
            Side::Middle => missing / 2,
            Side::Right => missing,
        };
        let text_and_before = out.len() + before;
        out.resize(out.len() + missing, b' ');
        out[start..text_and_before].rotate_right(before);
    }
}

impl Pattern {
    /// Compiles a pattern: once, before records come.
    ///
    /// # Errors
    ///
    /// Where a token is not known, cannot be what it is asked to be or is not closed, and where the text between them holds
    /// control characters other than tabs. The error says which, at which character, and what there is.
    ///
    /// ```
    /// use ripsaw::format::Pattern;
    /// assert!(Pattern::parse("{time:%H:%M:%S%.3f} {level:short} {message} {fields}").is_ok());
    /// ```
    pub fn parse(pattern: &str) -> Result<Pattern, ConfigError> {
        let items = parse::items(pattern)?;
        let lifted = items.iter().filter_map(|item| match item {
            Item::Token(Token::Field(key), _) => Some(key.clone()),
            _ => None,
        });
        let local =
            items.iter().any(|item| matches!(item, Item::Token(Token::Time(When::Local), _)));
        let stamp = Stamp::new(if local { TimeForm::Local } else { TimeForm::Rfc3339 });
        let lifted = lifted.collect();
        Ok(Pattern { shape: Shape { items, lifted }, lines: Lines::new(stamp) })
    }
}

impl Format for Pattern {
    fn record(&mut self, record: &Record<'_>, out: &mut Vec<u8>) {
        self.lines.write(&self.shape, record, out);
    }
}

impl Layout for Shape {
    type Text = Plain;
    type Bare = Bare;
    type Quoted = Quoted;
    const QUOTED_ALWAYS: bool = false;

    fn line(&self, parts: &mut impl Parts) {
        for (at, item) in self.items.iter().enumerate() {
            match item {
                Item::Text(text) => parts.raw(text.as_bytes()),
                Item::Token(Token::Level(spelling), fit) => {
                    let mut text = fit.cut(spelling.of(parts.level()).as_bytes()).to_vec();
                    fit.pad(0, &mut text);
                    parts.raw(&text);
                }
                Item::Token(token, fit) if *fit == Fit::NONE && self.as_part(token, parts) => {}
                // There are no more than fit: `parse` has counted them.
                Item::Token(..) => parts.whole(at as u8),
            }
        }
    }

    fn key(&self, key: &str, out: &mut Vec<u8>) {
        logfmt::key(key, out);
    }
    fn value(&self, value: ValueRef<'_>, scratch: &mut Vec<u8>, out: &mut Vec<u8>) {
        logfmt::value(value, scratch, out);
    }

    /// The token at this place of the pattern.
    fn whole(&self, part: u8, record: &Record<'_>, scratch: &mut Vec<u8>, out: &mut Vec<u8>) {
        let Some(Item::Token(token, fit)) = self.items.get(usize::from(part)) else { return };
        let start = out.len();
        let text = |text: &str, out| escape::escape::<Plain>(fit.cut(text.as_bytes()), out);
        match token {
            Token::Target => text(record.target(), out),
            Token::File => text(record.file().unwrap_or_default(), out),
            Token::Module => text(record.module().unwrap_or_default(), out),
            Token::Thread if !record.thread().name.is_empty() => text(&record.thread().name, out),
            Token::Message if fit.most.is_none() => super::message::<Plain>(record, scratch, out),
            Token::Message => {
                scratch.clear();
                scratch.extend_from_slice(record.prefix().as_bytes());
                super::message_text(record, scratch);
                escape::escape::<Plain>(fit.cut(scratch), out);
            }
            Token::Fields(spaced) => self.fields_left(*spaced, record, scratch, out),
            Token::Field(key) => {
                let value = record.fields().filter(|(other, _)| *other == &**key).last();
                if let Some((_, value)) = value {
                    field(value, fit, scratch, out);
                }
            }
            number => {
                self.number(number, record, out);
                let end = start + fit.cut(&out[start..]).len();
                out.truncate(end);
            }
        }
        fit.pad(start, out);
    }
}

impl Shape {
    /// Whether it is a part of the line that is worked out once a statement; then it is told.
    fn as_part(&self, token: &Token, parts: &mut impl Parts) -> bool {
        match token {
            Token::Time(When::Local) => parts.stamp(),
            // The stamp is that of the other form, if there are both.
            Token::Time(When::Rfc3339) if !self.is_local() => parts.stamp(),
            Token::Target => parts.target(b"", b""),
            Token::Message => parts.message(),
            Token::Fields(true) if self.lifted.is_empty() => parts.fields(),
            Token::Thread => parts.thread(),
            Token::ThreadId => parts.thread_id(),
            Token::Seq => parts.seq(),
            Token::File if parts.has_file() => parts.file(),
            Token::Line if parts.has_line() => parts.line(),
            Token::Module if parts.has_module() => parts.module(),
            Token::File | Token::Line | Token::Module => {}
            _ => return false,
        }
        true
    }

    fn is_local(&self) -> bool {
        let local = |item: &Item| matches!(item, Item::Token(Token::Time(When::Local), _));
        self.items.iter().any(local)
    }

    /// The fields that have no token of their own.
    fn fields_left(
        &self,
        spaced: bool,
        record: &Record<'_>,
        scratch: &mut Vec<u8>,
        out: &mut Vec<u8>,
    ) {
        let mut space = spaced;
        for (key, value) in record.fields() {
            if self.lifted.iter().any(|lifted| **lifted == *key) {
                continue;
            }
            if space {
                out.push(b' ');
            }
            space = true;
            escape::logfmt(key.as_bytes(), out);
            out.push(b'=');
            logfmt::value(value, scratch, out);
        }
    }

    /// What is digits, or nothing but ASCII.
    fn number(&self, token: &Token, record: &Record<'_>, out: &mut Vec<u8>) {
        match token {
            Token::Time(when) => when.put(record.unix_ns(), out),
            Token::Line => {
                record.line().into_iter().for_each(|line| number::unsigned(line.into(), out));
            }
            Token::Thread | Token::ThreadId => number::unsigned(record.thread().id, out),
            Token::Pid => number::unsigned(std::process::id().into(), out),
            Token::Seq => number::unsigned(record.seq(), out),
            _ => {}
        }
    }
}

/// A field's value, cut before it is quoted.
fn field(value: ValueRef<'_>, fit: &Fit, scratch: &mut Vec<u8>, out: &mut Vec<u8>) {
    if fit.most.is_none() {
        return logfmt::value(value, scratch, out);
    }
    scratch.clear();
    match value {
        ValueRef::F64(v) => float::shortest_f64(v, scratch),
        ValueRef::F32(v) => float::shortest_f32(v, scratch),
        value => spec::apply(value, &Spec::NONE, scratch),
    }
    escape::logfmt(fit.cut(scratch), out);
}

impl Spelling {
    fn of(self, level: Level) -> &'static str {
        let names = match self {
            Spelling::Upper => ["TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"],
            Spelling::Lower => ["trace", "debug", "info", "warning", "error", "critical"],
            Spelling::Short => ["T", "D", "I", "W", "E", "C"],
        };
        names[level.index()]
    }
}
