use crate::server::{Reply, Request, Server};
#[cfg(target_os = "linux")]
use crate::support::is_unsignalled;
use crate::support::{Engine, scratch, until};
use crate::{patient, source};
use ripsaw::process::Redact;
use ripsaw_remote::{Cause, HttpOptions, Origin, RemoteSource};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// As a server that knows its tags.
fn tagged(text: &'static str, tag: &'static str) -> impl Fn(&Request) -> Reply {
    move |request: &Request| match request.header("if-none-match") {
        Some(known) if known == tag => Reply::Answer(304, vec![("ETag", tag.to_owned())], vec![]),
        _ => Reply::Answer(200, vec![("ETag", tag.to_owned())], text.into()),
    }
}

#[test]
fn inv_026_a_document_is_fetched_and_followed() {
    let server = Server::start(Reply::Never);
    server.answer(tagged("level = 'warn'", "\"1\""));
    let source = source(&server.url("/shop/ripsaw.toml?region=eu")).bearer_token("s3cret");
    let source = source.build().unwrap();
    let loaded = source.load().unwrap();
    assert!(matches!(loaded.origin, Origin::Remote));
    let request = server.last();
    assert_eq!(request.line, "GET /shop/ripsaw.toml?region=eu HTTP/1.1");
    assert_eq!(request.header("authorization"), Some("Bearer s3cret"));
    assert_eq!(request.header("host"), Some(server.address().to_string().as_str()));
    assert_eq!(request.header("accept-encoding"), Some("identity"));
    assert_eq!(request.header("if-none-match"), None);

    let engine = Engine::start(loaded.document.builder());
    assert_eq!(engine.levels(), "warning");
    let follow = source.follow_with(&engine.handle(), engine.add()).unwrap();
    assert_eq!(server.requests().len(), 1, "what was loaded is not asked for again");
    // The same, by its tag.
    let status = follow.poll_now();
    assert_eq!(server.last().header("if-none-match"), Some("\"1\""));
    assert_eq!((status.polls, status.changes, status.failures), (1, 0, 0));
    assert!(status.last_good.is_some() && status.last_change.is_none() && status.error.is_none());
    // Another one.
    server.answer(tagged("level = 'debug'", "\"2\""));
    let status = follow.poll_now();
    assert_eq!((status.polls, status.changes, engine.levels().as_str()), (2, 1, "debug"));
    assert!(status.last_change.is_some());
    // Another tag, but the same text: what was set since then stays.
    engine.handle().set_level(ripsaw::Level::Error);
    server.answer(tagged("level = 'debug'", "\"3\""));
    assert_eq!(follow.poll_now().changes, 1);
    assert_eq!(engine.levels(), "error");
    follow.poll_now();
    assert_eq!(server.last().header("if-none-match"), Some("\"3\""));
    // A server without tags.
    server.reply(Reply::ok("level = 'trace'"));
    assert_eq!((follow.poll_now().changes, engine.levels().as_str()), (2, "trace"));
    assert_eq!(server.requests().pop().unwrap().header("if-none-match"), Some("\"3\""));
    follow.poll_now();
    assert_eq!(server.last().header("if-none-match"), None);
    let text = engine.text();
    assert_eq!(
        (text.lines().count(), text.matches("configuration reloaded").count()),
        (2, 2),
        "{text}"
    );
}

#[test]
fn inv_026_what_code_adds_holds_for_each_document() {
    let server = Server::start(Reply::ok("level = 'info'"));
    let engine = Engine::start(ripsaw::builder());
    let (memory, calls) = (engine.memory.clone(), Arc::new(AtomicUsize::new(0)));
    let counted = calls.clone();
    let add = move |builder: ripsaw::Builder| {
        counted.fetch_add(1, Ordering::SeqCst);
        builder.processor(Redact::new()).sink(memory.clone())
    };
    let source = source(&server.url("/")).build().unwrap();
    // Nothing was loaded, so the thread asks at once.
    let follow = source.follow_with(&engine.handle(), add).unwrap();
    until("the first document", || follow.status().changes == 1);
    server.reply(Reply::ok("level = 'debug'"));
    assert_eq!(follow.poll_now().changes, 2);
    let attached = engine.handle().attach();
    ripsaw::debug!(password = "hunter2", "after a reload");
    drop(attached);
    let text = engine.text();
    assert!(text.contains("after a reload") && !text.contains("hunter2"), "{text}");
    assert_eq!(calls.load(Ordering::SeqCst), 2);
}

#[test]
fn the_thread_asks_again_and_again_until_it_is_dropped() {
    let server = Server::start(Reply::ok("level = 'warn'"));
    let engine = Engine::start(ripsaw::builder());
    let source = RemoteSource::builder(server.url("/")).interval(Duration::ZERO).build().unwrap();
    let follow = source.follow_with(&engine.handle(), engine.add()).unwrap();
    until("the first document", || engine.levels() == "warning");
    server.reply(Reply::ok("level = 'error'"));
    until("the second document", || engine.levels() == "error");
    drop(follow);
    let before = server.requests().len();
    server.reply(Reply::ok("level = 'trace'"));
    // Three intervals: whoever still asked would be seen.
    std::thread::sleep(Duration::from_millis(350));
    assert_eq!((server.requests().len(), engine.levels().as_str()), (before, "error"));
}

