use crate::support::Engine;
use crate::{admin, ask};
use ripsaw::process::Redact;
use serde_json::json;

#[test]
fn levels_are_set_or_refused() {
    let engine = Engine::start(ripsaw::builder());
    let admin = admin(&engine).start().unwrap();
    let (status, said) = ask(admin.address(), "PUT /levels", "info,shop::db=trace\n");
    assert_eq!((status, &said["levels"]), (200, &"info,shop::db=trace".into()));
    assert_eq!(engine.levels(), "info,shop::db=trace");
    let text = engine.text();
    assert!(
        text.contains("levels set by=\"admin endpoint\" levels=\"info,shop::db=trace\""),
        "{text}"
    );
    let (status, said) = ask(admin.address(), "PUT /levels", "info,db=inof");
    assert_eq!(status, 422);
    let error = &said["errors"][0];
    assert_eq!((&error["key"], &error["value"]), (&"filter".into(), &"db=inof".into()));
    assert!(error["remedy"].as_str().unwrap().len() > 10, "{said}");
    assert_eq!(engine.levels(), "info,shop::db=trace");
    assert_eq!(engine.told("ripsaw"), 1);
}

#[test]
fn a_document_is_taken_or_answered_with_all_its_errors() {
    let engine = Engine::start(ripsaw::builder());
    let memory = engine.memory.clone();
    let add = move |builder: ripsaw::Builder| builder.processor(Redact::new()).sink(memory.clone());
    let admin = admin(&engine).add_to_documents(add).start().unwrap();
    let (status, said) =
        ask(admin.address(), "POST /reload", "level = 'debug'\nlevels = { db = 'warn' }");
    assert_eq!((status, &said["levels"]), (200, &"debug,db=warning".into()));
    assert_eq!(engine.told("configuration reloaded"), 1);
    // What code adds holds.
    let attached = engine.handle().attach();
    ripsaw::debug!(password = "s3cret", "after the reload");
    drop(attached);
    let text = engine.text();
    assert!(text.contains("after the reload") && !text.contains("s3cret"), "{text}");

    let wrong =
        "levle = 'info'\n[engine]\nclock = 'qarz'\n[[routes]]\nsink = 'kafka'\npassword = 'p4ss'\n";
    let (status, said) = ask(admin.address(), "POST /reload", wrong);
    assert_eq!(status, 422);
    let errors = said["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 4, "{said}");
    let first = &errors[0];
    assert_eq!((&first["line"], &first["column"]), (&1.into(), &1.into()));
    assert_eq!((&first["key"], &first["nearest"]), (&"levle".into(), &"level".into()));
    assert_eq!((&errors[1]["line"], &errors[1]["column"]), (&3.into(), &9.into()));
    assert_eq!(
        (&errors[1]["key"], &errors[1]["value"]),
        (&"engine.clock".into(), &"\"qarz\"".into())
    );
    assert!(!said.to_string().contains("p4ss"), "{said}");
    assert_eq!(engine.levels(), "debug,db=warning");
    assert_eq!(engine.told("configuration refused"), 1);

    let unwritable = "routes = [{ sink = 'file', path = '/nonexistent/ripsaw/x.log' }]";
    let (status, said) = ask(admin.address(), "POST /reload", unwritable);
    assert_eq!((status, &said["errors"][0]["key"]), (422, &json!("file")));
    assert_eq!(said["errors"][0]["value"], "/nonexistent/ripsaw/x.log");
    assert_eq!(engine.levels(), "debug,db=warning");
}
