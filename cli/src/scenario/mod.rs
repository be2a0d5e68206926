//! The six documented scenarios: what each logs, in which format, from how many threads.
//!
//! Every record carries the number of its worker and its own number within that worker
//! (`worker`, `n`), so that the file can be checked record by record afterwards.

mod basic;
mod engine;
mod filter;
mod json;
mod large;
mod producers;
mod tasks;
mod threads;

pub(crate) use basic::{call as basic_call, disabled_call};
pub(crate) use engine::{FLUSH_DEADLINE, start};
pub(crate) use producers::Produced;

use crate::measure::Sampler;
use crate::verify::Sequence;

/// A scenario, by its documented name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scenario {
    Basic,
    Json,
    Threads,
    Filter,
    Large,
    Async,
}

/// The form of the lines that a scenario writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineFormat {
    KeyValue,
    Json,
}

/// The constants of a scenario.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spec {
    pub(crate) name: &'static str,
    /// What is logged, for the reader of the report.
    pub(crate) what: &'static str,
    /// Messages per second in the documents of the system that Ripsaw succeeds.
    pub(crate) documented: f64,
    pub(crate) format: LineFormat,
    /// The default number of messages is divided by this.
    pub(crate) weight: u64,
    /// No line is longer; for the check of free disk space.
    pub(crate) line_bytes_at_most: u64,
}

impl LineFormat {
    pub(crate) fn name(self) -> &'static str {
        match self {
            LineFormat::KeyValue => "key_value",
            LineFormat::Json => "json",
        }
    }

    /// What stands before the number of the worker and before the record's own number.
    pub(crate) fn markers(self) -> (&'static str, &'static str) {
        match self {
            LineFormat::KeyValue => ("worker=", "n="),
            LineFormat::Json => ("\"worker\":", "\"n\":"),
        }
    }
}

impl Scenario {
    pub(crate) const ALL: [Scenario; 6] = [
        Scenario::Basic,
        Scenario::Json,
        Scenario::Threads,
        Scenario::Filter,
        Scenario::Large,
        Scenario::Async,
    ];

    pub(crate) fn spec(self) -> &'static Spec {
        match self {
            Scenario::Basic => &basic::SPEC,
            Scenario::Json => &json::SPEC,
            Scenario::Threads => &threads::SPEC,
            Scenario::Filter => &filter::SPEC,
            Scenario::Large => &large::SPEC,
            Scenario::Async => &tasks::SPEC,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        self.spec().name
    }

    pub(crate) fn by_name(name: &str) -> Option<Scenario> {
        Scenario::ALL.into_iter().find(|scenario| scenario.name() == name)
    }

    /// Workers that number their records: threads, or tasks in `async`.
    fn workers(self, threads: u32) -> u32 {
        match self {
            Scenario::Threads => threads,
            Scenario::Async => tasks::TASKS,
            _ => 1,
        }
    }

    /// Operating-system threads that log.
    pub(crate) fn threads(self, threads: u32) -> u32 {
        match self {
            Scenario::Async => tasks::runtime_threads(),
            _ => self.workers(threads),
        }
    }

    /// True where a worker stays on one thread, so that its lines must stand in its own order.
    /// A task moves between threads, and records of different threads are ordered by timestamp.
    pub(crate) fn ordered(self) -> bool {
        self != Scenario::Async
    }

    /// The records that must stand in the file, worker by worker, after `messages` calls.
    pub(crate) fn expected(self, messages: u64, threads: u32) -> Vec<Sequence> {
        let shares = producers::shares(messages, self.workers(threads));
        shares.into_iter().map(|calls| self.expected_of_worker(calls)).collect()
    }

    /// The records that one worker leaves in the file after `calls` calls.
    pub(crate) fn expected_of_worker(self, calls: u64) -> Sequence {
        match self {
            Scenario::Filter => filter::passing(calls),
            _ => Sequence { first: 0, step: 1, count: calls },
        }
    }

    /// Makes `messages` calls in all from the scenario's own threads.
    ///
    /// # Errors
    /// One line if a thread or the runtime could not be started, or a producer panicked.
    pub(crate) fn produce(self, messages: u64, threads: u32) -> Result<Produced, String> {
        let shares = producers::shares(messages, self.workers(threads));
        match self {
            Scenario::Basic => producers::on_threads(&shares, basic::call),
            Scenario::Json => producers::on_threads(&shares, json::call),
            Scenario::Threads => producers::on_threads(&shares, threads::call),
            Scenario::Filter => producers::on_threads(&shares, filter::call),
            Scenario::Large => producers::on_threads(&shares, large::call),
            Scenario::Async => tasks::produce(&shares),
        }
    }

    /// Samples the latency of the scenario's call on this thread, as worker 0 with numbers from
    /// zero. Gives the number of calls made.
    pub(crate) fn sample(self, sampler: &mut Sampler, bursts: u32) -> u64 {
        match self {
            Scenario::Basic => sampler.bursts(bursts, |n| basic::call(0, n)),
            Scenario::Json => sampler.bursts(bursts, |n| json::call(0, n)),
            Scenario::Threads => sampler.bursts(bursts, |n| threads::call(0, n)),
            Scenario::Filter => sampler.bursts(bursts, |n| filter::call(0, n)),
            Scenario::Large => sampler.bursts(bursts, |n| large::call(0, n)),
            Scenario::Async => sampler.bursts(bursts, |n| tasks::call(0, n)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_documented_figures() {
        let table: Vec<(&str, f64)> =
            Scenario::ALL.iter().map(|s| (s.name(), s.spec().documented)).collect();
        assert_eq!(
            table,
            [
                ("basic", 40_000.0),
                ("json", 38_900.0),
                ("threads", 39_800.0),
                ("filter", 68_100.0),
                ("large", 14_200.0),
                ("async", 43_400.0),
            ]
        );
        assert_eq!(Scenario::by_name("filter"), Some(Scenario::Filter));
        assert_eq!(Scenario::by_name("Filter"), None);
    }

    #[test]
    fn expected_records_add_up() {
        for messages in [1, 7, 10, 1_001] {
            for scenario in Scenario::ALL {
                let lines: u64 = scenario.expected(messages, 4).iter().map(|s| s.count).sum();
                let passing = if scenario == Scenario::Filter { messages / 2 } else { messages };
                assert_eq!(lines, passing, "{scenario:?} {messages}");
            }
        }
    }
}
