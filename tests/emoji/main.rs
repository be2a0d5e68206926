//! Emoji before messages, as the output shows them.

use ripsaw::emoji::{
    DomainEmoji, DomainSet, Emoji, EmojiSet, FieldDef, Keep, Layer, Names, matrix,
};
use ripsaw::format::{Json, Text};
use ripsaw::process::{Draft, Flow};
use ripsaw::sink::Memory;
use ripsaw::{Level, Logger, Route, info};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);

/// The lines that `log` leaves behind an engine with this processor, without their level.
fn lines(emoji: Emoji, log: impl FnOnce()) -> Vec<String> {
    let memory = Memory::new();
    let format = Text::new().timestamp(false).target(false);
    let builder = ripsaw::builder().processor(emoji).format(format).sink(memory.clone());
    let guard = builder.start_local().unwrap();
    let attached = guard.attach();
    log();
    guard.handle().flush(LONG).unwrap();
    drop(attached);
    memory.lines().iter().map(|line| line["INFO     ".len()..].trim_end().to_owned()).collect()
}

/// A record with one field that is known at run time only.
fn event(key: &str, value: &str) {
    Logger::new("test").event(Level::Info, "e").field(key, value).emit();
}

fn consumed(layers: impl IntoIterator<Item = Layer>) -> Emoji {
    Emoji::new().layers(layers).keep_fields(false)
}

#[test]
fn inv_035_the_longest_beginning_of_a_name_gives_its_emoji() {
    let cases = [
        ("pyvider.telemetry.core.test", "⚙️"),
        ("pyvider.telemetry.core_setup", "🛠️"),
        ("pyvider.telemetry.other", "⚙️"),
        ("pyvider.telemetry.logger", "📝"),
        ("pyvider.dynamic_call_trace", "👣"),
        ("pyvider.dynamic_call", "🗣️"),
        ("pyvider.default", "📦"),
        ("service.beta", "🇧"),
        ("service.beta.child", "👶"),
        ("service.gamma", "🔹"),
        ("default", "🔹"),
        ("auth.service", "🔹"),
        ("testing", "🧪"),
        ("unknownx", "❓"),
        ("", "🔹"),
    ];
    let lines_of = lines(Emoji::new().names(Names::compat()), || {
        for (name, _) in cases {
            info!(logger: &Logger::new(name), "m");
        }
    });
    assert_eq!(lines_of, cases.map(|(_, emoji)| format!("{emoji} m")));

    let names = Names::new().with("shop", "🛒").with("shop::orders", "📦").fallback("");
    let lines_of = lines(Emoji::new().names(names), || {
        info!(target: "shop::orders::new", a = 1, "m");
        info!(target: "shop.cart", "m");
        info!(target: "shopping", "m");
        info!(target: "shop", a = 1);
    });
    assert_eq!(squeeze(lines_of), ["📦 m a=1", "🛒 m", "m", "🛒 a=1"]);
}

#[test]
fn inv_036_names_are_counted_up_to_a_limit_and_forgotten() {
    let emoji = Emoji::new().names(Names::compat());
    let shared = emoji.clone();
    let count = lines(emoji, || {
        for n in 0..1005 {
            info!(logger: &Logger::new(format!("n{n}")), "x");
        }
        ripsaw::debug!(target: "below the level", "x");
    });
    assert_eq!(count.len(), 1005);
    let stats = shared.cache_stats();
    assert_eq!((stats.size, stats.limit), (1000, 1000));
    assert!((stats.utilization - 100.0).abs() < 1e-9);
    shared.clear_cache();
    assert_eq!(shared.cache_stats().size, 0);

    let emoji = Emoji::new().names(Names::compat());
    let shared = emoji.clone();
    lines(emoji, || {
        for _ in 0..3 {
            info!(target: "one", "x");
        }
        ripsaw::debug!(target: "two", "x");
    });
    assert_eq!(shared.cache_stats().size, 1);
}

