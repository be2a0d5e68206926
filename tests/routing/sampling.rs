//! Samplers, limits and the collapse of repeats, by the time stamps of the records.

use crate::support::*;
use ripsaw::process::{Collapse, Filter, Processor, RateLimit, Sample};
use ripsaw::sink::Memory;
use ripsaw::{Builder, Event, Level, LevelFilter, Logger, Route, Stats};
use ripsaw::{critical, debug, error, info, trace, warn};
use std::time::Duration;

/// Longer than any test.
const HOUR: Duration = Duration::from_secs(3600);

/// All that a processor lets pass of `log`, and what it says at the end.
fn through(processor: impl Processor + 'static, log: impl FnOnce()) -> (Vec<String>, Stats) {
    let memory = Memory::new();
    let engine = Engine::start(base(processor).sink(memory.clone()));
    log();
    let stats = engine.stop();
    (memory.lines(), stats)
}

fn base(processor: impl Processor + 'static) -> Builder {
    ripsaw::builder().level(LevelFilter::NotSet).format(plain()).processor(processor)
}

fn all_levels() {
    trace!("t");
    debug!("d");
    info!("i");
    warn!("w");
    error!("e");
    critical!("c");
}

fn events(lines: &[String]) -> Vec<&str> {
    lines.iter().map(|line| &line[9..]).filter(|event| !event.starts_with("sampled_out")).collect()
}

/// The sum of the counts that were reported.
fn reported(lines: &[String], event: &str) -> u64 {
    let reports = lines.iter().filter(|line| line[9..].starts_with(event));
    let count = |line: &String| line.split("count=").nth(1)?.split(' ').next()?.parse::<u64>().ok();
    reports.map(|line| count(line).expect("a report has a count")).sum()
}

#[test]
fn inv_068_a_probability_keeps_errors_and_says_what_it_drops() {
    let (lines, stats) = through(Sample::probability(0.0), all_levels);
    assert_eq!(events(&lines), ["e", "c"]);
    assert_eq!((reported(&lines, "sampled_out"), stats.filtered), (4, 4));
    let (lines, stats) = through(Sample::probability(1.0), all_levels);
    assert_eq!((events(&lines).len(), stats.filtered), (6, 0));
    assert_eq!(reported(&lines, "sampled_out"), 0, "nothing to report");

    let strict = Sample::probability(0.0).exempt(LevelFilter::Off);
    assert_eq!(events(&through(strict, all_levels).0), [""; 0]);
    let lenient = Sample::probability(0.0).exempt(Level::Info);
    assert_eq!(events(&through(lenient, all_levels).0), ["i", "w", "e", "c"]);
    let only = Sample::probability(0.0).only(Filter::level_range(..Level::Info));
    assert_eq!(events(&through(only, all_levels).0), ["i", "w", "e", "c"]);

    // The rate, and the same choice for the same seed.
    let run = |seed| {
        let sample = Sample::probability(0.25).seed(seed).rate_field(true);
        let counts = sample.counts();
        let (lines, stats) = through(sample, || {
            (0..2000).for_each(|i| info!(target: "shop", i, "request"));
            error!("exempt");
        });
        assert_eq!(counts.kept() + counts.suppressed(), 2001);
        assert_eq!(counts.suppressed(), stats.filtered);
        assert_eq!(reported(&lines, "sampled_out"), stats.filtered);
        let kept: Vec<String> = events(&lines).into_iter().map(str::to_owned).collect();
        let sampled = kept.iter().filter(|line| line.ends_with(" sample_rate=0.25"));
        assert_eq!(sampled.count() + 1, kept.len(), "an exempt record has no rate");
        kept
    };
    let kept = run(7);
    assert!((400..600).contains(&kept.len()), "{}", kept.len());
    assert_eq!(kept, run(7));
    assert_ne!(kept, run(8));
}

#[test]
fn inv_068_the_first_of_each_statement_pass_and_then_every_so_many() {
    let sample = Sample::first_then_every(2, 100, HOUR).rate_field(true);
    let (lines, stats) = through(sample, || {
        for i in 0..500 {
            info!("one {i}");
            if i < 3 {
                info!("two {i}");
            }
        }
        // Without a statement: by target and message.
        for _ in 0..3 {
            Event::new(Level::Info, "three").target("x").emit();
            Event::new(Level::Info, "four").target("x").emit();
        }
    });
    let expected = [
        "one 0 sample_rate=1.0",
        "two 0 sample_rate=1.0",
        "one 1 sample_rate=1.0",
        "two 1 sample_rate=1.0",
        "one 101 sample_rate=0.01",
        "one 201 sample_rate=0.01",
        "one 301 sample_rate=0.01",
        "one 401 sample_rate=0.01",
        "three sample_rate=1.0",
        "four sample_rate=1.0",
        "three sample_rate=1.0",
        "four sample_rate=1.0",
    ];
    assert_eq!(events(&lines), expected);
    let reports: Vec<&String> = lines.iter().filter(|line| line.contains("sampled_out")).collect();
    assert_eq!(reports.len(), 4, "one a statement: {reports:?}");
    assert!(reports.iter().any(|line| line.contains("of=\"one {}\" count=494")), "{reports:?}");
    assert_eq!(reported(&lines, "sampled_out"), stats.filtered);
}

