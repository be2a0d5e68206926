//! Secrets from a server that speaks Vault's documented API.

#[path = "../support/server.rs"]
mod server;

mod real;

use ripsaw_remote::{Cause, HttpOptions, Vault, VaultError};
use server::{Reply, Request, Server};
use std::time::Duration;

const TOKEN: &str = "hvs.hunter2";

/// A server with an engine of version 1 at `kv`, one of version 2 at `secret`, as they are documented.
fn api(request: &Request) -> Reply {
    if request.header("x-vault-token") != Some(TOKEN) {
        return Reply::status(403, r#"{"errors":["permission denied","invalid token"]}"#);
    }
    let path = request.line.strip_prefix("GET /v1/").and_then(|l| l.strip_suffix(" HTTP/1.1"));
    let body = match path.unwrap_or("") {
        "kv/shop" => {
            r#"{"request_id":"2c3","lease_id":"","lease_duration":2764800,"renewable":false,
                "data":{"user":"ada","password":"correct \"horse\"\nbattery","port":5432,"tls":true,
                "hosts":["a","b"],"none":null},"warnings":null}"#
        }
        "secret/data/shop/config" => {
            r#"{"data":{"data":{"bearer":"s3cret"},"metadata":{"created_time":"2026-01-02T03:04:05Z",
                "custom_metadata":null,"deletion_time":"","destroyed":false,"version":7}}}"#
        }
        "secret/data/shop/config?version=3" => {
            r#"{"data":{"data":{"bearer":"older"},"metadata":{"version":3,"deletion_time":"","destroyed":false}}}"#
        }
        "secret/data/a%20b%3Fc" => r#"{"data":{"data":{},"metadata":{"version":1}}}"#,
        "secret/data/deleted" => {
            return Reply::status(
                404,
                r#"{"data":{"data":null,"metadata":{"deletion_time":"2026-01-02T03:04:05Z","destroyed":false,"version":4}}}"#,
            );
        }
        "secret/shop/config" => {
            return Reply::status(
                404,
                r#"{"errors":[],"warnings":["Invalid path for a versioned K/V secrets engine"]}"#,
            );
        }
        _ => return Reply::status(404, r#"{"errors":[]}"#),
    };
    Reply::ok(body)
}

fn vault(server: &Server) -> Vault {
    let minute = Duration::from_secs(60);
    let options = HttpOptions::new().connect_timeout(minute).timeout(minute);
    Vault::builder(server.url("")).token(TOKEN).namespace("team/a").http(options).build().unwrap()
}

fn started() -> (Server, Vault) {
    let server = Server::start(Reply::Never);
    server.answer(api);
    let vault = vault(&server);
    (server, vault)
}

