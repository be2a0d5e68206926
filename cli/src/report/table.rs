//! The table on standard output.

use std::fmt::Write as _;

use super::document::{Document, Row};
use super::numbers::{grouped, nanoseconds, times};
use crate::measure::{CallCosts, Percentiles};

/// The whole report as text.
pub(crate) fn table(document: &Document) -> String {
    let mut out = String::new();
    heading(&mut out, document);
    let head = [
        "scenario",
        "threads",
        "messages",
        "msg/s",
        "x documented",
        "ns/call",
        "bytes",
        "B/line",
        "drops",
        "CPU s/M",
    ];
    let rows: Vec<Vec<String>> = document.scenarios.iter().map(throughput).collect();
    columns(&mut out, &head.map(str::to_owned), &rows);
    if let Some(call) = &document.call {
        latencies(&mut out, document, call);
    }
    out
}

fn latencies(out: &mut String, document: &Document, call: &CallCosts) {
    let _ = writeln!(
        out,
        "\nLatency of one call in ns: bursts of {} with pauses of {} ms, one thread, clock: {}.\n\
         `raw` contains the cost of the timer, `net` does not.",
        call.burst, call.pause_ms, call.clock
    );
    let head = ["", "p50", "p90", "p99", "p99.9", "p99.99", "max", "timer"];
    let mut rows = vec![
        latency("call raw", &call.call),
        latency("call net", &call.call_net),
        latency("floor raw", &call.floor),
        latency("floor net", &call.floor_net),
    ];
    for row in &document.scenarios {
        if let Some(net) = &row.latency_net_ns {
            rows.push(latency(&format!("{} net", row.name), net));
        }
    }
    columns(out, &head.map(str::to_owned), &rows);
    let _ = writeln!(
        out,
        "\ncall:  {}\n\
         floor: {}\n\
         typical, net (mean of the fastest 90 %): call {} ns, floor {} ns, {}\n\
         in bursts timed as one, first cold call included: call {} ns, floor {} ns\n\
         call below the level: {:.2} ns; reading the clock: {:.1} ns",
        call.what,
        call.floor_what,
        call.call_typical_ns,
        call.floor_typical_ns,
        times(call.call_to_floor),
        call.call_in_burst_ns,
        call.floor_in_burst_ns,
        call.disabled_call_ns,
        call.clock_read_ns
    );
}

fn heading(out: &mut String, document: &Document) {
    let machine = &document.machine;
    let memory = machine.memory_bytes.map_or_else(String::new, |bytes| {
        format!(", {:.0} GiB", bytes as f64 / f64::from(1 << 30))
    });
    let commit = document.commit.as_deref().map_or_else(String::new, |commit| {
        let short: String = commit.chars().take(12).collect();
        format!(" ({short}{})", if document.modified { ", modified" } else { "" })
    });
    let _ = writeln!(
        out,
        "ripsaw {}{commit}\n{}, {} cores{memory}, {}, kernel {}",
        document.version, machine.cpu, machine.cores, machine.os, machine.kernel
    );
    let runs = match document.repeat {
        1 => "one run per scenario".to_owned(),
        n => format!("median of {n} runs"),
    };
    let _ = writeln!(
        out,
        "From the first call until the flush returned, into a file; every line counted; {runs}.\n"
    );
}

fn throughput(row: &Row) -> Vec<String> {
    let figure =
        |value: Option<f64>, text: fn(f64) -> String| value.map_or_else(|| "-".to_owned(), text);
    vec![
        row.name.to_owned(),
        row.threads.to_string(),
        grouped(row.messages),
        row.msgs_per_s.map_or_else(|| "invalid".to_owned(), |rate| grouped(rate as u64)),
        figure(row.ratio, times),
        figure(row.ns_per_call, nanoseconds),
        grouped(row.bytes),
        figure(row.bytes_per_line, |bytes| format!("{bytes:.0}")),
        row.dropped.to_string(),
        figure(row.cpu_s_per_million, |seconds| format!("{seconds:.3}")),
    ]
}

fn latency(name: &str, percentiles: &Percentiles) -> Vec<String> {
    let mut cells = vec![name.to_owned()];
    cells.extend(percentiles.columns().map(nanoseconds));
    cells.push(nanoseconds(percentiles.timer));
    cells
}

/// The first column to the left, the others to the right.
fn columns(out: &mut String, head: &[String], rows: &[Vec<String>]) {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([head[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    for row in std::iter::once(head).chain(rows.iter().map(Vec::as_slice)) {
        let mut line = format!("{:<width$}", row[0], width = widths[0]);
        for (cell, width) in row.iter().zip(&widths).skip(1) {
            let _ = write!(line, "  {cell:>width$}");
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::document::tests::sample;

    #[test]
    fn a_row_has_its_figures_and_an_invalid_one_none() {
        let text = table(&sample());
        let line = |name: &str| text.lines().find(|line| line.starts_with(name)).unwrap();
        assert!(line("basic ").contains("500,000"), "{text}");
        assert!(line("basic ").contains("12.5x"), "{text}");
        let figures = line("json ").split_whitespace().filter(|cell| *cell == "-").count();
        assert_eq!(figures, 4, "{text}");
        assert!(line("json ").contains("invalid"), "{text}");
        assert!(!text.contains("json net"), "{text}");
        assert!(line("call net").len() > 30 && line("floor raw").len() > 30, "{text}");
    }

    #[test]
    fn columns_line_up() {
        let mut out = String::new();
        let row = |a: &str, b: &str| vec![a.to_owned(), b.to_owned()];
        columns(
            &mut out,
            &["name".to_owned(), "n".to_owned()],
            &[row("a", "1,000"), row("bb", "2")],
        );
        assert_eq!(out, "name      n\na     1,000\nbb        2\n");
    }
}
