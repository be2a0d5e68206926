//! The layers of `src/`, its unsafe code and a few habits, checked by reading it.
//!
//! The table of layers stands in `fences/rules.rs`, and in ARCHITECTURE.md for people.

#[path = "fences/lexer.rs"]
mod lexer;
#[path = "fences/rules.rs"]
mod rules;

use rules::{Violation, check};
use std::path::Path;

/// A function that no rule objects to.
const PLAIN: &str = "pub fn f() {}\n";

#[test]
fn the_tree_keeps_its_fences() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut tree = Vec::new();
    collect(root, &root.join("src"), &mut tree);
    assert!(tree.iter().any(|(path, _)| path == "src/lib.rs"), "no src/lib.rs under {root:?}");
    let violations = check(&tree);
    let list: Vec<String> = violations.iter().map(Violation::to_string).collect();
    assert!(list.is_empty(), "{} violations:\n{}", list.len(), list.join("\n"));
}

fn collect(root: &Path, dir: &Path, tree: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, tree);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            let source = std::fs::read_to_string(&path).unwrap();
            let path = path.strip_prefix(root).unwrap().to_str().unwrap();
            tree.push((path.replace('\\', "/"), source));
        }
    }
}

/// `file:line` of each violation in a made-up tree, with what it says.
fn violations(files: &[(&str, &str)]) -> Vec<(String, String)> {
    let tree: Vec<_> = files.iter().map(|(p, s)| (p.to_string(), s.to_string())).collect();
    check(&tree).into_iter().map(|v| (format!("{}:{}", v.file, v.line), v.what)).collect()
}

/// Asserts that a tree breaks rules at exactly these places, with these words in the explanation.
#[track_caller]
fn caught(files: &[(&str, &str)], expected: &[(&str, &str)]) {
    let found = violations(files);
    let matches = found.len() == expected.len()
        && found
            .iter()
            .zip(expected)
            .all(|((at, what), (place, word))| at == place && what.contains(word));
    assert!(matches, "found {found:#?}\nexpected {expected:#?}");
}

#[test]
fn a_good_tree_passes() {
    caught(
        &[
            ("src/lib.rs", "#[allow(unsafe_code)]\npub(crate) mod sync;\nmod ring;\nmod engine;"),
            ("src/sync/mod.rs", "pub use core::sync::atomic::Ordering::SeqCst;\nunsafe fn f() {}"),
            (
                "src/ring.rs",
                "use crate::sync::fence;\nfn f() { fence(SeqCst); fence(Ordering::SeqCst) }",
            ),
            ("src/arena.rs", "use crate::{ring::Ring, sync, codec::{self, Frame}};"),
            ("src/lane/local.rs", "use super::Lane;\nuse super::super::ring;\nuse crate::lane::x;"),
            (
                "src/engine.rs",
                "use crate::writer::{Writer, control::Ticket};\nfn f() { crate::lane::x() }",
            ),
        ],
        &[],
    );
}

#[test]
fn an_upward_import_is_caught() {
    caught(
        &[("src/ring/mod.rs", "use crate::sync::A;\nuse crate::lane::Lane;")],
        &[("src/ring/mod.rs:2", "upward: `ring` (layer 1) imports `lane` (layer 2)")],
    );
    // Within an expression, within a tree of imports, and by `super`.
    caught(
        &[("src/codec/a.rs", "fn f() {\n  crate::engine::g();\n}")],
        &[("src/codec/a.rs:2", "upward")],
    );
    caught(
        &[("src/lane/mod.rs", "use crate::{\n  ring::{A, b::C},\n  drain::{D},\n};")],
        &[("src/lane/mod.rs:3", "`drain`")],
    );
    caught(&[("src/clock.rs", "use super::writer;")], &[("src/clock.rs:1", "upward")]);
    caught(
        &[("src/stats/a.rs", "mod b { use super::super::a; use super::super::super::config; }")],
        &[("src/stats/a.rs:1", "`config`")],
    );
    caught(
        &[("src/sink/a.rs", "use super::super::{ring, engine};")],
        &[("src/sink/a.rs:1", "`engine`")],
    );
    caught(
        &[("src/sync.rs", "use ripsaw::meta;\nuse ::ripsaw::codec;\ntype A = ripsaw::ring::Ring;")],
        &[("src/sync.rs:2", "`codec`"), ("src/sync.rs:3", "`ring`")],
    );
}

