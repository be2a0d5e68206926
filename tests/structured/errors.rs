//! Errors as fields, and records by method.

use crate::Bench;
use ripsaw::{Event, Level, Logger};
use std::error::Error;
use std::fmt;

#[derive(Debug)]
struct Outer(Option<Box<dyn Error>>);
impl fmt::Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("outer\nfailed")
    }
}
impl Error for Outer {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.as_deref()
    }
}

/// Is its own cause.
#[derive(Debug)]
struct Endless;
impl fmt::Display for Endless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("again")
    }
}
impl Error for Endless {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self)
    }
}

#[test]
fn inv_008_errors_by_a_logger() {
    let bench = Bench::new();
    let log = Logger::new("shop").with("tenant", "eu");
    log.error_with("charge failed", &Outer(None)).field("order", 42).emit();
    let lines = bench.lines();
    assert_eq!(
        lines,
        [
            r#""error","logger":"shop","event":"charge failed","tenant":"eu","error.type":"structured::errors::Outer","error.message":"outer\nfailed","order":42}"#
        ]
    );
}

#[test]
fn inv_012_errors_with_their_causes() {
    let bench = Bench::new();
    let error = Outer(Some(Box::new(Outer(Some("root".into())))));
    Event::new(Level::Critical, "down").error(&error).emit();
    Event::new(Level::Error, "endless").error(&Endless).emit();
    let opaque: Box<dyn Error> = Box::new(error);
    Event::new(Level::Error, "opaque").error(&*opaque).emit();
    let records = bench.records();
    assert_eq!(records[0]["error.chain"], serde_json::json!(["outer\nfailed", "root"]));
    assert_eq!(records[1]["error.chain"].as_array().map(Vec::len), Some(32));
    assert_eq!(records[2]["error.type"], "dyn core::error::Error");
    assert!(records.iter().all(|record| record.get("error.backtrace").is_none()));
}

#[test]
fn inv_006_loggers_have_a_method_a_level() {
    let bench = Bench::new();
    let log = Logger::new("shop");
    log.trace("t").emit();
    log.debug("d").emit();
    log.info("i").field("http.method", "GET").emit();
    log.warn("w").emit();
    log.error("e").emit();
    log.critical("c").emit();
    let records = bench.records();
    let levels: Vec<_> = records.iter().map(|r| r["level"].as_str().unwrap_or("-")).collect();
    assert_eq!(levels, ["trace", "debug", "info", "warning", "error", "critical"]);
    assert!(records.iter().all(|record| record["logger"] == "shop"));
    assert_eq!(records[2]["http.method"], "GET");
}
