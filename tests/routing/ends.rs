//! What processors hold back when they are replaced, and what is written where a route is full.

use crate::support::{Engine, LONG, plain};
use ripsaw::process::{Collapse, Draft, Flow, Moment, Processor};
use ripsaw::sink::{Memory, Sink};
use ripsaw::{Level, Route, info};
use std::io;
use std::sync::{Arc, Mutex};

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