#[test]
fn inv_037_domain_action_and_status_make_three_marks() {
    let log = || {
        info!(domain = "auth", action = "login", status = "success", "e");
        info!(domain = "AUTH", action = "Login", status = "SUCCESS", "e");
        info!(status = "success", "e");
        info!(status = " success ", "e");
        info!(status = "nosuch", "e");
        info!(domain = "");
        info!(status = 0, domain = None::<&str>, "e");
        info!(status = 0, domain = "auth", "e");
        info!(other = 1, "e");
    };
    let emoji = Emoji::new().das(true).keep_fields(false);
    assert_eq!(
        squeeze(lines(emoji.clone(), log)),
        [
            "[🔑][➡️][✅] e",
            "[🔑][➡️][✅] e",
            "[❓][❓][✅] e",
            "[❓][❓][➡️] e",
            "[❓][❓][➡️] e",
            "domain=\"\"",
            "e status=0 domain=null",
            "[🔑][❓][➡️] e status=0",
            "e other=1",
        ]
    );
    let named = emoji.clone().names(Names::compat());
    let lines_of = lines(named, || info!(logger: &Logger::new("test"), domain = "auth", "text"));
    assert_eq!(lines_of, ["[🔑][❓][➡️] 🧪 text"]);
    let unknown = emoji.keep_fields(Keep::Unknown);
    let lines_of = lines(unknown, || info!(domain = "auth", status = "odd", "e"));
    assert_eq!(squeeze(lines_of), ["[🔑][❓][➡️] e status=odd"]);
    let off = lines(Emoji::new(), || info!(domain = "auth", "e"));
    assert_eq!(squeeze(off), ["e domain=auth"]);
}

/// Runs of spaces, which pad the message, as one.
fn squeeze(lines: Vec<String>) -> Vec<String> {
    let words = |line: &String| line.split_whitespace().collect::<Vec<_>>().join(" ");
    lines.iter().map(words).collect()
}

fn one(name: &str, value: &str, emoji: &str) -> EmojiSet {
    EmojiSet::new(name).with(value, emoji)
}

#[test]
fn inv_038_layers_of_your_own() {
    let layer = Layer::new("file_io")
        .priority(50)
        .description("Files")
        .set(one("s", "read", "📖").with("fb", "FB").with("default", "D").default_key("fb"))
        .field(FieldDef::new("k").set("s"))
        .field(FieldDef::new("j").set("s").default_override_key("read"))
        .field(FieldDef::new("i").set("s").default_override_key("nosuch"))
        .field(FieldDef::new("h").set("nosuch").value_type("string"))
        .field(FieldDef::new("plain"));
    let lines_of = lines(consumed([layer]), || {
        info!(k = "READ", "e");
        info!(k = "other", "e");
        info!(i = "other", j = "other", h = "x", "e");
        info!(plain = "x", domain = "auth", "e");
    });
    assert_eq!(squeeze(lines_of), ["[📖] e", "[FB] e", "[📖][❓][❓] e", "e plain=x domain=auth"]);
}

#[test]
fn inv_039_layers_resolve_by_priority() {
    let field = |key: &str, set: &str| FieldDef::new(key).set(set);
    let layer = |name: &str, priority| Layer::new(name).priority(priority);
    let log = || info!(k = "x", j = "x", "e");
    let hi = layer("hi", 20).set(one("hi_s", "x", "HI")).field(field("k", "hi_s"));
    let lo = layer("lo", 10).set(one("lo_s", "x", "LO")).field(field("k", "lo_s"));
    assert_eq!(
        lines(Emoji::new().layers([hi, lo]).keep_fields(false), || info!(k = "x", "e")),
        ["[HI] e"]
    );
    let [a, b] = ["a", "b"].map(|n| layer(n, 5).set(one(n, "x", n)).field(field("k", n)));
    assert_eq!(lines(consumed([a, b]), || info!(k = "x", "e")), ["[b] e"]);
    let lo =
        layer("lo", 1).set(one("s1", "x", "lo")).field(field("k", "s1")).field(field("j", "s1"));
    let hi = layer("hi", 9).set(one("hi_s", "x", "hi")).field(field("j", "hi_s"));
    assert_eq!(lines(consumed([hi, lo]), log), ["[lo][hi] e"]);
    let lo = layer("lo", 1).set(one("s", "x", "X1").with("y", "Y1")).field(field("k", "s"));
    let hi = layer("hi", 2).set(one("s", "x", "X2").with("default", "D2")).field(field("zz", "s"));
    let lines_of = lines(consumed([lo, hi]), || {
        info!(k = "x", "e");
        info!(k = "y", "e");
    });
    assert_eq!(lines_of, ["[X2] e", "[D2] e"]);
    let legacy =
        layer("a", 0).field(field("domain", "_legacy_domain")).field(field("my", "_legacy_action"));
    assert_eq!(
        lines(consumed([legacy]), || info!(domain = "auth", my = "start", "e")),
        ["[🔑][🚀] e"]
    );

    let user = one("llm_provider", "openai", "🧠MAX").with("default", "💡CUST");
    let lines_of = lines(consumed([Layer::llm()]).user_set(user), || {
        event("llm.provider", "openai");
        event("llm.provider", "meta");
    });
    assert_eq!(lines_of, ["[🧠MAX] e", "[💡CUST] e"]);
    let user =
        Emoji::new().das(true).keep_fields(false).user_set(one("_legacy_domain", "auth", "Z"));
    assert_eq!(lines(user, || info!(domain = "auth", "e")), ["[Z][❓][➡️] e"]);
    for (priority, expected) in [(10, "[📥] e"), (200, "[MINE] e")] {
        let mine =
            layer("mine", priority).set(one("m", "get", "MINE")).field(field("http.method", "m"));
        assert_eq!(
            lines(consumed([Layer::http(), mine]), || info!(http.method = "get", "e")),
            [expected]
        );
    }
}

