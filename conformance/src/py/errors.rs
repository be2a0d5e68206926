//! Exceptions as errors of Rust: a type for each kind, so that its name is the type's.

use super::value::Error;
use ripsaw::{Event, Timed};
use std::fmt;
use std::sync::Arc;

/// One of the types below has the error's kind for its name.
macro_rules! kinds {
    ($($kind:ident)*) => {
        $(
            #[derive(Debug)]
            struct $kind(Arc<Error>);

            impl fmt::Display for $kind {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    self.0.fmt(f)
                }
            }

            impl std::error::Error for $kind {
                fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
                    self.0.source()
                }
            }
        )*

        /// The work failed.
        pub(crate) fn fail(timed: Timed, error: &Arc<Error>) {
            match error.kind.as_str() {
                $(stringify!($kind) => timed.err(&$kind(error.clone())),)*
                _ => timed.err(&**error),
            };
        }

        /// The record tells of an error.
        pub(crate) fn tell<'a>(event: Event<'a>, error: &Arc<Error>) -> Event<'a> {
            match error.kind.as_str() {
                $(stringify!($kind) => event.error(&$kind(error.clone())),)*
                _ => event.error(&**error),
            }
        }
    };
}

kinds! {
    ArithmeticError AssertionError AttributeError BrokenPipeError ConnectionError
    ConnectionRefusedError ConnectionResetError EOFError Exception FileNotFoundError IOError
    ImportError IndexError KeyError KeyboardInterrupt LookupError MemoryError ModuleNotFoundError
    NameError NotImplementedError OSError OverflowError PermissionError RecursionError RuntimeError
    StopIteration SystemExit TimeoutError TypeError UnicodeDecodeError ValueError ZeroDivisionError
}
