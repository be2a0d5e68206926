//! Enrichment, statistics, alerts and the small ones.

use crate::support::Engine;
use ripsaw::process::{
    AddField, Alert, Draft, DropFields, Enrich, Flow, Performance, Redact, Rename, Statistics,
    Timed, Truncate,
};
use ripsaw::{Event, Level, Logger, critical, error, info, warn};
use std::sync::{Arc, Mutex};
use std::time::Duration;

fn text() -> ripsaw::format::Text {
    ripsaw::format::Text::new().timestamp(false).target(false)
}

#[test]
fn inv_045_closures_are_processors_on_the_writer() {
    let engine = Engine::with(|draft: &mut Draft<'_>| {
        draft.set("seen", true);
        if draft.get("noise").is_some() { Flow::Drop } else { Flow::Keep }
    });
    info!("one");
    info!(noise = 1, "two");
    assert_eq!(engine.lines(), ["INFO     one seen=true"]);
}

#[test]
fn inv_046_processors_run_in_the_order_in_which_they_were_added() {
    let builder = ripsaw::builder().format(text());
    let builder = builder.processor(AddField::new("a", "b")).processor(Rename::new("a", "c"));
    let engine = Engine::start(builder);
    info!("e");
    assert_eq!(engine.lines(), ["INFO     e c=b"]);
}

#[test]
fn inv_048_enrich_then_redact() {
    let builder = ripsaw::builder().format(text());
    let enrich = Enrich::new().constant("api_key", "k-1").constant("region", "eu");
    let engine = Engine::start(builder.processor(enrich).processor(Redact::new()));
    info!("e");
    assert_eq!(engine.lines(), ["INFO     e api_key=[REDACTED] region=eu"]);
}

#[test]
fn inv_049_a_processor_that_panics_is_told_of_once() {
    let fail = |draft: &mut Draft<'_>| match draft.get("bad") {
        Some(_) => panic!("told to"),
        None => Flow::Keep,
    };
    let engine = Engine::with(fail);
    info!(bad = 1, "one");
    info!(bad = 2, "two");
    assert_eq!(
        engine.lines(),
        [
            "INFO     one bad=1",
            "ERROR    processor_failed processor=closure error=\"told to\"",
            "INFO     two bad=2",
        ]
    );
    assert_eq!(engine.stats().processors[0].panics, 2);
    // What was put together may hold a secret.
    let fail = |draft: &mut Draft<'_>| -> Flow { panic!("bad {:?}", draft.get("password")) };
    let builder = ripsaw::builder().format(text());
    let engine = Engine::start(builder.processor(Redact::new()).processor(fail));
    info!(password = "hunter2", "one");
    assert!(engine.lines()[1].ends_with("error=panicked"), "{:?}", engine.lines());
}

#[test]
fn inv_050_a_timed_processor_reports_each_thousand_calls() {
    let engine = Engine::with(Timed::new(AddField::new("a", 1)));
    (0..2000).for_each(|_| info!("e"));
    let lines = engine.lines();
    assert_eq!(lines.len(), 2002);
    for (at, calls) in [(1000, 1000), (2001, 2000)] {
        assert!(lines[at].starts_with("DEBUG    processor_performance processor=AddField avg_ms="));
        assert!(lines[at].ends_with(&format!("total_calls={calls}")), "{}", lines[at]);
    }
}

#[test]
fn inv_054_enrichment_gives_way_to_the_call() {
    let enrich = Enrich::new().service("shop").version("1.2").environment("prod").thread();
    let engine = Engine::with(enrich.pid());
    let log = Logger::new("l").with("version", "own");
    std::thread::scope(|scope| {
        let handle = scope.spawn(|| ());
        handle.join().unwrap();
    });
    info!(logger: &log, service = "mine", "e");
    let thread = std::thread::current();
    let line = engine.line();
    assert!(line.starts_with("INFO     e environment=prod thread_id="), "{line}");
    assert!(line.contains(&format!(" thread_name={} ", thread.name().unwrap())), "{line}");
    assert!(
        line.ends_with(&format!(" pid={} version=own service=mine", std::process::id())),
        "{line}"
    );
    Event::new(Level::Info, "event").field("service", "mine").emit();
    assert!(engine.line().contains("INFO     event version=1.2 environment=prod "));

    let engine = Engine::with(Enrich::new().service("shop").overwrite(true).timestamp_ms(true));
    info!(service = "mine", "e");
    let line = engine.line();
    let (start, stamp) = line.split_once(" timestamp_ms=").unwrap();
    assert_eq!((start, stamp.len()), ("INFO     e service=shop", 13));
    let standard = Engine::with(Enrich::standard());
    info!("e");
    assert!(standard.line().contains("e hostname="), "{}", standard.line());
}

