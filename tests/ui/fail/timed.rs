use ripsaw::timed;

#[timed(nam = "x")]
fn unknown_option() {}

#[timed(level = Notice)]
fn unknown_level() {}

#[timed(threshold_ms = "100")]
fn no_number() {}

#[timed(skip(a))]
fn nothing_to_skip(a: u8) {
    let _ = a;
}

#[timed(log_args, skip(b))]
fn no_such_argument(a: u8) {
    let _ = a;
}

#[timed(err, err)]
fn twice() {}

#[timed]
const fn in_the_compiler() -> u8 {
    1
}

#[timed]
struct NoFunction;

trait Store {
    #[timed]
    fn without_a_body(&self);
}

struct Opaque;

#[timed(log_args)]
fn without_debug(opaque: Opaque) {
    drop(opaque);
}

#[timed(err)]
fn without_a_cause() -> Result<(), Opaque> {
    Ok(())
}

fn main() {}
