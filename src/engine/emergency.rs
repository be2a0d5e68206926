//! The last resort after a crash: the writer is gone, or does not answer.

use super::Engine;
use crate::image::placed;
use crate::os;
use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The path of a dump, ready for a handler that may not allocate; none if it holds a zero.
pub(super) fn dump_path(path: &Path) -> Option<CString> {
    CString::new(placed(path).as_os_str().as_bytes()).ok()
}

/// Saves the arena without the writer; whether it is saved. Called in a signal handler, while the memory may
/// be damaged: no lock, no allocation, nothing but plain reads and system calls.
pub(super) fn emergency_dump(engine: &Engine) -> bool {
    let arena = &engine.front.arena;
    if arena.file().is_some() {
        os::write_error(
            b"ripsaw: what is on its way stays in the arena's file for the next start\n",
        );
        return true;
    }
    let path = engine.crash_file.as_deref().filter(|_| arena.image().is_some());
    let saved = path.is_some_and(|path| os::dump(path, arena.memory()));
    os::write_error(if saved {
        b"ripsaw: what is on its way stays in the crash file for the next start\n"
    } else {
        b"ripsaw: the writer cannot write any more: what was on its way is lost\n"
    });
    saved
}
