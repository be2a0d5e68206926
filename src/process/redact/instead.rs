//! What is written in the place of a secret.

use crate::codec::{TreeWriter as _, ValueRef};
use std::borrow::Cow;
use std::hash::{BuildHasher as _, RandomState};

/// What is written instead.
#[derive(Clone, Debug)]
pub(super) enum Instead {
    /// The marker that the formats know.
    Marker,
    Text(String),
    Hash([u64; 2]),
    /// So many characters of the end.
    Last(usize),
}

impl Instead {
    pub(super) fn random_hash() -> Instead {
        let random = RandomState::new();
        Instead::Hash([random.hash_one(0), random.hash_one(1)])
    }

    /// The text for a value; none for the marker.
    pub(super) fn of(&self, value: ValueRef<'_>) -> Option<String> {
        match (self, value) {
            (Instead::Marker, _) | (_, ValueRef::Redacted | ValueRef::Null) => None,
            (Instead::Text(text), _) => Some(text.clone()),
            (Instead::Hash(key), _) => Some(match text_of(value) {
                Some(text) => hash(*key, text.as_bytes()),
                None => {
                    let mut bytes = Vec::new();
                    bytes.leaf(value);
                    hash(*key, &bytes)
                }
            }),
            (Instead::Last(n), _) => Some(last(*n, &text_of(value)?)),
        }
    }

    /// The text for a part of a text.
    pub(super) fn of_text(&self, text: &str) -> String {
        self.of(ValueRef::Str(text)).unwrap_or_else(|| "[REDACTED]".to_owned())
    }
}

/// A value that is not made of others, as text.
pub(super) fn text_of(value: ValueRef<'_>) -> Option<Cow<'_, str>> {
    Some(match value {
        ValueRef::Str(text) | ValueRef::Text(text) | ValueRef::Debug(text) => text.into(),
        ValueRef::I64(v) => v.to_string().into(),
        ValueRef::U64(v) => v.to_string().into(),
        ValueRef::I128(v) => v.to_string().into(),
        ValueRef::U128(v) => v.to_string().into(),
        ValueRef::F64(v) => v.to_string().into(),
        ValueRef::F32(v) => v.to_string().into(),
        ValueRef::Char(v) => v.to_string().into(),
        ValueRef::Ip(v) => v.to_string().into(),
        _ => return None,
    })
}

/// The end of a text that is at least twice as long.
fn last(n: usize, text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    match chars.len().checked_sub(n) {
        Some(rest) if rest >= n => std::iter::once("****".to_owned())
            .chain(chars[rest..].iter().map(char::to_string))
            .collect(),
        _ => "****".to_owned(),
    }
}

/// SipHash-2-4 in hexadecimal digits.
fn hash(key: [u64; 2], bytes: &[u8]) -> String {
    format!("hash:{:016x}", siphash(key, bytes))
}

fn siphash([k0, k1]: [u64; 2], bytes: &[u8]) -> u64 {
    let mut v = [
        k0 ^ 0x736f_6d65_7073_6575,
        k1 ^ 0x646f_7261_6e64_6f6d,
        k0 ^ 0x6c79_6765_6e65_7261,
        k1 ^ 0x7465_6462_7974_6573,
    ];
    fn round([mut a, mut b, mut c, mut d]: [u64; 4]) -> [u64; 4] {
        a = a.wrapping_add(b);
        b = b.rotate_left(13) ^ a;
        a = a.rotate_left(32);
        c = c.wrapping_add(d);
        d = d.rotate_left(16) ^ c;
        a = a.wrapping_add(d);
        d = d.rotate_left(21) ^ a;
        c = c.wrapping_add(b);
        b = b.rotate_left(17) ^ c;
        c = c.rotate_left(32);
        [a, b, c, d]
    }
    let chunks = bytes.chunks_exact(8);
    let mut end = [0; 8];
    end[..chunks.remainder().len()].copy_from_slice(chunks.remainder());
    end[7] = bytes.len() as u8;
    let words = chunks.map(|chunk| chunk.try_into().unwrap_or_default());
    for word in words.chain([end]).map(u64::from_le_bytes) {
        v[3] ^= word;
        v = round(round(v));
        v[0] ^= word;
    }
    v[2] ^= 0xff;
    let [a, b, c, d] = round(round(round(round(v))));
    a ^ b ^ c ^ d
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_siphash() {
        let key = [0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908];
        let bytes: Vec<u8> = (0..15).collect();
        assert_eq!(siphash(key, &bytes), 0xa129_ca61_49be_45e5);
        assert_eq!(siphash(key, &[]), 0x726f_db47_dd0e_0e31);
    }

    #[test]
    fn the_end_of_a_short_text_is_not_shown() {
        assert_eq!(last(4, "4111111111111111"), "****1111");
        assert_eq!(last(4, "1234567"), "****");
    }
}
