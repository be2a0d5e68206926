//! What the formats promise of text, and readers that give back what was logged: written from the documentation, one
//! character at a time.

use std::fmt::Write;

/// Whether a character may stand in no line.
pub(crate) fn forbidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{2028}' | '\u{2029}' | '\u{FEFF}')
        || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[track_caller]
pub(crate) fn assert_safe(line: &str) {
    if let Some(c) = line.chars().find(|c| forbidden(*c)) {
        panic!("{c:?} stands in a line: {line:?}");
    }
}

fn escaped(text: &str, mut special: impl FnMut(char, &mut String) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if !special(c, &mut out) {
            out.push(c);
        }
    }
    out
}

fn plain_char(c: char, out: &mut String) -> bool {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if forbidden(c) => write!(out, "\\u{{{:02x}}}", u32::from(c)).expect("text"),
        _ => return false,
    }
    true
}

/// A message, a target or a thread's name, as people see it.
pub(crate) fn plain(text: &str) -> String {
    escaped(text, plain_char)
}

/// A key or a value, in quotes where it needs them.
pub(crate) fn word(text: &str) -> String {
    let bare = |c: char| !forbidden(c) && !matches!(c, ' ' | '=' | '"');
    if !text.is_empty() && text.chars().all(bare) {
        return text.to_owned();
    }
    let inner = escaped(text, |c, out| {
        if matches!(c, '"' | '\\') {
            out.push('\\');
            return false;
        }
        plain_char(c, out)
    });
    format!("\"{inner}\"")
}

/// A JSON string.
pub(crate) fn json(text: &str) -> String {
    let inner = escaped(text, |c, out| {
        match c {
            '"' | '\\' => {
                out.push('\\');
                return false;
            }
            '\n' | '\r' | '\t' => return plain_char(c, out),
            c if forbidden(c) => write!(out, "\\u{:04x}", u32::from(c)).expect("text"),
            _ => return false,
        }
        true
    });
    format!("\"{inner}\"")
}

/// Reads `key=value key="value"`. Panics where that is not well formed.
pub(crate) fn pairs(text: &str) -> Vec<(String, String)> {
    let (mut out, mut rest) = (Vec::new(), text);
    loop {
        let (key, after) = token(rest);
        let (value, after) = token(after.strip_prefix('=').expect("a value behind the key"));
        out.push((key, value));
        match after.strip_prefix(' ') {
            Some(next) => rest = next,
            None => {
                assert_eq!(after, "", "something behind a value");
                return out;
            }
        }
    }
}

/// A bare word or one in quotes, and what follows.
fn token(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let (bare, rest) = text.split_at(text.find(['=', ' ']).unwrap_or(text.len()));
        assert!(!bare.is_empty() && !bare.contains('"'), "an ambiguous word: {bare:?}");
        return (bare.to_owned(), rest);
    };
    let (mut out, mut chars) = (String::with_capacity(text.len()), quoted.chars());
    loop {
        match chars.next().expect("a closing quote") {
            '"' => return (out, chars.as_str()),
            '\\' => out.push(match chars.next().expect("an escape") {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                c @ ('"' | '\\') => c,
                'u' => {
                    let hex = chars.as_str().strip_prefix('{').expect("a brace");
                    let (hex, rest) = hex.split_once('}').expect("a closing brace");
                    chars = rest.chars();
                    let code = u32::from_str_radix(hex, 16).expect("hexadecimal digits");
                    char::from_u32(code).expect("a code point")
                }
                c => panic!("unknown escape {c:?}"),
            }),
            c => out.push(c),
        }
    }
}
