//! In which order records stand in the output, and what their time stamps say.

use crate::support::{Engine, builder, until};
use ripsaw::codec::Record;
use ripsaw::format::Format;
use ripsaw::process::{Draft, Flow, Moment, Processor};
use ripsaw::sink::Memory;
use ripsaw::{Clock, info};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Twice the documented window of the merge, so that the test does not stand on its edge.
const APART: Duration = Duration::from_micros(20);

fn spin(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        std::hint::spin_loop();
    }
}

/// Writes the field `n` of each record, nothing else.
#[derive(Clone)]
struct Numbers;

impl Format for Numbers {
    fn record(&mut self, record: &Record<'_>, out: &mut Vec<u8>) {
        let (_, value) = record.fields().find(|(key, _)| *key == "n").expect("a number");
        out.extend_from_slice(format!("{value:?}\n").as_bytes());
    }
}

/// Two threads log in turns, `burst` records a turn, and hand over a token with a pause in between.
/// All records have one sequence of numbers; returns the places where the output leaves it.
fn hand_over(turns: u64, burst: u64) -> Vec<(String, String)> {
    let memory = Memory::new();
    let engine = Engine::start(builder().format(Numbers).sink(memory.clone()));
    let token = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for me in 0..2 {
            let (token, handle) = (&token, engine.handle());
            scope.spawn(move || {
                let _attached = handle.attach();
                for turn in (me..turns).step_by(2) {
                    while token.load(Ordering::Acquire) != turn {
                        std::thread::yield_now();
                    }
                    for i in 0..burst {
                        info!(n = turn * burst + i);
                    }
                    spin(APART);
                    token.store(turn + 1, Ordering::Release);
                }
            });
        }
    });
    engine.stop(turns * burst);
    let lines = memory.lines();
    assert_eq!(lines.len() as u64, turns * burst);
    let expected = (0..turns * burst).map(|n| format!("U64({n})"));
    lines.into_iter().zip(expected).filter(|(is, should)| is != should).collect()
}

#[test]
fn single_records_that_are_apart_in_time_stand_in_order() {
    let wrong = hand_over(6000, 1);
    assert!(wrong.is_empty(), "{} places, first {:?}", wrong.len(), wrong[0]);
}

#[test]
fn bursts_that_are_apart_in_time_stand_in_order() {
    let wrong = hand_over(400, 500);
    assert!(wrong.is_empty(), "{} places, first {:?}", wrong.len(), wrong[0]);
}

/// Counts time stamps that go back and numbers that do not continue, by thread.
#[derive(Clone, Default)]
struct Watch {
    last: Arc<Mutex<HashMap<u64, (u64, u64)>>>,
    records: Arc<AtomicU64>,
    backward: Arc<AtomicU64>,
    /// The longest step back, in nanoseconds.
    worst: Arc<AtomicU64>,
    out_of_sequence: Arc<AtomicU64>,
}

impl Format for Watch {
    fn record(&mut self, record: &Record<'_>, out: &mut Vec<u8>) {
        let now = (record.unix_ns(), record.seq());
        let mut last = self.last.lock().unwrap();
        if let Some((ns, seq)) = last.insert(record.thread().id, now) {
            if now.0 < ns {
                self.backward.fetch_add(1, Ordering::Relaxed);
                self.worst.fetch_max(ns - now.0, Ordering::Relaxed);
            }
            self.out_of_sequence.fetch_add(u64::from(now.1 != seq + 1), Ordering::Relaxed);
        }
        self.records.fetch_add(1, Ordering::Relaxed);
        out.push(b'\n');
    }
}

/// Long enough for the calibration of the clock to be renewed more than once.
fn watch(clock: Clock, time: Duration) -> Watch {
    let watch = Watch::default();
    let engine =
        Engine::start(builder().clock(clock).format(watch.clone()).sink(ripsaw::sink::Null::new()));
    let stop = AtomicBool::new(false);
    let calls = std::thread::scope(|scope| {
        let loggers: Vec<_> = (0..2)
            .map(|_| {
                let (stop, handle) = (&stop, engine.handle());
                scope.spawn(move || {
                    let _attached = handle.attach();
                    let mut calls = 0;
                    while !stop.load(Ordering::Relaxed) {
                        info!("tick");
                        calls += 1;
                    }
                    calls
                })
            })
            .collect();
        std::thread::sleep(time);
        stop.store(true, Ordering::Relaxed);
        loggers.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    engine.stop(calls);
    assert_eq!(watch.records.load(Ordering::Relaxed), calls);
    assert_eq!(watch.out_of_sequence.load(Ordering::Relaxed), 0);
    watch
}

#[test]
fn time_stamps_of_a_thread_never_go_back() {
    let watch = watch(Clock::Auto, Duration::from_millis(3500));
    let worst = watch.worst.load(Ordering::Relaxed);
    assert_eq!(watch.backward.load(Ordering::Relaxed), 0, "steps back, the longest of {worst} ns");
}

#[test]
fn a_coarse_clock_keeps_the_order_of_calls() {
    let watch = watch(Clock::Coarse, Duration::from_millis(100));
    assert_eq!(watch.backward.load(Ordering::Relaxed), 0);
}

/// Lets other threads log in the middle of what the writer does.
struct Director {
    threads: [Sender<&'static str>; 3],
    done: Receiver<()>,
    begun: bool,
}

impl Director {
    /// The thread logs this, and has returned from the call.
    fn call(&self, thread: usize, what: &'static str) {
        self.threads[thread].send(what).expect("the thread waits");
        self.done.recv().expect("the thread is there");
        spin(APART);
    }
}

impl Processor for Director {
    fn process(&mut self, draft: &mut Draft<'_>) -> Flow {
        if draft.message() == "first" {
            // Of a lane that was empty when the round began, and then of one that is not.
            self.call(0, "third");
            self.call(1, "fourth");
        }
        Flow::Keep
    }
    fn tick(&mut self, _: &mut Moment<'_>) {
        if !std::mem::replace(&mut self.begun, true) {
            self.call(2, "first");
            self.call(1, "second");
        }
    }
}

/// Records that come while a round has begun are no sign of a clock that was set back: the next round must not take what is
/// younger than itself, since it may have seen the lanes of older records before.
#[test]
fn a_round_takes_nothing_that_is_younger_than_its_beginning() {
    for _ in 0..20 {
        let memory = Memory::new();
        let (calls, ears): (Vec<_>, Vec<_>) = (0..3).map(|_| channel::<&str>()).unzip();
        let (did, done) = channel();
        let threads = calls.try_into().expect("three of them");
        let director = Director { threads, done, begun: false };
        let engine = Engine::start(builder().processor(director).sink(memory.clone()));
        std::thread::scope(|scope| {
            for ear in ears {
                let (did, handle) = (did.clone(), engine.handle());
                scope.spawn(move || {
                    let _attached = handle.attach();
                    for what in ear {
                        info!("{what}");
                        did.send(()).expect("the writer waits");
                    }
                });
            }
            until("all four are written", || memory.lines().len() == 4);
            engine.handle().reload(builder().sink(memory.clone())).expect("without the director");
        });
        engine.stop(4);
        let lines = memory.lines();
        let order: Vec<&str> = lines.iter().map(|line| line[9..].trim()).collect();
        assert_eq!(order, ["first", "second", "third", "fourth"]);
    }
}
