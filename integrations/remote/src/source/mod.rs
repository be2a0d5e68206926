//! A configuration that a server has.

mod cache;
mod follow;
mod poll;

pub use follow::Follow;
pub use poll::SourceStatus;

use crate::client::{Client, Headers, HttpOptions, Url, shown};
use crate::error::{Cause, RemoteError};
use crate::secret::Secret;
use crate::setting::{SettingError, check_token};
use cache::Cache;
use http::HeaderValue;
use http::header::{AUTHORIZATION, IF_NONE_MATCH};
use ripsaw::{Builder, Document, Handle};
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// The longest pause: a year.
const LONGEST: Duration = Duration::from_secs(365 * 86_400);

/// A TOML document on a server: fetched for the start, then followed (spec \[26\]).
///
/// The document is that of [`Document`]: its keys, its errors. It is asked for by `GET` with `Authorization: Bearer` and, from
/// the second time on, `If-None-Match`, and must come with status 200. JSON is not read, as an error could not say where it is.
///
/// ```no_run
/// use ripsaw_remote::{HttpOptions, RemoteSource, Secret};
/// use std::time::Duration;
/// let source = RemoteSource::builder("https://config.example/shop/ripsaw.toml")
///     .bearer_token(Secret::new(std::env::var("CONFIG_TOKEN")?))
///     .interval(Duration::from_secs(30))
///     .cache("/var/lib/shop/ripsaw.toml") // a start without the network takes the last one
///     .build()?;
/// let loaded = source.load()?;
/// let guard = loaded.document.builder().start()?;
/// let follow = source.follow(&guard.handle())?; // until it is dropped
/// println!("{:?}", follow.status());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct RemoteSource {
    client: Client,
    url: Url,
    token: Token,
    interval: Duration,
    cache: Option<Cache>,
    /// What [`RemoteSource::load`] gave last.
    loaded: std::sync::Mutex<Option<Known>>,
}

/// Where a request's token comes from.
enum Token {
    None,
    Fixed(Secret<String>),
    File(PathBuf),
}

/// What a load has found out.
#[derive(Clone)]
struct Known {
    text: Arc<str>,
    etag: Option<HeaderValue>,
    /// It is the server's, not the cache's.
    is_fresh: bool,
}

/// What the server has.
struct Fetched {
    text: Arc<str>,
    etag: Option<HeaderValue>,
}

/// What [`RemoteSource::load`] found.
#[derive(Debug)]
#[non_exhaustive]
pub struct Loaded {
    /// The document, checked: to start an engine with.
    pub document: Document,
    /// Where it is from.
    pub origin: Origin,
}

/// Where a document is from.
#[derive(Debug)]
#[non_exhaustive]
pub enum Origin {
    /// The server.
    Remote,
    /// The file of the last good one, because of this.
    Cache(RemoteError),
}

/// Settings of a [`RemoteSource`].
pub struct RemoteSourceBuilder {
    url: String,
    token: Option<Secret<String>>,
    token_file: Option<PathBuf>,
    options: HttpOptions,
    interval: Duration,
    cache: Option<PathBuf>,
}

impl RemoteSourceBuilder {
    /// Sends `Authorization: Bearer` with this token.
    pub fn bearer_token(mut self, token: impl Into<Secret<String>>) -> RemoteSourceBuilder {
        self.token = Some(token.into());
        self
    }

    /// The same with a token that is read from a file before each request, for one that is renewed there, as those of
    /// Kubernetes. White space around it is not part of it. It counts before [`RemoteSourceBuilder::bearer_token`].
    pub fn bearer_token_file(mut self, path: impl Into<PathBuf>) -> RemoteSourceBuilder {
        self.token_file = Some(path.into());
        self
    }

    /// Limits and certificates.
    pub fn http(mut self, options: HttpOptions) -> RemoteSourceBuilder {
        self.options = options;
        self
    }

    /// How often the server is asked: 60 s by default, at least 100 ms. Each pause is up to a tenth longer or shorter, so that
    /// many services that were started together do not ask together.
    pub fn interval(mut self, interval: Duration) -> RemoteSourceBuilder {
        self.interval = interval;
        self
    }

    /// Keeps the last good document in this file, which is replaced as a whole and can be read by its user alone. Its folder
    /// must exist, and be one where nobody else can write: what is in the cache is taken for what the server has said.
    pub fn cache(mut self, path: impl Into<PathBuf>) -> RemoteSourceBuilder {
        self.cache = Some(path.into());
        self
    }

    /// Checks all this. Nothing is asked for yet.
    ///
    /// # Errors
    /// The URL, the token or the certificates cannot be used.
    pub fn build(self) -> Result<RemoteSource, SettingError> {
        let url = Url::parse(&self.url, self.options.plain_http)?;
        let client = Client::new(&url, self.options)?;
        let token = match (self.token_file, self.token) {
            (Some(path), _) => Token::File(path),
            (None, Some(token)) => {
                check_token(token.expose())?;
                Token::Fixed(token)
            }
            (None, None) => Token::None,
        };
        let interval = self.interval.clamp(Duration::from_millis(100), LONGEST);
        let (cache, loaded) = (self.cache.map(Cache::new), std::sync::Mutex::default());
        Ok(RemoteSource { client, url, token, interval, cache, loaded })
    }
}

impl RemoteSource {
    /// Settings for this address: `https`, or `http` to this machine.
    pub fn builder(url: impl Into<String>) -> RemoteSourceBuilder {
        RemoteSourceBuilder {
            url: url.into(),
            token: None,
            token_file: None,
            options: HttpOptions::new(),
            interval: Duration::from_secs(60),
            cache: None,
        }
    }