#[test]
fn inv_069_a_trace_passes_whole_or_not_at_all() {
    let log = || {
        for round in 0..3 {
            for trace in 0..300 {
                let trace_id = format!("{trace:032x}");
                info!(trace_id, round, "step");
            }
        }
        error!(trace_id = "dropped or not", "always");
    };
    let traces = |p| {
        let (lines, stats) = through(Sample::by_trace("trace_id", p), log);
        assert_eq!(reported(&lines, "sampled_out"), stats.filtered);
        let mut traces = std::collections::BTreeMap::<String, u32>::new();
        for event in events(&lines).iter().filter(|event| event.starts_with("step")) {
            let trace = event.split("trace_id=").nth(1).unwrap().split(' ').next().unwrap();
            *traces.entry(trace.to_owned()).or_default() += 1;
        }
        assert!(traces.values().all(|steps| *steps == 3), "{p}");
        traces.into_keys().collect::<Vec<String>>()
    };
    let (few, more) = (traces(0.2), traces(0.5));
    assert!((30..90).contains(&few.len()), "{}", few.len());
    assert!(
        few.iter().all(|trace| more.contains(trace)),
        "a higher rate keeps what a lower one does"
    );
    assert_eq!((traces(0.0).len(), traces(1.0).len()), (0, 300));
    assert_eq!(few, traces(0.2), "the same choice in each process");
}

#[test]
fn inv_070_a_bucket_limits_all_or_each() {
    let log = || {
        for i in 0..8 {
            warn!(target: "a", i, "m");
            warn!(target: "b", i, "m");
            warn!(target: "a", i, "n");
        }
        error!(target: "a", "exempt");
    };
    // A token in some hours.
    let limit = || RateLimit::new(0.0001).burst(3);
    for (limit, expected) in [(limit(), 3), (limit().per_target(), 6), (limit().per_statement(), 9)]
    {
        let counts = limit.counts();
        let (lines, stats) = through(limit, log);
        let passed = lines.iter().filter(|line| line.starts_with("WARNING")).count();
        assert_eq!(passed, expected);
        assert_eq!(stats.filtered, 24 - expected as u64);
        assert_eq!(reported(&lines, "rate_limited"), stats.filtered);
        assert_eq!((counts.kept(), counts.suppressed()), (expected as u64 + 1, stats.filtered));
        assert!(lines.contains(&"ERROR    exempt".to_owned()));
    }
    // The errors too, and only those of one target.
    let strict = limit().burst(1).exempt(LevelFilter::Off).only(Filter::target("a"));
    let (lines, _) = through(strict, log);
    assert!(!lines.contains(&"ERROR    exempt".to_owned()));
    assert_eq!(lines.iter().filter(|line| line.starts_with("WARNING")).count(), 9);
}

#[test]
fn adaptive_sampling_holds_a_burst_down() {
    let sample = Sample::adaptive(20.0).seed(3);
    let counts = sample.counts();
    let (lines, _) = through(sample, || (0..20_000).for_each(|i| info!("{i}")));
    assert!((20..1000).contains(&counts.kept()), "{}", counts.kept());
    assert_eq!(counts.kept() + counts.suppressed(), 20_000);
    assert_eq!(reported(&lines, "sampled_out"), counts.suppressed());
}

