//! Lines by patterns.

use crate::logged;
use crate::support::{NOON, dynamic, forbidden, line, with_dynamic};
use proptest::prelude::*;
use ripsaw::codec::Value;
use ripsaw::format::Pattern;
use ripsaw::{Event, Level, Logger, error, info, warn};

fn pattern(text: &str) -> Pattern {
    Pattern::parse(text).unwrap()
}

#[test]
fn inv_029_pattern_every_token_and_its_variants() {
    let log = |text: &str| logged(pattern(text), || warn!(target: "shop", id = 7, "a {}", "b"));
    for (text, expected) in [
        ("{level} {level:lower} {level:short} {level:upper}", "WARNING warning W WARNING"),
        ("[{target}] {message}|{fields}", "[shop] a b|id=7"),
        ("{{{message}}}", "{a b}"),
        ("{module}", module_path!()),
        ("{file}", file!()),
        (
            "{level:<8}|{level:>8}|{level:^9}|{level:8}|{level:.2}",
            "WARNING | WARNING| WARNING |WARNING |WA",
        ),
        ("{level:short:>3}|{level:lower:<9.4}|", "  W|warn     |"),
        ("{target:>6}|{target:^7}|{target:<6.2}|{message:.2}|", "  shop| shop  |sh    |a |"),
        ("{fields:>6}|", "  id=7|"),
        ("{field.id:>3}|{field.none}|{field.none:2}|", "  7||  |"),
    ] {
        assert_eq!(log(text), format!("{expected}\n"), "{text}");
    }
    assert_eq!(log("{pid} {message}"), format!("{} a b\n", std::process::id()));
    assert_eq!(log("{thread}"), format!("{}\n", std::thread::current().name().unwrap()));
    assert!((10..line!()).contains(&log("{line}").trim_end().parse().unwrap()));
    assert!(log("{thread_id} {seq}").trim_end().split(' ').all(|n| n.parse::<u64>().is_ok()));
}

#[test]
fn inv_029_pattern_times() {
    let at = |text: &str| line(pattern(text), &dynamic("t", "m", None));
    for (text, expected) in [
        ("{time}", "2026-11-20T12:00:00.123456Z"),
        (
            "{time:rfc3339}|{time:>29}|",
            "2026-11-20T12:00:00.123456Z|  2026-11-20T12:00:00.123456Z|",
        ),
        ("{time:%Y-%m-%d %H:%M:%S%.3f}", "2026-11-20 12:00:00.123"),
        ("{time:%F %T}", "2026-11-20 12:00:00"),
        ("{time:%a %d %b %y day %j, %I%p %%}", "Fri 20 Nov 26 day 324, 12PM %"),
        ("{time:%f %3f %6f %9f%.6f%.9f}", "123456 123 123456 123456789.123456.123456789"),
        ("{time:%s %z %:z}", "1795176000 +0000 +00:00"),
        ("{time:unix} {time:unix_ms}", "1795176000 1795176000123"),
        ("{time:unix_us} {time:unix_ns}", "1795176000123456 1795176000123456789"),
        ("{time:.10}", "2026-11-20"),
    ] {
        assert_eq!(at(text), format!("{expected}\n"), "{text}");
    }
    // Whatever the zone is, its offset leads back.
    let local = at("{time:local}|{time:local %F %T%.6f}|{time}");
    let (first, rest) = local.split_once('|').unwrap();
    assert_eq!(rest, format!("{first}|2026-11-20T12:00:00.123456Z\n"));
    assert_eq!(NOON / 1_000_000_000, 1_795_176_000);
}

