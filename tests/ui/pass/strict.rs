//! A crate that allows nothing: neither the macros' code nor their use of the user's may warn.

#![deny(warnings, missing_docs, missing_debug_implementations)]
#![forbid(
    unsafe_code,
    unused,
    nonstandard_style,
    future_incompatible,
    rust_2018_idioms,
    let_underscore,
    keyword_idents,
    elided_lifetimes_in_paths,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unreachable_pub,
    unused_import_braces,
    unused_lifetimes,
    unused_macro_rules,
    unused_qualifications,
    unused_results,
    variant_size_differences
)]

use ripsaw::{Level, Logger};

const TARGET: &str = "t";

fn main() {
    let (a, b, c) = (1, 2.5, String::from("c"));
    let logger = Logger::new("strict");
    ripsaw::trace!("plain");
    ripsaw::debug!(a);
    ripsaw::info!(a, b = b + 1.0, %c, "{a} {b:.1} {c:?} {} {:>w$}", a + 1, -a, w = 4);
    ripsaw::warn!(target: TARGET, name: "n", a = ?(a), "{:p}", &a);
    ripsaw::error!(logger: logger, a; "{}", { a });
    ripsaw::error!(logger: &logger, "{}", (a));
    ripsaw::critical!({ a, b }, concat!("{}", "!"), c);
    ripsaw::event!(Level::Info, message = %c);
    if ripsaw::enabled!(Level::Info) || ripsaw::enabled!(logger: &logger, Level::Trace) {
        ripsaw::info!("done");
    }
}
