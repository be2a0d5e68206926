//! What code says by its methods and what a document says by its keys is the same: the lines are.

use ripsaw::emoji::{DomainSet, Emoji, EmojiSet, FieldDef, Keep, Layer, Names};
use ripsaw::format::{ColorChoice, Duplicates, Json, KeyValue, Member, Pretty, Schema, Text};
use ripsaw::process::{
    AddField, Collapse, Enrich, Filter, FlightRecorder, Performance, Processor, RateLimit, Redact,
    Sample, Statistics, Timed,
};
use ripsaw::sink::Memory;
use ripsaw::{Builder, Level, Logger, Route, Value, builder, debug, error, info, warn};
use std::time::Duration;

/// Records that differ in all that a setting may look at.
fn log() {
    let shop = Logger::new("shop.cart").with("tenant", "eu");
    for i in 0..3 {
        info!(logger: &shop, order = i, ms = 400 + i * 100, "placed");
        debug!(target: "shop::db", rows = i, table = "users", "query {} took {}", i, 7);
        warn!(target: "web", http.method = "GET", http.status_class = "4xx", id = i, id = 7, "request_404");
        error!(target: "k8s", password = "hunter2", iban = "DE00 1234", note = "acct-123456 is closed", "deploy_failure");
    }
    (0..4).for_each(|_| {
        info!(domain = "user", action = "login", status = "success", level = "odd", "again")
    });
}

/// The lines of an engine, and those of a route behind it.
fn lines(builder: Builder, memory: &Memory) -> Vec<String> {
    let guard = builder.manual().start_local().unwrap();
    let attached = guard.attach();
    log();
    while guard.handle().pump() > 0 {}
    drop(attached);
    drop(guard);
    memory.lines()
}

/// Lines without what differs from call to call: times.
fn timeless(lines: Vec<String>) -> Vec<String> {
    let is_time = |word: &str| {
        ["processed_at=", "first_ns=", "last_ns=", "over=", "avg_ms=", "timestamp_ms="]
            .iter()
            .any(|key| word.starts_with(key))
    };
    lines
        .into_iter()
        .map(|line| line.split(' ').filter(|word| !is_time(word)).collect::<Vec<_>>().join(" "))
        .collect()
}

const PLAIN: &str = "format = { kind = 'text', timestamp = false }\nlevel = 'debug'\n";

fn plain() -> Builder {
    builder().level(Level::Debug).format(Text::new().timestamp(false))
}

/// Both ways give the same lines, and others than those without the setting.
fn same(document: &str, code: impl FnOnce(Builder) -> Builder) {
    let (a, b, c) = (Memory::new(), Memory::new(), Memory::new());
    let by_document = Builder::from_toml(&format!("{PLAIN}{document}"))
        .unwrap_or_else(|e| panic!("{document}: {e}"));
    let by_document = timeless(lines(by_document.sink(a.clone()), &a));
    let by_code = timeless(lines(code(plain()).sink(b.clone()), &b));
    assert_eq!(by_document, by_code, "{document}");
    let without = timeless(lines(plain().sink(c.clone()), &c));
    assert_ne!(by_document, without, "{document} changes nothing");
}

fn step(document: &str, code: impl Processor + 'static) {
    same(&format!("processors = [{{ {document} }}]"), |builder| builder.processor(code));
}

#[test]
fn processors_are_the_same() {
    step("kind = 'add_field', key = 'region', value = 'eu'", AddField::new("region", "eu"));
    let nested = Value::from([("a", Value::from([1_i64, 2])), ("b", Value::from("x"))]);
    step(
        "kind = 'add_field', key = 'extra', value = { a = [1, 2], b = 'x' }",
        AddField::new("extra", nested),
    );
    step(
        "kind = 'enrich', standard = true, overwrite = true, constants = { tenant = 'us' }",
        Enrich::standard().overwrite(true).constant("tenant", "us"),
    );
    step(
        "kind = 'enrich', timestamp_ms = true, thread = true",
        Enrich::new().timestamp_ms(true).thread(),
    );
    step("kind = 'performance'", Performance::new());
    step(
        "kind = 'redact', defaults = false, substrings = ['ban']",
        Redact::none().substrings(["ban"]),
    );
    step(
        "kind = 'redact', hash_key = '0000000000000001000000000000000f', depth = 3",
        Redact::new().hash_with([1, 15]).depth(3),
    );
    step(
        "kind = 'sample', first = 1, every = 2, per = '1h'",
        Sample::first_then_every(1, 2, Duration::from_secs(3600)),
    );
    step(
        "kind = 'sample', probability = 0.5, seed = 7, rate_field = true, exempt = 'critical'",
        Sample::probability(0.5).seed(7).rate_field(true).exempt(Level::Critical),
    );
    step(
        "kind = 'sample', probability = 0, only = { targets = ['shop'] }, report_every = '1h'",
        Sample::probability(0.0)
            .only(Filter::target("shop"))
            .report_every(Duration::from_secs(3600)),
    );
    step(
        "kind = 'rate_limit', per_second = 0.001, burst = 1, by = 'target', max_keys = 1, only = { levels = ['info', 'debug'] }",
        RateLimit::new(0.001)
            .burst(1)
            .per_target()
            .keys(1)
            .only(Filter::levels([Level::Info, Level::Debug])),
    );
    step(
        "kind = 'collapse', within = '1h', ignore = ['order', 'ms']",
        Collapse::repeats().within(Duration::from_secs(3600)).ignore("order").ignore("ms"),
    );
    step(
        "kind = 'flight_recorder', field = 'table', scopes = 2, below = 'info', trigger = 'error'",
        FlightRecorder::per_field("table").scopes(2),
    );
    step(
        "kind = 'statistics', by_event = true, report_every = '1h'",
        Statistics::new().report_every(Duration::from_secs(3600)),
    );
    step(
        "kind = 'truncate', characters = 3, timed = true",
        Timed::new(ripsaw::process::Truncate::new(3)),
    );
}