#[test]
fn dropping_it_breaks_off_a_request_that_gets_no_answer() {
    let server = Server::start(Reply::Never);
    let engine = Engine::start(ripsaw::builder());
    let long = Duration::from_secs(86_400);
    let options = HttpOptions::new().connect_timeout(long).timeout(long);
    let source = RemoteSource::builder(server.url("/")).http(options).build().unwrap();
    let follow = source.follow_with(&engine.handle(), engine.add()).unwrap();
    until("the request", || !server.requests().is_empty());
    let dropping = std::thread::spawn(move || drop(follow));
    until("the end of the thread", || dropping.is_finished());
    dropping.join().unwrap();
    assert_eq!(engine.text(), "", "that is no failure");
}

#[cfg(target_os = "linux")]
#[test]
fn no_handler_of_the_programs_runs_on_its_thread() {
    let server = Server::start(Reply::ok("level = 'warn'"));
    let engine = Engine::start(ripsaw::builder());
    let source = source(&server.url("/")).build().unwrap();
    let follow = source.follow_with(&engine.handle(), engine.add()).unwrap();
    // A thread names itself when it begins.
    until("a thread of its own", || is_unsignalled("ripsaw-remote"));
    drop(follow);
}

#[test]
fn it_ends_with_the_engine() {
    let server = Server::start(Reply::ok("level = 'warn'"));
    let source = source(&server.url("/")).build().unwrap();
    let guard = source.load().unwrap().document.builder();
    let guard = guard.sink(ripsaw::sink::Null::new()).start_local().unwrap();
    let follow = source.follow(&guard.handle()).unwrap();
    assert_eq!(follow.poll_now().polls, 1);
    drop(guard);
    assert_eq!(follow.poll_now().polls, 1);
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn it_works_on_a_thread_of_a_runtime() {
    let server = Server::start(Reply::ok("level = 'warn'"));
    let source = source(&server.url("/")).build().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let engine = Engine::start(ripsaw::builder());
    runtime.block_on(async {
        assert!(source.load().is_ok());
        let follow = source.follow_with(&engine.handle(), engine.add()).unwrap();
        assert!(follow.poll_now().error.is_none());
    });
}

#[test]
fn a_token_in_a_file_may_be_renewed() {
    let server = Server::start(Reply::ok("level = 'warn'"));
    let path = scratch("token");
    std::fs::write(&path, "first\n").unwrap();
    let source = source(&server.url("/")).bearer_token("not this").bearer_token_file(&path);
    let source = source.build().unwrap();
    source.load().unwrap();
    assert_eq!(server.last().header("authorization"), Some("Bearer first"));
    std::fs::write(&path, "  second ").unwrap();
    source.load().unwrap();
    assert_eq!(server.last().header("authorization"), Some("Bearer second"));
    for text in ["", "two\nlines", "ünsichtbar"] {
        std::fs::write(&path, text).unwrap();
        let error = source.load().unwrap_err();
        assert!(matches!(error.cause(), Cause::Token(_)), "{error}");
        assert!(text.is_empty() || !error.to_string().contains(text), "{error}");
    }
    std::fs::remove_file(&path).unwrap();
    let error = source.load().unwrap_err();
    assert!(error.to_string().contains("token cannot be read"), "{error}");
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn settings_that_cannot_be_used_are_told() {
    let of = |url: &str| RemoteSource::builder(url);
    let error = of("http://config.example/").build().unwrap_err();
    assert_eq!((error.field(), error.value()), ("url", "http://config.example/"));
    assert!(of("http://config.example/").http(patient().allow_plain_http()).build().is_ok());
    let error = of("http://localhost/").bearer_token("hunter2\n").build().unwrap_err();
    assert_eq!((error.field(), error.value()), ("token", "***"));
    let missing = patient().root_certificates("/nonexistent/ca.pem");
    let error = of("https://localhost/").http(missing).build().unwrap_err();
    assert_eq!((error.field(), error.value()), ("root_certificates", "/nonexistent/ca.pem"));
    for pem in ["", "no PEM", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let wrong = patient().root_certificates_pem(pem);
        let error = of("https://localhost/").http(wrong).build().unwrap_err();
        assert_eq!(error.field(), "root_certificates", "{error}");
    }
}

/// What the program adds may panic; the source is followed on.
#[test]
fn a_panic_of_what_is_added_does_not_end_it() {
    let server = Server::start(Reply::ok("level = 'warn'"));
    let source = RemoteSource::builder(server.url("/")).http(patient());
    let source = source.interval(Duration::from_millis(100)).build().unwrap();
    let engine = Engine::start(source.load().unwrap().document.builder());
    let (add, calls) = (engine.add(), AtomicUsize::new(0));
    let add = move |builder| {
        assert!(calls.fetch_add(1, Ordering::SeqCst) > 0, "on purpose");
        add(builder)
    };
    let follow = source.follow_with(&engine.handle(), add).unwrap();
    server.reply(Reply::ok("level = 'error'"));
    until("the reload", || engine.levels() == "error");
    assert_eq!(follow.status().changes, 1);
}
