//! Reads the file that a rival wrote and accounts for every record: whole, once, in order, with the
//! right content.

use crate::workload::{BODY, CLIENT, Call, ROUTE, TAGS, TEXT, TRACE, Workload, price, share};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

/// What a file holds, compared with what it should hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Found {
    /// Lines of any kind; an unfinished last line counts as one.
    pub(crate) lines: u64,
    pub(crate) bytes: u64,
    /// Records that stand in no line.
    pub(crate) missing: u64,
    /// Lines whose record stood in an earlier line.
    pub(crate) repeated: u64,
    /// Lines that are no whole record of the workload, or have other content.
    pub(crate) wrong: u64,
    /// Lines after a later record of the same thread.
    pub(crate) reordered: u64,
    /// Lines with an earlier time than the line before. Only where lines begin with the time.
    pub(crate) back_in_time: u64,
}

impl Found {
    /// What is wrong, in words; empty for a complete file.
    pub(crate) fn problems(&self) -> Vec<String> {
        [
            (self.missing, "lost"),
            (self.repeated, "written twice"),
            (self.wrong, "wrong"),
            (self.reordered, "out of order within their thread"),
        ]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect()
    }
}

/// Checks `path` against `messages` calls of `workload`.
///
/// # Errors
/// Those of reading the file.
pub(crate) fn file(path: &Path, workload: &Workload, messages: u64) -> io::Result<Found> {
    lines(BufReader::with_capacity(1 << 18, File::open(path)?), workload, messages)
}

/// The same for any input.
pub(crate) fn lines(
    mut input: impl BufRead,
    workload: &Workload,
    messages: u64,
) -> io::Result<Found> {
    let mut found = Found::default();
    let mut ledger: Vec<Ledger> = (0..workload.threads)
        .map(|worker| Ledger::new(share(messages, workload.threads, worker)))
        .collect();
    let mut reader = Reader::new(workload.call);
    let (mut line, mut time) = (Vec::with_capacity(4096), Vec::new());
    loop {
        line.clear();
        if input.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        found.lines += 1;
        found.bytes += line.len() as u64;
        let deep = found.lines % 64 == 1;
        let record = reader.read(&line, deep);
        let entry =
            record.and_then(|(worker, n)| ledger.get_mut(usize::try_from(worker).ok()?)?.enter(n));
        match entry {
            None => found.wrong += 1,
            Some(Entry::Next) => {}
            Some(Entry::Late) => found.reordered += 1,
            Some(Entry::Repeated) => found.repeated += 1,
        }
        let now = leading_time(&line);
        if now.len() >= 12 {
            // Of equal length, so that the order of the text is that of the time.
            found.back_in_time += u64::from(now.len() == time.len() && now < &time[..]);
            time.clear();
            time.extend_from_slice(now);
        }
    }
    found.missing = ledger.iter().map(|worker| worker.count - worker.seen).sum();
    Ok(found)
}

/// The time at the beginning of a line, as far as it is made of digits and separators.
fn leading_time(line: &[u8]) -> &[u8] {
    let line = line.strip_prefix(b"[").unwrap_or(line);
    let end = line.iter().position(|byte| !b"0123456789-:.+,/TZ ".contains(byte)).unwrap_or(0);
    line[..end].trim_ascii_end()
}

/// Finds the thread and the number of a record in a line, and checks the rest.
struct Reader {
    call: Call,
    /// `price(n)` as text.
    prices: Vec<String>,
    /// What follows the price, or the number.
    tail: String,
    /// Where the last line had what is searched; most lines have it there too.
    at: usize,
}

impl Reader {
    fn new(call: Call) -> Reader {
        let tail = match call {
            Call::String35 => format!(", text {TEXT}"),
            Call::Large => {
                format!(", trace {TRACE}, route {ROUTE}, client {CLIENT}, tags {TAGS}, body {BODY}")
            }
            _ => String::new(),
        };
        Reader { call, prices: (0..1024).map(|n| price(n).to_string()).collect(), tail, at: 0 }
    }

    /// `deep` also looks at what is the same in every line of JSON.
    fn read(&mut self, line: &[u8], deep: bool) -> Option<(u64, u64)> {
        let line = line.strip_suffix(b"\n")?;
        match self.call {
            Call::Basic => self.text(line, b"order filled on the primary venue: worker "),
            Call::String35 => self.text(line, b"order: worker "),
            Call::Large => self.text(line, b"execution report: worker "),
            Call::Json | Call::JsonContext => self.json(line, deep),
        }
    }

