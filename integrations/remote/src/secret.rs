//! A value that is shown to nobody who does not ask for it.

use std::fmt;
use zeroize::{Zeroize, Zeroizing};

/// A secret: a token, a password. Its `Debug` is `Secret(***)`, it has no `Display`, and its memory is overwritten when it is
/// dropped. What was copied out of it, into the buffers of a connection too, is not.
///
/// ```
/// use ripsaw_remote::Secret;
/// let token = Secret::new("hunter2".to_owned());
/// assert_eq!(format!("{token:?}"), "Secret(***)");
/// assert_eq!(token.expose(), "hunter2");
/// ```
#[derive(Clone)]
pub struct Secret<T: Zeroize>(Zeroizing<T>);

impl<T: Zeroize> Secret<T> {
    /// Takes a value over.
    pub fn new(value: T) -> Secret<T> {
        Secret(Zeroizing::new(value))
    }

    /// The value itself.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

impl From<String> for Secret<String> {
    fn from(value: String) -> Secret<String> {
        Secret::new(value)
    }
}

impl From<&str> for Secret<String> {
    fn from(value: &str) -> Secret<String> {
        Secret::new(value.to_owned())
    }
}
