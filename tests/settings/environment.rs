//! Variables, and what a configuration without them says.

use crate::support::{Engine, timeless};
use ripsaw::{Config, ConfigWarning, Level, LevelFilter, LineFormat, info, warn};
use std::time::Duration;

/// What these variables make of the defaults.
fn read(variables: &[(&str, &str)]) -> (Config, Vec<ConfigWarning>) {
    Config::new().with_env("X", |name| {
        variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    })
}

#[test]
fn inv_017_a_configuration_is_plain_data_that_can_be_compared_and_changed() {
    let mut config = Config::new();
    assert_eq!((config.service_name.as_deref(), config.globally_disabled), (None, false));
    config.level = LevelFilter::Error;
    assert_ne!(config, Config::default());
    assert_eq!(config.clone().builder().start_local().unwrap().handle().levels(), config.levels());
}

#[test]
fn inv_018_the_settings_of_logging_are_typed_and_an_empty_module_stands_for_all() {
    let mut config = timeless();
    config.module_levels =
        vec![("shop".into(), LevelFilter::Debug), (String::new(), LevelFilter::Error)];
    let engine = Engine::of(&config);
    info!(target: "other", "dropped");
    ripsaw::debug!(target: "shop.web", "kept");
    ripsaw::error!(target: "other", "kept too");
    assert_eq!(engine.lines(), ["[debug    ] kept", "[error    ] kept too"]);
    config.format = LineFormat::Json;
    engine.reload(&config);
    ripsaw::error!(target: "other", "as JSON");
    assert!(engine.lines()[0].starts_with(r#"{"level":"error","#));
}

#[test]
fn inv_019_every_variable_has_its_form_and_what_is_wrong_is_said() {
    let (config, warnings) = read(&[
        ("X_SERVICE_NAME", "mine"),
        ("OTEL_SERVICE_NAME", "theirs"),
        ("X_LOG_LEVEL", "Warning"),
        ("X_LOG_CONSOLE_FORMATTER", "JSON"),
        ("X_LOG_OMIT_TIMESTAMP", " yes "),
        ("X_LOG_MODULE_LEVELS", "a:b:DEBUG, db : error ,db:TRACE,,nolevel,:INFO"),
    ]);
    assert_eq!(config.service_name.as_deref(), Some("theirs"));
    assert_eq!((config.level, config.format), (LevelFilter::Warning, LineFormat::Json));
    assert!(config.omit_timestamp && !config.globally_disabled);
    assert_eq!(config.module_levels, [("db".to_owned(), LevelFilter::Trace)]);
    let values: Vec<&str> = warnings.iter().map(ConfigWarning::value).collect();
    assert_eq!(values, ["a:b:DEBUG", "nolevel", ":INFO"]);
    assert!(warnings.iter().all(|w| w.variable() == "X_LOG_MODULE_LEVELS"), "{warnings:?}");

    let (_, warnings) = read(&[("X_LOG_MODULE_LEVELS", "shop::db=debug")]);
    assert_eq!(
        warnings[0].to_string(),
        "X_LOG_MODULE_LEVELS = \"shop::db=debug\": left out; use name:level, not name=level"
    );

    let (mut config, warnings) = read(&[
        ("X_SERVICE_NAME", "mine"),
        ("OTEL_SERVICE_NAME", ""),
        ("X_LOG_LEVEL", "loud"),
        ("X_LOG_CONSOLE_FORMATTER", "xml"),
        ("X_TELEMETRY_DISABLED", "maybe"),
    ]);
    assert_eq!(config.service_name.as_deref(), Some(""));
    config.service_name = None;
    assert_eq!(config, Config::new());
    let said: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    assert!(said[0].starts_with(r#"X_LOG_LEVEL = "loud": info is kept; "#), "{said:?}");
    assert!(said[1].contains("use key_value or json"), "{said:?}");
    assert!(said[2].contains("taken for no"), "{said:?}");
    assert_eq!(warnings[2].compat(), None);
    assert!(
        warnings[0].compat().unwrap().ends_with("Invalid X_LOG_LEVEL 'LOUD'. Defaulting to INFO.")
    );
}

#[test]
fn inv_019_names_of_modules_may_be_paths() {
    let list = "shop::db:debug, a.b:error , x::y : WARNING, a::b:c:info, ::, x::y";
    let (config, warnings) = read(&[("X_LOG_MODULE_LEVELS", list)]);
    let levels: Vec<String> =
        config.module_levels.iter().map(|(name, level)| format!("{name}={level}")).collect();
    assert_eq!(levels, ["shop::db=debug", "a.b=error", "x::y=warning"]);
    let values: Vec<&str> = warnings.iter().map(ConfigWarning::value).collect();
    assert_eq!(values, ["a::b:c:info", "::", "x::y"]);
}

#[test]
fn inv_022_what_is_disabled_writes_nothing_on_any_path() {
    let (config, _) = read(&[("X_TELEMETRY_DISABLED", "True")]);
    assert!(config.globally_disabled);
    let engine = Engine::of(&config);
    ripsaw::critical!("macro");
    let log = ripsaw::Logger::new("a.b").with("k", 1);
    log.event(Level::Critical, "event").emit();
    ripsaw::critical!(logger: &log, "through a logger");
    assert!(!log.enabled(Level::Critical));
    assert_eq!(engine.lines(), [""; 0]);
    let stats = engine.handle().stats();
    assert_eq!((stats.accepted, stats.written, stats.notices), (0, 0, 0));
}

#[test]
fn inv_023_lines_can_be_without_their_time() {
    for format in [LineFormat::KeyValue, LineFormat::Json] {
        let mut config = Config::new();
        config.format = format;
        let engine = Engine::of(&config);
        info!("x");
        let with = engine.lines().remove(0);
        config.omit_timestamp = true;
        engine.reload(&config);
        info!("x");
        let without = engine.lines().remove(0);
        let year = |line: &str| line.trim_start_matches("{\"timestamp\":\"").starts_with("20");
        assert!(year(&with) && !year(&without), "{with} {without}");
        assert!(!without.contains("timestamp"), "{without}");
    }
}

#[test]
fn inv_024_one_call_sets_level_service_and_form() {
    let mut config = timeless();
    config.level = LevelFilter::Warning;
    let engine = Engine::of(&config);
    info!("dropped");
    warn!("kept");
    assert_eq!(engine.lines(), ["[warning  ] kept"]);
}

#[test]
fn inv_025_a_preset_for_services_that_log_much() {
    let mut config = Config::high_throughput();
    config.omit_timestamp = true;
    let engine = Engine::of(&config);
    info!(target: "hyper::proto", "chatter");
    warn!(target: "hyper::proto", "trouble");
    info!(target: "shop", "order");
    ripsaw::debug!(target: "shop", "detail");
    let lines = engine.lines();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines.iter().all(|line| line.starts_with('{')), "{lines:?}");
}

#[test]
fn inv_025_a_preset_for_services_whose_every_byte_counts() {
    let engine = Engine::of(&Config::lean());
    info!(target: "shop", "order");
    warn!(target: "shop", domain = "user", action = "login", status = "error", "late");
    let line = r#"{"level":"warning","logger":"shop","event":"late","domain":"user","action":"login","status":"error"}"#;
    assert_eq!(engine.lines(), [line]);
    // A preset is a default: the environment goes before it.
    let (config, _) =
        Config::lean().with_env("X", |name| (name == "X_LOG_LEVEL").then(|| "debug".to_owned()));
    assert_eq!((config.level, config.omit_timestamp), (LevelFilter::Debug, true));
}

#[test]
fn inv_001_a_reload_replaces_the_whole_configuration_for_every_handle() {
    let log = ripsaw::Logger::new("a.b");
    let engine = Engine::of(&timeless());
    info!(logger: &log, "first");
    assert_eq!(engine.lines(), ["[info     ] first"]);
    let mut second = timeless();
    second.level = LevelFilter::Error;
    second.format = LineFormat::Json;
    engine.reload(&second);
    info!(logger: &log, "dropped");
    ripsaw::error!(logger: &log, "second");
    let lines = engine.lines();
    assert!(lines[0].starts_with(r#"{"level":"error","#) && lines.len() == 1, "{lines:?}");
}

#[test]
fn inv_002_inv_003_before_an_engine_is_started_statements_are_disabled() {
    // No engine is global in this process, and this thread is attached to none.
    let mut evaluated = false;
    info!(
        x = {
            evaluated = true;
            1
        },
        "lost on purpose"
    );
    assert!(!evaluated && !ripsaw::enabled!(Level::Critical));
    let engine = Engine::of(&timeless());
    info!("from now on");
    assert_eq!(engine.lines(), ["[info     ] from now on"]);
}

#[test]
fn inv_003_a_start_that_fails_leaves_what_was_there() {
    let engine = Engine::of(&timeless());
    let wrong = ripsaw::builder().filter("info,debg");
    let error = engine.handle().reload(wrong).expect_err("a typing error");
    assert_eq!((error.field(), error.value()), ("filter", "debg"));
    info!("as before");
    assert_eq!(engine.lines(), ["[info     ] as before"]);
}

#[test]
fn inv_004_a_shutdown_drains_within_its_deadline_and_reports() {
    let memory = ripsaw::sink::Memory::new();
    let guard = timeless().builder().sink(memory.clone()).start_local().expect("it starts");
    let attached = guard.attach();
    for i in 0..100 {
        info!(i, "x");
    }
    let report = guard.shutdown(Duration::from_secs(60));
    assert_eq!((report.written, report.dropped, report.unflushed), (100, 0, 0));
    assert_eq!(memory.lines().len(), 100);
    drop(attached);
}

#[test]
fn inv_015_the_version_is_that_of_the_package() {
    assert_eq!(ripsaw::VERSION, env!("CARGO_PKG_VERSION"));
}

#[test]
fn inv_016_levels_and_forms_are_enumerations_with_names() {
    let names: Vec<&str> = Level::ALL.iter().map(|level| level.as_str()).collect();
    assert_eq!(names, ["trace", "debug", "info", "warning", "error", "critical"]);
    assert_eq!(LineFormat::KeyValue.as_str(), "key_value");
    assert_eq!(LineFormat::Json.as_str(), "json");
}

#[test]
fn inv_021_the_service_name_stands_in_every_record() {
    for (name, compat, expected) in [
        ("shop", false, "[info     ] e                              service_name=shop a=1"),
        ("", true, "[info     ] e                              a=1 service_name="),
    ] {
        let mut config = timeless();
        config.service_name = Some(name.to_owned());
        (config.compat, config.name_emoji, config.field_emoji) = (compat, Some(false), Some(false));
        let engine = Engine::of(&config);
        info!(a = 1, "e");
        assert_eq!(engine.lines(), [expected]);
        // A record's own stands, but for programs that come from elsewhere.
        info!(service_name = "mine", "e");
        assert_eq!(engine.lines()[0].contains("service_name=mine"), !compat);
    }
}

#[test]
fn emoji_are_off_unless_they_are_asked_for_and_by_form_for_those_who_come_from_elsewhere() {
    assert!(Config::new().emoji().is_none());
    let (config, warnings) = read(&[
        ("X_LOG_DAS_EMOJI_ENABLED", "on"),
        ("X_LOG_ENABLED_SEMANTIC_LAYERS", " http, ,nosuch"),
        ("X_LOG_OMIT_TIMESTAMP", "1"),
        ("X_SHOW_EMOJI_MATRIX", "yes"),
    ]);
    assert_eq!((config.layers.len(), config.show_emoji_matrix), (2, true));
    assert_eq!((warnings.len(), warnings[0].value()), (1, "nosuch"));
    assert!(config.emoji_matrix().contains("http_method"));
    let engine = Engine::of(&config);
    info!(http.method = "GET", "e");
    assert_eq!(engine.lines(), ["[info     ] [📥] e                          http.method=GET"]);

    let mut compat = timeless();
    compat.compat = true;
    let engine = Engine::of(&compat);
    info!(logger: &ripsaw::Logger::new("test"), status = "success", "e");
    assert_eq!(engine.lines(), ["[info     ] [❓][❓][✅] 🧪 e"]);
    compat.format = LineFormat::Json;
    assert!(compat.emoji().is_none());
}

#[cfg(not(feature = "config"))]
#[test]
fn layers_in_json_need_a_feature_and_say_so() {
    let (config, warnings) = read(&[("X_LOG_USER_DEFINED_EMOJI_SETS", r#"[{"name":"a"}]"#)]);
    assert_eq!(config, Config::new());
    assert!(warnings[0].remedy().contains("feature `config`"), "{warnings:?}");
}

#[cfg(feature = "config")]
#[test]
fn layers_and_sets_are_read_from_json_item_by_item() {
    let layers = r#"[{"priority":"7","emoji_sets":[{"name":"s","emojis":{"read":"📖"}}],
        "field_definitions":[{"log_key":"file.operation","emoji_set_name":"s"}]},
        {"name":"x","priority":"high"}, 3]"#;
    let (mut config, warnings) = read(&[
        ("X_LOG_CUSTOM_SEMANTIC_LAYERS", layers),
        ("X_LOG_USER_DEFINED_EMOJI_SETS", r#"[{"emojis":{}},{"name":"a","emojis":[1]}]"#),
    ]);
    assert_eq!((config.custom_layers.len(), config.emoji_sets.len()), (1, 0));
    let layer = &config.custom_layers[0];
    assert_eq!((layer.name.as_str(), layer.priority), ("unnamed_custom_layer", 7));
    let said: Vec<Option<String>> = warnings.iter().map(ConfigWarning::compat).collect();
    assert!(said[0].as_ref().unwrap().contains("invalid literal for int() with base 10: 'high'"));
    assert_eq!(said[1], None);
    assert!(said[2].as_ref().unwrap().contains("missing 1 required positional argument: 'name'"));
    assert!(said[3].as_ref().unwrap().contains("cannot convert dictionary update sequence"));
    (config.field_emoji, config.omit_timestamp) = (Some(true), true);
    let engine = Engine::of(&config);
    info!(file.operation = "read", "e");
    assert!(engine.lines()[0].starts_with("[info     ] [📖] e "));
    let (config, warnings) = read(&[("X_LOG_CUSTOM_SEMANTIC_LAYERS", "nope")]);
    assert_eq!((config, warnings.len()), (Config::new(), 1));
}