    /// Asks for the document, on the calling thread, and keeps it in the cache if there is one. If that brings no good document,
    /// the cache's is taken. Takes as long as [`HttpOptions::timeout`] at most.
    ///
    /// # Errors
    /// Why the server gave no good document, where there is no cache with one either.
    pub fn load(&self) -> Result<Loaded, RemoteError> {
        let fetched = self.fetch(None, &Notify::new());
        let fetched = fetched.and_then(|fetched| fetched.ok_or(Cause::Status(304)));
        let parsed = fetched.and_then(|fetched| {
            let document = Document::parse(&fetched.text);
            let document = document.map_err(|e| Cause::Refused(Arc::new(e.into())))?;
            Ok((fetched, document))
        });
        let (known, loaded) = match parsed {
            Ok((Fetched { text, etag }, document)) => {
                if let Some(cache) = &self.cache {
                    // That it cannot be written is told by the one who follows.
                    let _ = cache.write(&text);
                }
                let loaded = Loaded { document, origin: Origin::Remote };
                (Known { text, etag, is_fresh: true }, loaded)
            }
            Err(cause) => {
                let error = self.error(cause);
                let Some((text, document)) = self.cached() else { return Err(error) };
                let loaded = Loaded { document, origin: Origin::Cache(error) };
                (Known { text, etag: None, is_fresh: false }, loaded)
            }
        };
        *self.loaded.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(known);
        Ok(loaded)
    }

    /// Asks again and again, from a thread of its own, and reloads the engine when the document has changed. The engine is taken
    /// to have what [`RemoteSource::load`] gave; without a load, or after one that took the cache's, the server is asked at once.
    ///
    /// A document that is taken is told by an INFO `configuration reloaded` of the target `ripsaw`. One that is wrong changes
    /// nothing and is told once, by an ERROR `configuration refused`; that the server gives none is told once for each kind of
    /// trouble, by an ERROR `configuration source failed`, and that it does so again by an INFO `configuration source
    /// recovered`. Each document is taken alone, see [`Handle::reload_toml`]: what [`Document::with_env`] added to the first
    /// one is gone then too. What must stay is said in code, by [`RemoteSource::follow_with`]; a document that has `env_prefix`
    /// is always read with the environment.
    ///
    /// # Errors
    /// If the thread cannot be started.
    pub fn follow(self, handle: &Handle) -> io::Result<Follow> {
        self.follow_with(handle, |builder| builder)
    }

    /// The same with what `add` adds to each document in code, as processors that must hold in any case.
    ///
    /// # Errors
    /// If the thread cannot be started.
    pub fn follow_with(
        self,
        handle: &Handle,
        add: impl Fn(Builder) -> Builder + Send + 'static,
    ) -> io::Result<Follow> {
        Follow::start(self, handle, Box::new(add))
    }

    /// None if the server still has what bears this tag.
    fn fetch(&self, known: Option<&HeaderValue>, stop: &Notify) -> Result<Option<Fetched>, Cause> {
        let mut headers = Headers::new();
        if let Some(token) = self.token()? {
            headers.push((AUTHORIZATION, token));
        }
        if let Some(etag) = known {
            headers.push((IF_NONE_MATCH, etag.clone()));
        }
        let answer = self.client.get(&self.url, headers, stop)?;
        match answer.status {
            200 => {}
            304 if known.is_some() => return Ok(None),
            status @ (301 | 302 | 303 | 307 | 308) => return Err(Cause::Redirect(status)),
            status => return Err(Cause::Status(status)),
        }
        let text = std::str::from_utf8(&answer.body);
        let text = text.map_err(|error| Cause::NotUtf8(error.valid_up_to()))?;
        if text.trim().is_empty() {
            return Err(Cause::Empty);
        }
        Ok(Some(Fetched { text: text.into(), etag: answer.etag }))
    }

    /// The header's value.
    fn token(&self) -> Result<Option<HeaderValue>, Cause> {
        let of_file;
        let token = match &self.token {
            Token::None => return Ok(None),
            Token::Fixed(token) => token,
            Token::File(path) => {
                let unreadable =
                    |e| Cause::Token(format!("{} cannot be read: {e}", path.display()));
                let text = Secret::new(std::fs::read_to_string(path).map_err(unreadable)?);
                of_file = Secret::from(text.expose().trim());
                check_token(of_file.expose()).map_err(|e| Cause::Token(e.remedy().to_owned()))?;
                &of_file
            }
        };
        let value = Secret::new(format!("Bearer {}", token.expose()));
        let value = HeaderValue::from_str(value.expose());
        let mut value = value.map_err(|_| Cause::Token("no header can carry it".to_owned()))?;
        value.set_sensitive(true);
        Ok(Some(value))
    }

    fn cached(&self) -> Option<(Arc<str>, Document)> {
        let text = self.cache.as_ref()?.read()?;
        let document = Document::parse(&text).ok()?;
        Some((text.into(), document))
    }

    fn error(&self, cause: Cause) -> RemoteError {
        RemoteError::new(&self.url, cause)
    }
}

impl fmt::Debug for RemoteSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteSource")
            .field("url", &self.url)
            .field("interval", &self.interval)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for RemoteSourceBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteSourceBuilder")
            .field("url", &shown(&self.url))
            .field("http", &self.options)
            .field("interval", &self.interval)
            .field("cache", &self.cache)
            .finish_non_exhaustive()
    }
}
