//! An endpoint to look at a running engine, and to change it.

mod answer;
mod json;
mod overrides;
mod query;
mod serve;

use crate::host::is_loopback;
use crate::secret::Secret;
use crate::setting::{SettingError, check_token};
use answer::State;
use ripsaw::{Builder, Handle};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::Notify;

/// The shortest token: what is shorter can be guessed.
const SHORTEST_TOKEN: usize = 16;

/// An HTTP endpoint of an engine; dropping it ends it.
///
/// | request | answer |
/// |---|---|
/// | `GET /config` | the levels, overrides, processors and routes in force |
/// | `PUT /levels` | takes the body, in the syntax of `RUST_LOG`, for all levels |
/// | `POST /reload` | takes the body, a TOML document, as [`Handle::reload_toml`] does |
/// | `GET /overrides` | the levels that are set for some calls |
/// | `POST /overrides` | sets one: `{"level": "debug", "target": "shop::db", "seconds": 900}`, with `place` and `fields` as well |
/// | `DELETE /overrides/7` | ends one |
/// | `GET /explain?target=shop::db&level=debug` | what becomes of such a call and why; with `place` and `field=key=value` as well (in quotes it is text) |
/// | `GET /stats` | the counters |
/// | `GET /health` | 200, or 503 if a sink is down |
///
/// Answers are JSON. One that refuses has `errors`, a list of all that is wrong, each with `key`, `value`, `remedy`, and of a
/// document `line`, `column` and `nearest` too. Nothing has changed then. What was changed is told in the stream, by an INFO of the
/// target `ripsaw`.
///
/// Every request needs `Authorization: Bearer` with the token, which is compared in constant time (but for its length), and a
/// `Host` that is this machine, so that a page in a browser whose name leads here is refused. It listens on loopback unless it is
/// told otherwise. There is no TLS: a tunnel or a proxy has it.
///
/// ```
/// use ripsaw_remote::{Admin, Secret};
/// let guard = ripsaw::builder().sink(ripsaw::sink::Null::new()).start_local()?;
/// let admin = Admin::builder(&guard.handle(), Secret::from("0123456789abcdef")).start()?;
/// println!("curl -H 'Authorization: Bearer ...' http://{}/config", admin.address());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "dropping it ends it"]
pub struct Admin {
    address: SocketAddr,
    stop: Arc<Notify>,
    thread: Option<JoinHandle<()>>,
    process: u32,
}

/// Settings of an [`Admin`].
#[must_use = "it is begun by `start`"]
pub struct AdminBuilder {
    state: State,
    address: SocketAddr,
    other_machines: bool,
    limits: Limits,
}

/// What a client may take.
#[derive(Clone, Copy, Debug)]
struct Limits {
    /// For a whole connection.
    time: Duration,
    body: usize,
    connections: usize,
}

impl AdminBuilder {
    /// Listens here: by default at a port of the system's choice on 127.0.0.1.
    pub fn bind(mut self, address: impl Into<SocketAddr>) -> AdminBuilder {
        self.address = address.into();
        self
    }

    /// Allows to listen where other machines reach it. The token then travels unencrypted.
    pub fn allow_other_machines(mut self) -> AdminBuilder {
        self.other_machines = true;
        self
    }

    /// Takes requests whose `Host` is this name or address too, without a port. Those of this machine and the address that it
    /// listens at are taken in any case.
    pub fn allow_host(mut self, host: impl Into<String>) -> AdminBuilder {
        self.state.hosts.push(host.into());
        self
    }

    /// Adds this in code to each document of `POST /reload`, as processors that must hold in any case; see
    /// [`Handle::reload_toml_with`]. It is called on the endpoint's thread.
    pub fn add_to_documents(
        mut self,
        add: impl Fn(Builder) -> Builder + Send + Sync + 'static,
    ) -> AdminBuilder {
        self.state.add = Box::new(add);
        self
    }

    /// The largest body of a request: 1 MiB by default.
    pub fn max_bytes(mut self, bytes: usize) -> AdminBuilder {
        self.limits.body = bytes;
        self
    }

    /// The longest time of a connection, from its first byte to the last of the answer: 10 s by default.
    pub fn timeout(mut self, timeout: Duration) -> AdminBuilder {
        self.limits.time = timeout;
        self
    }

    /// The most connections at a time: 8 by default. Whoever comes then is answered 503 at once.
    pub fn max_connections(mut self, connections: usize) -> AdminBuilder {
        self.limits.connections = connections;
        self
    }

    /// Listens, and serves on a thread of its own until the result is dropped or the engine has ended.
    ///
    /// # Errors
    /// The token or the address cannot be used, or there is no thread.
    pub fn start(self) -> Result<Admin, SettingError> {
        let AdminBuilder { mut state, address, other_machines, limits } = self;
        check_token(state.token.expose())?;
        if state.token.expose().len() < SHORTEST_TOKEN {
            let remedy = format!("use a random one of at least {SHORTEST_TOKEN} characters");
            return Err(SettingError::new("token", "***", remedy));
        }
        let wrong = |remedy: String| SettingError::new("bind", address.to_string(), remedy);
        if !address.ip().is_loopback() && !other_machines {
            let remedy = "is reached by other machines; use 127.0.0.1, or allow_other_machines";
            return Err(wrong(remedy.to_owned()));
        }
        let taken =
            |e: std::io::Error| wrong(format!("cannot be listened at: {e}; choose another"));
        let listener = TcpListener::bind(address).map_err(taken)?;
        listener.set_nonblocking(true).map_err(taken)?;
        let address = listener.local_addr().map_err(taken)?;
        state.hosts.push(address.ip().to_string());
        let stop = Arc::new(Notify::new());
        let (handle, stopped) = (state.handle.clone(), stop.clone());
        let work = move || serve::serve(listener, Arc::new(state), limits, &stopped);
        let thread = handle.spawn_beside("ripsaw-admin", work);
        let thread = thread.map_err(|e| wrong(format!("no thread can be started: {e}")))?;
        Ok(Admin { address, stop, thread: Some(thread), process: std::process::id() })
    }
}

impl Admin {
    /// Settings for an endpoint of this engine, which asks for this token: at least 16 visible characters of ASCII, best random
    /// ones.
    pub fn builder(handle: &Handle, token: impl Into<Secret<String>>) -> AdminBuilder {
        let (handle, token) = (handle.clone(), token.into());
        let state = State { handle, token, hosts: Vec::new(), add: Box::new(|builder| builder) };
        let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
        let limits = Limits { time: Duration::from_secs(10), body: 1 << 20, connections: 8 };
        AdminBuilder { state, address, other_machines: false, limits }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Admin {
    fn drop(&mut self) {
        // A forked child does not have the thread.
        if let Some(thread) = self.thread.take().filter(|_| std::process::id() == self.process) {
            self.stop.notify_one();
            // A panic in it was reported by its hook.
            drop(thread.join());
        }
    }
}

impl fmt::Debug for Admin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admin").field("address", &self.address).finish_non_exhaustive()
    }
}

impl fmt::Debug for AdminBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdminBuilder")
            .field("address", &self.address)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
