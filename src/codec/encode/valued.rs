//! Values of the `valuable` crate, as trees.

use super::ready::Blob;
use super::{Encode, Scratch, TextOf};
use crate::codec::tag;
use crate::codec::tree::{MAX_DEPTH, TreeWriter};
use crate::codec::value::ValueRef;
use bumpalo::collections::Vec as Bytes;
use core::fmt::{self, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use valuable::{Fields, NamedValues, Slice, Valuable, Value, Visit};

/// Makes a field of a struct, an enum, a list or a map that can be looked into (feature `valuable`): its parts arrive as a tree.
///
/// Structs are maps of their fields; structs and variants with several fields without names are lists, those with one are that
/// field. A variant with fields is a map of its name, one without is its name, and tuples are lists. Keys of maps that are no text are
/// printed. Beyond 32 levels, and beyond 4,096 items of a list or a map, it is said how much is left out.
///
/// ```
/// use ripsaw::valuable;
/// use ::valuable::Valuable;
/// #[derive(Valuable)]
/// struct Order { id: u32, tags: Vec<&'static str> }
/// let order = Order { id: 7, tags: vec!["new"] };
/// ripsaw::info!(order = valuable(&order), "placed"); // "order":{"id":7,"tags":["new"]}
/// # #[cfg(feature = "tracing")]
/// tracing::info!(order = ripsaw::tracing::nested(valuable(&order)), "placed");
/// ```
///
/// The value is looked into on the caller's thread, in its scratch, without an allocation of ours.
pub fn valuable<T: Valuable + ?Sized>(value: &T) -> Valued<'_> {
    Valued(value.as_value())
}

/// A value that is looked into: made by [`valuable()`].
#[derive(Clone, Copy, Debug)]
pub struct Valued<'a>(Value<'a>);

impl Encode for Valued<'_> {
    type Ready<'s>
        = Blob<'s, { tag::TREE }>
    where
        Self: 's;
    const RENDERS: bool = true;
    fn ready<'s>(&'s self, scratch: Scratch<'s>) -> Self::Ready<'s> {
        Blob(scratch.tree(|w| put_valuable(w, self.0)))
    }
}

/// Appends a value. One whose visitor panics costs itself only: the hook has said why.
pub(crate) fn put_valuable(w: &mut Bytes<'_, u8>, value: Value<'_>) {
    let start = w.len();
    if catch_unwind(AssertUnwindSafe(|| put(w, value, 0))).is_err() {
        w.truncate(start);
        w.leaf(ValueRef::Text("[visitor failed]"));
    }
}

/// Most items of a list or a map that are copied; the rest is said as a count.
const MAX_ITEMS: u32 = 4096;

fn put(w: &mut Bytes<'_, u8>, value: Value<'_>, depth: usize) {
    let leaf = match value {
        Value::Bool(v) => ValueRef::Bool(v),
        Value::Char(v) => ValueRef::Char(v),
        Value::F32(v) => ValueRef::F32(v),
        Value::F64(v) => ValueRef::F64(v),
        Value::I8(v) => ValueRef::I64(v.into()),
        Value::I16(v) => ValueRef::I64(v.into()),
        Value::I32(v) => ValueRef::I64(v.into()),
        Value::I64(v) => ValueRef::I64(v),
        Value::I128(v) => ValueRef::I128(v),
        Value::Isize(v) => ValueRef::I64(v as i64),
        Value::String(v) => ValueRef::Str(v),
        Value::U8(v) => ValueRef::U64(v.into()),
        Value::U16(v) => ValueRef::U64(v.into()),
        Value::U32(v) => ValueRef::U64(v.into()),
        Value::U64(v) => ValueRef::U64(v),
        Value::U128(v) => ValueRef::U128(v),
        Value::Usize(v) => ValueRef::U64(v as u64),
        Value::Unit => ValueRef::Null,
        Value::Path(v) => return text(w, format_args!("{}", v.display())),
        Value::Error(v) => return text(w, format_args!("{v}")),
        _ if depth >= MAX_DEPTH => ValueRef::Text("[too deep]"),
        Value::Listable(v) => return put_parts(w, Shape::List, depth, |parts| v.visit(parts)),
        Value::Tuplable(v) => return put_parts(w, Shape::List, depth, |parts| v.visit(parts)),
        Value::Mappable(v) => return put_parts(w, Shape::Map, depth, |parts| v.visit(parts)),
        Value::Structable(v) => {
            return put_fields(w, v.definition().fields(), depth, |parts| v.visit(parts));
        }
        Value::Enumerable(v) => {
            let variant = v.variant();
            if let Fields::Unnamed(0) = variant.fields() {
                return w.leaf(ValueRef::Str(variant.name()));
            }
            let at = w.open_map();
            w.key(variant.name());
            put_fields(w, variant.fields(), depth + 1, |parts| v.visit(parts));
            return w.patch(at, 1);
        }
        other => return text(w, format_args!("{other:?}")),
    };
    w.leaf(leaf);
}

