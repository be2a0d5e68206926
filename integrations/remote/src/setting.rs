//! Settings that cannot be used.

use std::fmt;

/// A setting that cannot be used: which one, its value, and what would be right. The value of a secret is not in it. Its
/// `Debug` is its `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct SettingError {
    field: &'static str,
    value: String,
    remedy: String,
}

impl SettingError {
    pub(crate) fn new(
        field: &'static str,
        value: impl Into<String>,
        remedy: impl Into<String>,
    ) -> SettingError {
        SettingError { field, value: value.into(), remedy: remedy.into() }
    }
    /// The setting's name.
    pub fn field(&self) -> &str {
        self.field
    }
    /// The value that was given; `***` for a secret.
    pub fn value(&self) -> &str {
        &self.value
    }
    /// What to write instead, or what went wrong.
    pub fn remedy(&self) -> &str {
        &self.remedy
    }
}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {:?}: {}", self.field, self.value, self.remedy)
    }
}

impl fmt::Debug for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for SettingError {}

/// A token as a header can carry it, or why not.
pub(crate) fn check_token(token: &str) -> Result<(), SettingError> {
    let visible = |c: char| c.is_ascii_graphic();
    if !token.is_empty() && token.chars().all(visible) {
        return Ok(());
    }
    let remedy = "a token has at least one character, and only visible ones of ASCII; is there a line break at its end?";
    Err(SettingError::new("token", "***", remedy))
}
