//! Timed functions as they come, in a crate that forbids every warning.
#![forbid(unsafe_code, warnings, clippy::all)]

use std::sync::Arc;

mod renamed {
    pub use ripsaw;
}

struct Service<T> {
    items: Vec<T>,
}

impl<T: Clone + Send + Sync> Service<T> {
    #[ripsaw::timed]
    fn by_value(self) -> Vec<T> {
        self.items
    }
    #[ripsaw::timed(log_args)]
    fn borrowed(&self, at: usize) -> Option<&T> {
        let item = self.items.get(at)?;
        Some(item)
    }
    #[ripsaw::timed]
    fn exclusive(&mut self) -> &mut Vec<T> {
        if self.items.is_empty() {
            return &mut self.items;
        }
        &mut self.items
    }
    #[ripsaw::timed(name = "shared", threshold_ms = 5, level = Trace, skip(_at), log_args)]
    async fn shared(self: Arc<Self>, _at: usize) -> Result<T, std::fmt::Error> {
        let first = self.items.first().ok_or(std::fmt::Error)?;
        Ok(first.clone())
    }
}

#[ripsaw::timed(crate = renamed::ripsaw, target = concat!("a", "::b"))]
fn opaque<'a>(text: &'a str, mut times: u8) -> Result<impl Iterator<Item = char> + 'a, std::num::ParseIntError> {
    times += text.parse::<u8>()?;
    Ok(text.chars().take(times.into()))
}

#[ripsaw::timed(err)]
async fn boxed(path: &str) -> std::io::Result<Vec<u8>> {
    let data = std::fs::read(path)?;
    Ok(data)
}

#[ripsaw::timed]
async fn nothing() {}

#[ripsaw::timed]
fn r#match(timed: u8, result: u8) -> u8 {
    timed + result
}

#[ripsaw::timed]
fn exits() -> ! {
    std::process::exit(0)
}

fn is_send<F: Future + Send>(future: F) -> F {
    future
}

fn main() {
    let mut service = Service { items: vec![1] };
    service.exclusive().push(2);
    assert_eq!(service.borrowed(1), Some(&2));
    drop(is_send(boxed("x")));
    drop(is_send(nothing()));
    drop(is_send(Arc::new(Service { items: vec![1] }).shared(0)));
    assert_eq!(service.by_value(), [1, 2]);
    assert_eq!(opaque("1", 0).map(Iterator::count), Ok(1));
    assert_eq!(r#match(1, 2), 3);
    assert_eq!(ripsaw::timed_block!("block", { 1 }), 1);
    exits();
}