#[test]
fn sideways_imports_of_the_pipeline_stages_are_caught() {
    for (from, to) in [("format", "sink"), ("sink", "format")] {
        let path = format!("src/{from}/x.rs");
        caught(&[(&path, &format!("use crate::{to}::X;"))], &[(&format!("{path}:1"), "sideways")]);
    }
    caught(&[("src/format/x.rs", "use crate::fault::X;")], &[]);
}

#[test]
fn names_outside_the_table_are_caught() {
    caught(&[("src/ring.rs", "use crate::Level;")], &[("src/ring.rs:1", "`crate::Level`")]);
    caught(&[("src/ring.rs", "use crate::*;")], &[("src/ring.rs:1", "`crate::*`")]);
    caught(&[("src/helpers.rs", PLAIN)], &[("src/helpers.rs:1", "in no layer")]);
}

#[test]
fn circles_are_caught() {
    caught(
        &[
            ("src/ring.rs", "\nuse crate::arena::A;"),
            ("src/arena.rs", "use crate::clock::C;"),
            ("src/clock.rs", "use crate::ring::R;"),
            ("src/stats.rs", "use crate::ring::R;"),
        ],
        &[("src/arena.rs:1", "circle"), ("src/clock.rs:1", "circle"), ("src/ring.rs:2", "circle")],
    );
}

#[test]
fn unsafe_outside_the_list_is_caught() {
    let lib = ("src/lib.rs", "#[allow(unsafe_code)]\n#[doc(hidden)]\npub mod ring;\nmod codec;");
    let body = "fn f() {\n  unsafe { g() }\n}";
    caught(&[lib, ("src/ring/a.rs", body)], &[]);
    caught(&[lib, ("src/codec/a.rs", body)], &[("src/codec/a.rs:2", "`unsafe`")]);
    caught(&[("src/codec/a.rs", body)], &[("src/codec/a.rs:2", "`unsafe`")]);
    caught(&[("src/lib.rs", body)], &[("src/lib.rs:2", "`unsafe`")]);
    caught(
        &[lib, ("src/codec/a.rs", "#[allow(dead_code, unsafe_code)]\nfn f() {}")],
        &[("src/codec/a.rs:1", "`unsafe_code`")],
    );
    caught(&[("src/lib.rs", "#![allow(unsafe_code)]")], &[("src/lib.rs:1", "`unsafe_code`")]);
}

#[test]
fn long_files_are_caught() {
    caught(&[("src/ring.rs", &"\n".repeat(450))], &[]);
    caught(&[("src/ring.rs", &"\n".repeat(451))], &[("src/ring.rs:451", "451 lines")]);
}

#[test]
fn a_second_file_with_arc_swap_is_caught() {
    let swap = ("src/config/swap.rs", "use arc_swap::ArcSwap;");
    caught(&[swap, ("src/writer.rs", "// arc_swap\nconst A: &str = \"arc_swap\";")], &[]);
    caught(
        &[swap, ("src/writer.rs", "fn f(a: &arc_swap::Guard<u8>) {}")],
        &[("src/config/swap.rs:1", "arc_swap"), ("src/writer.rs:1", "arc_swap")],
    );
}

#[test]
fn tracing_outside_of_its_facade_is_caught() {
    caught(&[("src/facade/tracing/layer.rs", "use tracing_core::Event;")], &[]);
    caught(
        &[
            ("src/callsite.rs", "fn f() { tracing_core::callsite::rebuild_interest_cache() }"),
            ("src/facade/log.rs", "use tracing_subscriber::Layer;"),
        ],
        &[("src/callsite.rs:1", "tracing_core"), ("src/facade/log.rs:1", "tracing_subscriber")],
    );
}

