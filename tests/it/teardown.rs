//! Threads that end, and engines that end before their threads.

use crate::support::{Engine, LONG, builder};
use ripsaw::sink::Memory;
use ripsaw::{Handle, info};
use std::cell::RefCell;

/// Logs when it is dropped.
struct Farewell(&'static str);

impl Drop for Farewell {
    fn drop(&mut self) {
        info!(who = self.0, rendered = %format_args!("{}!", self.0), "farewell");
    }
}

thread_local! {
    static EARLY: RefCell<Option<Farewell>> = const { RefCell::new(None) };
    static LATE: RefCell<Option<Farewell>> = const { RefCell::new(None) };
}

/// Thread-locals are destroyed in the reverse order of their first use, the engine's own among
/// them.
fn end_a_thread(handle: &Handle, log_first: bool) {
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // The thread stays attached to its very end.
            std::mem::forget(handle.attach());
            EARLY.set(Some(Farewell("early")));
            if log_first {
                info!(rendered = %format_args!("{}", 1), "alive");
            }
            LATE.set(Some(Farewell("late")));
        });
    });
}

/// `scope` returns when the thread's closure has; its thread-locals may still be on their way out.
fn wait_for(memory: &Memory, engine: &Engine, lines: usize) {
    crate::support::until("the last farewell", || {
        engine.flush();
        memory.lines().len() >= lines
    });
}

#[test]
fn destructors_before_and_after_the_lane_are_heard() {
    let memory = Memory::new();
    let engine = Engine::start(builder().sink(memory.clone()));
    end_a_thread(&engine.handle(), true);
    wait_for(&memory, &engine, 3);
    engine.stop(3);
    let mut lines = memory.lines();
    // The last two come by different lanes.
    lines.sort();
    assert_eq!(
        lines,
        [
            "INFO     alive rendered=1",
            "INFO     farewell who=early rendered=early!",
            "INFO     farewell who=late rendered=late!",
        ]
    );
}

#[test]
fn a_thread_whose_first_record_is_its_farewell_is_heard() {
    let memory = Memory::new();
    let engine = Engine::start(builder().sink(memory.clone()));
    for _ in 0..20 {
        end_a_thread(&engine.handle(), false);
    }
    wait_for(&memory, &engine, 40);
    engine.stop(40);
    let who = |name: &str| memory.lines().iter().filter(|line| line.contains(name)).count();
    assert_eq!((who("who=early"), who("who=late")), (20, 20));
}

#[test]
fn records_of_threads_that_are_gone_are_written() {
    let memory = Memory::new();
    let engine = Engine::start(builder().manual().sink(memory.clone()));
    for t in 0..100 {
        let handle = engine.handle();
        let thread = std::thread::spawn(move || {
            let _attached = handle.attach();
            info!(t, "and gone");
        });
        thread.join().unwrap();
    }
    assert_eq!(engine.stats().accepted, 0, "nobody has pumped");
    assert_eq!(engine.pump(), 100);
    engine.stop(100);
    let mut lines = memory.lines();
    let mut expected: Vec<String> = (0..100).map(|t| format!("INFO     and gone t={t}")).collect();
    lines.sort();
    expected.sort();
    assert_eq!(lines, expected);
}

#[test]
fn lanes_are_used_again() {
    let memory = Memory::new();
    // Four blocks: a fifth thread finds room only if the lanes of the earlier ones were given back.
    let engine = Engine::start(
        builder().manual().arena_bytes(4 << 10).block_bytes(1 << 10).sink(memory.clone()),
    );
    for t in 0..200 {
        let handle = engine.handle();
        std::thread::spawn(move || {
            let _attached = handle.attach();
            info!(t, "passing");
        })
        .join()
        .unwrap();
        assert_eq!(engine.pump(), 1, "thread {t}");
    }
    let stats = engine.stop(200);
    assert_eq!((stats.blocks_total, stats.blocks_in_use), (4, 0));
    assert!(stats.blocks_high_water <= 2, "{stats:?}");
}

/// A thread that stays attached to an engine that has been shut down: its records are written at
/// once or refused, but never put into a lane that nobody drains. That other engines run must not
/// matter.
#[test]
fn an_engine_that_was_shut_down_swallows_nothing() {
    let (memory, other) = (Memory::new(), Memory::new());
    let bystander = builder().sink(other.clone()).start_local().unwrap();
    let guard = builder().sink(memory.clone()).start_local().unwrap();
    let handle = guard.handle();
    let attached = handle.attach();
    info!("before");
    assert_eq!(guard.shutdown(LONG).written, 1);
    info!("after");
    let at_once = memory.lines();
    handle.flush(LONG).unwrap();
    assert_eq!(memory.lines(), at_once, "a record was left in its lane");
    drop(attached);
    assert_eq!(other.lines().len(), 0);
    drop(bystander);
}

#[test]
fn a_dropped_guard_drains_what_its_threads_have_committed() {
    let memory = Memory::new();
    for round in 0..20 {
        let guard = builder().sink(memory.clone()).start_local().unwrap();
        let handle = guard.handle();
        std::thread::spawn(move || {
            let _attached = handle.attach();
            for i in 0..100 {
                info!(round, i, "committed");
            }
        })
        .join()
        .unwrap();
        drop(guard);
        assert_eq!(memory.lines().len(), (round + 1) * 100);
    }
}