fn text(w: &mut Bytes<'_, u8>, args: fmt::Arguments<'_>) {
    let at = w.open_text(false);
    let mut out = TextOf::new(w);
    // Writing into a tree cannot fail.
    let _ = out.write_fmt(args);
    out.end();
    let len = w.len() - at - 4;
    w.patch(at, len as u32);
}

fn put_fields(
    w: &mut Bytes<'_, u8>,
    fields: &Fields<'_>,
    depth: usize,
    visit: impl FnOnce(&mut dyn Visit),
) {
    let shape = match fields {
        Fields::Unnamed(0) => return w.leaf(ValueRef::Null),
        Fields::Unnamed(1) => Shape::One,
        Fields::Unnamed(_) => Shape::List,
        Fields::Named(_) => Shape::Map,
    };
    put_parts(w, shape, depth, visit);
}

/// How parts are written, whatever a visitor is told.
#[derive(Clone, Copy, PartialEq)]
enum Shape {
    List,
    Map,
    /// The only one, as it is.
    One,
}

fn put_parts(
    w: &mut Bytes<'_, u8>,
    shape: Shape,
    depth: usize,
    visit: impl FnOnce(&mut dyn Visit),
) {
    let at = match shape {
        Shape::List => w.open_list(),
        Shape::Map => w.open_map(),
        Shape::One => 0,
    };
    let mut parts = Parts { w, shape, depth, count: 0, left_out: 0 };
    visit(&mut parts);
    let Parts { mut count, left_out, .. } = parts;
    match shape {
        Shape::One if count == 0 => w.leaf(ValueRef::Null),
        Shape::One => {}
        Shape::List | Shape::Map => {
            if left_out > 0 {
                if shape == Shape::Map {
                    w.key("truncated");
                }
                text(w, format_args!("…[+{left_out} items]"));
                count += 1;
            }
            w.patch(at, count);
        }
    }
}

struct Parts<'w, 'b> {
    w: &'w mut Bytes<'b, u8>,
    shape: Shape,
    depth: usize,
    count: u32,
    left_out: u64,
}

impl Parts<'_, '_> {
    /// Whether there is room for one more, which is counted either way.
    fn has_room(&mut self) -> bool {
        let max = if self.shape == Shape::One { 1 } else { MAX_ITEMS };
        let fits = self.count < max;
        match fits {
            true => self.count += 1,
            false => self.left_out += 1,
        }
        fits
    }

    fn item(&mut self, value: Value<'_>) {
        if self.shape != Shape::Map && self.has_room() {
            put(self.w, value, self.depth + 1);
        }
    }

    fn entry(&mut self, key: &str, value: Value<'_>) {
        if self.shape != Shape::Map {
            self.item(value);
        } else if self.has_room() {
            self.w.key(key);
            put(self.w, value, self.depth + 1);
        }
    }
}

impl Visit for Parts<'_, '_> {
    fn visit_value(&mut self, value: Value<'_>) {
        self.item(value);
    }
    fn visit_named_fields(&mut self, fields: &NamedValues<'_>) {
        fields.iter().for_each(|(field, value)| self.entry(field.name(), *value));
    }
    fn visit_unnamed_fields(&mut self, values: &[Value<'_>]) {
        values.iter().for_each(|value| self.item(*value));
    }
    fn visit_primitive_slice(&mut self, slice: Slice<'_>) {
        slice.iter().for_each(|value| self.item(value));
    }
    fn visit_entry(&mut self, key: Value<'_>, value: Value<'_>) {
        match key {
            Value::String(key) => self.entry(key, value),
            Value::Char(key) => self.entry(key.encode_utf8(&mut [0; 4]), value),
            other => {
                let key = bumpalo::format!(in self.w.bump(), "{:?}", other);
                self.entry(&key, value);
            }
        }
    }
}
