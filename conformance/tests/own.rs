//! Cases of our own: forms of programs and values that the runner must understand.

use conformance::case::Case;
use conformance::run::{Verdict, judge};

#[test]
fn every_case_passes() {
    let cases = include_str!("own.jsonl");
    assert!(cases.lines().count() > 30);
    for line in cases.lines() {
        let case = Case::parse(line).expect("the case is read");
        assert_eq!(judge(&case), Verdict::Passed, "{}", case.id);
    }
}

#[test]
fn a_difference_in_lines_or_results_fails() {
    let wrong = [
        r#"{"id":"a","group":"x","rust":"imitate","config":{},"calls":[{"op":"log","logger":null,"method":"info","event":"e"}],"expected_output":["<TS> [info     ] other"]}"#,
        r#"{"id":"b","group":"x","rust":"decide","config":{},"calls":[{"op":"log","logger":null,"method":"debug","event":"e"}],"expected_output":[]}"#,
        r#"{"id":"c","group":"x","rust":"imitate","config":{},"calls":[{"op":"py","code":"RESULT=1+1"}],"expected_output":[],"results":[{"ok":3}]}"#,
        r#"{"id":"d","group":"x","rust":"imitate","config":{},"calls":[{"op":"py","code":"no_such_name()"}],"expected_output":[],"results":[{"ok":null}]}"#,
        r#"{"id":"e","group":"x","rust":"imitate","config":{},"calls":[{"op":"text","text":"something else"}],"expected_output":[]}"#,
        r#"{"id":"f","group":"x","rust":"imitate","config":{"unknown":1},"calls":[],"expected_output":[]}"#,
    ];
    for line in wrong {
        let case = Case::parse(line).expect("the case is read");
        assert!(matches!(judge(&case), Verdict::Failed(_)), "{}", case.id);
    }
}

#[test]
fn only_accidents_and_other_libraries_are_skipped() {
    for (bearing, skipped) in
        [("do-not-imitate", true), ("reference", true), ("imitate", false), ("decide", false)]
    {
        let line = format!(
            r#"{{"id":"a","group":"x","rust":"{bearing}","config":{{}},"calls":[],"expected_output":[]}}"#
        );
        let verdict = judge(&Case::parse(&line).expect("the case is read"));
        assert_eq!(matches!(verdict, Verdict::Skipped(_)), skipped, "{bearing}");
    }
}
