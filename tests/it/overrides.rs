//! Levels that are set for some calls while the engine runs, and what is said of them.

use crate::support::{Engine, builder, until};
use ripsaw::process::Filter;
use ripsaw::sink::{Memory, Null};
use ripsaw::{
    Builder, Context, Decider, Event, HeadSampling, Level, LevelFilter, LevelOverride, Logger,
    OverrideId, Probe, Route, debug, enabled, info, trace,
};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

fn within<R>(context: Context, f: impl FnOnce() -> R) -> R {
    let _scope = context.enter();
    f()
}

const HOUR: Duration = Duration::from_secs(3600);

/// INFO and above, without the engine's own records.
fn quiet() -> Builder {
    builder().filter("info,ripsaw=error")
}

fn start() -> (Engine, Memory) {
    let memory = Memory::new();
    (Engine::start(quiet().sink(memory.clone())), memory)
}

fn set(engine: &Engine, rule: LevelOverride) -> OverrideId {
    engine.handle().override_level(rule).expect("the rule is good")
}

#[track_caller]
fn assert_said(engine: Engine, memory: &Memory, expected: &[&str]) {
    engine.flush();
    let lines: Vec<String> = memory.lines();
    let messages: Vec<&str> = lines.iter().map(|line| line.get(9..).unwrap_or("")).collect();
    assert_eq!(messages, expected);
    engine.stop(expected.len() as u64);
}

#[test]
fn the_last_one_that_applies_decides_by_target() {
    let (engine, memory) = start();
    let log = |i: u32| {
        debug!(target: "shop::db", "db {i}");
        debug!(target: "shop::web", "web {i}");
        info!(target: "shop::db::pool", "pool {i}");
    };
    log(0);
    let first = set(&engine, LevelOverride::new(Level::Debug).target("shop"));
    log(1);
    let second = set(&engine, LevelOverride::new(LevelFilter::Off).target("shop::db"));
    log(2);
    assert!(engine.handle().remove_override(first));
    assert!(!engine.handle().remove_override(first));
    log(3);
    assert!(engine.handle().remove_override(second));
    log(4);
    let expected = ["pool 0", "db 1", "web 1", "pool 1", "web 2", "pool 4"];
    assert_said(engine, &memory, &expected);
}

#[test]
fn one_statement_is_singled_out_whichever_logger_it_names() {
    let (engine, memory) = start();
    let log = |log: &Logger, i: u32| {
        debug!("first {i}");
        debug!("second {i}");
        debug!(logger: log, "third {i}");
        info!(logger: log, "fourth {i}");
    };
    let base = line!() - 6;
    let (named, unnamed) = (Logger::new("shop.orders"), Logger::unnamed());
    log(&named, 0);
    let place = |line: u32| format!("it/overrides.rs:{}", base + line);
    set(&engine, LevelOverride::new(Level::Debug).place(place(2)));
    set(&engine, LevelOverride::new(Level::Debug).place(place(3)));
    set(&engine, LevelOverride::new(LevelFilter::Off).place(place(4)).target("shop"));
    log(&named, 1);
    log(&unnamed, 2);
    assert!(!enabled!(Level::Debug), "another place");
    // A record without a place is none of these.
    Event::new(Level::Debug, "nowhere").emit();
    let expected = ["fourth 0", "second 1", "third 1", "second 2", "third 2", "fourth 2"];
    assert_said(engine, &memory, &expected);
}

#[test]
fn a_place_is_the_end_of_a_path() {
    let (engine, _) = start();
    let handle = engine.handle();
    debug!("reached");
    let line = line!() - 1;
    let at = |place: &str| handle.explain_place(place).map(|found| found.len());
    assert_eq!(at(&format!("overrides.rs:{line}")).unwrap(), 1);
    assert_eq!(at(&format!("tests/it/overrides.rs:{line}")).unwrap(), 1);
    assert_eq!(at(&format!("rides.rs:{line}")).unwrap(), 0);
    assert_eq!(at(&format!("overrides.rs:{}", line + 1)).unwrap(), 0);
    assert!(at("overrides.rs").unwrap() >= 1);
    for wrong in ["", ":", ":12", "a.rs:0", "a.rs:x", "a.rs:-1", "a.rs:99999999999", "/", "a.rs:"] {
        let error = at(wrong).unwrap_err();
        assert_eq!((error.field(), error.value()), ("override.place", wrong));
        let rule = LevelOverride::new(Level::Debug).place(wrong);
        assert_eq!(handle.override_level(rule).unwrap_err().value(), wrong);
    }
    assert!(handle.overrides().is_empty());
    engine.stop(0);
}

