//! The hot path: from ready arguments to a committed frame.

use super::local::local;
use super::{Local, Origin, Request, max_record, refuse};
use crate::codec::header::{self, FIXED_WORDS};
use crate::codec::{Clipped, ReadyList};
use crate::sync::Word;
use bumpalo::Bump;
use std::cell::{Cell, RefCell};

/// Commits a record whose arguments are ready. `origin` tells where it comes from, `bound` is the number of what it names
/// besides its statement.
#[inline(always)]
pub(crate) fn push<R: ReadyList, O: Origin>(
    origin: impl Fn() -> O,
    id: u32,
    bound: u32,
    ready: &R,
) {
    // SAFETY: it is valid as long as the thread runs, and the reference is not kept.
    let local = unsafe { &*local() };
    let ticks = local.ticks();
    let words = frame_words(ready.count(), ready.bytes_len());
    match local.tip.reserve(words) {
        Some(at) => {
            fill(at, words, ticks, bound, ready);
            // SAFETY: `reserve` found `words` at `at`, and `fill` wrote all of them but the header.
            unsafe { local.tip.commit(at, words, header::pack(words, ready.count(), 0, id)) };
        }
        None => push_slow(local, origin, id, bound, ticks, ready),
    }
}

#[cold]
#[inline(never)]
fn push_slow<R: ReadyList, O: Origin>(
    local: &Local,
    origin: impl Fn() -> O,
    id: u32,
    bound: u32,
    ticks: u64,
    ready: &R,
) {
    let origin = origin();
    let (level, target) = origin.place();
    let words = frame_words(ready.count(), ready.bytes_len());
    let max = max_record();
    if words > max {
        let done = with_scratch(|bump| {
            let spare = max.saturating_sub(FIXED_WORDS + 2 + 2 * ready.count()) * size_of::<u64>();
            let mut clipped = bumpalo::collections::Vec::new_in(bump);
            // Room for the words that say what was cut.
            ready.clip((spare / ready.count().max(1)).saturating_sub(64), bump, &mut clipped);
            let bytes: usize = clipped.iter().map(|c| c.bytes.len()).sum();
            let words = frame_words(ready.count(), bytes);
            let header = header::pack(words, ready.count(), 0, id);
            local.push_slow(&mut Request {
                level,
                target,
                words,
                header,
                ticks,
                until: None,
                fill: &mut |at, ticks| fill_clipped(at, words, ticks, bound, &clipped),
                origin: &origin,
            });
        });
        if !done {
            refuse(level);
        }
        return;
    }
    local.push_slow(&mut Request {
        level,
        target,
        words,
        header: header::pack(words, ready.count(), 0, id),
        ticks,
        until: None,
        fill: &mut |at, ticks| fill(at, words, ticks, bound, ready),
        origin: &origin,
    });
}

#[inline(always)]
pub(super) const fn frame_words(args: usize, bytes: usize) -> usize {
    FIXED_WORDS + header::extra_tag_words(args) + args + bytes.div_ceil(size_of::<u64>())
}

/// Writes a frame of `words` at `at`, all but its header.
#[inline(always)]
pub(super) fn fill<R: ReadyList>(at: *const Word, words: usize, ticks: u64, bound: u32, ready: &R) {
    let tags = ready.tags();
    let slots = put_fixed(at, words, ticks, bound, ready.count(), tags);
    ready.slots(|i, slot| put(at, slots + i, slot), 0);
    let mut to = slots + ready.count();
    if to < words {
        // The last word may be filled in part only.
        put(at, words - 1, 0);
        let mut offset = 0;
        to *= size_of::<u64>();
        ready.each_bytes(|bytes| {
            put_bytes(at, to + offset, bytes);
            offset += bytes.len();
        });
    }
}

#[cold]
fn fill_clipped(at: *const Word, words: usize, ticks: u64, bound: u32, args: &[Clipped<'_>]) {
    let tags = args.iter().rev().fold(0, |tags, arg| (tags << 4) | u128::from(arg.tag));
    let slots = put_fixed(at, words, ticks, bound, args.len(), tags);
    let mut offset = (slots + args.len()) * size_of::<u64>();
    if slots + args.len() < words {
        put(at, words - 1, 0);
    }
    for (i, arg) in args.iter().enumerate() {
        put(at, slots + i, arg.slot);
        put_bytes(at, offset, arg.bytes);
        offset += arg.bytes.len();
    }
}

/// Writes time, tags and bound context; returns where the slots begin.
#[inline(always)]
fn put_fixed(
    at: *const Word,
    words: usize,
    ticks: u64,
    bound: u32,
    args: usize,
    tags: u128,
) -> usize {
    debug_assert!(words >= FIXED_WORDS + args);
    put(at, 1, ticks);
    put(at, 2, (tags as u64 & 0xFFFF_FFFF) | (u64::from(bound) << 32));
    let extra = header::extra_tag_words(args);
    for i in 0..extra {
        put(at, FIXED_WORDS + i, (tags >> (32 + 64 * i)) as u64);
    }
    FIXED_WORDS + extra
}

#[inline(always)]
fn put(at: *const Word, n: usize, value: u64) {
    // SAFETY: `at` begins a frame that was reserved and is not yet published: its words are the calling thread's own,
    // and `n` is less than their number, by which all places here are computed (`frame_words`).
    unsafe { (*at.add(n)).set(value) }
}

#[inline(always)]
fn put_bytes(at: *const Word, offset: usize, bytes: &[u8]) {
    // SAFETY: as in `put`; the bytes of all arguments fit the words behind the slots. A word is eight plain bytes, and
    // the arguments lie elsewhere than the arena.
    unsafe {
        let to = at.cast_mut().cast::<u8>().add(offset);
        core::ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len());
    }
}

thread_local! {
    static SCRATCH: RefCell<Bump> = RefCell::new(Bump::new());
    /// Renderings under way on this thread: a `Display` may log.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// Kept by a thread between calls; what a large record needed beyond it is freed.
const SCRATCH_KEPT: usize = 64 * 1024;

/// The most renderings within one another: beyond that, each one has probably caused the next.
const DEEPEST: u32 = 16;

/// Runs `f` with the thread's bump arena; nested calls share it, the outermost resets it. False, and nothing was done, if
/// calls are nested too deeply, or if this one comes out of the arena's own allocations: the allocator logs.
#[must_use = "a call that was not made is to be counted"]
pub(crate) fn with_scratch(f: impl FnOnce(&Bump)) -> bool {
    struct Depth;
    impl Drop for Depth {
        fn drop(&mut self) {
            DEPTH.set(DEPTH.get() - 1);
        }
    }
    if DEPTH.get() == DEEPEST {
        return false;
    }
    DEPTH.set(DEPTH.get() + 1);
    let depth = Depth;
    if SCRATCH.try_with(|_| ()).is_err() {
        // The thread is ending and its scratch is gone: a bump arena for this call alone.
        f(&Bump::new());
        return true;
    }
    SCRATCH.with(|scratch| {
        match scratch.try_borrow() {
            Ok(bump) => f(&bump),
            Err(_) => return false,
        }
        drop(depth);
        if DEPTH.get() == 0
            && let Ok(mut bump) = scratch.try_borrow_mut()
        {
            if bump.allocated_bytes() > SCRATCH_KEPT {
                *bump = Bump::new();
            } else {
                bump.reset();
            }
        }
        true
    })
}
