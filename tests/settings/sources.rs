//! One model: what code, the environment and a document say in their own ways has one result.

use crate::support::Engine;
use proptest::prelude::*;
use ripsaw::emoji::{Emoji, Layer, Names};
use ripsaw::format::{Json, KeyValue};
use ripsaw::process::Enrich;
use ripsaw::{Builder, Config, Document, LevelFilter, Levels, Logger, debug, error, info, warn};
use std::fmt::Write as _;

/// Settings that all sources can say.
#[derive(Clone, Debug)]
struct Wanted {
    prefix: String,
    service: Option<String>,
    level: LevelFilter,
    modules: Vec<(String, LevelFilter)>,
    json: bool,
    omit_timestamp: bool,
    names: Option<bool>,
    fields: Option<bool>,
    layers: Vec<String>,
    disabled: bool,
}

fn wanted() -> impl Strategy<Value = Wanted> {
    let level = proptest::sample::select(vec![
        LevelFilter::Trace,
        LevelFilter::Debug,
        LevelFilter::Info,
        LevelFilter::Warning,
        LevelFilter::Error,
        LevelFilter::Critical,
    ]);
    let name = proptest::sample::select(vec!["shop", "shop.cart", "shop::db", "web", "a_b"]);
    let modules = proptest::collection::vec((name.prop_map(str::to_owned), level.clone()), 0..4);
    let layers =
        proptest::sample::subsequence(vec!["http", "database", "llm", "task_queue"], 0..=4);
    let choice = || proptest::option::of(any::<bool>());
    (
        ("[A-Z][A-Z0-9_]{0,8}", proptest::option::of("[a-zé \"'\\\\\t]{0,8}"), level, modules),
        (any::<bool>(), any::<bool>(), choice(), choice()),
        (layers, proptest::bool::weighted(0.1)),
    )
        .prop_map(
            |(
                (prefix, service, level, modules),
                (json, omit_timestamp, names, fields),
                (layers, disabled),
            )| {
                let mut unique: Vec<(String, LevelFilter)> = Vec::new();
                for (name, level) in modules {
                    if !unique.iter().any(|(known, _)| *known == name) {
                        unique.push((name, level));
                    }
                }
                let layers = layers.into_iter().map(str::to_owned).collect();
                Wanted {
                    prefix,
                    service,
                    level,
                    modules: unique,
                    json,
                    omit_timestamp,
                    names,
                    fields,
                    layers,
                    disabled,
                }
            },
        )
}

impl Wanted {
    fn config(&self) -> Config {
        let mut config = Config::new();
        config.service_name = self.service.clone();
        config.level = self.level;
        config.module_levels = self.modules.clone();
        config.format =
            if self.json { ripsaw::LineFormat::Json } else { ripsaw::LineFormat::KeyValue };
        config.omit_timestamp = self.omit_timestamp;
        (config.name_emoji, config.field_emoji) = (self.names, self.fields);
        config.layers = self.layers.clone();
        config.globally_disabled = self.disabled;
        config
    }

    /// By methods, each for itself.
    fn builder(&self) -> Builder {
        let level = if self.disabled { LevelFilter::Off } else { self.level };
        let modules = self.modules.iter().filter(|_| !self.disabled);
        let levels =
            modules.fold(Levels::new(level), |levels, (name, level)| levels.with(name, *level));
        let mut builder = ripsaw::builder().levels(levels);
        builder = match self.json {
            true => builder.format(Json::new().timestamp(!self.omit_timestamp)),
            false => builder.format(KeyValue::new().timestamp(!self.omit_timestamp)),
        };
        if let Some(service) = &self.service {
            builder = builder.processor(Enrich::new().constant("service_name", service.clone()));
        }
        let (names, fields) = (self.names == Some(true), self.fields == Some(true));
        let mut emoji = Emoji::new();
        if names {
            emoji = emoji.names(Names::new());
        }
        if fields {
            emoji =
                emoji.das(true).layers(self.layers.iter().map(|name| Layer::named(name).unwrap()));
        }
        if names || fields { builder.processor(emoji) } else { builder }
    }

    fn variable(&self, name: &str) -> Option<String> {
        let yes = |on: bool| if on { "Yes" } else { "off" }.to_owned();
        let name = name.strip_prefix(&self.prefix)?.strip_prefix('_')?;
        match name {
            "SERVICE_NAME" => self.service.clone(),
            "TELEMETRY_DISABLED" => Some(yes(self.disabled)),
            "LOG_LEVEL" => Some(self.level.to_string().to_uppercase()),
            "LOG_CONSOLE_FORMATTER" => {
                Some(if self.json { "json" } else { "key_value" }.to_owned())
            }
            "LOG_OMIT_TIMESTAMP" => Some(yes(self.omit_timestamp)),
            "LOG_MODULE_LEVELS" => {
                let items = self.modules.iter().map(|(name, level)| format!("{name}:{level}"));
                Some(items.collect::<Vec<_>>().join(", "))
            }
            "LOG_LOGGER_NAME_EMOJI_ENABLED" => self.names.map(yes),
            "LOG_DAS_EMOJI_ENABLED" => self.fields.map(yes),
            "LOG_ENABLED_SEMANTIC_LAYERS" => Some(self.layers.join(",")),
            _ => None,
        }
    }

