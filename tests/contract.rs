//! Which public types may cross threads, decided by the compiler.
//!
//! Nothing here runs: a line that is wrong does not compile.

use ripsaw::codec::{Record, Sensitive};
use ripsaw::{format, sink};

/// Asserts that a type has the auto traits named before `not`, and none of those behind it.
macro_rules! contract {
    ($($type:ty: $($has:ident)* $(, not $($lacks:ident)+)?;)*) => {$(
        const _: () = {
            $(has!($type, $has);)*
            $($(lacks!($type, $lacks);)+)?
        };
    )*};
}

macro_rules! has {
    ($type:ty, $bound:ident) => {
        const _: fn() = || {
            fn has<T: ?Sized + $bound>() {}
            has::<$type>();
        };
    };
}

/// Two implementations apply to a type that has the bound, so that the call would be ambiguous.
macro_rules! lacks {
    ($type:ty, $bound:ident) => {
        const _: fn() = || {
            struct Has;
            trait Lacks<A> {
                fn lacks() {}
            }
            impl<T: ?Sized> Lacks<()> for T {}
            impl<T: ?Sized + $bound> Lacks<Has> for T {}
            <$type as Lacks<_>>::lacks();
        };
    };
}

contract! {
    // What a service keeps and passes around.
    ripsaw::Guard: Send Sync Unpin;
    ripsaw::Handle: Clone Send Sync Unpin;
    ripsaw::Logger: Clone Send Sync Unpin;
    ripsaw::Event<'static>: Send Unpin;
    ripsaw::Stats: Clone Send Sync Unpin;
    ripsaw::ShutdownReport: Send Sync Unpin;
    ripsaw::DropCause: Copy Send Sync Unpin;
    // An attachment belongs to the thread that made it.
    ripsaw::Attached: Unpin, not Send Sync;

    // What a configuration is made of.
    ripsaw::Builder: Send Unpin;
    ripsaw::Route: Send Unpin;
    ripsaw::Levels: Clone Send Sync Unpin;
    ripsaw::Overflow: Copy Send Sync Unpin;
    ripsaw::Clock: Copy Send Sync Unpin;
    ripsaw::Level: Copy Ord Send Sync Unpin;
    ripsaw::LevelFilter: Copy Ord Send Sync Unpin;

    // Errors go through `?`, into boxes and to other threads.
    ripsaw::LevelError: Error Send Sync Unpin;
    ripsaw::StartError: Error Send Sync Unpin;
    ripsaw::ConfigError: Error Send Sync Unpin;
    ripsaw::FlushError: Error Send Sync Unpin;

    // Values and records.
    ripsaw::Value: Clone Default Send Sync Unpin;
    Sensitive<u8>: Copy Send Sync Unpin;
    Record<'static>: Clone Send Sync Unpin;
    ripsaw::ThreadInfo: Clone Send Sync Unpin;
    ripsaw::Metadata: Send Sync Unpin;

    // Formats and sinks live on the writer, one each, so they need not be `Sync`.
    format::Text: Format Clone Send Unpin;
    format::KeyValue: Format Clone Send Unpin;
    format::Json: Format Clone Send Unpin;
    dyn Format: Send, not Sync;
    sink::File: Sink Send Unpin;
    sink::Stdout: Sink Send Unpin;
    sink::Stderr: Sink Send Unpin;
    sink::Null: Sink Send Unpin;
    // A test reads what the writer wrote.
    sink::Memory: Sink Clone Send Sync Unpin;
    dyn Sink: Send, not Sync;
}

use format::Format;
use sink::Sink;
use std::error::Error;

/// Three rows again in another way, so that a table which accepts everything is noticed.
///
/// An inherent constant hides the trait's, and exists only where the bound holds.
#[test]
fn rows_hold_at_run_time_too() {
    struct Probe<T: ?Sized>(std::marker::PhantomData<T>);
    trait Without {
        const SEND: bool = false;
    }
    impl<T: ?Sized> Without for Probe<T> {}
    impl<T: ?Sized + Send> Probe<T> {
        const SEND: bool = true;
    }
    let rows = [
        Probe::<ripsaw::Guard>::SEND,
        Probe::<ripsaw::Attached>::SEND,
        Probe::<std::rc::Rc<u8>>::SEND,
    ];
    assert_eq!(rows, [true, false, false]);
}