#[test]
fn a_field_of_the_context_decides() {
    let (engine, memory) = start();
    let log = |what: &str| debug!("{what}");
    set(&engine, LevelOverride::new(Level::Debug).field("customer", 4711));
    log("nobody");
    // The call's own fields are no context.
    debug!(customer = 4711, "own");
    let bound = Logger::unnamed().with("customer", 4711);
    debug!(logger: &bound, "bound");
    trace!(logger: &bound, "too fine");
    debug!(logger: &Logger::new("named").with("customer", 4711), "named");
    debug!(logger: &Logger::new("named").with("customer", 4712), "another");
    bound.event(Level::Debug, "event").emit();
    within(Context::new().with("customer", 4711), || {
        log("scope");
        within(Context::new().with("step", 1), || log("within"));
        within(Context::new().with("customer", 1), || log("covered"));
        // What is bound counts before the context.
        debug!(logger: &Logger::unnamed().with("customer", 2), "covered too");
        Event::new(Level::Debug, "event in scope").emit();
    });
    log("nobody again");
    engine.flush();
    let lines = memory.lines();
    let said: Vec<&str> =
        lines.iter().map(|l| l[9..].split(" customer=").next().unwrap()).collect();
    let expected = ["bound", "named", "event", "scope", "within", "event in scope"];
    assert_eq!(said.len(), expected.len(), "{said:?}");
    for (said, expected) in said.iter().zip(expected) {
        assert!(said.starts_with(expected), "{said} for {expected}");
    }
    engine.stop(expected.len() as u64);
}

#[test]
fn a_field_can_silence_and_texts_stand_for_numbers() {
    let (engine, memory) = start();
    set(&engine, LevelOverride::new(LevelFilter::Off).field("tenant", "42").field("probe", "true"));
    set(&engine, LevelOverride::new(Level::Trace).field("ratio", "0.5"));
    let context =
        |tenant: i64, probe: bool| Context::new().with("tenant", tenant).with("probe", probe);
    within(context(42, true), || info!("silenced"));
    within(context(42, false), || info!("not a probe"));
    within(context(43, true), || info!("not the tenant"));
    within(Context::new().with("tenant", "42").with("probe", "true"), || info!("silenced text"));
    within(Context::new().with("ratio", 0.5), || trace!("ratio"));
    within(Context::new().with("ratio", 5), || trace!("another"));
    engine.flush();
    assert_eq!(memory.lines().len(), 3, "{:?}", memory.lines());
    engine.stop(3);
}

#[test]
fn reloads_and_filters_leave_overrides_in_force() {
    let (engine, _) = start();
    let handle = engine.handle();
    let id = set(&engine, LevelOverride::new(Level::Debug).target("a").lasting(HOUR));
    let on = || enabled!(target: "a", Level::Debug);
    assert!(on());
    let memory = Memory::new();
    handle.reload(quiet().sink(memory.clone())).unwrap();
    assert!(on());
    handle.set_filter("error").unwrap();
    handle.set_level(Level::Critical);
    assert!(on() && !enabled!(Level::Error));
    debug!(target: "a", "kept");
    let active = handle.overrides();
    assert_eq!(active.len(), 1);
    assert_eq!((active[0].id, active[0].rule.to_string()), (id, "debug if target a".to_owned()));
    assert!(active[0].remaining.is_some_and(|left| left > HOUR / 2 && left <= HOUR));
    assert_eq!(OverrideId::from_number(id.get()), id);
    engine.flush();
    assert_eq!(memory.lines(), ["DEBUG    kept"]);
    engine.stop(1);
}

#[test]
fn one_with_a_time_ends_by_itself_and_the_others_stay() {
    let memory = Memory::new();
    let engine = Engine::start(builder().level(Level::Info).sink(memory.clone()));
    let handle = engine.handle();
    set(&engine, LevelOverride::new(Level::Debug).target("long").lasting(HOUR));
    set(&engine, LevelOverride::new(Level::Debug).target("for ever").lasting(Duration::MAX));
    let (long, short) =
        (|| enabled!(target: "long", Level::Debug), || enabled!(target: "short", Level::Debug));
    set(
        &engine,
        LevelOverride::new(Level::Debug).target("short").lasting(Duration::from_millis(20)),
    );
    until("the end", || handle.overrides().len() == 2);
    until("the verdict", || !short());
    assert!(long());
    // The same again, after the thread has waited for the next one.
    let zero =
        set(&engine, LevelOverride::new(Level::Debug).target("short").lasting(Duration::ZERO));
    until("the end", || handle.overrides().len() == 2);
    assert!(!handle.remove_override(zero) && !short());
    let ids: Vec<OverrideId> = handle.overrides().iter().map(|active| active.id).collect();
    ids.iter().for_each(|id| assert!(handle.remove_override(*id)));
    until("all is said", || {
        engine.flush();
        memory.lines().len() == 8
    });
    let text = memory.text();
    let count = |what: &str| text.matches(what).count();
    assert_eq!(count("level override set id="), 4, "{text}");
    assert_eq!(count("level override ended id="), 2, "{text}");
    assert_eq!(count("level override removed id="), 2, "{text}");
    assert_eq!(count("rule=\"debug if target short\" lasting_s=0.02"), 2, "{text}");
    engine.stop(8);
}

