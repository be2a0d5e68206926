//! What foreign formatters print, as bridges put it into records.

use crate::codec::{TextOf, TreeWriter};
use crate::sync::caught;
use std::fmt::{Arguments, Write as _};

/// Renders text of unknown length.
pub(super) fn text(w: &mut impl TreeWriter, debug: bool, args: Arguments<'_>) {
    let at = w.open_text(debug);
    let mut out = TextOf::new(w);
    let done = caught(|| out.write_fmt(args));
    out.end();
    if !matches!(done, Some(Ok(()))) {
        w.put(b"[formatter failed]");
    }
    let len = w.len() - at - 4;
    w.patch(at, len as u32);
}
