//! A route's filter and processors, and the line that it shares with other routes.

use super::{Offer, Outlet};
use crate::codec::Record;
use crate::image::Place;
use crate::process::{Draft, Passage, Tools};
use std::ops::Range;

/// What a route's filter and processors make of a record.
enum View<'a> {
    Same,
    Changed(Record<'a>),
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
        (self.line < self.buffer.len()).then(|| self.line..self.buffer.len())
    }
    pub(in crate::writer) fn line(&self, range: &Range<usize>) -> Option<&[u8]> {
        self.buffer.get(range.clone())
    }

    /// Adds a record that the filter and the processors let pass, as they leave it.
    pub(in crate::writer) fn offer_processed<'a>(
        &mut self,
        record: &Record<'a>,
        line: Option<&[u8]>,
        place: Place,
        number: u64,
        tools: &'a Tools,
    ) -> Offer {
        match self.view(record, tools) {
            View::Same => self.offer(record, line, place, number),
            View::Changed(record) if self.wants(record.level()) => {
                self.offer(&record, None, place, number)
            }
            View::Changed(_) | View::Unwanted => Offer::Unwanted,
            View::Failed => {
                self.miss();
                Offer::Failed
            }
        }
    }

    /// Adds a record of an earlier process; it is not counted.
    pub(in crate::writer) fn push_recovered<'a>(&mut self, record: &Record<'a>, tools: &'a Tools) {
        match self.view(record, tools) {
            View::Same => self.push_notice(record),
            View::Changed(record) if self.wants(record.level()) => self.push_notice(&record),
            _ => {}
        }
    }

    /// Lets the processors speak.
    pub(in crate::writer) fn tick(&mut self, tools: &Tools, unix_ns: u64, flush: bool, end: bool) {
        if self.leaving.is_none() {
            self.chain.tick(tools, unix_ns, flush, end);
        }
    }

    fn view<'a>(&mut self, record: &Record<'a>, tools: &'a Tools) -> View<'a> {
        let wanted = self.output.filter.as_ref().is_none_or(|f| f.matches(record, tools));
        if !wanted {
            return View::Unwanted;
        }
        if self.chain.is_empty() {
            return View::Same;
        }
        let mut draft = Draft::new(record.clone(), tools);
        match self.chain.run(&mut draft) {
            Passage::Kept => View::Changed(draft.finish()),
            Passage::Dropped => View::Unwanted,
            Passage::Failed => View::Failed,
        }
    }
}
