//! Records that carry their own metadata: those of bridges and of events built at run time.
//!
//! Such a frame has [`header::ID_DYNAMIC`](super::header::ID_DYNAMIC) and one nested argument, the list
//! `[level, line, target, module, file, message, fields]`.

use super::record::Site;
use super::tree::TreeWriter;
use super::value::ValueRef;
use crate::meta::Level;

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
        w.patch(at, 7);
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
    let message = text(items.next())?.unwrap_or("");
    let fields = match items.next()? {
        ValueRef::Map(map) => Some(map),
        ValueRef::Null => None,
        _ => return None,
    };
    Some(Site::Dynamic { level, target, module, file, line, message, fields })
}
