//! Levels by module, filters, and several sinks with a filter each.

use crate::support::*;
use ripsaw::process::{Draft, Filter, Flow};
use ripsaw::sink::{File, Memory};
use ripsaw::{Event, Level, LevelFilter, Levels, Logger, Route, Sensitive};
use ripsaw::{critical, debug, error, info, trace, warn};

/// What of `log` passes a filter: at a route and at the engine, which must agree.
#[track_caller]
fn passing(filter: Filter, log: impl Fn()) -> Vec<String> {
    let (route, engine) = (Memory::new(), Memory::new());
    let base = || ripsaw::builder().level(LevelFilter::NotSet).format(plain());
    let at_route = Route::new(route.clone()).filter(filter.clone());
    for builder in [base().route(at_route), base().processor(filter).sink(engine.clone())] {
        let engine = Engine::start(builder);
        log();
        engine.stop();
    }
    assert_eq!(route.lines(), engine.lines());
    route.lines()
}

fn all_levels() {
    trace!("t");
    debug!("d");
    info!("i");
    warn!("w");
    error!("e");
    critical!("c");
}

fn initials(lines: &[String]) -> String {
    lines.iter().filter_map(|line| line.chars().last()).collect()
}

#[test]
fn inv_060_a_threshold_holds_for_all_targets_without_one() {
    for (level, expected) in [
        (LevelFilter::NotSet, "tdiwec"),
        (LevelFilter::Debug, "diwec"),
        (LevelFilter::Error, "ec"),
        (LevelFilter::Off, ""),
    ] {
        let memory = Memory::new();
        let engine =
            Engine::start(ripsaw::builder().level(level).format(plain()).sink(memory.clone()));
        all_levels();
        let stats = engine.stop();
        assert_eq!(initials(&memory.lines()), expected, "{level}");
        assert_eq!(stats.accepted, expected.len() as u64, "decided at the callsite");
    }
}

#[test]
fn inv_061_the_longest_dotted_prefix_decides_and_can_change_while_running() {
    let memory = Memory::new();
    let levels = Levels::new(Level::Critical)
        .with("app", Level::Error)
        .with("app.auth.oauth", Level::Info)
        .with("app.auth", Level::Warning);
    let builder = ripsaw::builder().levels(levels).format(plain());
    let engine = Engine::start(builder.sink(memory.clone()));
    let names = ["app.auth.oauth.x", "app.auth.y", "app.z", "application", "other"];
    let loggers: Vec<Logger> = names.into_iter().map(Logger::new).collect();
    let round = || {
        for (name, log) in names.iter().zip(&loggers) {
            info!(logger: log, "{name}");
            // A record without a statement.
            Event::new(Level::Info, name).target(name).emit();
        }
        engine.pump();
        let lines = memory.lines();
        memory.clear();
        lines
    };
    let twice = |names: &[&str]| -> Vec<String> {
        names
            .iter()
            .flat_map(|name| [format!("INFO     {name}"), format!("INFO     {name}")])
            .collect()
    };
    assert_eq!(round(), twice(&names[..1]), "a boundary is a dot: `application` is not `app`");

    // The verdicts that loggers and callsites keep are renewed by the call itself.
    engine.handle().set_levels(Levels::new(Level::Info).with("app.auth", LevelFilter::Off));
    assert_eq!(round(), twice(&names[2..]));
    engine.handle().set_levels(Levels::new(Level::Error).with("other", Level::Debug));
    assert_eq!(round(), twice(&names[4..]));
    engine.stop();
}

#[test]
fn inv_062_a_filter_goes_by_severity() {
    let only_errors = Filter::level(Level::Error);
    assert_eq!(initials(&passing(only_errors, all_levels)), "ec");
    assert_eq!(initials(&passing(!Filter::level(Level::Error), all_levels)), "tdiw");
    assert_eq!(initials(&passing(Filter::levels([Level::Trace, Level::Info]), all_levels)), "ti");
    let range = Filter::level_range(Level::Debug..Level::Warning);
    assert_eq!(initials(&passing(range, all_levels)), "di");
    assert_eq!(initials(&passing(Filter::level(LevelFilter::Off), all_levels)), "");
    assert_eq!(initials(&passing(Filter::all([]), all_levels)), "tdiwec");
    assert_eq!(initials(&passing(Filter::any([]), all_levels)), "");
}

