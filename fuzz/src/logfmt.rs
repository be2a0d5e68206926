//! A reader of `key=value` lines, written from what the formats promise and not from how they write.

/// The pairs of a line. Panics where the line is not well formed.
pub(crate) fn pairs(line: &str) -> Vec<(String, String)> {
    let mut rest = line.chars().peekable();
    let mut out = Vec::new();
    while rest.peek().is_some() {
        let key = word(&mut rest);
        assert_eq!(rest.next(), Some('='), "a key without a value in {line:?}");
        let value = word(&mut rest);
        out.push((key, value));
        match rest.next() {
            None => break,
            Some(' ') => assert!(rest.peek().is_some(), "a space at the end of {line:?}"),
            Some(other) => panic!("{other:?} behind a value in {line:?}"),
        }
    }
    out
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn word(rest: &mut Chars<'_>) -> String {
    if rest.next_if_eq(&'"').is_some() {
        return quoted(rest);
    }
    let mut out = String::new();
    while let Some(c) = rest.next_if(|&c| c != '=' && c != ' ') {
        assert_ne!(c, '"', "a quote in a bare word");
        out.push(c);
    }
    assert!(!out.is_empty(), "an empty word without quotes");
    out
}

/// The text up to the closing quote, with its escapes resolved.
fn quoted(rest: &mut Chars<'_>) -> String {
    let mut out = String::new();
    loop {
        match rest.next().expect("a closing quote") {
            '"' => return out,
            '\\' => out.push(escaped(rest)),
            c => out.push(c),
        }
    }
}

fn escaped(rest: &mut Chars<'_>) -> char {
    match rest.next().expect("an escape") {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        c @ ('"' | '\\') => c,
        'u' => {
            assert_eq!(rest.next(), Some('{'));
            let digits: String = rest.by_ref().take_while(|&c| c != '}').collect();
            let code = u32::from_str_radix(&digits, 16).expect("hexadecimal digits");
            char::from_u32(code).expect("a code point")
        }
        other => panic!("unknown escape {other:?}"),
    }
}
