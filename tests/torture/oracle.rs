//! The judge. From the output alone it says which calls were delivered, whole, once and in order, and whether what is
//! missing is what the notices own up to.

use crate::events::Cover;
use crate::progress::{Calls, SLOTS};
use crate::run::{Outlet, Run, word};
use ripsaw::{DropCause, Level};
use serde_json::Value;
use std::collections::HashMap;

/// What a recovered record has beside its own fields.
const RECOVERED: &str = " recovered=true";
const LEVELS: usize = Level::ALL.len();
/// Violations of one run that are spelled out.
const SPELLED: usize = 8;

/// What a run left behind.
#[derive(Clone, Debug, Default)]
pub(crate) struct Evidence {
    pub(crate) out: Vec<u8>,
    /// The output of the second route, of WARNING and above, as JSON.
    pub(crate) second: Vec<u8>,
    pub(crate) calls: [Calls; SLOTS],
    pub(crate) stats: Option<String>,
    pub(crate) stderr: String,
}

/// What is wrong, and the sums.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) violations: Vec<String>,
    pub(crate) delivered: u64,
    pub(crate) dropped: u64,
}

/// A line, understood.
#[derive(Debug, PartialEq)]
enum Line {
    /// `recovered` if it was found at a start after the process that logged it had been killed.
    Record { level: Level, t: usize, i: u64, payload: String, recovered: bool },
    /// What is missing: of all outputs, or of this one only.
    Notice { told: HashMap<String, u64>, by_route: bool },
    /// Said by a forked child, or by the engine about a file: not counted.
    Aside,
}

/// What one output says.
#[derive(Debug, Default)]
struct Told {
    violations: Vec<String>,
    torn: usize,
    /// Numbers delivered, by thread, in the order of the lines, and whether they were recovered.
    numbers: [Vec<(u64, bool)>; SLOTS],
    /// Dropped, by level and by cause.
    levels: [u64; LEVELS],
    causes: [u64; DropCause::ALL.len()],
    /// Dropped by this route alone, by level.
    by_route: [u64; LEVELS],
    records: u64,
}

/// Judges a run.
pub(crate) fn judge(run: &Run, evidence: &Evidence) -> Verdict {
    let told = Told::read(run, &evidence.out, text_line);
    let mut violations = Vec::new();
    let from = run.event.from;
    check(run, evidence, &told, from, "", &mut violations);
    if run.outlet == Outlet::Two {
        let second = Told::read(run, &evidence.second, json_line);
        check(run, evidence, &second, from.max(Level::Warning), "second: ", &mut violations);
        if (second.levels, second.causes) != (told.levels, told.causes)
            && run.event.cover == Cover::Told
        {
            violations.push("the notices of the two routes differ".to_owned());
        }
    }
    let more = violations.len().saturating_sub(SPELLED);
    if more > 0 {
        violations.truncate(SPELLED);
        violations.push(format!("... and {more} more"));
    }
    Verdict { violations, delivered: told.records, dropped: told.levels.iter().sum() }
}

fn check(
    run: &Run,
    evidence: &Evidence,
    told: &Told,
    from: Level,
    which: &str,
    out: &mut Vec<String>,
) {
    let mut say = |what: String| out.push(format!("{which}{what}"));
    told.violations.iter().for_each(|what| say(what.clone()));
    if told.torn > run.event.torn {
        say(format!("{} lines are cut off, more than {}", told.torn, run.event.torn));
    }
    let mut marked = [0; LEVELS];
    let mut begun = [0; LEVELS];
    for (t, calls) in evidence.calls.iter().enumerate() {
        if calls.returned > calls.begun || calls.begun > calls.returned + 1 {
            say(format!("the notes of thread {t} make no sense: {calls:?}"));
        }
        let mut delivered = vec![false; calls.begun as usize];
        let mut before = None;
        for &(i, recovered) in &told.numbers[t] {
            match delivered.get_mut(i as usize) {
                None => say(format!("thread {t} never said {i}")),
                // Whoever was killed may have written it and not lived to note that.
                Some(true) if recovered => continue,
                Some(true) => say(format!("thread {t} said {i} once, and it is there twice")),
                Some(seen) => *seen = true,
            }
            if before.is_some_and(|before| i < before) && !run.event.shuffled {
                say(format!("of thread {t}, {i} comes behind {}", before.unwrap_or(0)));
            }
            before = Some(i);
        }
        for (i, _) in delivered.iter().enumerate().filter(|(_, seen)| !**seen) {
            let level = word(run.seed, t, i as u64).level.index();
            begun[level] += 1;
            marked[level] += u64::from((i as u64) < calls.marked);
        }
    }
    for level in Level::ALL.into_iter().filter(|level| *level >= from) {
        let at = level.index();
        let n = told.levels[at] + told.by_route[at];
        if marked[at] > n && run.event.cover != Cover::Nothing {
            let lost = marked[at] - n;
            say(format!(
                "{level}: {} calls are missing, {n} are owned up to: {lost} lost",
                marked[at]
            ));
        }
        if n > begun[at] {
            say(format!("{level}: {} are told as dropped, {} are missing", n, begun[at]));
        }
    }
    if told.levels.iter().sum::<u64>() != told.causes.iter().sum::<u64>() {
        say("the notices differ between levels and causes".to_owned());
    }
    if let Some(stats) = &evidence.stats
        && which.is_empty()
    {
        check_stats(run, evidence, told, stats, &mut say);
    }
}

