//! Settings from a TOML document.

use proptest::prelude::*;
use ripsaw::sink::Memory;
use ripsaw::{Builder, Document, DocumentErrors, Level, LevelFilter, debug, info, warn};
use std::time::Duration;

fn wrong(text: &str) -> DocumentErrors {
    Document::parse(text).expect_err(text)
}

/// What the engine of a document makes of some records.
fn lines(text: &str, log: impl FnOnce()) -> Vec<String> {
    let memory = Memory::new();
    let guard = Builder::from_toml(text).unwrap().sink(memory.clone()).start_local().unwrap();
    let attached = guard.attach();
    log();
    guard.handle().flush(Duration::from_secs(10)).unwrap();
    drop(attached);
    memory.lines()
}

#[test]
fn an_empty_document_is_the_default() {
    let document = Document::parse("# nothing\n").unwrap();
    assert_eq!(document.config, ripsaw::Config::new());
    let text = lines("format = { kind = 'text', timestamp = false }", || {
        info!("hello");
        debug!("not this");
    });
    assert_eq!(text.len(), 1);
    assert!(text[0].starts_with("INFO ") && text[0].ends_with("hello"), "{text:?}");
}

#[test]
fn levels_processors_and_formats_are_in_force() {
    let document = r#"
        level = "warning"
        levels = { "settings::document::loud" = "debug", "a.b" = "debug" }
        format = { kind = "json", timestamp = false, keys = { event = "message" }, level = "upper", constants = { team = "x" } }
        [[processors]]
        kind = "enrich"
        constants = { region = "eu" }
        [[processors]]
        kind = "redact"
        words = ["iban"]
        [[processors]]
        kind = "drop_fields"
        fields = ["noise"]
        [[processors]]
        kind = "rename"
        from = "old"
        to = "new"
    "#;
    let lines = lines(document, || {
        info!(target: "a", "not this");
        debug!(target: "a.b.c", iban = "DE00", noise = 1, old = 2, "this");
    });
    assert_eq!(lines.len(), 1, "{lines:?}");
    let json: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
    assert_eq!(json["message"], "this");
    assert_eq!(json["level"], "DEBUG");
    assert_eq!((&json["team"], &json["region"]), (&"x".into(), &"eu".into()));
    assert_eq!(json["new"], 2);
    assert!(json.get("noise").is_none() && !lines[0].contains("DE00"), "{json}");
}

#[test]
fn routes_have_files_filters_and_formats_of_their_own() {
    let path = std::env::temp_dir().join(format!("ripsaw-document-{}.log", std::process::id()));
    let text = format!(
        "[[routes]]\nsink = 'file'\npath = {:?}\nlevel = 'info'\n\
         filter = {{ targets = ['shop'], fields = {{ paid = true }} }}\n\
         failover = {{ sink = 'null' }}\nqueue_bytes = '1MiB'\n\
         format = {{ kind = 'pattern', pattern = '{{level}} {{message}}' }}\n",
        path.display().to_string()
    );
    let all = lines(&text, || {
        info!(target: "shop::cart", paid = true, "one");
        info!(target: "shop::cart", paid = false, "two");
        warn!(target: "shopping", paid = true, "three");
    });
    let written = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(written, "INFO one\n");
    assert_eq!(all.len(), 3);
}

