//! Fields and messages, from `tracing`'s visitors into records.

use super::levels;
use super::nested::{put_text, put_value};
use super::sites::{Kind, Site, message_of, plain, site};
use crate::callsite::{Callsite, after, dynamic_verdict, emit_dynamic, emit_ready};
use crate::codec::{ArgBuf, DynamicHead, ReadyList, TreeWriter, ValueRef};
use crate::lane::{Subject, max_record, refuse, with_scratch};
use bumpalo::Bump;
use bumpalo::collections::Vec as List;
use std::error::Error;
use std::fmt;
use tracing_core::field::{Field, FieldSet, Visit};
use tracing_core::{Event, Metadata};

/// Makes a record of an event.
pub(super) fn record_event(event: &Event<'_>) {
    match site(event.metadata()).map(|site: &Site| &site.kind) {
        Some(Kind::Static(callsite, message)) => by_statement(event, callsite, *message),
        Some(Kind::Dynamic(name)) => with_all(event, name),
        Some(Kind::Log) => from_log(event),
        None => with_all(event, ""),
    }
}

/// A frame that names the statement, where it has all that the statement says.
fn by_statement(event: &Event<'_>, callsite: &'static Callsite, message: Option<usize>) {
    let verdict = callsite.verdict();
    if verdict == 0 {
        return;
    }
    let meta = callsite.metadata();
    let mut in_frame = false;
    let done = with_scratch(|bump| {
        let mut fields = Fields::of_event(message, bump);
        event.record(&mut fields);
        if fields.is_whole(meta.fields.len(), !meta.template.is_empty()) {
            let ready =
                fields.args.listed(fields.message.as_deref().filter(|text| !text.is_empty()));
            // What is larger is cut, and a record that carries its own metadata is cut with more thought.
            let words = ready.bytes_len() / size_of::<u64>();
            if words < LARGE || words + LARGE < max_record() {
                in_frame = true;
                return emit_ready(callsite, verdict, &ready);
            }
        }
        emit_dynamic(verdict, &levels::subject(event.metadata()), None, |w| {
            head(event.metadata(), meta.name).put(w);
            fields.put_message(w);
            fields.put(event.metadata().fields(), w);
        });
    });
    if !done {
        refuse(meta.level);
    } else if in_frame {
        after(callsite, verdict);
    }
}

/// Words of a record that every engine takes.
const LARGE: usize = 64;

/// A record that carries its metadata.
fn with_all(event: &Event<'_>, name: &'static str) {
    let meta = event.metadata();
    emit(meta, name, |w| {
        let mut fields = Fields::of_event(message_of(meta), w.bump());
        event.record(&mut fields);
        fields.put_message(w);
        fields.put(meta.fields(), w);
    });
}

/// A record of the `log` crate: its place stands in fields.
fn from_log(event: &Event<'_>) {
    let level = levels::level(event.metadata().level());
    let mut wanted = Wanted { level, verdict: 0 };
    event.record(&mut wanted);
    if wanted.verdict == 0 {
        return;
    }
    let done = with_scratch(|bump| {
        let meta = event.metadata();
        let mut fields = Fields::of_event(message_of(meta), bump);
        event.record(&mut fields);
        let get = |key: &'static str| {
            fields.entries(meta.fields()).find(|(k, _)| *k == key).map(|(_, v)| v)
        };
        let text = |key| match get(key) {
            Some(ValueRef::Str(text)) => Some(text),
            _ => None,
        };
        let target = text("log.target").unwrap_or_default();
        let line = match get("log.line") {
            Some(ValueRef::U64(line)) => u32::try_from(line).unwrap_or(0),
            _ => 0,
        };
        let (module, file) = (text("log.module_path"), text("log.file"));
        let subject = Subject::new(level, target, file.zip((line != 0).then_some(line)));
        emit_dynamic(wanted.verdict, &subject, None, |w| {
            DynamicHead { level, target, module, file, line, name: "" }.put(w);
            fields.put_message(w);
            fields.put_if(meta.fields(), w, |key| !key.starts_with("log."));
        });
    });
    if !done {
        refuse(level);
    }
}

/// Looks whether a record of the `log` crate is wanted, before anything is rendered.
struct Wanted {
    level: crate::meta::Level,
    verdict: u32,
}

impl Visit for Wanted {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "log.target" {
            self.verdict = dynamic_verdict(self.level, value);
        }
    }
    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

/// Makes a record of what a span goes through.
pub(super) fn record_span(meta: &Metadata<'_>, message: &str, fields: &[(&str, ValueRef<'_>)]) {
    emit(meta, "", |w| {
        w.leaf(ValueRef::Text(message));
        let at = w.open_map();
        for (key, value) in fields {
            w.key(key);
            w.leaf(*value);
        }
        w.patch(at, fields.len() as u32);
    });
}

/// A record with the place of `meta`, if the engine wants it. `rest` writes message and fields.
fn emit(meta: &Metadata<'_>, name: &str, rest: impl FnOnce(&mut List<'_, u8>)) {
    let subject = levels::subject(meta);
    let verdict = dynamic_verdict(subject.level, subject.target);
    emit_dynamic(verdict, &subject, None, |w| {
        head(meta, name).put(w);
        rest(w);
    });
}

fn head<'a>(meta: &'a Metadata<'_>, name: &'a str) -> DynamicHead<'a> {
    DynamicHead {
        level: levels::level(meta.level()),
        target: meta.target(),
        module: meta.module_path(),
        file: meta.file(),
        line: meta.line().unwrap_or(0),
        name,
    }
}

