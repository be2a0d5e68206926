//! How the files of the engine are opened: appending, never through a stranger's link, never waiting.

use crate::os;
use std::fs::{self, OpenOptions};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

/// A folder's bits that make it a place where everybody may leave files: sticky, and writable for others.
const OPEN_TO_ALL: u32 = 0o1002;

/// Opens `path` for appending and creates it with mode 0640. A named pipe that nobody reads is an error at once.
pub(super) fn append(path: &Path) -> io::Result<fs::File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true).mode(0o640);
    // The descriptor is not inherited across `exec`: the standard library sets `O_CLOEXEC`.
    let flags = libc::O_NOCTTY;
    if is_pipe(path) {
        // Open for reading as well, it would count as its own reader, and lose what it holds at the end.
        let file = options.custom_flags(flags | libc::O_NONBLOCK).open(path);
        let file = file.map_err(|e| match e.raw_os_error() {
            Some(libc::ENXIO) => io::Error::new(e.kind(), "nobody reads this named pipe"),
            _ => e,
        })?;
        os::set_blocking(file.as_fd())?;
        return Ok(file);
    }
    // To look whether it ends with a whole line, it must be readable.
    options.read(true);
    match options.custom_flags(flags | libc::O_NOFOLLOW).open(path) {
        // The kernel may have been faster with the rule.
        Err(e) if matches!(e.raw_os_error(), Some(libc::ELOOP | libc::EACCES)) && is_link(path) => {
            check_link(path)?;
            options.custom_flags(flags).open(path)
        }
        opened => opened,
    }
}

/// Whether `path` leads to a named pipe.
pub(super) fn is_pipe(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|meta| meta.file_type().is_fifo())
}

fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|meta| meta.is_symlink())
}

/// The rule of the kernel's `protected_symlinks`, whether or not it is switched on: in a folder where everybody may leave
/// files, a link is followed only if it belongs to the user of the process or to the owner of the folder.
fn check_link(path: &Path) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let (link, folder) = (fs::symlink_metadata(path)?, fs::metadata(folder)?);
    let open_to_all = folder.mode() & OPEN_TO_ALL == OPEN_TO_ALL;
    if open_to_all && link.uid() != os::effective_user() && link.uid() != folder.uid() {
        let what = format!(
            "is a symbolic link of user {} in a folder that everybody may write to; it is not followed",
            link.uid()
        );
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, what));
    }
    Ok(())
}
