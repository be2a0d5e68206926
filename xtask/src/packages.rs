//! What the default build brings along: how many packages, under which licences, for which compiler.

use crate::shell::{cargo, output, program, root};
use std::collections::BTreeMap;
use std::fs;

/// Packages that the library is built around; they are not counted.
const NAMED: [&str; 5] = ["crossbeam-channel", "arc-swap", "bumpalo", "itoa", "ryu"];

/// Most packages that the default build may have besides those and our own.
const MAX_OTHERS: usize = 10;

/// Packages of this workspace beside the library whose dependencies are checked too.
const INTEGRATIONS: [&str; 5] =
    ["ripsaw-audit", "ripsaw-remote", "ripsaw-service", "ripsaw-slog", "ripsaw-web"];

/// Counts the packages of the default build, and checks the licence of each, and of what the integrations bring along, against
/// `deny.toml`.
pub(crate) fn check() -> Result<(), String> {
    let text = tree("ripsaw")?;
    let others = others(&text);
    let names: Vec<&str> = others.keys().copied().collect();
    println!("{} packages besides the named ones: {}", names.len(), names.join(", "));
    if names.len() > MAX_OTHERS {
        return Err(format!("{} packages, more than {MAX_OTHERS}", names.len()));
    }
    let deny =
        fs::read_to_string(root().join("deny.toml")).map_err(|e| format!("deny.toml: {e}"))?;
    let allowed = allowed_licences(&deny);
    let mut trees = vec![text];
    for package in INTEGRATIONS {
        trees.push(tree(package)?);
    }
    for (package, licence) in trees.iter().flat_map(|tree| licences(tree)) {
        if !is_allowed(licence, &allowed) {
            return Err(format!("{package} has the licence `{licence}`, not in deny.toml"));
        }
    }
    Ok(())
}

/// A package and what it depends on, a line each.
fn tree(package: &str) -> Result<String, String> {
    let args = format!("tree --package {package} --edges normal --prefix none");
    output(cargo(&args).args(["--format", "{p}|{l}"]))
}

/// The stated oldest compiler must not be newer than the one that runs the checks.
pub(crate) fn check_msrv() -> Result<(), String> {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).map_err(|e| e.to_string())?;
    let stated = manifest.lines().find_map(|line| line.strip_prefix("rust-version = "));
    let stated = stated.and_then(|text| minor(text.trim_matches('"'))).ok_or("no rust-version")?;
    let version = output(program("rustc").arg("--version"))?;
    let here = version.split_whitespace().nth(1).and_then(minor).ok_or("no compiler version")?;
    println!("stated 1.{stated}, compiler 1.{here}");
    if stated > here { Err(format!("1.{stated} is stated, 1.{here} is here")) } else { Ok(()) }
}

/// `95` of `1.95` or `1.95.0`.
fn minor(version: &str) -> Option<u32> {
    version.strip_prefix("1.")?.split('.').next()?.parse().ok()
}

/// Name and licence of each package. A package of this workspace shows its path, and is left out.
fn licences(tree: &str) -> BTreeMap<&str, &str> {
    let lines = tree.lines().filter_map(|line| line.split_once('|'));
    let foreign = lines.filter(|(package, _)| !package.contains("(/"));
    // The mark of a repeated package stands behind the last column.
    let strip = |licence: &'_ str| licence.trim_end().trim_end_matches("(*)").trim_end().len();
    foreign
        .filter_map(|(package, licence)| {
            Some((package.split_whitespace().next()?, &licence[..strip(licence)]))
        })
        .collect()
}

fn others(tree: &str) -> BTreeMap<&str, &str> {
    let mut packages = licences(tree);
    packages.retain(|name, _| !NAMED.contains(name));
    packages
}

/// The strings of `allow = [..]` under `[licenses]`.
fn allowed_licences(deny: &str) -> Vec<&str> {
    let section = deny.split_once("[licenses]").map_or("", |(_, rest)| rest);
    let list = section.split_once("allow = [").map_or("", |(_, rest)| rest);
    let list = list.split_once(']').map_or("", |(list, _)| list);
    list.split('"').skip(1).step_by(2).collect()
}

/// Whether an expression such as `(MIT OR Apache-2.0) AND Unicode-3.0` can be met.
fn is_allowed(licence: &str, allowed: &[&str]) -> bool {
    let plain = licence.replace(['(', ')'], " ").replace('/', " OR ");
    // Without brackets `AND` binds first; to read such an expression as if `OR` did is stricter, so
    // at worst a package is refused that could be used.
    let mut groups = plain.split(" AND ");
    groups.all(|group| group.split(" OR ").any(|name| allowed.contains(&name.trim())))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = "\
ripsaw v0.1.0 (/home/user/ripsaw)|MIT OR Apache-2.0
arc-swap v1.9.2|MIT OR Apache-2.0
libc v0.2.1|MIT OR Apache-2.0
ripsaw-macros v0.1.0 (proc-macro) (/home/user/ripsaw/macros)|MIT OR Apache-2.0
syn v2.0.0|MIT OR Apache-2.0
syn v2.0.0|MIT OR Apache-2.0 (*)
";

    #[test]
    fn packages_are_counted_once_and_without_ours() {
        let names: Vec<&str> = others(TREE).into_keys().collect();
        assert_eq!(names, ["libc", "syn"]);
        assert_eq!(licences(TREE)["syn"], "MIT OR Apache-2.0");
    }

    #[test]
    fn versions_are_compared_by_minor() {
        assert_eq!(minor("1.95"), Some(95));
        assert_eq!(minor("1.100.2"), Some(100));
        assert_eq!(minor("2.0"), None);
    }

    #[test]
    fn licences_are_met_or_not() {
        let deny =
            "[advisories]\n[licenses]\nallow = [\n  \"MIT\", # plain\n  \"Unicode-3.0\",\n]\n";
        let allowed = allowed_licences(deny);
        assert_eq!(allowed, ["MIT", "Unicode-3.0"]);
        assert!(is_allowed("MIT OR Apache-2.0", &allowed));
        assert!(is_allowed("Apache-2.0/MIT", &allowed));
        assert!(is_allowed("(MIT OR Apache-2.0) AND Unicode-3.0", &allowed));
        assert!(!is_allowed("(MIT OR Apache-2.0) AND GPL-3.0", &allowed));
        assert!(!is_allowed("Apache-2.0", &allowed));
        assert!(!is_allowed("", &allowed));
    }
}
