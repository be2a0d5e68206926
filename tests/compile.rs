//! What the macros accept and refuse, and what the compiler says about it.

/// One test: both kinds share a project folder, which two at once would change under each other.
#[test]
fn accepted_and_refused() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/pass/*.rs");
    cases.compile_fail("tests/ui/fail/*.rs");
}
