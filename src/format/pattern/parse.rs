//! From the text of a pattern to its tokens.

use super::when::When;
use super::{Fit, Item, Side, Spelling, Token};
use crate::error::ConfigError;
use crate::format::escape::{Plain, is_clean};

/// The most pieces of a pattern: tokens, and texts between them.
const MAX_ITEMS: usize = 200;
/// The widest token, and the longest that is cut.
const MAX_WIDTH: usize = 1000;

/// The names of the tokens that have no variants.
const NAMES: [(&str, Token); 11] = [
    ("target", Token::Target),
    ("message", Token::Message),
    ("fields", Token::Fields(false)),
    ("file", Token::File),
    ("line", Token::Line),
    ("module", Token::Module),
    ("thread", Token::Thread),
    ("thread_id", Token::ThreadId),
    ("pid", Token::Pid),
    ("seq", Token::Seq),
    ("level", Token::Level(Spelling::Upper)),
];

const ALL: &str = "time, level, target, message, fields, field.KEY, file, line, module, thread, thread_id, pid, seq";

/// What others call them.
const ELSEWHERE: [(&str, &str); 12] = [
    ("timestamp", "time"),
    ("date", "time"),
    ("ts", "time"),
    ("severity", "level"),
    ("lvl", "level"),
    ("logger", "target"),
    ("name", "target"),
    ("msg", "message"),
    ("event", "message"),
    ("kv", "fields"),
    ("tid", "thread_id"),
    ("process", "pid"),
];

/// The pieces of a pattern in order.
pub(super) fn items(pattern: &str) -> Result<Vec<Item>, ConfigError> {
    let wrong = |remedy: String| ConfigError::new("pattern", pattern, remedy);
    // Places are told in characters, from 1.
    let place = |at: usize| pattern[..at].chars().count() + 1;
    for (at, c) in pattern.char_indices() {
        if c != '\t' && !is_clean::<Plain>(c.encode_utf8(&mut [0; 4]).as_bytes()) {
            let remedy = format!(
                "{c:?} at character {} would break or repaint the line: leave it out; of control characters only tabs may stand there",
                place(at)
            );
            return Err(wrong(remedy));
        }
    }
    let (mut items, mut text, mut at) = (Vec::new(), String::new(), 0);
    while let Some(c) = pattern[at..].chars().next() {
        let rest = &pattern[at..];
        if rest.starts_with("{{") || rest.starts_with("}}") {
            text.push(c);
            at += 2;
        } else if c == '}' {
            let remedy =
                format!("`}}` at character {} closes nothing: write `}}}}` for a brace", place(at));
            return Err(wrong(remedy));
        } else if c == '{' {
            let Some(end) = rest.find('}') else {
                let remedy = format!(
                    "`{{` at character {} is never closed: add `}}`, or write `{{{{` for a brace",
                    place(at)
                );
                return Err(wrong(remedy));
            };
            let told = |why: String| {
                wrong(why.replacen("@", &format!("at character {}", place(at + 1)), 1))
            };
            let (mut token, fit) = token(&rest[1..end]).map_err(told)?;
            if let (Token::Fields(spaced), Fit::NONE) = (&mut token, fit) {
                *spaced = text.ends_with(' ');
                text.truncate(text.len() - usize::from(*spaced));
            }
            items.push(Item::Text(std::mem::take(&mut text)));
            items.push(Item::Token(token, fit));
            at += end + 1;
        } else {
            text.push(c);
            at += c.len_utf8();
        }
    }
    items.push(Item::Text(text));
    items.retain(|item| !matches!(item, Item::Text(text) if text.is_empty()));
    if !items.iter().any(|item| matches!(item, Item::Token(..))) {
        let remedy = "every line would be the same: put in a token such as `{message}`";
        return Err(wrong(format!("{remedy}; there are {ALL}")));
    }
    if items.len() > MAX_ITEMS {
        return Err(wrong(format!(
            "{} tokens and texts between them are too many: use at most {MAX_ITEMS}",
            items.len()
        )));
    }
    Ok(items)
}

