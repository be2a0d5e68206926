//! Contexts by the hundred thousand: one each request, whatever becomes of its records.

use crate::Engine;
use ripsaw::sink::Null;
use ripsaw::{Context, Overflow, info, scope};

/// Bytes of memory that the process has.
fn resident() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

fn requests(n: usize) {
    for i in 0..n {
        let _scope = scope! { request = i, path = "/a/path/that/is/not/short", user = "somebody" };
        info!("served");
    }
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "reads the memory from /proc")]
fn contexts_do_not_pile_up_while_nobody_drains() {
    let guard = ripsaw::builder()
        .arena_bytes(1 << 20)
        .overflow(Overflow::DropNewest)
        .manual()
        .sink(Null::new())
        .start_local()
        .unwrap();
    let attached = guard.attach();
    requests(50_000);
    let before = resident();
    requests(300_000);
    let grown = resident().saturating_sub(before);
    // Some 200 MB if all of them are kept. Other tests have engines of their own meanwhile.
    assert!(grown < 100 << 20, "{grown} bytes more");
    while guard.handle().pump() > 0 {}
    let stats = guard.handle().stats();
    assert_eq!(stats.accepted, stats.written + stats.dropped());
    drop(attached);
    let engine = Engine::start();
    let _scope = scope! { after = true };
    info!("again");
    assert_eq!(engine.lines(), ["again after=true"]);
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "reads the memory from /proc")]
fn contexts_that_are_set_for_good_take_the_place_of_the_ones_before() {
    let before = resident();
    for i in 0..600_000 {
        drop(Context::from([("request", i)]).set());
    }
    let grown = resident().saturating_sub(before);
    assert!(grown < 100 << 20, "{grown} bytes more");
    assert_eq!(Context::current(), Context::from([("request", 599_999)]));
    let outer = scope! { outer = 1 };
    let first = Context::from([("first", 1)]).set();
    let inner = scope! { inner = 1 };
    drop(Context::from([("second", 1)]).set());
    drop((inner, outer));
    first.reset();
    assert_eq!(Context::current(), Context::from([("second", 1)]));
    let third = Context::from([("third", 1)]).set();
    third.reset();
    assert_eq!(Context::current(), Context::from([("second", 1)]));
}
