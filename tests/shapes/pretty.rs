//! Lines for terminals.

use crate::logged;
use ripsaw::format::{ColorChoice, Pretty};
use ripsaw::{Logger, info, warn};

#[test]
fn inv_030_pretty_is_plain_where_nobody_looks_and_coloured_on_request() {
    let log = || {
        let bound = Logger::new("shop").with("b", "x y");
        warn!(target: "t\x1b[0m", id = 7, evil = "\x1b[31m\n", "paid \x1b[2J");
        info!(logger: &bound, "" = 1, "e");
        info!(target: "", "");
    };
    let plain = logged(Pretty::new().timestamp(false), log);
    assert_eq!(
        plain,
        "WARNING  t\\u{1b}[0m paid \\u{1b}[2J id=7 evil=\"\\u{1b}[31m\\n\"\n\
         INFO     shop e b=\"x y\" \"\"=1\nINFO    \n"
    );
    let colored = logged(Pretty::new().timestamp(false).color(ColorChoice::Always), log);
    let first = colored.lines().next().unwrap();
    assert_eq!(
        first,
        "\x1b[33m\x1b[1mWARNING \x1b[0m \x1b[2mt\\u{1b}[0m\x1b[0m \x1b[1mpaid \\u{1b}[2J\x1b[0m \
         \x1b[36mid\x1b[0m=\x1b[35m7\x1b[0m \x1b[36mevil\x1b[0m=\x1b[35m\"\\u{1b}[31m\\n\"\x1b[0m"
    );
    assert_eq!(colored.lines().count(), 3);
    let timed = logged(Pretty::new().color(ColorChoice::Never).target(false), || info!("x"));
    assert!(timed.starts_with("20") && timed.ends_with(" INFO     x\n"), "{timed:?}");
}

/// The environment is told to a process of its own.
#[test]
fn inv_030_the_environment_is_asked_in_the_documented_order() {
    if let Ok(wanted) = std::env::var("RIPSAW_TEST_COLORS") {
        let found = [true, false].map(|terminal| ColorChoice::Auto.colors(terminal));
        assert_eq!(format!("{found:?}"), wanted);
        assert!(ColorChoice::Always.colors(false) && !ColorChoice::Never.colors(true));
        return;
    }
    type Variables = &'static [(&'static str, &'static str)];
    let cases: [(Variables, [bool; 2]); 8] = [
        (&[], [true, false]),
        (&[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], [false, false]),
        (&[("NO_COLOR", ""), ("CLICOLOR_FORCE", "1"), ("CLICOLOR", "0")], [true, true]),
        (&[("CLICOLOR_FORCE", "0")], [true, false]),
        (&[("CLICOLOR", "0")], [false, false]),
        (&[("CLICOLOR", "1")], [true, false]),
        (&[("TERM", "dumb")], [false, false]),
        (&[("TERM", "dumb"), ("CLICOLOR_FORCE", "1")], [true, true]),
    ];
    for (variables, wanted) in cases {
        let mut test = std::process::Command::new(std::env::current_exe().unwrap());
        test.args(["--exact", "pretty::inv_030_the_environment_is_asked_in_the_documented_order"]);
        for name in ["NO_COLOR", "CLICOLOR_FORCE", "CLICOLOR", "TERM"] {
            test.env_remove(name);
        }
        test.envs(variables.iter().copied()).env("RIPSAW_TEST_COLORS", format!("{wanted:?}"));
        let output = test.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("1 passed"), "{variables:?}: {said}");
    }
}
