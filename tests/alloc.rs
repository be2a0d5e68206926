//! An enabled call allocates nothing on its own thread once the thread, its callsites and its
//! scratch are warm.

use ripsaw::process::{Draft, Flow};
use ripsaw::sink::Null;
use ripsaw::{Builder, Context, Level, LevelOverride, Logger, Overflow, debug, info};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::fmt;
use std::time::Duration;

/// The system's allocator, with a count for each thread.
struct Counting;

thread_local!(static ALLOCATIONS: Cell<u64> = const { Cell::new(0) });

fn count() {
    // A thread that is ending may have lost its counter, and then nobody asks for it.
    let _ = ALLOCATIONS.try_with(|n| n.set(n.get() + 1));
}

// SAFETY: hands every call on to the system's allocator as it is; counting allocates nothing.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promise.
        unsafe { System.alloc_zeroed(layout) }
    }
    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller's promise.
        unsafe { System.realloc(at, layout, size) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const MILLION: u64 = 1_000_000;

/// A type that the codec knows only by its `Display` and `Debug`.
#[derive(Debug)]
struct Order {
    #[allow(dead_code, reason = "printed by Debug")]
    id: u64,
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "order {} of {:?}", self.id, Some(1.5))
    }
}

/// Runs `call` a few thousand times to warm up and `n` times to count; the engine must have got all
/// of them.
#[track_caller]
fn assert_allocates_nothing(overflow: Overflow, n: u64, call: impl FnMut(u64)) {
    assert_allocates_nothing_in(ripsaw::builder(), overflow, n, call);
}

/// The same in an engine like this.
#[track_caller]
fn assert_allocates_nothing_in(
    builder: Builder,
    overflow: Overflow,
    n: u64,
    mut call: impl FnMut(u64),
) {
    const WARM: u64 = 20_000;
    let mut builder = builder.overflow(overflow).sink(Null::new());
    if overflow == Overflow::Shed {
        // Nobody drains: the arena is full before the count begins.
        builder = builder.manual();
    }
    let guard = builder.start_local().expect("the engine starts");
    let attached = guard.attach();
    (0..WARM).for_each(&mut call);
    let before = ALLOCATIONS.get();
    (0..n).for_each(&mut call);
    let allocations = ALLOCATIONS.get() - before;
    drop(attached);
    let report = guard.shutdown(Duration::from_secs(60));
    assert_eq!(report.written + report.dropped, WARM + n);
    match overflow {
        Overflow::Shed => assert!(report.dropped >= n),
        _ => assert_eq!(report.dropped, 0),
    }
    assert_eq!(allocations, 0, "allocations in {n} calls");
}

const WAIT: Overflow = Overflow::Block(Duration::MAX);

#[test]
fn the_allocator_counts() {
    let before = ALLOCATIONS.get();
    drop(std::hint::black_box(Box::new(before)));
    assert_eq!(ALLOCATIONS.get(), before + 1);
}

#[test]
fn numbers_and_strings() {
    let venue = String::from("XETR");
    assert_allocates_nothing(WAIT, MILLION, |i| {
        info!(i, px = i as f64 * 0.25, venue = venue.as_str(), "filled");
    });
}

#[test]
fn arguments_of_a_message() {
    assert_allocates_nothing(WAIT, MILLION / 4, |i| info!("order {i} at {}: {}", 1.5, "filled"));
}

#[test]
fn what_is_displayed() {
    assert_allocates_nothing(WAIT, MILLION / 4, |id| info!("{}", Order { id }));
}

#[test]
fn what_is_debugged() {
    assert_allocates_nothing(WAIT, MILLION / 4, |id| {
        let order = Order { id };
        info!(?order, list = ?[id, 2, 3], "debugged");
    });
}

#[test]
fn optional_and_nested_values() {
    assert_allocates_nothing(WAIT, MILLION / 4, |i| {
        let list = [i, i + 1];
        info!(some = Some(i), none = None::<u64>, list = &list[..], d = Duration::from_nanos(i));
    });
}

