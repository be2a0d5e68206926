//! Bytes that are not text, what looks like an instruction, and values out of all proportion.

use crate::reading::{json, pairs, plain, word};
use crate::{Engine, KINDS, Kind};
use ripsaw::format::{Json, Text};
use ripsaw::{Event, Level, Value, info};
use serde_json::Value as Parsed;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

/// Every byte, alone and between letters, and sequences that break off, are too long or mean a surrogate.
fn bytes() -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> =
        (0..=u8::MAX).flat_map(|b| [vec![b], vec![b'a', b, b'z']]).collect();
    all.push((0..=u8::MAX).collect());
    all.extend((0..=u8::MAX).map(|b| vec![0xE2, 0x80, b]));
    all.extend((0..=u8::MAX).map(|b| vec![0xC2, b, b'\n']));
    let broken: [&[u8]; 8] = [
        b"\xC0\x8A",
        b"\xE0\x80\x8A",
        b"\xF0\x80\x80\x8A",
        b"\xED\xA0\x80",
        b"\xF4\x90\x80\x80",
        b"\xE2\x80",
        b"\xFE\xFF\n",
        b"\xEF\xBB",
    ];
    all.extend(broken.map(<[u8]>::to_vec));
    all
}

#[test]
fn bytes_that_are_not_text() {
    for kind in KINDS {
        let engine = Engine::of(kind);
        for bytes in bytes() {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            let name = OsString::from_vec(bytes.clone());
            let path = std::path::PathBuf::from(name.clone());
            let (spelled, shown) = (format!("{name:?}"), path.display().to_string());
            let lossy = String::from_utf8_lossy(&bytes);
            let line = engine.lines(1, || {
                let nested = Value::from(vec![Value::Bytes(bytes.clone())]);
                info!(bytes, nested, ?name, shown = %path.display(), lossy, "{name:?} {}", path.display());
            });
            let message = format!("{spelled} {shown}");
            if kind == Kind::Json {
                let parsed: Parsed = serde_json::from_str(&line[0]).expect("an object");
                let read =
                    ["bytes", "name", "shown", "lossy", "event"].map(|key| parsed[key].as_str());
                let said = [&*hex, &*spelled, &*shown, &*lossy, &*message].map(Some);
                assert_eq!((read, &parsed["nested"]), (said, &serde_json::json!([hex])));
                continue;
            }
            assert!(line[0].contains(&plain(&message)), "{}", line[0]);
            let (_, fields) = line[0].rsplit_once(" bytes=").expect("fields");
            let read = pairs(&format!("bytes={fields}"));
            let said = [
                ("bytes", hex.clone()),
                ("nested", format!("[{}]", json(&hex))),
                ("name", spelled),
                ("shown", shown),
                ("lossy", lossy.clone().into_owned()),
            ];
            assert_eq!(read, said.map(|(key, value)| (key.to_owned(), value)));
        }
    }
}

/// What somebody once took for an instruction.
const INSTRUCTIONS: &[&str] = &[
    "{}",
    "{{}}",
    "{0} {name} {:?}",
    "%s%s%n%d%x%p",
    "%%",
    "${jndi:ldap://attacker/x}",
    "${env:HOME}",
    "$(id)",
    "`id`",
    "\\n\\r\\t\\u{0a}\\u000a",
    "&lt;br&gt;",
    "<script>alert(1)</script>",
    "\u{1B}[2J\u{1B}]0;title\u{7}",
    "\",\"level\":\"critical\",\"x\":\"",
    "a level=CRITICAL user=root",
    "\nINFO     it: forged",
    "\r\n2026-11-20T12:00:00.000000Z CRITICAL it: forged",
    "=cmd|' /C calc'!A0",
    "'; DROP TABLE log; --",
];