#[test]
fn inv_029_pattern_a_field_with_a_token_of_its_own_is_left_out_of_the_others() {
    let text = "{field.user}|{message} {fields}|";
    let lines = logged(pattern(text), || {
        info!(user = "a b", id = 1, "m");
        info!(user = "x", "m");
        info!("m");
        let bound = Logger::new("l").with("user", "bound").with("tenant", 7);
        info!(logger: &bound, id = 1, "m");
        info!(logger: &bound, user = "", "m");
        Event::new(Level::Info, "m").field("user", "first").field("user", "last").emit();
    });
    assert_eq!(
        lines,
        "\"a b\"|m id=1|\nx|m|\n|m|\nbound|m tenant=7 id=1|\n\"\"|m tenant=7|\nlast|m|\n"
    );
    // The space belongs to the fields.
    let lines = logged(pattern("{level:short} {message} {fields}"), || {
        info!("m");
        error!(id = 1, b = [1, 2], "m");
    });
    assert_eq!(lines, "I m\nE m id=1 b=[1,2]\n");
}

#[test]
fn inv_029_pattern_widths_and_cuts_count_characters_and_leave_no_quote_open() {
    let text = "{message:6.3}|{field.k:.3}|{field.k:>7}|";
    let lines = logged(pattern(text), || {
        info!(k = "é🛎 x", "äö\n🛎");
        info!(k = "\n\"\\z", "{}", 12345);
        info!(k = 1.5, "");
    });
    assert_eq!(
        lines,
        "äö\\n  |\"é🛎 \"| \"é🛎 x\"|\n123   |\"\\n\\\"\\\\\"|\"\\n\\\"\\\\z\"|\n      |1.5|    1.5|\n"
    );
}

#[test]
fn inv_029_pattern_errors_name_token_place_and_what_is_allowed() {
    for (text, wanted) in [
        (
            "{time} {levle}",
            "`levle` at character 9 is no token (did you mean `level`?); there are time, level",
        ),
        ("é {Mesage}", "`Mesage` at character 4 is no token (did you mean `message`?)"),
        ("{timestamp}", "did you mean `time`?"),
        ("{logger}", "did you mean `target`?"),
        ("{}", "`` at character 2 is no token; there are time"),
        ("{qwertyuiop}", "`qwertyuiop` at character 2 is no token; there are time"),
        ("a } {message}", "`}` at character 3 closes nothing: write `}}`"),
        ("a {message", "`{` at character 3 is never closed: add `}`, or write `{{`"),
        (
            "{level:uper}",
            "`level` at character 2 has no spelling `uper` (did you mean `upper`?): use upper, lower or short",
        ),
        ("{level:<}", "`level` at character 2 has the width `<`, which is none: use `<8`"),
        ("{message:-3}", "has the width `-3`, which is none"),
        ("{message:.}", "has the width `.`, which is none"),
        ("{message:<1001}", "which is too wide"),
        ("{message:99999999999999999999999}", "which is none"),
        ("{fields:.3}", "`fields` at character 2 cannot be cut"),
        ("{field.}", "`field.` at character 2 names no field"),
        ("{time:%Q}", "`time` at character 2 has `%Q`, which stands for nothing: use %Y"),
        ("{time:%Y%}", "has `%`, which stands for nothing"),
        ("{time:unixms}", "has no form `unixms` (did you mean `unix_ms`?): use rfc3339"),
        ("{time:}", "has no form ``"),
        ("{message}\n{fields}", "'\\n' at character 10 would break or repaint the line"),
        ("\x1b[1m{message}", "'\\u{1b}' at character 1"),
        ("hello", "every line would be the same: put in a token"),
        ("", "every line would be the same"),
    ] {
        let error = Pattern::parse(text).unwrap_err();
        assert_eq!((error.field(), error.value()), ("pattern", text));
        assert!(error.remedy().contains(wanted), "{text}: {}", error.remedy());
    }
    let error = Pattern::parse(&"{seq}".repeat(201)).unwrap_err();
    assert!(error.remedy().contains("use at most 200"), "{error}");
    assert!(Pattern::parse(&"{seq}".repeat(200)).is_ok());
    let wrong = ripsaw::builder().pattern("{mesage}").start_local();
    assert!(wrong.unwrap_err().to_string().contains("(did you mean `message`?)"));
}

