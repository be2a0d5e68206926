//! What is asked, and what is answered.

use super::json::{self, errors, plain_error};
use super::query::Query;
use super::{is_loopback, overrides};
use crate::body::{BodyError, Whole, collect};
use crate::secret::Secret;
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HOST, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Request, Response, StatusCode};
use hyper::body::Incoming;
use ripsaw::{Builder, Event, FileError, Handle, Level, SinkState};
use serde_json::{Value, json};
use subtle::ConstantTimeEq as _;

/// What all requests are answered from.
pub(super) struct State {
    pub(super) handle: Handle,
    pub(super) token: Secret<String>,
    /// Names that are taken for this machine.
    pub(super) hosts: Vec<String>,
    pub(super) add: Box<dyn Fn(Builder) -> Builder + Send + Sync>,
}

/// A status and what is said.
pub(super) struct Reply {
    status: StatusCode,
    body: Value,
    header: Option<(&'static str, &'static str)>,
}

impl Reply {
    pub(super) fn new(status: StatusCode, body: Value) -> Reply {
        Reply { status, body, header: None }
    }
    pub(super) fn ok(body: Value) -> Reply {
        Reply::new(StatusCode::OK, body)
    }
    pub(super) fn refused(status: StatusCode, remedy: &str) -> Reply {
        Reply::new(status, errors(vec![plain_error(remedy)]))
    }
    /// What was asked cannot be done as it was asked.
    pub(super) fn wrong(errors: Value) -> Reply {
        Reply::new(StatusCode::UNPROCESSABLE_ENTITY, errors)
    }
    fn with(self, name: &'static str, value: &'static str) -> Reply {
        Reply { header: Some((name, value)), ..self }
    }
    fn into_response(self) -> Response<Whole> {
        let mut response = Response::new(Whole::new(format!("{:#}\n", self.body)));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if let Some((name, value)) = self.header {
            headers.insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

/// Answers a request. Its body is not looked at before it is known to be allowed.
pub(super) async fn answer(
    state: &State,
    request: Request<Incoming>,
    limit: usize,
) -> Response<Whole> {
    let (head, body) = request.into_parts();
    if let Err(reply) = state.admit(&head) {
        return reply.into_response();
    }
    let path: Vec<&str> = head.uri.path().trim_start_matches('/').split('/').collect();
    let reply = match (head.method.as_str(), path.as_slice()) {
        ("GET", ["config"]) => state.config(),
        ("GET", ["stats"]) => Reply::ok(json::stats(&state.handle.stats())),
        ("GET", ["health"]) => state.health(),
        ("GET", ["overrides"]) => overrides::list(&state.handle),
        ("GET", ["explain"]) => overrides::explain(&state.handle, &Query::of(head.uri.query())),
        ("DELETE", ["overrides", id]) => overrides::remove(&state.handle, id),
        ("PUT", ["levels"]) => {
            text(body, limit).await.map_or_else(|r| r, |text| state.levels(&text))
        }
        ("POST", ["reload"]) => {
            text(body, limit).await.map_or_else(|r| r, |text| state.reload(&text))
        }
        ("POST", ["overrides"]) => {
            text(body, limit).await.map_or_else(|r| r, |text| overrides::add(&state.handle, &text))
        }
        (_, ["config" | "stats" | "health" | "explain"]) => not_so("GET"),
        (_, ["levels"]) => not_so("PUT"),
        (_, ["reload"]) => not_so("POST"),
        (_, ["overrides"]) => not_so("GET, POST"),
        (_, ["overrides", _]) => not_so("DELETE"),
        _ => {
            let known = "is not here; there are /config, /levels, /reload, /overrides, /explain, /stats and /health";
            Reply::refused(StatusCode::NOT_FOUND, known)
        }
    };
    reply.into_response()
}

/// Another method is meant.
fn not_so(allowed: &'static str) -> Reply {
    let said = format!("the method is not for this; use {allowed}");
    Reply::refused(StatusCode::METHOD_NOT_ALLOWED, &said).with("allow", allowed)
}

/// The body as text, or why not.
async fn text(body: Incoming, limit: usize) -> Result<String, Reply> {
    match collect(body, limit).await {
        Ok(bytes) => String::from_utf8(bytes.to_vec()).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            let said = format!("the body is not UTF-8, from byte {at} on");
            Reply::refused(StatusCode::BAD_REQUEST, &said)
        }),
        Err(BodyError::TooLarge) => {
            let said = format!("the body has more than {limit} bytes");
            Err(Reply::refused(StatusCode::PAYLOAD_TOO_LARGE, &said))
        }
        Err(BodyError::Broken(error)) => {
            let said = format!("the body is not whole: {error}");
            Err(Reply::refused(StatusCode::BAD_REQUEST, &said))
        }
    }
}

impl State {
    /// Refuses who comes by a strange name, or has no token.
    fn admit(&self, head: &http::request::Parts) -> Result<(), Reply> {
        let mut hosts = head.headers.get_all(HOST).iter();
        let host = hosts.next().and_then(|host| host.to_str().ok());
        let authority = head.uri.authority().map(|authority| authority.as_str());
        if hosts.next().is_some() || host.is_none_or(|host| !self.is_here(host)) {
            let said = "the header Host is not this machine; use 127.0.0.1, or allow_host";
            return Err(Reply::refused(StatusCode::FORBIDDEN, said));
        }
        if authority.is_some_and(|authority| !self.is_here(authority)) {
            return Err(Reply::refused(
                StatusCode::FORBIDDEN,
                "the request is for another machine",
            ));
        }
        let given = head.headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
        let token = given.and_then(|given| {
            let (scheme, token) = given.split_at_checked(7)?;
            scheme.eq_ignore_ascii_case(b"bearer ").then_some(token)
        });
        let is_right =
            token.is_some_and(|token| token.ct_eq(self.token.expose().as_bytes()).into());
        if is_right {
            return Ok(());
        }
        let said = "the token is missing or wrong; send it as Authorization: Bearer";
        Err(Reply::refused(StatusCode::UNAUTHORIZED, said).with("www-authenticate", "Bearer"))
    }

