//! The judge is judged: what a good run left behind is spoilt in every way that the judge is to notice.

use crate::run::{Run, word};
use crate::watch::{Finished, play};
use std::str::FromStr;

/// A way to spoil lines.
type Spoil = fn(&mut Vec<String>);

const SPOILS: &[(&str, Spoil)] = &[
    ("a line is lost", |lines| drop(lines.remove(700))),
    ("the last line is lost", |lines| drop(lines.pop())),
    ("a line is there twice", |lines| lines.insert(900, lines[900].clone())),
    ("two lines are one", |lines| {
        let second = lines.remove(501);
        lines[500].push_str(&second);
    }),
    ("a line is cut in two", |lines| {
        let rest = lines[300].split_off(12);
        lines.insert(301, rest);
    }),
    ("a payload is not the one of its call", |lines| lines[100].push('x')),
    ("a level is another", |lines| {
        let other = if lines[200].starts_with("ERROR") { "INFO     " } else { "ERROR    " };
        lines[200].replace_range(..9, other);
    }),
    ("a thread's lines change places", |lines| {
        let thread = |line: &str| line.split("t=").nth(1).map(|rest| rest[..1].to_owned());
        let first = thread(&lines[0]);
        let second = (1..lines.len()).find(|at| thread(&lines[*at]) == first);
        lines.swap(0, second.expect("a thread has more than one line"));
    }),
    ("a call was never made", |lines| {
        let line = lines[0].replace(" i=", " i=9");
        lines.push(line);
    }),
    ("a notice owns up to more than is missing", |lines| {
        lines.push(notice("dropped=1 info=1 full=1"))
    }),
    ("a notice does not add up", |lines| lines.push(notice("dropped=1 info=2 full=2"))),
    ("garbage stands at the end", |lines| lines.push("\0\0\0".to_owned())),
];

fn notice(fields: &str) -> String {
    format!("WARNING  1 records dropped {fields} first=a last=b")
}

/// Plays a run in which nothing is lost, spoils what it left, and has it judged again.
pub(crate) fn the_judge_is_not_asleep() -> Result<(), String> {
    let run = Run::from_str("drops_its_guard/block/file/5/4/400")?;
    let Finished { violations, evidence, delivered, .. } = play(&run)?;
    if !violations.is_empty() || delivered != 1600 {
        return Err(format!("{run}: {delivered} delivered, {violations:?}"));
    }
    // Where a line of another level and an id that is taken are wanted, these are not what they should be.
    assert_ne!(word(5, 0, 0), word(5, 0, 1));
    let text = String::from_utf8(evidence.out.clone()).map_err(|e| e.to_string())?;
    for (name, spoil) in SPOILS {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        spoil(&mut lines);
        let mut spoilt = evidence.clone();
        spoilt.out = (lines.join("\n") + "\n").into_bytes();
        // Neither may it lean on the counters alone.
        for stats in [evidence.stats.clone(), None] {
            spoilt.stats = stats;
            if crate::oracle::judge(&run, &spoilt).violations.is_empty() {
                return Err(format!("nobody notices that {name}"));
            }
        }
    }
    let mut spoilt = evidence.clone();
    spoilt.stats = evidence.stats.map(|stats| stats.replace("accepted=1", "accepted=2"));
    match crate::oracle::judge(&run, &spoilt).violations.is_empty() {
        true => Err("nobody notices that the counters are wrong".to_owned()),
        false => Ok(()),
    }
}