/// The environment is told to a process of its own.
#[test]
fn inv_029_pattern_from_the_environment() {
    const NAME: &str = "pattern::inv_029_pattern_from_the_environment";
    if let Ok(format) = std::env::var("RIPSAW_FORMAT") {
        let memory = ripsaw::sink::Memory::new();
        let started = ripsaw::Builder::from_env().sink(memory.clone()).manual().start_local();
        if format.contains("mesage") {
            let error = started.unwrap_err().to_string();
            assert!(error.starts_with("RIPSAW_FORMAT = \"[{target}] {mesage}\": `mesage` at"));
            return;
        }
        let guard = started.unwrap();
        let attached = guard.attach();
        info!(target: "T", "m");
        while guard.handle().pump() > 0 {}
        drop(attached);
        assert_eq!(memory.text(), "[T] m\n");
        return;
    }
    for format in ["pattern:[{target}] {message}", "pattern:[{target}] {mesage}"] {
        let mut test = std::process::Command::new(std::env::current_exe().unwrap());
        test.args(["--exact", NAME]).env("RIPSAW_FORMAT", format).env_remove("RUST_LOG");
        let output = test.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("1 passed"), "{format}: {said}");
    }
}

fn any_text() -> impl Strategy<Value = String> {
    let special: Vec<char> =
        " =\"\\\n\r\t\0\u{1B}\u{7F}\u{85}\u{202E}\u{2028}\u{FEFF}🛎'{}:.%<8".chars().collect();
    let any_char = prop_oneof![any::<char>(), proptest::sample::select(special)];
    proptest::collection::vec(any_char, 0..24).prop_map(String::from_iter)
}

/// Patterns that are right, mostly.
fn any_pattern() -> impl Strategy<Value = String> {
    let tokens = [
        "time",
        "time:local",
        "time:%F %T%.3f %a %b %j %I%p%:z",
        "time:unix_ms",
        "level",
        "level:short",
        "target",
        "message",
        "fields",
        "field.k",
        "field.",
        "file",
        "line",
        "module",
        "thread",
        "thread_id",
        "seq",
    ];
    let fits = ["", "", ":<8", ":>30", ":^9", ":.3", ":<8.20", ":1000", ":.0"];
    let token =
        (proptest::sample::select(tokens.to_vec()), proptest::sample::select(fits.to_vec()))
            .prop_map(|(token, fit)| format!("{{{token}{fit}}}"));
    let text = proptest::sample::select(vec![" ", "{{", "}}", "é", "|", "", "  ", "\t"]);
    let piece = prop_oneof![4 => token, 3 => text.prop_map(String::from), 1 => any_text()];
    proptest::collection::vec(piece, 0..9).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn inv_029_pattern_any_pattern_writes_one_safe_line_of_any_record(
        text in any_pattern(),
        target in any_text(),
        message in any_text(),
        keys in proptest::collection::vec((any_text(), any_text()), 0..4),
    ) {
        let Ok(pattern) = Pattern::parse(&text) else { return Ok(()) };
        let mut fields: Vec<(String, Value)> =
            keys.into_iter().map(|(key, value)| (key, Value::from(value))).collect();
        fields.push(("k".into(), Value::from(message.clone())));
        let line = with_dynamic(&target, &message, &fields, |record| line(pattern, record));
        let body = line.strip_suffix('\n').expect("a line ends with a line feed");
        // Tabs of the pattern are its own; those of values are escaped.
        prop_assert!(body.matches('\t').count() <= text.matches('\t').count());
        prop_assert!(!body.replace('\t', "").contains(forbidden), "{body:?}");
    }

    #[test]
    fn inv_029_pattern_what_was_logged_cannot_forge_a_field(
        message in any_text(),
        value in any_text(),
    ) {
        let fields = [("k".to_owned(), Value::from(value)), ("z".to_owned(), Value::from(1))];
        let text = "{level} {field.k} {fields}";
        let line = with_dynamic("t", &message, &fields, |record| line(pattern(text), record));
        prop_assert!(line.ends_with(" z=1\n"));
        let word = line.strip_prefix("INFO ").unwrap().strip_suffix(" z=1\n").unwrap();
        let bare = !word.contains([' ', '=', '"']) && !word.is_empty();
        prop_assert!(bare || word.starts_with('"') && word.ends_with('"') && word.len() > 1);
    }
}