#[test]
fn repeats_become_one_summary_at_the_place_where_they_end() {
    let memory = Memory::new();
    let collapse = Collapse::repeats().within(HOUR);
    let counts = collapse.counts();
    let engine = Engine::start(base(collapse).sink(memory.clone()));
    let disk = || (0..5).for_each(|_| warn!(disk = "sda", "full"));
    disk();
    warn!(disk = "sdb", "full");
    let log = Logger::new("x").with("disk", "sdb");
    (0..2).for_each(|_| warn!(logger: &log, "full"));
    (0..3).for_each(|_| Event::new(Level::Info, "made").emit());
    engine.handle().flush(LONG).unwrap();
    let told = || -> Vec<String> {
        let lines = memory.lines();
        memory.clear();
        lines.iter().map(|line| line.split(" first_ns").next().unwrap().to_owned()).collect()
    };
    let expected = [
        "WARNING  full disk=sda",
        "WARNING  repeated 4 times: full count=4",
        "WARNING  full disk=sdb",
        "WARNING  full disk=sdb",
        "WARNING  repeated once: full count=1",
        "INFO     made",
        "INFO     repeated 2 times: made count=2",
    ];
    assert_eq!(told(), expected);
    // A flush has summed up, and what repeats goes on to be gathered; the end sums up too.
    Event::new(Level::Info, "made").emit();
    assert_eq!(counts.suppressed(), 7);
    let stats = engine.stop();
    assert_eq!(told(), ["INFO     repeated once: made count=1"]);
    assert_eq!((counts.kept(), counts.suppressed()), (4, 8));
    assert_eq!((stats.written, stats.filtered), (4, 8));
}

#[test]
fn a_field_that_differs_can_be_ignored() {
    let collapse = Collapse::repeats().within(HOUR).ignore("took");
    let (lines, _) = through(collapse, || {
        (0..9).for_each(|took| info!(took, user = 1, "served"));
        info!(took = 1, user = 2, "served");
    });
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[1].starts_with("INFO     repeated 8 times: served count=8 "));
    let key = |line: &str, key: &str| -> u64 {
        line.split(key).nth(1).unwrap().split(' ').next().unwrap().parse().unwrap()
    };
    assert!(key(&lines[1], "first_ns=") <= key(&lines[1], "last_ns="));
}

#[test]
fn settings_that_make_no_sense_stop_the_start_and_change_nothing_at_a_reload() {
    let error = |builder: Builder| match builder.start_local() {
        Err(ripsaw::StartError::Config(error)) => {
            (error.field().to_owned(), error.value().to_owned())
        }
        other => panic!("{other:?}"),
    };
    let named = |field: &str, value: &str| (field.to_owned(), value.to_owned());
    assert_eq!(error(base(Sample::probability(1.5))), named("sample.probability", "1.5"));
    assert_eq!(error(base(Sample::probability(f64::NAN))), named("sample.probability", "NaN"));
    assert_eq!(error(base(Sample::adaptive(-1.0))), named("sample.target", "-1"));
    let steps = Sample::first_then_every(1, 1, Duration::ZERO);
    assert_eq!(error(base(steps)), named("sample.per", "0"));
    assert_eq!(error(base(RateLimit::new(0.0))), named("rate_limit.per_second", "0"));
    assert_eq!(
        error(base(Collapse::repeats().within(Duration::ZERO))),
        named("collapse.within", "0")
    );
    let route = Route::new(Memory::new()).processor(Sample::by_trace("t", -0.5));
    assert_eq!(error(ripsaw::builder().route(route)), named("sample.probability", "-0.5"));

    let memory = Memory::new();
    let engine = Engine::start(ripsaw::builder().format(plain()).sink(memory.clone()));
    let broken = base(RateLimit::new(f64::NAN)).sink(memory.clone());
    assert!(engine.handle().reload(broken).is_err());
    info!("as before");
    engine.stop();
    assert_eq!(memory.lines(), ["INFO     as before"]);
}

#[test]
fn millions_of_keys_take_no_more_memory_than_some() {
    let n = if cfg!(debug_assertions) { 50_000 } else { 2_000_000 };
    let memory = Memory::new();
    let sample = Sample::first_then_every(0, 0, HOUR);
    let counts = sample.counts();
    let engine = Engine::start(base(sample).sink(memory.clone()));
    for i in 0..n {
        Event::new(Level::Info, &format!("event {i}")).emit();
        if i % 1000 == 0 {
            engine.pump();
        }
    }
    engine.stop();
    assert_eq!((counts.kept(), counts.suppressed()), (0, n));
    let lines = memory.lines();
    assert_eq!(lines.len(), 257, "the last 256 statements, and all others in one");
    assert_eq!(reported(&lines, "sampled_out"), n);
}

#[test]
fn a_route_samples_what_others_get_whole() {
    let (whole, part) = (Memory::new(), Memory::new());
    let sampled = Route::new(part.clone()).processor(Sample::probability(0.0));
    let builder = ripsaw::builder().format(plain()).sink(whole.clone()).route(sampled);
    let engine = Engine::start(builder);
    (0..10).for_each(|i| info!(i, "request"));
    let stats = engine.stop();
    assert_eq!((whole.lines().len(), stats.written), (10, 10));
    assert!(part.text().starts_with("INFO     sampled_out count=10 "), "{}", part.text());
}
