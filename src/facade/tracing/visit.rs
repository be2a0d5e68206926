//! Fields and messages, from `tracing`'s visitors into the nested encoding.

use crate::callsite::{dynamic_verdict, emit_dynamic};
use crate::codec::{DynamicHead, TreeWriter, ValueRef};
use crate::facade::text::text;
use std::error::Error;
use std::fmt;
use tracing_core::field::{Field, Visit};
use tracing_core::{Event, Metadata};

/// Writes the entries of a map that its user opens and closes.
pub(super) struct Fields<'w, W> {
    w: &'w mut W,
    count: u32,
}

impl<'w, W: TreeWriter> Fields<'w, W> {
    pub(super) fn new(w: &'w mut W) -> Self {
        Fields { w, count: 0 }
    }

    /// How many there were.
    pub(super) fn count(self) -> u32 {
        self.count
    }

    pub(super) fn leaf(&mut self, key: &str, value: ValueRef<'_>) {
        self.key(key);
        self.w.leaf(value);
    }

    fn rendered(&mut self, key: &str, value: fmt::Arguments<'_>) {
        self.key(key);
        text(self.w, false, value);
    }

    fn key(&mut self, key: &str) {
        // A keyword as a name.
        self.w.key(key.strip_prefix("r#").unwrap_or(key));
        self.count += 1;
    }
}

/// A visitor by two functions: of typed values, and of what has to be rendered.
macro_rules! visit {
    ($leaf:ident, $rendered:ident) => {
        fn record_bool(&mut self, field: &Field, value: bool) {
            self.$leaf(field.name(), ValueRef::Bool(value));
        }
        fn record_i64(&mut self, field: &Field, value: i64) {
            self.$leaf(field.name(), ValueRef::I64(value));
        }
        fn record_u64(&mut self, field: &Field, value: u64) {
            self.$leaf(field.name(), ValueRef::U64(value));
        }
        fn record_i128(&mut self, field: &Field, value: i128) {
            self.$leaf(field.name(), ValueRef::I128(value));
        }
        fn record_u128(&mut self, field: &Field, value: u128) {
            self.$leaf(field.name(), ValueRef::U128(value));
        }
        fn record_f64(&mut self, field: &Field, value: f64) {
            self.$leaf(field.name(), ValueRef::F64(value));
        }
        fn record_str(&mut self, field: &Field, value: &str) {
            self.$leaf(field.name(), ValueRef::Str(value));
        }
        fn record_bytes(&mut self, field: &Field, value: &[u8]) {
            self.$leaf(field.name(), ValueRef::Bytes(value));
        }
        fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
            self.$rendered(field.name(), format_args!("{}", Chain(value)));
        }
        fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
            self.$rendered(field.name(), format_args!("{value:?}"));
        }
    };
}

impl<W: TreeWriter> Visit for Fields<'_, W> {
    visit!(leaf, rendered);
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

const MESSAGE: &str = "message";

/// Writes the field `message` as a record's message, and no other.
struct MessageOf<'w, W> {
    w: &'w mut W,
    found: bool,
}

impl<W: TreeWriter> MessageOf<'_, W> {
    fn leaf(&mut self, key: &str, value: ValueRef<'_>) {
        match value {
            _ if key != MESSAGE || self.found => return,
            ValueRef::Str(_) => self.w.leaf(value),
            ValueRef::Bool(v) => text(self.w, false, format_args!("{v}")),
            ValueRef::I64(v) => text(self.w, false, format_args!("{v}")),
            ValueRef::U64(v) => text(self.w, false, format_args!("{v}")),
            ValueRef::I128(v) => text(self.w, false, format_args!("{v}")),
            ValueRef::U128(v) => text(self.w, false, format_args!("{v}")),
            ValueRef::F64(v) => text(self.w, false, format_args!("{v}")),
            ValueRef::Bytes(v) => text(self.w, false, format_args!("{}", v.escape_ascii())),
            other => text(self.w, false, format_args!("{other:?}")),
        }
        self.found = true;
    }
    fn rendered(&mut self, key: &str, value: fmt::Arguments<'_>) {
        if key == MESSAGE && !self.found {
            text(self.w, false, value);
            self.found = true;
        }
    }
}

impl<W: TreeWriter> Visit for MessageOf<'_, W> {
    visit!(leaf, rendered);
}

/// Writes all fields but the message.
struct Others<'w, W>(Fields<'w, W>);

impl<W: TreeWriter> Others<'_, W> {
    fn leaf(&mut self, key: &str, value: ValueRef<'_>) {
        if key != MESSAGE {
            self.0.leaf(key, value);
        }
    }
    fn rendered(&mut self, key: &str, value: fmt::Arguments<'_>) {
        if key != MESSAGE {
            self.0.rendered(key, value);
        }
    }
}

impl<W: TreeWriter> Visit for Others<'_, W> {
    visit!(leaf, rendered);
}

/// Makes a record of an event. The message comes first in a record, wherever it stands in the statement: the fields are visited
/// twice, but each value is rendered once.
pub(super) fn record_event(event: &Event<'_>) {
    emit(event.metadata(), |w| {
        let mut message = MessageOf { w, found: false };
        event.record(&mut message);
        if !message.found {
            message.w.leaf(ValueRef::Text(""));
        }
        let w = message.w;
        let at = w.open_map();
        let mut others = Others(Fields::new(w));
        event.record(&mut others);
        let count = others.0.count();
        w.patch(at, count);
    });
}

/// Makes a record of what a span goes through.
pub(super) fn record_span(meta: &Metadata<'_>, message: &str, fields: &[(&str, ValueRef<'_>)]) {
    emit(meta, |w| {
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
fn emit(meta: &Metadata<'_>, rest: impl FnOnce(&mut bumpalo::collections::Vec<'_, u8>)) {
    let (level, target) = (super::levels::level(meta.level()), meta.target());
    let verdict = dynamic_verdict(level, target);
    emit_dynamic(verdict, level, target, None, |w| {
        let (module, file) = (meta.module_path(), meta.file());
        DynamicHead { level, target, module, file, line: meta.line().unwrap_or(0), name: "" }
            .put(w);
        rest(w);
    });
}
