//! The chart: throughput and the latency of a call, a bar per rival, on logarithmic scales.

use crate::page::nanoseconds;
use crate::programs::RIPSAW;
use crate::results::Row;
use std::fmt::Write as _;

const WIDTH: f64 = 900.0;
/// Space for the names on the left, and for the figures on the right of the longest bar.
const LEFT: f64 = 150.0;
const RIGHT: f64 = 110.0;
const BAR: f64 = 16.0;
const STEP: f64 = 23.0;
const HEAD: f64 = 58.0;

/// A group of bars.
struct Panel {
    title: &'static str,
    unit: &'static str,
    bars: Vec<Bar>,
    figure: fn(f64) -> String,
}

struct Bar {
    name: String,
    value: f64,
    ours: bool,
}

/// The whole chart; panels without a bar are left out.
pub(crate) fn chart(rows: &[Row]) -> String {
    let rate =
        |workload| bars(rows, true, |row| Some(row.ranked(workload)?.messages_per_second / 1e6));
    let panels = [
        Panel {
            title: "Text, one thread, to a file",
            unit: "million lines/s, more is better",
            bars: rate("basic"),
            figure: |value| format!("{value:.2}"),
        },
        Panel {
            title: "JSON with 3 fields in a context of 5",
            unit: "million lines/s, more is better",
            bars: rate("json_context"),
            figure: |value| format!("{value:.2}"),
        },
        Panel {
            title: "One call, mean of the fastest 90 %",
            unit: "ns without the timer, less is better",
            bars: bars(rows, false, |row| Some(row.ranked("latency")?.latency?.typical)),
            figure: nanoseconds,
        },
        Panel {
            title: "One call, 99th percentile",
            unit: "ns without the timer, less is better",
            bars: bars(rows, false, |row| Some(row.ranked("latency")?.latency?.p99)),
            figure: nanoseconds,
        },
    ];
    let shown: Vec<&Panel> = panels.iter().filter(|panel| !panel.bars.is_empty()).collect();
    let height: f64 = shown.iter().map(|panel| HEAD + STEP * panel.bars.len() as f64).sum();
    let height = height + 20.0;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         width=\"{WIDTH}\" height=\"{height}\" role=\"img\" \
         aria-label=\"Ripsaw and other loggers\" font-family=\"system-ui, sans-serif\" \
         font-size=\"13\" fill=\"#24292f\">\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\"/>\n"
    );
    let mut top = 0.0;
    for panel in shown {
        draw(&mut out, panel, top);
        top += HEAD + STEP * panel.bars.len() as f64;
    }
    out.push_str("</svg>\n");
    out
}

/// The best first.
fn bars(rows: &[Row], more: bool, value: impl Fn(&Row) -> Option<f64>) -> Vec<Bar> {
    let bar = |row: &Row| {
        let value = value(row).filter(|value| value.is_finite())?;
        let name = row.program.about.title.clone();
        Some(Bar { name, value, ours: row.program.name == RIPSAW })
    };
    let mut bars: Vec<Bar> = rows.iter().filter_map(bar).collect();
    bars.sort_by(|a, b| a.value.total_cmp(&b.value));
    if more {
        bars.reverse();
    }
    bars
}

fn draw(out: &mut String, panel: &Panel, top: f64) {
    let values = || panel.bars.iter().map(|bar| bar.value.max(0.01));
    // A little below the smallest value, so that every bar has a length.
    let low = values().fold(f64::INFINITY, f64::min) / 2.0;
    let high = values().fold(low, f64::max);
    let room = WIDTH - LEFT - RIGHT;
    let length = |value: f64| (value / low).ln() / (high / low).ln() * room;
    let _ = writeln!(
        out,
        "<text x=\"{LEFT}\" y=\"{}\" font-weight=\"600\" font-size=\"15\">{}</text>\n\
         <text x=\"{LEFT}\" y=\"{}\" fill=\"#57606a\" font-size=\"12\">{}, logarithmic</text>",
        top + 26.0,
        escape(panel.title),
        top + 43.0,
        escape(panel.unit)
    );
    for (i, bar) in panel.bars.iter().enumerate() {
        let y = top + HEAD - 4.0 + STEP * i as f64;
        let width = length(bar.value.max(0.01));
        let (fill, weight) = if bar.ours { ("#cf4a22", "600") } else { ("#8ea3b8", "400") };
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" font-weight=\"{weight}\">{}</text>\n\
             <rect x=\"{LEFT}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{BAR}\" rx=\"2\" \
             fill=\"{fill}\"/>\n\
             <text x=\"{:.1}\" y=\"{:.1}\" font-weight=\"{weight}\">{}</text>",
            LEFT - 8.0,
            y + 12.5,
            escape(&bar.name),
            LEFT + width + 6.0,
            y + 12.5,
            (panel.figure)(bar.value)
        );
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::rows;
    use crate::results::samples::{program, run, sample};

    #[test]
    fn bars_stand_in_order_and_lossy_runs_are_left_out() {
        let samples = [
            sample("slow", "basic", Ok(run(2.0, 0))),
            sample("ripsaw", "basic", Ok(run(0.1, 0))),
            sample("lossy", "basic", Ok(run(0.01, 9))),
        ];
        let programs = ["slow", "ripsaw", "lossy"].map(program);
        let svg = chart(&rows(&programs, &samples));
        let at = |text: &str| svg.find(text).unwrap_or_else(|| panic!("{text} in {svg}"));
        assert!(at(">RIPSAW<") < at(">SLOW<") && at(">10.00<") < at(">0.50<"));
        assert!(!svg.contains("LOSSY") && !svg.contains("One call"));
        // The longest bar takes the room between the margins.
        assert!(svg.contains(&format!("width=\"{:.1}\"", WIDTH - LEFT - RIGHT)));
        assert_eq!(svg.matches("<text").count(), svg.matches("</text>").count());
    }

    #[test]
    fn a_single_bar_has_a_length() {
        let samples = [sample("ripsaw", "latency", Ok(run(1.0, 0)))];
        let svg = chart(&rows(&[program("ripsaw")], &samples));
        assert!(svg.contains(">9.0<") && svg.contains(">20.0<"));
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }

    #[test]
    fn names_are_escaped() {
        assert_eq!(escape("a<b> & c"), "a&lt;b&gt; &amp; c");
    }
}
