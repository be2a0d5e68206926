//! Loggers and what they have to do with contexts.

use crate::Engine;
use ripsaw::{Context, Level, Logger, enabled, get_logger, info, scope};

#[test]
fn inv_071_bound_loggers_are_immutable_children() {
    let engine = Engine::start();
    let root = get_logger("shop");
    let bound = root.with("a", 1).with("b", 2);
    let later = bound.with("a", 3);
    info!(logger: &root, "root");
    info!(logger: &bound, "bound");
    info!(logger: &later, "later wins");
    info!(logger: &bound, b = 9, "call wins");
    info!(logger: &bound.without("a").without("never"), "unbound");
    assert!(bound.try_without("never").is_none());
    info!(logger: &bound.try_without("b").unwrap(), "unbound too");
    let fresh = bound.fresh().with("c", 4);
    assert_eq!(fresh.name(), Some("shop"));
    info!(logger: &fresh, "fresh");
    assert_eq!(
        engine.lines(),
        [
            "root",
            "bound a=1 b=2",
            "later wins b=2 a=3",
            "call wins a=1 b=9",
            "unbound b=2",
            "unbound too a=1",
            "fresh c=4",
        ]
    );
}

#[test]
fn inv_093_levels_can_be_asked_for() {
    let engine = Engine::with(ripsaw::builder().filter("info,shop.db=trace"));
    let (web, db) = (get_logger("shop.web"), get_logger("shop").child("db").child("pool"));
    assert_eq!(db.name(), Some("shop.db.pool"));
    assert!(web.enabled(Level::Info) && !web.enabled(Level::Debug));
    assert!(db.enabled(Level::Trace));
    assert!(enabled!(logger: &db, Level::Trace) && !enabled!(logger: &web, Level::Trace));
    engine.guard.handle().set_filter("info,shop.web=debug").unwrap();
    assert!(web.enabled(Level::Debug) && !db.enabled(Level::Debug));
}

#[test]
fn inv_078_a_logger_takes_over_a_context() {
    let engine = Engine::start();
    let request = Context::from([("request_id", "r1"), ("tenant", "context")]);
    let log = Logger::new("api").with("tenant", "logger").with_context(&request);
    info!(logger: &log, "under the logger's own");
    let child = log.child("auth").with("step", 2);
    let _scope = scope! { request_id = "ambient", other = 1 };
    info!(logger: &child, tenant = "call", "with all three");
    info!(logger: &log.with_context(&Context::new()), "unchanged");
    assert_eq!(
        engine.lines(),
        [
            "under the logger's own request_id=r1 tenant=logger",
            "with all three other=1 request_id=r1 step=2 tenant=call",
            "unchanged other=1 request_id=r1 tenant=logger",
        ]
    );
}

#[test]
fn inv_074_loggers_may_be_shared_and_named_by_thread() {
    let engine = Engine::start();
    let base = get_logger("pool");
    std::thread::scope(|threads| {
        for t in 0..3 {
            let (handle, base) = (engine.guard.handle(), base.clone());
            threads.spawn(move || {
                let _attached = handle.attach();
                let log = base.child(&format!("thread_{t}")).with("t", t);
                (0..10).for_each(|i| info!(logger: &log, i, "work"));
            });
        }
    });
    let lines = engine.lines();
    for t in 0..3 {
        let own: Vec<_> = lines.iter().filter(|l| l.contains(&format!("t={t} "))).collect();
        assert_eq!(own.len(), 10);
    }
}
