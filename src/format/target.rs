//! The name of a bound logger in a line.

use super::piece::{ROOM, SHORT, short};

/// What stands around a bound logger's name, and instead of it.
#[derive(Debug, Default)]
pub(super) struct Target {
    pub(super) before: Vec<u8>,
    pub(super) after: Vec<u8>,
    /// All of it, where the logger has no name.
    pub(super) own: Vec<u8>,
}

impl Target {
    /// What is to be written, one behind the other.
    #[inline(always)]
    fn parts<'t>(&'t self, name: Option<&'t [u8]>) -> [&'t [u8]; 3] {
        match name {
            None => [&self.own, b"", b""],
            Some([]) => [b"", b"", b""],
            Some(name) => [&self.before, name, &self.after],
        }
    }

    /// Writes it if it is short; returns its length.
    #[inline(always)]
    pub(super) fn put(&self, name: Option<&[u8]>, room: &mut [u8; ROOM]) -> Option<usize> {
        let parts = self.parts(name);
        if parts.iter().map(|part| part.len()).sum::<usize>() > SHORT {
            return None;
        }
        let mut at = 0;
        for part in parts {
            at += short(part, &mut room[at..]);
        }
        Some(at)
    }

    pub(super) fn write(&self, name: Option<&[u8]>, out: &mut Vec<u8>) {
        self.parts(name).iter().for_each(|part| out.extend_from_slice(part));
    }
}
