//! Lines made short, for comparisons that an eye can follow.

/// `{"level":"info","logger":"t","event":"e","a":1,"b":"x"}` as `e a=1 b="x"`. For flat objects in the engine's order, with
/// no comma or brace in a text.
pub(crate) fn short(line: &str) -> String {
    let (mut event, mut rest) = (String::new(), Vec::new());
    for part in parts(line.trim_start_matches('{').trim_end_matches('}')) {
        let (key, value) = part.split_once("\":").expect("a key");
        match key.trim_start_matches('"') {
            "level" | "logger" => {}
            "event" => event = value.trim_matches('"').to_owned(),
            key => rest.push(format!(" {key}={value}")),
        }
    }
    event + &rest.concat()
}

/// Splits at commas outside of brackets.
fn parts(text: &str) -> Vec<&str> {
    let (mut out, mut start, mut depth) = (Vec::new(), 0, 0);
    for (i, c) in text.char_indices() {
        match c {
            '[' => depth += 1,
            ']' => depth -= 1,
            ',' if depth == 0 => {
                out.push(&text[start..i]);
                start = i + 1;
            }
            _ => {}
        }
    }
    out.push(&text[start..]);
    out
}

#[test]
fn lines_are_made_short() {
    let line = r#"{"level":"info","logger":"t","event":"e","a":1,"b":["x","y"]}"#;
    assert_eq!(short(line), r#"e a=1 b=["x","y"]"#);
}
