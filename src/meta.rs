//! Levels and the static description of a logging statement.

use core::fmt;
use core::str::FromStr;

/// How severe a record is. The numbers are those of Python's `logging`, with TRACE below DEBUG.
///
/// ```
/// use ripsaw::Level;
/// assert!(Level::Critical > Level::Error);
/// assert_eq!("warn".parse::<Level>().unwrap(), Level::Warning);
/// assert_eq!(Level::Info.as_str(), "info");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Level {
    /// Finest detail (5).
    Trace = 5,
    /// Detail for developers (10).
    Debug = 10,
    /// Normal operation (20).
    Info = 20,
    /// Something unexpected that was handled (30).
    Warning = 30,
    /// An operation failed (40).
    Error = 40,
    /// The service itself is in danger (50).
    Critical = 50,
}

impl Level {
    /// [`Level::Trace`], as users of `tracing` spell it.
    pub const TRACE: Level = Level::Trace;
    /// [`Level::Debug`].
    pub const DEBUG: Level = Level::Debug;
    /// [`Level::Info`].
    pub const INFO: Level = Level::Info;
    /// [`Level::Warning`].
    pub const WARN: Level = Level::Warning;
    /// [`Level::Error`].
    pub const ERROR: Level = Level::Error;
    /// [`Level::Critical`].
    pub const CRITICAL: Level = Level::Critical;

    /// Every level, least severe first.
    pub const ALL: [Level; 6] =
        [Level::Trace, Level::Debug, Level::Info, Level::Warning, Level::Error, Level::Critical];

    /// The lower-case name, as records print it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Level::Trace => "trace",
            Level::Debug => "debug",
            Level::Info => "info",
            Level::Warning => "warning",
            Level::Error => "error",
            Level::Critical => "critical",
        }
    }

    /// Position in [`Level::ALL`]: 0 for trace, 5 for critical.
    pub const fn index(self) -> usize {
        match self {
            Level::Trace => 0,
            Level::Debug => 1,
            Level::Info => 2,
            Level::Warning => 3,
            Level::Error => 4,
            Level::Critical => 5,
        }
    }

    /// The level with this number, or `None` for any other number.
    pub const fn from_number(n: u8) -> Option<Level> {
        Some(match n {
            5 => Level::Trace,
            10 => Level::Debug,
            20 => Level::Info,
            30 => Level::Warning,
            40 => Level::Error,
            50 => Level::Critical,
            _ => return None,
        })
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Level {
    type Err = LevelError;

    /// Any case; `warn` and `fatal` are accepted as aliases.
    fn from_str(s: &str) -> Result<Self, LevelError> {
        let eq = |name: &str| s.eq_ignore_ascii_case(name);
        if eq("warn") {
            return Ok(Level::Warning);
        }
        if eq("fatal") {
            return Ok(Level::Critical);
        }
        Level::ALL.into_iter().find(|l| eq(l.as_str())).ok_or_else(|| LevelError(s.to_owned()))
    }
}

/// A threshold: a record passes when its level is at least this.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum LevelFilter {
    /// Everything passes (0).
    NotSet = 0,
    /// At least [`Level::Trace`].
    Trace = 5,
    /// At least [`Level::Debug`].
    Debug = 10,
    /// At least [`Level::Info`].
    Info = 20,
    /// At least [`Level::Warning`].
    Warning = 30,
    /// At least [`Level::Error`].
    Error = 40,
    /// Only [`Level::Critical`].
    Critical = 50,
    /// Nothing passes.
    Off = 255,
}

impl LevelFilter {
    /// Whether a record of `level` passes.
    #[inline]
    pub const fn allows(self, level: Level) -> bool {
        level as u8 >= self as u8
    }
}

impl From<Level> for LevelFilter {
    fn from(level: Level) -> Self {
        match level {
            Level::Trace => LevelFilter::Trace,
            Level::Debug => LevelFilter::Debug,
            Level::Info => LevelFilter::Info,
            Level::Warning => LevelFilter::Warning,
            Level::Error => LevelFilter::Error,
            Level::Critical => LevelFilter::Critical,
        }
    }
}

impl fmt::Display for LevelFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Level::from_number(*self as u8) {
            Some(level) => f.pad(level.as_str()),
            None if *self == LevelFilter::Off => f.pad("off"),
            None => f.pad("notset"),
        }
    }
}

impl FromStr for LevelFilter {
    type Err = LevelError;

