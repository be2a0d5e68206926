//! Secrets from Vault's key-value engines.

mod error;
mod secrets;

pub use error::VaultError;
pub use secrets::Secrets;

use crate::client::{Client, Headers, HttpOptions, Url, shown};
use crate::error::{Cause, RemoteError};
use crate::secret::Secret;
use crate::setting::{SettingError, check_token};
use http::{HeaderName, HeaderValue};
use secrets::{Shape, Wiped};
use std::fmt;
use tokio::sync::Notify;

/// Reads secrets of a Vault (or OpenBao) server, from its key-value engines of both versions (spec \[27\]).
///
/// ```no_run
/// use ripsaw_remote::{RemoteSource, Secret, Vault};
/// let vault = Vault::builder("https://vault.example:8200")
///     .token(Secret::new(std::env::var("VAULT_TOKEN")?))
///     .namespace("shop")
///     .build()?;
/// let secrets = vault.kv_v2("secret", "logging/config")?; // GET /v1/secret/data/logging/config
/// let token = secrets.get("bearer").ok_or("no `bearer` in secret/logging/config")?;
/// let source = RemoteSource::builder("https://config.example/ripsaw.toml").bearer_token(token.clone()).build()?;
/// # drop(source);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Secrets are values for a program's own code, as tokens and keys. They are not put into configuration documents: no key of a
/// document takes a secret, and errors show values.
pub struct Vault {
    client: Client,
    url: Url,
    token: Secret<String>,
    namespace: Option<HeaderValue>,
}

/// Settings of a [`Vault`].
pub struct VaultBuilder {
    url: String,
    token: Secret<String>,
    namespace: Option<String>,
    options: HttpOptions,
}

impl VaultBuilder {
    /// Sends this as `X-Vault-Token`.
    pub fn token(mut self, token: impl Into<Secret<String>>) -> VaultBuilder {
        self.token = token.into();
        self
    }

    /// Sends this as `X-Vault-Namespace`.
    pub fn namespace(mut self, namespace: impl Into<String>) -> VaultBuilder {
        self.namespace = Some(namespace.into());
        self
    }

    /// Limits and certificates.
    pub fn http(mut self, options: HttpOptions) -> VaultBuilder {
        self.options = options;
        self
    }

    /// Checks all this. Nothing is asked for yet.
    ///
    /// # Errors
    /// The URL, the token, the namespace or the certificates cannot be used.
    pub fn build(self) -> Result<Vault, SettingError> {
        let url = Url::parse(&self.url, self.options.plain_http)?;
        check_token(self.token.expose())?;
        let namespace = self.namespace.map(|name| {
            let remedy = "a namespace has visible characters of ASCII only";
            let visible = !name.is_empty() && name.chars().all(|c| c.is_ascii_graphic());
            let value = HeaderValue::from_str(&name).ok().filter(|_| visible);
            value.ok_or_else(|| SettingError::new("namespace", name, remedy))
        });
        let client = Client::new(&url, self.options)?;
        Ok(Vault { client, url, token: self.token, namespace: namespace.transpose()? })
    }
}

impl Vault {
    /// Settings for a server, as `https://vault.example:8200`. It must be given a token.
    pub fn builder(url: impl Into<String>) -> VaultBuilder {
        let (url, options) = (url.into(), HttpOptions::new());
        VaultBuilder { url, token: Secret::from(""), namespace: None, options }
    }

    /// The secrets at a path of an engine of version 1: `GET /v1/{mount}/{path}`. Waits on the calling thread, as the
    /// others do, at most for [`HttpOptions::timeout`].
    ///
    /// # Errors
    /// See [`VaultError`].
    pub fn kv_v1(&self, mount: &str, path: &str) -> Result<Secrets, VaultError> {
        self.read(
            Shape::Flat,
            &format!("{}/{}", encoded("mount", mount)?, encoded("path", path)?),
            None,
        )
    }