#[test]
fn all_errors_come_at_once_with_their_places() {
    let text = "levle = \"info\"\nlevel = \"inof\"\n\n[engine]\nclock = \"quartz\"\narena_bytes = \"4 parsec\"\n\
                max_delay = 5\n[format]\nkind = \"pattern\"\npattern = \"{\"\n[[routes]]\nsink = \"fiel\"\n[[routes]]\n\
                sink = \"file\"\n[[processors]]\nkind = \"rename\"\nfrom = \"a\"\nfields = [\"b\"]\n[[sampling]]\n\
                probability = 2\n[[sampling]]\nfirst = 1\n";
    let errors = wrong(text);
    let places: Vec<_> =
        errors.errors().iter().map(|e| (e.line, e.column, e.key.as_str())).collect();
    assert_eq!(
        places,
        [
            (1, 1, "levle"),
            (2, 9, "level"),
            (5, 9, "engine.clock"),
            (6, 15, "engine.arena_bytes"),
            (7, 13, "engine.max_delay"),
            (10, 11, "format.pattern"),
            (12, 8, "routes[0].sink"),
            (13, 1, "routes[1].path"),
            (15, 1, "processors[0].to"),
            (18, 10, "processors[0].fields"),
            (20, 15, "sampling[0].probability"),
            (21, 1, "sampling[1]"),
        ],
        "{errors}"
    );
    let shown = errors.to_string();
    let said: Vec<&str> = shown.lines().collect();
    assert_eq!(said.len(), 12);
    assert!(said[0].starts_with("1:1: levle: is no key of a document; use service_name, "));
    assert!(said[0].ends_with("; did you mean \"level\"?"), "{}", said[0]);
    assert_eq!(
        said[1],
        "2:9: level = \"inof\": use trace, debug, info, warning, error, critical, off or notset; did you mean \"info\"?"
    );
    assert_eq!(said[2], "5:9: engine.clock = \"quartz\": use auto, system, coarse");
    assert!(said[6].ends_with("did you mean \"file\"?"), "{}", said[6]);
}

#[test]
fn what_is_no_toml_is_told_with_the_rest() {
    let errors = wrong("level = \nlevels = { a = 'loud' }\n[engine\nclock = 'auto'\n");
    assert!(errors.errors().len() >= 3, "{errors}");
    assert_eq!(errors.errors()[0].line, 1);
    assert!(errors.errors().iter().any(|e| e.key == "levels.a" && e.line == 2), "{errors}");
    let twice = wrong("level = 'info'\nlevel = 'debug'\n");
    assert_eq!(twice.errors()[0].line, 2, "{twice}");
}

#[test]
fn errors_show_no_secrets() {
    let text = "api_token = \"hunter2\"\n[format]\nkind = \"json\"\nconstants = { password = [1979-05-26], auth = 1979-05-27 }\n\
                [[processors]]\nkind = \"enrich\"\nservce = \"hunter2\"\nconstants = [\"hunter2\"]\n";
    let errors = wrong(text);
    assert_eq!(errors.errors().len(), 5, "{errors}");
    assert!(!errors.to_string().contains("hunter2") && !errors.to_string().contains("1979"));
    assert!(!format!("{:?}", errors.errors()).contains("hunter2"));
}

#[test]
fn sizes_of_the_arena_are_checked_with_their_place() {
    for (key, value) in [("block_bytes", "1000"), ("arena_bytes", "\"1kB\"")] {
        let errors = wrong(&format!("[engine]\n{key} = {value}\n"));
        let error = &errors.errors()[0];
        assert_eq!((error.line, error.key.as_str()), (2, &*format!("engine.{key}")), "{errors}");
    }
}

#[test]
fn the_builder_is_before_the_environment_and_that_before_the_document() {
    let text = "level = 'error'\nservice_name = 'file'\nformat = 'pretty'\n[levels]\na = 'error'\nb = 'error'\n";
    let variables = |name: &str| match name {
        "SHOP_LOG_LEVEL" => Some("warning".to_owned()),
        "SHOP_LOG_MODULE_LEVELS" => Some("a:debug".to_owned()),
        "SHOP_LOG_CONSOLE_FORMATTER" => Some("json".to_owned()),
        _ => None,
    };
    let document = Document::parse(text).unwrap();
    let (document, warnings) = document.with_env("SHOP", variables);
    assert_eq!(warnings, []);
    assert_eq!(document.config.level, LevelFilter::Warning);
    assert_eq!(document.config.service_name.as_deref(), Some("file"));
    let memory = Memory::new();
    let builder = document.builder().level(Level::Info).sink(memory.clone());
    let guard = builder.start_local().unwrap();
    assert_eq!(guard.handle().levels().to_string().matches("info").count(), 1);
    let attached = guard.attach();
    info!("one");
    debug!(target: "a", "two");
    warn!(target: "b", "not this");
    guard.handle().flush(Duration::from_secs(10)).unwrap();
    drop(attached);
    let lines = memory.lines();
    assert_eq!(lines.len(), 2);
    assert!(lines.iter().all(|line| line.starts_with('{')), "{lines:?}");

    // A format that the environment has wrong leaves the document's.
    let wrong = |name: &str| (name == "X_LOG_CONSOLE_FORMATTER").then(|| "xml".to_owned());
    let text = "format = { kind = 'pattern', pattern = '<{message}>' }";
    let (document, warnings) = Document::parse(text).unwrap().with_env("X", wrong);
    assert_eq!(warnings.len(), 1);
    let memory = Memory::new();
    let guard = document.builder().sink(memory.clone()).start_local().unwrap();
    let attached = guard.attach();
    info!("kept");
    guard.handle().flush(Duration::from_secs(10)).unwrap();
    drop(attached);
    assert_eq!(memory.lines(), ["<kept>"]);
}

