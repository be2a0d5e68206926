//! A route's filter and processors, and the line that it shares with other routes.

use super::{Offer, Outlet};
use crate::codec::Record;
use crate::image::Place;
use crate::process::{Draft, Passage, Said, Tools};
use crate::writer::books::Books;
use std::ops::Range;

/// What a route's filter and processors make of a record.
enum View<'a> {
    Same,
    Changed(&'a Record<'a>),
    Unwanted,
    /// A processor that may not be passed over has panicked.
    Failed,
}

impl Outlet {
    /// Whether it has neither a filter nor processors.
    pub(in crate::writer) fn is_plain(&self) -> bool {
        self.output.filter.is_none() && self.chain.is_empty()
    }

    /// Whether it writes in the builder's format what any other route would write in it.
    pub(in crate::writer) fn shares_format(&self) -> bool {
        self.output.shared
    }

    /// Where the line of the record that was added last is in the buffer; none if the buffer ends otherwise.
    pub(in crate::writer) fn last_line(&self) -> Option<Range<usize>> {
        (self.line < self.buffer.len()).then_some(self.line..self.buffer.len())
    }
    pub(in crate::writer) fn line(&self, range: &Range<usize>) -> Option<&[u8]> {
        self.buffer.get(range.clone())
    }

    /// Adds a record that the filter and the processors let pass, as they leave it, among what they say.
    pub(in crate::writer) fn offer_processed<'a>(
        &mut self,
        record: &Record<'a>,
        line: Option<&[u8]>,
        (place, number): (Place, u64),
        tools: &'a Tools,
        books: &mut Books,
    ) -> Offer {
        let mut copy = None;
        let (view, behind) = self.view_among(record, &mut copy, tools, books);
        let offer = match view {
            View::Same => self.offer(record, line, place, number),
            View::Changed(record) if self.wants(record.level()) => {
                self.offer(record, None, place, number)
            }
            View::Changed(_) | View::Unwanted => Offer::Unwanted,
            View::Failed => {
                self.miss();
                Offer::Failed
            }
        };
        self.say(&behind, books);
        offer
    }

    /// The same for a record that is not counted: one of an earlier process, or one that was held back.
    pub(in crate::writer) fn push_uncounted<'a>(
        &mut self,
        record: &Record<'a>,
        tools: &'a Tools,
        books: &mut Books,
    ) {
        let mut copy = None;
        let (view, behind) = self.view_among(record, &mut copy, tools, books);
        match view {
            View::Same => {
                self.push_notice(record);
            }
            View::Changed(record) if self.wants(record.level()) => {
                self.push_notice(record);
            }
            _ => {}
        }
        self.say(&behind, books);
    }

    /// What becomes of a record, and what is to be said behind it. What belongs before it is said. `copy` is a place for it.
    fn view_among<'a>(
        &mut self,
        record: &Record<'a>,
        copy: &'a mut Option<Record<'a>>,
        tools: &'a Tools,
        books: &mut Books,
    ) -> (View<'a>, Vec<Said>) {
        let view = self.view(record, copy, tools);
        let Some(said) = tools.take_said() else { return (view, Vec::new()) };
        let (before, behind): (Vec<_>, Vec<_>) = said.into_iter().partition(Said::is_before);
        self.say(&before, books);
        (view, behind)
    }

    /// Whether it has a processor that nothing may pass.
    pub(in crate::writer) fn is_guarded(&self) -> bool {
        self.chain.is_guarded()
    }

    /// Adds what the engine's processors have said, as the route's essential ones leave it.
    pub(in crate::writer) fn push_guarded(
        &mut self,
        said: &Said,
        tools: &Tools,
        books: &mut Books,
    ) {
        let mut chain = std::mem::take(&mut self.chain);
        said.with_discreet(&mut |record| {
            chain.guard(record, tools, |record| {
                self.push_said(record, None);
            });
        });
        self.chain = chain;
        self.say(&tools.take_said().unwrap_or_default(), books);
    }

    /// Adds what the route's processors have said.
    pub(in crate::writer) fn say(&mut self, said: &[Said], books: &mut Books) {
        for said in said {
            said.with(&mut |record| {
                if self.wants(record.level()) {
                    self.push_said(record, None);
                }
            });
            books.counters.notices.add(1);
        }
    }

    /// Lets the processors speak.
    pub(in crate::writer) fn tick(&mut self, tools: &Tools, unix_ns: u64, flush: bool, end: bool) {
        if self.leaving.is_none() {
            self.chain.tick(tools, unix_ns, flush, end);
        }
    }

    fn view<'a>(
        &mut self,
        record: &Record<'a>,
        copy: &'a mut Option<Record<'a>>,
        tools: &'a Tools,
    ) -> View<'a> {
        let wanted = self.output.filter.as_ref().is_none_or(|f| f.matches(record, tools));
        if !wanted {
            return View::Unwanted;
        }
        if self.chain.is_empty() {
            return View::Same;
        }
        let mut draft = Draft::new(copy.insert(*record), tools);
        match self.chain.run(&mut draft) {
            Passage::Kept => View::Changed(draft.finish()),
            Passage::Dropped => View::Unwanted,
            Passage::Failed => View::Failed,
        }
    }
}
