//! Every form of `tracing`'s macros that its documentation shows arrives as it does elsewhere.

use crate::Engine;
use tracing::{Level, debug_span, error_span, event, info, info_span, span, trace_span, warn_span};

#[derive(Debug)]
struct User {
    name: &'static str,
}

#[test]
fn events_in_all_their_forms() {
    let engine = Engine::start();
    let (user, count) = (User { name: "ada" }, 3);
    event!(Level::INFO, "plain");
    event!(Level::INFO, "formatted {} {count:>3}", user.name);
    event!(Level::INFO, count, user.name, "shorthand");
    event!(Level::INFO, ?user, %count, "sigils");
    event!(Level::INFO, { count = 1, other = 2 }, "braces {}", 3);
    event!(Level::INFO, a.b = 1, "in quotes" = true, "names");
    event!(target: "t", Level::INFO, x = 1, "target");
    event!(name: "n", Level::INFO, x = 1, "name");
    event!(name: "n", target: "t", parent: None, Level::INFO, x = 1, "all");
    event!(parent: None, Level::INFO, "parent");
    info!(x = 1);
    info!(x = 1, y = 2,);
    info!(target: "t", "target");
    info!(name: "n", target: "t", { x = 1 }, "braces");
    info!(?user);
    info!(%count, x = ?Some(2), y = %1.5);
    const KEY: &str = "konst";
    info!({ KEY } = 1, "constant");
    assert_eq!(
        engine.said(),
        [
            "plain",
            "formatted ada   3",
            "shorthand count=3 user.name=\"ada\"",
            "sigils user=\"User { name: \\\"ada\\\" }\" count=\"3\"",
            "braces 3 count=1 other=2",
            "names a.b=1 in quotes=true",
            "target x=1",
            "name x=1",
            "all x=1",
            "parent",
            " x=1",
            " x=1 y=2",
            "target",
            "braces x=1",
            " user=\"User { name: \\\"ada\\\" }\"",
            " count=\"3\" x=\"Some(2)\" y=\"1.5\"",
            "constant konst=1",
        ]
    );
}

#[test]
fn spans_in_all_their_forms() {
    let engine = Engine::start();
    let count = 3;
    let outer = span!(Level::INFO, "outer", outer = 1);
    for span in [
        span!(Level::INFO, "none"),
        span!(Level::ERROR, "fields", x = 1, ?count),
        span!(target: "t", Level::WARN, "target", count),
        span!(parent: &outer, Level::INFO, "parent", x = 1),
        span!(parent: None, Level::INFO, "root", x = 1),
        span!(target: "t", parent: &outer, Level::INFO, "both"),
        error_span!("level", x = "e"),
        warn_span!("level", x = %1.5),
        info_span!("level", x = tracing::field::Empty),
        debug_span!(target: "t", "level", a.b = 1),
        trace_span!(parent: &outer, "level", "in quotes" = 1),
    ] {
        span.in_scope(|| info!("in"));
    }
    assert_eq!(
        engine.said(),
        [
            "in",
            "in x=1 count=\"3\"",
            "in count=3",
            "in outer=1 x=1",
            "in x=1",
            "in outer=1",
            "in x=\"e\"",
            "in x=\"1.5\"",
            "in",
            "in a.b=1",
            "in outer=1 in quotes=1",
        ]
    );
}

#[tracing::instrument(level = "debug", skip(secret), fields(twice = n * 2), ret)]
fn doubled(n: i32, secret: &str) -> i32 {
    info!(length = secret.len(), "working");
    n * 2
}

#[tracing::instrument(err, name = "may_fail")]
fn may_fail(text: &str) -> Result<i32, std::num::ParseIntError> {
    text.parse()
}

#[test]
fn inv_064_instrumented_functions() {
    let engine = Engine::start();
    assert_eq!(doubled(4, "xyz"), 8);
    assert!(may_fail("no").is_err());
    assert_eq!(
        engine.said(),
        [
            "working n=4 twice=8 length=3",
            " n=4 twice=8 return=\"8\"",
            " text=\"no\" error=\"invalid digit found in string\"",
        ]
    );
}