#[test]
fn bound_loggers() {
    let log = Logger::new("shop").with("tenant", "eu");
    assert_allocates_nothing(WAIT, MILLION / 4, |i| info!(logger: &log, i, "bound"));
}

#[test]
fn inv_045_records_that_are_changed_on_the_callers_thread() {
    let change = |draft: &mut Draft<'_>| {
        draft.set("thread", draft.thread().id);
        draft.set_prefix("! ");
        Flow::Keep
    };
    let builder = ripsaw::builder().caller_processor(|_: &mut Draft<'_>| Flow::Keep);
    let log = Logger::new("shop").with("tenant", "eu");
    assert_allocates_nothing_in(builder.caller_processor(change), WAIT, MILLION / 20, |id| {
        info!(logger: &log, id, "{} is {}", Order { id }, "placed");
    });
}

/// Under overload: what is shed costs no allocation either.
#[test]
fn records_that_are_dropped() {
    let wide = "x".repeat(1000);
    assert_allocates_nothing(Overflow::Shed, MILLION / 4, |i| info!(i, wide = &*wide, "flood"));
}

#[cfg(feature = "log")]
/// Enabled and disabled calls that an override by a field of the context decides.
#[test]
fn calls_that_ask_for_the_fields_of_their_context() {
    let guard = ripsaw::builder()
        .filter("info,ripsaw=off")
        .overflow(WAIT)
        .sink(Null::new())
        .start_local()
        .expect("the engine starts");
    let attached = guard.attach();
    let rule = LevelOverride::new(Level::Debug).field("customer", 4711).field("shard", "3");
    guard.handle().override_level(rule).expect("the rule is good");
    let loggers = [3, 4].map(|shard| Logger::unnamed().with("shard", shard));
    let _scope = Context::new().with("customer", 4711).enter();
    let call = |i: u64| debug!(logger: &loggers[i as usize % 2], i, "asked");
    (0..1000).for_each(call);
    let before = ALLOCATIONS.get();
    (0..MILLION / 4).for_each(call);
    let allocations = ALLOCATIONS.get() - before;
    drop(attached);
    let report = guard.shutdown(Duration::from_secs(60));
    assert_eq!((report.written, report.dropped), ((MILLION / 4 + 1000) / 2, 0));
    assert_eq!(allocations, 0);
}

#[test]
fn the_log_facade() {
    // Only the global engine makes itself the facade's destination; then an attached thread's
    // records go where it is attached.
    let guard = ripsaw::builder().sink(Null::new()).start().expect("the engine starts");
    assert_allocates_nothing(WAIT, MILLION / 4, |i| log::info!("order {i} at {}", 1.5));
    assert_allocates_nothing(WAIT, MILLION / 4, |id| {
        log::info!(id, venue = "XETR", px = 0.25, order:? = Order { id }; "typed");
    });
    assert_eq!(guard.shutdown(Duration::from_secs(60)).written, 0);
}

#[cfg(feature = "tracing")]
#[test]
fn the_tracing_facade() {
    let subscriber = ripsaw::tracing::Layer::new().into_subscriber();
    tracing::subscriber::with_default(subscriber, || {
        assert_allocates_nothing(WAIT, MILLION / 20, |i| tracing::info!(i, "outside of spans"));
        let _outer = tracing::info_span!("outer", a = 1, b = "text").entered();
        let _middle = tracing::info_span!("middle", c = ?Some(1)).entered();
        let inner = tracing::info_span!("inner", d = 2.5).entered();
        assert_allocates_nothing(WAIT, MILLION / 20, |id| {
            let order = Order { id };
            tracing::info!(id, venue = "XETR", ?order, "filled at {}", 1.5);
        });
        // To be in a span again: its fields are there already.
        let inner = inner.exit();
        assert_allocates_nothing(WAIT, MILLION / 20, |i| {
            inner.in_scope(|| tracing::info!(i, "inside"));
        });
    });
}