    fn text(&mut self, line: &[u8], head: &[u8]) -> Option<(u64, u64)> {
        if !line.get(self.at..)?.starts_with(head) {
            self.at = find(line, head)?;
        }
        let (worker, rest) = number(&line[self.at + head.len()..])?;
        let (n, mut rest) = number(rest.strip_prefix(b", n ")?)?;
        if self.call != Call::String35 {
            rest = rest.strip_prefix(b", px ")?.strip_prefix(self.price(n).as_bytes())?;
        }
        (rest == self.tail.as_bytes()).then_some((worker, n))
    }

    fn json(&self, line: &[u8], deep: bool) -> Option<(u64, u64)> {
        if line.last() != Some(&b'}') || (deep && !whole(line, self.call)) {
            return None;
        }
        let (worker, _) = number(after(line, b"\"worker\":")?)?;
        let (n, _) = number(after(line, b"\"n\":")?)?;
        let rest = after(line, b"\"px\":")?.strip_prefix(self.price(n).as_bytes())?;
        (!rest.first()?.is_ascii_digit()).then_some((worker, n))
    }

    fn price(&self, n: u64) -> &str {
        &self.prices[(n & 1023) as usize]
    }
}

/// Whether a line is one JSON value that holds the message and, in a context, all bound fields.
fn whole(line: &[u8], call: Call) -> bool {
    let Ok(value) = serde_json::from_slice::<Value>(line) else { return false };
    let bound: &[&str] = match call {
        Call::JsonContext => &["orders", "eu-central-1", "4711", "u-20931", "4bf92f3577b34da6"],
        _ => &[],
    };
    value.is_object()
        && holds(&value, "order filled")
        && bound.iter().all(|text| holds(&value, text))
}

/// Whether `text` is a value somewhere in `value`, as a string or as a number.
fn holds(value: &Value, text: &str) -> bool {
    match value {
        Value::String(string) => string == text,
        Value::Number(number) => number.to_string() == text,
        Value::Array(items) => items.iter().any(|item| holds(item, text)),
        Value::Object(fields) => fields.values().any(|field| holds(field, text)),
        _ => false,
    }
}

/// What stands after `key`, without spaces and an opening quote.
fn after<'a>(line: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    let rest = &line[find(line, key)? + key.len()..];
    let rest = rest.trim_ascii_start();
    Some(rest.strip_prefix(b"\"").unwrap_or(rest))
}

fn find(line: &[u8], wanted: &[u8]) -> Option<usize> {
    let first = wanted.first()?;
    let mut from = 0;
    loop {
        from += line.get(from..)?.iter().position(|byte| byte == first)?;
        if line[from..].starts_with(wanted) {
            return Some(from);
        }
        from += 1;
    }
}

/// The number at the beginning, and the rest.
fn number(text: &[u8]) -> Option<(u64, &[u8])> {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let value = std::str::from_utf8(&text[..end]).ok()?.parse().ok()?;
    Some((value, &text[end..]))
}

enum Entry {
    Next,
    Late,
    Repeated,
}

/// Which records of a thread have been seen.
struct Ledger {
    count: u64,
    seen: u64,
    /// One more than the highest number seen.
    end: u64,
    bits: Vec<u64>,
}

impl Ledger {
    fn new(count: u64) -> Ledger {
        Ledger { count, seen: 0, end: 0, bits: vec![0; count.div_ceil(64) as usize] }
    }

    /// `None` if the thread made no such record.
    fn enter(&mut self, n: u64) -> Option<Entry> {
        if n >= self.count {
            return None;
        }
        let (word, bit) = (&mut self.bits[(n / 64) as usize], 1 << (n % 64));
        if *word & bit != 0 {
            return Some(Entry::Repeated);
        }
        *word |= bit;
        self.seen += 1;
        let late = n < self.end;
        self.end = self.end.max(n + 1);
        Some(if late { Entry::Late } else { Entry::Next })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workload(name: &str) -> &'static Workload {
        Workload::ALL.iter().find(|workload| workload.name == name).unwrap()
    }

    fn line(worker: u32, n: u64) -> String {
        let (time, px) = (n + 10, price(n));
        format!(
            "2026-11-20T12:00:{time} INFO order filled on the primary venue: \
             worker {worker}, n {n}, px {px}\n"
        )
    }

