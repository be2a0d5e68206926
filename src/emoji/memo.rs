//! The values of a statement's last record, and the text that they led to: most statements log the same few.

use crate::codec::{Args, Walk, tag};

/// More bytes of values than this are not kept.
const KEPT: usize = 64;

/// What a record brought and what came of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Memo {
    /// The values one behind the other.
    bytes: Vec<u8>,
    /// Where each of them ends.
    ends: Vec<u8>,
    prefix: String,
    known: bool,
}

impl Memo {
    /// The prefix, if the arguments have the values that it was made from.
    #[inline]
    pub(super) fn find(&self, args: &Args<'_>, at: impl Iterator<Item = usize>) -> Option<&str> {
        let (mut walk, mut from) = (Walk::default(), 0);
        let mut ends = self.ends.iter();
        for arg in at {
            let end = usize::from(*ends.next()?);
            if text(args, arg, &mut walk)? != self.bytes.get(from..end)? {
                return None;
            }
            from = end;
        }
        self.known.then_some(&self.prefix)
    }

    /// Keeps the prefix for these arguments, if all of them are texts and they are short.
    pub(super) fn keep(&mut self, args: &Args<'_>, at: impl Iterator<Item = usize>, prefix: &str) {
        self.known = false;
        self.bytes.clear();
        self.ends.clear();
        let mut walk = Walk::default();
        for arg in at {
            match text(args, arg, &mut walk) {
                Some(text) if self.bytes.len() + text.len() <= KEPT => {
                    self.bytes.extend_from_slice(text);
                    self.ends.push(self.bytes.len() as u8);
                }
                _ => return,
            }
        }
        self.prefix.clear();
        self.prefix.push_str(prefix);
        self.known = true;
    }
}

/// An argument that is a text.
#[inline]
fn text<'a>(args: &Args<'a>, at: usize, walk: &mut Walk) -> Option<&'a [u8]> {
    match args.slot(at).0 {
        tag::STR | tag::TEXT | tag::DEBUG => args.bytes(at, walk),
        _ => None,
    }
}
