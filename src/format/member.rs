//! The parts of a JSON line, and how each is spelled.

use crate::meta::Level;

/// A part of a line that the engine knows by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Member {
    /// When the call was made, as [`Schema::time`](crate::format::Schema::time) says.
    Timestamp,
    /// The level, as [`Schema::level`](crate::format::Schema::level) says.
    Level,
    /// The level's name in upper case, for schemas whose [`Member::Level`] is a number.
    LevelText,
    /// The logger's name, or the target.
    Logger,
    /// The message, or the event's name where there is no message.
    Event,
    /// The source file. Left out where it is not known, as are the next three.
    File,
    /// The source line.
    Line,
    /// The source line as text.
    LineText,
    /// The module path.
    Module,
    /// The thread's name, or its id as text where it has none.
    Thread,
    /// The operating system's id of the thread.
    ThreadId,
    /// The id of the process that writes: a system call a record.
    Pid,
    /// The record's position in its lane, from 0.
    Seq,
    /// The fields.
    Fields,
}

impl Member {
    /// The key unless [`Schema::key`] says otherwise.
    pub(super) const fn default_key(self) -> &'static str {
        match self {
            Member::Timestamp => "timestamp",
            Member::Level => "level",
            Member::LevelText => "level_text",
            Member::Logger => "logger",
            Member::Event => "event",
            Member::File => "file",
            Member::Line | Member::LineText => "line",
            Member::Module => "module",
            Member::Thread => "thread",
            Member::ThreadId => "thread_id",
            Member::Pid => "pid",
            Member::Seq => "seq",
            Member::Fields => "fields",
        }
    }
}

/// How a level is spelled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum LevelForm {
    /// `"info"`
    #[default]
    Lower,
    /// `"INFO"`
    Upper,
    /// The number of [`Level`]: 5, 10, 20, 30, 40, 50.
    Number,
    /// The severity of syslog: TRACE and DEBUG 7, INFO 6, WARNING 4, ERROR 3, CRITICAL 2.
    Syslog,
    /// The severity of Google Cloud: `"DEBUG"` also for TRACE, then `"INFO"`, `"WARNING"`, `"ERROR"`, `"CRITICAL"`.
    Gcp,
    /// The severity number of OpenTelemetry: 1, 5, 9, 13, 17, 21.
    OpenTelemetry,
}

impl LevelForm {
    /// A level as JSON.
    pub(super) const fn json(self, level: Level) -> &'static str {
        let forms = match self {
            LevelForm::Lower => [
                r#""trace""#,
                r#""debug""#,
                r#""info""#,
                r#""warning""#,
                r#""error""#,
                r#""critical""#,
            ],
            LevelForm::Upper => [
                r#""TRACE""#,
                r#""DEBUG""#,
                r#""INFO""#,
                r#""WARNING""#,
                r#""ERROR""#,
                r#""CRITICAL""#,
            ],
            LevelForm::Number => ["5", "10", "20", "30", "40", "50"],
            LevelForm::Syslog => ["7", "7", "6", "4", "3", "2"],
            LevelForm::Gcp => [
                r#""DEBUG""#,
                r#""DEBUG""#,
                r#""INFO""#,
                r#""WARNING""#,
                r#""ERROR""#,
                r#""CRITICAL""#,
            ],
            LevelForm::OpenTelemetry => ["1", "5", "9", "13", "17", "21"],
        };
        forms[level.index()]
    }
}

/// What becomes of fields with the same key. A field of a bound logger always gives way to one of the call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Duplicates {
    /// The last one counts.
    #[default]
    Last,
    /// The first one counts.
    First,
    /// All are written: the second one of `id` as `id_2`, and so on.
    Suffix,
}
