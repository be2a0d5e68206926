//! Medians over the rotations.

use crate::programs::Program;
use crate::run::{Latency, Run};
use crate::workload::Workload;
use serde::Serialize;
use std::collections::BTreeMap;

/// What became of one run.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Sample {
    pub(crate) rival: String,
    pub(crate) workload: &'static str,
    pub(crate) rotation: u32,
    pub(crate) run: Option<Run>,
    /// Why there is no run.
    pub(crate) failed: Option<String>,
}

/// The medians of a rival in a workload.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Cell {
    pub(crate) runs: usize,
    pub(crate) messages_per_second: f64,
    pub(crate) bytes_per_second: f64,
    /// Seconds of processor time a million messages, of all threads.
    pub(crate) cpu_per_million: f64,
    pub(crate) peak_bytes: f64,
    pub(crate) latency: Option<Times>,
    /// The largest share of the records that was lost in a run.
    pub(crate) lost: f64,
    /// What was wrong with a run, in words. A cell with problems is shown, but not ranked.
    pub(crate) problem: Option<String>,
    /// The largest share of lines with an earlier time than the line before.
    pub(crate) back_in_time: f64,
}

/// Medians of [`Latency`].
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Times {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) p99_9: f64,
    pub(crate) typical: f64,
    pub(crate) burst: f64,
    pub(crate) cold: f64,
    pub(crate) timer: f64,
    pub(crate) disabled: Option<f64>,
    pub(crate) idle_cpu: f64,
}

/// A rival and all its cells, by the names of the workloads.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) program: Program,
    pub(crate) cells: BTreeMap<&'static str, Cell>,
}

impl Row {
    /// The cell, if there is one and all its runs were whole.
    pub(crate) fn ranked(&self, workload: &str) -> Option<&Cell> {
        self.cells.get(workload).filter(|cell| cell.runs > 0 && cell.problem.is_none())
    }
}

/// Sums up all samples, in the order of `programs`.
pub(crate) fn rows(programs: &[Program], samples: &[Sample]) -> Vec<Row> {
    let rows = programs.iter().map(|program| {
        let mut cells = BTreeMap::new();
        for workload in &Workload::ALL {
            let samples: Vec<&Sample> = samples
                .iter()
                .filter(|sample| sample.rival == program.name && sample.workload == workload.name)
                .collect();
            if !samples.is_empty() {
                cells.insert(workload.name, cell(&samples));
            }
        }
        Row { program: program.clone(), cells }
    });
    rows.collect()
}

fn cell(samples: &[&Sample]) -> Cell {
    let runs: Vec<&Run> = samples.iter().filter_map(|sample| sample.run.as_ref()).collect();
    let over = |figure: &dyn Fn(&Run) -> f64| median(runs.iter().map(|run| figure(run)).collect());
    let most =
        |figure: &dyn Fn(&Run) -> f64| runs.iter().map(|run| figure(run)).fold(0.0, f64::max);
    let failed = samples.iter().find_map(|sample| sample.failed.clone());
    let broken = runs.iter().map(|run| run.problems()).find(|problems| !problems.is_empty());
    Cell {
        runs: runs.len(),
        messages_per_second: over(&|run| run.report.messages as f64 / run.report.seconds),
        bytes_per_second: over(&|run| run.found.bytes as f64 / run.report.seconds),
        cpu_per_million: over(&|run| run.report.cpu_seconds * 1e6 / run.report.messages as f64),
        peak_bytes: over(&|run| run.report.peak_bytes as f64),
        latency: times(&runs.iter().filter_map(|run| run.report.latency).collect::<Vec<_>>()),
        lost: most(&|run| run.found.missing as f64 / run.report.messages as f64),
        problem: failed.or(broken.map(|problems| problems.join(", "))),
        back_in_time: most(&|run| run.found.back_in_time as f64 / run.found.lines.max(1) as f64),
    }
}