#[test]
fn whoever_is_singled_out_is_not_sampled() {
    let memory = Memory::new();
    let sampling = HeadSampling::Probability(0.0);
    let engine = Engine::start(quiet().sample("", Level::Info, sampling).sink(memory.clone()));
    set(&engine, LevelOverride::new(Level::Info).field("request", "r1"));
    let log = || info!("said");
    (0..100).for_each(|_| log());
    within(Context::new().with("request", "r1"), || (0..100).for_each(|_| log()));
    engine.flush();
    assert_eq!(memory.lines().len(), 100);
    engine.stop(100);
}

#[test]
fn an_override_concerns_its_engine_alone() {
    let ((one, said), (other, silent)) = (start(), start());
    set(&one, LevelOverride::new(Level::Debug).field("k", 1));
    set(&one, LevelOverride::new(Level::Debug).target("t"));
    let log = || {
        debug!(target: "t", "by target");
        within(Context::new().with("k", 1), || debug!("by field"));
    };
    // The other engine is the one that the thread is attached to.
    log();
    let attached = one.handle().attach();
    log();
    drop(attached);
    log();
    one.flush();
    assert_eq!(said.lines(), ["DEBUG    by target", "DEBUG    by field k=1"]);
    assert!(silent.lines().is_empty());
    other.stop(0);
    one.stop(2);
}

#[test]
fn there_are_no_more_than_64_and_a_wrong_one_changes_nothing() {
    let (engine, _) = start();
    let handle = engine.handle();
    let rule = || LevelOverride::new(Level::Debug).target("t");
    for _ in 0..64 {
        handle.override_level(rule()).unwrap();
    }
    assert_eq!(handle.override_level(rule()).unwrap_err().field(), "override");
    assert_eq!(handle.overrides().len(), 64);
    let error = handle.override_level(rule().field("", 1)).unwrap_err();
    assert_eq!((error.field(), error.value()), ("override.field", "1"));
    let error = handle.override_level(LevelOverride::new(Level::Debug).target("")).unwrap_err();
    assert_eq!(error.field(), "override.target");
    engine.stop(0);
}

#[test]
fn overrides_change_while_threads_log_and_the_books_balance() {
    const ROUNDS: u64 = 100;
    let (engine, memory) = start();
    let handle = engine.handle();
    let over = AtomicBool::new(false);
    let calls: u64 = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..3)
            .map(|t| {
                let (handle, over) = (handle.clone(), &over);
                scope.spawn(move || {
                    let _attached = handle.attach();
                    let _scope = Context::new().with("t", t).enter();
                    let mut made = 0_u64;
                    while !over.load(Ordering::Relaxed) {
                        // Evaluated if the call is made, and only then.
                        debug!("{}", {
                            made += 1;
                            made
                        });
                    }
                    made
                })
            })
            .collect();
        for i in 0..ROUNDS {
            let before = handle.stats().accepted;
            let rule = LevelOverride::new(Level::Debug).field("t", i % 3);
            let id = handle.override_level(rule).unwrap();
            until("a record of the thread", || handle.stats().accepted > before);
            assert!(handle.remove_override(id));
        }
        over.store(true, Ordering::Relaxed);
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    engine.flush();
    assert!(calls >= ROUNDS);
    assert_eq!(memory.lines().len() as u64, calls);
    engine.stop(calls);
}

#[test]
fn explanations_name_what_decides() {
    let route = Route::new(Memory::new()).level(Level::Warning);
    let filtered = Route::new(Null::new()).filter(Filter::has_field("order"));
    let engine = Engine::start(builder().filter("warn,shop=info").route(route).route(filtered));
    let handle = engine.handle();
    let said = |probe: Probe| handle.explain(&probe).to_string();
    let info = || Probe::new(Level::Info, "shop::db");
    assert_eq!(
        said(info()),
        "info of shop::db is on: shop=info\nmemory does not take it: its level is warning\n\
         null takes it if has order"
    );
    assert_eq!(
        said(Probe::new(Level::Info, "x")),
        "info of x is off: the default level is warning"
    );
    let rule = LevelOverride::new(LevelFilter::Off).place("db.rs:7").field("customer", 1);
    let id = handle.override_level(rule.clone()).unwrap();
    let probe = || info().at("src/db.rs", 7);
    assert!(handle.explain(&probe()).enabled);
    let explanation = handle.explain(&probe().field("customer", 1));
    assert!(!explanation.enabled);
    assert_eq!(explanation.decider, Decider::Override(id, rule));
    assert_eq!(
        explanation.to_string(),
        format!(
            "info of shop::db at src/db.rs:7 is off: override {id}: off if at db.rs:7 and customer = 1"
        )
    );
    engine.stop(0);
}