#[test]
fn inv_063_an_event_pattern_sees_the_message_alone_and_excludes_first() {
    let log = || {
        for event in ["audit_login", "x_security_y", "debug_audit_x", "other", ""] {
            info!("{event}");
        }
        info!(audit_ = 1, "a field is no message");
        warn!("audit_plain");
    };
    let filter = Filter::event(&["audit_", "security_"], &["debug_"]);
    assert_eq!(
        passing(filter, log),
        ["INFO     audit_login", "INFO     x_security_y", "WARNING  audit_plain"]
    );
    assert_eq!(
        passing(Filter::event(&[], &["audit_", "security"]), log),
        ["INFO     other", "INFO     ", "INFO     a field is no message audit_=1"]
    );
    assert_eq!(
        passing(Filter::event_like("*_?"), log),
        ["INFO     x_security_y", "INFO     debug_audit_x"]
    );

    // Behind a processor that puts something before the message.
    let memory = Memory::new();
    let prefix = |draft: &mut Draft<'_>| {
        draft.set_prefix("audit_ ");
        Flow::Keep
    };
    let route = Route::new(memory.clone()).filter(Filter::event(&["audit_"], &[]));
    let engine = Engine::start(ripsaw::builder().format(plain()).processor(prefix).route(route));
    info!("other");
    info!("audit_login");
    engine.stop();
    assert_eq!(memory.lines(), ["INFO     audit_ audit_login"]);
}

#[test]
fn filters_read_fields_targets_and_threads() {
    let log = || {
        info!(duration_ms = 499, "quick");
        info!(duration_ms = 500_u16, tags = ripsaw::Value::from(["slow", "db"]), "edge");
        info!(duration_ms = 700.25, "slow");
        info!(duration_ms = "700", "text");
        info!(duration_ms = Sensitive(900), "secret");
        let bound = Logger::new("shop.db").with("duration_ms", 800);
        info!(logger: &bound, "bound");
        info!(logger: &bound, duration_ms = 1, "own field wins");
        Event::new(Level::Info, "event").target("shopping").field("duration_ms", 900).emit();
    };
    let events = |filter| -> Vec<String> {
        let lines = passing(filter, log);
        lines.iter().map(|line| line[9..].split(" duration").next().unwrap().to_owned()).collect()
    };
    let key = || Filter::field("duration_ms");
    assert_eq!(events(key().at_least(500)), ["edge", "slow", "bound", "event"]);
    assert_eq!(events(key().above(500.0)), ["slow", "bound", "event"]);
    assert_eq!(events(key().below(499.5)), ["quick", "own field wins"]);
    assert_eq!(events(key().at_most(1)), ["own field wins"]);
    assert_eq!(events(key().equals("700")), ["text"]);
    assert_eq!(events(key().is_in([499, 800])), ["quick", "bound"]);
    assert_eq!(events(key().differs(499)).len(), 7);
    assert_eq!(events(key().contains("70")), ["text"]);
    assert_eq!(events(Filter::field("tags").contains("slow")), ["edge"]);
    assert_eq!(events(Filter::field("tags").contains("slo")), [""; 0]);
    assert_eq!(events(Filter::has_field("tags")), ["edge"]);
    assert_eq!(events(Filter::target("shop")), ["bound", "own field wins"]);
    assert_eq!(
        events(Filter::target("shop") & key().above(5) | Filter::has_field("tags")),
        ["edge", "bound"]
    );
    assert_eq!(events(Filter::new(|record| record.message().parts().count() > 1)), [""; 0]);

    let memory = Memory::new();
    let route = Route::new(memory.clone()).filter(Filter::thread("worker-*"));
    let guard = ripsaw::builder().format(plain()).route(route).start_local().unwrap();
    for name in ["worker-1", "other", "worker-22"] {
        let handle = guard.handle();
        let thread = std::thread::Builder::new().name(name.to_owned());
        let work = move || {
            let _attached = handle.attach();
            info!("by {name}");
        };
        thread.spawn(work).unwrap().join().unwrap();
    }
    guard.shutdown(LONG);
    assert_eq!(memory.lines(), ["INFO     by worker-1", "INFO     by worker-22"]);
}

#[test]
fn filters_show_their_condition_with_the_cheap_parts_first() {
    let closure = Filter::named("has invoice", |record| record.fields().count() > 1);
    let filter = closure
        .and(Filter::event_like("order*"))
        .and(Filter::field("n").is_in([1, 2]))
        .and(Filter::target("shop").or(!Filter::thread("main")))
        .and(Filter::level(Level::Debug))
        .and(Filter::level_range(..Level::Error));
    assert_eq!(
        filter.to_string(),
        "level in (debug, info, warning) and (target shop or not thread like \"main\") and n in (1, 2) \
         and event like \"order*\" and has invoice"
    );
    assert_eq!(format!("{:?}", !!Filter::level(Level::Info)), "Filter(level >= info)");
    assert_eq!(Filter::field("a").equals("b").to_string(), "a = \"b\"");
}

