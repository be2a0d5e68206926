//! The charts of the page, drawn by hand: no script, no library, colours from the page's style.

use std::fmt::Write as _;

use super::document::Document;
use super::numbers::{short, times};
use crate::measure::{CallCosts, Percentiles};

const WIDTH: f64 = 860.0;
/// Space for the names on the left and for the figures on the right of the longest mark.
const LEFT: f64 = 104.0;
const RIGHT: f64 = 184.0;
const TOP: f64 = 44.0;

/// Messages per second, documented and measured, on a logarithmic scale.
pub(super) fn throughput(document: &Document) -> String {
    const ROW: f64 = 52.0;
    let rows = &document.scenarios;
    let rates = rows.iter().flat_map(|row| row.msgs_per_s);
    let documented = rows.iter().map(|row| row.documented_msgs_per_s);
    let axis = Axis::over(documented.chain(rates), LEFT, WIDTH - RIGHT);
    let height = TOP + ROW * rows.len() as f64 + 34.0;
    let mut out = open(height, "Messages per second, documented and measured");
    legend(&mut out, &[("mark a", "measured, end to end"), ("mark b", "documented (Python)")]);
    axis.draw(&mut out, TOP, height - 30.0, " msg/s");
    for (i, row) in rows.iter().enumerate() {
        let y = TOP + ROW * i as f64;
        label(&mut out, LEFT - 10.0, y + 25.0, "name", row.name);
        match row.msgs_per_s.zip(row.ratio) {
            Some((rate, ratio)) => {
                let figure = format!("{} ({})", short(rate), times(ratio));
                bar(&mut out, &axis, rate, y + 7.0, 18.0, "mark a");
                label(&mut out, axis.at(rate) + 7.0, y + 21.0, "figure", &figure);
            }
            None => label(&mut out, LEFT + 7.0, y + 21.0, "figure bad", "invalid: records lost"),
        }
        let documented = row.documented_msgs_per_s;
        bar(&mut out, &axis, documented, y + 28.0, 10.0, "mark b");
        label(&mut out, axis.at(documented) + 7.0, y + 37.0, "small", &short(documented));
    }
    out.push_str("</svg>\n");
    out
}

/// The latency of one call: a row per kind of call, a dot per percentile, logarithmic.
pub(super) fn latency(document: &Document, call: &CallCosts) -> String {
    const ROW: f64 = 34.0;
    const DOTS: [(&str, &str); 6] = [
        ("mark l1", "p50"),
        ("mark l2", "p90"),
        ("mark l3", "p99"),
        ("mark l4", "p99.9"),
        ("mark l5", "p99.99"),
        ("mark l6", "max"),
    ];
    let mut rows: Vec<(&str, &Percentiles)> =
        vec![("floor", &call.floor), ("one call", &call.call)];
    rows.extend(
        document.scenarios.iter().filter_map(|row| Some((row.name, row.latency_ns.as_ref()?))),
    );
    let all = rows.iter().flat_map(|row| row.1.columns()).chain([call.call.timer]);
    let axis = Axis::over(all, LEFT, WIDTH - RIGHT);
    let height = TOP + ROW * rows.len() as f64 + 34.0;
    let mut out = open(height, "Latency of one call, percentiles");
    legend(&mut out, &DOTS);
    axis.draw(&mut out, TOP, height - 30.0, " ns");
    let timer = axis.at(call.call.timer);
    let _ = writeln!(
        out,
        "<line class=\"timer\" x1=\"{timer:.1}\" x2=\"{timer:.1}\" y1=\"{TOP}\" y2=\"{:.1}\"/>",
        height - 30.0
    );
    for (i, (name, percentiles)) in rows.into_iter().enumerate() {
        let y = TOP + ROW * i as f64 + ROW / 2.0;
        let columns = percentiles.columns();
        label(&mut out, LEFT - 10.0, y + 5.0, "name", name);
        let (low, high) = (axis.at(columns[0]), axis.at(columns[5]));
        let _ = writeln!(
            out,
            "<line class=\"range\" x1=\"{low:.1}\" x2=\"{high:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>"
        );
        // The median is drawn last: it must not hide under its neighbours.
        for ((class, percentile), ns) in DOTS.iter().zip(columns).rev() {
            let _ = writeln!(
                out,
                "<circle class=\"{class}\" cx=\"{:.1}\" cy=\"{y:.1}\" r=\"5.5\">\
                 <title>{name}, {percentile}: {ns} ns</title></circle>",
                axis.at(ns)
            );
        }
        let figure = format!("p50 {}, p99.9 {}", short(columns[0]), short(columns[3]));
        label(&mut out, WIDTH - RIGHT + 14.0, y + 5.0, "small", &figure);
    }
    out.push_str("</svg>\n");
    out
}

