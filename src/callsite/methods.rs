//! Records of a logger by level, and what an error adds to a record.

use super::dynamic::Event;
use super::logger::Logger;
use crate::codec::{Value, causes, shown};
use crate::meta::Level;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::error::Error;

macro_rules! levels {
    ($($name:ident => $level:ident, $said:literal;)*) => {
        impl Logger {
            $(
                #[doc = concat!("Begins a record of level ", $said, " whose fields are known only at run time: see [`Logger::event`].")]
                ///
                /// ```
                /// let log = ripsaw::Logger::new("shop.orders");
                #[doc = concat!("log.", stringify!($name), "(\"order\").field(\"id\", 42).emit();")]
                /// ```
                pub fn $name<'a>(&'a self, message: &'a str) -> Event<'a> {
                    self.event(Level::$level, message)
                }
            )*
        }
    };
}
levels! {
    trace => Trace, "TRACE";
    debug => Debug, "DEBUG";
    info => Info, "INFO";
    warn => Warning, "WARNING";
    error => Error, "ERROR";
    critical => Critical, "CRITICAL";
}

impl Logger {
    /// Begins a record of level ERROR about an error: see [`Event::error`] (spec 8).
    ///
    /// ```
    /// let log = ripsaw::Logger::new("shop.orders");
    /// let failure = std::io::Error::other("no route");
    /// log.error_with("charge failed", &failure).field("order", 42).emit();
    /// ```
    pub fn error_with<'a, E: Error + ?Sized>(&'a self, message: &'a str, error: &E) -> Event<'a> {
        self.event(Level::Error, message).error(error)
    }
}

impl<'a> Event<'a> {
    /// Adds what there is to say of an error (spec 12): `error.type`, the name of its type as the compiler knows it (of a trait
    /// object that of the trait), `error.message`, and, if it has causes, `error.chain`, the list of their messages, at
    /// most 32. Text formats show all of it in the record's one line.
    pub fn error<E: Error + ?Sized>(self, error: &E) -> Event<'a> {
        let chain = causes(error);
        let event = self
            .field("error.type", core::any::type_name::<E>())
            .field("error.message", shown(error));
        if chain.is_empty() { event } else { event.field("error.chain", Value::List(chain)) }
    }

    /// Adds `error.backtrace`, the calling thread's stack, if `RUST_BACKTRACE` or `RUST_LIB_BACKTRACE` asks for it. To
    /// resolve it takes milliseconds; without one of these variables it costs nothing.
    pub fn backtrace(self) -> Event<'a> {
        let trace = Backtrace::capture();
        if trace.status() != BacktraceStatus::Captured {
            return self;
        }
        self.field("error.backtrace", trace.to_string())
    }
}
