//! `#[timed]` on functions of all kinds.

use ripsaw::testing::Capture;
use ripsaw::timed;
use std::fmt::Debug;
use std::future::Future;

#[allow(dead_code)]
mod core {}
/// Names as those of the expansion.
#[timed(log_args)]
fn clash<T: Debug>(timed: T, result: u8, function: &str) -> String {
    let once = result;
    let work = 1;
    format!("{timed:?} {once} {function} {work}")
}

#[timed]
fn longest<'a>(a: &'a str, b: &'a str) -> &'a str {
    if a.len() > b.len() { a } else { b }
}

#[timed]
fn elided(text: &str) -> &str {
    text.trim()
}

#[timed]
fn fibonacci(n: u64) -> u64 {
    if n < 2 { n } else { fibonacci(n - 1) + fibonacci(n - 2) }
}

#[allow(unsafe_code, reason = "an unsafe function may be timed")]
/// # Safety
/// `at` is valid.
#[timed]
unsafe fn read(at: *const u8) -> u8 {
    // SAFETY: the caller's.
    unsafe { *at }
}

#[timed]
extern "C" fn of_c(n: i32) -> i32 {
    n + 1
}

#[timed]
fn boxed<'a>(n: &'a mut u8) -> Box<dyn FnMut() -> u8 + 'a> {
    Box::new(move || {
        *n += 1;
        *n
    })
}

#[timed]
fn iterate(n: u8) -> impl Iterator<Item = u8> {
    0..n
}

#[timed]
fn early(n: Option<u8>) -> Option<u8> {
    let n = n?;
    if n == 1 {
        return None;
    }
    Some(n)
}

#[timed]
async fn waits(text: &str) -> Result<usize, String> {
    let len = ready(text).await;
    if len == 0 { Err("empty".to_owned()) } else { Ok(len) }
}

async fn ready(text: &str) -> usize {
    text.len()
}

struct Thing<const N: usize>([u8; N]);

impl<const N: usize> Thing<N> {
    #[timed(skip(by), log_args)]
    fn add(&mut self, by: u8, (a, b): (u8, u8)) -> &mut Self
    where
        [u8; N]: Default,
    {
        self.0.iter_mut().for_each(|x| *x += by + a + b);
        self
    }
    #[timed]
    fn take(self) -> [u8; N] {
        self.0
    }
}

#[allow(unsafe_code, reason = "an unsafe function may be timed")]
#[test]
fn functions_of_all_kinds_can_be_timed() {
    let capture = Capture::new();
    assert_eq!(clash(Some(1), 2, "f"), "Some(1) 2 f 1");
    assert_eq!((longest("ab", "c"), elided(" x ")), ("ab", "x"));
    assert_eq!(fibonacci(5), 5);
    // SAFETY: a place on the stack.
    assert_eq!(unsafe { read(&7) }, 7);
    assert_eq!(of_c(1), 2);
    let mut n = 0;
    assert_eq!(boxed(&mut n)(), 1);
    assert_eq!(iterate(3).count(), 3);
    assert_eq!((early(None), early(Some(1)), early(Some(2))), (None, None, Some(2)));
    let mut future = std::pin::pin!(waits("abc"));
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(matches!(future.as_mut().poll(&mut cx), std::task::Poll::Ready(Ok(3))));
    assert_eq!(Thing([1, 2]).add(1, (1, 1)).0, [4, 5]);
    assert_eq!(Thing([1]).take(), [1]);
    // Fifteen calls of `fibonacci`.
    assert_eq!(capture.records().len(), 3 + 15 + 2 + 2 + 3 + 1 + 2);
}