#[test]
fn inv_040_marks_are_looked_up_by_the_text_of_a_value() {
    let log = || {
        info!(http.method = None::<&str>, http.status_class = "", "e");
        info!(http.method = 0, "e");
        info!(http.method = false, "e");
        info!(domain = "auth", status = "success", "e");
        info!(http.status_class = "2XX", http.target = "/a", http.method = "GET", "e");
    };
    assert_eq!(
        squeeze(lines(consumed([Layer::http()]), log)),
        [
            "[❓] e http.method=null",
            "[🌐] e",
            "[🌐] e",
            "e domain=auth status=success",
            "[📥][🛣️][✅] e"
        ]
    );
    // Kept, it is a prefix and nothing else; and whatever way a field comes, it is found.
    let bound = Logger::new("test").with("http.method", "post").with("u", 1);
    let lines_of = lines(Emoji::new().layers([Layer::http()]), || {
        info!(logger: &bound, "e");
        info!(logger: &bound, http.method = "PUT", "e");
        event("http.method", "DELETE");
    });
    assert_eq!(
        squeeze(lines_of),
        [
            "[📤] e http.method=post u=1",
            "[📝⬆️] e u=1 http.method=PUT",
            "[🗑️] e http.method=DELETE",
        ]
    );
    let numbers = Layer::new("n")
        .set(one("n", "7", "S").with("true", "T"))
        .field(FieldDef::new("k").set("n"));
    let lines_of = lines(consumed([numbers]), || {
        info!(k = 7_u8, "e");
        info!(k = true, "e");
        info!(k = 7.5, "e");
    });
    assert_eq!(lines_of, ["[S] e", "[T] e", "[❓] e"]);
}

