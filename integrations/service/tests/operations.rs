//! Operations of a service, through their public face.

use ripsaw::testing::{Capture, CapturedRecord};
use ripsaw::{Context, Level, Logger, ManualClock, Value, context};
use ripsaw_service::Operation;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Poll, Waker};
use std::time::Duration;

const PAYMENT: Operation =
    Operation::new("Processing payment", "Payment processed", "Payment failed");

fn is(record: &CapturedRecord, level: Level, message: &str) {
    assert_eq!((record.level, record.message.as_str()), (level, message), "{record:#?}");
    assert_eq!(record.field("payment_id"), Some(&Value::from(7)), "{record:#?}");
}

#[test]
fn inv_124_an_operation_has_its_messages_and_its_fields() {
    let capture = Capture::new();
    let (clock, log) = (ManualClock::new(Duration::ZERO), Logger::new("payments"));
    let run = || PAYMENT.of(&log).with("payment_id", 7).clock(clock);
    let done = run().run(|| {
        ripsaw::info!("charging");
        context::bind("status", "charged");
        clock.advance(Duration::from_micros(1_250));
        Ok::<_, String>(3)
    });
    assert_eq!(done, Ok(3));
    let records = capture.records();
    assert_eq!((records[0].target.as_str(), records.len()), ("payments", 3));
    is(&records[0], Level::Info, "Processing payment");
    is(&records[1], Level::Info, "charging");
    is(&records[2], Level::Info, "Payment processed");
    assert_eq!(records[2].field("status"), Some(&Value::from("charged")));
    assert_eq!(records[2].field("duration_ms"), Some(&Value::F64(1.25)));
    assert!(records[0].field("status").is_none() && Context::current().is_empty());
}

#[test]
fn inv_124_failures_tell_why() {
    let capture = Capture::new();
    let log = Logger::new("payments");
    let run = || PAYMENT.of(&log).with("payment_id", 7);
    let failed = run().run(|| "much".parse::<u32>());
    assert!(failed.is_err());
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        run().run(|| -> Result<(), String> { panic!("on purpose") })
    }));
    assert_eq!(panicked.unwrap_err().downcast_ref(), Some(&"on purpose"));
    let records = capture.records();
    let (error, panic) = (&records[1], &records[3]);
    is(error, Level::Error, "Payment failed");
    assert_eq!(error.field("error.type"), Some(&"core::num::error::ParseIntError".into()));
    assert_eq!(error.field("error.message"), Some(&"invalid digit found in string".into()));
    is(panic, Level::Error, "Payment failed");
    assert_eq!(panic.field("error.type"), Some(&"panic".into()));
    // As the environment says, which belongs to the whole process.
    let asks = ["RUST_LIB_BACKTRACE", "RUST_BACKTRACE"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok());
    let asked = asks.is_some_and(|value| value != "0");
    for record in [error, panic] {
        assert_eq!(record.field("error.backtrace").is_some(), asked, "{record:#?}");
    }
}

#[test]
fn inv_124_futures_are_told_too_and_may_be_cancelled() {
    let capture = Capture::new();
    let mut cx = std::task::Context::from_waker(Waker::noop());
    let log = Logger::new("payments");
    let run = || PAYMENT.of(&log).with("payment_id", 7);
    drop(run().run_async(async { Ok::<_, String>(()) }));
    assert!(capture.records().is_empty(), "one that is never polled does not begin");
    let done = pin!(run().run_async(async { Ok::<_, String>(3) })).poll(&mut cx);
    assert_eq!(done, Poll::Ready(Ok(3)));
    let mut waiting = Box::pin(run().run_async(std::future::pending::<Result<(), String>>()));
    assert!(waiting.as_mut().poll(&mut cx).is_pending() && Context::current().is_empty());
    drop(waiting);
    let records = capture.records();
    is(&records[1], Level::Info, "Payment processed");
    is(&records[3], Level::Warning, "Payment failed");
    assert_eq!(records[3].field("error.type"), Some(&"cancelled".into()));
}
