//! Statements of `tracing` as statements of ours: made once, found without a lock.

use crate::callsite::Callsite;
use crate::codec::header::MAX_ARGS;
use crate::lane::Busy;
use crate::meta::{Metadata, Piece, Spec};
use std::sync::OnceLock;
use tracing_core::Metadata as Theirs;

/// What is known of a statement of `tracing`.
#[derive(Debug)]
pub(super) struct Site {
    /// Where its metadata lies, which it does for ever.
    key: usize,
    pub(super) kind: Kind,
    /// The next of those that share a place.
    next: OnceLock<&'static Site>,
}

#[derive(Debug)]
pub(super) enum Kind {
    /// Records name the statement in their frame, as those of the native macros do. With the place of the message among its
    /// fields.
    Static(&'static Callsite, Option<usize>),
    /// Records carry all that is known of it. With the event's name.
    Dynamic(&'static str),
    /// Records of the `log` crate that `tracing-log` brings: they say in fields where they come from.
    Log,
}

const MESSAGE: &str = "message";

/// Lists of the statements, by a hash of their address.
static PLACES: [OnceLock<&'static Site>; 1024] = [const { OnceLock::new() }; 1024];

/// What is known of this statement. None where it is new, and this is no time to allocate.
#[inline]
pub(super) fn site(meta: &'static Theirs<'static>) -> Option<&'static Site> {
    let key = std::ptr::from_ref(meta).addr();
    let mut place = &PLACES[place_of(key)];
    while let Some(&site) = place.get() {
        if site.key == key {
            return Some(site);
        }
        place = &site.next;
    }
    admit(meta, key, place)
}

/// Statements lie side by side, and are larger than 64 bytes.
fn place_of(key: usize) -> usize {
    let mixed = (key as u64 >> 4).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 54) as usize % PLACES.len()
}

#[cold]
#[inline(never)]
fn admit(
    meta: &'static Theirs<'static>,
    key: usize,
    mut place: &'static OnceLock<&'static Site>,
) -> Option<&'static Site> {
    if Busy::is_active() {
        return None;
    }
    // The allocator may log.
    let _busy = Busy::begin();
    let site: &Site = Box::leak(Box::new(Site { key, kind: kind(meta), next: OnceLock::new() }));
    loop {
        match place.set(site) {
            Ok(()) => return Some(site),
            Err(_) => match place.get() {
                // Another thread was faster; what was made here is for nothing, once.
                Some(&found) if found.key == key => return Some(found),
                Some(&found) => place = &found.next,
                None => return None,
            },
        }
    }
}

fn kind(meta: &'static Theirs<'static>) -> Kind {
    if meta.name() == "log event" && meta.fields().field("log.target").is_some() {
        return Kind::Log;
    }
    let name = name(meta);
    let (Some(module), Some(file), Some(line)) = (meta.module_path(), meta.file(), meta.line())
    else {
        return Kind::Dynamic(name);
    };
    if meta.fields().len() > MAX_ARGS {
        return Kind::Dynamic(name);
    }
    let message = message_of(meta);
    let others = meta.fields().iter().filter(|field| Some(field.index()) != message);
    let fields: Vec<&str> = others.map(|field| plain(field.name())).collect();
    // `tracing` formats a message before it hands it over: here it is one argument, behind the fields.
    let template: Vec<Piece> = match message {
        Some(_) => vec![Piece::Arg(fields.len() as u16, Spec::NONE)],
        None => Vec::new(),
    };
    let (level, target) = (super::levels::level(meta.level()), meta.target());
    let (template, fields) = (template.leak(), fields.leak());
    let ours = Metadata::new(level, target, module, file, line, name, template, fields);
    Kind::Static(Box::leak(Box::new(Callsite::new(Box::leak(Box::new(ours))))), message)
}

/// The place of an event's message among its fields.
pub(super) fn message_of(meta: &Theirs<'_>) -> Option<usize> {
    meta.fields().iter().position(|field| field.name() == MESSAGE)
}

/// A keyword as a name.
pub(super) fn plain(name: &'static str) -> &'static str {
    name.strip_prefix("r#").unwrap_or(name)
}

/// The name that was given to an event, or none: without one `tracing` calls it by its place, `event src/main.rs:7`.
fn name(meta: &'static Theirs<'static>) -> &'static str {
    let place = || {
        let place = meta.name().strip_prefix("event ")?.strip_prefix(meta.file()?)?;
        place.strip_prefix(':')?.parse::<u32>().ok()
    };
    if place().is_some() { "" } else { meta.name() }
}