#[test]
fn inv_027_secrets_of_version_1() {
    let (server, vault) = started();
    let secrets = vault.kv_v1("kv", "shop").unwrap();
    let request = server.last();
    assert_eq!(request.line, "GET /v1/kv/shop HTTP/1.1");
    assert_eq!(request.header("x-vault-token"), Some(TOKEN));
    assert_eq!(request.header("x-vault-namespace"), Some("team/a"));
    assert_eq!(request.header("x-vault-request"), Some("true"));
    let keys: Vec<&str> = secrets.keys().collect();
    assert_eq!(keys, ["user", "password", "port", "tls", "hosts", "none"]);
    for (key, value) in [
        ("user", "ada"),
        ("password", "correct \"horse\"\nbattery"),
        ("port", "5432"),
        ("tls", "true"),
        ("hosts", r#"["a","b"]"#),
        ("none", "null"),
    ] {
        assert_eq!(secrets.get(key).unwrap().expose(), value);
    }
    assert!(secrets.get("other").is_none());
    assert_eq!(secrets.version(), None);
    let shown = format!("{secrets:?}");
    assert!(
        shown.contains("user") && !shown.contains("ada") && !shown.contains("horse"),
        "{shown}"
    );
}

#[test]
fn inv_027_secrets_of_version_2() {
    let (server, vault) = started();
    let secrets = vault.kv_v2("/secret/", "shop/config").unwrap();
    assert_eq!(secrets.get("bearer").unwrap().expose(), "s3cret");
    assert_eq!(secrets.version(), Some(7));
    let secrets = vault.kv_v2_at("secret", "shop/config", 3).unwrap();
    assert_eq!(
        (secrets.get("bearer").unwrap().expose().as_str(), secrets.version()),
        ("older", Some(3))
    );
    assert_eq!(vault.kv_v2("secret", "a b?c").unwrap().keys().count(), 0);
    assert_eq!(server.last().line, "GET /v1/secret/data/a%20b%3Fc HTTP/1.1");
}

#[test]
fn inv_027_errors_say_what_is_to_be_done() {
    let (server, vault) = started();
    let error = vault.kv_v2("secret", "nothing").unwrap_err();
    assert!(matches!(&error, VaultError::Missing { said, .. } if said.is_empty()), "{error}");
    // The path of the other version.
    let error = vault.kv_v1("secret", "shop/config").unwrap_err();
    assert!(matches!(error, VaultError::Missing { .. }), "{error}");
    assert!(error.to_string().contains("versioned K/V"), "{error}");
    let error = vault.kv_v2("secret", "deleted").unwrap_err();
    assert!(matches!(error, VaultError::Deleted { version: 4, .. }), "{error}");
    let before = server.requests().len();
    for (mount, path) in [("secret", "../../sys/seal"), ("", "a"), ("secret", ""), ("a//b", "c")] {
        let error = vault.kv_v2(mount, path).unwrap_err();
        assert!(matches!(error, VaultError::Setting(_)), "{error}");
    }
    assert_eq!(server.requests().len(), before, "nothing was asked");
    let other = Vault::builder(server.url("")).token("hvs.other").build().unwrap();
    let error = other.kv_v2("secret", "shop/config").unwrap_err();
    assert!(matches!(error, VaultError::Forbidden { .. }), "{error}");
    assert!(error.to_string().contains("permission denied; invalid token"), "{error}");
    server.reply(Reply::status(503, r#"{"errors":["Vault is sealed"]}"#));
    let error = vault.kv_v1("kv", "shop").unwrap_err();
    assert!(matches!(error, VaultError::Sealed { .. }), "{error}");
    // As RustyVault says it.
    server.reply(Reply::status(503, r#"{"error":"RustyVault is sealed."}"#));
    let error = vault.kv_v1("kv", "shop").unwrap_err();
    assert!(matches!(error, VaultError::Sealed { .. }), "{error}");
    server.reply(Reply::status(503, "no upstream"));
    let error = vault.kv_v1("kv", "shop").unwrap_err();
    assert!(matches!(error, VaultError::Status { status: 503, .. }), "{error}");
    server.reply(Reply::status(400, r#"{"errors":["namespace\u001b[31m not found"]}"#));
    let error = vault.kv_v1("kv", "shop").unwrap_err();
    assert!(
        matches!(&error, VaultError::Status { status: 400, said, .. } if said == "namespace [31m not found"),
        "{error}"
    );
}

#[test]
fn inv_027_answers_that_are_wrong_are_told_without_their_content() {
    let (server, vault) = started();
    for body in [
        "",
        "{",
        "hunter2",
        "[\"hunter2\"]",
        "{\"data\":\"hunter2\"}",
        "{\"data\":{\"data\":\"hunter2\"}}",
        "{\"data\":{\"password\":\"hunter2\"}}",
        "{\"data\":{\"data\":null}}",
        &format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)),
    ] {
        server.reply(Reply::ok(body));
        let error = vault.kv_v2("secret", "shop/config").unwrap_err();
        assert!(matches!(error, VaultError::Json { .. }), "{error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
    // A server that repeats the token.
    let said = format!(r#"{{"errors":["bad token {TOKEN}{}"]}}"#, "x".repeat(1000));
    server.reply(Reply::status(403, &said));
    let error = vault.kv_v2("secret", "shop/config").unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(shown.contains("bad token ***") && !shown.contains("hunter2"), "{shown}");
    assert!(shown.len() < 1000, "{shown}");
}

#[test]
fn inv_027_a_server_that_fails_is_told() {
    let (server, vault) = started();
    let elsewhere = Server::start(Reply::ok("{}"));
    let location = vec![("Location", elsewhere.url("/v1/secret/data/a"))];
    for (reply, is_expected) in [
        (
            Reply::Answer(307, location, vec![]),
            (|cause| matches!(cause, Cause::Redirect(307))) as fn(&Cause) -> bool,
        ),
        (Reply::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"data\":".into()), |cause| {
            matches!(cause, Cause::Broken(_))
        }),
        (Reply::Answer(200, vec![], vec![b' '; (1 << 20) + 1]), |cause| {
            matches!(cause, Cause::TooLarge(_))
        }),
        (Reply::Raw(vec![]), |cause| matches!(cause, Cause::Broken(_))),
    ] {
        server.reply(reply);
        match vault.kv_v2("secret", "a").unwrap_err() {
            VaultError::Remote(error) => assert!(is_expected(error.cause()), "{error}"),
            other => panic!("{other}"),
        }
    }
    assert!(elsewhere.requests().is_empty());
    server.reply(Reply::Never);
    let short = HttpOptions::new().timeout(Duration::from_millis(200));
    let vault = Vault::builder(server.url("")).token(TOKEN).http(short).build().unwrap();
    let error = vault.kv_v2("secret", "a").unwrap_err();
    assert!(
        matches!(&error, VaultError::Remote(e) if matches!(e.cause(), Cause::TimedOut(_))),
        "{error}"
    );
    drop(server);
    let error = vault.kv_v2("secret", "a").unwrap_err();
    assert!(
        matches!(&error, VaultError::Remote(e) if matches!(e.cause(), Cause::Unreachable(_))),
        "{error}"
    );
}

#[test]
fn settings_that_cannot_be_used_are_told() {
    for (builder, field) in [
        (Vault::builder("http://vault.example:8200").token("a"), "url"),
        (Vault::builder("http://localhost"), "token"),
        (Vault::builder("http://localhost").token("a b"), "token"),
        (Vault::builder("http://localhost").token("a").namespace("a\r\nX-Other: 1"), "namespace"),
        (Vault::builder("http://localhost").token("a").namespace(""), "namespace"),
    ] {
        assert_eq!(builder.build().unwrap_err().field(), field);
    }
}
