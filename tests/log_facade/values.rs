//! Key-values of every kind.

use crate::{logged, only};
use log::Level;
use log::kv::{self, Key, Source, ToValue, VisitSource};
use serde_json::{Value, json};
use std::fmt;
use std::num::NonZeroU8;

struct Shown;
impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("shown")
    }
}
impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Debugged")
    }
}

/// The fields of the only record.
fn fields(statement: impl FnOnce()) -> Value {
    let Value::Object(mut object) = only(logged(statement)) else { panic!("no object") };
    for key in ["level", "logger", "file", "event"] {
        object.remove(key).expect(key);
    }
    Value::Object(object)
}

#[test]
fn values_arrive_typed() {
    let said = fields(|| {
        log::info!(
            int = -7, unsigned = u64::MAX, float = 0.5, yes = true, letter = 'x', text = "a b",
            "a key" = 1, none = None::<i32>, some = Some(3), debug:? = Shown, display:% = Shown;
            "typed"
        );
    });
    let expected = json!({
        "int": -7, "unsigned": u64::MAX, "float": 0.5, "yes": true, "letter": "x", "text": "a b",
        "a key": 1, "none": null, "some": 3, "debug": "Debugged", "display": "shown",
    });
    assert_eq!(said, expected);
}

#[test]
fn integers_of_every_width() {
    let said = fields(|| {
        log::info!(
            a = i8::MIN, b = i16::MIN, c = i32::MIN, d = i64::MIN, e = isize::MIN, f = i128::MIN,
            g = u8::MAX, h = u16::MAX, i = u32::MAX, j = u64::MAX, k = usize::MAX, l = u128::MAX,
            m = NonZeroU8::MAX, n = 0_i128, o = &7_u16;
            "integers"
        );
    });
    let written = |key: &str| said[key].to_string();
    // What does not fit 64 bits is a text in JSON, so that no reader rounds it.
    let expected = [
        ("a", "-128"),
        ("b", "-32768"),
        ("c", "-2147483648"),
        ("d", "-9223372036854775808"),
        ("e", "-9223372036854775808"),
        ("f", "\"-170141183460469231731687303715884105728\""),
        ("g", "255"),
        ("h", "65535"),
        ("i", "4294967295"),
        ("j", "18446744073709551615"),
        ("k", "18446744073709551615"),
        ("l", "\"340282366920938463463374607431768211455\""),
        ("m", "255"),
        ("n", "0"),
        ("o", "7"),
    ];
    for (key, value) in expected {
        assert_eq!(written(key), value, "{key}");
    }
}

#[test]
fn floats_of_every_kind() {
    let said = fields(|| {
        log::info!(
            half = 0.5_f32, tenth = 0.1_f64, nan = f64::NAN, nan32 = f32::NAN, up = f64::INFINITY,
            down = f64::NEG_INFINITY, zero = -0.0, least = f64::MIN_POSITIVE, most = f64::MAX;
            "floats"
        );
    });
    let expected = json!({
        "half": 0.5, "tenth": 0.1, "nan": "NaN", "nan32": "NaN", "up": "Infinity",
        "down": "-Infinity", "zero": -0.0, "least": f64::MIN_POSITIVE, "most": f64::MAX,
    });
    assert_eq!(said, expected);
}

#[test]
fn texts_of_every_kind() {
    let owned = String::from("owned");
    let said = fields(|| {
        log::info!(
            owned = owned.as_str(), reference = &"r", boxed:% = Box::new("b"), empty = "",
            hostile = "a\n\"b\"\u{1b}[31m\u{202e}", accent = 'é', end = '\u{10FFFF}',
            format:? = format_args!("{:>3}", 7), nothing = ();
            "texts"
        );
    });
    let expected = json!({
        "owned": "owned", "reference": "r", "boxed": "b", "empty": "",
        "hostile": "a\n\"b\"\u{1b}[31m\u{202e}", "accent": "é", "end": "\u{10FFFF}",
        "format": "  7", "nothing": null,
    });
    assert_eq!(said, expected);
}

