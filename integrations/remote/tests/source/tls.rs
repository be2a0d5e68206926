use crate::certificates::Authority;
use crate::server::{Reply, Server};
use crate::support::{Engine, scratch};
use crate::{patient, source};
use ripsaw_remote::{Cause, HttpOptions, RemoteSource};
use std::time::Duration;

#[test]
fn inv_026_a_document_comes_by_https_from_whom_is_trusted() {
    let authority = Authority::new("ours");
    let server = Server::tls(authority.server("localhost"), Reply::ok("level = 'warn'"));
    let path = scratch("ca.pem");
    std::fs::write(&path, format!("{}{}", Authority::new("another").pem, authority.pem)).unwrap();
    for options in [
        patient().root_certificates(&path),
        patient().root_certificates_pem(authority.pem.as_str()),
    ] {
        let source = RemoteSource::builder(server.https("localhost", "/")).bearer_token("s3cret");
        let loaded = source.http(options).build().unwrap().load().unwrap();
        assert_eq!(loaded.document.config.levels().to_string(), "warning");
    }
    assert_eq!(server.last().header("authorization"), Some("Bearer s3cret"));
    // By its address.
    let server = Server::tls(authority.server("127.0.0.1"), Reply::ok("level = 'warn'"));
    let options = patient().root_certificates_pem(authority.pem.as_str());
    assert!(source(&server.https("127.0.0.1", "/")).http(options).build().unwrap().load().is_ok());
}

#[test]
fn inv_026_who_is_not_trusted_gets_no_token() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let good = Reply::ok("level = 'trace'");
    for (name, server, said) in [
        ("expired", Server::tls(ours.expired("localhost"), good.clone()), "xpired"),
        ("stranger", Server::tls(theirs.server("localhost"), good.clone()), "UnknownIssuer"),
        ("misnamed", Server::tls(ours.server("example.org"), good), "not valid for name"),
    ] {
        let trusted = patient().root_certificates_pem(ours.pem.as_str());
        let source = source(&server.https("localhost", "/")).bearer_token("hunter2").http(trusted);
        let error = source.build().unwrap().load().unwrap_err();
        assert!(matches!(error.cause(), Cause::Certificate(_)), "{name}: {error:?}");
        assert!(error.to_string().contains(said), "{name}: {error}");
        assert!(server.requests().is_empty(), "{name}: {:?}", server.requests());
    }
    // The system does not know our authority.
    let server = Server::tls(ours.server("localhost"), Reply::ok("level = 'trace'"));
    if let Ok(source) = source(&server.https("localhost", "/")).build() {
        let error = source.load().unwrap_err();
        assert!(matches!(error.cause(), Cause::Certificate(_)), "{error:?}");
    }
}

#[test]
fn inv_026_a_certificate_that_expires_keeps_the_last_good() {
    let authority = Authority::new("ours");
    let server = Server::alone(4, Some(authority.server("127.0.0.4")), Reply::ok("level = 'warn'"));
    let address = server.address();
    let trusted = patient().root_certificates_pem(authority.pem.as_str());
    let source = source(&server.https("127.0.0.4", "/")).http(trusted).build().unwrap();
    let engine = Engine::start(source.load().unwrap().document.builder());
    let follow = source.follow_with(&engine.handle(), engine.add()).unwrap();
    drop(server);
    let server =
        Server::at(address, Some(authority.expired("127.0.0.4")), Reply::ok("level = 'info'"));
    follow.poll_now();
    let error = follow.poll_now().error.unwrap();
    assert!(matches!(error.cause(), Cause::Certificate(_)), "{error:?}");
    assert_eq!((engine.told("source failed"), engine.levels().as_str()), (1, "warning"));
    drop(server);
    let server =
        Server::at(address, Some(authority.server("127.0.0.4")), Reply::ok("level = 'info'"));
    assert_eq!((follow.poll_now().changes, engine.levels().as_str()), (1, "info"));
    drop(server);
}

#[test]
fn a_server_without_tls_is_not_trusted() {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
        let mut seen = Vec::new();
        // However the client ends it.
        let _ = stream.read_to_end(&mut seen);
        seen
    });
    let options = patient().root_certificates_pem(Authority::new("ours").pem);
    let source = source(&url).bearer_token("hunter2").http(options).build().unwrap();
    let error = source.load().unwrap_err();
    assert!(matches!(error.cause(), Cause::Certificate(_)), "{error:?}");
    let seen = server.join().unwrap();
    assert!(!seen.windows(7).any(|bytes| bytes == b"hunter2"));
}

#[test]
fn a_handshake_that_is_broken_off_says_nothing_of_trust() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
    let server = std::thread::spawn(move || drop(listener.accept().unwrap()));
    let options = patient().root_certificates_pem(Authority::new("ours").pem);
    let error = source(&url).http(options).build().unwrap().load().unwrap_err();
    assert!(matches!(error.cause(), Cause::Broken(_)), "{error:?}");
    server.join().unwrap();
}

#[test]
fn a_handshake_has_a_limit_of_time() {
    // Accepts, by the system, and says nothing.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let authority = Authority::new("ours");
    let options = HttpOptions::new()
        .connect_timeout(Duration::from_millis(200))
        .timeout(Duration::from_secs(3600))
        .root_certificates_pem(authority.pem.as_str());
    let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
    let error = source(&url).http(options).build().unwrap().load().unwrap_err();
    assert!(matches!(error.cause(), Cause::TimedOut(limit) if limit.as_millis() == 200), "{error}");
}
