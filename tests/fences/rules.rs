//! The rules that `src/` must keep, applied to a tree of files.

use crate::lexer::{Code, Token, closing, code, follows};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Modules by layer: each may import its own layer and those below.
const LAYERS: [&[&str]; 7] = [
    &["sync", "meta", "error", "os", "within"],
    &["clock", "stats", "codec", "image", "arena", "ring"],
    &["fault", "lane", "process", "format", "sink", "emoji", "compat"],
    &["callsite", "context", "drain", "config"],
    &["writer", "streams", "timing"],
    &["engine"],
    &["facade", "testing"],
];

/// Modules of one layer that still never import each other.
const APART: [&str; 3] = ["process", "format", "sink"];

/// Longest file, in lines.
const MAX_LINES: usize = 450;

/// A place that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Violation {
    pub(crate) file: String,
    /// From 1.
    pub(crate) line: usize,
    pub(crate) what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what)
    }
}

/// One file, read.
struct File {
    /// Relative to the package, as in `src/lane/mod.rs`.
    path: String,
    /// `["lane", "local"]`; empty for `lib.rs`.
    module: Vec<String>,
    lines: usize,
    code: Code,
}

/// Applies every rule. `tree` holds paths that begin with `src/`, and their text.
pub(crate) fn check(tree: &[(String, String)]) -> Vec<Violation> {
    let files = read(tree);
    let mut out = Vec::new();
    layers(&files, &mut out);
    unsafe_code(&files, &mut out);
    for file in &files {
        if file.lines > MAX_LINES {
            let what = format!("{} lines, more than {MAX_LINES}", file.lines);
            out.push(file.violation(file.lines, what));
        }
        orderings(file, &mut out);
        placeholders(file, &mut out);
    }
    one_file_names("arc_swap", &files, &mut out);
    for package in ["tracing_core", "tracing_subscriber"] {
        named_only_under("src/facade/tracing/", package, &files, &mut out);
    }
    out.sort();
    out.dedup();
    out
}

impl File {
    fn violation(&self, line: usize, what: impl Into<String>) -> Violation {
        Violation { file: self.path.clone(), line, what: what.into() }
    }

    fn tokens(&self) -> &[Token] {
        &self.code.tokens
    }
}

/// Reads the files of the library proper: those of test modules are left out.
fn read(tree: &[(String, String)]) -> Vec<File> {
    let mut files: Vec<File> = tree
        .iter()
        .map(|(path, source)| File {
            path: path.clone(),
            module: module_of(path),
            lines: source.lines().count(),
            code: code(source),
        })
        .collect();
    let mut tests: Vec<Vec<String>> = Vec::new();
    for file in &files {
        if file.code.test_only {
            tests.push(file.module.clone());
        }
        for name in &file.code.test_modules {
            tests.push(file.module.iter().chain([name]).cloned().collect());
        }
    }
    files.retain(|file| !tests.iter().any(|test| file.module.starts_with(test)));
    files
}

fn module_of(path: &str) -> Vec<String> {
    let path = path.trim_start_matches("src/").trim_end_matches(".rs");
    let mut module: Vec<String> = path.split('/').map(String::from).collect();
    if module.last().is_some_and(|last| last == "mod" || last == "lib") {
        module.pop();
    }
    module
}