/// What stands between braces. In an error, `@` is where it stands.
fn token(inner: &str) -> Result<(Token, Fit), String> {
    let (name, rest) =
        inner.split_once(':').map_or((inner, None), |(name, rest)| (name, Some(rest)));
    let fit_of = |rest: Option<&str>| match rest {
        None => Ok(Fit::NONE),
        Some(rest) => fit(name, rest),
    };
    if name == "time" {
        return match rest {
            Some(form) if !form.starts_with(['<', '>', '^', '.']) && !form.starts_with(digit) => {
                Ok((Token::Time(When::parse(form)?), Fit::NONE))
            }
            rest => Ok((Token::Time(When::Rfc3339), fit_of(rest)?)),
        };
    }
    if name == "level" {
        let mut spelling = Spelling::Upper;
        let mut rest = rest;
        if let Some(word) = rest.filter(|rest| rest.starts_with(|c: char| c.is_alphabetic())) {
            let (word, after) =
                word.split_once(':').map_or((word, None), |(word, after)| (word, Some(after)));
            spelling = match word {
                "upper" => Spelling::Upper,
                "lower" => Spelling::Lower,
                "short" => Spelling::Short,
                other => {
                    let near = nearest(other, ["upper", "lower", "short"].into_iter());
                    return Err(format!(
                        "`level` @ has no spelling `{other}`{near}: use upper, lower or short, or a width such as `<8`"
                    ));
                }
            };
            rest = after;
        }
        return Ok((Token::Level(spelling), fit_of(rest)?));
    }
    if let Some(key) = name.strip_prefix("field.") {
        if key.is_empty() {
            return Err(
                "`field.` @ names no field: write `{field.KEY}` with the field's key".into()
            );
        }
        return Ok((Token::Field(key.into()), fit_of(rest)?));
    }
    let Some((_, token)) = NAMES.iter().find(|(known, _)| *known == name) else {
        let other = ELSEWHERE.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        let near = match other {
            Some((_, known)) => format!(" (did you mean `{known}`?)"),
            None => nearest(name, NAMES.iter().map(|(name, _)| *name).chain(["time", "field.KEY"])),
        };
        return Err(format!(
            "`{name}` @ is no token{near}; there are {ALL}, and `{{{{` for a brace"
        ));
    };
    let fit = fit_of(rest)?;
    if *token == Token::Fields(false) && fit.most.is_some() {
        let why = "a cut could leave a quote open";
        return Err(format!(
            "`fields` @ cannot be cut, since {why}: use a width such as `<40`, or `{{field.KEY:.20}}`"
        ));
    }
    Ok((token.clone(), fit))
}

fn digit(c: char) -> bool {
    c.is_ascii_digit()
}

/// `<8`, `>8`, `^8`, `8`, `.20`, `<8.20`.
fn fit(name: &str, text: &str) -> Result<Fit, String> {
    let wrong = |why: &str| {
        Err(format!(
            "`{name}` @ has the width `{text}`, {why}: use `<8`, `>8` or `^8`, up to {MAX_WIDTH}, `.20` for the first characters, or both as in `<8.20`"
        ))
    };
    let (side, rest) = match text.as_bytes().first() {
        Some(b'<') => (Side::Left, &text[1..]),
        Some(b'>') => (Side::Right, &text[1..]),
        Some(b'^') => (Side::Middle, &text[1..]),
        _ => (Side::Left, text),
    };
    let (width, most) =
        rest.split_once('.').map_or((rest, None), |(width, most)| (width, Some(most)));
    let number = |text: &str| match text.bytes().all(|byte| byte.is_ascii_digit()) {
        true => text.parse::<usize>().ok(),
        false => None,
    };
    // A side alone, and a dot alone, are no width.
    let is_cut_only = width.is_empty() && most.is_some() && rest.len() == text.len();
    let width = if is_cut_only { Some(0) } else { number(width) };
    let most = most.map(number);
    match (width, most) {
        (None, _) | (_, Some(None)) => wrong("which is none"),
        (Some(width), _) if width > MAX_WIDTH => wrong("which is too wide"),
        (Some(width), most) => Ok(Fit { side, width, most: most.flatten() }),
    }
}

/// A question whether the nearest of the names was meant, if one is near.
pub(super) fn nearest<'n>(given: &str, names: impl Iterator<Item = &'n str>) -> String {
    let near = names.map(|name| (distance(given, name), name)).min();
    match near {
        Some((distance, name)) if distance <= 1 + name.len() / 4 => {
            format!(" (did you mean `{name}`?)")
        }
        _ => String::new(),
    }
}

/// How many letters must be put in, left out or changed. Letters in the other case count for none, as do two that are swapped
/// for one.
fn distance(given: &str, name: &str) -> usize {
    // Nothing that long is near to a name.
    let given: Vec<char> = given.to_lowercase().chars().take(32).collect();
    let name: Vec<char> = name.to_lowercase().chars().collect();
    let mut rows = vec![vec![0; name.len() + 1]; given.len() + 1];
    for i in 0..=given.len() {
        for j in 0..=name.len() {
            rows[i][j] = match (i, j) {
                (0, j) => j,
                (i, 0) => i,
                (i, j) => {
                    let changed = rows[i - 1][j - 1] + usize::from(given[i - 1] != name[j - 1]);
                    let swapped = i > 1
                        && j > 1
                        && given[i - 1] == name[j - 2]
                        && given[i - 2] == name[j - 1];
                    let swapped = if swapped { rows[i - 2][j - 2] + 1 } else { usize::MAX };
                    changed.min(swapped).min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1)
                }
            };
        }
    }
    rows[given.len()][name.len()]
}
