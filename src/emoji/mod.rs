//! Emoji before the message: for values of fields, for names of loggers, for events of a domain.
//!
//! [`Emoji`] is a processor: without one nothing here costs anything. The emoji stand before the message of every format, each
//! mark of a field in brackets: `[📥][✅] 🛒 request served`. For some formats only, add it to their
//! [`Route`](crate::Route).

mod domain;
mod layers;
mod lookup;
mod matrix;
mod memo;
mod names;
mod processor;
mod sets;
mod tables;

pub use domain::{DomainEmoji, DomainSet};
pub use matrix::matrix;
pub use names::{CacheStats, Names};
pub use sets::{EmojiSet, FieldDef, Layer};

use layers::Resolved;
use names::NameCache;
use processor::Work;
use std::fmt;
use std::sync::Arc;

/// Puts emoji before the message, on the writer's thread.
///
/// Everything is off by default, and fields stay. A field's value is compared in lower case, what is not text by its text; one
/// that its set does not know has the set's default, null has none. Fields come in the order of the layers' priority, lowest
/// first. A clone shares the [statistics](Emoji::cache_stats) of the names.
///
/// ```
/// use ripsaw::emoji::{Emoji, Layer, Names};
/// let memory = ripsaw::sink::Memory::new();
/// let emoji = Emoji::new().layers([Layer::http()]).names(Names::new().with("shop", "🛒"));
/// let guard = ripsaw::builder()
///     .processor(emoji)
///     .format(ripsaw::format::Text::new().timestamp(false).target(false))
///     .sink(memory.clone())
///     .start_local()?;
/// let attached = guard.attach();
/// ripsaw::info!(target: "shop::web", http.method = "GET", http.status_class = "2xx", "served");
/// guard.handle().flush(std::time::Duration::from_secs(5)).unwrap();
/// assert_eq!(memory.lines(), ["INFO     [📥][✅] 🛒 served http.method=GET http.status_class=2xx"]);
/// # drop(attached);
/// # Ok::<(), ripsaw::StartError>(())
/// ```
#[derive(Default)]
pub struct Emoji {
    names: Option<Names>,
    das: bool,
    layers: Vec<Layer>,
    user_sets: Vec<EmojiSet>,
    keep: Keep,
    domains: Vec<Arc<dyn DomainEmoji>>,
    cache: NameCache,
    /// Of the processor at work.
    work: Option<Box<Work>>,
}

/// Which of the fields that have an emoji stay in the record. `true` is all of them, `false` none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// All. The cheapest by far: the record is not changed.
    #[default]
    All,
    /// Those whose value the set does not know: the emoji would not tell it.
    Unknown,
    /// None of those that have an emoji, as in pyvider-telemetry: a value that the set does not know is lost.
    None,
}

impl From<bool> for Keep {
    fn from(keep: bool) -> Keep {
        if keep { Keep::All } else { Keep::None }
    }
}

impl Emoji {
    /// Nothing yet.
    pub fn new() -> Emoji {
        Emoji::default()
    }
    /// An emoji for the logger's name, or for the target of a record without one.
    pub fn names(self, names: Names) -> Emoji {
        Emoji { names: Some(names), cache: NameCache::default(), work: None, ..self }
    }
    /// Three marks for the fields `domain`, `action` and `status`, if at least one of them has a value that is neither empty,
    /// zero nor false; a missing one has its default. Where a layer has a field, these have no meaning. Off by default.
    pub fn das(self, on: bool) -> Emoji {
        Emoji { das: on, work: None, ..self }
    }
    /// More layers: built-in ones, or your own.
    pub fn layers(mut self, layers: impl IntoIterator<Item = Layer>) -> Emoji {
        self.layers.extend(layers);
        Emoji { work: None, ..self }
    }
    /// A set that takes the place of the one with its name in every layer. The sets of `das` are called `_legacy_domain`,
    /// `_legacy_action` and `_legacy_status`.
    pub fn user_set(mut self, set: EmojiSet) -> Emoji {
        self.user_sets.push(set);
        Emoji { work: None, ..self }
    }
    /// Which fields stay in the record, of those that have an emoji: all by default. Zero, false and the empty text, which
    /// have none under `das`, always stay.
    pub fn keep_fields(self, keep: impl Into<Keep>) -> Emoji {
        Emoji { keep: keep.into(), work: None, ..self }
    }
    /// Emoji for the records of a logger whose name is the set's domain.
    pub fn domain_set(mut self, set: impl DomainEmoji + 'static) -> Emoji {
        self.domains.push(Arc::new(set));
        Emoji { work: None, ..self }
    }
    /// How many names of loggers were met since the start or the last [clearing](Emoji::clear_cache). Ask a clone of the
    /// processor that the engine has.
    pub fn cache_stats(&self) -> CacheStats {
        self.cache.stats()
    }
    /// Forgets the names that were met.
    pub fn clear_cache(&self) {
        self.cache.clear();
    }

    pub(self) fn resolved(&self) -> Resolved {
        Resolved::new(&self.layers, &self.user_sets)
    }
}

impl Clone for Emoji {
    fn clone(&self) -> Emoji {
        Emoji {
            names: self.names.clone(),
            das: self.das,
            layers: self.layers.clone(),
            user_sets: self.user_sets.clone(),
            keep: self.keep,
            domains: self.domains.clone(),
            cache: self.cache.clone(),
            work: None,
        }
    }
}

impl fmt::Debug for Emoji {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emoji")
            .field("names", &self.names)
            .field("das", &self.das)
            .field("layers", &self.layers)
            .field("user_sets", &self.user_sets)
            .field("keep", &self.keep)
            .field("domains", &self.domains.iter().map(|set| set.domain()).collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
