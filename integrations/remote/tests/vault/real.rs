//! Against a server that was not written for these tests.

use ripsaw_remote::{Vault, VaultError};
use std::io::{Read, Write};
use std::net::TcpStream;

/// `VAULT_ADDR` is `http://host:port` of a server without TLS, with an engine of version 1 at `secret`; `VAULT_TOKEN` may write
/// there. RustyVault is one: `cargo install rusty_vault`, then `rvault server`, `PUT /v1/sys/init` and `PUT /v1/sys/unseal`.
///
/// `VAULT_ADDR=.. VAULT_TOKEN=.. cargo test -p ripsaw-remote --test vault -- --ignored needs_vault`
#[test]
#[ignore = "needs a server: VAULT_ADDR and VAULT_TOKEN; no package of the ladder's brings one"]
fn needs_vault_reads_what_a_server_has() {
    let variable = |name: &str| std::env::var(name).unwrap_or_else(|e| panic!("{name}: {e}"));
    let (address, token) = (variable("VAULT_ADDR"), variable("VAULT_TOKEN"));
    let host = address.strip_prefix("http://").expect("a server without TLS");
    let body = r#"{"user":"ada","password":"correct \"horse\"\nbattery","port":5432}"#;
    let mut stream = TcpStream::connect(host).unwrap();
    let request = format!(
        "PUT /v1/secret/ripsaw/a%20b HTTP/1.1\r\nHost: {host}\r\nX-Vault-Token: {token}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 20"), "{answer}");

    let vault = Vault::builder(&address).token(token.as_str()).build().unwrap();
    let secrets = vault.kv_v1("secret", "ripsaw/a b").unwrap();
    let value = |key: &str| secrets.get(key).unwrap().expose().clone();
    assert_eq!((value("user"), value("port")), ("ada".to_owned(), "5432".to_owned()));
    assert_eq!(value("password"), "correct \"horse\"\nbattery");
    let error = vault.kv_v1("secret", "ripsaw/nothing").unwrap_err();
    assert!(matches!(error, VaultError::Missing { .. }), "{error}");
    let stranger = Vault::builder(&address).token("hvs.hunter2").build().unwrap();
    let error = stranger.kv_v1("secret", "ripsaw/a b").unwrap_err();
    assert!(matches!(error, VaultError::Forbidden { .. }), "{error}");
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
}
