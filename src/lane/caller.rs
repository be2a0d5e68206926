//! The caller's side of processing: a record on its way into the arena, as the processors on its thread see it.

use super::push::{fill, frame_words};
use super::{Front, Local, Origin, Request};
use crate::codec::header::{self, ID_DYNAMIC};
use crate::codec::{
    Args, Bound, DynamicHead, Frame, Record, Site, ThreadInfo, TreeWriter, dynamic_site,
    shrink_dynamic, tree_arg,
};
use crate::meta::{Level, Metadata};
use crate::os;
use crate::process::{CallerStage, Draft, Passage, Render, Said, Tools};
use crate::stats::DropCause;
use crate::sync::Word;
use bumpalo::Bump;
use bumpalo::collections::Vec as List;
use std::cell::Cell;
use std::ptr;
use std::sync::Arc;

/// What a thread keeps from record to record.
struct Desk {
    tools: Tools,
    thread: ThreadInfo,
}

thread_local! {
    /// Taken out while it is used: what is logged meanwhile is refused, or finds none and makes another.
    static DESK: Cell<Option<Box<Desk>>> = const { Cell::new(None) };
}

/// Kept between calls; what a large record needed beyond it is freed.
const KEPT: usize = 64 * 1024;

impl Desk {
    fn new(render: Render) -> Desk {
        let thread = ThreadInfo { id: os::thread_id(), name: super::local::thread_name() };
        Desk { tools: Tools::new(render), thread }
    }
}

/// Takes a record through the processors, and into the thread's lane if they let it. True if it was accepted; if not, it was
/// counted. Called while the thread is busy, so that what processors log is refused.
#[cold]
pub(super) fn pass(
    local: &Local,
    front: &Front,
    stage: &CallerStage,
    request: &mut Request<'_>,
) -> bool {
    let kept = DESK.try_with(Cell::take).ok().flatten();
    let mut desk = kept.unwrap_or_else(|| Box::new(Desk::new(stage.render())));
    let accepted = process(&desk, local, front, stage, request);
    desk.tools.reset();
    if desk.tools.bump().allocated_bytes() <= KEPT {
        // A thread in its last destructors keeps nothing.
        let _ = DESK.try_with(|place| place.set(Some(desk)));
    }
    accepted
}

fn process(
    desk: &Desk,
    local: &Local,
    front: &Front,
    stage: &CallerStage,
    request: &mut Request<'_>,
) -> bool {
    let tools = &desk.tools;
    let bound = request.origin.bound();
    let unix_ns = front.source.recent_unix_ns(request.ticks);
    let Some((site, callsite, args)) = read(request, tools.bump()) else {
        return local.deliver(request);
    };
    let mut record = Record::new(site, unix_ns, 0, &desk.thread, bound.as_deref(), args);
    record.callsite = callsite;
    let mut draft = Draft::new(&mut record, tools);
    let passage = stage.run(&mut draft, ptr::from_ref(local).addr() >> 12);
    let said = tools.take_said().unwrap_or_default();
    let (before, behind): (Vec<_>, Vec<_>) = said.into_iter().partition(Said::is_before);
    say(&before, local, front, tools, request.ticks);
    let accepted = match passage {
        Passage::Kept if draft.is_changed() || !draft.prefix().is_empty() => {
            deliver_draft(&draft, local, front, tools.bump(), request.ticks)
        }
        Passage::Kept => local.deliver(request),
        Passage::Dropped => false,
        Passage::Failed => {
            front.count_drop(&front.ledger, request, DropCause::Caller);
            false
        }
    };
    say(&behind, local, front, tools, request.ticks);
    accepted
}

/// What is in the frame, written for this purpose.
fn read<'a>(
    request: &mut Request<'_>,
    bump: &'a Bump,
) -> Option<(Site<'a>, Option<u32>, Args<'a>)> {
    let frame = bump.alloc_slice_fill_with(request.words, |_| Word::zero());
    (request.fill)(frame.as_ptr(), request.ticks);
    let words = bump.alloc_slice_fill_iter(frame.iter().map(Word::peek));
    words[0] = request.header;
    let frame = Frame::new(words).ok()?;
    let args = frame.args().ok()?;
    match request.origin.metadata() {
        Some(meta) => Some((Site::Static(meta), Some(frame.id()), args)),
        None => Some((dynamic_site(args.get(0))?, None, Args::default())),
    }
}

/// Adds records that processors have said.
fn say(said: &[Said], local: &Local, front: &Front, tools: &Tools, ticks: u64) {
    for said in said {
        said.with(&mut |record| {
            let mut copy = *record;
            let draft = Draft::new(&mut copy, tools);
            deliver_draft(&draft, local, front, tools.bump(), ticks);
        });
    }
}

/// Puts a record as it stands now into the lane.
fn deliver_draft(draft: &Draft<'_>, local: &Local, front: &Front, bump: &Bump, ticks: u64) -> bool {
    let tree = tree_of(draft, front.max_record, bump);
    let ready = tree_arg(&tree);
    let words = frame_words(1, tree.len());
    local.deliver(&mut Request {
        level: draft.level(),
        target: draft.target(),
        words,
        header: header::pack(words, 1, 0, ID_DYNAMIC),
        ticks,
        until: None,
        fill: &mut |at, ticks| fill(at, words, ticks, 0, &ready),
        origin: &Changed { level: draft.level(), target: draft.target() },
    })
}

/// A draft as the argument of a dynamic frame of at most so many words.
fn tree_of<'a>(draft: &Draft<'_>, max_words: usize, bump: &'a Bump) -> List<'a, u8> {
    let mut tree = List::new_in(bump);
    let (level, target, line) = (draft.level(), draft.target(), draft.line().unwrap_or(0));
    let (module, file, name) = (draft.module(), draft.file(), draft.name());
    DynamicHead { level, target, module, file, line, name }.put(&mut tree);
    let at = tree.open_text(false);
    tree.extend_from_slice_copy(draft.prefix().as_bytes());
    tree.extend_from_slice_copy(draft.message().as_bytes());
    let len = tree.len() - at - 4;
    tree.patch(at, len as u32);
    let (at, mut count) = (tree.open_map(), 0);
    for (key, value) in draft.fields() {
        tree.key(key);
        tree.leaf(value);
        count += 1;
    }
    tree.patch(at, count);
    // Room for the frame's own words beside the tree.
    let max = max_words.saturating_sub(8) * size_of::<u64>();
    if tree.len() <= max {
        return tree;
    }
    let mut smaller = List::new_in(bump);
    shrink_dynamic(&tree, max, &mut smaller);
    smaller
}

/// A record that processors have made or changed.
struct Changed<'a> {
    level: Level,
    target: &'a str,
}

impl Origin for Changed<'_> {
    fn place(&self) -> (Level, &str) {
        (self.level, self.target)
    }
    fn metadata(&self) -> Option<&'static Metadata> {
        None
    }
    fn bound(&self) -> Option<Arc<Bound>> {
        None
    }
}
