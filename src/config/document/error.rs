//! What is wrong with a document: everything at once.

use std::fmt;
use std::path::{Path, PathBuf};

/// One thing that is wrong with a document.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct DocumentError {
    /// The line, from 1.
    pub line: usize,
    /// The character of the line, from 1.
    pub column: usize,
    /// The key with all tables around it: `routes[0].level`. Empty for the document as a whole, and where the text is no TOML.
    pub key: String,
    /// The value as it would stand in a document; `None` where there is none, or where it may be a secret: below keys that no
    /// document has, and below those whose name speaks of one (`token`, `password`, ...). Of a text of more than 32 characters, or
    /// of 16 with letters and digits and no space, only how long it is: `(text of 40 characters)`.
    pub value: Option<String>,
    /// What is wrong, and what is allowed.
    pub remedy: String,
    /// The nearest name of those that are allowed, if one is near.
    pub nearest: Option<String>,
}

impl fmt::Display for DocumentError {
    /// `3:9: routes[0].level = "inof": use trace, ...; did you mean "info"?`, in one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.line, self.column)?;
        if !self.key.is_empty() {
            f.write_str(&self.key)?;
            match &self.value {
                Some(value) => write!(f, " = {value}: ")?,
                None => f.write_str(": ")?,
            }
        }
        f.write_str(&self.remedy)?;
        self.nearest.iter().try_for_each(|name| write!(f, "; did you mean {name:?}?"))
    }
}

impl std::error::Error for DocumentError {}

/// Everything that is wrong with a document, in the order of its lines; at least one thing.
#[derive(Clone, PartialEq, Eq)]
pub struct DocumentErrors {
    errors: Vec<DocumentError>,
    path: Option<PathBuf>,
}

impl DocumentErrors {
    pub(super) fn new(errors: Vec<DocumentError>) -> DocumentErrors {
        DocumentErrors { errors, path: None }
    }

    /// The same, of this file.
    pub(super) fn of_file(self, path: &Path) -> DocumentErrors {
        DocumentErrors { path: Some(path.to_owned()), ..self }
    }

    /// The errors, in the order of the lines.
    pub fn errors(&self) -> &[DocumentError] {
        &self.errors
    }

    /// The file, if the document was read from one.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }
}

impl fmt::Display for DocumentErrors {
    /// A line for each, with the file before its place if there is one: `ripsaw.toml:3:9: ...`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.errors.iter().enumerate().try_for_each(|(i, error)| {
            f.write_str(if i == 0 { "" } else { "\n" })?;
            self.path.iter().try_for_each(|path| write!(f, "{}:", path.display()))?;
            error.fmt(f)
        })
    }
}

impl fmt::Debug for DocumentErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for DocumentErrors {}

/// Why a configuration file was not taken. Its `Debug` is its `Display`.
#[non_exhaustive]
pub enum FileError {
    /// The file could not be read.
    Read {
        /// Which file.
        path: std::path::PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The document is wrong.
    Document(DocumentErrors),
    /// The document is right, but something that it names cannot be used: a file cannot be opened.
    Config(crate::error::ConfigError),
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FileError::Read { path, source } => {
                write!(f, "{} cannot be read: {source}", path.display())
            }
            FileError::Document(errors) => errors.fmt(f),
            FileError::Config(error) => error.fmt(f),
        }
    }
}

impl fmt::Debug for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for FileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            FileError::Read { source, .. } => Some(source),
            FileError::Document(errors) => Some(errors),
            FileError::Config(error) => Some(error),
        }
    }
}

impl From<DocumentErrors> for FileError {
    fn from(errors: DocumentErrors) -> FileError {
        FileError::Document(errors)
    }
}
