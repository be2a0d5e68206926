//! The statements that are measured, the same in every benchmark.

use ripsaw::{Logger, debug, info};
use std::hint::black_box;

/// 35 bytes.
pub(crate) const SHORT: &str = "thirty-five bytes, neither odd nor ";
const _: () = assert!(SHORT.len() == 35);

/// 1,024 bytes.
pub(crate) const LONG: &str = {
    const BYTES: [u8; 1024] = {
        let text = b"The schedule followed the volume curve of the last twenty days. ";
        let mut bytes = [0; 1024];
        let mut i = 0;
        while i < bytes.len() {
            bytes[i] = text[i % text.len()];
            i += 1;
        }
        bytes
    };
    match std::str::from_utf8(&BYTES) {
        Ok(text) => text,
        Err(_) => panic!("it is ASCII"),
    }
};

/// A price with two decimals that differs from record to record and costs a multiplication.
#[inline(always)]
pub(crate) fn price(n: u64) -> f64 {
    100.0 + 0.25 * (n & 1023) as f64
}

/// Two integers and a float in the message.
#[inline(always)]
pub(crate) fn int_int_float(n: u64) {
    info!(target: "bench", "int {}, int {}, float {}", n, n * 7, price(n));
}

/// The same as fields beside a literal message.
#[inline(always)]
pub(crate) fn three_fields(n: u64) {
    info!(target: "bench", n, volume = n * 7, px = price(n), "order filled");
}

/// Three fields that emoji stand for, at a level that all presets let pass.
#[inline(always)]
pub(crate) fn outcome(n: u64) {
    ripsaw::warn!(target: "bench", domain = "user", action = "login", status = black_box("error"), n, "login failed");
}

/// What a library says of itself.
#[inline(always)]
pub(crate) fn library(n: u64) {
    info!(target: "hyper::proto", n, "connection kept alive");
}

/// A string of 35 bytes.
#[inline(always)]
pub(crate) fn short_string(_n: u64) {
    info!(target: "bench", text = black_box(SHORT), "order filled");
}

/// A string of 1,024 bytes.
#[inline(always)]
pub(crate) fn long_string(_n: u64) {
    info!(target: "bench", text = black_box(LONG), "order filled");
}

/// Three fields in the context of [`context`].
#[inline(always)]
pub(crate) fn in_context(log: &Logger, n: u64) {
    info!(logger: log, n, volume = n * 7, px = price(n), "order filled");
}

/// Below the level of every engine here.
#[inline(always)]
pub(crate) fn disabled(n: u64) {
    debug!(target: "bench", n, volume = n * 7, px = price(n), "order filled");
}

/// A logger named as the target of the other calls, with five fields of a service.
pub(crate) fn context() -> Logger {
    Logger::new("bench")
        .with("tenant", "eu-central")
        .with("user", 4_711)
        .with("session", "8f14e45f")
        .with("shard", 3)
        .with("ratio", 0.25)
}

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7";
const ROUTE: &str = "/api/v2/accounts/:account/portfolios/:portfolio/orders/:order/executions";
const CLIENT: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
                      Chrome/131.0.0.0 Safari/537.36 trading-desk/9.12.4 (build; release)";
const TAGS: &str = "region:eu-central,zone:b,tier:gold,desk:equities,strategy:vwap,venue:primary,\
                    book:main,currency:eur,session:continuous,reviewed:yes";
const BODY: &str = "Execution report for a parent order that was split into child orders, worked \
over the session. The schedule followed the volume curve of the last twenty days, pausing twice \
while the spread was wider than the limit of the client. No child order was rejected by the venue. \
The average price is inside the arrival band, the participation stayed below the cap and the \
residual quantity was released to the closing auction. Settlement instructions were taken from \
the account and confirmed by the custodian.";

/// Eight fields that make a line of about 1 KB, as the scenario `large` of `ripsaw bench`.
#[inline(always)]
pub(crate) fn large(n: u64) {
    info!(
        target: "bench",
        n,
        volume = n * 7,
        px = price(n),
        trace = TRACE,
        route = ROUTE,
        client = CLIENT,
        tags = TAGS,
        body = BODY,
        "execution report"
    );
}
