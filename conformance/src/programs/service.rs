//! What a service says of itself: circuit breakers, workers, health checks and alerts.

use super::{number_after, number_before};
use crate::case::Case;
use crate::json::Json;
use crate::session::Session;
use ripsaw::format::{Member, Schema};
use ripsaw::{Clock, Event, Level, ManualClock, Value};
use ripsaw_service::{
    BreakerError, CircuitBreaker, HealthChecks, HealthError, SecurityMonitor, Workers,
};
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

/// Two checks that pass, then a third that fails: what was logged, then both results.
pub(super) fn health(_: &Case, session: &mut Session) -> Result<Vec<String>, String> {
    let health = HealthChecks::new().clock(ManualClock::new(Duration::from_secs(50)));
    let failed = |error: HealthError| error.to_string();
    health.register("database", || Ok::<_, String>(("connections", 5))).map_err(failed)?;
    health.register("cache", || Ok::<_, String>(("hit_rate", 0.95))).map_err(failed)?;
    let first = health.run();
    health.register("bad", || Err::<(), _>("down")).map_err(failed)?;
    let results = [first, health.run()].map(|report| Json::from_value(&report.to_value()));
    Ok([session.lines(), results.map(|result| result.to_string()).to_vec()].concat())
}

/// When, what, and of whom.
type Watched = (f64, &'static str, &'static [(&'static str, &'static str)]);

/// The alerts on what happens to one user, then to one address, then to nobody who is named; each with its time.
pub(super) fn security(case: &Case, _: &mut Session) -> Result<Vec<String>, String> {
    let words = case.texts().next().unwrap_or("");
    let times = words.split_once("t=").and_then(|(_, rest)| rest.split(' ').next());
    let times = times.unwrap_or("").split(',').filter_map(|time| time.parse::<f64>().ok());
    let count = |behind| number_before(words, behind).ok_or(format!("no `{behind}`"));
    let (limits, apart) = (count(" rate-limit")? as u32, count(" s apart")?);
    let mut events: Vec<Watched> = Vec::new();
    for t in times {
        events.push((1000.0 + t, "login_failed", &[("username", "bob")]));
    }
    for n in 0..limits {
        events.push((2000.0 + f64::from(n) * apart, "rate_limit_exceeded", &[("ip", "1.2.3.4")]));
    }
    for _ in 0..count(" failures without")? as u32 {
        events.push((3000.0, "login_failed", &[]));
    }

    let clock = ManualClock::new(Duration::ZERO);
    let memory = ripsaw::sink::Memory::new();
    let form = Schema::new().order([Member::Event, Member::Fields]);
    let form = ripsaw::format::Json::with(form).map_err(|e| e.to_string())?;
    let monitor = SecurityMonitor::new().repeats(true);
    let builder = ripsaw::builder().clock(Clock::Manual(clock)).processor(monitor).format(form);
    let builder = builder.sink(memory.clone()).manual().arena_bytes(1 << 20);
    let guard = builder.start_local().map_err(|e| e.to_string())?;
    let attached = guard.attach();
    let mut alerts = Vec::new();
    let mut seen = 0;
    for (at, message, fields) in events {
        clock.set(Duration::from_secs_f64(at));
        let event = Event::new(Level::Warning, message);
        fields.iter().fold(event, |event, (key, value)| event.field(key, *value)).emit();
        while guard.handle().pump() > 0 {}
        let lines = memory.lines();
        for line in lines[seen..].iter().filter(|line| line.contains("security_alert")) {
            let time = if at.fract() == 0.0 { Json::Int(at as i128) } else { Json::Float(at) };
            let Json::Map(entries) = Json::parse(line)? else { continue };
            let timed = [("t".to_owned(), time)].into_iter().chain(entries);
            alerts.push(Json::Map(timed.collect()).to_string());
        }
        seen = lines.len();
    }
    drop(attached);
    Ok(alerts)
}
