//! The results, in the shape of `bench.json`.

use serde::Serialize;

use super::numbers::rounded;
use crate::machine::Machine;
use crate::measure::{CallCosts, Percentiles, Sampler};
use crate::run::Run;
use crate::scenario::Scenario;

/// Everything that a benchmark found.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Document {
    pub(crate) machine: Machine,
    /// The revision that the program was built from, if it is known.
    pub(crate) commit: Option<String>,
    /// True if tracked files differed from that revision.
    pub(crate) modified: bool,
    pub(crate) version: &'static str,
    /// When the benchmark ended, UTC.
    pub(crate) date: String,
    pub(crate) quick: bool,
    /// Runs per scenario; the rows show the median run.
    pub(crate) repeat: u32,
    pub(crate) scenarios: Vec<Row>,
    /// What one call costs; absent if a record of that measurement was lost.
    pub(crate) call: Option<CallCosts>,
    /// Why there are no costs of a call; empty if there are.
    pub(crate) call_problems: Vec<String>,
}

/// One scenario. The figures are absent if a record was lost in any of its runs.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) what: &'static str,
    pub(crate) format: &'static str,
    /// Operating-system threads that logged.
    pub(crate) threads: u32,
    /// Calls made, over all threads; in `filter`, half of them are below the level.
    pub(crate) messages: u64,
    /// Lines counted in the file.
    pub(crate) lines: u64,
    /// Records that should stand in the file and do not.
    pub(crate) lost: u64,
    /// Records that the engine says it dropped.
    pub(crate) dropped: u64,
    /// Lines after a later one of the same worker: possible in `async` only, whose tasks move
    /// between threads.
    pub(crate) reordered: u64,
    pub(crate) bytes: u64,
    pub(crate) bytes_per_line: Option<f64>,
    /// From the first call until the flush returned.
    pub(crate) seconds: Option<f64>,
    pub(crate) msgs_per_s: Option<f64>,
    pub(crate) documented_msgs_per_s: f64,
    /// `msgs_per_s` over `documented_msgs_per_s`.
    pub(crate) ratio: Option<f64>,
    /// Wall time from the first call to the return of the last one, over all calls.
    pub(crate) ns_per_call: Option<f64>,
    /// Processor time of the whole process, per million calls.
    pub(crate) cpu_s_per_million: Option<f64>,
    /// Single calls in bursts with pauses on one thread, timer included.
    pub(crate) latency_ns: Option<Percentiles>,
    /// The same with the timer subtracted.
    pub(crate) latency_net_ns: Option<Percentiles>,
    /// Messages per second of every run, in the order in which they were made.
    pub(crate) runs_msgs_per_s: Vec<f64>,
    /// Why there are no figures; empty for a valid scenario.
    pub(crate) problems: Vec<String>,
}

impl Document {
    /// True if no record of any measurement was lost.
    pub(crate) fn valid(&self) -> bool {
        self.refusals().is_empty()
    }

    /// A line for every measurement that has no figures, saying why.
    pub(crate) fn refusals(&self) -> Vec<String> {
        let invalid = self.scenarios.iter().filter(|row| !row.problems.is_empty());
        let mut lines: Vec<String> = invalid.map(Row::refusal).collect();
        if !self.call_problems.is_empty() {
            let problems = self.call_problems.join("; ");
            lines.push(format!("latency of one call is invalid, no figure is given ({problems})"));
        }
        lines
    }

    /// The text of `bench.json`.
    pub(crate) fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("no map keys, no failing values");
        text.push('\n');
        text
    }
}

impl Row {
    /// The median of `runs`; if one of them failed, the worst of them without figures.
    pub(crate) fn new(
        scenario: Scenario,
        threads: u32,
        messages: u64,
        runs: &[Run],
        sampler: &Sampler,
    ) -> Row {
        let problems: Vec<String> = (1..)
            .zip(runs)
            .flat_map(|(i, run)| run.problems.iter().map(move |what| format!("run {i}: {what}")))
            .collect();
        let valid = problems.is_empty();
        let run = if valid {
            median(runs)
        } else {
            let bad = runs.iter().filter(|run| !run.problems.is_empty());
            bad.max_by_key(|run| (run.lost, run.problems.len())).unwrap_or(&runs[0])
        };
        let spec = scenario.spec();
        let calls = messages as f64;
        let figure = |value: f64, digits| valid.then(|| rounded(value, digits));
        let rate = calls / run.seconds;
        let latency = valid.then(|| sampler.percentiles());
        Row {
            name: spec.name,
            what: spec.what,
            format: spec.format.name(),
            threads,
            messages,
            lines: run.lines,
            lost: run.lost,
            dropped: run.dropped,
            reordered: run.reordered,
            bytes: run.bytes,
            bytes_per_line: figure(run.bytes as f64 / run.lines.max(1) as f64, 1),
            seconds: figure(run.seconds, 6),
            msgs_per_s: figure(rate, 0),
            documented_msgs_per_s: spec.documented,
            ratio: figure(rate / spec.documented, 1),
            ns_per_call: figure(run.producing * 1e9 / calls, 1),
            cpu_s_per_million: figure(run.cpu_seconds * 1e6 / calls, 3),
            latency_ns: latency,
            latency_net_ns: latency.map(|latency| latency.net()),
            runs_msgs_per_s: if valid {
                runs.iter().map(|run| rounded(calls / run.seconds, 0)).collect()
            } else {
                Vec::new()
            },
            problems,
        }
    }

