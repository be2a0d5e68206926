//! A number that others do not have too.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

/// The keys of the standard library's hash maps are random; that is enough to keep services and files apart.
pub(crate) fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}
