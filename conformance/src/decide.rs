//! What Ripsaw does where a case leaves room. `docs/decisions.md` says why; this checks that it is so.

use crate::case::{Bearing, Case, Setup};
use crate::json::Json;

/// The page that says why, and the lines that are recorded.
const PAGE: &str = include_str!("../../docs/decisions.md");
const RECORDED: &str = include_str!("../decisions.jsonl");

/// A decision on one case.
#[derive(Clone, Debug)]
pub(crate) struct Decision {
    /// Its rule, which the page explains.
    pub(crate) rule: String,
    /// What Ripsaw writes.
    pub(crate) expected: Vec<String>,
    /// What the calls give, if that is different too.
    pub(crate) results: Option<Vec<Json>>,
}

/// The decision on this case, if there is one.
///
/// # Errors
/// If the file cannot be read, or the page does not have the rule.
pub(crate) fn find(id: &str) -> Result<Option<Decision>, String> {
    for line in RECORDED.lines().filter(|line| !line.trim().is_empty()) {
        let json = Json::parse(line)?;
        let text = |key: &str| json.get(key).and_then(Json::str).unwrap_or("").to_owned();
        if text("case") != id {
            continue;
        }
        let rule = text("rule");
        if !is_on_page(&rule) {
            return Err(format!("docs/decisions.md has no rule `{rule}`"));
        }
        let lines = json.get("expected_output").and_then(Json::list).unwrap_or(&[]);
        let expected = lines.iter().filter_map(Json::str).map(str::to_owned).collect();
        let results = json.get("results").and_then(Json::list).map(<[Json]>::to_vec);
        return Ok(Some(Decision { rule, expected, results }));
    }
    Ok(None)
}

fn is_on_page(rule: &str) -> bool {
    PAGE.contains(&format!("| `{rule}` |"))
}

/// The same case in the spelling that has the same meaning for Ripsaw, if there is another one: `1`, `yes` and `on` for `true`,
/// `WARN` for `WARNING`, `FATAL` for `CRITICAL`.
pub(crate) fn canonical(case: &Case) -> Option<Case> {
    if case.bearing != Bearing::Decide || !matches!(case.config, Setup::FromEnv | Setup::Lazy) {
        return None;
    }
    let mut same = case.clone();
    for (name, value) in &mut same.env {
        let word = value.trim().to_ascii_lowercase();
        if ["1", "yes", "on", "true"].contains(&word.as_str()) {
            *value = "true".to_owned();
        } else if name.ends_with("_LOG_LEVEL") && ["warn", "fatal"].contains(&word.as_str()) {
            *value = if word == "warn" { "WARNING" } else { "CRITICAL" }.to_owned();
        }
    }
    (same.env != case.env).then_some(same)
}

/// A line as Ripsaw spells it: `null`, `true` and `false` in key_value, not `None`, `True` and `False`.
pub(crate) fn spelled(line: &str) -> String {
    let word = |word: &str| match word.split_once('=') {
        Some((key, "None")) => format!("{key}=null"),
        Some((key, "True")) => format!("{key}=true"),
        Some((key, "False")) => format!("{key}=false"),
        _ => word.to_owned(),
    };
    let words: Vec<String> = line.split(' ').map(word).collect();
    words.join(" ")
}

/// Whether lines differ in what stands for control characters and in Python's words alone, wherever they stand.
pub(crate) fn alike(expected: &[String], got: &[String]) -> bool {
    let plain = |text: &str| {
        let words: Vec<&str> = text.split_whitespace().collect();
        words.join(" ").replace(['\'', '"'], "")
    };
    let words = |text: &str| {
        let words = text.split(' ').map(|word| match word {
            "None" => "null".to_owned(),
            "True" => "true".to_owned(),
            "False" => "false".to_owned(),
            word => spelled(word),
        });
        words.collect::<Vec<_>>().join(" ")
    };
    let expected: Vec<String> = expected.iter().map(|line| words(line)).collect();
    // A block that is left without a word is cancelled; there it has no outcome.
    let calm = |line: &String| match line.contains(" outcome=cancelled") {
        true => line.replace(" outcome=cancelled", "").replace("[warning  ]", "[info     ]"),
        false => line.clone(),
    };
    let got: Vec<String> = got.iter().map(calm).collect();
    crate::compare::text(&plain(&expected.join("\n")), &plain(&unescaped(&got.join("\n"))))
}

/// With `\n`, `\x1b` and `\u{1b}` undone.
fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let hex = |hex: &str| u32::from_str_radix(hex, 16).ok().and_then(char::from_u32);
        let braces = rest.strip_prefix("u{").and_then(|rest| rest.split_once('}'));
        let (c, after) = match (rest.as_bytes().first(), braces) {
            (_, Some((digits, after))) => (hex(digits), after),
            (Some(b'x'), _) => (rest.get(1..3).and_then(hex), rest.get(3..).unwrap_or("")),
            (Some(b'n'), _) => (Some('\n'), &rest[1..]),
            (Some(b'r'), _) => (Some('\r'), &rest[1..]),
            (Some(b't'), _) => (Some('\t'), &rest[1..]),
            _ => (Some('\\'), rest),
        };
        out.push(c.unwrap_or(char::REPLACEMENT_CHARACTER));
        rest = after;
    }
    out + rest
}

/// Lines of text with the line breaks in them undone that Ripsaw writes as `\n`: there a record is one line.
pub(crate) fn unfolded(lines: &[String]) -> Vec<String> {
    let is_text = |line: &str| !line.starts_with('{');
    lines
        .iter()
        .flat_map(|line| match is_text(line) {
            true => line.split("\\n").map(str::to_owned).collect(),
            false => vec![line.clone()],
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_recorded_decision_has_its_rule_on_the_page() {
        let mut decisions = 0;
        for line in RECORDED.lines().filter(|line| !line.trim().is_empty()) {
            let json = Json::parse(line).unwrap();
            let id = json.get("case").and_then(Json::str).unwrap();
            let decision = find(id).unwrap().unwrap();
            assert!(PAGE.contains(&format!("`{id}`")), "{id} is not on the page");
            assert!(!decision.rule.is_empty());
            decisions += 1;
        }
        assert!(decisions > 5);
    }

    #[test]
    fn spellings_and_breaks() {
        assert_eq!(
            spelled("[info     ] e   a=None b=True c='x None'"),
            "[info     ] e   a=null b=true c='x None'"
        );
        let lines = ["a\\nb".to_owned(), r#"{"a":"x\ny"}"#.to_owned()];
        let own = |lines: [&str; 2]| lines.map(str::to_owned);
        assert!(alike(&own(["[info] a", "b   x None"]), &["[info] a\\nb  x null".to_owned()]));
        assert!(!alike(&own(["[info] a", "b"]), &["[info] a\\nc".to_owned()]));
        assert_eq!(unfolded(&lines), ["a", "b", r#"{"a":"x\ny"}"#]);
    }
}
