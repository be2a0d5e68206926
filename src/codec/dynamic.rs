//! Records that carry their own metadata: those of bridges and of events built at run time.
//!
//! Such a frame has [`header::ID_DYNAMIC`](super::header::ID_DYNAMIC) and one nested argument, the list
//! `[level, line, target, module, file, message, fields]`; that of an event with a name has it before the message.

use super::encode::{TextOf, clip_str};
use super::record::Site;
use super::tree::TreeWriter;
use super::value::ValueRef;
use crate::meta::Level;
use core::fmt::Write as _;

/// What stands before the message.
#[derive(Clone, Copy, Debug)]
pub struct DynamicHead<'a> {
    /// Severity.
    pub level: Level,
    /// Target.
    pub target: &'a str,
    /// Module path, if known.
    pub module: Option<&'a str>,
    /// Source file, if known.
    pub file: Option<&'a str>,
    /// Source line, 0 if unknown.
    pub line: u32,
    /// Event name, empty if it has none.
    pub name: &'a str,
}

impl DynamicHead<'_> {
    /// Writes the head. The message (one text) and the fields (one map, or null) must follow.
    pub fn put<W: TreeWriter>(&self, w: &mut W) {
        let at = w.open_list();
        w.leaf(ValueRef::U64(self.level as u64));
        w.leaf(ValueRef::U64(u64::from(self.line)));
        w.leaf(ValueRef::Str(self.target));
        w.leaf(self.module.map_or(ValueRef::Null, ValueRef::Str));
        w.leaf(self.file.map_or(ValueRef::Null, ValueRef::Str));
        if !self.name.is_empty() {
            w.leaf(ValueRef::Str(self.name));
        }
        w.patch(at, if self.name.is_empty() { 7 } else { 8 });
    }
}

/// The metadata in the one argument of a dynamic frame.
pub fn dynamic_site(value: ValueRef<'_>) -> Option<Site<'_>> {
    let ValueRef::List(list) = value else { return None };
    let mut items = list.items();
    fn text<'a>(v: Option<ValueRef<'a>>) -> Option<Option<&'a str>> {
        match v {
            Some(ValueRef::Str(s) | ValueRef::Text(s) | ValueRef::Debug(s)) => Some(Some(s)),
            Some(ValueRef::Null) => Some(None),
            _ => None,
        }
    }
    let level = match items.next()? {
        ValueRef::U64(n) => Level::from_number(u8::try_from(n).ok()?)?,
        _ => return None,
    };
    let line = match items.next()? {
        ValueRef::U64(n) => u32::try_from(n).ok()?,
        _ => return None,
    };
    let target = text(items.next())??;
    let module = text(items.next())?;
    let file = text(items.next())?;
    let name = if list.count() == 8 { text(items.next())?? } else { "" };
    let message = text(items.next())?.unwrap_or("");
    let fields = match items.next()? {
        ValueRef::Map(map) => Some(map),
        ValueRef::Null => None,
        _ => return None,
    };
    Some(Site::Dynamic { level, target, module, file, line, name, message, fields })
}

/// Writes the dynamic record in `tree` again, in about `max` bytes: the message gets half of them at most, the fields what
/// is left. What was cut is said in the text; fields that were left out are counted in the field `truncated`.
pub(crate) fn shrink_dynamic<W: TreeWriter>(tree: &[u8], max: usize, w: &mut W) {
    let Some((value, _)) = super::tree::read(tree, 0) else { return };
    let Some(Site::Dynamic { level, target, module, file, line, name, message, fields }) =
        dynamic_site(value)
    else {
        return;
    };
    let short = |text| clip_str(text, max / 16);
    DynamicHead {
        level,
        target: short(target),
        module: module.map(short),
        file: file.map(short),
        line,
        name: short(name),
    }
    .put(w);
    put_clipped(w, message, max / 2, false);
    let at = w.open_map();
    let (mut count, mut left_out) = (0, 0_u64);
    for (key, value) in fields.into_iter().flat_map(|map| map.entries()) {
        // What a marker and the count of fields left out may need.
        let room = max.saturating_sub(w.len() + key.len() + 128);
        let size = match value {
            ValueRef::Str(s) | ValueRef::Text(s) | ValueRef::Debug(s) => s.len(),
            ValueRef::Bytes(b) => b.len(),
            ValueRef::List(n) | ValueRef::Map(n) => n.size(),
            _ => 32,
        };
        match value {
            _ if size <= room => {
                w.key(key);
                w.leaf(value);
            }
            ValueRef::Str(s) | ValueRef::Text(s) if room > 0 => {
                w.key(key);
                put_clipped(w, s, room, false);
            }
            ValueRef::Debug(s) if room > 0 => {
                w.key(key);
                put_clipped(w, s, room, true);
            }
            _ => {
                left_out += 1;
                continue;
            }
        }
        count += 1;
    }
    if left_out > 0 {
        w.key("truncated");
        w.leaf(ValueRef::U64(left_out));
        count += 1;
    }
    w.patch(at, count);
}

fn put_clipped<W: TreeWriter>(w: &mut W, text: &str, max: usize, debug: bool) {
    let kept = clip_str(text, max);
    let at = w.open_text(debug);
    w.put(kept.as_bytes());
    if kept.len() < text.len() {
        // Writing into a tree cannot fail.
        let _ = write!(TextOf::new(w), "…[+{} bytes]", text.len() - kept.len());
    }
    let len = w.len() - at - 4;
    w.patch(at, len as u32);
}

#[cfg(test)]
mod tests {
    use super::super::tree::read;
    use super::*;

    #[test]
    fn a_name_comes_back_and_none_takes_no_room() {
        let mut sizes = Vec::new();
        for name in ["", "order.placed"] {
            let mut tree = Vec::new();
            let (level, target, module, file) = (Level::Info, "t", Some("m"), None);
            DynamicHead { level, target, module, file, line: 7, name }.put(&mut tree);
            tree.leaf(ValueRef::Text("message"));
            tree.leaf(ValueRef::Null);
            sizes.push(tree.len());
            let mut shrunk = Vec::new();
            shrink_dynamic(&tree, 1024, &mut shrunk);
            for bytes in [&tree, &shrunk] {
                let site = read(bytes, 0).and_then(|(value, _)| dynamic_site(value));
                let Some(Site::Dynamic { name: found, message, line, module, .. }) = site else {
                    panic!("no record in {bytes:?}");
                };
                assert_eq!((found, message, line, module), (name, "message", 7, Some("m")));
            }
        }
        assert_eq!(sizes[1] - sizes[0], 5 + "order.placed".len());
    }
}