    /// Whether a name, perhaps with a port, is this machine.
    fn is_here(&self, authority: &str) -> bool {
        let Ok(authority) = authority.parse::<http::uri::Authority>() else { return false };
        if authority.as_str().contains('@') {
            return false;
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        is_loopback(host) || self.hosts.iter().any(|known| known.eq_ignore_ascii_case(host))
    }

    fn config(&self) -> Reply {
        let (levels, stats) = (self.handle.levels(), self.handle.stats());
        let processors: Vec<&str> = stats.processors.iter().map(|p| p.name.as_str()).collect();
        let routes: Vec<&str> = stats.routes.iter().map(|route| route.name.as_str()).collect();
        Reply::ok(json!({
            "levels": levels.to_string(),
            "default": levels.default_threshold().to_string(),
            "overrides": overrides::active(&self.handle),
            "processors": processors,
            "routes": routes,
        }))
    }

    fn health(&self) -> Reply {
        let (stats, is_running) = (self.handle.stats(), !self.handle.is_stopped());
        let is_up = stats.routes.iter().all(|route| route.state != SinkState::Down);
        let routes = stats.routes.iter().map(json::route_state);
        let status = if is_running && is_up { "healthy" } else { "unhealthy" };
        let body = json!({
            "status": status,
            "running": is_running,
            "routes": routes.collect::<Vec<Value>>(),
        });
        match is_running && is_up {
            true => Reply::ok(body),
            false => Reply::new(StatusCode::SERVICE_UNAVAILABLE, body),
        }
    }

    fn levels(&self, text: &str) -> Reply {
        if let Err(error) = self.handle.set_filter(text.trim()) {
            return Reply::wrong(errors(vec![json::config_error(&error)]));
        }
        let levels = self.handle.levels().to_string();
        let _attached = self.handle.attach();
        Event::new(Level::Info, "levels set")
            .target("ripsaw")
            .field("by", "admin endpoint")
            .field("levels", levels.as_str())
            .emit();
        Reply::ok(json!({ "levels": levels }))
    }

    /// The engine tells what came of it.
    fn reload(&self, text: &str) -> Reply {
        match self.handle.reload_toml_with(text, &self.add) {
            Ok(()) => Reply::ok(json!({ "levels": self.handle.levels().to_string() })),
            Err(FileError::Document(found)) => {
                Reply::wrong(errors(found.errors().iter().map(json::document_error).collect()))
            }
            Err(FileError::Config(error)) => Reply::wrong(errors(vec![json::config_error(&error)])),
            Err(other) => Reply::wrong(errors(vec![plain_error(&other.to_string())])),
        }
    }
}
