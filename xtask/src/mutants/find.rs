//! Where the orderings are, and what can be made weaker.

use std::fmt;
use std::fs;
use std::path::Path;

/// One weakened ordering.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mutant {
    /// Relative to the root, with `/`.
    pub(super) file: String,
    /// From 1.
    pub(super) line: usize,
    /// The line as it is, without the space around it.
    pub(super) code: String,
    /// Which of the orderings of the file this is, from 0, counting only those that can be made weaker.
    pub(super) nth: usize,
    pub(super) change: Change,
}

/// What is done to an ordering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Another ordering is put in its place.
    Weaken(&'static str, &'static str),
    /// The fence is taken out.
    Remove,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::Weaken(from, to) => write!(f, "{from} -> {to}"),
            Change::Remove => f.write_str("fence removed"),
        }
    }
}

impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.change)
    }
}

const FENCE: &str = "fence(Ordering::SeqCst);";

/// What each ordering can be made: all that is one step weaker.
const WEAKER: [(&str, &[&str]); 4] = [
    ("Ordering::SeqCst", &["AcqRel"]),
    ("Ordering::AcqRel", &["Acquire", "Release"]),
    ("Ordering::Acquire", &["Relaxed"]),
    ("Ordering::Release", &["Relaxed"]),
];

/// Every ordering in `text` that can be made weaker: its place, and what it is. Comments and test modules are left out.
fn places(text: &str) -> Vec<(usize, &'static str, &'static [&'static str])> {
    let mut out = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if line.trim_start().starts_with("#[cfg(test)]") {
            break;
        }
        let code = line.split("//").next().unwrap_or("");
        let mut at = 0;
        while let Some(found) = code[at..].find("Ordering::") {
            at += found;
            if let Some((from, to)) = WEAKER.iter().find(|(from, _)| code[at..].starts_with(from)) {
                out.push((start + at, *from, *to));
            }
            at += "Ordering::".len();
        }
        start += line.len();
    }
    out
}

/// The mutants of one file.
pub(super) fn of_text(file: &str, text: &str) -> Vec<Mutant> {
    let mut out = Vec::new();
    for (nth, (at, from, to)) in places(text).into_iter().enumerate() {
        let line = text[..at].matches('\n').count() + 1;
        let code = text.lines().nth(line - 1).unwrap_or("").trim().to_owned();
        let from = from.trim_start_matches("Ordering::");
        let mut add = |change| {
            out.push(Mutant { file: file.to_owned(), line, code: code.clone(), nth, change });
        };
        to.iter().for_each(|to| add(Change::Weaken(from, to)));
        if code == FENCE {
            add(Change::Remove);
        }
    }
    out
}

/// The text with the change made at its `nth` ordering.
pub(super) fn apply(text: &str, nth: usize, change: Change) -> Result<String, String> {
    let (at, from, _) = *places(text).get(nth).ok_or("there is no such ordering")?;
    Ok(match change {
        Change::Weaken(expected, to) => {
            if from.trim_start_matches("Ordering::") != expected {
                return Err(format!("{from} stands where {expected} was expected"));
            }
            format!("{}Ordering::{to}{}", &text[..at], &text[at + from.len()..])
        }
        Change::Remove => {
            let start = text[..at].rfind("fence(").ok_or("there is no fence")?;
            let end = at + text[at..].find(';').ok_or("the fence has no end")? + 1;
            format!("{}let _ = fence;{}", &text[..start], &text[end..])
        }
    })
}

/// The mutants of every file below `dir`, which is relative to `root`.
pub(super) fn all(root: &Path, dir: &str) -> Result<Vec<Mutant>, String> {
    let path = root.join(dir);
    let error = |e: std::io::Error| format!("{}: {e}", path.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(&path).map_err(error)? {
        names.push(entry.map_err(error)?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    let mut out = Vec::new();
    for name in names {
        let inner = format!("{dir}/{name}");
        if root.join(&inner).is_dir() {
            out.extend(all(root, &inner)?);
        } else if name.ends_with(".rs") {
            let text =
                fs::read_to_string(root.join(&inner)).map_err(|e| format!("{inner}: {e}"))?;
            out.extend(of_text(&inner, &text));
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
// Ordering::Release in a comment
a.store(1, Ordering::Release); // Ordering::Acquire
b.load(Ordering::Relaxed);
c.compare_exchange(0, 1, Ordering::AcqRel, Ordering::Acquire);
    fence(Ordering::SeqCst);
#[cfg(test)]
d.load(Ordering::Acquire);
";

    #[test]
    fn every_ordering_is_found_once_a_step() {
        let found: Vec<String> =
            of_text("a.rs", TEXT).iter().map(|m| format!("{}: {}", m.line, m.change)).collect();
        let expected = [
            "2: Release -> Relaxed",
            "4: AcqRel -> Acquire",
            "4: AcqRel -> Release",
            "4: Acquire -> Relaxed",
            "5: SeqCst -> AcqRel",
            "5: fence removed",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_mutant_differs_in_one_place() {
        for mutant in of_text("a.rs", TEXT) {
            let text = apply(TEXT, mutant.nth, mutant.change).unwrap();
            let different = TEXT.lines().zip(text.lines()).enumerate().filter(|(_, (a, b))| a != b);
            let lines: Vec<usize> = different.map(|(at, _)| at + 1).collect();
            assert_eq!(lines, [mutant.line], "{mutant}");
            assert_eq!(TEXT.lines().count(), text.lines().count());
        }
        assert!(apply(TEXT, 0, Change::Weaken("Acquire", "Relaxed")).is_err());
        assert!(apply(TEXT, 9, Change::Remove).is_err());
    }
}
