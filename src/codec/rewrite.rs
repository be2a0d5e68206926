//! Arguments in which some are not as they were logged: copies on the writer, in the form of a frame, so that what was worked
//! out for a statement still holds for them.

use super::decode::{Args, Walk, has_bytes, tag_place};
use super::tag;
use bumpalo::Bump;
use bumpalo::collections::Vec as List;

/// What takes the place of an argument.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Change<'c> {
    /// The marker of what is redacted.
    Hidden,
    /// A text.
    Text(&'c str),
    /// One value in the nested encoding.
    Tree(&'c [u8]),
}

impl<'a> Args<'a> {
    /// Whether an argument is a nested value.
    #[inline]
    pub(crate) fn has_nested(&self) -> bool {
        const ONES: u64 = 0x1111_1111_1111_1111;
        // Whether one of the 4-bit tags is that of a nested value: the difference is zero there, and borrows.
        let any = |tags: u64| {
            let other = tags ^ (ONES * tag::TREE as u64);
            other.wrapping_sub(ONES) & !other & (ONES << 3) != 0
        };
        let Some(&first) = self.words.get(2) else { return false };
        any(first & 0xFFFF_FFFF)
            || self.words[super::header::FIXED_WORDS..self.slots].iter().any(|tags| any(*tags))
    }

    /// A copy in which the arguments of a set, bit `i` for the one at `i`, are redacted.
    #[inline]
    pub(crate) fn hide(&self, set: u32, bump: &'a Bump) -> Args<'a> {
        let words = bump.alloc_slice_copy(self.words);
        let (head, slots) = words.split_at_mut(self.slots);
        // The arguments whose tags are in one word, and the first of them.
        let mut hide = |tags: &mut u64, first: usize, mut set: u32| {
            while set != 0 {
                let i = set.trailing_zeros() as usize;
                set &= set - 1;
                let Some(slot) = slots.get_mut(first + i).filter(|_| first + i < self.count) else {
                    return;
                };
                // What is no length goes: nothing is to be stepped over.
                *slot &= 0_u64.wrapping_sub(u64::from(has_bytes((*tags >> (4 * i)) as u8 & 0xF)));
                *tags = *tags & !(0xF << (4 * i)) | u64::from(tag::REDACTED) << (4 * i);
            }
        };
        let [_, _, first, more @ ..] = head else { return *self };
        hide(first, 0, set & 0xFF);
        for (at, tags) in more.iter_mut().enumerate() {
            let from = 8 + 16 * at;
            hide(tags, from, set.checked_shr(from as u32).unwrap_or(0) & 0xFFFF);
        }
        Args { words, ..*self }
    }

    /// A copy with some arguments changed; each stands once in `changes`, in ascending order.
    pub(crate) fn with(&self, changes: &[(usize, Change<'_>)], bump: &'a Bump) -> Args<'a> {
        let head = self.slots + self.count;
        let mut words = List::from_iter_in(self.words[..head].iter().copied(), bump);
        let mut bytes = List::with_capacity_in(8 * self.words.len(), bump);
        let (mut walk, mut changes) = (Walk::default(), changes.iter().peekable());
        for i in 0..self.count {
            let (word, bits) = tag_place(i);
            let was = self.tag(i);
            let (tag, slot, own) = match changes.next_if(|(at, _)| *at == i) {
                None if has_bytes(was) => {
                    let own = self.bytes(i, &mut walk).unwrap_or_default();
                    (was, own.len() as u64, own)
                }
                None => (was, words[self.slots + i], &b""[..]),
                Some((_, Change::Hidden)) => (tag::REDACTED, 0, &b""[..]),
                Some((_, Change::Text(text))) => (tag::STR, text.len() as u64, text.as_bytes()),
                Some((_, Change::Tree(tree))) => (tag::TREE, tree.len() as u64, *tree),
            };
            words[word] = words[word] & !(0xF << bits) | u64::from(tag) << bits;
            words[self.slots + i] = slot;
            bytes.extend_from_slice_copy(own);
        }
        words.extend(bytes.chunks(8).map(|chunk| {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            u64::from_ne_bytes(word)
        }));
        Args { words: words.into_bump_slice(), ..*self }
    }
}