/// A logarithmic axis that spans whole decades.
struct Axis {
    /// Exponents of the first and the last decade.
    from: i32,
    to: i32,
    left: f64,
    right: f64,
}

impl Axis {
    /// An axis for positive `values` between `left` and `right`.
    fn over(values: impl Iterator<Item = f64>, left: f64, right: f64) -> Axis {
        let (mut low, mut high) = (f64::INFINITY, 1.0_f64);
        for value in values.filter(|value| *value > 0.0) {
            low = low.min(value);
            high = high.max(value);
        }
        let from = low.min(high).log10().floor() as i32;
        let to = (high.log10().ceil() as i32).max(from + 1);
        Axis { from, to, left, right }
    }

    /// Where `value` stands; values off the scale stand at its ends.
    fn at(&self, value: f64) -> f64 {
        let decades = f64::from(self.to - self.from);
        let part = (value.max(f64::MIN_POSITIVE).log10() - f64::from(self.from)) / decades;
        self.left + (self.right - self.left) * part.clamp(0.0, 1.0)
    }

    /// A line and a figure per decade.
    fn draw(&self, out: &mut String, top: f64, bottom: f64, unit: &str) {
        for exponent in self.from..=self.to {
            let value = 10_f64.powi(exponent);
            let x = self.at(value);
            let _ = writeln!(
                out,
                "<line class=\"grid\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{top}\" y2=\"{bottom:.1}\"/>"
            );
            let text = if exponent == self.from {
                format!("{}{unit}", short(value))
            } else {
                short(value)
            };
            label(out, x, bottom + 18.0, "tick", &text);
        }
    }
}

fn open(height: f64, title: &str) -> String {
    format!(
        "<svg viewBox=\"0 0 {WIDTH} {height:.0}\" role=\"img\" aria-label=\"{title}\">\n\
         <title>{title}</title>\n"
    )
}

fn bar(out: &mut String, axis: &Axis, value: f64, y: f64, height: f64, class: &str) {
    let width = (axis.at(value) - axis.left).max(1.0);
    let _ = writeln!(
        out,
        "<rect class=\"{class}\" x=\"{}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height}\" \
         rx=\"2\"/>",
        axis.left
    );
}

/// `text` must need no escaping.
fn label(out: &mut String, x: f64, y: f64, class: &str, text: &str) {
    let _ = writeln!(out, "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{text}</text>");
}

fn legend(out: &mut String, entries: &[(&str, &str)]) {
    let mut x = LEFT;
    for (class, text) in entries {
        let _ =
            writeln!(out, "<circle class=\"{class}\" cx=\"{:.1}\" cy=\"16\" r=\"5.5\"/>", x + 6.0);
        label(out, x + 17.0, 21.0, "key", text);
        x += 36.0 + 7.4 * text.len() as f64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::document::tests::sample;

    #[test]
    fn the_axis_spans_whole_decades() {
        let axis = Axis::over([40_000.0, 5e6].into_iter(), 100.0, 400.0);
        assert_eq!((axis.from, axis.to), (4, 7));
        assert!((axis.at(1e4) - 100.0).abs() < 1e-9);
        assert!((axis.at(1e6) - 300.0).abs() < 1e-9);
        assert!((axis.at(1e9) - 400.0).abs() < 1e-9);
        assert!((axis.at(0.0) - 100.0).abs() < 1e-9);
        let none = Axis::over(std::iter::empty(), 0.0, 1.0);
        assert_eq!((none.from, none.to), (0, 1));
    }

    #[test]
    fn an_invalid_scenario_has_no_measured_bar() {
        let chart = throughput(&sample());
        let bars = |class: &str| chart.matches(&format!("<rect class=\"{class}\"")).count();
        assert_eq!((bars("mark a"), bars("mark b")), (1, 2));
        assert!(chart.contains("invalid: records lost"));
        let document = sample();
        let chart = latency(&document, document.call.as_ref().unwrap());
        // Floor, one call and the valid scenario, with six dots each, and the legend.
        assert_eq!(chart.matches("<circle").count(), 4 * 6);
    }

    #[test]
    fn every_element_is_closed_and_every_number_finite() {
        let document = sample();
        let call = document.call.as_ref().unwrap();
        for chart in [throughput(&document), latency(&document, call)] {
            assert!(chart.ends_with("</svg>\n"));
            assert_eq!(chart.matches("<text").count(), chart.matches("</text>").count());
            assert!(!chart.contains("NaN") && !chart.contains("inf\""), "{chart}");
        }
    }
}
