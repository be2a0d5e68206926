//! The last resort after a crash: the writer is gone, or does not answer.

use super::Engine;

/// Saves what it can without the writer; whether it saved anything. Called in a signal handler, while the memory may
/// be damaged: no lock, no allocation, nothing but plain reads and `write`.
pub(super) fn emergency_dump(_engine: &Engine) -> bool {
    crate::os::write_error(
        b"ripsaw: the writer cannot write any more: what was on its way is lost\n",
    );
    false
}
