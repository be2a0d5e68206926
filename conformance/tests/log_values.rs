//! Key-values of the `log` crate as it is when a program, or one of its libraries, has switched on all of its captures. The
//! library's own tests see the crate without them.

use ripsaw::format::Json;
use ripsaw::sink::Memory;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

#[derive(Debug)]
struct Outer(std::num::ParseIntError);

impl fmt::Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no port")
    }
}

impl std::error::Error for Outer {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

#[derive(Debug)]
struct Panics;

impl fmt::Display for Panics {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("a formatter's panic, on purpose")
    }
}

impl std::error::Error for Panics {}

#[test]
fn values_of_every_capture() {
    let memory = Memory::new();
    let format = Json::new().timestamp(false);
    let guard = ripsaw::builder().format(format).sink(memory.clone()).start().unwrap();
    let error = Outer("x".parse::<u16>().unwrap_err());
    log::error!(cause:err = error; "error");
    log::error!(cause:err = Panics, after = 1; "panics");
    let map = BTreeMap::from([("a", vec![Some(1), None])]);
    log::info!(map:serde = map, one:serde = 1, text:serde = "t", none:serde = None::<u8>; "serde");
    log::info!(list:sval = [1, 2], one:sval = 1, text:sval = "t", none:sval = None::<u8>; "sval");
    log::info!(
        int = i64::MIN, wide = i128::MAX, float = 0.25, nan = f32::NAN, yes = true, letter = 'x',
        none = None::<i32>, debug:? = Some("d"), text = "t";
        "plain"
    );
    guard.shutdown(Duration::from_secs(60));
    let lines = memory.lines();
    let mut records = lines.iter().map(|line| {
        let Value::Object(mut record) = serde_json::from_str(line).unwrap() else {
            panic!("{line}")
        };
        record.retain(|key, _| !["level", "logger"].contains(&key.as_str()));
        Value::Object(record)
    });
    let mut next = || records.next().expect("a record");
    assert_eq!(next(), json!({"event": "error", "cause": "no port"}));
    assert_eq!(next(), json!({"event": "panics", "cause": "[formatter failed]", "after": 1}));
    // Nested ones are texts: their structure is not part of the interface of `log::kv`.
    let expected = json!({
        "event": "serde", "map": "{\"a\": [Some(1), None]}", "one": 1, "text": "t", "none": null,
    });
    assert_eq!(next(), expected);
    let expected = json!({"event": "sval", "list": "[1, 2]", "one": 1, "text": "t", "none": null});
    assert_eq!(next(), expected);
    let expected = json!({
        "event": "plain", "int": i64::MIN, "wide": i128::MAX.to_string(), "float": 0.25,
        "nan": "NaN", "yes": true, "letter": "x", "none": null, "debug": "Some(\"d\")", "text": "t",
    });
    assert_eq!(next(), expected);
}