    /// The newest secrets at a path of an engine of version 2: `GET /v1/{mount}/data/{path}`.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub fn kv_v2(&self, mount: &str, path: &str) -> Result<Secrets, VaultError> {
        let path = format!("{}/data/{}", encoded("mount", mount)?, encoded("path", path)?);
        self.read(Shape::Versioned, &path, None)
    }

    /// The same as they were in a version.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub fn kv_v2_at(&self, mount: &str, path: &str, version: u64) -> Result<Secrets, VaultError> {
        let path = format!("{}/data/{}", encoded("mount", mount)?, encoded("path", path)?);
        self.read(Shape::Versioned, &path, Some(format!("version={version}")))
    }

    fn read(&self, shape: Shape, path: &str, query: Option<String>) -> Result<Secrets, VaultError> {
        let url = self.url.below(&format!("v1/{path}"));
        let shown = url.to_string();
        let url = match query {
            Some(query) => url.with_query(query),
            None => url,
        };
        let remote = |cause| VaultError::Remote(RemoteError::new(&shown, cause));
        let token = HeaderValue::from_str(self.token.expose());
        let mut token =
            token.map_err(|_| remote(Cause::Token("no header can carry it".to_owned())))?;
        token.set_sensitive(true);
        let mut headers = Headers::from([
            (HeaderName::from_static("x-vault-token"), token),
            // Without it an agent of Vault's may refuse.
            (HeaderName::from_static("x-vault-request"), HeaderValue::from_static("true")),
        ]);
        if let Some(namespace) = &self.namespace {
            headers.push((HeaderName::from_static("x-vault-namespace"), namespace.clone()));
        }
        let answer = self.client.get(&url, headers, &Notify::new()).map_err(remote)?;
        let body = Wiped::parse(&answer.body);
        match (answer.status, body) {
            (200, Ok(body)) => {
                body.into_secrets(shape).map_err(|said| VaultError::Json { url: shown, said })
            }
            (200, Err(said)) => Err(VaultError::Json { url: shown, said }),
            (status @ (301 | 302 | 303 | 307 | 308), _) => Err(remote(Cause::Redirect(status))),
            (status, body) => {
                let body = body.ok();
                let said = body.as_ref().map(|body| self.cleaned(&body.said())).unwrap_or_default();
                let deleted = body.as_ref().and_then(Wiped::deleted);
                Err(match (status, deleted) {
                    (403, _) => VaultError::Forbidden { url: shown, said },
                    (404, Some(version)) => VaultError::Deleted { url: shown, version },
                    (404, None) => VaultError::Missing { url: shown, said },
                    (503, _) if said.contains("sealed") => VaultError::Sealed { url: shown },
                    (status, _) => VaultError::Status { url: shown, status, said },
                })
            }
        }
    }

    /// What the server says, in one line of bounded length, and without the token if it says that.
    fn cleaned(&self, said: &str) -> String {
        let said = said.replace(self.token.expose(), "***");
        said.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect()
    }
}

/// A path with what is special in URLs spelled out.
fn encoded(field: &'static str, path: &str) -> Result<String, VaultError> {
    let trimmed = path.trim_matches('/');
    let is_odd = |part: &str| part.is_empty() || part == "." || part == "..";
    if trimmed.split('/').any(is_odd) {
        let remedy = "use names with / between them, none of which is empty, . or ..";
        return Err(VaultError::Setting(SettingError::new(field, path, remedy)));
    }
    let mut out = String::new();
    for byte in trimmed.bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    Ok(out)
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault")
            .field("url", &self.url)
            .field("namespace", &self.namespace)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for VaultBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VaultBuilder")
            .field("url", &shown(&self.url))
            .field("namespace", &self.namespace)
            .field("http", &self.options)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_cannot_leave_their_mount() {
        assert_eq!(encoded("path", "/shop/a b/").unwrap(), "shop/a%20b");
        assert_eq!(encoded("path", "a?b#c%2e").unwrap(), "a%3Fb%23c%252e");
        assert_eq!(encoded("path", "ä").unwrap(), "%C3%A4");
        for bad in ["", "/", "a//b", "../sys", "a/../../sys", "a/./b"] {
            assert!(matches!(encoded("path", bad), Err(VaultError::Setting(_))), "{bad}");
        }
    }
}
