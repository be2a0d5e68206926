//! The ladder of checks, cheapest first.

use crate::ladder::{Done, Ladder};
use crate::sanitize::{self, Sanitizer};
use crate::shell::{self, cargo, is_installed, root};
use crate::{counts, examples, host, inventory, packages};
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

const FUZZ: &str = "--manifest-path fuzz/Cargo.toml";
const BESIDE: &str = "--manifest-path integrations/tracing-beside/Cargo.toml";
const COMPARE: &str = "--manifest-path bench-compare/Cargo.toml";
const RUNNER: &str = "bench-compare-runner";

/// Everything that must hold before a change is merged.
pub(crate) fn run() -> ExitCode {
    let mut ladder = Ladder::default();

    check(&mut ladder, "format", || cargo("fmt --all --check"));
    check(&mut ladder, "format: fuzz", || cargo(&format!("fmt {FUZZ} --check")));
    check(&mut ladder, "format: tracing-beside", || cargo(&format!("fmt {BESIDE} --check")));
    check(&mut ladder, "format: bench-compare", || {
        cargo(&format!("fmt {COMPARE} --package bench-compare --package {RUNNER} --check"))
    });

    // Features add code here and remove it there: `max-level-off` empties the call sites, and `std`
    // turns the loom models into plain tests. So the lints run with all features and without any.
    clippy(&mut ladder, "--workspace --all-targets --all-features");
    clippy(&mut ladder, "--workspace --all-targets");
    clippy(&mut ladder, "--package ripsaw --lib --no-default-features");
    clippy(&mut ladder, &format!("{FUZZ} --all-targets --features targets"));

    // The models have steps of their own: they need optimised code.
    check(&mut ladder, "tests: unit, integration, fences, documentation", || {
        cargo("test --workspace --exclude loom-tests")
    });
    // It is in no other package's build, as the tests above are to see the library as most programs do.
    check(&mut ladder, "tests of the feature `tracing`", || {
        cargo(
            "test --package ripsaw --features tracing,valuable --lib --test tracing --test log_facade",
        )
    });
    check(&mut ladder, "allocations of the feature `tracing`", || {
        cargo("test --package ripsaw --features tracing,valuable --test alloc facade")
    });
    check(&mut ladder, "documentation of the feature `tracing`", || {
        cargo("test --package ripsaw --features tracing,valuable --doc -- tracing valu")
    });
    check(
        &mut ladder,
        "beside the layers of OpenTelemetry and tokio-console, with what they have behind a cfg",
        || {
            let mut command = cargo(&format!("test {BESIDE}"));
            // Its own settings do not count where cargo runs here.
            command.env("RUSTFLAGS", "--cfg tokio_unstable --cfg tracing_unstable");
            command
        },
    );
    check(&mut ladder, "integration tests with the smallest blocks", || {
        let mut command = cargo("test --test it");
        // All is built in another way, so it is kept apart.
        command.env("RUSTFLAGS", "--cfg ripsaw_stress");
        command.env("CARGO_TARGET_DIR", root().join("target/stress"));
        command
    });
    for tool in host::TOOLS {
        if has_test_for(tool) {
            ladder.optional(format!("tests that need {tool}"), move || with_tool(tool));
        }
    }
    check(&mut ladder, "rustdoc", || {
        let mut doc = cargo("doc --workspace --no-deps --all-features");
        doc.env("RUSTDOCFLAGS", "-D warnings");
        doc
    });

    ladder.optional("instruction counts", counts::gate);

    check(&mut ladder, "loom models", || models("test --package loom-tests --release"));
    check(&mut ladder, "the same scenarios on threads", || {
        models("test --package loom-tests --release --features std")
    });
    ladder.optional("the same scenarios under ThreadSanitizer", sanitize::scenarios);
    for sanitizer in [Sanitizer::Thread, Sanitizer::Address] {
        ladder.optional(format!("the engine under {sanitizer:?}Sanitizer"), move || {
            sanitize::short_stress(sanitizer)
        });
    }

    // Only the part that runs and judges the rivals: their own packages are many.
    check(&mut ladder, "comparison: tests of its runner", || {
        cargo(&format!("test {COMPARE} --package {RUNNER}"))
    });

    check(&mut ladder, "fuzz seeds", || cargo(&format!("test {FUZZ}")));
    ladder.step("capabilities and their tests", inventory::check);
    ladder.step("examples", examples::run_all);
    ladder.step("packages and licences", packages::check);
    ladder.step("oldest compiler", packages::check_msrv);
    ladder.climb()
}

fn check(ladder: &mut Ladder, name: &str, command: impl FnOnce() -> Command + 'static) {
    ladder.step(name, || shell::run(&mut command()));
}

fn clippy(ladder: &mut Ladder, args: &str) {
    let command = format!("clippy {args} -- -D warnings");
    check(ladder, &format!("clippy {args}"), move || cargo(&command));
}

/// Cargo without the settings by which the environment could make the models explore less.
fn models(args: &str) -> Command {
    let mut command = cargo(args);
    // They run for a minute: what the linker could still gain costs more.
    command.env("CARGO_PROFILE_RELEASE_LTO", "off");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("LOOM_") {
            command.env_remove(name);
        }
    }
    command
}

/// Runs the tests that are ignored elsewhere because they need `tool`.
fn with_tool(tool: &str) -> Result<Done, String> {
    if !is_installed(tool) {
        return Ok(Done::Skipped(format!("{tool} is not installed")));
    }
    let filter = test_prefix(tool);
    let args = format!("test --workspace --exclude loom-tests --tests -- --ignored {filter}");
    shell::run(&mut cargo(&args)).map(|()| Done::Passed)
}

/// Tests that need a tool are marked `#[ignore]`, and their names begin with this.
fn test_prefix(tool: &str) -> String {
    format!("needs_{tool}")
}

fn has_test_for(tool: &str) -> bool {
    mentions(&root().join("tests"), &format!("fn {}", test_prefix(tool)))
}

/// Whether a file below `dir` holds `text`.
fn mentions(dir: &Path, text: &str) -> bool {
    let Ok(entries) = fs::read_dir(dir) else { return false };
    entries.filter_map(|entry| Some(entry.ok()?.path())).any(|path| {
        if path.is_dir() {
            return mentions(&path, text);
        }
        fs::read_to_string(&path).is_ok_and(|source| source.contains(text))
    })
}
