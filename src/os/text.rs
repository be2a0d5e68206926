//! Files of text that somebody else has written.

use std::fs::{FileType, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;

/// Reads a regular file of UTF-8 of at most `limit` bytes. Whatever the path leads to, this neither waits nor takes more memory.
pub(crate) fn read_text(path: &Path, limit: u64) -> io::Result<String> {
    let wrong = |why: String| Err(io::Error::new(io::ErrorKind::InvalidData, why));
    // Without O_NONBLOCK to open a FIFO waits for whoever writes it; with O_NOCTTY a terminal stays a stranger.
    let flags = libc::O_NONBLOCK | libc::O_NOCTTY;
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let meta = file.metadata()?;
    if !meta.is_file() {
        return wrong(format!("it is {}; name a file", kind(meta.file_type())));
    }
    if meta.len() > limit {
        return wrong(format!("it has {} bytes, and at most {limit} are read", meta.len()));
    }
    let mut bytes = Vec::new();
    // It may grow, and files of the system have no length.
    file.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return wrong(format!("it has more than {limit} bytes, which is the most that is read"));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text),
        Err(e) => {
            let valid = e.utf8_error().valid_up_to();
            let line = e.as_bytes()[..valid].iter().filter(|byte| **byte == b'\n').count() + 1;
            wrong(format!("it is no UTF-8: byte {valid}, in line {line}"))
        }
    }
}

fn kind(file: FileType) -> &'static str {
    if file.is_dir() {
        "a directory"
    } else if file.is_fifo() {
        "a pipe"
    } else if file.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}
