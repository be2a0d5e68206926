//! What is said of a text that is no TOML.

use super::keys::DOCUMENT;
use toml::Spanned;
use toml::de::{DeTable, Error};

/// What there is to say.
#[derive(Debug)]
pub(super) enum Told {
    /// The first thing that is wrong in each line that is, with its place.
    Lines(Vec<(usize, String)>),
    /// It is something else altogether: one place, and why.
    Other(usize, String),
}

/// What to say of the parser's errors: for each line one, or one for all if no setting was recognised beside them.
pub(super) fn told(text: &str, table: &Spanned<DeTable<'_>>, wrong: &[Error]) -> Told {
    // Where lines begin, so that places are compared by their lines in no time.
    let begins: Vec<usize> = text.match_indices('\n').map(|(at, _)| at + 1).collect();
    let line = |at: usize| begins.partition_point(|begin| *begin <= at);
    let place = |error: &Error| error.span().map_or(0, |span| span.start);
    let mut said: Vec<(usize, &str)> = wrong.iter().map(|e| (place(e), e.message())).collect();
    said.sort_by_key(|(at, _)| *at);
    // The parser goes on in the same line, and trips over what it has made of it.
    said.dedup_by_key(|(at, _)| line(*at));
    let Some((first, why)) = said.first().copied() else { return Told::Lines(Vec::new()) };
    let mut settings = table.get_ref().iter().filter(|(name, value)| {
        let known = DOCUMENT.iter().any(|key| key.name == name.get_ref().as_ref());
        // What stands in a line that is broken is no setting.
        let own = line(name.span().start);
        let broken = said.binary_search_by_key(&own, |(at, _)| line(*at)).is_ok();
        known && !value.span().is_empty() && !broken
    });
    let is_document = settings.next().is_some();
    let begin = line(first).checked_sub(1).map_or(0, |before| begins[before]);
    if is_document {
        let lines = said.into_iter().map(|(at, why)| (at, format!("is no TOML: {why}")));
        return Told::Lines(lines.collect());
    }
    let looks = match text.trim_start_matches('\u{feff}').trim_start() {
        rest if rest.starts_with('{') => "; it looks like JSON",
        rest if rest.starts_with("<<<<<<<") => "; it looks like a merge that was not resolved",
        rest if rest.starts_with('<') => "; it looks like HTML or XML",
        _ if text.get(begin..).is_some_and(is_yaml) => "; it looks like YAML",
        _ => "",
    };
    if said.len() == 1 && looks.is_empty() {
        return Told::Lines(vec![(first, format!("is no TOML: {why}"))]);
    }
    Told::Other(first, format!("the text is no TOML: {why}{looks}"))
}

/// Whether a line begins as YAML does: `key:`.
fn is_yaml(text: &str) -> bool {
    let line = text.lines().next().unwrap_or("");
    let name = line.split(':').next().unwrap_or("");
    let is_name =
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-. ".contains(c));
    line == "---" || (line.contains(':') && !line.contains('=') && is_name)
}