#[test]
fn a_timed_processor_says_how_long_it_took() {
    let memory = Memory::new();
    let text = format!("{PLAIN}processors = [{{ kind = 'performance', timed = true }}]");
    let guard =
        Builder::from_toml(&text).unwrap().sink(memory.clone()).manual().start_local().unwrap();
    let attached = guard.attach();
    (0..1000).for_each(|i| info!(i, "m"));
    while guard.handle().pump() > 0 {}
    drop(attached);
    assert!(
        memory.text().contains("processor_performance processor=Performance avg_ms="),
        "{}",
        memory.text()
    );
}

#[cfg(feature = "patterns")]
#[test]
fn inv_051_patterns_hide_what_they_match() {
    step(
        "kind = 'redact', patterns = [{ expression = '(?i)acct-\\d{6,}', literals = ['acct-'] }, { expression = 'DE\\d\\d' }]",
        Redact::new()
            .pattern(r"(?i)acct-\d{6,}", ["acct-"])
            .unwrap()
            .pattern(r"DE\d\d", [])
            .unwrap(),
    );
    let wrong = |pattern: &str| {
        let text = format!(
            "[[processors]]\nkind = 'redact'\npatterns = [{{ expression = {pattern:?} }}]\n"
        );
        ripsaw::Document::parse(&text).unwrap_err()
    };
    let errors = wrong("(");
    assert_eq!(errors.errors().len(), 1, "{errors}");
    assert_eq!(
        (errors.errors()[0].line, &*errors.errors()[0].key),
        (3, "processors[0].patterns[0].expression")
    );
    assert_eq!(errors.to_string().lines().count(), 1, "{errors}");
    assert!(wrong("a*").to_string().contains("empty text"));
}

#[cfg(not(feature = "patterns"))]
#[test]
fn inv_051_patterns_name_the_feature_that_is_missing() {
    let text = "processors = [{ kind = 'redact', patterns = [{ expression = 'x' }] }]";
    let errors = ripsaw::Document::parse(text).unwrap_err();
    assert_eq!(errors.errors().len(), 1, "{errors}");
    assert!(errors.to_string().contains("needs the feature `patterns`"), "{errors}");
}

fn filtered(document: &str, code: Filter) {
    step(&format!("kind = 'filter', filter = {{ {document} }}"), code);
}

#[test]
fn inv_062_filters_are_the_same_nested_and_negated() {
    filtered("level = 'warning'", Filter::level(Level::Warning));
    filtered("targets = ['shop', 'web']", Filter::target("shop") | Filter::target("web"));
    filtered("not = { targets = ['shop'] }", !Filter::target("shop"));
    filtered("threads = ['nobody*']", Filter::thread("nobody*"));
    filtered(
        "events = ['*_404', 'again']",
        Filter::event_like("*_404") | Filter::event_like("again"),
    );
    filtered(
        "event_has = ['quest', 'gain'], event_lacks = ['404']",
        Filter::event(&["quest", "gain"], &["404"]),
    );
    filtered("has_fields = ['ms', 'order']", Filter::has_field("ms") & Filter::has_field("order"));
    filtered(
        "fields = { order = [0, 2], ms = { above = 399, below = 600 } }",
        Filter::field("order").is_in([0, 2])
            & Filter::field("ms").above(399)
            & Filter::field("ms").below(600),
    );
    filtered(
        "fields = { ms = { at_least = 500, at_most = 500.5 } }",
        Filter::field("ms").at_least(500) & Filter::field("ms").at_most(500.5),
    );
    filtered("fields = { tenant = { present = false } }", !Filter::has_field("tenant"));
    filtered(
        "fields = { note = { contains = 'closed' } }",
        Filter::field("note").contains("closed"),
    );
    filtered(
        "fields = { order = { differs = 1, in = [1, 2], present = true } }",
        Filter::field("order").differs(1) & Filter::field("order").is_in([1, 2]),
    );
    filtered(
        "any = [{ levels = ['error'], not = { has_fields = ['ms'] } }, { all = [{ targets = ['shop'] }, { fields = { rows = { equals = 1 } } }] }]",
        (Filter::levels([Level::Error]) & !Filter::has_field("ms"))
            | (Filter::target("shop") & Filter::field("rows").equals(1)),
    );
    // Nothing said is nothing asked; no alternative is never met.
    filtered("any = []", Filter::any([]));
    filtered("not = {}", !Filter::all([]));
}

