//! Text that cannot forge a line, a field or what a terminal shows.
//!
//! Code points that may not stand in any output: C0 and C1 controls, DEL, the line and paragraph
//! separators, the bidirectional controls and U+FEFF. Clean text is found eight bytes at a time and
//! copied in one piece; only text with something special is looked at byte by byte.

/// What is special in one place of one format, and how it is written there.
pub(super) trait Style {
    /// ASCII characters that are special beside the forbidden code points.
    const EXTRA: &'static [u8];
    /// Writes one special code point.
    fn special(code: u32, out: &mut Vec<u8>);
}

/// A message for people: a backslash stays a backslash.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plain;

impl Style for Plain {
    const EXTRA: &'static [u8] = b"";
    fn special(code: u32, out: &mut Vec<u8>) {
        match code {
            0x0A => out.extend_from_slice(b"\\n"),
            0x0D => out.extend_from_slice(b"\\r"),
            0x09 => out.extend_from_slice(b"\\t"),
            _ => {
                out.extend_from_slice(b"\\u{");
                let digits = (32 - code.leading_zeros()).div_ceil(4).max(2);
                hex_digits(code, digits, out);
                out.push(b'}');
            }
        }
    }
}

/// Between the quotes of a logfmt key or value: it reads back as it was.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quoted;

impl Style for Quoted {
    const EXTRA: &'static [u8] = b"\"\\";
    fn special(code: u32, out: &mut Vec<u8>) {
        match code {
            0x22 => out.extend_from_slice(b"\\\""),
            0x5C => out.extend_from_slice(b"\\\\"),
            _ => Plain::special(code, out),
        }
    }
}

/// Between the quotes of a JSON string.
#[derive(Clone, Copy, Debug)]
pub(super) struct JsonString;

impl Style for JsonString {
    const EXTRA: &'static [u8] = b"\"\\";
    fn special(code: u32, out: &mut Vec<u8>) {
        match code {
            0x22 => out.extend_from_slice(b"\\\""),
            0x5C => out.extend_from_slice(b"\\\\"),
            0x0A => out.extend_from_slice(b"\\n"),
            0x0D => out.extend_from_slice(b"\\r"),
            0x09 => out.extend_from_slice(b"\\t"),
            _ => {
                // Every special code point lies below U+10000: four digits are enough.
                out.extend_from_slice(b"\\u");
                hex_digits(code, 4, out);
            }
        }
    }
}

/// What a logfmt key or value may not hold without quotes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bare;

impl Style for Bare {
    const EXTRA: &'static [u8] = b"\" =";
    fn special(_code: u32, _out: &mut Vec<u8>) {}
}

/// Appends `text`, which is UTF-8, with everything special in `S` escaped.
#[inline]
pub(super) fn escape<S: Style>(text: &[u8], out: &mut Vec<u8>) {
    if is_simple::<S>(text) {
        out.extend_from_slice(text);
    } else {
        escape_slow::<S>(text, out);
    }
}

/// Whether nothing in `text`, which is UTF-8, is special in `S`.
#[inline]
pub(super) fn is_clean<S: Style>(text: &[u8]) -> bool {
    is_simple::<S>(text) || next_special::<S>(text, 0).is_none()
}

/// Appends `text` as a logfmt key or value: bare where that is unambiguous, else in quotes.
#[inline]
pub(super) fn logfmt(text: &[u8], out: &mut Vec<u8>) {
    if !text.is_empty() && is_clean::<Bare>(text) {
        out.extend_from_slice(text);
    } else {
        out.push(b'"');
        escape::<Quoted>(text, out);
        out.push(b'"');
    }
}

/// Appends a JSON string with its quotes.
#[inline]
pub(super) fn json_string(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    escape::<JsonString>(text, out);
    out.push(b'"');
}