/// The counters against the output: only where nobody logs any more.
fn check_stats(
    run: &Run,
    evidence: &Evidence,
    told: &Told,
    stats: &str,
    say: &mut impl FnMut(String),
) {
    let number = |name: &str| {
        let value = stats.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        value.and_then(|value| value.parse::<u64>().ok()).unwrap_or(u64::MAX)
    };
    if number("gaps") != 0 {
        say("the sequence of a lane has a gap".to_owned());
    }
    if run.event.cover != Cover::Told {
        return;
    }
    let (levels, causes) = drops(stats);
    if (levels, causes) != (told.levels, told.causes) {
        say(format!(
            "the counters say {levels:?} {causes:?}, the notices {:?} {:?}",
            told.levels, told.causes
        ));
    }
    let (accepted, written) = (number("accepted"), number("written"));
    let dropped = levels.iter().sum::<u64>();
    if accepted != written + number("filtered") + dropped {
        say(format!("the books do not balance: {}", stats.replace('\n', " ")));
    }
    if written != told.records {
        say(format!("{written} are counted as written, {} are there", told.records));
    }
    let calls: u64 = evidence.calls.iter().map(|calls| calls.begun).sum();
    if run.event.from == Level::Trace && accepted != calls {
        say(format!("{calls} calls, {accepted} accepted"));
    }
}

/// Drops by level and by cause, as a victim left them.
fn drops(stats: &str) -> ([u64; LEVELS], [u64; DropCause::ALL.len()]) {
    let (mut levels, mut causes) = ([0; LEVELS], [0; DropCause::ALL.len()]);
    for (name, n) in stats.lines().filter_map(|line| line.split_once('=')) {
        let Some((level, cause)) = name.split_once('/') else { continue };
        let n: u64 = n.parse().unwrap_or(u64::MAX / 64);
        let level = Level::ALL.into_iter().find(|known| known.as_str() == level);
        let cause = DropCause::ALL.into_iter().find(|known| known.as_str() == cause);
        let (Some(level), Some(cause)) = (level, cause) else { continue };
        levels[level.index()] += n;
        causes[cause as usize] += n;
    }
    (levels, causes)
}

