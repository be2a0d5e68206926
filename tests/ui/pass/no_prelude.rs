//! Without the prelude, and with the names of the standard library taken.

#![no_implicit_prelude]
#![allow(dead_code, non_camel_case_types, unused_macros)]

struct Option;
struct Some;
struct String;
struct Level;
struct Metadata;
struct Callsite;
mod std {}
mod alloc {}
mod ripsaw_macros {}

macro_rules! format_args {
    ($($t:tt)*) => {
        compile_error!("the user's")
    };
}
macro_rules! module_path {
    () => {
        compile_error!("the user's")
    };
}

fn main() {
    let (x, y) = (1, "y");
    ::ripsaw::info!(x, z = ?y, w = %y, "{x:>5} {y:?} {:^+8.2e} {:1$}", 2.5, 3);
    ::ripsaw::event!(::ripsaw::Level::Info, target: "t", "{}", x);
    if ::ripsaw::enabled!(::ripsaw::Level::Warning) {
        ::ripsaw::error!(logger: ::ripsaw::Logger::new("l"), x; "m");
    }
}
