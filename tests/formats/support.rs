//! What the tests of the formats share: records made by hand.

use ripsaw::codec::{
    ArgList, Args, Frame, Nested, ReadyList, Record, Scratch, Site, ThreadInfo, TreeWriter, Value,
    ValueRef, header,
};
use ripsaw::format::Format;
use ripsaw::{Level, Piece, Spec};
use std::fmt::Write as _;

/// 2026-11-20T12:00:00.123456Z and a bit.
pub(crate) const NOON: u64 = 1_795_176_000_123_456_789;

/// The words of a frame with these arguments.
pub(crate) fn words(args: impl ArgList) -> Vec<u64> {
    fn of<R: ReadyList>(ready: R) -> Vec<u64> {
        let mut slots = vec![0; ready.count()];
        ready.slots(|i, slot| slots[i] = slot, 0);
        let mut bytes = Vec::new();
        ready.each_bytes(|b| bytes.extend_from_slice(b));
        assemble(ready.count(), ready.tags(), &slots, bytes)
    }
    of(args.ready(Scratch::NONE))
}

fn assemble(count: usize, tags: u128, slots: &[u64], mut bytes: Vec<u8>) -> Vec<u64> {
    assert!(count <= 8, "more tags than one word has");
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    let mut words = vec![0, 0, tags as u64];
    words.extend_from_slice(slots);
    words.extend(bytes.as_chunks::<8>().0.iter().map(|b| u64::from_le_bytes(*b)));
    words[0] = header::pack(words.len(), count, 0, 1);
    words
}

/// The words of a frame with one argument in the nested encoding.
pub(crate) fn nested_words(tree: Vec<u8>) -> Vec<u64> {
    const TREE: u128 = 11;
    assemble(1, TREE, &[tree.len() as u64], tree)
}

pub(crate) fn args(words: &[u64]) -> Args<'_> {
    Frame::new(words).unwrap().args().unwrap()
}

pub(crate) fn thread() -> ThreadInfo {
    ThreadInfo { id: 77, name: "worker 1".into() }
}

/// One line of `format`, appended behind something that must stay.
pub(crate) fn line(mut format: impl Format, record: &Record<'_>) -> String {
    let mut out = b"before\n".to_vec();
    format.record(record, &mut out);
    String::from_utf8(out).unwrap().strip_prefix("before\n").unwrap().to_owned()
}

pub(crate) const fn arg(i: u16) -> Piece {
    Piece::Arg(i, Spec::NONE)
}

/// A record of a bridge: everything dynamic.
pub(crate) fn with_dynamic<T>(
    target: &str,
    message: &str,
    fields: &[(String, Value)],
    then: impl FnOnce(&Record<'_>) -> T,
) -> T {
    let mut tree = Vec::new();
    let at = tree.open_map();
    for (key, value) in fields {
        tree.key(key);
        tree.value(value);
    }
    tree.patch(at, fields.len() as u32);
    let words = nested_words(tree);
    let ValueRef::Map(map) = args(&words).get(0) else { panic!("not a map") };
    then(&dynamic(target, message, Some(map)))
}

pub(crate) fn dynamic<'a>(
    target: &'a str,
    message: &'a str,
    fields: Option<Nested<'a>>,
) -> Record<'a> {
    static THREAD: ThreadInfo = ThreadInfo { id: 1, name: String::new() };
    let (level, module, file, line) = (Level::Info, None, None, 0);
    let site = Site::Dynamic { level, target, module, file, line, name: "", message, fields };
    Record::new(site, NOON, 0, &THREAD, None, Args::default())
}

pub(crate) fn forbidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{2028}' | '\u{2029}' | '\u{FEFF}')
        || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// A message or target as people see it.
pub(crate) fn shown(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, c| {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if forbidden(c) => write!(out, "\\u{{{:02x}}}", u32::from(c)).unwrap(),
            c => out.push(c),
        }
        out
    })
}
