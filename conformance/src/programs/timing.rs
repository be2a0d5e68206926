//! Functions that are timed.

use super::frozen;
use crate::case::Case;
use crate::session::Session;
use ripsaw::context::RequestContext;
use ripsaw::{ManualClock, timed};
use std::cell::RefCell;
use std::fmt;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

thread_local! {
    static CLOCK: RefCell<Option<ManualClock>> = const { RefCell::new(None) };
}

/// Every call takes so long.
const CALL: Duration = Duration::from_nanos(12_345_600);

fn work() {
    CLOCK.with_borrow(|clock| clock.iter().for_each(|clock| clock.advance(CALL)));
}

#[derive(Debug)]
struct ValueError(&'static str);

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[timed(name = "database_query", target = "seed003")]
fn f() -> u32 {
    work();
    42
}

#[timed(threshold_ms = 100, target = "seed003")]
fn g() -> u32 {
    work();
    1
}

#[timed(threshold_ms = 12, target = "seed003")]
fn g2() -> u32 {
    work();
    1
}

#[timed(name = "bad", target = "seed003")]
fn h() -> Result<(), ValueError> {
    work();
    Err(ValueError("x"))
}

#[timed(log_args, target = "seed003")]
async fn a(n: u32) -> u32 {
    work();
    n
}

#[timed(log_args, target = "seed003")]
fn nolog(n: u32) -> u32 {
    work();
    n
}

/// Each function once, in the context of a service without a name.
pub(super) fn functions(_: &Case, _: &mut Session) -> Result<Vec<String>, String> {
    let mut printed = Vec::new();
    let logged = frozen(|clock| {
        CLOCK.with_borrow_mut(|own| *own = Some(*clock));
        let _scope = RequestContext::new().context().enter_alone();
        let (f_value, g_value, g2_value) = (f(), g(), g2());
        let name = std::any::type_name_of_val(&f).rsplit("::").next().unwrap_or("");
        printed.push(format!("f={f_value} g={g_value} g2={g2_value} name={name}"));
        if let Err(ValueError(_)) = h() {
            printed.push("h re-raised".to_owned());
        }
        let mut task = pin!(a(1));
        if let Poll::Ready(n) = task.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            printed.push(format!("async log_args: {n}"));
        }
        nolog(2);
    })?;
    Ok([printed, logged].concat())
}
