//! What a service says of itself: circuit breakers and workers.

use super::number_after;
use crate::case::Case;
use crate::json::Json;
use crate::session::Session;
use ripsaw::{ManualClock, Value};
use ripsaw_service::{BreakerError, CircuitBreaker, Workers};
use std::time::Duration;

/// When a call is made, and whether it succeeds. The title has the breaker's numbers.
const CALLS: [(f64, bool); 17] = [
    (1.0, false),
    (2.0, true),
    (3.0, false),
    (4.0, false),
    (5.0, false),
    (6.0, true),
    (35.0, true),
    (36.0, true),
    (36.0, true),
    (37.0, false),
    (38.0, false),
    (39.0, false),
    (69.0, true),
    (69.0, false),
    (98.0, true),
    (99.0, true),
    (100.0, true),
];

/// The state after each call, then what was logged.
pub(super) fn circuit(case: &Case, session: &mut Session) -> Result<Vec<String>, String> {
    let number = |before: &str| number_after(&case.title, before).ok_or(format!("no `{before}`"));
    let clock = ManualClock::new(Duration::ZERO);
    let breaker = CircuitBreaker::new()
        .failure_threshold(number("CircuitBreaker(")? as u32)
        .recovery_timeout(Duration::from_secs_f64(number(", ")?))
        .success_threshold(number("success_threshold=")? as u32)
        .clock(clock);
    let mut lines = Vec::new();
    for (at, succeeds) in CALLS {
        clock.set(Duration::from_secs_f64(at));
        let said = match breaker.call(|| if succeeds { Ok(()) } else { Err("x") }) {
            Ok(()) => "ok".to_owned(),
            Err(BreakerError::Failed(why)) => format!("ValueError({why})"),
            Err(open @ BreakerError::Open) => format!("Exception({open})"),
        };
        let now = breaker.snapshot();
        let (state, failures, successes) = (now.state.as_str(), now.failures, now.successes);
        lines.push(format!("t={at:?} {said} {state} f={failures} s={successes}"));
    }
    Ok([lines, session.lines()].concat())
}

/// Nobody; a worker before, in and after its jobs; the names of all it tells; somebody unknown; whether all share one.
pub(super) fn workers(_: &Case, _: &mut Session) -> Result<Vec<String>, String> {
    let workers = Workers::with_clock(ManualClock::new(Duration::from_secs(1_705_314_600)));
    let told = |name: &str| {
        let told = workers.get(name).map(|worker| worker.to_value());
        Json::from_value(&told.unwrap_or(Value::Map(Vec::new())))
    };
    let mut lines = vec![told("w").to_string()];
    let worker = workers.worker("w");
    lines.push(told("w").to_string());
    worker.started("j1");
    lines.push(told("w").get("current_job_id").and_then(Json::str).unwrap_or("").to_owned());
    worker.completed("j1", Duration::from_millis(100));
    worker.started("j2");
    worker.completed("j2", Duration::from_micros(50_500));
    worker.started("j3");
    worker.failed("j3");
    lines.push(told("w").to_string());
    let all = workers.all().into_iter().map(|worker| {
        let mut keys: Vec<&str> = worker.fields().iter().map(|(key, _)| *key).collect();
        keys.sort_unstable();
        let keys = keys.into_iter().map(|key| Json::Str(key.to_owned())).collect();
        (worker.worker_name, Json::List(keys))
    });
    lines.push(Json::Map(all.collect()).to_string());
    lines.push(told("nobody").to_string());
    let shared = std::ptr::eq(Workers::global(), Workers::global());
    lines.push(if shared { "True" } else { "False" }.to_owned());
    Ok(lines)
}
