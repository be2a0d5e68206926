//! Texts that look like secrets, wherever they stand.

use std::ops::Range;

/// What a [`Redact`](super::Redact) looks for in texts and messages.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Detector {
    /// Numbers of payment cards: 13 to 19 digits, in groups with a space or a dash between them or without, that begin like a
    /// card's and have the right check digit. Integers too.
    CardNumber,
    /// E-mail addresses.
    Email,
    /// What follows `Bearer`, and `Authorization:` to the end of the line.
    BearerToken,
    /// Private keys in PEM form, from `-----BEGIN` to `-----END`.
    PrivateKey,
    /// Access keys of AWS: `AKIA` or `ASIA` with 16 characters.
    AwsKey,
}

impl Detector {
    /// All of them.
    pub const ALL: [Detector; 5] = [
        Detector::CardNumber,
        Detector::Email,
        Detector::BearerToken,
        Detector::PrivateKey,
        Detector::AwsKey,
    ];
}

/// All that looks into texts.
#[derive(Clone, Debug, Default)]
pub(super) struct Detectors {
    pub(super) kinds: Vec<Detector>,
    #[cfg(feature = "patterns")]
    pub(super) patterns: super::patterns::Patterns,
}

impl Detectors {
    pub(super) fn is_empty(&self) -> bool {
        #[cfg(feature = "patterns")]
        if !self.patterns.is_empty() {
            return false;
        }
        self.kinds.is_empty()
    }
}

/// Where a text holds what is looked for: in order, apart from each other.
pub(super) fn find(detectors: &Detectors, text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    #[cfg(feature = "patterns")]
    detectors.patterns.find(text, &mut found);
    for detector in &detectors.kinds {
        match detector {
            Detector::CardNumber => cards(bytes, &mut found),
            Detector::Email => emails(bytes, &mut found),
            Detector::BearerToken => bearers(bytes, &mut found),
            Detector::PrivateKey => keys(bytes, &mut found),
            Detector::AwsKey => aws(bytes, &mut found),
        }
    }
    merge(found)
}

/// Puts what overlaps or touches together.
pub(super) fn merge(mut found: Vec<Range<usize>>) -> Vec<Range<usize>> {
    found.sort_by_key(|range| range.start);
    let mut merged: Vec<Range<usize>> = Vec::new();
    for range in found {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

/// Whether an integer is the number of a card.
pub(super) fn is_card(number: u64) -> bool {
    number >= 1_000_000_000_000 && card_digits(number.to_string().as_bytes())
}

fn cards(text: &[u8], found: &mut Vec<Range<usize>>) {
    let mut at = 0;
    while at < text.len() {
        let is_start =
            text[at].is_ascii_digit() && (at == 0 || !text[at - 1].is_ascii_alphanumeric());
        if !is_start {
            at += 1;
            continue;
        }
        let (mut digits, mut end, mut next) = (Vec::new(), None, at);
        while digits.len() < 20 && next < text.len() {
            if text[next].is_ascii_digit() {
                digits.push(text[next]);
            } else if !(matches!(text[next], b' ' | b'-')
                && text.get(next + 1).is_some_and(u8::is_ascii_digit))
            {
                break;
            }
            next += 1;
            if text.get(next).is_none_or(|byte| !byte.is_ascii_alphanumeric())
                && (13..=19).contains(&digits.len())
                && card_digits(&digits)
            {
                end = Some(next);
            }
        }
        if let Some(end) = end {
            found.push(at..end);
        }
        // The next group.
        at = end.unwrap_or(at + 1);
    }
}

fn card_digits(digits: &[u8]) -> bool {
    let value = |at: usize| digits.get(at).map_or(0, |d| u32::from(d - b'0'));
    let four = value(0) * 1000 + value(1) * 100 + value(2) * 10 + value(3);
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, d)| {
            let d = u32::from(d - b'0') << (i % 2);
            if d > 9 { d - 9 } else { d }
        })
        .sum();
    (matches!(four / 1000, 3..=6) || (2221..=2720).contains(&four)) && sum.is_multiple_of(10)
}

