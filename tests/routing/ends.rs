//! What processors hold back when they are replaced, and what is written where a route is full.

use crate::support::{Engine, LONG, plain};
use ripsaw::process::{Collapse, Draft, Filter, FlightRecorder, Flow, Moment, Processor};
use ripsaw::sink::{Memory, Sink};
use ripsaw::{Level, Overflow, Route, debug, error, info};
use std::collections::HashSet;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[test]
fn a_route_that_is_replaced_says_its_last_once() {
    #[derive(Clone, Default)]
    struct Ends(Arc<Mutex<Vec<bool>>>);
    impl Processor for Ends {
        fn process(&mut self, _: &mut Draft<'_>) -> Flow {
            Flow::Keep
        }
        fn tick(&mut self, moment: &mut Moment<'_>) {
            self.0.lock().unwrap().push(moment.is_end());
        }
    }
    let (first, second) = (Memory::new(), Memory::new());
    let route =
        |memory: &Memory| Route::new(memory.clone()).format(plain()).processor(Collapse::repeats());
    let ends = Ends::default();
    let builder = ripsaw::builder().route(route(&first).processor(ends.clone()));
    let engine = Engine::start(builder);
    (0..3).for_each(|_| info!("again"));
    engine.pump();
    engine.handle().reload(ripsaw::builder().route(route(&second))).unwrap();
    engine.pump();
    let lines = first.lines();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[1].starts_with("INFO     repeated 2 times: again count=2"), "{lines:?}");
    let ends = ends.0.lock().unwrap().clone();
    assert_eq!(ends.iter().filter(|end| **end).count(), 1);
    assert_eq!(ends.last(), Some(&true));
    engine.stop();
}

#[test]
fn what_an_engines_processor_holds_back_is_said_at_a_reload() {
    let (first, second) = (Memory::new(), Memory::new());
    let start = |memory: &Memory| {
        ripsaw::builder().format(plain()).processor(Collapse::repeats()).sink(memory.clone())
    };
    let engine = Engine::start(start(&first));
    (0..3).for_each(|_| info!("again"));
    engine.pump();
    engine.handle().reload(start(&second)).unwrap();
    (0..3).for_each(|_| info!("again"));
    engine.pump();
    assert_eq!(first.lines().len(), 2, "{:?}", first.lines());
    let stats = engine.stop();
    assert_eq!(second.lines().len(), 2, "{:?}", second.lines());
    assert_eq!((stats.accepted, stats.written, stats.filtered), (6, 2, 4));
}

/// Takes nothing until it is let.
struct Gate(Arc<Mutex<bool>>, Memory);
impl Sink for Gate {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match *self.0.lock().unwrap() {
            true => self.1.write(bytes),
            false => Err(io::Error::other("closed")),
        }
    }
}

#[test]
fn a_route_without_room_does_not_pass_on_what_it_wrote_before() {
    let (shut, open) = (Memory::new(), Memory::new());
    let says = |draft: &mut Draft<'_>| {
        if draft.get("say").is_some() {
            draft.say(Level::Info, "t", "said", &[]);
        }
        Flow::Keep
    };
    let gate = Arc::new(Mutex::new(false));
    let engine = Engine::start(
        ripsaw::builder()
            .format(plain())
            .processor(says)
            .route(Route::new(Gate(gate.clone(), shut.clone())).queue_bytes(64 << 10))
            .route(Route::new(open.clone())),
    );
    let long = "x".repeat(1000);
    for i in 0..200 {
        info!(i, "{long}");
    }
    // Until the one that is shut holds up nobody any more.
    while open.lines().len() < 200 {
        engine.pump();
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    info!(say = true, "speak");
    engine.pump();
    let lines = open.lines();
    let last: Vec<_> = lines.iter().skip(200).collect();
    assert_eq!(last, ["INFO     speak say=true", "INFO     said"]);
    *gate.lock().unwrap() = true;
    let _ = engine.handle().flush(LONG);
    engine.stop();
}

/// Every record is with a route, or filtered, or counted as dropped; none is twice, whatever changes meanwhile.
#[test]
fn the_books_balance_while_processors_come_and_go() {
    const THREADS: usize = 3;
    const EACH: usize = 4000;
    let (all, some) = (Memory::new(), Memory::new());
    let config = |round: usize| {
        let odd = move |draft: &mut Draft<'_>| {
            if round % 3 == 1 {
                draft.set("round", round);
            }
            match draft.seq() % 5 == round as u64 % 5 {
                true => Flow::Drop,
                false => Flow::Keep,
            }
        };
        let builder = ripsaw::builder().format(plain());
        let builder = match round % 4 {
            0 => builder,
            1 => builder.processor(odd),
            2 => builder.processor(FlightRecorder::per_thread()).processor(odd),
            _ => builder.processor(Collapse::repeats()),
        };
        builder
            .level(Level::Debug)
            .overflow(Overflow::Block(Duration::MAX))
            .arena_bytes(1 << 20)
            .route(Route::new(all.clone()))
            .route(
                Route::new(some.clone())
                    .filter(Filter::field("i").below(EACH as u64 / 2))
                    .processor(odd),
            )
    };
    let guard = config(0).start_local().unwrap();
    let handle = guard.handle();
    std::thread::scope(|threads| {
        for t in 0..THREADS {
            let handle = handle.clone();
            threads.spawn(move || {
                let _attached = handle.attach();
                for i in 0..EACH {
                    let _scope = (i % 7 == 0).then(|| ripsaw::scope! { scope = i });
                    match i % 10 {
                        0 => debug!(t, i, "fine"),
                        9 => error!(t, i, "bad"),
                        _ => info!(t, i, "usual"),
                    }
                    if i % 500 == 0 {
                        handle.flush(LONG).unwrap();
                    }
                }
            });
        }
        for round in 1..40 {
            handle.reload(config(round)).unwrap();
            std::thread::sleep(Duration::from_millis(2));
        }
    });
    let report = guard.shutdown(LONG);
    assert_eq!((report.dropped, report.unflushed), (0, 0));
    let stats = handle.stats();
    assert_eq!(stats.accepted, (THREADS * EACH) as u64, "{stats:?}");
    assert_eq!(stats.accepted, stats.written + stats.filtered + stats.dropped(), "{stats:?}");
    assert_eq!(stats.dropped(), 0);
    for memory in [all, some] {
        let mut seen = HashSet::new();
        for line in memory.lines() {
            if line.contains("repeated ") || line.contains("replayed=") {
                continue;
            }
            let id = line
                .split(' ')
                .filter(|w| w.starts_with("t=") || w.starts_with("i="))
                .collect::<Vec<_>>();
            assert_eq!(id.len(), 2, "{line}");
            assert!(seen.insert(id.join(" ")), "twice: {line}");
        }
    }
}
