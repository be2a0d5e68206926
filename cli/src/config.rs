//! `ripsaw check-config`, `ripsaw explain` and `ripsaw config`: configuration files, without an engine.

use clap::Args;
use ripsaw::{Document, FileError, Level, Supposed, Value};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::{fail, report};

/// Which file to check.
#[derive(Debug, Args, Clone, PartialEq, Eq)]
pub(crate) struct CheckArgs {
    /// The configuration file
    file: PathBuf,
}

impl CheckArgs {
    pub(crate) fn run(&self) -> ExitCode {
        match read(&self.file) {
            Ok(document) => {
                let lines =
                    document.warnings().iter().map(|warning| format!("warning: {warning}\n"));
                // A closed standard error leaves nobody to tell.
                let _ = std::io::stderr().write_all(lines.collect::<String>().as_bytes());
                ExitCode::SUCCESS
            }
            Err(status) => status,
        }
    }
}

/// Which record is asked for.
#[derive(Debug, Args, Clone, PartialEq)]
pub(crate) struct ExplainArgs {
    /// The configuration file
    file: PathBuf,
    /// The record's target, or its logger's name
    #[arg(long, value_name = "NAME")]
    target: String,
    /// The record's level
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    level: Level,
    /// The record's message, for filters on it
    #[arg(long, value_name = "TEXT")]
    message: Option<String>,
    /// A field of the record, for filters on fields; true, false and numbers are taken for such, all else, and what is in
    /// quotes, for text
    #[arg(long, value_name = "KEY=VALUE", value_parser = field)]
    field: Vec<(String, Value)>,
}

impl ExplainArgs {
    pub(crate) fn run(&self) -> ExitCode {
        match read(&self.file) {
            Ok(document) => {
                let mut record = Supposed::new(&self.target, self.level);
                if let Some(message) = &self.message {
                    record = record.message(message);
                }
                for (key, value) in &self.field {
                    record = record.field(key, value.clone());
                }
                let text = document.explain_record(&record);
                report::print(&text).unwrap_or_else(|error| fail(1, &error))
            }
            Err(status) => status,
        }
    }
}

/// What to print of the configuration.
#[derive(Debug, Args, Clone, PartialEq, Eq)]
pub(crate) struct ConfigArgs {
    /// Print the JSON Schema of configuration files, for editors
    #[arg(long, required = true)]
    schema: bool,
}

impl ConfigArgs {
    pub(crate) fn text(&self) -> String {
        Document::json_schema()
    }
}

fn level(name: &str) -> Result<Level, String> {
    name.parse().map_err(|error: ripsaw::LevelError| error.to_string())
}

/// `key=value`.
fn field(text: &str) -> Result<(String, Value), String> {
    let (key, value) = text.split_once('=').ok_or("use KEY=VALUE")?;
    let quoted = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let value = match (quoted, value) {
        (Some(text), _) => Value::from(text.to_owned()),
        (None, "true") => Value::from(true),
        (None, "false") => Value::from(false),
        (None, text) => match (text.parse::<i64>(), text.parse::<f64>()) {
            (Ok(number), _) => Value::from(number),
            (_, Ok(number)) => Value::from(number),
            _ => Value::from(text.to_owned()),
        },
    };
    Ok((key.to_owned(), value))
}

/// The document, or the status after all its errors were printed.
fn read(path: &Path) -> Result<Document, ExitCode> {
    Document::read(path).map_err(|error| match error {
        FileError::Document(errors) => {
            let shown = path.display().to_string().replace(|c: char| c.is_control(), "?");
            let lines = errors.errors().iter().map(|error| {
                let said = error.to_string();
                let place = format!("{}:{}: ", error.line, error.column);
                let rest = said.strip_prefix(&place).unwrap_or(&said);
                format!("{shown}:{place}error: {rest}\n")
            });
            // A closed standard error leaves nobody to tell; the status still says it.
            let _ = std::io::stderr().write_all(lines.collect::<String>().as_bytes());
            ExitCode::from(1)
        }
        other => fail(1, &other.to_string()),
    })
}