#[test]
fn a_filter_that_panics_takes_nothing() {
    let boom = Filter::new(|record| {
        assert!(record.level() < Level::Error, "told to");
        true
    });
    assert_eq!(initials(&passing(boom.clone(), all_levels)), "tdiw");
    assert_eq!(initials(&passing(!boom, all_levels)), "", "no is the answer of the whole filter");
}

#[test]
fn inv_064_every_route_whose_filter_agrees_gets_the_record() {
    let (all, severe, metrics, neither) =
        (Memory::new(), Memory::new(), Memory::new(), Memory::new());
    let has_metrics = Filter::has_field("metrics");
    let severe_filter = Filter::level(Level::Warning);
    let builder = ripsaw::builder()
        .format(plain())
        .level(LevelFilter::NotSet)
        .route(Route::new(all.clone()))
        .route(Route::new(severe.clone()).filter(severe_filter.clone()))
        .route(Route::new(metrics.clone()).filter(has_metrics.clone()))
        .route(Route::new(neither.clone()).filter(!severe_filter.or(has_metrics)));
    let engine = Engine::start(builder);
    all_levels();
    warn!(metrics = true, "m");
    let stats = engine.stop();
    assert_eq!(initials(&all.lines()).len(), 7);
    assert_eq!(severe.lines().len(), 4);
    assert_eq!(metrics.lines(), ["WARNING  m metrics=true"]);
    assert_eq!(initials(&neither.lines()), "tdi");
    assert_eq!((stats.written, stats.filtered), (7, 0));
}

#[test]
fn inv_065_a_file_is_appended_to_a_line_a_record() {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("routing-{}.log", std::process::id()));
    std::fs::write(&path, "before\n").unwrap();
    let json = ripsaw::format::Json::new().timestamp(false);
    let route = Route::new(File::append(&path).unwrap())
        .filter(Filter::field("order").above(1))
        .format(json);
    let engine = Engine::start(ripsaw::builder().route(route));
    (0..4).for_each(|order| info!(order, "a\nb"));
    engine.handle().flush(LONG).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    engine.stop();
    std::fs::remove_file(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines[0], lines.len()), ("before", 3), "{text}");
    for (line, order) in lines[1..].iter().zip(2..) {
        let object: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(
            (object["event"].as_str(), object["order"].as_i64()),
            (Some("a\nb"), Some(order))
        );
    }
}

#[test]
fn inv_066_a_metrics_route_observes_durations() {
    let histogram = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let observed = histogram.clone();
    let observe = move |draft: &mut Draft<'_>| {
        if let Some(ripsaw::ValueRef::F64(ms)) = draft.get("duration_ms") {
            observed.lock().unwrap().push(ms);
        }
        Flow::Drop
    };
    let (all, none) = (Memory::new(), Memory::new());
    let metrics = Route::new(none.clone()).filter(Filter::has_field("metrics")).processor(observe);
    let builder = ripsaw::builder().format(plain()).sink(all.clone()).route(metrics);
    let engine = Engine::start(builder);
    info!(metrics = true, duration_ms = 1.5, "one");
    info!(duration_ms = 2.5, "no metric");
    info!(metrics = true, duration_ms = 3.5, "two");
    engine.stop();
    assert_eq!(*histogram.lock().unwrap(), [1.5, 3.5]);
    assert_eq!((all.lines().len(), none.text()), (3, String::new()));
}

#[test]
fn inv_067_noise_of_others_is_turned_down_by_their_target() {
    let memory = Memory::new();
    let levels = Levels::new(Level::Debug)
        .with("hyper", Level::Warning)
        .with("sqlx::query", LevelFilter::Off);
    let engine =
        Engine::start(ripsaw::builder().levels(levels).format(plain()).sink(memory.clone()));
    debug!("ours");
    info!(target: "hyper::client", "theirs");
    warn!(target: "hyper::client", "theirs, severe");
    error!(target: "sqlx::query", "never");
    error!(target: "sqlx::pool", "other");
    let stats = engine.stop();
    assert_eq!(memory.lines(), ["DEBUG    ours", "WARNING  theirs, severe", "ERROR    other"]);
    assert_eq!(stats.accepted, 3, "what is turned off costs a load, and is not counted");
}