/// Fields in the order in which `tracing` shows them. Each is rendered once.
pub(super) struct Fields<'b> {
    /// The values, each with its place among the fields of the statement.
    args: ArgBuf<'b>,
    /// The text of an event's message; none of a span's.
    message: Option<List<'b, u8>>,
    has_message: bool,
    /// The place of the message among the fields of the statement.
    message_at: usize,
    /// Where the next field may be, if the order is to be that of the statement.
    place: usize,
    in_order: bool,
}

impl<'b> Fields<'b> {
    /// Of a statement whose message is this one of its fields.
    fn of_event(message_at: Option<usize>, bump: &'b Bump) -> Self {
        let message = Some(List::with_capacity_in(64, bump));
        let message_at = message_at.unwrap_or(usize::MAX);
        Fields { message, message_at, ..Fields::of_span(bump) }
    }

    /// The field `message` is one as any other.
    pub(super) fn of_span(bump: &'b Bump) -> Self {
        Fields {
            args: ArgBuf::new_in(bump),
            message: None,
            has_message: false,
            message_at: usize::MAX,
            place: 0,
            in_order: true,
        }
    }

    /// Whether these are the fields of a statement, all of them and in its order, with a message if it has one.
    fn is_whole(&self, fields: usize, has_message: bool) -> bool {
        let has_text = self.message.as_ref().is_some_and(|text| !text.is_empty());
        self.in_order && self.args.len() == fields && has_text == has_message
    }

    fn entries(&self, names: &FieldSet) -> impl Iterator<Item = (&'static str, ValueRef<'_>)> {
        self.args.values().filter_map(move |(at, value)| {
            Some((plain(names.iter().nth(at.into())?.name()), value))
        })
    }

    fn put_message(&self, w: &mut impl TreeWriter) {
        let text = self.message.as_deref().map(std::str::from_utf8);
        w.leaf(ValueRef::Text(text.and_then(Result::ok).unwrap_or_default()));
    }

    /// Writes all as a map. `names` are those of the statement.
    pub(super) fn put(&self, names: &FieldSet, w: &mut impl TreeWriter) {
        self.put_if(names, w, |_| true);
    }

    fn put_if(&self, names: &FieldSet, w: &mut impl TreeWriter, wanted: impl Fn(&str) -> bool) {
        let (at, mut count) = (w.open_map(), 0);
        for (key, value) in self.entries(names).filter(|(key, _)| wanted(key)) {
            w.key(key);
            w.leaf(value);
            count += 1;
        }
        w.patch(at, count);
    }

    /// The place of a field among those of its statement; none if it is the message.
    #[inline(always)]
    fn begin(&mut self, field: &Field) -> Option<u16> {
        let at = field.index();
        if at == self.message_at {
            return None;
        }
        self.in_order &= at >= self.place;
        self.place = at + 1;
        Some(at as u16)
    }

    #[inline(always)]
    fn leaf(&mut self, field: &Field, value: ValueRef<'_>) {
        match self.begin(field) {
            Some(at) => self.args.leaf(at, value),
            None => self.say_value(value),
        }
    }

    fn rendered(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        match self.begin(field) {
            Some(at) => self.args.filled(at, |bytes| put_value(bytes, value)),
            None => self.say(value),
        }
    }

    #[cold]
    fn say_value(&mut self, value: ValueRef<'_>) {
        match value {
            ValueRef::Str(v) => {
                if let (Some(message), false) = (&mut self.message, self.has_message) {
                    message.extend_from_slice_copy(v.as_bytes());
                    self.has_message = true;
                }
            }
            ValueRef::Bool(v) => self.say(format_args!("{v}")),
            ValueRef::I64(v) => self.say(format_args!("{v}")),
            ValueRef::U64(v) => self.say(format_args!("{v}")),
            ValueRef::I128(v) => self.say(format_args!("{v}")),
            ValueRef::U128(v) => self.say(format_args!("{v}")),
            ValueRef::F64(v) => self.say(format_args!("{v}")),
            ValueRef::Bytes(v) => self.say(format_args!("{}", v.escape_ascii())),
            other => self.say(format_args!("{other:?}")),
        }
    }

    fn say(&mut self, text: fmt::Arguments<'_>) {
        if let (Some(message), false) = (&mut self.message, self.has_message) {
            put_text(message, text);
            self.has_message = true;
        }
    }
}

impl Visit for Fields<'_> {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.leaf(field, ValueRef::Bool(value));
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.leaf(field, ValueRef::I64(value));
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.leaf(field, ValueRef::U64(value));
    }
    fn record_i128(&mut self, field: &Field, value: i128) {
        self.leaf(field, ValueRef::I128(value));
    }
    fn record_u128(&mut self, field: &Field, value: u128) {
        self.leaf(field, ValueRef::U128(value));
    }
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.leaf(field, ValueRef::F64(value));
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.leaf(field, ValueRef::Str(value));
    }
    fn record_bytes(&mut self, field: &Field, value: &[u8]) {
        self.leaf(field, ValueRef::Bytes(value));
    }
    #[cfg(all(feature = "valuable", tracing_unstable))]
    fn record_value(&mut self, field: &Field, value: ::valuable::Value<'_>) {
        let tree = |bytes: &mut List<'_, u8>| {
            crate::codec::put_valuable(bytes, value);
            true
        };
        match self.begin(field) {
            Some(at) => self.args.filled(at, tree),
            None => self.say(format_args!("{value:?}")),
        }
    }
    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.rendered(field, format_args!("{}", Chain(value)));
    }
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.rendered(field, format_args!("{value:?}"));
    }
}

/// An error and what caused it.
struct Chain<'e>(&'e (dyn Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        // A chain that bites its tail must end too.
        let causes = std::iter::successors(self.0.source(), |&cause| cause.source()).take(32);
        causes.into_iter().try_for_each(|cause| write!(f, ": {cause}"))
    }
}
