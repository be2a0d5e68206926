//! Logging from where it is least expected: inside of a formatter, and on the writer's own thread.

use crate::support::{Engine, LONG, Valve, builder};
use ripsaw::sink::{Durability, Memory, Sink};
use ripsaw::{DropCause, FlushError, Handle, Level, info, warn};
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, OnceLock};

/// Logs while it is printed, to a depth.
struct Chatty(u32);

impl fmt::Display for Chatty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 > 0 {
            info!(depth = self.0, inner = %Chatty(self.0 - 1), "from a formatter");
        }
        write!(f, "chatty {}", self.0)
    }
}

#[test]
fn a_formatter_that_logs_is_heard_before_its_own_record() {
    let memory = Memory::new();
    let engine = Engine::start(builder().sink(memory.clone()));
    info!("outer {}", Chatty(3));
    info!(field = %Chatty(1), "again");
    engine.stop(6);
    assert_eq!(
        memory.lines(),
        [
            "INFO     from a formatter depth=1 inner=\"chatty 0\"",
            "INFO     from a formatter depth=2 inner=\"chatty 1\"",
            "INFO     from a formatter depth=3 inner=\"chatty 2\"",
            "INFO     outer chatty 3",
            "INFO     from a formatter depth=1 inner=\"chatty 0\"",
            "INFO     again field=\"chatty 1\"",
        ]
    );
}

/// Prints a little and panics.
struct Bomb;

impl fmt::Display for Bomb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("tick ")?;
        info!("just before");
        panic!("a formatter's panic, on purpose");
    }
}

impl fmt::Debug for Bomb {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Err(fmt::Error)
    }
}

#[test]
fn a_formatter_that_fails_costs_nothing_but_its_text() {
    let memory = Memory::new();
    let engine = Engine::start(builder().sink(memory.clone()));
    info!("before");
    info!(n = 7, "bomb {}", Bomb);
    info!(bomb = ?Bomb, n = 8, "no luck");
    info!(first = %Bomb, "{}", "second");
    info!("after {}", 1.5);
    engine.stop(7);
    assert_eq!(
        memory.lines(),
        [
            "INFO     before",
            "INFO     just before",
            "INFO     bomb tick [formatter failed] n=7",
            "INFO     no luck bomb=\"[formatter failed]\" n=8",
            "INFO     just before",
            "INFO     second first=\"tick [formatter failed]\"",
            "INFO     after 1.5",
        ]
    );
}

#[test]
fn a_logging_argument_is_evaluated_once_and_in_order() {
    let memory = Memory::new();
    let engine = Engine::start(builder().sink(memory.clone()));
    let evaluated = |n: u64| {
        info!(n, "evaluated");
        n
    };
    info!(a = evaluated(1), "sum {}", evaluated(2) + evaluated(3));
    engine.stop(4);
    assert_eq!(
        memory.lines(),
        [
            "INFO     evaluated n=1",
            "INFO     evaluated n=2",
            "INFO     evaluated n=3",
            "INFO     sum 5 a=1",
        ]
    );
}

/// A sink that logs on each of its first writes, and tries to flush.
struct Recursive {
    memory: Memory,
    left: u64,
    handle: Arc<OnceLock<Handle>>,
    answers: Arc<Mutex<Vec<Result<(), FlushError>>>>,
}

impl Sink for Recursive {
    fn write(&mut self, batch: &[u8]) -> io::Result<usize> {
        if self.left > 0 {
            self.left -= 1;
            info!("refused");
            warn!(text = %Chatty(1), "refused too");
            let handle = self.handle.get().expect("the test has given its handle");
            let mut answers = self.answers.lock().unwrap();
            answers.push(handle.flush(LONG));
            answers.push(handle.flush_durable(LONG));
            assert_eq!(handle.pump(), 0);
        }
        self.memory.write(batch)
    }
    fn flush(&mut self, durability: Durability) -> io::Result<()> {
        self.memory.flush(durability)
    }
}

fn on_the_writer(manual: bool) {
    let (memory, handle, answers) = (Memory::new(), Arc::default(), Arc::default());
    let sink = Recursive {
        memory: memory.clone(),
        left: 3,
        handle: Arc::clone(&handle),
        answers: Arc::clone(&answers),
    };
    let start = builder().sink(sink);
    let engine = Engine::start(if manual { start.manual() } else { start });
    assert!(handle.set(engine.handle()).is_ok());
    for i in 0..5 {
        info!(i, "accepted");
        engine.flush();
    }
    // A write of the sink refuses an INFO, a WARNING, and the INFO of the formatter.
    let (report, stats) = engine.stop_within(LONG, 5 + 9);
    assert_eq!((report.written, report.dropped), (5, 9));
    assert_eq!(stats.dropped_by(Level::Info, DropCause::OnWriter), 6);
    assert_eq!(stats.dropped_by(Level::Warning, DropCause::OnWriter), 3);
    let expected = [Err(FlushError::OnWriter); 6];
    assert_eq!(*answers.lock().unwrap(), expected);
    let records = |line: &&String| line.contains("accepted");
    assert_eq!(memory.lines().iter().filter(records).count(), 5);
    assert!(!memory.text().contains("refused"), "{}", memory.text());
}

#[test]
fn a_sink_that_logs_is_refused_and_counted() {
    on_the_writer(false);
}

#[test]
fn a_sink_that_logs_is_refused_and_counted_in_manual_mode() {
    on_the_writer(true);
}

/// A sink that panics is one that fails: the records stay.
#[test]
fn a_sink_that_panics_is_retried() {
    struct Panics {
        valve: Valve,
        left: u32,
    }
    impl Sink for Panics {
        fn write(&mut self, batch: &[u8]) -> io::Result<usize> {
            if self.left > 0 {
                self.left -= 1;
                panic!("a sink's panic, on purpose");
            }
            self.valve.write(batch)
        }
    }
    let valve = Valve::new();
    let engine = Engine::start(builder().sink(Panics { valve: valve.clone(), left: 2 }));
    for i in 0..10 {
        info!(i, "kept");
    }
    engine.flush();
    let stats = engine.stop(10);
    assert_eq!(stats.sink_errors, 2);
    let expected: Vec<String> = (0..10).map(|i| format!("INFO     kept i={i}")).collect();
    assert_eq!(valve.lines(), expected);
}
