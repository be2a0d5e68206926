use crate::support::Engine;
use crate::{admin, ask};
use ripsaw::{Logger, debug};
use serde_json::json;

#[test]
fn a_level_is_set_for_some_calls_and_some_time() {
    let engine = Engine::start(ripsaw::builder());
    let admin = admin(&engine).start().unwrap();
    let address = admin.address();
    let rule = r#"{"level": "debug", "target": "shop", "fields": {"customer": 4711, "region": "eu"}, "seconds": 900}"#;
    let (status, said) = ask(address, "POST /overrides", rule);
    assert_eq!(status, 201, "{said}");
    let id = said["id"].as_u64().unwrap();
    let logger =
        |customer: u64| Logger::new("shop").with("customer", customer).with("region", "eu");
    let attached = engine.handle().attach();
    debug!(logger: &logger(4711), "wanted");
    debug!(logger: &logger(4712), "unwanted");
    drop(attached);
    let text = engine.text();
    assert!(text.contains("wanted customer=4711") && !text.contains("unwanted"), "{text}");
    let (status, said) = ask(address, "GET /overrides", "");
    assert_eq!((status, &said["overrides"][0]["id"]), (200, &id.into()));
    let left = said["overrides"][0]["remaining_seconds"].as_f64().unwrap();
    assert!((800.0..=900.0).contains(&left), "{left}");
    let (_, config) = ask(address, "GET /config", "");
    assert_eq!(config["overrides"][0]["rule"], said["overrides"][0]["rule"]);

    let question = "GET /explain?target=shop::db&level=debug&field=customer=4711&field=region%3Deu";
    let (status, said) = ask(address, question, "");
    assert_eq!((status, &said["explanations"][0]["enabled"]), (200, &true.into()));
    let decided = said["explanations"][0]["decided_by"].as_str().unwrap();
    assert!(decided.contains(&format!("override {id}")), "{decided}");
    for other in
        ["customer=4712&field=region=eu", "customer=%224711%22&field=region=eu", "region=eu"]
    {
        let question = format!("GET /explain?target=shop&level=debug&field={other}");
        assert_eq!(ask(address, &question, "").1["explanations"][0]["enabled"], false, "{other}");
    }
    let (_, said) = ask(address, "GET /explain?target=shop::db&level=debug", "");
    assert_eq!(said["explanations"][0]["enabled"], false);
    assert!(said["explanations"][0]["text"].as_str().unwrap().contains("is off"), "{said}");

    let (status, said) = ask(address, &format!("DELETE /overrides/{id}"), "");
    assert_eq!((status, &said["removed"]), (200, &id.into()));
    for gone in [id.to_string(), "x".to_owned(), "-1".to_owned(), "99999999999999999999".to_owned()]
    {
        assert_eq!(ask(address, &format!("DELETE /overrides/{gone}"), "").0, 404);
    }
    assert_eq!(ask(address, "GET /overrides", "").1, json!({ "overrides": [] }));
    assert_eq!((engine.told("override set"), engine.told("override removed")), (1, 1));
}

#[test]
fn an_override_may_have_no_end_but_must_say_so() {
    let engine = Engine::start(ripsaw::builder());
    let admin = admin(&engine).start().unwrap();
    let (status, said) = ask(
        admin.address(),
        "POST /overrides",
        r#"{"level":"off","place":"src/pool.rs:81","seconds":null}"#,
    );
    assert_eq!((status, &said["rule"]), (201, &"off if at src/pool.rs:81".into()));
    let (_, said) = ask(admin.address(), "GET /overrides", "");
    assert_eq!(said["overrides"][0]["remaining_seconds"], json!(null));
    // One that ends is ended by the engine.
    let (status, _) =
        ask(admin.address(), "POST /overrides", r#"{"level":"trace","seconds":0.05}"#);
    assert_eq!(status, 201);
    crate::support::until("its end", || {
        ask(admin.address(), "GET /overrides", "").1["overrides"].as_array().unwrap().len() == 1
    });
    let (status, said) =
        ask(admin.address(), "GET /explain?target=a&level=info&place=src/pool.rs:81", "");
    assert_eq!((status, &said["explanations"][0]["enabled"]), (200, &false.into()));
}

#[test]
fn an_override_that_is_wrong_is_answered_with_all_its_errors() {
    let engine = Engine::start(ripsaw::builder());
    let admin = admin(&engine).start().unwrap();
    for (body, keys) in [
        ("{}", &["level", "seconds"][..]),
        (r#"{"levle":"debug","seconds":1}"#, &["levle", "level"]),
        (
            r#"{"level":"loud","target":1,"place":2,"fields":[],"seconds":"9"}"#,
            &["level", "target", "place", "fields", "seconds"],
        ),
        (r#"{"level":"debug","seconds":0}"#, &["seconds"]),
        (r#"{"level":"debug","seconds":-1}"#, &["seconds"]),
        (r#"{"level":"debug","seconds":1e300}"#, &["seconds"]),
        (r#"{"level":"debug","seconds":1e-300}"#, &["seconds"]),
        (r#"{"level":"debug","fields":{"a":[1]},"seconds":1}"#, &["fields"]),
        (r#"{"level":"debug","fields":{"":1},"seconds":1}"#, &["override.field"]),
        (r#"{"level":"debug","place":"db.rs:x","seconds":1}"#, &["override.place"]),
    ] {
        let (status, said) = ask(admin.address(), "POST /overrides", body);
        assert_eq!(status, 422, "{body}");
        let errors = said["errors"].as_array().unwrap();
        let found: Vec<&str> = errors.iter().map(|error| error["key"].as_str().unwrap()).collect();
        assert_eq!(found, keys, "{body}: {said}");
        assert!(errors.iter().all(|error| error["remedy"].is_string()), "{said}");
    }
    for body in ["", "[]", "{", "debug", &"[".repeat(10_000)] {
        assert_eq!(ask(admin.address(), "POST /overrides", body).0, 422, "{body}");
    }
    for question in [
        "",
        "?target=a",
        "?level=debug",
        "?target=a&level=loud",
        "?target=a&level=info&x=1",
        "?target=a&level=info&field=b",
        "?target=a&level=info&place=b",
        "?place=a:b",
        "?place=",
    ] {
        let (status, said) = ask(admin.address(), &format!("GET /explain{question}"), "");
        assert_eq!(status, 422, "{question}: {said}");
    }
    assert!(engine.handle().overrides().is_empty());
}

#[test]
fn statements_are_explained_by_their_place() {
    let engine = Engine::start(ripsaw::builder());
    let admin = admin(&engine).start().unwrap();
    let attached = engine.handle().attach();
    let line = line!() + 1;
    ripsaw::debug!(target: "shop", "off");
    drop(attached);
    let (status, said) =
        ask(admin.address(), &format!("GET /explain?place=admin/overrides.rs:{line}"), "");
    assert_eq!(status, 200, "{said}");
    let found = &said["explanations"].as_array().unwrap()[0];
    assert_eq!((&found["target"], &found["enabled"]), (&"shop".into(), &false.into()));
    assert_eq!(
        ask(admin.address(), "GET /explain?place=nowhere.rs", "").1,
        json!({ "explanations": [] })
    );
}