    fn document(&self) -> String {
        let mut text = format!(
            "level = '{}'\ndisabled = {}\nomit_timestamp = {}\nformat = '{}'\n",
            self.level,
            self.disabled,
            self.omit_timestamp,
            if self.json { "json" } else { "key_value" }
        );
        if let Some(service) = &self.service {
            // The escapes that are the same in both languages.
            let _ = writeln!(text, "service_name = {service:?}");
        }
        text.push_str("[emoji]\n");
        for (key, choice) in [("names", self.names), ("fields", self.fields)] {
            let _ = choice.map(|on| writeln!(text, "{key} = {on}"));
        }
        let _ = writeln!(text, "layers = {:?}\n[levels]", self.layers);
        self.modules.iter().for_each(|(name, level)| {
            let _ = writeln!(text, "{name:?} = '{level}'");
        });
        text
    }
}

/// What an engine makes of records of all kinds; times are left out, whether there is one is not.
fn described(builder: Builder) -> (String, Vec<String>) {
    let engine = Engine::start(builder.arena_bytes(1 << 20));
    let cart = Logger::new("shop.cart").with("tenant", "eu");
    for (logger, n) in [(&cart, 1), (&Logger::new("web"), 2)] {
        debug!(logger: logger, n, http.method = "GET", "one");
        info!(logger: logger, n, domain = "user", action = "login", status = "error", "two");
        error!(logger: logger, n, db.operation = "query", service_name = "own", "three");
    }
    warn!(target: "shop::db::pool", "four");
    ripsaw::trace!(target: "shop::db", llm.task = "chat", "five");
    ripsaw::critical!(target: "a_b", task.status = "done", "six");
    let timeless = |line: String| match line.find("timestamp\":\"").map(|at| at + 12) {
        Some(at) => {
            line[..at].to_owned()
                + line[at + 20..].trim_start_matches(|c: char| c.is_ascii_digit() || c == 'Z')
        }
        None if line.starts_with("20") => "T".to_owned() + &line[26..],
        None => line,
    };
    (engine.handle().levels().to_string(), engine.lines().into_iter().map(timeless).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 2 } else { 32 }))]

    #[test]
    fn inv_017_code_environment_and_document_have_one_result(wanted in wanted()) {
        let by_code = described(wanted.builder());
        let by_data = described(wanted.config().builder());
        prop_assert_eq!(&by_code, &by_data);
        prop_assert_eq!(by_code.1.is_empty(), wanted.disabled, "CRITICAL passes, unless nothing does");
        let lookup = |name: &str| wanted.variable(name);
        let (config, warnings) = Config::new().with_env(&wanted.prefix, lookup);
        prop_assert_eq!(&warnings, &[]);
        prop_assert_eq!(&config, &wanted.config());
        prop_assert_eq!(&by_code, &described(config.builder()));
        let document = Document::parse(&wanted.document()).map_err(|e| TestCaseError::fail(e.to_string()))?;
        prop_assert_eq!(&document.config, &wanted.config());
        prop_assert_eq!(&by_code, &described(document.builder()));
    }

    /// The environment goes before the document in all that it says, whatever that says; what it does not say stands.
    #[test]
    fn the_environment_goes_before_the_document(document in wanted(), environment in wanted(), said in any::<[bool; 9]>()) {
        let names = ["SERVICE_NAME", "TELEMETRY_DISABLED", "LOG_LEVEL", "LOG_CONSOLE_FORMATTER", "LOG_OMIT_TIMESTAMP",
            "LOG_MODULE_LEVELS", "LOG_LOGGER_NAME_EMOJI_ENABLED", "LOG_DAS_EMOJI_ENABLED", "LOG_ENABLED_SEMANTIC_LAYERS"];
        let is_said = |name: &str| names.iter().zip(said).any(|(known, said)| said && name.ends_with(known));
        let lookup = |name: &str| environment.variable(name).filter(|_| is_said(name));
        let parsed = Document::parse(&document.document()).unwrap();
        let (mixed, warnings) = parsed.with_env(&environment.prefix, lookup);
        prop_assert_eq!(&warnings, &[]);
        let mut wanted = document.clone();
        let mut take = |name: &str, set: &dyn Fn(&mut Wanted)| if is_said(name) { set(&mut wanted) };
        take("X_SERVICE_NAME", &|w| w.service = environment.service.clone().or(w.service.clone()));
        take("X_TELEMETRY_DISABLED", &|w| w.disabled = environment.disabled);
        take("X_LOG_LEVEL", &|w| w.level = environment.level);
        take("X_LOG_CONSOLE_FORMATTER", &|w| w.json = environment.json);
        take("X_LOG_OMIT_TIMESTAMP", &|w| w.omit_timestamp = environment.omit_timestamp);
        take("X_LOG_MODULE_LEVELS", &|w| {
            let own = |name: &String| environment.modules.iter().any(|(known, _)| known == name);
            w.modules.retain(|(name, _)| !own(name));
            w.modules.extend(environment.modules.iter().cloned());
        });
        take("X_LOG_LOGGER_NAME_EMOJI_ENABLED", &|w| w.names = environment.names.or(w.names));
        take("X_LOG_DAS_EMOJI_ENABLED", &|w| w.fields = environment.fields.or(w.fields));
        take("X_LOG_ENABLED_SEMANTIC_LAYERS", &|w| w.layers = environment.layers.clone());
        prop_assert_eq!(described(mixed.builder()), described(wanted.builder()));
        // And code before both.
        let builder = mixed.builder().levels(Levels::new(LevelFilter::Error)).format(KeyValue::new());
        let (levels, lines) = described(builder);
        prop_assert_eq!(levels, "error");
        prop_assert!(lines.iter().all(|line| line.starts_with("T [error") || line.starts_with("T [critical")), "{:?}", lines);
    }
}