/// Key-values that are made at run time.
struct Made(Vec<(String, i64)>);

impl Source for Made {
    fn visit<'kvs>(&'kvs self, visitor: &mut dyn VisitSource<'kvs>) -> Result<(), kv::Error> {
        for (key, value) in &self.0 {
            visitor.visit_pair(Key::from_str(key), value.to_value())?;
        }
        Ok(())
    }
}

#[test]
fn records_without_a_statement() {
    let said = only(logged(|| {
        let (target, module, file) =
            (format!("made::{}", 1), format!("module{}", 2), format!("f{}.rs", 3));
        let made = Made((0..300).map(|i| (format!("key {i}"), i)).collect());
        log::logger().log(
            &log::Record::builder()
                .args(format_args!("a {} message", "late"))
                .level(Level::Warn)
                .target(&target)
                .module_path(Some(&module))
                .file(Some(&file))
                .line(Some(7))
                .key_values(&made)
                .build(),
        );
    }));
    assert_eq!(said["level"], "warning");
    assert_eq!(said["logger"], "made::1");
    assert_eq!(said["file"], "f3.rs");
    assert_eq!(said["event"], "a late message");
    assert!((0..300).all(|i| said[format!("key {i}")] == i));
}

#[test]
fn records_that_say_nothing() {
    let objects = logged(|| log::logger().log(&log::Record::builder().build()));
    assert_eq!(objects.len(), 1);
    assert_eq!((&objects[0]["event"], &objects[0]["level"]), (&json!(""), &json!("info")));
    assert!(!objects[0].contains_key("file"), "{objects:?}");
}

/// Gives two pairs, and then does this.
struct Ends(fn() -> Result<(), kv::Error>);

impl Source for Ends {
    fn visit<'kvs>(&'kvs self, visitor: &mut dyn VisitSource<'kvs>) -> Result<(), kv::Error> {
        visitor.visit_pair(Key::from_str("one"), 1.to_value())?;
        visitor.visit_pair(Key::from_str("two"), 2.to_value())?;
        (self.0)()
    }
}

#[test]
fn sources_that_fail_or_panic_give_what_they_could() {
    for ends in [(|| Err(kv::Error::msg("on purpose"))) as fn() -> Result<(), kv::Error>, || {
        panic!("a source's panic, on purpose")
    }] {
        let objects = logged(|| {
            let source = Ends(ends);
            let args = format_args!("half");
            log::logger().log(&log::Record::builder().args(args).key_values(&source).build());
            log::info!("after");
        });
        assert_eq!(objects.len(), 2, "{objects:?}");
        assert_eq!((&objects[0]["one"], &objects[0]["two"]), (&json!(1), &json!(2)));
        assert_eq!((&objects[0]["event"], &objects[1]["event"]), (&json!("half"), &json!("after")));
    }
}

/// What a panic brings, and whose destructor panics too.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("a destructor's panic, on purpose")
    }
}

/// Prints as nothing but that.
struct Bombed;

impl std::fmt::Display for Bombed {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::panic::panic_any(Bomb)
    }
}

#[test]
fn what_a_panic_brings_reaches_nobody_either() {
    let objects = logged(|| {
        log::info!("{}", Bombed);
        let source = Ends(|| std::panic::panic_any(Bomb));
        let value = [("key", kv::Value::from_display(&Bombed))];
        let args = format_args!("source");
        log::logger().log(&log::Record::builder().args(args).key_values(&source).build());
        let args = format_args!("value");
        log::logger().log(&log::Record::builder().args(args).key_values(&value).build());
        ripsaw::info!("{}", Bombed);
        ripsaw::info!(field = %Bombed, lazy = ripsaw::lazy(|| -> u8 { std::panic::panic_any(Bomb) }), "fields");
    });
    let events: Vec<_> = objects.iter().map(|object| object["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["[formatter failed]", "source", "value", "[formatter failed]", "fields"]);
    assert_eq!(objects[1]["two"], 2);
    assert_eq!(objects[2]["key"], "[formatter failed]");
    assert_eq!(objects[4]["field"], "[formatter failed]");
}