fn layer_of(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

/// Where a path leads: a name in the crate root, or all names there.
#[derive(Debug)]
struct Import {
    name: String,
    line: usize,
}

fn layers(files: &[File], out: &mut Vec<Violation>) {
    let mut edges: BTreeMap<(String, String), Vec<Violation>> = BTreeMap::new();
    for file in files {
        // The root itself puts the layers together.
        let Some(from) = file.module.first() else { continue };
        let Some(from_layer) = layer_of(from) else {
            out.push(file.violation(1, format!("module `{from}` is in no layer")));
            continue;
        };
        for Import { name, line } in imports(file) {
            if name == *from {
                continue;
            }
            let Some(to_layer) = layer_of(&name) else {
                let what = format!("`crate::{name}` is no module of the layer table");
                out.push(file.violation(line, what));
                continue;
            };
            let what = format!("`{from}` (layer {from_layer}) imports `{name}` (layer {to_layer})");
            let edge = file.violation(line, what);
            if to_layer > from_layer {
                out.push(Violation { what: format!("upward: {}", edge.what), ..edge });
                continue;
            }
            if APART.contains(&from.as_str()) && APART.contains(&name.as_str()) {
                let what = format!("sideways: {}", edge.what);
                out.push(Violation { what, ..edge.clone() });
            }
            edges.entry((from.clone(), name)).or_default().push(edge);
        }
    }
    circles(&edges, out);
}

/// Reports each edge whose target leads back to its source. Without upward edges, all are in one layer.
fn circles(edges: &BTreeMap<(String, String), Vec<Violation>>, out: &mut Vec<Violation>) {
    for ((from, to), places) in edges {
        let mut seen = BTreeSet::from([to]);
        let mut todo = vec![to];
        while let Some(at) = todo.pop() {
            for (_, next) in edges.keys().filter(|(source, _)| source == at) {
                if seen.insert(next) {
                    todo.push(next);
                }
            }
        }
        if seen.contains(from) {
            out.extend(places.iter().map(|place| Violation {
                what: format!("circle: {}, which leads back", place.what),
                ..place.clone()
            }));
        }
    }
}

/// Every path of the file that begins at the crate root, by `crate::`, `super::` or the crate's own name.
fn imports(file: &File) -> Vec<Import> {
    let tokens = file.tokens();
    let mut out = Vec::new();
    let mut module = file.module.clone();
    // Depth of braces, and the depth at which each inline module ends.
    let (mut depth, mut inline) = (0usize, Vec::new());
    for (i, token) in tokens.iter().enumerate() {
        let is_path = follows(tokens, i + 1, &[":", ":"]);
        // `a::crate` is no path, but `::ripsaw` is.
        let follows_path = i >= 3 && follows(tokens, i - 2, &[":", ":"]) && tokens[i - 3].is_name();
        match token.text.as_str() {
            "{" => {
                if i >= 2 && tokens[i - 2].is("mod") && tokens[i - 1].is_ident() {
                    module.push(tokens[i - 1].text.clone());
                    inline.push(depth);
                }
                depth += 1;
            }
            "}" => {
                depth = depth.saturating_sub(1);
                if inline.last() == Some(&depth) {
                    inline.pop();
                    module.pop();
                }
            }
            // `$crate::__private` is the macros' way in from a user's crate.
            "crate" if follows(tokens, i + 1, &[":", ":", "__private"]) => {}
            "crate" | "ripsaw" if is_path && !follows_path => walk(tokens, i + 3, &[], &mut out),
            "super" if is_path && !follows_path => walk(tokens, i, &module, &mut out),
            _ => {}
        }
    }
    out
}

/// Follows one path or tree of paths from `base`, and notes what it takes from the crate root.
fn walk(tokens: &[Token], mut at: usize, base: &[String], out: &mut Vec<Import>) {
    let mut base = base.to_vec();
    while follows(tokens, at, &["super"]) && follows(tokens, at + 1, &[":", ":"]) {
        base.pop();
        at += 3;
    }
    let Some(token) = tokens.get(at) else { return };
    if !token.is("{") {
        let name = base.first().cloned().unwrap_or_else(|| token.text.clone());
        out.push(Import { name, line: token.line });
        return;
    }
    let end = closing(tokens, at);
    let mut next = at + 1;
    while next < end {
        walk(tokens, next, &base, out);
        while next < end && !tokens[next].is(",") {
            next = if tokens[next].is("{") { closing(tokens, next) + 1 } else { next + 1 };
        }
        next += 1;
    }
}

fn unsafe_code(files: &[File], out: &mut Vec<Violation>) {
    let lib = files.iter().find(|file| file.module.is_empty());
    let allowed = lib.map(unsafe_modules).unwrap_or_default();
    for file in files {
        let allowed_here = file.module.first().is_some_and(|top| allowed.contains(top));
        for (i, token) in file.tokens().iter().enumerate() {
            if token.is("unsafe") && !allowed_here {
                out.push(file.violation(token.line, "`unsafe` where lib.rs does not allow it"));
            }
            if token.is("unsafe_code") && !allowed_here && !allows_module(file, i) {
                let what = "`unsafe_code` is allowed on modules in lib.rs only";
                out.push(file.violation(token.line, what));
            }
        }
    }
}

/// Modules behind `#[allow(unsafe_code)]` in `lib.rs`.
fn unsafe_modules(lib: &File) -> BTreeSet<String> {
    let places = lib.tokens().iter().enumerate().filter(|(_, token)| token.is("unsafe_code"));
    places.filter_map(|(i, _)| allowed_module(lib.tokens(), i)).collect()
}

/// Whether the `unsafe_code` at `at` stands on a module in `lib.rs`.
fn allows_module(file: &File, at: usize) -> bool {
    file.module.is_empty() && allowed_module(file.tokens(), at).is_some()
}

/// The `name` in `#[allow(unsafe_code)] pub(crate) mod name;`, where `at` is the lint's name.
fn allowed_module(tokens: &[Token], at: usize) -> Option<String> {
    let start = at.checked_sub(4)?;
    if !follows(tokens, start, &["#", "[", "allow", "(", "unsafe_code", ")", "]"]) {
        return None;
    }
    let mut next = at + 3;
    loop {
        let token = tokens.get(next)?;
        match token.text.as_str() {
            "#" => next = closing(tokens, next + 1) + 1,
            "(" => next = closing(tokens, next) + 1,
            "pub" => next += 1,
            "mod" => return tokens.get(next + 1).map(|name| name.text.clone()),
            _ => return None,
        }
    }
}

/// `SeqCst` belongs to fences: the models cannot judge sequentially consistent accesses.
fn orderings(file: &File, out: &mut Vec<Violation>) {
    let tokens = file.tokens();
    let mut in_use = false;
    for (i, token) in tokens.iter().enumerate() {
        match token.text.as_str() {
            // `use<'a>` in a return type is no import.
            "use" => in_use = !follows(tokens, i + 1, &["<"]),
            ";" => in_use = false,
            "SeqCst" if !in_use => {
                let mut start = i;
                while start >= 3 && follows(tokens, start - 2, &[":", ":"]) {
                    start -= 3;
                }
                let called =
                    start >= 2 && tokens[start - 1].is("(") && follows(tokens, i + 1, &[")"]);
                let fence = |t: &Token| t.is("fence") || t.is("compiler_fence");
                if !(called && fence(&tokens[start - 2])) {
                    out.push(file.violation(token.line, "`SeqCst` outside a fence"));
                }
            }
            _ => {}
        }
    }
}

fn placeholders(file: &File, out: &mut Vec<Violation>) {
    let tokens = file.tokens();
    for (i, token) in tokens.iter().enumerate() {
        if (token.is("todo") || token.is("unimplemented")) && follows(tokens, i + 1, &["!"]) {
            out.push(file.violation(token.line, format!("`{}!`", token.text)));
        }
    }
}

fn named_only_under(dir: &str, package: &str, files: &[File], out: &mut Vec<Violation>) {
    for file in files.iter().filter(|file| !file.path.starts_with(dir)) {
        if let Some(token) = file.tokens().iter().find(|token| token.is(package)) {
            out.push(file.violation(token.line, format!("`{package}` is named outside of {dir}")));
        }
    }
}

fn one_file_names(package: &str, files: &[File], out: &mut Vec<Violation>) {
    let places = files.iter().filter_map(|file| {
        let token = file.tokens().iter().find(|token| token.is(package))?;
        Some(file.violation(token.line, format!("`{package}` is named in more than one file")))
    });
    let places: Vec<Violation> = places.collect();
    if places.len() > 1 {
        out.extend(places);
    }
}
