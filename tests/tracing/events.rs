//! What of an event arrives.

use crate::Engine;
use ripsaw::format::Json;
use ripsaw::process::{Draft, Flow};
use ripsaw::{LevelFilter, info};
use serde_json::{Value, json};
use std::error::Error;
use std::fmt;

#[test]
fn inv_005_levels_target_and_place() {
    let engine = Engine::with(
        ripsaw::builder().level(LevelFilter::NotSet).processor(|draft: &mut Draft<'_>| {
            let module = draft.module().unwrap_or("none").to_owned();
            draft.set("module", &module);
            Flow::Keep
        }),
        Json::new().timestamp(false).location(true),
    );
    let line = line!();
    tracing::trace!("t");
    tracing::debug!("d");
    tracing::info!("i");
    tracing::warn!("w");
    tracing::error!(target: "shop", "e");
    let objects = engine.objects();
    let levels: Vec<&Value> = objects.iter().map(|o| &o["level"]).collect();
    assert_eq!(levels, ["trace", "debug", "info", "warning", "error"]);
    for (i, object) in objects.iter().enumerate() {
        assert_eq!(object["line"], line + 1 + i as u32);
        assert_eq!(object["file"], file!());
        assert_eq!(object["module"], module_path!());
        assert_eq!(object["logger"], if i == 4 { "shop" } else { module_path!() });
    }
}

#[derive(Debug)]
struct Failure(&'static str, Option<Box<Failure>>);
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.1.as_deref().map(|e| e as _)
    }
}

#[test]
fn inv_011_fields_of_every_kind() {
    let engine = Engine::start();
    let failure = Failure("no answer", Some(Box::new(Failure("timeout", None))));
    tracing::info!(
        yes = true,
        int = -7,
        unsigned = u64::MAX,
        wide = i128::MIN,
        wider = u128::MAX,
        float = 0.5,
        text = "a \"b\"\n",
        bytes = &b"\x00\xff"[..],
        error = &failure as &dyn Error,
        debug = ?Some("x"),
        display = %failure,
        some = Some(3),
        none = None::<i32>,
        empty = tracing::field::Empty,
        "kinds"
    );
    ripsaw::info!(bytes = &b"\x00\xff"[..], wide = i128::MIN, wider = u128::MAX, "native");
    let mut objects = engine.objects();
    let native = objects.pop().unwrap();
    let event = objects.pop().unwrap();
    for key in ["bytes", "wide", "wider"] {
        assert_eq!(event[key], native[key], "{key}");
    }
    let expected = json!({
        "level": "info", "logger": module_path!(), "event": "kinds", "yes": true, "int": -7,
        "unsigned": u64::MAX, "wide": native["wide"], "wider": native["wider"], "float": 0.5,
        "text": "a \"b\"\n", "bytes": native["bytes"], "error": "no answer: timeout",
        "debug": "Some(\"x\")", "display": "no answer", "some": 3,
    });
    assert_eq!(Value::Object(event), expected);
}

#[test]
fn inv_012_a_chain_of_errors_that_never_ends_does() {
    struct Snake;
    impl fmt::Debug for Snake {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("Snake")
        }
    }
    impl fmt::Display for Snake {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("s")
        }
    }
    impl Error for Snake {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(self)
        }
    }
    let engine = Engine::start();
    tracing::info!(error = &Snake as &dyn Error, "bitten");
    assert_eq!(engine.said(), [format!("bitten error=\"s{}\"", ": s".repeat(32))]);
}

/// Wherever the message stands, and whatever it is.
#[test]
fn messages() {
    let engine = Engine::start();
    tracing::info!("{} and {second}", 1, second = 2);
    tracing::info!(a = 1, message = "late", b = 2);
    tracing::info!(message = 7, a = 1);
    tracing::info!(message = ?Some(1));
    tracing::info!(a = 1);
    tracing::info!(message = true);
    info!("native");
    let expected = ["1 and 2", "late a=1 b=2", "7 a=1", "Some(1)", " a=1", "true", "native"];
    assert_eq!(engine.said(), expected);
}

#[test]
fn keywords_and_dotted_names() {
    let engine = Engine::start();
    let r#type = "t";
    tracing::info!(r#type, http.method = "GET", "any name" = 1, "names");
    assert_eq!(engine.said(), ["names type=\"t\" http.method=\"GET\" any name=1".to_owned()]);
}
