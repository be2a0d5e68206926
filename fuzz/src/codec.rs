//! Decoding is total, and what was decoded can be encoded again.

use crate::input::{with_true_length, words};
use ripsaw::Level;
use ripsaw::codec::{
    Args, Bound, Frame, Record, Site, ThreadInfo, TreeWriter, ValueRef, dynamic_site, header,
};
use std::fmt::Write;

/// Arbitrary words are a frame or an error. Each value of a frame can be walked to its end, and reads
/// back the same when it is written into a bound context.
pub fn codec(data: &[u8]) {
    let mut words = words(data);
    check(&words);
    with_true_length(&mut words);
    check(&words);
}

fn check(words: &[u64]) {
    let Ok(frame) = Frame::new(words) else { return };
    assert_eq!(frame.header(), words[0]);
    assert_eq!(frame.ticks(), words[1]);
    let Ok(args) = frame.args() else { return };
    assert!(args.len() <= header::MAX_ARGS);
    assert_eq!(args.len(), header::args(words[0]));
    assert_eq!(args.get(args.len()), ValueRef::Null);
    for i in 0..args.len() {
        let value = args.get(i);
        let mut text = String::new();
        let depth = describe(value, &mut text);
        written_again(value, &text, depth);
    }
    if let Some(site) = dynamic_site(args.get(0)) {
        let thread = ThreadInfo::default();
        let record = Record::new(site, 0, 0, &thread, None, Args::default());
        let fields: String = record.fields().map(|(key, _)| key).collect();
        assert!(record.target().len() + fields.len() <= size_of_val(words));
    }
}

/// Writes a value in one way only, with floats by their bits. Returns how deep it nests.
fn describe(value: ValueRef<'_>, out: &mut String) -> usize {
    let mut depth = 0;
    match value {
        ValueRef::F64(v) => write!(out, "F64({:x})", v.to_bits()),
        ValueRef::F32(v) => write!(out, "F32({:x})", v.to_bits()),
        ValueRef::List(list) => {
            out.push('[');
            let items = list.items().map(|item| describe(item, out)).collect::<Vec<_>>();
            assert_eq!(items.len(), list.count(), "a list that was accepted is whole");
            depth = 1 + items.into_iter().max().unwrap_or(0);
            out.write_str("]")
        }
        ValueRef::Map(map) => {
            out.push('{');
            for (key, value) in map.entries() {
                let _ = write!(out, "{key:?}:");
                depth = depth.max(describe(value, out));
            }
            depth += 1;
            out.write_str("}")
        }
        other => write!(out, "{other:?}"),
    }
    .expect("a string takes everything");
    out.push(',');
    depth
}

/// Deepest value that still fits into a map.
const FITS: usize = 31;

fn written_again(value: ValueRef<'_>, expected: &str, depth: usize) {
    if depth > FITS {
        return;
    }
    let mut fields = Vec::new();
    let at = fields.open_map();
    fields.key("key");
    fields.leaf(value);
    fields.patch(at, 1);
    let bound = Bound::new(None, fields);
    let site = Site::Dynamic {
        level: Level::Info,
        target: "",
        module: None,
        file: None,
        line: 0,
        name: "",
        message: "",
        fields: None,
    };
    let thread = ThreadInfo::default();
    let record = Record::new(site, 0, 0, &thread, Some(&bound), Args::default());
    let mut fields = record.fields();
    let (key, again) = fields.next().expect("what was written reads back");
    assert_eq!(key, "key");
    assert!(fields.next().is_none());
    let mut text = String::new();
    describe(again, &mut text);
    assert_eq!(text, expected);
}