fn form(document: &str, code: impl ripsaw::format::Format + Clone + 'static) {
    let (a, b) = (Memory::new(), Memory::new());
    let text = format!("level = 'debug'\nformat = {{ {document} }}");
    let by_document = Builder::from_toml(&text).unwrap_or_else(|e| panic!("{document}: {e}"));
    let by_document = lines(by_document.sink(a.clone()), &a);
    let by_code = lines(builder().level(Level::Debug).format(code).sink(b.clone()), &b);
    assert_eq!(by_document, by_code, "{document}");
}

#[test]
fn inv_018_formats_are_the_same() {
    form(
        "kind = 'text', timestamp = false, thread = true, target = false, location = false",
        Text::new().timestamp(false).thread(true).target(false).location(false),
    );
    form(
        "kind = 'key_value', timestamp = false, logger = true, color = 'always'",
        KeyValue::new().timestamp(false).logger(true).color(ColorChoice::Always),
    );
    form(
        "kind = 'key_value', timestamp = false, compat = true",
        KeyValue::compat().timestamp(false),
    );
    form(
        "kind = 'pretty', timestamp = false, target = false, color = 'never'",
        Pretty::new().timestamp(false).target(false).color(ColorChoice::Never),
    );
    form(
        "kind = 'json', timestamp = false, thread = true",
        Json::new().timestamp(false).thread(true),
    );
    let schema = Schema::new()
        .key(Member::Event, "message")
        .path(Member::Logger, ["source", "name"])
        .constant_at(["source", "kind"], "app")
        .constant_at(["tags"], Value::from([1_i64, 2]))
        .rename("ms", "duration")
        .last("note")
        .duplicates(Duplicates::Suffix)
        .reserved_prefix("own.");
    form(
        "kind = 'json', timestamp = false, keys = { event = 'message', logger = ['source', 'name'] }, \
         constants = { source = { kind = 'app' }, tags = [1, 2] }, rename = { ms = 'duration' }, last = ['note'], \
         duplicates = 'suffix', reserved_prefix = 'own.'",
        Json::with(schema).unwrap().timestamp(false),
    );
    form(
        "kind = 'json', preset = 'ecs', nest_keys = true, timestamp = false",
        Json::with(Schema::ecs().nest_keys()).unwrap().timestamp(false),
    );
}

#[test]
fn inv_018_emoji_of_ones_own_are_the_same() {
    let layer = Layer::new("orders")
        .description("what is sold")
        .priority(-3)
        .set(EmojiSet::new("order").with("1", "🥇").with("default", "📦"))
        .field(FieldDef::new("order").set("order").default_override_key("1"));
    let table = "names = true, marks = { 'shop.cart' = '🛒' }, fallback = '', fields = true, layers = ['http'], keep = 'unknown', \
         domains = ['k8s'], sets = [{ name = 'http_method', emojis = { get = '⬇', other = 'x' }, default_key = 'other' }], \
         domain_sets = [{ domain = 'web', fallback = '?', rules = [{ action = 'request', statuses = { '4xx' = '4' }, otherwise = '-' }] }], \
         custom_layers = [{ name = 'orders', description = 'what is sold', priority = -3, \
         sets = [{ name = 'order', emojis = { 1 = '🥇', default = '📦' } }], fields = [{ key = 'order', set = 'order', default_override_key = '1' }] }]";
    let emoji = Emoji::new()
        .keep_fields(Keep::Unknown)
        .domain_set(DomainSet::k8s())
        .domain_set(DomainSet::new("web", "?").rule("request", &[("4xx", "4")], "-"))
        .names(Names::new().fallback("").with("shop.cart", "🛒"))
        .das(true)
        .layers([Layer::http(), layer])
        .user_set(
            EmojiSet::new("http_method").with("get", "⬇").with("other", "x").default_key("other"),
        );
    same(&format!("emoji = {{ {table} }}"), |builder| builder.processor(emoji.clone()));
    step(&format!("kind = 'emoji', emoji = {{ {table} }}"), emoji);
    step(
        "kind = 'emoji', emoji = { domains = ['k8s', 'web', 'db'] }",
        Emoji::new()
            .domain_set(DomainSet::k8s())
            .domain_set(DomainSet::web())
            .domain_set(DomainSet::db()),
    );
}