pub(super) fn hex_digits(code: u32, digits: u32, out: &mut Vec<u8>) {
    for at in (0..digits).rev() {
        out.push(b"0123456789abcdef"[(code >> (at * 4)) as usize & 0xF]);
    }
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = ONES << 7;

/// Has a high bit set if and only if one of the eight bytes is a control, DEL, not ASCII or in
/// `S::EXTRA`. Which bit it is means nothing: borrows and carries cross bytes, but start only at a
/// byte that counts.
#[inline(always)]
fn flags<S: Style>(word: u64) -> u64 {
    let mut found = word | word.wrapping_add(ONES) | word.wrapping_sub(ONES * 0x20);
    for &extra in S::EXTRA {
        found |= (word ^ (ONES * u64::from(extra))).wrapping_sub(ONES);
    }
    found & HIGHS
}

/// Bytes that a vector instruction looks at.
const LANES: usize = 16;

/// Marks the places of bytes that are a control, DEL, not ASCII or in `S::EXTRA`. Written so that the compiler makes vector
/// instructions of it: no branch, and each place by itself.
#[inline(always)]
fn find<S: Style>(bytes: &[u8; LANES]) -> [u8; LANES] {
    let mut found = [0; LANES];
    for (found, &byte) in found.iter_mut().zip(bytes) {
        *found = if byte.wrapping_sub(0x20) >= 0x5F { 0xFF } else { 0 };
        for &extra in S::EXTRA {
            *found |= if byte == extra { 0xFF } else { 0 };
        }
    }
    found
}

#[inline(always)]
fn word(bytes: &[u8; 8]) -> u64 {
    u64::from_le_bytes(*bytes)
}

/// Whether `text` is ASCII with nothing special in it. It need not be UTF-8.
#[inline]
pub(super) fn is_simple<S: Style>(text: &[u8]) -> bool {
    if let Some(tail) = text.last_chunk::<LANES>() {
        let special = |bytes| find::<S>(bytes) != [0; LANES];
        return !special(tail) && !text.as_chunks::<LANES>().0.iter().any(special);
    }
    if let (Some(head), Some(tail)) = (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        return flags::<S>(word(head)) | flags::<S>(word(tail)) == 0;
    }
    // Bytes that are not there count as the letter `a`.
    let short = if let (Some(head), Some(tail)) = (text.first_chunk::<4>(), text.last_chunk::<4>())
    {
        u64::from(u32::from_le_bytes(*head)) | u64::from(u32::from_le_bytes(*tail)) << 32
    } else if let [first, .., last] = text {
        let middle = text[text.len() / 2];
        u64::from_le_bytes([*first, middle, *last, b'a', b'a', b'a', b'a', b'a'])
    } else if let [only] = text {
        u64::from_le_bytes([*only, b'a', b'a', b'a', b'a', b'a', b'a', b'a'])
    } else {
        return true;
    };
    flags::<S>(short) == 0
}

#[cold]
#[inline(never)]
fn escape_slow<S: Style>(text: &[u8], out: &mut Vec<u8>) {
    let mut from = 0;
    while let Some((at, code, len)) = next_special::<S>(text, from) {
        out.extend_from_slice(&text[from..at]);
        S::special(code, out);
        from = at + len;
    }
    out.extend_from_slice(&text[from..]);
}

/// Place, code point and length in bytes of the first special code point at or after `from`.
fn next_special<S: Style>(text: &[u8], mut from: usize) -> Option<(usize, u32, usize)> {
    loop {
        // A word without a suspicious byte is passed over, most letters of other scripts included.
        while let Some(bytes) = text.get(from..).and_then(|rest| rest.first_chunk::<8>()) {
            if suspicious::<S>(word(bytes)) {
                break;
            }
            from += 8;
        }
        let end = text.len().min(from + 8);
        while from < end {
            if let Some((code, len)) = special_at::<S>(&text[from..]) {
                return Some((from, code, len));
            }
            from += 1;
        }
        if from >= text.len() {
            return None;
        }
    }
}

/// Like [`flags`], but of the bytes beyond ASCII only the four that can begin a forbidden code
/// point count.
#[inline(always)]
fn suspicious<S: Style>(word: u64) -> bool {
    let low = word & !HIGHS;
    // Without the high bits nothing carries out of a byte, so each byte is judged exactly.
    let beyond = word & HIGHS;
    let control = !(low + ONES * 0x60) & HIGHS;
    let mut found = (control | (low + ONES)) & HIGHS & !beyond;
    let mut equal = |byte: u8| {
        let other = word ^ (ONES * u64::from(byte));
        found |= !(((other & !HIGHS) + ONES * 0x7F) | other) & HIGHS;
    };
    for lead in [0xC2, 0xD8, 0xE2, 0xEF] {
        equal(lead);
    }
    for &extra in S::EXTRA {
        equal(extra);
    }
    found != 0
}

/// The special code point with which `text` begins, and its length in bytes.
#[inline]
fn special_at<S: Style>(text: &[u8]) -> Option<(u32, usize)> {
    let second = || text.get(1).copied().unwrap_or(0);
    let third = || text.get(2).copied().unwrap_or(0);
    Some(match *text.first()? {
        byte @ (..0x20 | 0x7F) => (u32::from(byte), 1),
        byte @ ..0x80 if S::EXTRA.contains(&byte) => (u32::from(byte), 1),
        0xC2 if (0x80..0xA0).contains(&second()) => (u32::from(second()), 2),
        0xD8 if second() == 0x9C => (0x61C, 2),
        0xE2 => match (second(), third()) {
            (0x80, last @ (0x8E | 0x8F | 0xA8..=0xAE)) => (0x2000 + u32::from(last & 0x3F), 3),
            (0x81, last @ 0xA6..=0xA9) => (0x2040 + u32::from(last & 0x3F), 3),
            _ => return None,
        },
        0xEF if second() == 0xBB && third() == 0xBF => (0xFEFF, 3),
        _ => return None,
    })
}

/// The last short text that was escaped, and how it is written. Of one style.
#[derive(Clone, Debug)]
pub(super) struct Escaped {
    text: Vec<u8>,
    written: Vec<u8>,
}

impl Escaped {
    /// A longer text is not remembered.
    const SHORT: usize = 64;

    pub(super) const fn new() -> Self {
        Escaped { text: Vec::new(), written: Vec::new() }
    }

    /// Appends a text as [`escape`] does.
    pub(super) fn write<S: Style>(&mut self, text: &[u8], out: &mut Vec<u8>) {
        if self.text != text {
            if text.len() > Self::SHORT {
                return escape::<S>(text, out);
            }
            self.text.clear();
            self.text.extend_from_slice(text);
            self.written.clear();
            escape::<S>(text, &mut self.written);
        }
        out.extend_from_slice(&self.written);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forbidden(c: char) -> bool {
        c.is_control()
            || matches!(c, '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{2028}' | '\u{2029}')
            || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
    }

    fn escaped<S: Style>(text: &str) -> String {
        let mut out = Vec::new();
        escape::<S>(text.as_bytes(), &mut out);
        String::from_utf8(out).unwrap()
    }

    /// The same, one character at a time.
    fn slowly<S: Style>(text: &str) -> String {
        let mut out = Vec::new();
        for c in text.chars() {
            if forbidden(c) || (c.is_ascii() && S::EXTRA.contains(&(c as u8))) {
                S::special(c.into(), &mut out);
            } else {
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn exactly_the_forbidden_characters_are_special() {
        for c in '\0'..=char::MAX {
            // Alone, at the end of a word and across two words.
            for text in [format!("{c}"), format!("abcdefg{c}"), format!("abcdef{c}xyzxyzxyz")] {
                assert_eq!(escaped::<Plain>(&text), slowly::<Plain>(&text), "{c:?}");
            }
            let text = format!("a{c}");
            assert_eq!(escaped::<JsonString>(&text), slowly::<JsonString>(&text), "{c:?}");
            let bare = !(forbidden(c) || matches!(c, ' ' | '=' | '"'));
            let mut out = Vec::new();
            logfmt(text.as_bytes(), &mut out);
            assert_eq!(out == text.as_bytes(), bare, "{c:?}");
        }
    }

    #[test]
    fn every_place_in_every_length_is_looked_at() {
        for special in ["\n", "\"", "\\", "\u{7F}", "\u{85}", "\u{202E}", "\u{FEFF}"] {
            for around in ["a", "~", "é", "漢", "🛎️", "\u{A0}", "\u{2027}"] {
                for before in 0..20 {
                    for after in 0..20 {
                        let text =
                            format!("{}{special}{}", around.repeat(before), around.repeat(after));
                        assert_eq!(escaped::<Plain>(&text), slowly::<Plain>(&text));
                        assert_eq!(escaped::<Quoted>(&text), slowly::<Quoted>(&text));
                        assert_eq!(escaped::<JsonString>(&text), slowly::<JsonString>(&text));
                    }
                }
            }
        }
    }

    #[test]
    fn spelling() {
        let text = "a\tb\r\n\u{1B}[0m \u{7F} \u{202E} \"c\\\" 🛎️";
        assert_eq!(escaped::<Plain>(text), r#"a\tb\r\n\u{1b}[0m \u{7f} \u{202e} "c\" 🛎️"#);
        assert_eq!(escaped::<Quoted>(text), r#"a\tb\r\n\u{1b}[0m \u{7f} \u{202e} \"c\\\" 🛎️"#);
        assert_eq!(escaped::<JsonString>(text), r#"a\tb\r\n\u001b[0m \u007f \u202e \"c\\\" 🛎️"#);
        assert_eq!(escaped::<Plain>("\u{0}\u{7}"), r"\u{00}\u{07}");
    }
}