#[test]
fn nothing_is_an_instruction() {
    for kind in KINDS {
        let engine = Engine::of(kind);
        for &odd in INSTRUCTIONS {
            let lines = engine.lines(2, || {
                Event::new(Level::Info, odd).target(odd).field(odd, odd).emit();
                info!(v = odd, "say {}", odd);
            });
            if kind == Kind::Json {
                let parsed: Parsed = serde_json::from_str(&lines[0]).expect("an object");
                let read = ["logger", "event", odd].map(|key| parsed[key].as_str());
                assert_eq!(read, [Some(odd); 3]);
                let parsed: Parsed = serde_json::from_str(&lines[1]).expect("an object");
                assert_eq!(parsed["event"], format!("say {odd}"));
                continue;
            }
            let field = format!(" {}={}", word(odd), word(odd));
            assert!(lines[0].ends_with(&field), "{}", lines[0]);
            assert!(lines[0].contains(&plain(odd)), "{}", lines[0]);
            assert!(lines[1].contains(&plain(&format!("say {odd}"))), "{}", lines[1]);
            let forged = lines[0].starts_with("CRITICAL") || lines[0].contains("[critical ]");
            assert!(!forged, "{}", lines[0]);
        }
    }
}

#[test]
fn endless_values_are_cut_and_stay_one_line() {
    // Every second character grows when it is escaped.
    let text = "a\n".repeat(1 << 20);
    for kind in KINDS {
        let engine = Engine::of(kind);
        let lines = engine.lines(3, || {
            info!(v = text, "long");
            info!("{text}");
            Event::new(Level::Info, &text).field(&text, text.clone()).emit();
        });
        for line in lines {
            assert!(line.contains("bytes"), "nothing says that the text was cut");
            if kind == Kind::Json {
                let parsed: Parsed = serde_json::from_str(&line).expect("an object");
                assert_eq!(parsed["level"], "info");
            }
        }
    }
}

#[test]
fn values_of_any_depth_are_cut_and_stay_one_line() {
    let lists = |depth| (0..depth).fold(Value::from("\n"), |v, _| Value::from(vec![v]));
    let maps = |depth| (0..depth).fold(Value::from("\n"), |v, _| Value::from([("\n", v)]));
    for kind in KINDS {
        let engine = Engine::of(kind);
        for (depth, cut) in [(31, false), (32, false), (33, true), (1000, true)] {
            let lines = engine.lines(2, || {
                Event::new(Level::Info, "m").field("deep", lists(depth)).emit();
                info!(deep = maps(depth), "m");
            });
            for line in lines {
                assert_eq!(line.contains("[too deep]"), cut, "{depth}: {line}");
                if kind == Kind::Json {
                    let parsed: Parsed = serde_json::from_str(&line).expect("an object");
                    assert!(!parsed["deep"].is_null());
                }
            }
        }
    }
}

/// A key that means something to a format cannot take the place of what it means.
#[test]
fn keys_that_mean_something() {
    let keys = ["timestamp", "level", "logger", "event", "file", "line", "thread", "fields.level"];
    let engine = Engine::start(Json::new().thread(true).location(true));
    let line = engine.lines(1, || {
        let event = Event::new(Level::Info, "said").target("it");
        keys.iter().chain(&keys).fold(event, |event, key| event.field(key, "forged")).emit();
    });
    let parsed: Parsed = serde_json::from_str(&line[0]).expect("an object");
    assert_eq!(
        (&parsed["level"], &parsed["logger"], &parsed["event"]),
        (&"info".into(), &"it".into(), &"said".into())
    );
    assert_ne!(parsed["timestamp"], "forged");
    assert_ne!(parsed["thread"], "forged");
    for key in ["timestamp", "level", "logger", "event", "thread"] {
        let quoted = format!("{}:", json(key));
        assert_eq!(line[0].matches(&quoted).count(), 1, "{key} in {}", line[0]);
        assert_eq!(parsed[format!("fields.{key}")], "forged", "{key} in {}", line[0]);
    }
    let engine = Engine::start(Text::new().timestamp(false));
    let line = engine.lines(1, || {
        Event::new(Level::Info, "said").target("it").field("level", "CRITICAL").emit();
    });
    assert_eq!(line, ["INFO     it: said level=CRITICAL"]);
}
