//! Memory into a new file, by nothing but system calls: for handlers of signals.

use super::Mapping;
use core::ffi::CStr;

/// Writes the memory into a new file that only its owner may read; false if it cannot be made or filled. Nothing is left
/// behind then. Async-signal-safe.
pub(crate) fn dump(path: &CStr, memory: &Mapping) -> bool {
    let (start, len) = (memory.base(), memory.len());
    let flags = libc::O_WRONLY | libc::O_CREAT | libc::O_EXCL | libc::O_NOFOLLOW | libc::O_CLOEXEC;
    // SAFETY: the path is a string that ends with a zero.
    let file = unsafe { libc::open(path.as_ptr(), flags, 0o600) };
    if file < 0 {
        return false;
    }
    let mut written = 0;
    while written < len {
        // SAFETY: the rest of the mapping. It is the system that reads it, while others may write.
        let n = unsafe { libc::write(file, start.add(written).cast(), len - written) };
        match n {
            1.. => written += n as usize,
            _ if n < 0 && interrupted() => {}
            _ => break,
        }
    }
    // SAFETY: opened above.
    unsafe { libc::close(file) };
    if written < len {
        // SAFETY: as above.
        unsafe { libc::unlink(path.as_ptr()) };
    }
    written == len
}

fn interrupted() -> bool {
    std::io::Error::last_os_error().raw_os_error() == Some(libc::EINTR)
}