#[test]
fn the_example_is_right_and_the_schema_knows_its_keys() {
    let example = include_str!("../../examples/ripsaw.toml");
    let guard = Builder::from_toml(example).unwrap().start_local().unwrap();
    assert_eq!(guard.handle().stats().routes.len(), 2);
    let schema: serde_json::Value = serde_json::from_str(&Document::json_schema()).unwrap();
    let keys = schema["properties"].as_object().unwrap();
    // The example is complete: each key of the schema stands in it, if only in a comment.
    let mut names = std::collections::BTreeSet::new();
    names_in(&schema, &mut names);
    let words: std::collections::HashSet<&str> =
        example.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).collect();
    let missing: Vec<_> = names.iter().filter(|name| !words.contains(name.as_str())).collect();
    assert!(names.len() > 150 && missing.is_empty(), "{missing:?}");
    // What the schema has, the parser knows: each key alone is refused for its value or its neighbours, never for its name.
    for name in keys.keys() {
        if let Err(errors) = Document::parse(&format!("{name} = 1979-05-27")) {
            assert!(!errors.to_string().contains("is no key"), "{errors}");
        }
    }
    assert!(
        Document::read("/nonexistent/ripsaw.toml")
            .unwrap_err()
            .to_string()
            .contains("/nonexistent")
    );
}

#[test]
fn an_error_of_a_file_names_the_file_and_a_key_that_means_nothing_its_neighbour() {
    let path = std::env::temp_dir().join(format!("ripsaw-errors-{}.toml", std::process::id()));
    let text = "levle = 'info'\n[[processors]]\nkind = 'redact'\nkey = 'x'\n";
    std::fs::write(&path, text).unwrap();
    let read = Document::read(&path);
    std::fs::remove_file(&path).unwrap();
    let shown = read.unwrap_err().to_string();
    let lines: Vec<&str> = shown.lines().collect();
    let name = path.display();
    assert!(lines[0].starts_with(&format!("{name}:1:1: levle: is no key")), "{shown}");
    assert!(lines[1].starts_with(&format!("{name}:4:7: processors[0].key: ")), "{shown}");
    assert!(lines[1].ends_with("did you mean \"keys\"?"), "{shown}");
    let parsed = Document::parse(text).unwrap_err();
    assert_eq!(parsed.path(), None);
    assert!(parsed.to_string().starts_with("1:1: levle"), "{parsed}");
}

/// The names of all keys.
fn names_in(schema: &serde_json::Value, names: &mut std::collections::BTreeSet<String>) {
    match schema {
        serde_json::Value::Object(map) => {
            if let Some(properties) = map.get("properties").and_then(|p| p.as_object()) {
                names.extend(properties.keys().cloned());
            }
            map.values().for_each(|inner| names_in(inner, names));
        }
        serde_json::Value::Array(items) => items.iter().for_each(|inner| names_in(inner, names)),
        _ => {}
    }
}

