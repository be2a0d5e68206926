//! Records of the `log` crate that come by way of `tracing-log`.

use crate::Engine;
use ripsaw::LevelFilter;
use ripsaw::format::Json;
use ripsaw::process::{Draft, Flow};
use serde_json::json;

fn bridged(level: log::Level, target: &str, text: &str) {
    let mut record = log::Record::builder();
    record.level(level).target(target).module_path(Some("shop::db"));
    record.file(Some("src/db.rs")).line(Some(7));
    let done = tracing_log::format_trace(&record.args(format_args!("{text} bridged")).build());
    done.expect("it never fails");
}

/// Their place is that of the record, not that of the bridge.
#[test]
fn records_of_log_keep_their_place() {
    let builder =
        ripsaw::builder().level(LevelFilter::NotSet).processor(|draft: &mut Draft<'_>| {
            let module = draft.module().unwrap_or("none").to_owned();
            draft.set("module", &module);
            Flow::Keep
        });
    let engine = Engine::with(builder, Json::new().timestamp(false).location(true));
    let _span = tracing::info_span!("span", s = 1).entered();
    bridged(log::Level::Warn, "shop", "once");
    let expected = json!({
        "level": "warning", "logger": "shop", "event": "once bridged", "module": "shop::db", "file": "src/db.rs", "line": 7,
        "s": 1,
    });
    assert_eq!(serde_json::Value::Object(engine.objects().remove(0)), expected);
}

#[test]
fn records_of_log_have_the_levels_of_their_target() {
    let engine = Engine::start();
    engine.guard.handle().set_filter("error,log=trace,shop=debug").unwrap();
    bridged(log::Level::Debug, "shop", "one");
    bridged(log::Level::Trace, "shop", "two");
    bridged(log::Level::Info, "other", "three");
    bridged(log::Level::Error, "other", "four");
    engine.guard.handle().set_filter("off").unwrap();
    bridged(log::Level::Error, "shop", "five");
    assert_eq!(engine.said(), ["one bridged", "four bridged"]);
}
