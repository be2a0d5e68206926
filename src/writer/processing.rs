//! The processors of the engine and of its routes, as the writer drives them.

use super::books::Books;
use super::deliver::{Rendered, deliver, deliver_to_all};
use super::output::Outlet;
use crate::codec::Record;
use crate::drain::Next;
use crate::format::message_text;
use crate::image::Place;
use crate::process::{Chain, Draft, Passage, Said, Steps, Tools};
use std::fmt;
use std::sync::Arc;

/// What all records pass before they come to the routes.
pub(super) struct Processing {
    steps: Arc<Steps>,
    chain: Chain,
    tools: Tools,
    /// What was said of records that are not counted.
    held: Vec<Said>,
    /// Ticks of the engine's clock when the processors were last allowed to speak.
    ticked_at: u64,
}

impl Processing {
    pub(super) fn new(steps: &Arc<Steps>) -> Processing {
        let tools = Tools::new(message_text);
        Processing {
            steps: steps.clone(),
            chain: steps.take(),
            tools,
            held: Vec::new(),
            ticked_at: 0,
        }
    }

    /// Whether no record needs any of this.
    pub(super) fn is_idle(&self, outlets: &[Outlet]) -> bool {
        self.chain.is_empty() && outlets.iter().all(Outlet::is_plain)
    }

    /// Goes over to other processors.
    pub(super) fn follow(&mut self, steps: &Arc<Steps>) {
        if !Arc::ptr_eq(&self.steps, steps) {
            self.chain = steps.take();
            self.steps = steps.clone();
        }
    }

    pub(super) fn follows(&self, steps: &Arc<Steps>) -> bool {
        Arc::ptr_eq(&self.steps, steps)
    }

    /// Takes a record through the processors to every outlet that wants it; `None` if it is lost, because a processor that
    /// may not be passed over has panicked, or all formats have.
    #[inline(never)]
    pub(super) fn deliver<'a>(
        &'a mut self,
        outlets: &mut [Outlet],
        record: &'a mut Record<'a>,
        place: Place,
        books: &mut Books,
    ) -> Option<Next> {
        self.tools.reset();
        let tools = &self.tools;
        let mut draft = Draft::new(record, tools);
        let next = match self.chain.run(&mut draft) {
            Passage::Kept => {
                let record = draft.finish();
                match tools.take_said() {
                    None => to_outlets(outlets, record, place, books, tools),
                    Some(said) => around(&said, outlets, record, place, books, tools),
                }
            }
            Passage::Dropped => {
                books.counters.filtered.add(1);
                Some(Next::More)
            }
            Passage::Failed => None,
        };
        if let Some(said) = tools.take_said() {
            say(&said, outlets, books, tools);
        }
        next
    }

    /// The record as the processors leave it, and what routes need for theirs; none if it ends there. For records that are not
    /// counted. `copy` is a place for it.
    pub(super) fn view<'a>(
        &'a mut self,
        record: &Record<'a>,
        copy: &'a mut Option<Record<'a>>,
    ) -> Option<(&'a Record<'a>, &'a Tools)> {
        self.tools.reset();
        let tools = &self.tools;
        let mut draft = Draft::new(copy.insert(*record), tools);
        let passage = self.chain.run(&mut draft);
        self.held.extend(tools.take_said().unwrap_or_default());
        (passage == Passage::Kept).then(|| (draft.finish(), tools))
    }

    /// Lets processors say what has gathered, if it is time: each tenth of a second, which is so many ticks, or in any case.
    pub(super) fn tick(
        &mut self,
        outlets: &mut [Outlet],
        books: &mut Books,
        (now, tenth): (u64, u64),
        unix_ns: u64,
        occasion: Occasion,
    ) {
        if occasion == Occasion::Time && now.wrapping_sub(self.ticked_at) < tenth {
            return;
        }
        self.ticked_at = now;
        self.tools.reset();
        let (flush, end) = (occasion == Occasion::Flush, occasion == Occasion::End);
        say(&std::mem::take(&mut self.held), outlets, books, &self.tools);
        self.chain.tick(&self.tools, unix_ns, flush, end);
        if let Some(said) = self.tools.take_said() {
            say(&said, outlets, books, &self.tools);
        }
        for outlet in outlets {
            outlet.tick(&self.tools, unix_ns, flush, end);
            outlet.say(&self.tools.take_said().unwrap_or_default(), books);
        }
    }
}

#[inline(always)]
fn to_outlets(
    outlets: &mut [Outlet],
    record: &Record<'_>,
    place: Place,
    books: &mut Books,
    tools: &Tools,
) -> Option<Next> {
    match outlets {
        [outlet] if outlet.is_plain() => deliver(outlets, record, place, books),
        _ => deliver_to_all(outlets, record, place, books, Some(tools)),
    }
}

/// The same with what processors have said before and behind it.
#[cold]
fn around(
    said: &[Said],
    outlets: &mut [Outlet],
    record: &Record<'_>,
    place: Place,
    books: &mut Books,
    tools: &Tools,
) -> Option<Next> {
    let before = |before: bool| said.iter().filter(move |said| said.is_before() == before);
    say(before(true), outlets, books, tools);
    let next = to_outlets(outlets, record, place, books, tools);
    say(before(false), outlets, books, tools);
    next
}

/// Why processors may speak.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Occasion {
    Time,
    Flush,
    End,
}

/// Adds what the engine's processors have said to the routes that want it.
fn say<'s>(
    said: impl IntoIterator<Item = &'s Said>,
    outlets: &mut [Outlet],
    books: &mut Books,
    tools: &Tools,
) {
    for said in said {
        said.with(&mut |record| {
            let mut rendered = Rendered::default();
            for at in 0..outlets.len() {
                let (before, rest) = outlets.split_at_mut(at);
                let outlet = &mut rest[0];
                if !outlet.wants(record.level()) {
                    continue;
                }
                if said.is_replayed() {
                    outlet.push_uncounted(record, tools, books);
                } else if outlet.is_guarded() {
                    outlet.push_guarded(said, tools, books);
                } else if outlet.push_said(record, rendered.of(before, outlet)) {
                    rendered.note(at, outlet);
                }
            }
            books.counters.notices.add(1);
        });
    }
}

impl fmt::Debug for Processing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Processing").field("chain", &self.chain).finish_non_exhaustive()
    }
}
