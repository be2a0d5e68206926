//! The correlation id of what goes on, in every record that is logged meanwhile.

use crate::Engine;
use ripsaw::context::{CorrelationId, Propagation, RequestContext};
use ripsaw::{Context, Event, FutureExt, Logger, info};
use std::pin::pin;
use std::task::Waker;

#[test]
fn inv_058_the_correlation_id_comes_from_the_ambient_context() {
    let engine = Engine::start();
    info!("outside");
    let request = RequestContext::new().correlation_id("c-1".parse::<CorrelationId>().unwrap());
    {
        let _scope = request.context().enter();
        let current = Context::current();
        assert_eq!(current.get("correlation_id").unwrap(), ripsaw::ValueRef::Str("c-1"));
        info!("statement");
        Event::new(ripsaw::Level::Info, "event").emit();
        // What the call says of it stands.
        info!(logger: &Logger::new("db"), correlation_id = "own", "query");
    }
    let incoming = Propagation::extract(|name| (name == "x-correlation-id").then_some("c-2"));
    let task = async { info!("task") }.in_context(incoming.context());
    let mut cx = std::task::Context::from_waker(Waker::noop());
    assert!(pin!(task).poll(&mut cx).is_ready());
    info!("after");
    let ids: Vec<_> = engine
        .lines()
        .iter()
        .map(|line| {
            let id = line.split(' ').find_map(|word| word.strip_prefix("correlation_id="));
            (line.split(' ').next().unwrap().to_owned(), id.map(str::to_owned))
        })
        .collect();
    let expected = [
        ("outside", None),
        ("statement", Some("c-1")),
        ("event", Some("c-1")),
        ("query", Some("own")),
        ("task", Some("c-2")),
        ("after", None),
    ];
    let expected = expected.map(|(message, id)| (message.to_owned(), id.map(str::to_owned)));
    assert_eq!(ids, expected);
}
