//! The emoji of a logger's name.

use super::tables::{NAME_DEFAULT, NAMES};
use crate::sync::lock;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// Distinct names whose emoji is kept.
const LIMIT: usize = 1000;

/// Emoji by the beginning of a logger's name, or of the target where a logger has none. The longest entry that fits counts.
///
/// ```
/// use ripsaw::emoji::Names;
/// let names = Names::new().with("shop", "🛒").with("shop::orders", "📦");
/// assert_eq!(names.get("shop::orders::new"), "📦");
/// assert_eq!(names.get("shop.cart"), "🛒");
/// assert_eq!(names.get("shopping"), "🔹");
/// ```
#[derive(Clone, Debug)]
pub struct Names {
    /// By descending length.
    entries: Vec<(String, String)>,
    fallback: String,
    /// Whether an entry fits at the boundary of a part only.
    whole_parts: bool,
}

impl Names {
    /// An empty table: all names have 🔹. An entry fits a name that is the same, or goes on behind it with `.` or `::`.
    pub fn new() -> Names {
        Names { entries: Vec::new(), fallback: NAME_DEFAULT.to_owned(), whole_parts: true }
    }
    /// The table of pyvider-telemetry, where `test` fits `testing` too.
    pub fn compat() -> Names {
        let names = Names { whole_parts: false, ..Names::new() };
        NAMES.iter().fold(names, |names, (name, emoji)| names.with(*name, *emoji))
    }
    /// One more entry; one that is there already gets the new emoji.
    pub fn with(mut self, name: impl Into<String>, emoji: impl Into<String>) -> Names {
        let (name, emoji) = (name.into(), emoji.into());
        self.entries.retain(|(known, _)| *known != name);
        let at = self.entries.partition_point(|(known, _)| known.len() >= name.len());
        self.entries.insert(at, (name, emoji));
        self
    }
    /// The emoji of names that no entry fits; with an empty one they have none.
    pub fn fallback(self, emoji: impl Into<String>) -> Names {
        Names { fallback: emoji.into(), ..self }
    }
    /// The emoji of a name.
    pub fn get(&self, name: &str) -> &str {
        self.emoji(self.find(name))
    }

    pub(super) fn find(&self, name: &str) -> u32 {
        let fits = |(entry, _): &(String, String)| {
            name.strip_prefix(entry.as_str()).is_some_and(|rest| {
                !self.whole_parts
                    || rest.is_empty()
                    || rest.starts_with('.')
                    || rest.starts_with("::")
            })
        };
        self.entries.iter().position(fits).unwrap_or(self.entries.len()) as u32
    }
    pub(super) fn emoji(&self, at: u32) -> &str {
        self.entries.get(at as usize).map_or(&self.fallback, |(_, emoji)| emoji)
    }
}

impl Default for Names {
    fn default() -> Names {
        Names::new()
    }
}

/// How many names have been met.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CacheStats {
    /// Distinct names whose emoji is kept.
    pub size: usize,
    /// The most that are kept; the emoji of others is looked up for each record.
    pub limit: usize,
    /// Size as a share of the limit, in percent.
    pub utilization: f64,
}

/// The emoji of the names met so far, shared by the clones of an [`Emoji`](super::Emoji).
#[derive(Clone, Debug, Default)]
pub(super) struct NameCache {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    known: Mutex<HashMap<String, u32>>,
    /// How often it was cleared.
    cleared: AtomicU64,
}

impl NameCache {
    pub(super) fn find(&self, names: &Names, name: &str) -> u32 {
        let mut known = lock(&self.inner.known);
        if let Some(&at) = known.get(name) {
            return at;
        }
        let at = names.find(name);
        if known.len() < LIMIT {
            known.insert(name.to_owned(), at);
        }
        at
    }
    pub(super) fn stats(&self) -> CacheStats {
        let size = lock(&self.inner.known).len();
        CacheStats { size, limit: LIMIT, utilization: size as f64 / LIMIT as f64 * 100.0 }
    }
    pub(super) fn clear(&self) {
        lock(&self.inner.known).clear();
        // Relaxed: whoever misses it once looks again at the next record.
        self.inner.cleared.fetch_add(1, Ordering::Relaxed);
    }
    pub(super) fn cleared(&self) -> u64 {
        // Relaxed: see `clear`.
        self.inner.cleared.load(Ordering::Relaxed)
    }
}