impl Told {
    fn read(run: &Run, bytes: &[u8], understand: fn(&str) -> Option<Line>) -> Told {
        let mut told = Told::default();
        let mut left = bytes.len();
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            left -= line.len();
            let whole = line.strip_suffix(b"\n").and_then(|line| std::str::from_utf8(line).ok());
            let line = match whole.and_then(understand) {
                Some(line) => line,
                None if run.event.torn > 1 || run.event.torn == 1 && left == 0 => {
                    told.torn += 1;
                    continue;
                }
                None => {
                    let start = String::from_utf8_lossy(&line[..line.len().min(120)]).into_owned();
                    told.violations.push(format!("no line: {start:?}"));
                    continue;
                }
            };
            told.take(run, line);
        }
        told
    }

    fn take(&mut self, run: &Run, line: Line) {
        match line {
            Line::Record { level, t, i, payload, recovered } => {
                self.records += 1;
                let Some(numbers) = self.numbers.get_mut(t) else {
                    return self.violations.push(format!("there is no thread {t}"));
                };
                numbers.push((i, recovered));
                let said = word(run.seed, t, i);
                // The end of the line went with what was cut off.
                let cut = run.event.torn > 1 && said.payload.starts_with(&payload);
                if !cut && (said.level, said.payload) != (level, payload.as_str()) {
                    self.violations
                        .push(format!("thread {t} did not say {i} so: {level} {payload}"));
                }
            }
            Line::Notice { told: numbers, by_route } => {
                let mut total = 0;
                for level in Level::ALL {
                    let n = numbers.get(level.as_str()).copied().unwrap_or(0);
                    let levels = if by_route { &mut self.by_route } else { &mut self.levels };
                    levels[level.index()] += n;
                    total += n;
                }
                for cause in DropCause::ALL.into_iter().filter(|_| !by_route) {
                    self.causes[cause as usize] +=
                        numbers.get(cause.as_str()).copied().unwrap_or(0);
                }
                if numbers.get("dropped") != Some(&total) {
                    self.violations.push(format!("a notice does not add up: {numbers:?}"));
                }
            }
            Line::Aside => {}
        }
    }
}

/// `INFO     m b=7 t=0 i=17 p=abc`, or a notice.
fn text_line(line: &str) -> Option<Line> {
    let (level, rest) = line.split_at_checked(9)?;
    let level = Level::ALL.into_iter().find(|known| {
        known.as_str().eq_ignore_ascii_case(level.trim_end()) && level.ends_with(' ')
    })?;
    if rest == "from the child" {
        return Some(Line::Aside);
    }
    // Of the engine itself: what became of a file.
    if rest.starts_with('/') {
        return Some(Line::Aside);
    }
    if let Some((total, fields)) = rest.split_once(" records dropped ") {
        // Numbers first; behind the times there may be a route and its error.
        let (numbers, times) = fields.split_once(" first=")?;
        let (by, numbers) = numbers.split_once("dropped=")?;
        let pairs = numbers.split(' ').skip(1).map(|pair| pair.split_once('='));
        let pairs: Option<Vec<_>> = pairs.collect();
        let pairs = pairs?.into_iter().map(|(key, n)| Some((key.to_owned(), n.parse().ok()?)));
        let mut told: HashMap<String, u64> = pairs.collect::<Option<_>>()?;
        told.insert("dropped".to_owned(), total.parse().ok()?);
        let whole = times.contains(" last=") && numbers.split(' ').next() == Some(total);
        return whole.then_some(Line::Notice { told, by_route: by == "by this route " });
    }
    let flagless = rest.replacen(RECOVERED, "", 1);
    let recovered = flagless.len() < rest.len();
    let rest = flagless.strip_prefix("m ")?;
    let rest = rest.strip_prefix("b=7 ").unwrap_or(rest);
    let (t, rest) = rest.strip_prefix("t=")?.split_once(" i=")?;
    let (i, payload) = rest.split_once(" p=")?;
    let record = Line::Record {
        level,
        t: t.parse().ok()?,
        i: i.parse().ok()?,
        payload: payload.to_owned(),
        recovered,
    };
    Some(record)
}

/// The same as an object.
fn json_line(line: &str) -> Option<Line> {
    let line: Value = serde_json::from_str(line).ok()?;
    let object = line.as_object()?;
    if object.get("logger")? == "ripsaw" {
        let numbers = object.iter().filter_map(|(key, n)| Some((key.clone(), n.as_u64()?)));
        let told: HashMap<String, u64> = numbers.collect();
        let by_route = object.get("event")?.as_str()?.ends_with("by this route");
        let aside = !told.contains_key("dropped");
        return Some(if aside { Line::Aside } else { Line::Notice { told, by_route } });
    }
    let level = object.get("level")?.as_str()?;
    Some(Line::Record {
        level: Level::ALL.into_iter().find(|known| known.as_str() == level)?,
        t: object.get("t")?.as_u64()?.try_into().ok()?,
        i: object.get("i")?.as_u64()?,
        payload: object.get("p")?.as_str()?.to_owned(),
        recovered: object.get("recovered").is_some_and(|flag| flag == true),
    })
}
