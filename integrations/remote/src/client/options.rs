//! How to ask.

use crate::setting::SettingError;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// How requests are made: limits of time and size, and whom to trust. Redirects are never followed, as a token must not travel
/// to another host, and no proxy is used, whatever the environment says.
///
/// ```
/// use ripsaw_remote::HttpOptions;
/// use std::time::Duration;
/// let options = HttpOptions::new().timeout(Duration::from_secs(3)).root_certificates("/etc/shop/ca.pem");
/// # drop(options);
/// ```
#[derive(Clone)]
pub struct HttpOptions {
    pub(crate) connect_timeout: Duration,
    pub(crate) timeout: Duration,
    pub(crate) max_bytes: usize,
    pub(crate) plain_http: bool,
    roots: Vec<Roots>,
}

#[derive(Clone)]
enum Roots {
    File(PathBuf),
    Pem(Vec<u8>),
}

impl Default for HttpOptions {
    fn default() -> HttpOptions {
        HttpOptions {
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(10),
            max_bytes: 1 << 20,
            plain_http: false,
            roots: Vec::new(),
        }
    }
}

impl HttpOptions {
    /// 5 s for the connection and 10 s for all, at most 1 MiB, the system's certificates, `http` to this machine only.
    pub fn new() -> HttpOptions {
        HttpOptions::default()
    }

    /// The longest time until a connection stands, TLS and the look-up of the name included.
    pub fn connect_timeout(mut self, timeout: Duration) -> HttpOptions {
        self.connect_timeout = timeout;
        self
    }

    /// The longest time of a whole request, from the look-up of the name to the last byte of the body.
    pub fn timeout(mut self, timeout: Duration) -> HttpOptions {
        self.timeout = timeout;
        self
    }

    /// The largest body. No more than this is read.
    pub fn max_bytes(mut self, bytes: usize) -> HttpOptions {
        self.max_bytes = bytes;
        self
    }

    /// Trusts the certificates of a PEM file, and the system's no more. Several files add up. It is read once, when what these
    /// options are for is built.
    pub fn root_certificates(mut self, path: impl Into<PathBuf>) -> HttpOptions {
        self.roots.push(Roots::File(path.into()));
        self
    }

    /// The same with the text of such a file.
    pub fn root_certificates_pem(mut self, pem: impl Into<Vec<u8>>) -> HttpOptions {
        self.roots.push(Roots::Pem(pem.into()));
        self
    }

    /// Allows `http` to other machines too. Whoever is on the way there then reads the token, and may answer in the place of
    /// the server.
    pub fn allow_plain_http(mut self) -> HttpOptions {
        self.plain_http = true;
        self
    }

    pub(crate) fn tls(&self) -> Result<Arc<ClientConfig>, SettingError> {
        let mut store = RootCertStore::empty();
        for roots in &self.roots {
            let (shown, pem) = match roots {
                Roots::Pem(pem) => ("PEM".to_owned(), pem.clone()),
                Roots::File(path) => {
                    let shown = path.display().to_string();
                    let read = std::fs::read(path);
                    let read = read.map_err(|e| wrong(&shown, format!("cannot be read: {e}")))?;
                    (shown, read)
                }
            };
            let before = store.len();
            for certificate in CertificateDer::pem_slice_iter(&pem) {
                let certificate = certificate
                    .map_err(|e| wrong(&shown, format!("is no list of certificates: {e}")))?;
                store
                    .add(certificate)
                    .map_err(|e| wrong(&shown, format!("has an unusable certificate: {e}")))?;
            }
            if store.len() == before {
                return Err(wrong(&shown, "has no certificate in the form of PEM".to_owned()));
            }
        }
        if self.roots.is_empty() {
            let found = rustls_native_certs::load_native_certs();
            store.add_parsable_certificates(found.certs);
            if store.is_empty() {
                let remedy = "the system has no certificates (in Debian the package ca-certificates); give your own";
                return Err(wrong("system", remedy.to_owned()));
            }
        }
        // The provider is named, so that another one in the program is neither asked for nor in the way.
        let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|e| SettingError::new("tls", "versions", e.to_string()))?;
        Ok(Arc::new(builder.with_root_certificates(store).with_no_client_auth()))
    }
}

fn wrong(value: &str, remedy: String) -> SettingError {
    SettingError::new("root_certificates", value, remedy)
}

impl fmt::Debug for HttpOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpOptions")
            .field("connect_timeout", &self.connect_timeout)
            .field("timeout", &self.timeout)
            .field("max_bytes", &self.max_bytes)
            .field("plain_http", &self.plain_http)
            .field("root_certificates", &self.roots.len())
            .finish()
    }
}
