//! Colours for terminals.

use crate::meta::Level;

/// Whether a format writes colours.
///
/// [`ColorChoice::Auto`] goes by the first of these that says something:
///
/// 1. `NO_COLOR`, if it is set and not empty: no colours;
/// 2. `CLICOLOR_FORCE`, if it is set and neither empty nor `0`: colours;
/// 3. `CLICOLOR=0`: no colours;
/// 4. `TERM=dumb`: no colours;
/// 5. whether the sink is a terminal.
///
/// A choice in the program comes before all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ColorChoice {
    /// By the environment and the sink.
    #[default]
    Auto,
    /// Colours.
    Always,
    /// No colours.
    Never,
}

impl ColorChoice {
    /// Whether there are colours on a stream that is a terminal, or is none. Reads the environment.
    ///
    /// ```
    /// use ripsaw::format::ColorChoice;
    /// use std::io::IsTerminal;
    /// assert!(ColorChoice::Always.colors(false));
    /// assert!(!ColorChoice::Never.colors(true));
    /// let colors = ColorChoice::Auto.colors(std::io::stderr().is_terminal());
    /// # let _ = colors;
    /// ```
    pub fn colors(self, is_terminal: bool) -> bool {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        match self {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto if variable("NO_COLOR").is_some() => false,
            ColorChoice::Auto if variable("CLICOLOR_FORCE").is_some_and(|v| v != "0") => true,
            ColorChoice::Auto if variable("CLICOLOR").is_some_and(|v| v == "0") => false,
            ColorChoice::Auto if variable("TERM").is_some_and(|v| v == "dumb") => false,
            ColorChoice::Auto => is_terminal,
        }
    }
}

/// Ends every colour.
pub(super) const RESET: &[u8] = b"\x1b[0m";
pub(super) const DIM: &[u8] = b"\x1b[2m";
pub(super) const BOLD: &[u8] = b"\x1b[1m";
pub(super) const KEY: &[u8] = b"\x1b[36m";
pub(super) const VALUE: &[u8] = b"\x1b[35m";
/// What stands before a level's name.
pub(super) const fn of_level(level: Level) -> &'static [u8] {
    match level {
        Level::Trace => b"",
        Level::Debug | Level::Info => b"\x1b[32m\x1b[1m",
        Level::Warning => b"\x1b[33m\x1b[1m",
        Level::Error | Level::Critical => b"\x1b[31m\x1b[1m",
    }
}
