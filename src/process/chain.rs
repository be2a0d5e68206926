//! Processors in their order, each isolated and counted.

use super::draft::{Draft, Tools};
use super::said::Said;
use super::{Flow, Moment, Processor};
use crate::codec::{OwnedRecord, Record, Value};
use crate::error::ConfigError;
use crate::fault;
use crate::meta::Level;
use crate::stats::{Count, ProcessorStats};
use crate::sync::{caught, let_go, lock};
use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Time between two records that say that a processor panics.
pub(super) const PAUSE_NS: u64 = 1_000_000_000;

/// What is counted of a processor. One thread at a time adds, any thread reads.
#[derive(Debug, Default)]
struct Counts {
    name: String,
    calls: Count,
    dropped: Count,
    panics: Count,
    nanos: Count,
}

/// The processors of a configuration. The one that drains takes them out when it meets the configuration.
#[derive(Default)]
pub(crate) struct Steps {
    counts: Vec<Arc<Counts>>,
    timed: bool,
    processors: Mutex<Option<Vec<Box<dyn Processor>>>>,
}

impl Steps {
    pub(crate) fn new(processors: Vec<Box<dyn Processor>>, timed: bool) -> Steps {
        let name = |step: &dyn Processor| {
            // Foreign code: whoever panics here has no name.
            caught(|| step.name().into_owned()).unwrap_or_else(|| "processor".to_owned())
        };
        let counts = |step: &dyn Processor| Counts { name: name(step), ..Counts::default() };
        let counts = processors.iter().map(|step| Arc::new(counts(&**step))).collect();
        Steps { counts, timed, processors: Mutex::new(Some(processors)) }
    }

    /// What is wrong with the settings of the processors.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let processors = lock(&self.processors);
        processors.iter().flatten().try_for_each(|processor| {
            // Foreign code: what comes of a panic here is its owner's business.
            caught(|| processor.check()).unwrap_or(Ok(()))
        })
    }

    /// The processors, for the first who asks.
    pub(crate) fn take(&self) -> Chain {
        let processors = lock(&self.processors).take().unwrap_or_default();
        let links = processors.into_iter().zip(&self.counts);
        let links = links.map(|(processor, counts)| Link {
            essential: caught(|| processor.is_essential()).unwrap_or(true),
            processor,
            counts: counts.clone(),
            failed_at: None,
        });
        let links: Vec<Link> = links.collect();
        Chain { guarded: links.iter().any(|link| link.essential), links, timed: self.timed }
    }

    pub(crate) fn stats(&self) -> impl Iterator<Item = ProcessorStats> {
        let timed = self.timed;
        self.counts.iter().map(move |counts| ProcessorStats {
            name: counts.name.clone(),
            calls: counts.calls.get(),
            dropped: counts.dropped.get(),
            panics: counts.panics.get(),
            time: timed.then(|| Duration::from_nanos(counts.nanos.get())),
        })
    }
}

impl fmt::Debug for Steps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.counts.iter().map(|counts| &counts.name)).finish()
    }
}

struct Link {
    processor: Box<dyn Processor>,
    essential: bool,
    counts: Arc<Counts>,
    /// When it was said for the last time that it panics.
    failed_at: Option<u64>,
}

impl Link {
    /// Takes a record through this processor.
    #[inline(always)]
    fn pass(&mut self, draft: &mut Draft<'_>, timed: bool, guarded: bool) -> Passage {
        let Link { processor, essential, counts, .. } = self;
        let began = timed.then(Instant::now);
        let before = draft.mark();
        let flow = catch_unwind(AssertUnwindSafe(|| processor.process(draft)));
        counts.calls.add(1);
        if let Some(began) = began {
            counts.nanos.add(began.elapsed().as_nanos() as u64);
        }
        match flow {
            Ok(Flow::Keep) => Passage::Kept,
            Ok(Flow::Drop) => {
                counts.dropped.add(1);
                Passage::Dropped
            }
            Err(payload) => {
                let essential = *essential;
                self.failed(&*payload, guarded, draft);
                let_go(payload);
                if essential {
                    return Passage::Failed;
                }
                draft.restore(before);
                Passage::Kept
            }
        }
    }

    /// Its call has panicked.
    #[cold]
    #[inline(never)]
    fn failed(&mut self, payload: &(dyn Any + Send), guarded: bool, draft: &Draft<'_>) {
        self.counts.panics.add(1);
        let what = if self.essential { "dropped" } else { "not changed by it" };
        let name = &self.counts.name;
        fault::report(format_args!("the processor {name} panicked: the record is {what}"));
        self.say_failed(payload, guarded, draft);
    }
}

/// The processors at work.
#[derive(Default)]
pub(crate) struct Chain {
    links: Vec<Link>,
    timed: bool,
    /// One of them is essential: there are things that must not be seen.
    guarded: bool,
}

/// What a chain has made of a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Passage {
    Kept,
    /// By a processor.
    Dropped,
    /// A processor that is essential has panicked.
    Failed,
}

impl Link {
    /// Says that it has panicked, once a second.
    fn say_failed(&mut self, payload: &(dyn Any + Send), guarded: bool, draft: &Draft<'_>) {
        let now = draft.unix_ns();
        if self.failed_at.is_some_and(|at| now.abs_diff(at) < PAUSE_NS) {
            return;
        }
        self.failed_at = Some(now);
        say_failed(&self.counts.name, payload, guarded, draft);
    }
}

