//! Where a caller's `Debug`, `Display` and nested values are rendered before anything is reserved.

use crate::codec::tree::TreeWriter;
use crate::sync::caught;
use bumpalo::Bump;
use core::fmt::{self, Write as _};

/// The thread's bump arena while one record is made ready, or none when the record needs no rendering.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Scratch<'s>(Option<&'s Bump>);

impl<'s> Scratch<'s> {
    /// For records whose arguments do not render.
    pub const NONE: Scratch<'static> = Scratch(None);

    /// Longest rendered text; what a `Display` prints beyond it is cut with a marker.
    pub const MAX_TEXT: usize = 256 * 1024;

    /// Renders into `bump`.
    pub fn new(bump: &'s Bump) -> Self {
        Scratch(Some(bump))
    }

    pub(super) fn text(self, args: fmt::Arguments<'_>) -> &'s str {
        if let Some(text) = args.as_str() {
            // A literal: no need to run the formatter.
            return self.0.map_or("", |bump| bump.alloc_str(clip_str(text, Self::MAX_TEXT)));
        }
        let Some(bump) = self.0 else { return "" };
        let mut out = Cut { to: bumpalo::collections::String::new_in(bump), over: 0 };
        // A formatter that panics must not take the caller down: the message of the panic was printed by its hook.
        let failed = !matches!(caught(|| out.write_fmt(args)), Some(Ok(())));
        if out.over > 0 {
            let over = out.over;
            // Writing to the inner string cannot fail.
            let _ = write!(out.to, "…[+{over} bytes]");
        } else if failed {
            out.to.push_str("[formatter failed]");
        }
        out.to.into_bump_str()
    }

    pub(super) fn tree(
        self,
        fill: impl FnOnce(&mut bumpalo::collections::Vec<'s, u8>),
    ) -> &'s [u8] {
        let Some(bump) = self.0 else { return &[] };
        let mut out = bumpalo::collections::Vec::new_in(bump);
        fill(&mut out);
        out.into_bump_slice()
    }
}

/// Keeps the first `MAX_TEXT` bytes and counts the rest.
struct Cut<'s> {
    to: bumpalo::collections::String<'s>,
    over: usize,
}

impl fmt::Write for Cut<'_> {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        let kept = if self.over > 0 {
            ""
        } else {
            clip_str(s, Scratch::MAX_TEXT.saturating_sub(self.to.len()))
        };
        self.to.push_str(kept);
        self.over += s.len() - kept.len();
        Ok(())
    }
}

/// The longest prefix of at most `max` bytes that ends at a character.
pub(in crate::codec) fn clip_str(s: &str, max: usize) -> &str {
    if s.len() <= max {
        return s;
    }
    let mut end = max;
    while !s.is_char_boundary(end) {
        end -= 1;
    }
    &s[..end]
}

/// Writes formatted text into a tree, as far as it is not longer than [`Scratch::MAX_TEXT`].
pub(crate) struct TextOf<'w, W: TreeWriter> {
    to: &'w mut W,
    left: usize,
    over: usize,
}

impl<'w, W: TreeWriter> TextOf<'w, W> {
    pub(crate) fn new(to: &'w mut W) -> Self {
        TextOf { to, left: Scratch::MAX_TEXT, over: 0 }
    }
    /// Says what was cut.
    pub(crate) fn end(self) {
        if self.over > 0 {
            // Without a limit left a marker would be cut too; a new one has room for it.
            let _ = write!(TextOf::new(self.to), "…[+{} bytes]", self.over);
        }
    }
}

impl<W: TreeWriter> fmt::Write for TextOf<'_, W> {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        let kept = if self.over > 0 { "" } else { clip_str(s, self.left) };
        self.to.put(kept.as_bytes());
        self.left -= kept.len();
        self.over += s.len() - kept.len();
        Ok(())
    }
}
