//! Regular expressions of the user's, behind a search for literals that tells most texts apart at once.

use crate::error::ConfigError;
use aho_corasick::AhoCorasick;
use regex::{Regex, RegexBuilder};
use std::ops::Range;
use std::sync::OnceLock;

/// The most bytes that an expression may be compiled to: several tens of Unicode classes in a row.
const MOST_BYTES: usize = 4 << 20;

/// Expressions, and the literals of which a text must hold one to be looked at.
#[derive(Clone, Debug, Default)]
pub(super) struct Patterns {
    all: Vec<Regex>,
    /// For each literal, the place of its expression.
    owners: Vec<usize>,
    literals: Vec<String>,
    /// Expressions without literals: they look at every text.
    always: Vec<usize>,
    /// Made of all literals when it is first used; none if that is not possible, and then all expressions are tried.
    search: OnceLock<Option<AhoCorasick>>,
}

impl Patterns {
    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Adds an expression; every text that it matches must hold one of the literals, in any case, if there are some.
    pub(super) fn add<'l>(
        &mut self,
        expression: &str,
        literals: impl IntoIterator<Item = &'l str>,
    ) -> Result<(), ConfigError> {
        let wrong = |value: &str, why: String| ConfigError::new("Redact::pattern", value, why);
        let regex = RegexBuilder::new(expression).size_limit(MOST_BYTES).build();
        let regex = regex.map_err(|e| wrong(expression, e.to_string()))?;
        if regex.is_match("") {
            let why = "matches an empty text, and so every text: leave out what is optional";
            return Err(wrong(expression, why.to_owned()));
        }
        let at = self.all.len();
        let before = self.literals.len();
        self.literals.extend(literals.into_iter().map(str::to_owned));
        if self.literals[before..].iter().any(String::is_empty) {
            self.literals.truncate(before);
            let why = "an empty literal stands in every text: leave it out";
            return Err(wrong(expression, why.to_owned()));
        }
        if self.literals.len() == before {
            self.always.push(at);
        }
        self.owners.resize(self.literals.len(), at);
        self.all.push(regex);
        self.search = OnceLock::new();
        Ok(())
    }

    /// Adds where the text holds what is looked for.
    pub(super) fn find(&self, text: &str, found: &mut Vec<Range<usize>>) {
        let mut look = vec![false; self.all.len()];
        self.always.iter().for_each(|at| look[*at] = true);
        if !self.literals.is_empty() {
            let made =
                || AhoCorasick::builder().ascii_case_insensitive(true).build(&self.literals).ok();
            match self.search.get_or_init(made) {
                Some(search) => search.find_overlapping_iter(text).for_each(|hit| {
                    look[self.owners[hit.pattern().as_usize()]] = true;
                }),
                None => look.fill(true),
            }
        }
        for (regex, _) in self.all.iter().zip(look).filter(|(_, look)| *look) {
            found.extend(regex.find_iter(text).map(|hit| hit.range()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(patterns: &Patterns, text: &str) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        patterns.find(text, &mut found);
        found
    }

    #[test]
    fn only_texts_with_a_literal_are_looked_at() {
        let mut patterns = Patterns::default();
        patterns.add(r"(?i)acct[-:]\d+|konto \d+", ["ACCT", "konto"]).unwrap();
        patterns.add(r"\b\d{3}-\d{2}\b", []).unwrap();
        assert_eq!(found(&patterns, "acct-17 and Konto 4"), [0..7, 12..19]);
        assert_eq!(found(&patterns, "123-45 and 678-90"), [0..6, 11..17]);
        assert_eq!(found(&patterns, "nothing"), [] as [Range<usize>; 0]);
        let mut strict = Patterns::default();
        strict.add("[a-z]+", ["marker"]).unwrap();
        assert!(found(&strict, "words without it").is_empty());
        assert!(!found(&strict, "a marker").is_empty());
    }

    #[test]
    fn what_would_match_everything_is_refused() {
        let mut patterns = Patterns::default();
        for (expression, literals) in [("(", &[][..]), ("a*", &[]), ("a+", &[""])] {
            let error = patterns.add(expression, literals.iter().copied()).unwrap_err();
            assert!(error.to_string().contains(expression), "{error}");
        }
        assert!(patterns.is_empty());
    }
}
