use crate::support::Engine;
use crate::{TOKEN, admin, ask, parsed, raw};
use ripsaw_remote::Admin;
use std::net::SocketAddr;

/// Asks for the levels with these headers.
fn with(address: SocketAddr, target: &str, headers: &[&str]) -> u16 {
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    parsed(&raw(address, format!("GET {target} HTTP/1.1\r\n{headers}\r\n").as_bytes())).0
}

#[test]
fn who_has_no_token_is_told_nothing() {
    let engine = Engine::start(ripsaw::builder());
    let admin = admin(&engine).start().unwrap();
    let address = admin.address();
    let right = format!("Authorization: Bearer {TOKEN}");
    for (header, status) in [
        ("X-Other: 1".to_owned(), 401),
        ("Authorization: Bearer".to_owned(), 401),
        ("Authorization: Bearer ".to_owned(), 401),
        (format!("Authorization: Bearer {}", &TOKEN[1..]), 401),
        (format!("Authorization: Bearer {}", &TOKEN[..TOKEN.len() - 1]), 401),
        (format!("{right}x"), 401),
        (right.replace('0', "1"), 401),
        (right.replace("Bearer", "Basic"), 401),
        (right.replace("Bearer ", ""), 401),
        (right.replace("Bearer", "bearer"), 200),
        (right.clone(), 200),
    ] {
        let asked = with(address, "/config", &["Host: localhost", &header]);
        assert_eq!(asked, status, "{header}");
    }
    for line in ["PUT /levels", "POST /reload", "POST /overrides", "DELETE /overrides/1", "GET /x"]
    {
        let request =
            format!("{line} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\ndebug");
        let answer = raw(address, request.as_bytes());
        assert!(
            answer.starts_with("HTTP/1.1 401") && answer.contains("www-authenticate: Bearer"),
            "{answer}"
        );
    }
    assert_eq!((engine.levels().as_str(), engine.text().as_str()), ("info", ""));
    assert!(!format!("{admin:?}").contains("hunter2"));
}

/// A page whose name leads to this machine has its own name in `Host`.
#[test]
fn who_comes_by_another_name_is_refused() {
    let engine = Engine::start(ripsaw::builder());
    let admin = admin(&engine).allow_host("logs.internal").start().unwrap();
    let (address, port) = (admin.address(), admin.address().port());
    let token = format!("Authorization: Bearer {TOKEN}");
    for (host, status) in [
        (format!("127.0.0.1:{port}"), 200),
        ("127.0.0.1".to_owned(), 200),
        ("LOCALHOST:1".to_owned(), 200),
        ("[::1]:80".to_owned(), 200),
        ("logs.internal:80".to_owned(), 200),
        ("evil.example".to_owned(), 403),
        (format!("evil.example:{port}"), 403),
        ("localhost.evil.example".to_owned(), 403),
        ("127.0.0.1.evil.example".to_owned(), 403),
        ("evil.example@localhost".to_owned(), 403),
        ("localhost@evil.example".to_owned(), 403),
        ("192.0.2.1".to_owned(), 403),
        ("".to_owned(), 403),
    ] {
        let asked = with(address, "/config", &[&format!("Host: {host}"), &token]);
        assert_eq!(asked, status, "{host}");
    }
    assert_eq!(with(address, "/config", &[&token]), 403);
    assert_eq!(with(address, "/config", &["Host: localhost", "Host: evil.example", &token]), 403);
    assert_eq!(with(address, "http://evil.example/config", &["Host: localhost", &token]), 403);
    assert_eq!(with(address, "http://localhost/config", &["Host: localhost", &token]), 200);
}

#[test]
fn it_is_looked_at() {
    let engine = Engine::start(ripsaw::builder().filter("info,db=debug"));
    let admin = admin(&engine).start().unwrap();
    let attached = engine.handle().attach();
    ripsaw::info!("one record");
    drop(attached);
    engine.text();
    let (status, config) = ask(admin.address(), "GET /config", "");
    assert_eq!(status, 200);
    assert_eq!((&config["levels"], &config["default"]), (&"info,db=debug".into(), &"info".into()));
    assert_eq!(config["routes"], serde_json::json!(["memory"]));
    assert_eq!(config["overrides"], serde_json::json!([]));
    let (status, stats) = ask(admin.address(), "GET /stats", "");
    assert_eq!((status, &stats["written"], &stats["dropped"]), (200, &1.into(), &0.into()));
    assert_eq!(stats["routes"][0]["written"], 1);
    let (status, health) = ask(admin.address(), "GET /health", "");
    assert_eq!((status, &health["status"]), (200, &"healthy".into()));
    for (line, status) in [
        ("GET /", 404),
        ("GET /config/", 404),
        ("GET /overrides/1/2", 404),
        ("GET //config", 200),
        ("POST /config", 405),
        ("GET /levels", 405),
        ("OPTIONS /levels", 405),
        ("PUT /overrides", 405),
        ("GET /overrides/1", 405),
    ] {
        let (asked, said) = ask(admin.address(), line, "");
        assert_eq!(asked, status, "{line}: {said}");
    }
}

/// A sink that takes nothing.
#[derive(Debug)]
struct Broken;

impl ripsaw::sink::Sink for Broken {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(std::io::Error::other("no space"))
    }
    fn flush(&mut self, _: ripsaw::sink::Durability) -> std::io::Result<()> {
        Ok(())
    }
    fn name(&self) -> String {
        "broken".to_owned()
    }
}

#[test]
fn a_sink_that_is_down_is_unhealthy() {
    let engine = Engine::start(ripsaw::builder().route(ripsaw::Route::new(Broken)));
    let admin = admin(&engine).start().unwrap();
    let attached = engine.handle().attach();
    ripsaw::info!("to nowhere");
    drop(attached);
    crate::support::until("the sink is down", || ask(admin.address(), "GET /health", "").0 == 503);
    let (_, health) = ask(admin.address(), "GET /health", "");
    assert_eq!(health["status"], "unhealthy");
    let broken = &health["routes"].as_array().unwrap()[0];
    assert_eq!((&broken["name"], &broken["state"]), (&"broken".into(), &"down".into()));
    assert!(broken["last_error"].as_str().unwrap().contains("no space"), "{broken}");
    engine.abandon();
}

#[test]
fn settings_that_cannot_be_used_are_told() {
    let engine = Engine::start(ripsaw::builder());
    let handle = engine.handle();
    for token in ["", "short", "0123456789abcde", "with space 0123456789", "line\n0123456789abcdef"]
    {
        let error = Admin::builder(&handle, token).start().unwrap_err();
        assert_eq!((error.field(), error.value()), ("token", "***"));
    }
    let everywhere: SocketAddr = "0.0.0.0:0".parse().unwrap();
    let error = Admin::builder(&handle, TOKEN).bind(everywhere).start().unwrap_err();
    assert_eq!((error.field(), error.value()), ("bind", "0.0.0.0:0"));
    let admin = Admin::builder(&handle, TOKEN).bind(everywhere).allow_other_machines();
    assert!(!format!("{admin:?}").contains("hunter2"));
    let admin = admin.start().unwrap();
    let address = SocketAddr::from(([127, 0, 0, 1], admin.address().port()));
    assert_eq!(ask(address, "GET /health", "").0, 200);
    let error = Admin::builder(&handle, TOKEN).bind(admin.address()).allow_other_machines();
    let error = error.start().unwrap_err();
    assert!(error.to_string().contains("cannot be listened at"), "{error}");
}
