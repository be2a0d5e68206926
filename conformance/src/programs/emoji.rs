//! Emoji of domains.

use crate::case::Case;
use crate::json::Json;
use crate::session::Session;
use ripsaw::emoji::{DomainEmoji, DomainSet};

/// The set of a class, or of the domain that a title names.
pub(crate) fn set(name: &str) -> Option<DomainSet> {
    let name = name.to_lowercase();
    let is = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if is(&["kubernetes", "k8s"]) {
        Some(DomainSet::k8s())
    } else if is(&["webemoji", "web"]) {
        Some(DomainSet::web())
    } else if is(&["database", "db"]) {
        Some(DomainSet::db())
    } else {
        None
    }
}

/// The emoji of an action and a status.
pub(crate) fn emoji(set: &DomainSet, action: &str, status: &str) -> String {
    set.emoji(action, status).unwrap_or("").to_owned()
}

/// The emoji of each pair that the case lists: as keys of an object, or at the beginning of a line.
pub(super) fn table(case: &Case, _: &mut Session) -> Result<Vec<String>, String> {
    let set = set(&format!("{} {}", case.id, case.title)).ok_or("a set of an unknown domain")?;
    let of = |pair: &str| {
        let (action, status) = pair.split_once(['/', ' ', ',', ':', '|'])?;
        Some(emoji(&set, action.trim(), status.trim()))
    };
    let line = |line: &String| match Json::parse(line) {
        Ok(Json::Map(pairs)) => {
            let pairs = pairs.iter().map(|(pair, _)| Some((pair.clone(), Json::Str(of(pair)?))));
            Some(Json::Map(pairs.collect::<Option<_>>()?).to_string())
        }
        _ => {
            let (pair, _) = line.trim_end().rsplit_once(' ')?;
            let words = pair.trim_end_matches(['-', '>', '=', ':', ' ']);
            Some(format!("{pair} {}", of(words)?))
        }
    };
    let lines: Option<Vec<String>> = case.expected.iter().map(line).collect();
    lines.ok_or_else(|| "pairs of action and status are expected".to_owned())
}
