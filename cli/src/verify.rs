//! Reads a measured file back and accounts for every record.
//!
//! Lines of one scenario differ only in digits: that is how a torn or foreign line is found. Each
//! line carries its worker and its own number: that is how a missing, repeated or misplaced record
//! is found.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::Path;

/// The numbers of the records that one worker leaves in the file:
/// `first`, `first + step`, ... (`count` of them).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sequence {
    pub(crate) first: u64,
    pub(crate) step: u64,
    pub(crate) count: u64,
}

/// What a file holds, compared with what it should hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Findings {
    /// Lines of any kind; an unfinished last line counts as one.
    pub(crate) lines: u64,
    pub(crate) bytes: u64,
    /// Records that stand in no line.
    pub(crate) missing: u64,
    /// Lines whose record stood in an earlier line already.
    pub(crate) repeated: u64,
    /// Lines that are not whole records of this scenario.
    pub(crate) foreign: u64,
    /// Lines that stand after a later record of the same worker.
    pub(crate) reordered: u64,
    /// Workers whose last record is not in the file.
    pub(crate) cut_short: u64,
}

impl Findings {
    /// What is wrong, in words; empty for a complete file.
    pub(crate) fn problems(&self, ordered: bool) -> Vec<String> {
        let reordered = if ordered { self.reordered } else { 0 };
        [
            (self.missing, "records missing from the file"),
            (self.repeated, "records written more than once"),
            (self.foreign, "lines that are no whole record"),
            (reordered, "lines out of order within their thread"),
            (self.cut_short, "threads whose last line is missing"),
        ]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect()
    }
}

/// Checks the bytes `from..to` of `file` against the records of `workers`.
///
/// # Errors
/// Those of reading the file.
pub(crate) fn file(
    file: &Path,
    from: u64,
    to: u64,
    markers: (&str, &str),
    workers: &[Sequence],
) -> io::Result<Findings> {
    let mut file = File::open(file)?;
    file.seek(SeekFrom::Start(from))?;
    lines(BufReader::with_capacity(1 << 18, file.take(to - from)), markers, workers)
}

/// Checks all lines of `input`. `markers` stand before the worker and the number.
pub(crate) fn lines(
    mut input: impl BufRead,
    markers: (&str, &str),
    workers: &[Sequence],
) -> io::Result<Findings> {
    let mut found = Findings::default();
    let mut ledger: Vec<Worker> = workers.iter().map(|&sequence| Worker::new(sequence)).collect();
    let mut shape: Option<Shape> = None;
    let mut line = Vec::with_capacity(4_096);
    loop {
        line.clear();
        if input.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        found.lines += 1;
        found.bytes += line.len() as u64;
        if shape.is_none() {
            // A line without the markers cannot be the pattern of the others.
            shape = Shape::of(&line, markers);
        }
        let read = shape.as_ref().and_then(|shape| shape.read(&line));
        let entry = read.and_then(|(worker, n)| {
            ledger.get_mut(usize::try_from(worker).ok()?).and_then(|worker| worker.enter(n))
        });
        match entry {
            None => found.foreign += 1,
            Some(Entry::Next) => {}
            Some(Entry::Late) => found.reordered += 1,
            Some(Entry::Repeated) => found.repeated += 1,
        }
    }
    for worker in &ledger {
        found.missing += worker.sequence.count - worker.seen;
        found.cut_short += u64::from(!worker.has_last());
    }
    Ok(found)
}

/// A line without its digits and decimal points, and where the two numbers stand in it.
#[derive(Debug)]
struct Shape {
    rest: Vec<u8>,
    /// Length of `rest` up to the end of each marker.
    worker: usize,
    number: usize,
}

impl Shape {
    fn of(line: &[u8], markers: (&str, &str)) -> Option<Shape> {
        if line.last() != Some(&b'\n') {
            return None;
        }
        let rest_up_to_end_of = |marker: &str| {
            // Not a part of a longer word, such as the `n=` in `min=`.
            let at = (0..line.len()).find(|&at| {
                line[at..].starts_with(marker.as_bytes())
                    && (at == 0 || !line[at - 1].is_ascii_alphanumeric())
            })?;
            let end = at + marker.len();
            line.get(end)?
                .is_ascii_digit()
                .then(|| line[..end].iter().filter(|b| !varies(**b)).count())
        };
        Some(Shape {
            worker: rest_up_to_end_of(markers.0)?,
            number: rest_up_to_end_of(markers.1)?,
            rest: line.iter().copied().filter(|b| !varies(*b)).collect(),
        })
    }

    /// The worker and the number in a line of this shape; `None` for any other line.
    fn read(&self, line: &[u8]) -> Option<(u64, u64)> {
        let (mut worker, mut number) = (None, None);
        let mut matched = 0;
        for &byte in line {
            if !varies(byte) {
                if self.rest.get(matched) != Some(&byte) {
                    return None;
                }
                matched += 1;
                continue;
            }
            let value = match matched {
                m if m == self.worker => &mut worker,
                m if m == self.number => &mut number,
                _ => continue,
            };
            let digit = u64::from(byte.wrapping_sub(b'0'));
            *value = Some(value.unwrap_or(0_u64).checked_mul(10)?.checked_add(digit)?);
        }
        (matched == self.rest.len()).then_some(())?;
        worker.zip(number)
    }
}

/// True for the bytes in which lines of one scenario may differ.
fn varies(byte: u8) -> bool {
    byte.is_ascii_digit() || byte == b'.'
}