#[test]
fn sequentially_consistent_accesses_are_caught() {
    let accesses = [
        "fn f() {\n  A.load(SeqCst);\n}",
        "fn f() {\n  A.store(1, Ordering::SeqCst);\n}",
        "fn f() {\n  A.compare_exchange(0, 1, SeqCst, Relaxed).ok();\n}",
        "fn f() {\n  A.fetch_add(1, core::sync::atomic::Ordering::SeqCst);\n}",
        "use core::sync::atomic::Ordering;\nconst ORDER: Ordering = Ordering::SeqCst;",
    ];
    for source in accesses {
        caught(&[("src/sync.rs", source)], &[("src/sync.rs:2", "`SeqCst`")]);
    }
}

#[test]
fn placeholders_are_caught() {
    caught(&[("src/ring.rs", "fn f() {\n  todo!()\n}")], &[("src/ring.rs:2", "`todo!`")]);
    caught(&[("src/ring.rs", "fn f() { unimplemented!(\"x\") }")], &[("src/ring.rs:1", "unimpl")]);
    caught(&[("src/ring.rs", "fn f() { let todo = 1; }")], &[]);
}

#[test]
fn comments_literals_and_tests_are_not_code() {
    let source = r####"
        //! unsafe, todo!(), crate::engine
        /* /* nested */ todo!() */
        const A: &str = "todo!() \" unsafe";
        const B: &str = r#"todo!() " unsafe"#;
        const C: &[u8] = br##"unsafe "# unsafe"##;
        const D: char = '"';
        const E: char = '\'';
        const F: char = '\u{22}';
        fn lifetimes<'a>(x: &'a str) -> &'a str { x }
        fn raw(r#type: u8) -> u8 { r#type }
        #[cfg(test)]
        use crate::engine::{Engine, Handle};
        #[cfg(test)]
        fn generic<A, B>() { todo!() }
        #[cfg(all(test, unix))]
        #[allow(dead_code)]
        mod tests { use crate::engine::X; fn f() { unsafe { todo!() } } }
        struct S { a: u8, #[cfg(test)] b: crate::engine::Engine }
    "####;
    caught(&[("src/ring.rs", source)], &[]);
    // What follows a literal, a comment or a test module is read again.
    for before in ["\"\"", "'\"'", "r#\"\"#", "/* */ 1", "b'\\''", "c\"\\\\\""] {
        let source = format!("const A: T = {before};\nfn f() {{ todo!() }}");
        caught(&[("src/ring.rs", &source)], &[("src/ring.rs:2", "todo")]);
    }
    let source = "#[cfg(test)]\nmod tests { fn g() {} }\nfn f() { todo!() }";
    caught(&[("src/ring.rs", source)], &[("src/ring.rs:3", "todo")]);
    let source = "struct S { #[cfg(test)] a: u8, b: crate::engine::Engine }";
    caught(&[("src/ring.rs", source)], &[("src/ring.rs:1", "upward")]);
    let source = "#[cfg(not(test))]\nfn f() { todo!() }";
    caught(&[("src/ring.rs", source)], &[("src/ring.rs:2", "todo")]);
}

#[test]
fn files_of_test_modules_are_not_code() {
    let body = "use crate::engine::Engine;\nfn f() { todo!() }";
    let parent = ("src/ring/mod.rs", "#[cfg(test)]\nmod tests;\nmod tests_of_others;");
    caught(&[parent, ("src/ring/tests.rs", body), ("src/ring/tests/deep.rs", body)], &[]);
    caught(&[("src/ring/a.rs", &format!("#![cfg(test)]\n{body}"))], &[]);
    caught(
        &[parent, ("src/ring/tests_of_others.rs", body)],
        &[("src/ring/tests_of_others.rs:1", "upward"), ("src/ring/tests_of_others.rs:2", "todo")],
    );
}
