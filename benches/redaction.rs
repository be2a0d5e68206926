//! What redaction costs the writer: beside no processor, and beside one that does nothing.
//!
//! `cargo bench --bench redaction`
#![allow(missing_docs)]

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use ripsaw::process::{Draft, Flow, Redact};
use ripsaw::sink::Null;
use ripsaw::{Handle, Overflow, info};

const RECORDS: u64 = 8000;

/// The same records without a processor, with one that does nothing, and with a redactor of 20 keys.
fn redaction(c: &mut Criterion) {
    let keys = [
        "password",
        "passwd",
        "pwd",
        "passphrase",
        "token",
        "secret",
        "key",
        "authorization",
        "auth",
        "cookie",
        "session",
        "credit_card",
        "card",
        "cvv",
        "ssn",
        "email",
        "phone",
        "iban",
        "pin",
        "dob",
    ];
    let builder =
        || ripsaw::builder().manual().overflow(Overflow::DropNewest).json().sink(Null::new());
    redact(c, "none", builder());
    redact(c, "idle", builder().processor(|_: &mut Draft<'_>| Flow::Keep));
    redact(c, "20 keys", builder().processor(Redact::none().words(keys)));
}

fn redact(c: &mut Criterion, name: &str, builder: ripsaw::Builder) {
    let guard = builder.start_local().expect("an engine with processors");
    let _attached = guard.attach();
    let handle = guard.handle();
    let mut group = c.benchmark_group(format!("8000 records/redact {name}"));
    group.throughput(criterion::Throughput::Elements(RECORDS));
    let mut case = |case: &str, call: &dyn Fn(u64)| {
        group.bench_function(case, |b| {
            b.iter_batched(
                || (0..RECORDS).for_each(call),
                |()| drain(&handle),
                BatchSize::PerIteration,
            );
        });
    };
    case("three fields", &|i| info!(i, j = i * 7, px = 1.25, "filled"));
    case("three fields, one secret", &|i| info!(i, token = "abcdefgh", px = 1.25, "filled"));
    case("twenty fields, all secret", &|i| {
        info!(
            password = "a",
            passwd = "b",
            pwd = i,
            passphrase = "c",
            token = "abcdefgh",
            secret = "d",
            key = i,
            authorization = "e",
            auth = "f",
            cookie = "g",
            session = i,
            credit_card = "h",
            card = "i",
            cvv = 123,
            ssn = "j",
            email = "a@b",
            phone = "1",
            iban = "k",
            pin = 1,
            dob = "l",
            "filled"
        );
    });
    group.finish();
    assert_eq!(handle.stats().dropped(), 0, "a batch must fit the arena");
}

fn drain(handle: &Handle) {
    while handle.pump() > 0 {}
}

criterion_group!(benches, redaction);
criterion_main!(benches);
