//! The page: one file without scripts or external resources, for light and dark screens.

use std::fmt::Write as _;

use super::document::{Document, Row};
use super::numbers::{grouped, nanoseconds, times};
use super::svg;
use crate::measure::{CallCosts, Percentiles};

/// The text of `bench.html`.
pub(crate) fn html(document: &Document) -> String {
    let mut out = String::with_capacity(1 << 15);
    let _ = write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>ripsaw bench</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <h1>ripsaw bench</h1>\n"
    );
    summary(&mut out, document);
    out.push_str("<h2>Messages per second</h2>\n");
    out.push_str(
        "<p>From the first call until the flush returned, into a file whose lines were counted \
         afterwards. In brackets: how many times the documented figure. Logarithmic scale.</p>\n",
    );
    let _ = writeln!(out, "<div class=\"wide\">{}</div>", svg::throughput(document));
    throughput_table(&mut out, document);
    if let Some(call) = &document.call {
        latencies(&mut out, document, call);
    }
    notes(&mut out, document);
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

fn latencies(out: &mut String, document: &Document, call: &CallCosts) {
    out.push_str("<h2>Latency of one call</h2>\n");
    let _ = writeln!(
        out,
        "<p>Bursts of {} calls with pauses of {} ms on one thread, timed call by call ({}). The \
         dashed line is the cost of the timer ({} ns), contained in all dots. Logarithmic \
         scale.</p>",
        call.burst,
        call.pause_ms,
        escape(&call.clock),
        nanoseconds(call.call.timer)
    );
    let _ = writeln!(out, "<div class=\"wide\">{}</div>", svg::latency(document, call));
    latency_table(out, document, call);
}

fn summary(out: &mut String, document: &Document) {
    let machine = &document.machine;
    let memory = machine.memory_bytes.map_or_else(
        || "unknown".to_owned(),
        |bytes| format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30)),
    );
    let commit = match &document.commit {
        Some(commit) if document.modified => format!("{commit}, with local changes"),
        Some(commit) => commit.clone(),
        None => "unknown".to_owned(),
    };
    let runs = match (document.repeat, document.quick) {
        (1, true) => "one per scenario (--quick)".to_owned(),
        (1, false) => "one per scenario".to_owned(),
        (n, _) => format!("{n} per scenario, the median is shown"),
    };
    out.push_str("<dl>\n");
    for (term, text) in [
        ("Processor", format!("{}, {} cores", machine.cpu, machine.cores)),
        ("Memory", memory),
        ("System", format!("{}, kernel {}", machine.os, machine.kernel)),
        ("Version", format!("ripsaw {}", document.version)),
        ("Commit", commit),
        ("Date", document.date.clone()),
        ("Runs", runs),
    ] {
        let _ = writeln!(out, "<div><dt>{term}</dt><dd>{}</dd></div>", escape(&text));
    }
    out.push_str("</dl>\n");
    if document.valid() {
        out.push_str(
            "<p class=\"verdict\">Every record of every run stands in its file, once and whole, \
             and every thread's records in their order.</p>\n",
        );
    }
    for refusal in document.refusals() {
        let _ = writeln!(out, "<p class=\"verdict bad\">{}</p>", escape(&refusal));
    }
}

fn throughput_table(out: &mut String, document: &Document) {
    let head = [
        "scenario",
        "threads",
        "calls",
        "lines",
        "lost",
        "msg/s",
        "x documented",
        "ns/call",
        "bytes",
        "B/line",
        "CPU s per million",
    ];
    let rows: Vec<Vec<String>> = document.scenarios.iter().map(throughput_cells).collect();
    table(out, &head, &rows);
}

fn throughput_cells(row: &Row) -> Vec<String> {
    let figure =
        |value: Option<f64>, text: fn(f64) -> String| value.map_or_else(|| "-".to_owned(), text);
    vec![
        row.name.to_owned(),
        row.threads.to_string(),
        grouped(row.messages),
        grouped(row.lines),
        grouped(row.lost),
        figure(row.msgs_per_s, |rate| grouped(rate as u64)),
        figure(row.ratio, times),
        figure(row.ns_per_call, nanoseconds),
        grouped(row.bytes),
        figure(row.bytes_per_line, |bytes| format!("{bytes:.0}")),
        figure(row.cpu_s_per_million, |seconds| format!("{seconds:.3}")),
    ]
}