#[test]
fn inv_040_a_record_that_was_changed_before_and_json() {
    let memory = Memory::new();
    let rename = |draft: &mut Draft<'_>| {
        draft.rename("verb", "http.method");
        Flow::Keep
    };
    let emoji = consumed([Layer::http()]);
    let route = Route::new(memory.clone()).format(Json::new().timestamp(false));
    let builder = ripsaw::builder().processor(rename).route(route.processor(emoji));
    let guard = builder.start_local().unwrap();
    let attached = guard.attach();
    info!(verb = "GET", http.status_class = "4xx", http.url = "u", "e");
    guard.handle().flush(LONG).unwrap();
    drop(attached);
    let line = memory.text();
    assert!(line.contains(r#""event":"[📥][⚠️CLIENT] e","http.url":"u"}"#), "{line}");
}

#[test]
fn inv_041_every_value_of_the_built_in_layers() {
    let (mut fields, mut values) = (0, 0);
    for name in ["llm", "database", "http", "task_queue"] {
        let layer = Layer::named(name).unwrap();
        for field in &layer.fields {
            let Some(set) = &field.set else { continue };
            let set = layer.sets.iter().find(|known| known.name == *set).unwrap();
            let lines_of = lines(consumed([layer.clone()]), || {
                set.emojis.iter().for_each(|(value, _)| event(&field.key, value));
                event(&field.key, "nosuch");
            });
            let default = field.default_override_key.as_ref().unwrap_or(&set.default_key);
            let emojis = set.emojis.iter().map(|(_, emoji)| emoji.as_str());
            let expected = emojis.chain(set.get(default)).map(|emoji| format!("[{emoji}] e"));
            assert_eq!(lines_of, expected.collect::<Vec<_>>());
            (fields, values) = (fields + 1, values + set.emojis.len());
        }
    }
    assert_eq!((fields, values), (13, 96));
    let priorities = [Layer::llm(), Layer::database(), Layer::http(), Layer::task_queue()];
    assert_eq!(priorities.map(|layer| layer.priority), [100, 90, 80, 70]);
    let error = Layer::named("nosuch").unwrap_err();
    assert!(
        error.to_string().contains("nosuch") && error.remedy().contains("task_queue"),
        "{error}"
    );

    let llm = consumed([Layer::llm()]);
    let lines_of = lines(llm, || {
        info!(
            llm.provider = "openai",
            llm.task = "generation",
            llm.outcome = "success",
            llm.model = "gpt-4o",
            duration_ms = 1230,
            "LLM response generated"
        );
    });
    assert_eq!(squeeze(lines_of), ["[🤖][✍️][💡][👍] LLM response generated duration_ms=1230"]);
}

#[test]
fn inv_042_the_matrix_in_both_forms() {
    assert_eq!(matrix(&Emoji::new()), include_str!("matrix_das.txt"));
    let layers = [Layer::llm(), Layer::http(), Layer::database()];
    assert_eq!(matrix(&Emoji::new().layers(layers)), include_str!("matrix_layers.txt"));
}

/// Marks one status and leaves the others alone.
struct Jobs;

impl DomainEmoji for Jobs {
    fn domain(&self) -> &str {
        "jobs"
    }
    fn emoji(&self, action: &str, status: &str) -> Option<&str> {
        (action == "nightly_run" && status == "failed").then_some("🌙")
    }
}

#[test]
fn inv_043_domain_sets_judge_the_event() {
    let [k8s, web, db] = [DomainSet::k8s(), DomainSet::web(), DomainSet::db()];
    for (set, action, status, emoji) in [
        (&k8s, "deploy", "success", "🚀"),
        (&k8s, "deploy_started", "started", "💥"),
        (&k8s, "pod", "failed", "⏹️"),
        (&k8s, "node", "ready", "⚙️"),
        (&web, "request", "200", "✅"),
        (&web, "request", "404", "❌"),
        (&web, "request", "5xx", "💥"),
        (&web, "request", "301", "🌐"),
        (&web, "cache", "hit", "⚡"),
        (&db, "query", "success", "🔍"),
        (&db, "connection", "lost", "🔌"),
        (&db, "vacuum", "", "🗄️"),
    ] {
        assert_eq!(set.emoji(action, status), Some(emoji), "{action} {status}");
    }
    let emoji = Emoji::new().domain_set(k8s).domain_set(web).domain_set(Jobs);
    let (k8s, web, jobs) = (Logger::new("k8s"), Logger::new("web"), Logger::new("jobs"));
    let lines_of = lines(emoji.names(Names::new()), || {
        info!(logger: &k8s, "deploy_success");
        info!(logger: &k8s, "pod_failed");
        info!(logger: &web, status = "200", "request_completed");
        info!(logger: &jobs, "nightly_run_failed");
        info!(logger: &jobs, "nightly_run_done");
    });
    assert_eq!(
        squeeze(lines_of),
        [
            "🚀 deploy_success",
            "⏹️ pod_failed",
            "✅ request_completed status=200",
            "🌙 nightly_run_failed",
            "🔹 nightly_run_done",
        ]
    );
}

/// What a statement's last record led to is remembered. With emoji for a domain nothing is: the marks must be the same.
#[test]
fn inv_038_remembered_marks_are_those_of_the_values() {
    let long = "x".repeat(100);
    let values = ["GET", "get", "G", "ET", "", "POST", "postgres", "❓", long.as_str()];
    let log = || {
        for first in values {
            for second in values {
                // Three times, so that the second finds the first.
                for n in 0..3 {
                    info!(http.method = first, db.system = second, http.status_code = 200 + n, "m");
                    let system = (n > 0).then_some(second);
                    info!(db.system = system, http.method = %first);
                }
            }
        }
    };
    let emoji = || Emoji::new().layers([Layer::http(), Layer::database()]);
    let remembered = lines(emoji(), log);
    assert_eq!(remembered, lines(emoji().domain_set(DomainSet::new("nobody", "")), log));
    assert!(remembered[0].starts_with("[📥]"), "{}", remembered[0]);
}
