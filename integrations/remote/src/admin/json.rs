//! What is answered, as JSON.

use ripsaw::{ConfigError, DocumentError, DropCause, Level, RouteStats, SinkState, Stats};
use serde_json::{Value, json};

/// All that is wrong.
pub(super) fn errors(list: Vec<Value>) -> Value {
    json!({ "errors": list })
}

/// An error that has no key.
pub(super) fn plain_error(remedy: &str) -> Value {
    json!({ "remedy": remedy })
}

/// An error of a key in what was sent.
pub(super) fn key_error(key: &str, value: Option<&Value>, remedy: &str) -> Value {
    json!({ "key": key, "value": value, "remedy": remedy })
}

pub(super) fn config_error(error: &ConfigError) -> Value {
    json!({ "key": error.field(), "value": error.value(), "remedy": error.remedy() })
}

pub(super) fn document_error(error: &DocumentError) -> Value {
    json!({
        "line": error.line,
        "column": error.column,
        "key": error.key,
        "value": error.value,
        "remedy": error.remedy,
        "nearest": error.nearest,
    })
}

fn state(state: SinkState) -> &'static str {
    match state {
        SinkState::Ok => "ok",
        SinkState::Degraded => "degraded",
        _ => "down",
    }
}

pub(super) fn route_state(route: &RouteStats) -> Value {
    json!({ "name": route.name, "state": state(route.state), "last_error": route.last_error })
}

/// All counters; times are in seconds.
pub(super) fn stats(stats: &Stats) -> Value {
    let causes = Level::ALL.iter().flat_map(|level| DropCause::ALL.map(|cause| (*level, cause)));
    let drops = causes.filter_map(|(level, cause)| {
        let count = stats.dropped_by(level, cause);
        let drop = json!({ "level": level.as_str(), "cause": cause.as_str(), "count": count });
        (count > 0).then_some(drop)
    });
    let targets = stats.dropped_by_target.iter();
    let targets = targets.map(|(target, count)| json!({ "target": target, "count": count }));
    let routes = stats.routes.iter().map(|route| {
        json!({
            "name": route.name,
            "state": state(route.state),
            "wanted": route.wanted,
            "written": route.written,
            "dropped": route.dropped,
            "pending": route.pending,
            "bytes": route.bytes,
            "errors": route.errors,
            "last_error": route.last_error,
        })
    });
    let processors = stats.processors.iter().map(|processor| {
        json!({
            "name": processor.name,
            "calls": processor.calls,
            "dropped": processor.dropped,
            "panics": processor.panics,
            "seconds": processor.time.map(|time| time.as_secs_f64()),
        })
    });
    json!({
        "accepted": stats.accepted,
        "written": stats.written,
        "filtered": stats.filtered,
        "dropped": stats.dropped(),
        "suppressed": stats.suppressed,
        "recovered": stats.recovered,
        "bytes": stats.bytes,
        "batches": stats.batches,
        "notices": stats.notices,
        "sink_errors": stats.sink_errors,
        "sequence_gaps": stats.sequence_gaps,
        "blocks_in_use": stats.blocks_in_use,
        "blocks_high_water": stats.blocks_high_water,
        "blocks_total": stats.blocks_total,
        "flushes": stats.flushes,
        "flush_latency_seconds": stats.flush_latency.as_secs_f64(),
        "flush_latency_max_seconds": stats.flush_latency_max.as_secs_f64(),
        "dropped_by": drops.collect::<Vec<Value>>(),
        "dropped_by_target": targets.collect::<Vec<Value>>(),
        "routes": routes.collect::<Vec<Value>>(),
        "processors": processors.collect::<Vec<Value>>(),
    })
}
