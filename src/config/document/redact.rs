//! The redactor of a document.

use super::check::Errors;
use super::view::View;
use crate::process::{Detector, Redact};

pub(super) fn redact(table: View<'_>, errors: &mut Errors<'_>) -> Option<Redact> {
    let begin = match table.bool("defaults") {
        Some(false) => Redact::none(),
        _ => Redact::new(),
    };
    let mut redact = begin
        .words(table.texts("words"))
        .keys(table.texts("keys"))
        .substrings(table.texts("substrings"))
        .paths(table.texts("paths"))
        .detect(table.texts("detect").filter_map(detector));
    redact = patterns(redact, table, errors)?;
    if let Some(levels) = table.bytes("depth") {
        redact = redact.depth(levels);
    }
    let hash = table.get("hash").filter(|_| table.bool("hash") == Some(true));
    let instead = ["placeholder", "keep_last", "hash_key"].map(|name| table.get(name));
    let mut instead = instead.into_iter().flatten().chain(hash);
    if let (Some(first), Some(second)) = (instead.next(), instead.next()) {
        let remedy = format!("does not go with {}; use one of them", first.path);
        errors.add(second.at, &second.path, None, remedy, None);
    }
    if let Some(text) = table.text("placeholder") {
        redact = redact.placeholder(text);
    }
    if let Some(characters) = table.bytes("keep_last") {
        redact = redact.keep_last(characters);
    }
    if hash.is_some() {
        redact = redact.hash();
    }
    Some(match table.hash_key("hash_key") {
        Some(key) => redact.hash_with(key),
        None => redact,
    })
}

/// The most regular expressions of a document: each may take some megabytes, and is tried on every text.
#[cfg(feature = "patterns")]
const MOST: usize = 64;

#[cfg(feature = "patterns")]
fn patterns(mut redact: Redact, table: View<'_>, errors: &mut Errors<'_>) -> Option<Redact> {
    for pattern in table.tables("patterns") {
        pattern.need("expression", "write a regular expression", errors);
        let found = pattern.get("expression")?;
        errors.patterns += 1;
        if errors.patterns > MOST {
            let remedy = format!("is one too many: use at most {MOST} in all of a document");
            errors.add(found.at, &found.path, None, remedy, None);
            return None;
        }
        redact = match redact.pattern(found.text()?, pattern.texts("literals")) {
            Ok(redact) => redact,
            Err(e) => {
                errors.add(found.at, &found.path, None, e.remedy(), None);
                return None;
            }
        };
    }
    Some(redact)
}

/// Without it nothing would be hidden, so that is no matter of chance.
#[cfg(not(feature = "patterns"))]
fn patterns(redact: Redact, table: View<'_>, errors: &mut Errors<'_>) -> Option<Redact> {
    match table.get("patterns") {
        None => Some(redact),
        Some(found) => {
            let remedy = "needs the feature `patterns` of ripsaw: build with it, or leave this out";
            errors.add(found.at, &found.path, None, remedy, None);
            None
        }
    }
}

fn detector(name: &str) -> Option<Detector> {
    Some(match name {
        "card_number" => Detector::CardNumber,
        "email" => Detector::Email,
        "bearer_token" => Detector::BearerToken,
        "private_key" => Detector::PrivateKey,
        "aws_key" => Detector::AwsKey,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::keys::names::DETECTORS;

    #[test]
    fn names_of_the_table_are_known() {
        assert!(DETECTORS.iter().all(|name| super::detector(name).is_some()));
    }
}
