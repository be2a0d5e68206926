//! The order of the whole way: context, level, processors as they were added, emoji, format; then a route's own.

use crate::support::Engine;
use ripsaw::emoji::{Emoji, Names};
use ripsaw::format::Text;
use ripsaw::process::{AddField, Draft, Enrich, Filter, Flow, Redact, Sample};
use ripsaw::sink::Memory;
use ripsaw::{Level, Logger, Route, debug, error, info, scope};
use std::sync::{Arc, Mutex};

fn text() -> Text {
    Text::new().timestamp(false)
}

#[test]
fn inv_047_the_chain_of_a_record() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = seen.clone();
    let spy = move |draft: &mut Draft<'_>| {
        let keys: Vec<_> = draft.fields().map(|(key, _)| key.to_owned()).collect();
        kept.lock().unwrap().push((draft.prefix().to_owned(), keys.join(",")));
        draft.set("api_key", "k-1");
        Flow::Keep
    };
    let builder = ripsaw::builder()
        .format(text())
        .filter("info,noisy=error")
        .processor(Enrich::new().service("shop"))
        .processor(spy)
        .processor(Redact::new())
        .processor(Emoji::new().names(Names::new().with("shop", "🛒")));
    let memory = Memory::new();
    let guard = builder.manual().sink(memory.clone()).start_local().unwrap();
    let _attached = guard.attach();
    let _request = scope! { request_id = "r-1", user = "context" };
    let log = Logger::new("shop.cart").with("user", "bound").with("tenant", "eu");
    info!(logger: &log, tenant = "call", "added");
    // Thresholds come before any processor.
    debug!(logger: &log, "not seen");
    info!(target: "noisy", "not seen");
    error!(target: "noisy", service = "own", "seen");
    while guard.handle().pump() > 0 {}
    assert_eq!(
        memory.lines(),
        [
            "INFO     shop.cart: 🛒 added service=shop request_id=r-1 user=bound tenant=call api_key=[REDACTED]",
            "ERROR    noisy: 🔹 seen request_id=r-1 user=context service=own api_key=[REDACTED]",
        ]
    );
    assert_eq!(
        *seen.lock().unwrap(),
        [
            (String::new(), "service,request_id,user,tenant".to_owned()),
            (String::new(), "request_id,user,service".to_owned()),
        ]
    );
}

#[test]
fn inv_048_sampling_first_saves_the_work_behind_it() {
    let calls = |first: bool| {
        let sample = || Sample::probability(0.0).exempt(Level::Error);
        let enrich = || AddField::new("region", "eu");
        let builder = ripsaw::builder().format(text());
        let builder = match first {
            true => builder.processor(sample()).processor(enrich()),
            false => builder.processor(enrich()).processor(sample()),
        };
        let engine = Engine::start(builder);
        (0..10).for_each(|_| info!(target: "t", "dropped"));
        error!(target: "t", "kept");
        assert_eq!(engine.lines(), ["ERROR    t: kept region=eu"]);
        let stats = engine.stats().processors;
        stats.iter().find(|stats| stats.name == "AddField").unwrap().calls
    };
    assert_eq!((calls(true), calls(false)), (1, 11));
}

#[test]
fn inv_046_a_route_has_processors_of_its_own_behind_the_engines() {
    let (plain, filtered) = (Memory::new(), Memory::new());
    let route = Route::new(filtered.clone()).filter(Filter::has_field("added")).processor(
        |draft: &mut Draft<'_>| {
            draft.rename("added", "renamed");
            Flow::Keep
        },
    );
    let add = |draft: &mut Draft<'_>| {
        if draft.level() >= Level::Error {
            draft.set("added", true);
        }
        Flow::Keep
    };
    let builder = ripsaw::builder().format(text()).processor(add).sink(plain.clone());
    let guard = builder.route(route).manual().start_local().unwrap();
    let _attached = guard.attach();
    info!(target: "t", "one");
    error!(target: "t", "two");
    while guard.handle().pump() > 0 {}
    assert_eq!(plain.lines(), ["INFO     t: one", "ERROR    t: two added=true"]);
    assert_eq!(filtered.lines(), ["ERROR    t: two renamed=true"]);
}
