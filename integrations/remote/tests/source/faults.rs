use crate::server::{Reply, Server};
use crate::support::Engine;
use crate::{patient, source};
use ripsaw_remote::{Cause, HttpOptions, RemoteSource};
use std::time::Duration;

const GOOD: &str = "level = 'warn'";

/// A name, what the server does, how long the client waits, and whether an error is what is expected.
type Fault = (&'static str, Reply, HttpOptions, fn(&Cause) -> bool);

fn faults(elsewhere: &str) -> Vec<Fault> {
    let short = || HttpOptions::new().timeout(Duration::from_millis(300));
    let raw = |text: &str| Reply::Raw(text.into());
    let redirect = |status| {
        let location = vec![("Location", elsewhere.to_owned())];
        Reply::Answer(status, location, GOOD.into())
    };
    let gzip = Reply::Answer(200, vec![("Content-Encoding", "gzip".to_owned())], GOOD.into());
    let endless = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let chunk = format!("4000\r\n{}\r\n", "#".repeat(0x4000));
    vec![
        ("no answer", Reply::Never, short(), |c| matches!(c, Cause::TimedOut(_))),
        (
            "a body that drips",
            Reply::Drip(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n".into()),
            short(),
            |c| matches!(c, Cause::TimedOut(_)),
        ),
        ("a head that drips", Reply::Drip(b"HTTP/1.1 200 OK\r\nX-Long: ".into()), short(), |c| {
            matches!(c, Cause::TimedOut(_))
        }),
        ("500", Reply::status(500, GOOD), patient(), |c| matches!(c, Cause::Status(500))),
        ("401", Reply::status(401, ""), patient(), |c| matches!(c, Cause::Status(401))),
        ("404", Reply::status(404, GOOD), patient(), |c| matches!(c, Cause::Status(404))),
        ("201", Reply::status(201, GOOD), patient(), |c| matches!(c, Cause::Status(201))),
        ("304, unasked", Reply::status(304, ""), patient(), |c| matches!(c, Cause::Status(304))),
        ("301", redirect(301), patient(), |c| matches!(c, Cause::Redirect(301))),
        ("307", redirect(307), patient(), |c| matches!(c, Cause::Redirect(307))),
        (
            "a body that is cut",
            raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nlevel = 'trace'\n"),
            patient(),
            |c| matches!(c, Cause::Broken(_)),
        ),
        (
            "a chunk that is cut",
            raw(&format!("{endless}ff\r\nlevel = 'trace'\n")),
            patient(),
            |c| matches!(c, Cause::Broken(_)),
        ),
        (
            "a body of which nobody can tell whether it is whole",
            raw("HTTP/1.1 200 OK\r\n\r\nlevel = 'trace'\n"),
            patient(),
            |c| matches!(c, Cause::Broken(_)),
        ),
        ("no answer but an end", raw(""), patient(), |c| matches!(c, Cause::Broken(_))),
        ("no HTTP", raw("SSH-2.0-OpenSSH_9\r\n\r\n"), patient(), |c| matches!(c, Cause::Broken(_))),
        ("compressed", gzip, patient(), |c| matches!(c, Cause::Broken(_))),
        (
            "a large body, told beforehand",
            raw("HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n"),
            patient(),
            |c| matches!(c, Cause::TooLarge(65536)),
        ),
        ("a large body, not told", raw(&format!("{endless}{}", chunk.repeat(5))), patient(), |c| {
            matches!(c, Cause::TooLarge(65536))
        }),
        (
            "a large head",
            raw(&format!("HTTP/1.1 200 OK\r\nX-Long: {}\r\n\r\n", "x".repeat(1 << 20))),
            patient(),
            |c| matches!(c, Cause::Broken(_)),
        ),
        ("not UTF-8", Reply::Answer(200, vec![], b"level = '\xff'".into()), patient(), |c| {
            matches!(c, Cause::NotUtf8(9))
        }),
        ("empty", Reply::ok(" \n"), patient(), |c| matches!(c, Cause::Empty)),
        ("no TOML", Reply::ok("{\"level\": \"info\"}"), patient(), |c| {
            matches!(c, Cause::Refused(_))
        }),
        ("HTML", Reply::ok("<html>log in</html>"), patient(), |c| matches!(c, Cause::Refused(_))),
        ("unknown keys", Reply::ok("levle = 'info'\nlevel = 'loud'"), patient(), |c| {
            matches!(c, Cause::Refused(_))
        }),
        (
            "a sink that cannot be opened",
            Reply::ok("routes = [{ sink = 'file', path = '/nonexistent/ripsaw/x.log' }]"),
            patient(),
            |c| matches!(c, Cause::Refused(_)),
        ),
    ]
}

#[test]
fn inv_026_the_last_good_is_kept_and_trouble_is_told_once() {
    let elsewhere = Server::start(Reply::ok("level = 'trace'"));
    for (name, fault, options, is_expected) in faults(&elsewhere.url("/")) {
        let server = Server::start(Reply::ok(GOOD));
        let options = options.max_bytes(64 * 1024);
        let source = RemoteSource::builder(server.url("/a?sig=hunter2"))
            .bearer_token("hunter2")
            .interval(Duration::from_secs(3600))
            .http(options);
        let source = source.build().unwrap();
        let loaded = source.load().unwrap();
        let engine = Engine::start(loaded.document.builder().level(ripsaw::Level::Info));
        let follow = source.follow_with(&engine.handle(), engine.add()).unwrap();
        follow.poll_now();
        server.reply(fault);
        for failures in 1..=3 {
            let status = follow.poll_now();
            let error = status.error.unwrap_or_else(|| panic!("{name}: no error"));
            assert!(is_expected(error.cause()), "{name}: {error:?}");
            assert_eq!(format!("{error:?}"), error.to_string(), "{name}");
            assert!(!format!("{error} {follow:?}").contains("hunter2"), "{name}");
            assert_eq!((status.failures, status.changes), (failures, 0), "{name}");
        }
        assert_eq!(engine.levels(), "info", "{name}: nothing has changed");
        let failed = engine.told("configuration source failed");
        let refused = engine.told("configuration refused");
        assert_eq!(failed + refused, 1, "{name}: {}", engine.text());
        assert_eq!(engine.told("recovered"), 0, "{name}");
        // What the engine has is good again.
        server.reply(Reply::ok(GOOD));
        for _ in 0..2 {
            let status = follow.poll_now();
            assert_eq!((status.failures, status.changes), (0, 0), "{name}");
            assert!(status.error.is_none(), "{name}");
        }
        let text = engine.text();
        assert_eq!(text.matches("source recovered").count(), 1, "{name}: {text}");
        assert!(text.contains("failures=3"), "{name}: {text}");
        assert!(!text.contains("hunter2"), "{name}: {text}");
        assert_eq!(text.lines().count(), 2, "{name}: {text}");
    }
    assert!(elsewhere.requests().is_empty(), "a redirect was followed");
}

#[test]
fn inv_026_another_trouble_is_told_again() {
    let server = Server::start(Reply::ok(GOOD));
    let source = source(&server.url("/")).build().unwrap();
    let engine =
        Engine::start(source.load().unwrap().document.builder().level(ripsaw::Level::Info));
    let follow = source.follow_with(&engine.handle(), engine.add()).unwrap();
    let wrong = Reply::ok("level = 'loud'");
    let mut told = 0;
    for (reply, is_new) in [
        (Reply::status(500, ""), true),
        (Reply::status(500, ""), false),
        (Reply::status(503, ""), true),
        (wrong.clone(), true),
        (wrong.clone(), false),
        (Reply::status(500, ""), true),
        (wrong.clone(), true),
        (Reply::ok("level = 'louder'"), true),
        (wrong, true),
    ] {
        server.reply(reply);
        follow.poll_now();
        told += usize::from(is_new);
        assert_eq!(engine.text().lines().count(), told, "{}", engine.text());
    }
    server.reply(Reply::ok("level = 'debug'"));
    assert_eq!(follow.poll_now().changes, 1);
    assert_eq!((engine.told("recovered"), engine.levels().as_str()), (1, "debug"));
}

/// A tag belongs to what was refused too: the server need not send it again.
#[test]
fn a_wrong_document_is_refused_by_its_tag() {
    let server = Server::start(Reply::ok(GOOD));
    let source = source(&server.url("/")).build().unwrap();
    let engine = Engine::start(source.load().unwrap().document.builder());
    let follow = source.follow_with(&engine.handle(), engine.add()).unwrap();
    server.answer(|request| match request.header("if-none-match") {
        Some("\"wrong\"") => Reply::status(304, ""),
        _ => Reply::Answer(200, vec![("ETag", "\"wrong\"".to_owned())], "level = 1".into()),
    });
    for failures in 1..=3 {
        let status = follow.poll_now();
        assert!(matches!(status.error.unwrap().cause(), Cause::Refused(_)));
        assert_eq!(status.failures, failures);
    }
    assert_eq!(server.last().header("if-none-match"), Some("\"wrong\""));
    assert_eq!(engine.told("configuration refused"), 1);
}

#[test]
fn inv_026_a_server_that_is_away_comes_back() {
    let server = Server::alone(2, None, Reply::ok(GOOD));
    let (address, url) = (server.address(), server.url("/"));
    let source = source(&url).build().unwrap();
    let engine =
        Engine::start(source.load().unwrap().document.builder().level(ripsaw::Level::Info));
    let follow = source.follow_with(&engine.handle(), engine.add()).unwrap();
    drop(server);
    for _ in 0..2 {
        let error = follow.poll_now().error.unwrap();
        assert!(matches!(error.cause(), Cause::Unreachable(_)), "{error}");
    }
    assert_eq!((engine.told("no connection"), engine.levels().as_str()), (1, "info"));
    let server = Server::at(address, None, Reply::ok("level = 'debug'"));
    assert_eq!(follow.poll_now().changes, 1);
    assert_eq!((engine.told("source recovered"), engine.levels().as_str()), (1, "debug"));
    drop(server);
    let error = RemoteSource::builder("http://localhost:1/").build().unwrap().load().unwrap_err();
    assert!(matches!(error.cause(), Cause::Unreachable(_)), "{error}");
}

/// What a document names may come later than the document.
#[test]
fn a_sink_that_can_be_opened_later_is_taken_without_another_word() {
    let folder = crate::support::scratch("later");
    let path = folder.join("x.log");
    let text = format!("level = 'debug'\nroutes = [{{ sink = 'file', path = {path:?} }}]");
    let server = Server::start(Reply::ok(GOOD));
    let source = source(&server.url("/")).build().unwrap();
    let engine = Engine::start(source.load().unwrap().document.builder());
    let follow = source.follow_with(&engine.handle(), engine.add()).unwrap();
    server.reply(Reply::ok(&text));
    assert!(follow.poll_now().error.is_some() && follow.poll_now().error.is_some());
    assert_eq!(engine.told("configuration refused"), 1);
    std::fs::create_dir(&folder).unwrap();
    let status = follow.poll_now();
    assert!(status.error.is_none(), "{status:?}");
    assert_eq!((status.changes, engine.levels().as_str()), (1, "debug"));
    let text = engine.text();
    assert!(text.contains("configuration reloaded levels=debug"), "{text}");
    assert_eq!(text.matches("source recovered").count(), 1, "{text}");
}