enum Entry {
    Next,
    Late,
    Repeated,
}

/// Which records of a worker have been seen.
struct Worker {
    sequence: Sequence,
    bits: Vec<u64>,
    seen: u64,
    /// One more than the highest index seen.
    end: u64,
}

impl Worker {
    fn new(sequence: Sequence) -> Worker {
        let words = sequence.count.div_ceil(64) as usize;
        Worker { sequence, bits: vec![0; words], seen: 0, end: 0 }
    }

    /// `None` if the worker never made such a record.
    fn enter(&mut self, n: u64) -> Option<Entry> {
        let offset = n.checked_sub(self.sequence.first)?;
        let index = offset / self.sequence.step;
        if offset % self.sequence.step != 0 || index >= self.sequence.count {
            return None;
        }
        let (word, bit) = (&mut self.bits[(index / 64) as usize], 1_u64 << (index % 64));
        if *word & bit != 0 {
            return Some(Entry::Repeated);
        }
        *word |= bit;
        self.seen += 1;
        if index < self.end {
            return Some(Entry::Late);
        }
        self.end = index + 1;
        Some(Entry::Next)
    }

    fn has_last(&self) -> bool {
        self.end == self.sequence.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARKERS: (&str, &str) = ("worker=", "n=");
    const TWO: [Sequence; 2] = [Sequence { first: 0, step: 1, count: 3 }; 2];

    fn line(worker: u32, n: u64) -> String {
        format!("ts=12:00:0{n}.5Z min=3 msg=\"order filled\" worker={worker} n={n} px=1{n}.25\n")
    }

    fn whole() -> Vec<String> {
        [(0, 0), (1, 0), (1, 1), (0, 1), (0, 2), (1, 2)].map(|(w, n)| line(w, n)).to_vec()
    }

    fn check(text: &[String]) -> Findings {
        lines(text.concat().as_bytes(), MARKERS, &TWO).unwrap()
    }

    #[test]
    fn a_complete_file_has_no_problem() {
        let found = check(&whole());
        let bytes = whole().concat().len() as u64;
        assert_eq!(found, Findings { lines: 6, bytes, ..Findings::default() });
        assert!(found.problems(true).is_empty());
    }

    #[test]
    fn a_missing_line_is_found() {
        for lost in 0..6 {
            let mut text = whole();
            text.remove(lost);
            let found = check(&text);
            assert_eq!((found.missing, found.lines), (1, 5), "{lost}");
            assert_eq!(found.cut_short, u64::from(lost >= 4), "{lost}");
            assert_eq!(found.repeated + found.foreign + found.reordered, 0, "{lost}");
            assert!(!found.problems(true).is_empty());
        }
    }

    #[test]
    fn a_repeated_line_is_found_even_when_the_count_fits() {
        let mut text = whole();
        text[5] = text[2].clone();
        let found = check(&text);
        assert_eq!((found.lines, found.repeated, found.missing, found.cut_short), (6, 1, 1, 1));
    }

    #[test]
    fn order_counts_within_a_worker_only() {
        let mut text = whole();
        text.swap(0, 3);
        let found = check(&text);
        assert_eq!((found.reordered, found.missing), (1, 0));
        assert_eq!(found.problems(true), ["1 lines out of order within their thread"]);
        assert!(found.problems(false).is_empty());
    }

    #[test]
    fn torn_lines_are_found_wherever_they_are_cut() {
        for cut in 1..line(1, 1).len() {
            let mut text = whole();
            text[2].truncate(cut);
            let found = check(&text);
            assert!(!found.problems(true).is_empty(), "{cut}: {found:?}");
        }
        for start in 1..line(1, 1).len() - 1 {
            let mut text = whole();
            text[2].drain(..start);
            let found = check(&text);
            assert!(!found.problems(true).is_empty(), "{start}: {found:?}");
        }
    }

    #[test]
    fn an_unfinished_last_line_is_found() {
        let mut text = whole();
        text[5].pop();
        let found = check(&text);
        assert_eq!((found.foreign, found.missing, found.cut_short), (1, 1, 1));
    }

    #[test]
    fn a_foreign_line_is_found_even_in_front() {
        let mut text = whole();
        text.insert(0, "ripsaw: 3 records dropped\n".to_owned());
        let found = check(&text);
        assert_eq!((found.foreign, found.missing), (1, 0));
    }

    #[test]
    fn numbers_outside_the_sequence_are_foreign() {
        let odd = [Sequence { first: 1, step: 2, count: 2 }];
        let text = [line(0, 1), line(0, 2), line(0, 3), line(0, 5), line(7, 1)].concat();
        let found = lines(text.as_bytes(), MARKERS, &odd).unwrap();
        assert_eq!((found.lines, found.foreign, found.missing), (5, 3, 0));
    }

    #[test]
    fn an_empty_file_misses_everything() {
        let found = lines(&b""[..], MARKERS, &TWO).unwrap();
        assert_eq!((found.lines, found.missing, found.cut_short), (0, 6, 2));
    }

    #[test]
    fn json_lines_are_read_too() {
        let text = "{\"t\":\"1\",\"worker\":0,\"n\":0}\n{\"t\":\"22\",\"worker\":0,\"n\":1}\n";
        let markers = ("\"worker\":", "\"n\":");
        let one = [Sequence { first: 0, step: 1, count: 2 }];
        let found = lines(text.as_bytes(), markers, &one).unwrap();
        assert_eq!((found.missing, found.foreign, found.lines), (0, 0, 2));
    }
}