#[test]
fn routes_have_names_and_their_failovers_have_failovers() {
    let text = "[[routes]]\nname = 'audit'\nsink = 'null'\nfailover = { sink = 'null', patience = '1s', failover = { sink = 'stderr' } }\n";
    let guard = Builder::from_toml(text)
        .unwrap()
        .route(Route::new(Memory::new()).name("mine"))
        .start_local()
        .unwrap();
    let names: Vec<String> =
        guard.handle().stats().routes.into_iter().map(|route| route.name).collect();
    assert_eq!(names, ["audit", "mine"]);
}

/// In a process of its own, whose environment it sets.
#[test]
fn inv_019_a_document_can_let_the_environment_go_first_at_each_reload() {
    const NAME: &str = "same::inv_019_a_document_can_let_the_environment_go_first_at_each_reload";
    if std::env::var_os("RIPSAW_TEST_CHILD").is_none() {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", NAME]).env("RIPSAW_TEST_CHILD", "1");
        child.env("SHOP_LOG_MODULE_LEVELS", "db:debug,x:loud").env("OTEL_SERVICE_NAME", "shop");
        let output = child.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said} {}", String::from_utf8_lossy(&output.stdout));
        // What could not be used is told once each time, to those who do not look at `Document::warnings`.
        assert_eq!(
            said.matches("SHOP_LOG_MODULE_LEVELS = \"x:loud\": left out").count(),
            2,
            "{said}"
        );
        return;
    }
    let text = "env_prefix = 'SHOP'\nlevel = 'error'\nlevels = { db = 'info' }\nroutes = [{ sink = 'null' }]\n";
    let document = ripsaw::Document::parse(text).unwrap();
    assert_eq!(document.warnings().len(), 1);
    assert_eq!(document.config.service_name.as_deref(), Some("shop"));
    let guard = Builder::from_toml(text).unwrap().start_local().unwrap();
    assert_eq!(guard.handle().levels().to_string(), "error,db=debug");
    guard.handle().reload_toml(&text.replace("error", "warning")).unwrap();
    assert_eq!(guard.handle().levels().to_string(), "warning,db=debug");
}

#[test]
fn errors_name_the_route() {
    let text = "[[routes]]\nsink = 'null'\n[[routes]]\nname = 'audit'\nsink = 'file'\npath = '/nonexistent/x.log'\n";
    let error = Builder::from_toml(text).unwrap().start_local().unwrap_err().to_string();
    assert!(
        error.ends_with("its folder must exist and be writable (route routes[1] \"audit\")"),
        "{error}"
    );
    let route = Route::new(Memory::new()).name("slow").processor(Sample::probability(2.0));
    let error = ripsaw::builder().route(route).start_local().unwrap_err().to_string();
    assert!(error.contains("sample.probability") && error.ends_with("(route slow)"), "{error}");
}

#[test]
fn other_settings_are_those_of_the_builder() {
    let text = "time_processors = true\nprocessors = [{ kind = 'performance' }]\nsampling_seed = 7\n\
                sampling = [{ up_to = 'debug', probability = 0.5 }]\nroutes = [{ sink = 'null' }]\n";
    let guard = Builder::from_toml(text).unwrap().start_local().unwrap();
    assert!(guard.handle().stats().processors[0].time.is_some());
    same("sampling_seed = 7\nsampling = [{ up_to = 'info', probability = 0 }]", |builder| {
        builder.sample_seed(7).sample("", Level::Info, ripsaw::HeadSampling::Probability(0.0))
    });
    // Lines of another program, whatever the format.
    for (format, wanted) in [
        ("", "[info     ] [👤]"),
        ("format = 'json'\n", "\"event\":"),
        ("format = 'key_value'\n", "[info     ] 🔹 placed"),
    ] {
        let memory = Memory::new();
        let text = format!("compat = true\nomit_timestamp = true\nservice_name = 'x'\n{format}");
        let lines = lines(Builder::from_toml(&text).unwrap().sink(memory.clone()), &memory);
        assert!(lines.iter().any(|line| line.contains(wanted)), "{format}: {lines:?}");
        assert!(lines.iter().all(|line| !line.starts_with("20")), "{lines:?}");
    }
}
