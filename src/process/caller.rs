//! Processors on the calling thread, before a record enters the arena.

use super::chain::{PAUSE_NS, Passage, say_failed};
use super::draft::{Draft, Render};
use super::{Flow, short_name};
use crate::fault;
use crate::stats::{Count, ProcessorStats};
use crate::sync::{CachePadded, caught, let_go};
use core::sync::atomic::{AtomicU64, Ordering};
use std::borrow::Cow;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// A step that runs on the thread that logs, before the record enters the arena: see
/// [`Builder::caller_processor`](crate::Builder::caller_processor).
///
/// A closure `Fn(&mut Draft<'_>) -> Flow` is one. Many threads call it at the same time. It sees what only the caller's thread
/// can see, as thread-locals, and pays for it with the caller's time: what can be done on the writer belongs into a
/// [`Processor`](super::Processor). What it logs with the macros is refused and counted
/// ([`DropCause::Nested`](crate::DropCause::Nested)); it says things by [`Draft::say`], which become ordinary records that
/// pass no other caller processor. One that panics is isolated and counted, and the record goes on as it was before.
pub trait CallerProcessor: Send + Sync {
    /// Looks at a record, and changes it or not.
    fn process(&self, draft: &mut Draft<'_>) -> Flow;

    /// What it is called in [`Stats::processors`](crate::Stats::processors) and in reports. By default the type's name without
    /// its path.
    fn name(&self) -> Cow<'static, str> {
        short_name(std::any::type_name::<Self>())
    }

    /// Whether a record is dropped, and counted as [`DropCause::Caller`](crate::DropCause::Caller), rather than go on when this
    /// panics. False by default.
    fn is_essential(&self) -> bool {
        false
    }
}

impl<F: Fn(&mut Draft<'_>) -> Flow + Send + Sync> CallerProcessor for F {
    fn process(&self, draft: &mut Draft<'_>) -> Flow {
        self(draft)
    }
}

/// The settings of an engine's caller stage: fixed at the start, and taken over by a forked child.
#[derive(Clone, Default)]
pub(crate) struct CallerSteps(Vec<Arc<dyn CallerProcessor>>);

impl CallerSteps {
    pub(crate) fn add(&mut self, step: impl CallerProcessor + 'static) {
        self.0.push(Arc::new(step));
    }

    /// The stage at work; none if there is nothing to do.
    pub(crate) fn stage(&self, render: Render) -> Option<CallerStage> {
        let links: Box<[Link]> = self.0.iter().map(Link::new).collect();
        let guarded = links.iter().any(|link| link.essential);
        let entered = Default::default();
        (!links.is_empty()).then_some(CallerStage { links, guarded, entered, render })
    }
}

impl fmt::Debug for CallerSteps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CallerSteps").field(&self.0.len()).finish()
    }
}

/// One processor and what is counted of it. Any thread adds.
struct Link {
    processor: Arc<dyn CallerProcessor>,
    name: String,
    essential: bool,
    dropped: Count,
    panics: Count,
    /// Of those, records that ended there.
    failed: Count,
    /// When it was said for the last time that it panics; zero for never.
    failed_at: AtomicU64,
}

impl Link {
    fn new(processor: &Arc<dyn CallerProcessor>) -> Link {
        // Foreign code: whoever panics here has no name, and may not be passed over.
        let name = caught(|| processor.name().into_owned());
        let essential = caught(|| processor.is_essential());
        Link {
            processor: processor.clone(),
            name: name.unwrap_or_else(|| "processor".to_owned()),
            essential: essential.unwrap_or(true),
            dropped: Count::default(),
            panics: Count::default(),
            failed: Count::default(),
            failed_at: AtomicU64::new(0),
        }
    }

    fn pass(&self, draft: &mut Draft<'_>, guarded: bool) -> Passage {
        let before = draft.mark();
        match catch_unwind(AssertUnwindSafe(|| self.processor.process(draft))) {
            Ok(Flow::Keep) => Passage::Kept,
            Ok(Flow::Drop) => {
                self.dropped.add_shared(1);
                Passage::Dropped
            }
            Err(payload) => {
                self.panics.add_shared(1);
                let what = if self.essential { "dropped" } else { "not changed by it" };
                let name = &self.name;
                fault::report(format_args!("the processor {name} panicked: the record is {what}"));
                let now = draft.unix_ns();
                // Relaxed: two threads that both find it long ago say it twice.
                let said_at = self.failed_at.load(Ordering::Relaxed);
                if said_at == 0 || now.abs_diff(said_at) >= PAUSE_NS {
                    self.failed_at.store(now, Ordering::Relaxed);
                    say_failed(name, &*payload, guarded, draft);
                }
                let_go(payload);
                if self.essential {
                    self.failed.add_shared(1);
                    return Passage::Failed;
                }
                draft.restore(before);
                Passage::Kept
            }
        }
    }
}

/// The caller processors of an engine, which all threads share.
pub(crate) struct CallerStage {
    links: Box<[Link]>,
    /// One of them is essential: there are things that must not be seen.
    guarded: bool,
    /// Records that came to the first of them, in as many parts as threads rarely share.
    entered: [CachePadded<AtomicU64>; 8],
    render: Render,
}

impl CallerStage {
    /// Takes a record through all of them, or until one drops it. `thread` tells threads apart.
    pub(crate) fn run(&self, draft: &mut Draft<'_>, thread: usize) -> Passage {
        // Relaxed: a number to look at.
        self.entered[thread % self.entered.len()].fetch_add(1, Ordering::Relaxed);
        let mut passages = self.links.iter().map(|link| link.pass(draft, self.guarded));
        passages.find(|passage| *passage != Passage::Kept).unwrap_or(Passage::Kept)
    }

    /// How a message is made text.
    pub(crate) fn render(&self) -> Render {
        self.render
    }

    /// Records that they have dropped.
    pub(crate) fn dropped(&self) -> u64 {
        self.links.iter().map(|link| link.dropped.get()).sum()
    }

    pub(crate) fn stats(&self) -> impl Iterator<Item = ProcessorStats> {
        // Relaxed: as above.
        let entered = self.entered.iter().map(|part| part.load(Ordering::Relaxed)).sum::<u64>();
        self.links.iter().scan(entered, |left, link| {
            let (calls, dropped) = (*left, link.dropped.get());
            *left = calls.saturating_sub(dropped + link.failed.get());
            let (name, panics) = (link.name.clone(), link.panics.get());
            Some(ProcessorStats { name, calls, dropped, panics, time: None })
        })
    }
}

impl fmt::Debug for CallerStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.links.iter().map(|link| &link.name)).finish()
    }
}
