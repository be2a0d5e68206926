//! Every code point in every place of the presets, of coloured lines and of patterns.

use crate::Engine;
use crate::places::texts;
use crate::reading::{assert_safe, json, plain, word};
use ripsaw::format::{ColorChoice, Format, Json, KeyValue, Pattern, Pretty};
use ripsaw::{Level, Logger, Value, info};
use serde_json::Value as Parsed;

/// One record with the text in its name, its message, its keys and its values: bound, own and nested.
fn event(all: &str) {
    let logger = Logger::new(all).with(&format!("b{all}"), all.to_owned());
    let nested = Value::from([(format!("n{all}"), Value::from(vec![all.to_owned()]))]);
    let key = format!("f{all}");
    let event = logger.event(Level::Info, all).field(&key, all.to_owned());
    event.field("nested", nested).emit();
}

/// One record of a statement, on a thread with this name.
fn statement(engine: &Engine, name: &str, all: &str) {
    let handle = engine.handle();
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name(name.to_owned());
        let logs = move || {
            let _attached = handle.attach();
            info!(target: "t", typed = all, shown = %all, "{all}");
        };
        thread.spawn_scoped(scope, logs).expect("a thread").join().expect("it ends well");
    });
}

/// All keys of a JSON value, and all texts in it.
fn walk<'v>(value: &'v Parsed, keys: &mut Vec<&'v str>, found: &mut Vec<&'v str>) {
    match value {
        Parsed::String(text) => found.push(text),
        Parsed::Array(items) => items.iter().for_each(|item| walk(item, keys, found)),
        Parsed::Object(entries) => entries.iter().for_each(|(key, value)| {
            keys.push(key);
            walk(value, keys, found);
        }),
        _ => {}
    }
}

/// What a preset does otherwise than the others.
#[derive(Clone, Copy, PartialEq)]
enum Is {
    Usual,
    /// The name of the thread is shown.
    Threaded,
    /// Keys are changed where the consumer takes not all of them, and what is nested is text.
    Gelf,
    /// Keys are texts.
    Otel,
}

fn preset(format: Json, is: Is) {
    let engine = Engine::start(format);
    for all in texts() {
        let line = &engine.lines(1, || event(&all))[0];
        let parsed: Parsed = serde_json::from_str(line).expect("an object");
        let (mut keys, mut found) = (Vec::new(), Vec::new());
        walk(&parsed, &mut keys, &mut found);
        let same = found.iter().filter(|text| **text == all).count();
        // The name, the message, the bound value and the own one, and what is nested.
        assert_eq!(same, if is == Is::Gelf { 4 } else { 5 }, "{line}");
        for key in ["b", "f", "n"].map(|first| format!("{first}{all}")) {
            let places = if is == Is::Otel { &found } else { &keys };
            assert!(is == Is::Gelf || places.contains(&&*key), "{key:?} in {line}");
        }
        // The system takes no thread's name with a zero in it.
        let name = all.replace('\0', "");
        let line = &engine.lines(1, || statement(&engine, &name, &all))[0];
        let parsed: Parsed = serde_json::from_str(line).expect("an object");
        let mut found = Vec::new();
        walk(&parsed, &mut Vec::new(), &mut found);
        let threaded = matches!(is, Is::Threaded | Is::Gelf);
        assert!(!threaded || found.contains(&&*name), "{line}");
        found.retain(|text| *text == all);
        assert_eq!(found.len(), 3 + usize::from(threaded && name == all), "{line}");
    }
}

#[test]
fn inv_033_every_code_point_as_logstash_and_ecs() {
    preset(Json::logstash(), Is::Threaded);
    preset(Json::ecs(), Is::Threaded);
}

#[test]
fn inv_033_every_code_point_as_gcp_and_datadog() {
    preset(Json::gcp(), Is::Usual);
    preset(Json::datadog(), Is::Threaded);
}

#[test]
fn inv_033_every_code_point_as_gelf_and_otel() {
    preset(Json::gelf(), Is::Gelf);
    preset(Json::otel(), Is::Otel);
}

#[test]
fn inv_032_every_code_point_as_s3_and_compat() {
    preset(Json::s3(), Is::Usual);
    preset(Json::compat(), Is::Usual);
}

/// The fields of an event as they stand in a line.
fn fields(all: &str) -> String {
    let (bound, own, value) = (word(&format!("b{all}")), word(&format!("f{all}")), word(all));
    let nested = format!("{{{}:[{}]}}", json(&format!("n{all}")), json(all));
    format!("{bound}={value} {own}={value} nested={}", word(&nested))
}

/// Takes the formats' own colours off a line, and counts them.
fn without_colors(line: &str) -> (String, usize) {
    let (mut text, mut count) = (line.to_owned(), 0);
    for code in ["0", "1", "2", "31", "32", "33", "35", "36"] {
        let code = format!("\x1b[{code}m");
        count += text.matches(&code).count();
        text = text.replace(&code, "");
    }
    (text, count)
}

/// The coloured lines are the plain ones, but for colours, which are as many whatever was logged.
fn colored<F: Format + Clone + 'static>(
    format: impl Fn(ColorChoice) -> F,
    expected: impl Fn(&str) -> Option<String>,
) {
    let all = || texts().chain(["\x1b[0m", "\x1b[31mred", "\x1b]0;title\x07"].map(String::from));
    // A thread logs to one engine at a time.
    let plain: Vec<String> = {
        let engine = Engine::start(format(ColorChoice::Never));
        all().map(|all| engine.lines(1, || event(&all)).remove(0)).collect()
    };
    let engine = Engine::start(format(ColorChoice::Always));
    let number = without_colors(&engine.any_lines(1, || event("x"))[0]).1;
    assert!(number > 6);
    for (all, plain) in all().zip(plain) {
        if let Some(expected) = expected(&all) {
            assert_eq!(plain, expected);
        }
        let (stripped, colors) = without_colors(&engine.any_lines(1, || event(&all))[0]);
        assert_safe(&stripped);
        assert_eq!((stripped, colors), (plain, number));
    }
}

#[test]
fn inv_030_every_code_point_in_colours() {
    colored(
        |choice| Pretty::new().timestamp(false).color(choice),
        |all| Some(format!("INFO     {0} {0} {1}", plain(all), fields(all))),
    );
    colored(|choice| KeyValue::compat().timestamp(false).color(choice), |_| None);
}

#[test]
fn inv_029_every_code_point_by_a_pattern() {
    let pattern = "{level:<8}|{target:<400}|{message:>400}|{message:.10}|{fields}|{field.nested}";
    let pattern = Pattern::parse(pattern).expect("a pattern");
    let engine = Engine::start(pattern);
    let cut = |text: &str, most| text.chars().take(most).collect::<String>();
    for all in texts() {
        let text = plain(&all);
        let fields = fields(&all);
        let (fields, nested) = fields.rsplit_once(" nested=").expect("it is last");
        let short = plain(&cut(&all, 10));
        assert_eq!(
            engine.lines(1, || event(&all))[0],
            format!("INFO    |{text:<400}|{text:>400}|{short}|{fields}|{nested}")
        );
    }
    drop(engine);
    let pattern = Pattern::parse("{thread:.40}|{field.typed:.10}|{message}|{fields}");
    let engine = Engine::start(pattern.expect("a pattern"));
    for all in texts() {
        let name = all.replace('\0', "");
        let (thread, typed) = (plain(&cut(&name, 40)), word(&cut(&all, 10)));
        assert_eq!(
            engine.lines(1, || statement(&engine, &name, &all))[0],
            format!("{thread}|{typed}|{}|shown={}", plain(&all), word(&all))
        );
    }
}