    fn check(name: &str, text: &[String], messages: u64) -> Found {
        lines(text.concat().as_bytes(), workload(name), messages).unwrap()
    }

    fn whole_file() -> Vec<String> {
        [(0, 0), (1, 0), (1, 1), (0, 1), (0, 2), (1, 2)].map(|(w, n)| line(w, n)).to_vec()
    }

    #[test]
    fn a_complete_file_has_no_problem() {
        let found = check("threads2", &whole_file(), 6);
        assert_eq!((found.lines, found.missing), (6, 0));
        assert!(found.problems().is_empty(), "{found:?}");
    }

    #[test]
    fn a_missing_line_is_found() {
        for lost in 0..6 {
            let mut text = whole_file();
            text.remove(lost);
            let found = check("threads2", &text, 6);
            assert_eq!((found.missing, found.lines, found.wrong), (1, 5, 0), "{lost}");
            assert_eq!(found.problems(), ["1 lost"]);
        }
    }

    #[test]
    fn a_repeated_line_is_found() {
        let mut text = whole_file();
        text[5] = text[0].clone();
        let found = check("threads2", &text, 6);
        assert_eq!((found.repeated, found.missing), (1, 1));
    }

    #[test]
    fn order_counts_within_a_thread_and_time_over_all() {
        let mut text = whole_file();
        text.swap(3, 4);
        let found = check("threads2", &text, 6);
        assert_eq!((found.reordered, found.missing), (1, 0));
        assert!(found.back_in_time > 0);
        assert_eq!(check("threads2", &whole_file(), 6).back_in_time, 0);
    }

    #[test]
    fn other_content_is_found() {
        for (from, to) in [("px 100.375", "px 100.37"), ("px 100.375", "px 1"), ("n 1,", "n 9,")] {
            let mut text = whole_file();
            text[2] = text[2].replace(from, to);
            assert_eq!(check("threads2", &text, 6).wrong, 1, "{to}");
        }
        let mut text = whole_file();
        text[5].pop();
        assert_eq!(check("threads2", &text, 6).wrong, 1);
        text.insert(0, "3 records dropped\n".to_owned());
        assert_eq!(check("threads2", &text, 6).wrong, 2);
    }

    #[test]
    fn strings_and_large_lines_are_compared_whole() {
        let string = format!("12:00 order: worker 0, n 0, text {TEXT}\n");
        assert!(check("string35", std::slice::from_ref(&string), 1).problems().is_empty());
        assert_eq!(check("string35", &[string.replace("AAPL", "MSFT")], 1).wrong, 1);
        let large = format!(
            "x execution report: worker 0, n 0, px 100.125, trace {TRACE}, route {ROUTE}, \
             client {CLIENT}, tags {TAGS}, body {BODY}\n"
        );
        assert!(check("large", std::slice::from_ref(&large), 1).problems().is_empty());
        assert_eq!(check("large", &[large.replace("custodian.", "custodian")], 1).wrong, 1);
    }

    #[test]
    fn json_lines_are_read_wherever_the_fields_stand() {
        let flat = r#"{"message":"order filled","worker":0,"n":0,"px":100.125}"#;
        let nested = r#"{"msg":"order filled","kv":{"px": 100.125,"n": "0","worker": 0},"t":1}"#;
        for line in [flat, nested] {
            let found = check("json", &[format!("{line}\n")], 1);
            assert!(found.problems().is_empty(), "{line} {found:?}");
        }
        for bad in
            [flat.replace("filled", "left"), flat.replace("25}", "255}"), flat.replace('}', "")]
        {
            assert_eq!(check("json", &[format!("{bad}\n")], 1).wrong, 1, "{bad}");
        }
    }

    #[test]
    fn a_context_must_be_there() {
        let line = |tenant: &str| {
            format!(
                "{{\"message\":\"order filled\",\"worker\":0,\"n\":0,\"px\":100.125,\"span\":{{\
                 \"service\":\"orders\",\"region\":\"eu-central-1\",\"tenant\":{tenant},\
                 \"user\":\"u-20931\",\"trace\":\"4bf92f3577b34da6\"}}}}\n"
            )
        };
        assert!(check("json_context", &[line("4711")], 1).problems().is_empty());
        assert!(check("json_context", &[line("\"4711\"")], 1).problems().is_empty());
        assert_eq!(check("json_context", &[line("4712")], 1).wrong, 1);
    }
}