#[test]
fn inv_055_performance_consumes_the_start_time() {
    let engine = Engine::with(Performance::new());
    let start =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
    info!(start_time = start - 0.75, request_id = "abc", "e");
    let line = engine.line();
    let seconds: f64 = line.split_once("duration_seconds=").unwrap().1.parse().unwrap();
    assert!((0.75..60.0).contains(&seconds), "{line}");
    assert_eq!((seconds * 1e6).round() / 1e6, seconds);
    assert!(
        line.starts_with("INFO     e request_id=abc processed_at=")
            && !line.contains(" start_time=")
    );
    let name = std::thread::current().name().unwrap().to_owned();
    assert!(line.contains(&format!("thread_name={name}")), "{line}");
}

#[test]
fn inv_056_statistics_are_read_and_reset_while_running() {
    let statistics = Statistics::new();
    let counts = statistics.handle();
    let engine = Engine::with(statistics);
    info!(target: "a", "e");
    error!(target: "a", "e");
    critical!(target: "b", "e");
    info!(target: "", "e");
    engine.pump();
    let totals = counts.read();
    assert_eq!((totals.total, totals.errors), (4, 2));
    assert_eq!(totals.by_level[&Level::Info], 2);
    let by_logger: Vec<(&str, u64)> =
        totals.by_logger.iter().map(|(name, n)| (name.as_str(), *n)).collect();
    assert_eq!(by_logger, [("a", 2), ("b", 1), ("unknown", 1)]);
    assert_eq!(counts.reset(), totals);
    assert_eq!(counts.read().total, 0);
    for i in 0..600 {
        Event::new(Level::Info, "e").target(&format!("logger {i}")).emit();
    }
    engine.pump();
    let totals = counts.read();
    assert_eq!((totals.by_logger.len(), totals.by_logger["other"]), (257, 344));
}

#[test]
fn inv_034_prometheus_text_is_aggregated_and_escaped() {
    let statistics = Statistics::new().by_event(true);
    let counts = statistics.handle();
    let engine = Engine::with(statistics);
    for user in ["x", "y"] {
        info!(target: "auth", "login of {user}");
    }
    error!(target: "a\\b", "say \"hi\"\nx");
    engine.pump();
    assert_eq!(
        counts.prometheus(),
        "# HELP app_log_records_total Log records by level and logger.\n\
         # TYPE app_log_records_total counter\n\
         app_log_records_total{level=\"error\",event=\"say \\\"hi\\\"\\nx\",logger=\"a\\\\b\"} 1\n\
         app_log_records_total{level=\"info\",event=\"login of {}\",logger=\"auth\"} 2\n"
    );
}

#[test]
fn inv_057_alerts_are_limited_and_their_panics_isolated() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = seen.clone();
    let alert = Alert::new(move |draft| {
        kept.lock().unwrap().push(draft.message().to_owned());
        assert!(draft.get("bad").is_none(), "down");
    });
    let alert = alert.at_most(3, Duration::from_secs(3600));
    let counts = alert.handle();
    let engine = Engine::with(alert);
    info!("no");
    warn!("no");
    error!("one");
    critical!(bad = true, "two");
    error!("three");
    error!("four");
    assert_eq!(engine.lines().len(), 6);
    assert_eq!(*seen.lock().unwrap(), ["one", "two", "three"]);
    assert_eq!((counts.alerts(), counts.suppressed(), counts.failures()), (3, 1, 1));
}

#[test]
fn inv_059_fields_are_added_dropped_renamed_and_cut() {
    let builder = ripsaw::builder()
        .format(text())
        .processor(AddField::new("custom_field", "x"))
        .processor(DropFields::new(["raw", "none"]))
        .processor(Rename::new("old", "new"))
        .processor(Truncate::new(5));
    let engine = Engine::start(builder);
    info!(raw = 1, old = "äöüäöü", "message {}", 1);
    info!(custom_field = "mine", n = 123_456_789, "short");
    assert_eq!(
        engine.lines(),
        [
            "INFO     messa… new=äöüäö… custom_field=x",
            "INFO     short custom_field=mine n=123456789"
        ]
    );
}
