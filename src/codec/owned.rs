//! A record that outlives its frame.

use super::decode::{Args, Frame};
use super::dynamic::{DynamicHead, dynamic_site};
use super::record::{Bound, Edited, Record, Site, ThreadInfo};
use super::tree::{TreeWriter, sound_map};
use super::value::{Value, ValueRef};
use crate::meta::{Level, Metadata};

/// A record with all that it is made of. What is static is not copied; what lies in a frame is copied as it lies there.
#[derive(Clone, Debug)]
pub(crate) struct OwnedRecord {
    site: OwnedSite,
    callsite: Option<u32>,
    unix_ns: u64,
    seq: u64,
    thread: ThreadInfo,
    bound: Option<Bound>,
    prefix: Box<str>,
}

#[derive(Clone, Debug)]
enum OwnedSite {
    /// With the words of the frame.
    Static(&'static Metadata, Box<[u64]>),
    /// As in a dynamic frame.
    Dynamic(Box<[u8]>),
    Edited(Box<OwnedEdited>),
}

#[derive(Clone, Debug)]
struct OwnedEdited {
    level: Level,
    target: Box<str>,
    message: Option<Box<str>>,
    /// A map in the nested encoding.
    fields: Box<[u8]>,
    origin: OwnedRecord,
}

impl OwnedRecord {
    /// A copy of a record.
    pub(crate) fn of(record: &Record<'_>) -> OwnedRecord {
        OwnedRecord {
            site: OwnedSite::of(record),
            callsite: record.callsite,
            unix_ns: record.unix_ns,
            seq: record.seq,
            thread: record.thread.clone(),
            bound: record.bound.cloned(),
            prefix: record.prefix().into(),
        }
    }

    /// A record that nobody has logged.
    pub(crate) fn made(
        level: Level,
        target: &str,
        message: &str,
        fields: &[(&str, Value)],
        unix_ns: u64,
    ) -> OwnedRecord {
        let mut tree = Vec::new();
        DynamicHead { level, target, module: None, file: None, line: 0, name: "" }.put(&mut tree);
        tree.leaf(ValueRef::Str(message));
        let at = tree.open_map();
        for (key, value) in fields {
            tree.key(key);
            tree.value(value);
        }
        tree.patch(at, fields.len() as u32);
        OwnedRecord {
            site: OwnedSite::Dynamic(tree.into()),
            callsite: None,
            unix_ns,
            seq: 0,
            thread: ThreadInfo::default(),
            bound: None,
            prefix: "".into(),
        }
    }

    /// Bytes that it takes, itself included.
    pub(crate) fn size(&self) -> usize {
        let site = match &self.site {
            OwnedSite::Static(_, words) => size_of_val(&**words),
            OwnedSite::Dynamic(tree) => tree.len(),
            OwnedSite::Edited(edited) => {
                let OwnedEdited { target, message, fields, origin, .. } = &**edited;
                let message = message.as_ref().map_or(0, |message| message.len());
                let own = size_of::<OwnedEdited>() - size_of::<OwnedRecord>();
                own + target.len() + message + fields.len() + origin.size()
            }
        };
        let bound = self.bound.as_ref().map_or(0, Bound::size);
        size_of::<OwnedRecord>() + site + self.thread.name.len() + bound + self.prefix.len()
    }

    /// The same with another time.
    pub(crate) fn at(self, unix_ns: u64) -> OwnedRecord {
        OwnedRecord { unix_ns, ..self }
    }

    /// Calls `f` with the record.
    pub(crate) fn with(&self, f: &mut dyn FnMut(&Record<'_>)) {
        let text = &*self.prefix;
        let prefix = Some(&text).filter(|text| !text.is_empty());
        match &self.site {
            OwnedSite::Static(meta, words) => {
                let args = Frame::new(words).and_then(|frame| frame.args()).unwrap_or_default();
                f(&self.record(Site::Static(meta), args, prefix));
            }
            OwnedSite::Dynamic(tree) => {
                // Always a record: this module has written it.
                let read = super::read_tree(tree).and_then(|(value, _)| dynamic_site(value));
                if let Some(site) = read {
                    f(&self.record(site, Args::default(), prefix));
                }
            }
            OwnedSite::Edited(edited) => edited.origin.with(&mut |origin| {
                let fields: Vec<_> = sound_map(&edited.fields).entries().collect();
                let edited = Edited {
                    level: edited.level,
                    target: &edited.target,
                    message: edited.message.as_deref(),
                    fields: &fields,
                    origin: *origin,
                };
                f(&self.record(Site::Edited(&edited), Args::default(), prefix));
            }),
        }
    }
}

impl OwnedRecord {
    fn record<'a>(
        &'a self,
        site: Site<'a>,
        args: Args<'a>,
        prefix: Option<&'a &'a str>,
    ) -> Record<'a> {
        Record {
            level: site.level(),
            site,
            callsite: self.callsite,
            unix_ns: self.unix_ns,
            seq: self.seq,
            thread: &self.thread,
            bound: self.bound.as_ref(),
            args,
            prefix,
        }
    }
}

