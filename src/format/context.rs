//! Bound loggers as they are written: name and fields are rendered once, not once a record.

use super::escape;
use super::keys::Last;
use super::layout::Layout;
use crate::codec::Bound;

/// A bound logger in one format.
#[derive(Debug)]
pub(super) struct Context {
    /// Which one: see [`Bound::serial`].
    pub(super) serial: u64,
    pub(super) name: Option<Vec<u8>>,
    /// All fields, each with what stands in front of it.
    pub(super) fields: Chunks,
    pub(super) keys: Keys,
}

/// Bytes of fixed text that are copied at once.
pub(super) const CHUNK: usize = 32;

/// Fixed text, in pieces of one size.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    pub(super) chunks: Vec<[u8; CHUNK]>,
    pub(super) len: usize,
}

impl Chunks {
    pub(super) fn new(text: &[u8]) -> Chunks {
        let mut chunks = Vec::new();
        push_chunks(text, &mut chunks);
        Chunks { chunks, len: text.len() }
    }
    pub(super) fn bytes(&self) -> &[u8] {
        &self.chunks.as_flattened()[..self.len]
    }
}

/// Appends text in chunks: at least one, even for no text, so that there always is one to copy.
pub(super) fn push_chunks(text: &[u8], chunks: &mut Vec<[u8; CHUNK]>) {
    for from in (0..text.len().max(1)).step_by(CHUNK) {
        let text = &text[from..text.len().min(from + CHUNK)];
        let mut chunk = [0; CHUNK];
        chunk[..text.len()].copy_from_slice(text);
        chunks.push(chunk);
    }
}

/// Some keys, and a filter that tells quickly that none of others is among them.
#[derive(Debug)]
pub(super) struct Keys {
    filter: u64,
    names: Vec<Box<str>>,
}

impl Keys {
    pub(super) fn new<'k>(names: impl Iterator<Item = &'k str>) -> Keys {
        let names: Vec<Box<str>> = names.map(Into::into).collect();
        let bit = |name: &str| {
            let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
            });
            1 << (hash >> 58)
        };
        Keys { filter: names.iter().fold(0, |filter, name| filter | bit(name)), names }
    }
    /// False if none of these keys is among `others`.
    #[inline]
    pub(super) fn may_meet(&self, others: &Keys) -> bool {
        self.filter & others.filter != 0
    }
    fn has(&self, key: &str) -> bool {
        self.names.iter().any(|name| **name == *key)
    }
}

/// The fields of a bound logger, without those whose keys are `taken`.
pub(super) fn bound_fields<L: Layout>(
    layout: &L,
    bound: &Bound,
    taken: &Keys,
    scratch: &mut Vec<u8>,
) -> Chunks {
    let last = L::UNIQUE_KEYS.then(|| Last::of(bound.entries().map(|(key, _)| layout.rename(key))));
    let mut out = Vec::new();
    for (at, (key, value)) in bound.entries().enumerate() {
        let key = layout.rename(key);
        if !taken.has(key) && last.as_ref().is_none_or(|last| last.is(key, at)) {
            layout.key(key, &mut out);
            layout.value(value, scratch, &mut out);
        }
    }
    Chunks::new(&out)
}

/// Contexts that are kept at a time: those of the loggers that were made last, as far as they are in use.
const PLACES: usize = 128;

/// Bytes of a context that is kept there. Larger ones are kept one at a time: loggers that are gone leave some 0.5 MiB
/// behind at most.
pub(super) const KEPT: usize = 4096;

/// The bound loggers that were met last.
#[derive(Debug)]
pub(super) struct Contexts {
    places: Vec<Option<Box<Context>>>,
    large: Option<Box<Context>>,
}

impl Contexts {
    pub(super) const fn new() -> Self {
        Contexts { places: Vec::new(), large: None }
    }

    /// The logger as it is written.
    #[inline]
    pub(super) fn get<L: Layout>(
        &mut self,
        layout: &L,
        bound: &Bound,
        scratch: &mut Vec<u8>,
    ) -> &Context {
        if self.places.is_empty() {
            self.places.resize_with(PLACES, || None);
        }
        // The encoding is about as long as the text.
        let place = match bound.size() {
            0..=KEPT => &mut self.places[bound.serial() as usize % PLACES],
            _ => &mut self.large,
        };
        if place.as_ref().is_some_and(|context| context.serial != bound.serial()) {
            *place = None;
        }
        place.get_or_insert_with(|| Box::new(render(layout, bound, scratch)))
    }
}

#[cold]
fn render<L: Layout>(layout: &L, bound: &Bound, scratch: &mut Vec<u8>) -> Context {
    let name = bound.name.as_ref().map(|name| {
        let mut text = Vec::new();
        escape::escape::<L::Text>(name.as_bytes(), &mut text);
        text
    });
    let nothing = Keys::new(core::iter::empty());
    Context {
        serial: bound.serial(),
        name,
        fields: bound_fields(layout, bound, &nothing, scratch),
        keys: Keys::new(bound.entries().map(|(key, _)| layout.rename(key))),
    }
}
