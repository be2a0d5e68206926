//! Nested values on their way through `tracing`, which knows texts only.
//!
//! Its visitors get a value as something that prints itself. While it prints, two words are said by which nothing is written:
//! strings without a character, told from all others by where they lie. The value asks; a writer of ours, and nobody else's,
//! says yes; then the tree goes over beside the text. Whoever prints the value elsewhere sees its text.

use crate::codec::{Encode, TextOf, TreeWriter, ValueRef, put_encoded, read_tree};
use crate::format::write_value;
use crate::lane::with_scratch;
use crate::sync::caught;
use bumpalo::collections::Vec as List;
use std::cell::{Cell, RefCell};
use std::fmt::{self, Arguments, Write as _};
use tracing_core::field::{DisplayValue, display};

/// Makes a field of a value that has parts: it arrives in the engine's stream as a tree, as it would from a native macro, and
/// every other subscriber prints it, as JSON.
///
/// Takes what the native macros take as a typed field, above all [`Value`](crate::Value)s and slices, owned or by reference. For
/// fields of events and spans, and for `record`; with `?` or `%` before it, it arrives the same.
/// Within `tracing`'s macros the word `Value` means theirs: write `ripsaw::Value` there, or make the value before.
///
/// ```
/// use ripsaw::{Value, tracing::nested};
/// let order = Value::from([("id", Value::from(7)), ("tags", Value::from(["new", "gift"]))]);
/// tracing::info!(order = nested(&order), sizes = nested([3, 5]), "placed");
/// // {.., "event":"placed","order":{"id":7,"tags":["new","gift"]},"sizes":[3,5]}
/// assert_eq!(nested(&order).to_string(), r#"{"id":7,"tags":["new","gift"]}"#);
/// ```
///
/// As a part of something else that is printed (`?Some(nested(..))`), and in messages, it is text.
///
/// Costs the value's encoding in the thread's scratch and two copies of it; no allocation once the thread has handed one over
/// that was as large. To print it elsewhere allocates its text.
pub fn nested<T: Encode>(value: T) -> DisplayValue<Nested<T>> {
    display(Nested(value))
}

/// A value that arrives as a tree: made by [`nested`].
#[derive(Clone, Copy)]
pub struct Nested<T>(T);

impl<T: Encode> fmt::Display for Nested<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut failed, mut text) = (Ok(()), None);
        let done = with_scratch(|bump| {
            let mut tree = List::new_in(bump);
            put_encoded(&self.0, bump, &mut tree);
            failed = hand_over(&tree, f).map(|was_taken| {
                if !was_taken {
                    text = Some(shown(&tree));
                }
            });
        });
        failed?;
        match text {
            Some(text) => f.write_str(&text),
            None if done => Ok(()),
            None => f.write_str("[too deep]"),
        }
    }
}

impl<T: Encode> fmt::Debug for Nested<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What an encoded value looks like in a message.
fn shown(tree: &[u8]) -> String {
    let mut text = Vec::new();
    let value = read_tree(tree).map_or(ValueRef::Null, |(value, _)| value);
    write_value(value, &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

static WORDS: [u8; 3] = *b"???";

/// An empty string at a place that no other string has.
fn word(at: usize) -> &'static str {
    std::str::from_utf8(&WORDS[at..at]).unwrap_or_default()
}

/// `Does somebody listen who takes trees?`
const QUESTION: usize = 1;
/// `It is there.`
const THERE: usize = 2;

thread_local! {
    static IS_TAKEN: Cell<bool> = const { Cell::new(false) };
    /// On its way over: only between two words.
    static TREE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Gives a tree to the one who writes for `f`, if it takes it.
fn hand_over(tree: &[u8], f: &mut fmt::Formatter<'_>) -> Result<bool, fmt::Error> {
    IS_TAKEN.set(false);
    f.write_str(word(QUESTION))?;
    if !IS_TAKEN.replace(false) {
        return Ok(false);
    }
    let is_there = TREE.try_with(|place| {
        let Ok(mut place) = place.try_borrow_mut() else { return false };
        place.clear();
        place.extend_from_slice(tree);
        true
    });
    if is_there != Ok(true) {
        // A thread in its last destructors.
        return Ok(false);
    }
    f.write_str(word(THERE))?;
    Ok(true)
}

/// Appends what `args` prints to `bytes`, and says whether that is an encoded value, and not a text. What fails costs its own
/// text only.
pub(super) fn put_value(bytes: &mut List<'_, u8>, args: Arguments<'_>) -> bool {
    Out { start: bytes.len(), bytes, takes: true, is_tree: false }.print(args)
}

/// Appends what `args` prints to `bytes`, always as text.
pub(super) fn put_text(bytes: &mut List<'_, u8>, args: Arguments<'_>) {
    Out { start: bytes.len(), bytes, takes: false, is_tree: false }.print(args);
}

/// Where a formatter prints. What is there since `start` is either text or one encoded value.
struct Out<'w, 'b> {
    bytes: &'w mut List<'b, u8>,
    start: usize,
    takes: bool,
    is_tree: bool,
}

impl Out<'_, '_> {
    fn print(mut self, args: Arguments<'_>) -> bool {
        let mut out = TextOf::new(&mut self);
        let done = caught(|| out.write_fmt(args));
        out.end();
        if !matches!(done, Some(Ok(()))) {
            self.put(b"[formatter failed]");
        }
        self.is_tree
    }

    /// A word, or no text at all.
    fn hear(&mut self, said: &[u8]) {
        if std::ptr::eq(said.as_ptr(), word(QUESTION).as_ptr()) {
            IS_TAKEN.set(self.takes && !self.is_tree && self.bytes.len() == self.start);
        } else if std::ptr::eq(said.as_ptr(), word(THERE).as_ptr()) {
            let taken = TREE.try_with(|tree| {
                tree.try_borrow().is_ok_and(|tree| {
                    self.bytes.extend_from_slice_copy(&tree);
                    true
                })
            });
            self.is_tree = taken == Ok(true);
        }
    }
}

impl TreeWriter for Out<'_, '_> {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return self.hear(bytes);
        }
        if self.is_tree {
            // There is more than the value: then all of it is text.
            let text = shown(&self.bytes[self.start..]);
            self.bytes.truncate(self.start);
            self.bytes.extend_from_slice_copy(text.as_bytes());
            self.is_tree = false;
        }
        self.bytes.extend_from_slice_copy(bytes);
    }
    fn patch(&mut self, _at: usize, _value: u32) {}
    fn len(&self) -> usize {
        self.bytes.len()
    }
}