fn latency_table(out: &mut String, document: &Document, call: &CallCosts) {
    let head = ["ns", "p50", "p90", "p99", "p99.9", "p99.99", "max", "timer"];
    let cells = |name: String, percentiles: &Percentiles| {
        let mut cells = vec![name];
        cells.extend(percentiles.columns().map(nanoseconds));
        cells.push(nanoseconds(percentiles.timer));
        cells
    };
    let mut rows = vec![
        cells("floor".to_owned(), &call.floor),
        cells("floor, net".to_owned(), &call.floor_net),
        cells("one call".to_owned(), &call.call),
        cells("one call, net".to_owned(), &call.call_net),
    ];
    for row in &document.scenarios {
        if let Some((raw, net)) = row.latency_ns.as_ref().zip(row.latency_net_ns.as_ref()) {
            rows.push(cells(row.name.to_owned(), raw));
            rows.push(cells(format!("{}, net", row.name), net));
        }
    }
    table(out, &head, &rows);
}

fn notes(out: &mut String, document: &Document) {
    out.push_str("<h2>What was measured</h2>\n<ul>\n");
    for row in &document.scenarios {
        let moved = match row.reordered {
            0 => String::new(),
            n => format!("; {} lines stand after a later one of their task", grouped(n)),
        };
        let _ = writeln!(out, "<li><b>{}</b>: {}{moved}</li>", row.name, escape(row.what));
    }
    if let Some(call) = &document.call {
        let _ = write!(
            out,
            "<li><b>one call</b>: {}</li>\n<li><b>floor</b>: {}</li>\n\
             <li><b>typical</b> (mean of the fastest nine tenths, net): one call {} ns, floor {} \
             ns, {}</li>\n\
             <li><b>in bursts timed as a whole</b>, the first, cold call included: one call {} ns, \
             floor {} ns</li>\n\
             <li><b>a call below the level</b>: {:.2} ns; reading the clock: {:.1} ns</li>\n\
             <li><b>net</b>: the median cost of an empty timing, measured beside the calls, is \
             subtracted</li>\n",
            escape(&call.what),
            escape(&call.floor_what),
            call.call_typical_ns,
            call.floor_typical_ns,
            times(call.call_to_floor),
            call.call_in_burst_ns,
            call.floor_in_burst_ns,
            call.disabled_call_ns,
            call.clock_read_ns
        );
    }
    out.push_str(
        "<li><b>ns/call</b>: wall time from the first call to the return of the last one, over \
         all calls of all threads; a caller waits while the arena is full, because no record may \
         be lost</li>\n\
         <li><b>CPU</b>: processor time of the whole process, callers and writer</li>\n</ul>\n",
    );
}