    /// A level name in any case, or `off`, or `notset`.
    fn from_str(s: &str) -> Result<Self, LevelError> {
        if s.eq_ignore_ascii_case("off") {
            return Ok(LevelFilter::Off);
        }
        if s.eq_ignore_ascii_case("notset") {
            return Ok(LevelFilter::NotSet);
        }
        s.parse::<Level>().map(LevelFilter::from)
    }
}

/// Whether a target is `prefix` or lies below it: `::` and `.` separate the parts.
pub(crate) fn covers(prefix: &str, target: &str) -> bool {
    target
        .strip_prefix(prefix)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with("::") || rest.starts_with('.'))
}

/// A text that names no level.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LevelError(String);

impl fmt::Display for LevelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "unknown level {:?}: use trace, debug, info, warning, error, critical, off or notset",
            self.0
        )
    }
}

impl std::error::Error for LevelError {}

/// What a logging statement says of itself, fixed at compile time.
#[derive(Debug)]
#[non_exhaustive]
pub struct Metadata {
    /// Severity.
    pub level: Level,
    /// What filters and routes match on; the module path unless `target:` says otherwise.
    pub target: &'static str,
    /// Module path of the statement.
    pub module: &'static str,
    /// Source file.
    pub file: &'static str,
    /// Source line, from 1.
    pub line: u32,
    /// Event name given by `name:`, or empty.
    pub name: &'static str,
    /// The message in pieces. Empty when the statement has only fields.
    pub template: &'static [Piece],
    /// Names of the fields, which are the first arguments of the frame.
    pub fields: &'static [&'static str],
    /// What the arguments of the message are called in the source, as `user.name` in `info!("hello {}", user.name)`; they
    /// follow the fields in the frame. Empty for one without a name, and fewer than there are where none has one.
    pub args: &'static [&'static str],
}

impl Metadata {
    /// For the macros: every part by position, so that the struct can grow.
    #[doc(hidden)]
    #[allow(clippy::too_many_arguments)]
    pub const fn new(
        level: Level,
        target: &'static str,
        module: &'static str,
        file: &'static str,
        line: u32,
        name: &'static str,
        template: &'static [Piece],
        fields: &'static [&'static str],
    ) -> Self {
        Metadata { level, target, module, file, line, name, template, fields, args: &[] }
    }

    /// The same, with the names of the message's arguments.
    #[doc(hidden)]
    pub const fn with_args(mut self, args: &'static [&'static str]) -> Self {
        self.args = args;
        self
    }
}

/// A part of a message template.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Piece {
    /// Literal text, `{{` and `}}` already resolved.
    Lit(&'static str),
    /// The argument at this position in the frame, rendered with this spec.
    Arg(u16, Spec),
}

/// The part of a format specification that the writer applies.
///
/// Specifications that the writer cannot apply (`{:p}`, a width taken from an argument) are
/// rendered on the caller, and arrive as [`Spec::NONE`].
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Spec {
    /// Padding character; a space when the template names none.
    pub fill: char,
    /// `<`, `^` or `>`.
    pub align: Option<Align>,
    /// `+`.
    pub plus: bool,
    /// `#`.
    pub alternate: bool,
    /// `0`.
    pub zero: bool,
    /// Least number of characters.
    pub width: Option<u16>,
    /// Digits after the point, or most characters of a string.
    pub precision: Option<u16>,
    /// Display, Debug, hexadecimal and so on.
    pub kind: Kind,
}

impl Spec {
    /// `{}`.
    pub const NONE: Spec = Spec {
        fill: ' ',
        align: None,
        plus: false,
        alternate: false,
        zero: false,
        width: None,
        precision: None,
        kind: Kind::Display,
    };

    /// Whether this is a bare `{}`.
    #[inline]
    pub const fn is_none(&self) -> bool {
        matches!(
            self,
            Spec {
                align: None,
                plus: false,
                alternate: false,
                zero: false,
                width: None,
                precision: None,
                kind: Kind::Display,
                ..
            }
        )
    }
}

/// Where the padding goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Align {
    /// `<`: text first.
    Left,
    /// `^`: padding on both sides.
    Center,
    /// `>`: text last.
    Right,
}

/// The formatting trait that a placeholder asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// `{}`
    Display,
    /// `{:?}`
    Debug,
    /// `{:x?}`
    DebugLowerHex,
    /// `{:X?}`
    DebugUpperHex,
    /// `{:x}`
    LowerHex,
    /// `{:X}`
    UpperHex,
    /// `{:o}`
    Octal,
    /// `{:b}`
    Binary,
    /// `{:e}`
    LowerExp,
    /// `{:E}`
    UpperExp,
}
