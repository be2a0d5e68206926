//! Processors in their order, each isolated and counted.

use super::draft::{Draft, Said, Tools};
use super::{Flow, Moment, Processor};
use crate::codec::{OwnedRecord, Value};
use crate::error::ConfigError;
use crate::fault;
use crate::meta::Level;
use crate::stats::{Count, ProcessorStats};
use crate::sync::lock;
use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Time between two records that say that a processor panics.
const PAUSE_NS: u64 = 1_000_000_000;

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
            catch_unwind(AssertUnwindSafe(|| step.name().into_owned()))
                .unwrap_or_else(|_| "processor".to_owned())
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
            catch_unwind(AssertUnwindSafe(|| processor.check())).unwrap_or(Ok(()))
        })
    }

    /// The processors, for the first who asks.
    pub(crate) fn take(&self) -> Chain {
        let processors = lock(&self.processors).take().unwrap_or_default();
        let links = processors.into_iter().zip(&self.counts);
        let links = links.map(|(processor, counts)| Link {
            essential: catch_unwind(AssertUnwindSafe(|| processor.is_essential())).unwrap_or(true),
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
                counts.panics.add(1);
                let essential = *essential;
                let what = if essential { "dropped" } else { "not changed by it" };
                let name = &counts.name;
                fault::report(format_args!("the processor {name} panicked: the record is {what}"));
                self.say_failed(&*payload, guarded, draft);
                if essential {
                    return Passage::Failed;
                }
                draft.restore(before);
                Passage::Kept
            }
        }
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
    /// Says that it has panicked, past all processors, once a second (spec [49]). A text that was put together may hold what
    /// a redactor would have hidden: where there is one, only a literal is told.
    fn say_failed(&mut self, payload: &(dyn Any + Send), guarded: bool, draft: &Draft<'_>) {
        let now = draft.unix_ns();
        if self.failed_at.is_some_and(|at| now.abs_diff(at) < PAUSE_NS) {
            return;
        }
        self.failed_at = Some(now);
        let literal = payload.downcast_ref::<&'static str>().copied();
        let made = payload.downcast_ref::<String>().filter(|_| !guarded).map(String::as_str);
        let error = literal.or(made).unwrap_or("panicked");
        let fields =
            [("processor", Value::from(self.counts.name.as_str())), ("error", Value::from(error))];
        draft.say(Level::Error, "ripsaw", "processor_failed", &fields);
    }
}

impl Chain {
    pub(crate) fn is_empty(&self) -> bool {
        self.links.is_empty()
    }

    /// Takes a record through all processors, or until one drops it.
    pub(crate) fn run(&mut self, draft: &mut Draft<'_>) -> Passage {
        self.run_from(0, draft)
    }

    fn run_from(&mut self, first: usize, draft: &mut Draft<'_>) -> Passage {
        for at in first..self.links.len() {
            let passage = self.links[at].pass(draft, self.timed, self.guarded);
            if let Some(replays) = draft.tools().take_replays() {
                self.replay(at + 1, replays, draft.tools());
            }
            if passage != Passage::Kept {
                return passage;
            }
        }
        Passage::Kept
    }

    /// Takes records that a processor had held back through the ones behind it.
    #[cold]
    fn replay(&mut self, first: usize, replays: Vec<OwnedRecord>, tools: &Tools) {
        for replay in replays {
            let mut kept = None;
            replay.with(&mut |record| {
                let mut draft = Draft::new(*record, tools);
                if self.run_from(first, &mut draft) == Passage::Kept {
                    kept = Some(draft.own());
                }
            });
            if let Some(record) = kept {
                tools.say(Said::replayed(record));
            }
        }
    }

    /// Lets each processor say what it has to say.
    pub(crate) fn tick(&mut self, tools: &Tools, unix_ns: u64, flush: bool, end: bool) {
        for link in &mut self.links {
            let mut moment = Moment { tools, unix_ns, flush, end };
            if catch_unwind(AssertUnwindSafe(|| link.processor.tick(&mut moment))).is_err() {
                link.counts.panics.add(1);
                fault::report(format_args!("the processor {} panicked", link.counts.name));
            }
        }
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.links.iter().map(|link| &link.counts.name)).finish()
    }
}