    /// One line that says why a scenario has no figures.
    fn refusal(&self) -> String {
        format!(
            "scenario {} is invalid, no figure is given: {} calls, {} lines, {} records lost ({})",
            self.name,
            self.messages,
            self.lines,
            self.lost,
            self.problems.join("; ")
        )
    }
}

/// The run with the middle time, the slower of the two middle ones for an even count.
fn median(runs: &[Run]) -> &Run {
    let mut by_time: Vec<&Run> = runs.iter().collect();
    by_time.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    by_time[runs.len() / 2]
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::measure::{Stopwatch, measure_calls};

    fn run(seconds: f64) -> Run {
        Run {
            lines: 1_000,
            bytes: 100_000,
            seconds,
            producing: seconds / 2.0,
            cpu_seconds: seconds,
            ..Run::default()
        }
    }

    fn row(scenario: Scenario, runs: &[Run]) -> Row {
        let mut sampler = Sampler::new(Stopwatch::new());
        sampler.bursts(2, |n| {
            std::hint::black_box(n);
        });
        Row::new(scenario, 1, 1_000, runs, &sampler)
    }

    /// A document whose second scenario lost a record.
    pub(in crate::report) fn sample() -> Document {
        let mut bad = run(0.001);
        bad.lines = 999;
        bad.lost = 1;
        bad.problems.push("1 records missing from the <file>".to_owned());
        let (call, _) = measure_calls(Stopwatch::new(), 2, |_| (), |_| ());
        Document {
            machine: Machine {
                cpu: "Chip & Co".to_owned(),
                cores: 2,
                memory_bytes: Some(1 << 34),
                kernel: "6.1".to_owned(),
                os: "Linux".to_owned(),
            },
            commit: None,
            modified: false,
            version: "0.1.0",
            date: "2026-11-20T00:00:00Z".to_owned(),
            quick: true,
            repeat: 3,
            scenarios: vec![
                row(Scenario::Basic, &[run(0.001), run(0.004), run(0.002)]),
                row(Scenario::Json, &[run(0.001), bad]),
            ],
            call: Some(call),
            call_problems: Vec::new(),
        }
    }

    #[test]
    fn the_median_run_is_reported() {
        let document = sample();
        let basic = &document.scenarios[0];
        assert_eq!(basic.seconds, Some(0.002));
        assert_eq!(basic.msgs_per_s, Some(500_000.0));
        assert_eq!(basic.ratio, Some(12.5));
        assert_eq!(basic.ns_per_call, Some(1_000.0));
        assert_eq!(basic.cpu_s_per_million, Some(2.0));
        assert_eq!(basic.runs_msgs_per_s, [1_000_000.0, 250_000.0, 500_000.0]);
    }

    #[test]
    fn a_lost_record_takes_away_every_figure() {
        let document = sample();
        assert!(!document.valid());
        let json = &document.scenarios[1];
        assert_eq!((json.lines, json.lost), (999, 1));
        assert_eq!((json.msgs_per_s, json.ratio, json.seconds), (None, None, None));
        assert_eq!((json.ns_per_call, json.cpu_s_per_million), (None, None));
        assert!(json.latency_ns.is_none() && json.runs_msgs_per_s.is_empty());
        let line = json.refusal();
        assert!(line.contains("json is invalid") && line.contains("1 records lost"), "{line}");
        assert!(line.contains("run 2: "), "{line}");
    }

    #[test]
    fn a_record_lost_between_single_calls_takes_away_their_costs() {
        let mut document = sample();
        document.scenarios.truncate(1);
        assert!(document.valid());
        document.call = None;
        document.call_problems.push("1 records missing".to_owned());
        assert!(!document.valid());
        assert!(document.refusals()[0].contains("1 records missing"));
        let page = crate::report::html(&document);
        assert!(page.contains("latency of one call is invalid"), "{page}");
        assert!(!page.contains("floor") && !crate::report::table(&document).contains("floor"));
    }

    #[test]
    fn the_json_document_has_the_documented_keys() {
        let value: serde_json::Value = serde_json::from_str(&sample().to_json()).unwrap();
        for key in ["machine", "commit", "version", "scenarios", "date", "call"] {
            assert!(value.get(key).is_some(), "{key}");
        }
        assert!(value["commit"].is_null());
        for key in ["cpu", "cores", "memory_bytes", "kernel", "os"] {
            assert!(value["machine"].get(key).is_some(), "{key}");
        }
        let basic = &value["scenarios"][0];
        for key in [
            "threads",
            "messages",
            "lines",
            "lost",
            "bytes",
            "seconds",
            "msgs_per_s",
            "documented_msgs_per_s",
            "ns_per_call",
            "cpu_s_per_million",
        ] {
            assert!(basic[key].is_number(), "{key}");
        }
        for key in ["p50", "p90", "p99", "p99_9", "p99_99", "max", "timer"] {
            assert!(basic["latency_ns"][key].is_number(), "{key}");
        }
        assert!(value["scenarios"][1]["msgs_per_s"].is_null());
    }
}
