//! What processors work out once for a bound logger, and not once a record.

/// Contexts that are kept at a time.
const PLACES: usize = 128;

/// What was worked out for the contexts that were met last, by two numbers: that of the context, 0 for none, and another.
#[derive(Debug)]
pub(super) struct Contexts<T> {
    places: Vec<Option<((u64, u64), T)>>,
}

impl<T> Contexts<T> {
    pub(super) const fn new() -> Contexts<T> {
        Contexts { places: Vec::new() }
    }

    /// What belongs to a context, by `work` if it is not known.
    #[inline]
    pub(super) fn get(&mut self, key: (u64, u64), work: impl FnOnce() -> T) -> &T {
        if self.places.is_empty() {
            self.places.resize_with(PLACES, || None);
        }
        let place = &mut self.places[key.0.wrapping_add(key.1) as usize % PLACES];
        if place.as_ref().is_some_and(|(known, _)| *known != key) {
            *place = None;
        }
        &place.get_or_insert_with(|| (key, work())).1
    }

    pub(super) fn clear(&mut self) {
        self.places.clear();
    }
}