impl OwnedSite {
    fn of(record: &Record<'_>) -> OwnedSite {
        match record.site {
            Site::Static(meta) => OwnedSite::Static(meta, record.args.words().into()),
            Site::Dynamic { level, target, module, file, line, name, message, fields } => {
                let mut tree = Vec::new();
                DynamicHead { level, target, module, file, line, name }.put(&mut tree);
                tree.leaf(ValueRef::Str(message));
                tree.leaf(fields.map_or(ValueRef::Null, ValueRef::Map));
                OwnedSite::Dynamic(tree.into())
            }
            Site::Edited(edited) => {
                let mut tree = Vec::new();
                let at = tree.open_map();
                for (key, value) in edited.fields {
                    tree.key(key);
                    tree.leaf(*value);
                }
                tree.patch(at, edited.fields.len() as u32);
                OwnedSite::Edited(Box::new(OwnedEdited {
                    level: edited.level,
                    target: edited.target.into(),
                    message: edited.message.map(Into::into),
                    fields: tree.into(),
                    origin: OwnedRecord::of(&edited.origin),
                }))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meta::{Piece, Spec};

    static META: Metadata = Metadata {
        level: Level::Info,
        target: "t",
        module: "m",
        file: "f.rs",
        line: 7,
        name: "n",
        template: &[Piece::Lit("a "), Piece::Arg(1, Spec::NONE)],
        fields: &["x"],
        args: &[],
    };

    /// All that can be asked of a record, as text.
    fn told(record: &Record<'_>) -> String {
        let fields: Vec<_> = record.fields().collect();
        let parts: Vec<_> = record.message().parts().collect();
        let place = (record.level(), record.target(), record.module(), record.file());
        let more = (record.line(), record.name(), record.thread(), record.prefix());
        let rest =
            (record.unix_ns(), record.seq(), record.callsite, record.bound.map(Bound::serial));
        format!("{place:?} {more:?} {rest:?} {fields:?} {parts:?}")
    }

    #[track_caller]
    fn check(record: &Record<'_>) -> OwnedRecord {
        let owned = OwnedRecord::of(record);
        let mut seen = None;
        owned.with(&mut |copy| seen = Some(told(copy)));
        assert_eq!(seen.as_deref(), Some(&*told(record)));
        owned
    }

    #[test]
    fn a_copy_tells_what_the_record_tells() {
        let words = [
            super::super::header::pack(6, 2, 0, 1),
            0,
            0x63,
            42,
            2,
            u64::from_le_bytes(*b"hi\0\0\0\0\0\0"),
        ];
        let args = Frame::new(&words).unwrap().args().unwrap();
        let thread = ThreadInfo { id: 3, name: "main".into() };
        let mut fields = Vec::new();
        let at = fields.open_map();
        fields.key("bound");
        fields.leaf(ValueRef::Bool(true));
        fields.patch(at, 1);
        let bound = Bound::new(Some("logger".into()), fields);
        let mut record = Record::new(Site::Static(&META), 5, 6, &thread, Some(&bound), args);
        record.callsite = Some(9);
        record.prefix = Some(&"!");
        let base = check(&record).size();
        assert_eq!(base, size_of::<OwnedRecord>() + 6 * 8 + 4 + bound.size() + 1);

        let own = [("x", ValueRef::Str("y")), ("z", ValueRef::F64(0.5))];
        let (level, target) = (Level::Error, "new");
        let edited = Edited { level, target, message: None, fields: &own, origin: record };
        let mut changed = Record::new(Site::Edited(&edited), 5, 6, &thread, None, Args::default());
        changed.prefix = Some(&"?");
        check(&changed);
        // A route's processors may change what the engine's have changed.
        let again = Edited { message: Some("text"), origin: changed, ..edited.clone() };
        assert!(
            check(&Record::new(Site::Edited(&again), 5, 6, &thread, None, Args::default())).size()
                > base
        );

        let made = OwnedRecord::made(level, "t", "m", &[("k", Value::from(1))], 8);
        made.with(&mut |record| {
            check(record);
        });
    }
}