/// Says that a processor has panicked (spec [49]). A text that was put together may hold what a redactor would have hidden:
/// where there is one, only a literal is told.
#[cold]
pub(super) fn say_failed(name: &str, payload: &(dyn Any + Send), guarded: bool, draft: &Draft<'_>) {
    let failed = |error: &str| {
        let fields = [("processor", Value::from(name)), ("error", Value::from(error))];
        OwnedRecord::made(Level::Error, "ripsaw", "processor_failed", &fields, draft.unix_ns())
    };
    let literal = payload.downcast_ref::<&'static str>().copied();
    let discreet = failed(literal.unwrap_or("panicked"));
    draft.tools().say(match payload.downcast_ref::<String>() {
        Some(made) if !guarded => Said::made(failed(made), false).discreetly(discreet),
        _ => Said::made(discreet, false),
    });
}

impl Chain {
    pub(crate) fn is_empty(&self) -> bool {
        self.links.is_empty()
    }

    /// Takes a record through all processors, or until one drops it.
    #[inline(always)]
    pub(crate) fn run(&mut self, draft: &mut Draft<'_>) -> Passage {
        self.run_from(0, draft)
    }

    #[inline(always)]
    fn run_from(&mut self, first: usize, draft: &mut Draft<'_>) -> Passage {
        let tools = draft.tools();
        for at in first..self.links.len() {
            let so_far = tools.said_so_far();
            let passage = self.links[at].pass(draft, self.timed, self.guarded);
            if tools.has_news() {
                self.take_news(at + 1, so_far, tools);
            }
            if passage != Passage::Kept {
                return passage;
            }
        }
        Passage::Kept
    }

    /// What the processor before the one at `next` has said beyond the first `so_far`, or has let go on.
    #[cold]
    #[inline(never)]
    fn take_news(&mut self, next: usize, so_far: usize, tools: &Tools) {
        self.guard_said(next, so_far, tools);
        if let Some(replays) = tools.take_replays() {
            self.replay(next, replays, tools);
        }
    }

    /// Takes records that a processor had held back through the ones behind it.
    #[cold]
    fn replay(&mut self, first: usize, replays: Vec<OwnedRecord>, tools: &Tools) {
        for replay in replays {
            let mut kept = None;
            replay.with(&mut |record| {
                let mut record = *record;
                let mut draft = Draft::new(&mut record, tools);
                if self.run_from(first, &mut draft) == Passage::Kept {
                    kept = Some(draft.own());
                }
            });
            if let Some(record) = kept {
                tools.say(Said::replayed(record));
            }
        }
    }

    /// Takes what was said since there were `so_far` through the essential processors behind the one that said it.
    fn guard_said(&mut self, first: usize, so_far: usize, tools: &Tools) {
        if self.guarded && tools.said_so_far() > so_far {
            self.guard_since(first, so_far, tools);
        }
    }

    #[cold]
    fn guard_since(&mut self, first: usize, so_far: usize, tools: &Tools) {
        for said in tools.take_said_since(so_far) {
            let mut kept = None;
            said.with_discreet(&mut |record| {
                kept = self.guard_from(first, record, tools, OwnedRecord::of);
            });
            if let Some(record) = kept {
                tools.say(said.guarded(record));
            }
        }
    }

    /// Whether there are things that must not be seen.
    pub(crate) fn is_guarded(&self) -> bool {
        self.guarded
    }

    /// Takes a record that was said through the essential processors alone, and gives it to `f` unless one of them drops it.
    pub(crate) fn guard(
        &mut self,
        record: &Record<'_>,
        tools: &Tools,
        f: impl FnOnce(&Record<'_>),
    ) {
        self.guard_from(0, record, tools, f);
    }

    fn guard_from<R>(
        &mut self,
        first: usize,
        record: &Record<'_>,
        tools: &Tools,
        f: impl FnOnce(&Record<'_>) -> R,
    ) -> Option<R> {
        let mut record = *record;
        let mut draft = Draft::new(&mut record, tools);
        for link in self.links.iter_mut().skip(first).filter(|link| link.essential) {
            if link.pass(&mut draft, self.timed, true) != Passage::Kept {
                return None;
            }
        }
        Some(draft.with_record(|record, _| f(record)))
    }

    /// Lets each processor say what it has to say.
    pub(crate) fn tick(&mut self, tools: &Tools, unix_ns: u64, flush: bool, end: bool) {
        for at in 0..self.links.len() {
            let (link, so_far) = (&mut self.links[at], tools.said_so_far());
            let mut moment = Moment { tools, unix_ns, flush, end };
            if caught(|| link.processor.tick(&mut moment)).is_none() {
                link.counts.panics.add(1);
                fault::report(format_args!("the processor {} panicked", link.counts.name));
            }
            self.guard_said(at + 1, so_far, tools);
        }
    }
}

impl Drop for Chain {
    fn drop(&mut self) {
        for link in self.links.drain(..) {
            let Link { processor, counts, .. } = link;
            // Foreign code: a panic here must not end the one that drains.
            if caught(|| drop(processor)).is_none() {
                counts.panics.add(1);
                fault::report(format_args!("the processor {} panicked at its end", counts.name));
            }
        }
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.links.iter().map(|link| &link.counts.name)).finish()
    }
}