fn emails(text: &[u8], found: &mut Vec<Range<usize>>) {
    let host = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-') || *b >= 0x80;
    let local = |b: &u8| host(b) || b"_%+!#$&'*/=?^`{|}~".contains(b);
    for (at, _) in text.iter().enumerate().filter(|(_, byte)| **byte == b'@') {
        let before = text[..at].iter().rev().take_while(|b| local(b)).count();
        let mut after = text[at + 1..].iter().take_while(|b| host(b)).count();
        while after > 0 && matches!(text[at + after], b'.' | b'-') {
            after -= 1;
        }
        if before > 0 && text[at + 1..=at + after].contains(&b'.') {
            found.push(at - before..at + 1 + after);
        }
    }
}

fn bearers(text: &[u8], found: &mut Vec<Range<usize>>) {
    let token = |b: &u8| b.is_ascii_alphanumeric() || b"._~+/=-".contains(b);
    for at in starts(text, b"bearer") {
        let from = at + 6 + text[at + 6..].iter().take_while(|b| b" :=\"'".contains(b)).count();
        let len = text[from..].iter().take_while(|b| token(b)).count();
        if from > at + 6 && len >= 8 {
            found.push(from..from + len);
        }
    }
    for at in starts(text, b"authorization") {
        let from = at + 13 + text[at + 13..].iter().take_while(|b| b" :=\"'".contains(b)).count();
        let len = text[from..].iter().take_while(|b| !b"\r\n\"',".contains(b)).count();
        if len > 0 && text[at + 13..from].iter().any(|b| b":=".contains(b)) {
            found.push(from..from + len);
        }
    }
}

fn keys(text: &[u8], found: &mut Vec<Range<usize>>) {
    for at in starts(text, b"-----BEGIN ") {
        let label = &text[at + 11..text.len().min(at + 64)];
        let end = label.windows(5).position(|part| part == b"-----").unwrap_or(label.len());
        if starts(&label[..end], b"PRIVATE KEY").next().is_some() {
            let close = starts(&text[at..], b"-----END ").next().map(|end| at + end + 9);
            let end =
                close.and_then(|from| Some(from + starts(&text[from..], b"-----").next()? + 5));
            found.push(at..end.unwrap_or(text.len()));
        }
    }
}

fn aws(text: &[u8], found: &mut Vec<Range<usize>>) {
    let upper = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit();
    for at in starts(text, b"AKIA").chain(starts(text, b"ASIA")) {
        let len = text[at..].iter().take_while(|b| upper(b)).count();
        if len == 20 && (at == 0 || !text[at - 1].is_ascii_alphanumeric()) {
            found.push(at..at + 20);
        }
    }
}

/// Where a text holds a word, in any case.
fn starts<'t>(text: &'t [u8], word: &'t [u8]) -> impl Iterator<Item = usize> + 't {
    let places = text.windows(word.len()).enumerate();
    places.filter(move |(_, part)| part.eq_ignore_ascii_case(word)).map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(text: &str) -> String {
        let mut text = text.to_owned();
        let mut all = Detectors::default();
        all.kinds.extend(Detector::ALL);
        for range in find(&all, &text.clone()).into_iter().rev() {
            text.replace_range(range, "*");
        }
        text
    }

    #[test]
    fn what_looks_like_a_secret_is_found() {
        assert_eq!(hidden("card 4111 1111 1111 1111, 5500-0000-0000-0004"), "card *, *");
        assert_eq!(
            hidden("id 4111111111111112 at 1700000000000000"),
            "id 4111111111111112 at 1700000000000000"
        );
        assert_eq!(hidden("3 4111111111111111 2026"), "3 * 2026");
        assert_eq!(hidden("to ann.b+c@mail.example.org."), "to *.");
        assert_eq!(hidden("@ a@b x@y."), "@ a@b x@y.");
        assert_eq!(hidden("BEARER abcdef.12345-x ok"), "BEARER * ok");
        assert_eq!(hidden("Authorization: Basic dXNlcjpwYXNz\nx"), "Authorization: *\nx");
        assert_eq!(
            hidden("a -----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY----- b"),
            "a * b"
        );
        assert_eq!(hidden("-----BEGIN PRIVATE KEY-----\ncut"), "*");
        assert_eq!(hidden("AKIAIOSFODNN7EXAMPLE é"), "* é");
        assert_eq!(hidden("é@ü.de ä"), "* ä");
    }
}