/// Cells are escaped here.
fn table(out: &mut String, head: &[&str], rows: &[Vec<String>]) {
    out.push_str("<div class=\"wide\"><table>\n<thead><tr>");
    for cell in head {
        let _ = write!(out, "<th scope=\"col\">{}</th>", escape(cell));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in rows {
        out.push_str("<tr>");
        for (i, cell) in row.iter().enumerate() {
            let (open, close) =
                if i == 0 { ("<th scope=\"row\">", "</th>") } else { ("<td>", "</td>") };
            let _ = write!(out, "{open}{}{close}", escape(cell));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table></div>\n");
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}

const STYLE: &str = "\
:root { color-scheme: light dark; --back: #ffffff; --ink: #1b1f24; --soft: #59636e; \
--line: #d9dee3; --a: #1f6fd1; --b: #9aa4ae; --bad: #b42318; --good: #1a7f37; \
--l1: #0b4a9e; --l2: #1f6fd1; --l3: #5b9bea; --l4: #9cc3f3; --l5: #f0b37e; --l6: #d9722e; }
@media (prefers-color-scheme: dark) { :root { --back: #14181d; --ink: #e6e9ec; --soft: #9aa4ae; \
--line: #323a43; --a: #5b9bea; --b: #6b7580; --bad: #ff8a80; --good: #6fd08c; \
--l1: #cfe3fb; --l2: #8fbdf2; --l3: #5b9bea; --l4: #2f6fc0; --l5: #c98a52; --l6: #f0a060; } }
body { margin: 0; background: var(--back); color: var(--ink); \
font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', sans-serif; }
main { max-width: 940px; margin: 0 auto; padding: 24px 20px 60px; }
h1 { font-size: 1.7rem; margin: 0 0 12px; }
h2 { font-size: 1.2rem; margin: 36px 0 6px; }
p { margin: 0 0 10px; max-width: 72ch; }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(250px, 1fr)); \
gap: 4px 24px; margin: 0 0 14px; }
dt { color: var(--soft); font-size: 0.8rem; }
dd { margin: 0 0 4px; overflow-wrap: anywhere; }
.verdict { border-left: 4px solid var(--good); padding: 4px 12px; }
.verdict.bad { border-color: var(--bad); color: var(--bad); }
svg { display: block; width: 100%; min-width: 640px; height: auto; margin: 8px 0 12px; }
svg text { fill: var(--ink); font-size: 14px; }
svg .name { text-anchor: end; font-weight: 600; }
svg .figure { font-weight: 600; }
svg .small, svg .tick, svg .key { fill: var(--soft); font-size: 13px; }
svg .tick { text-anchor: middle; }
svg .bad { fill: var(--bad); }
svg .grid { stroke: var(--line); }
svg .range { stroke: var(--b); stroke-width: 2; }
svg .timer { stroke: var(--soft); stroke-dasharray: 4 4; }
svg .mark { stroke: var(--back); stroke-width: 1; }
svg .a { fill: var(--a); } svg .b { fill: var(--b); }
svg .l1 { fill: var(--l1); } svg .l2 { fill: var(--l2); } svg .l3 { fill: var(--l3); }
svg .l4 { fill: var(--l4); } svg .l5 { fill: var(--l5); } svg .l6 { fill: var(--l6); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 0.86rem; \
font-variant-numeric: tabular-nums; }
th, td { padding: 4px 8px; border-bottom: 1px solid var(--line); text-align: right; \
white-space: nowrap; }
thead th { color: var(--soft); font-weight: 500; white-space: normal; vertical-align: bottom; }
th:first-child { text-align: left; }
ul { padding-left: 20px; } li { margin-bottom: 4px; max-width: 80ch; }
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::document::tests::sample;

    #[test]
    fn the_page_needs_nothing_from_outside() {
        let page = html(&sample());
        for outside in ["http:", "https:", "//", "<script", "<link", "url(", "@import", "src="] {
            assert!(!page.contains(outside), "{outside}");
        }
        assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
        assert!(page.contains("prefers-color-scheme: dark"));
    }

    #[test]
    fn elements_are_closed() {
        let page = html(&sample());
        for name in ["table", "tr", "td", "th", "svg", "p", "div", "dl", "dd", "li", "h2", "text"] {
            let opened = page.matches(&format!("<{name}>")).count()
                + page.matches(&format!("<{name} ")).count();
            assert_eq!(opened, page.matches(&format!("</{name}>")).count(), "{name}");
        }
    }

    #[test]
    fn text_from_outside_is_escaped() {
        let page = html(&sample());
        assert!(page.contains("Chip &amp; Co"));
        assert!(page.contains("from the &lt;file&gt;"));
        assert!(!page.contains("<file>"));
    }

    #[test]
    fn a_page_with_a_lost_record_says_so_and_claims_nothing_else() {
        let page = html(&sample());
        assert!(page.contains("scenario json is invalid"));
        assert!(!page.contains("Every record of every run"));
    }
}