fn times(all: &[Latency]) -> Option<Times> {
    let over = |figure: &dyn Fn(&Latency) -> f64| median(all.iter().map(figure).collect());
    let disabled: Vec<f64> = all.iter().filter_map(|latency| latency.disabled).collect();
    (!all.is_empty()).then(|| Times {
        p50: over(&|l| l.p50),
        p99: over(&|l| l.p99),
        p99_9: over(&|l| l.p99_9),
        typical: over(&|l| l.typical),
        burst: over(&|l| l.burst),
        cold: over(&|l| l.cold),
        timer: over(&|l| l.timer),
        disabled: (!disabled.is_empty()).then(|| median(disabled)),
        idle_cpu: over(&|l| l.idle_cpu),
    })
}

/// The middle value, the mean of the two middle ones for an even count; 0 for none.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => 0.0,
        count if count % 2 == 1 => values[middle],
        _ => (values[middle - 1] + values[middle]) / 2.0,
    }
}

/// Rows for tests.
#[cfg(test)]
pub(crate) mod samples {
    use super::*;
    use crate::run::{About, Report};
    use crate::verify::Found;

    pub(crate) fn program(name: &str) -> Program {
        let about = About {
            title: name.to_uppercase(),
            package: name.to_owned(),
            config: "its configuration".to_owned(),
            synchronous: false,
            lossy: false,
            workloads: vec!["basic".to_owned()],
        };
        Program { name: name.to_owned(), path: name.into(), about, version: Some("1.2".into()) }
    }

    pub(crate) fn run(seconds: f64, lost: u64) -> Run {
        let (messages, lines) = (1_000_000, 1_000_000 - lost);
        let latency = Latency {
            p50: seconds * 10.0,
            p99: 20.0,
            p99_9: 30.0,
            typical: seconds * 9.0,
            burst: 8.0,
            cold: 100.0,
            timer: 20.0,
            disabled: None,
            idle_cpu: 0.001,
        };
        let report = Report {
            messages,
            seconds,
            cpu_seconds: 2.0 * seconds,
            peak_bytes: 1 << 20,
            bytes: None,
            latency: Some(latency),
        };
        let found = Found { lines, bytes: lines * 100, missing: lost, ..Found::default() };
        Run { report, found }
    }

    pub(crate) fn sample(rival: &str, workload: &'static str, run: Result<Run, &str>) -> Sample {
        let failed = run.as_ref().err().map(|why| (*why).to_owned());
        Sample { rival: rival.to_owned(), workload, rotation: 0, run: run.ok(), failed }
    }
}

#[cfg(test)]
mod tests {
    use super::samples::{program, run, sample};
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(vec![9.0, 1.0, 5.0]), 5.0);
        assert_eq!(median(vec![4.0, 1.0, 3.0, 2.0]), 2.5);
        assert_eq!(median(Vec::new()), 0.0);
    }

    #[test]
    fn cells_hold_the_medians_of_their_runs() {
        let samples = [0.5, 2.0, 1.0].map(|seconds| sample("a", "basic", Ok(run(seconds, 0))));
        let rows = rows(&[program("a"), program("b")], &samples);
        let cell = rows[0].ranked("basic").unwrap();
        assert_eq!((cell.runs, cell.messages_per_second, cell.cpu_per_million), (3, 1e6, 2.0));
        assert_eq!((cell.bytes_per_second, cell.peak_bytes), (1e8, 1_048_576.0));
        assert_eq!(cell.latency.unwrap().p50, 10.0);
        assert_eq!(cell.latency.unwrap().disabled, None);
        assert!(rows[1].cells.is_empty());
    }

    #[test]
    fn one_bad_run_takes_a_cell_out_of_the_ranking() {
        let lost =
            [sample("a", "basic", Ok(run(1.0, 0))), sample("a", "basic", Ok(run(1.0, 500_000)))];
        let row = &rows(&[program("a")], &lost)[0];
        assert!(row.ranked("basic").is_none());
        assert_eq!(row.cells["basic"].lost, 0.5);
        assert_eq!(row.cells["basic"].problem.as_deref(), Some("500000 lost"));
        let failed = [sample("a", "json", Ok(run(1.0, 0))), sample("a", "json", Err("it hung"))];
        let row = &rows(&[program("a")], &failed)[0];
        assert_eq!(row.cells["json"].problem.as_deref(), Some("it hung"));
        assert!(row.ranked("json").is_none());
    }
}