#[test]
fn deep_documents_are_answered() {
    const DEEP: usize = 100_000;
    let dotted = vec!["a"; DEEP].join(".");
    for text in [
        format!("level = {}", "[".repeat(DEEP)),
        format!("level = {}1{}", "[".repeat(DEEP), "]".repeat(DEEP)),
        format!("level = {}", "{a=".repeat(DEEP)),
        format!("{dotted} = 1"),
        format!("[{dotted}]"),
        format!("[[{dotted}]]"),
        format!("level = {{ {dotted} = 1 }}"),
    ] {
        assert!(!wrong(&text).errors().is_empty());
    }
}

#[test]
fn many_errors_have_each_its_place() {
    const LINES: usize = 2_000;
    let text: String = (0..LINES).map(|i| format!("u{i} = 1\n")).collect();
    let errors = wrong(&format!("# ü\n{text}"));
    assert_eq!(errors.errors().len(), LINES);
    let places = errors.errors().iter().map(|error| (error.line, error.column));
    assert!(places.eq((2..LINES + 2).map(|line| (line, 1))));
    let errors = wrong("emoji = { 'ü' = 1, b = 2 }");
    assert_eq!(errors.errors()[1].column, 20, "{errors}");
}

/// Pieces of documents, right and wrong.
fn piece() -> impl Strategy<Value = String> {
    let key = proptest::sample::select(vec![
        "level",
        "levels",
        "format",
        "routes",
        "processors",
        "engine",
        "sink",
        "kind",
        "pattern",
        "overflow",
        "sampling",
        "probability",
        "clock",
        "emoji",
        "a.b",
        "\"\"",
        "path",
    ]);
    let value = prop_oneof![
        proptest::sample::select(vec![
            "'info'",
            "'json'",
            "'file'",
            "3",
            "-1",
            "0x10",
            "1e400",
            "nan",
            "true",
            "[]",
            "{}",
            "[[1]]",
            "'5ms'",
            "'16MiB'",
            "'99999999999999999999h'",
            "1979-05-27",
            "{ kind = 'pattern' }",
            "[{ sink = 'null' }]",
            "[{ kind = 'redact' }]",
            "",
            "'\\u{202e}'",
        ])
        .prop_map(str::to_owned),
        any::<String>(),
    ];
    prop_oneof![
        (key.clone(), value).prop_map(|(key, value)| format!("{key} = {value}\n")),
        key.clone().prop_map(|key| format!("[{key}]\n")),
        key.prop_map(|key| format!("[[{key}]]\n")),
        any::<String>(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 4 } else { 400 }))]

    #[test]
    fn any_text_is_taken_or_answered(pieces in proptest::collection::vec(piece(), 0..12)) {
        let text = pieces.concat();
        if let Err(errors) = Document::parse(&text) {
            prop_assert!(!errors.errors().is_empty());
            let mut last = (0, 0);
            for error in errors.errors() {
                prop_assert!((error.line, error.column) >= last);
                prop_assert_eq!(error.to_string().lines().count(), 1);
                last = (error.line, error.column);
            }
            prop_assert!(last.0 <= text.split('\n').count());
        }
    }
}

#[test]
fn an_explanation_names_no_line_that_says_otherwise() {
    let document = Document::parse("disabled = false\n").unwrap();
    let (document, _) = document
        .with_env("SHOP", |name| (name == "SHOP_TELEMETRY_DISABLED").then(|| "true".to_owned()));
    assert_eq!(
        document.explain("a", Level::Error),
        "error of \"a\" does not pass: disabled is true (not by the document)\n"
    );
}

#[test]
fn an_explanation_asks_for_none_of_alternatives_in_particular() {
    let text = "[[routes]]\nsink = 'null'\nfilter = { any = [{ fields = { a = 1 } }, { events = ['x'] }] }\n";
    let said = Document::parse(text).unwrap().explain("t", Level::Info);
    assert!(said.contains("takes it if its filter's any are met"), "{said}");
    // Of one that is left it is known which.
    let known = text.replace("{ events = ['x'] }", "{ level = 'error' }");
    let said = Document::parse(&known).unwrap().explain("t", Level::Info);
    assert!(said.contains("takes it if its filter's any.fields.a are met"), "{said}");
}
