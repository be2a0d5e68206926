//! Requests are in nobody's log.

#[path = "support/certificates.rs"]
mod certificates;
#[path = "support/server.rs"]
mod server;

use certificates::Authority;
use ripsaw::sink::Memory;
use ripsaw_remote::{HttpOptions, RemoteSource, Vault};
use server::{Reply, Server};
use std::time::Duration;

/// The client is built of parts that log nothing: at TRACE, through the `log` facade, no request and no token is seen.
#[test]
fn a_request_is_in_nobodys_log() {
    let authority = Authority::new("ours");
    let plain = Server::start(Reply::status(401, "hunter2"));
    let secured = Server::tls(authority.server("localhost"), Reply::ok("level = 'trace'"));
    let memory = Memory::new();
    let builder = ripsaw::builder().level(ripsaw::Level::Trace).sink(memory.clone());
    let guard = builder.start().unwrap();
    log::trace!("the facade is heard");
    let trusted = HttpOptions::new().root_certificates_pem(authority.pem.as_str());
    for url in [plain.url("/"), secured.https("localhost", "/")] {
        let source = RemoteSource::builder(&url).bearer_token("hunter2").http(trusted.clone());
        let loaded = source.build().unwrap().load();
        assert_eq!(loaded.is_ok(), url.starts_with("https"));
        let vault = Vault::builder(&url).token("hunter2").http(trusted.clone()).build().unwrap();
        assert!(vault.kv_v2("secret", "a").is_err());
    }
    assert_eq!(plain.requests().len() + secured.requests().len(), 4);
    guard.handle().flush(Duration::from_secs(60)).unwrap();
    let text = memory.text();
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.contains("the facade is heard"), "{text}");
}
