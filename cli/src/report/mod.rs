//! What is shown: the JSON document, the table and the page are three views of one [`Document`].

mod document;
mod html;
mod numbers;
mod svg;
mod table;

pub(crate) use document::{Document, Row};
pub(crate) use html::html;
pub(crate) use table::table;

use std::io::{ErrorKind, Write as _};
use std::process::ExitCode;

/// Writes `text` to standard output. A reader that has gone away ends the program quietly.
///
/// # Errors
/// One line for any other failure to write.
pub(crate) fn print(text: &str) -> Result<ExitCode, String> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(format!("cannot write on standard output: {error}"))
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}
