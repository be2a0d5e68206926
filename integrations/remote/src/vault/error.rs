//! Why Vault gave no secrets.

use crate::error::RemoteError;
use crate::setting::SettingError;
use std::fmt;

/// Why there are no secrets. No token and no secret is in it; what the server says is in `said`, in one line of at most 300
/// characters. Its `Debug` is its `Display`, for `main` functions that return it.
#[derive(Clone)]
#[non_exhaustive]
pub enum VaultError {
    /// The server is sealed (503): it must be unsealed by its operators.
    Sealed {
        /// What was asked.
        url: String,
    },
    /// The token is not valid, or its policies do not allow this (403).
    Forbidden {
        /// What was asked.
        url: String,
        /// What the server says.
        said: String,
    },
    /// There is nothing at this path, or no engine at this mount (404).
    Missing {
        /// What was asked.
        url: String,
        /// What the server says.
        said: String,
    },
    /// This version was deleted or destroyed (404).
    Deleted {
        /// What was asked.
        url: String,
        /// Which version.
        version: u64,
    },
    /// Another status than is documented for this request.
    Status {
        /// What was asked.
        url: String,
        /// Which.
        status: u16,
        /// What the server says.
        said: String,
    },
    /// The answer is not the JSON that is documented.
    Json {
        /// What was asked.
        url: String,
        /// What is wrong with it.
        said: String,
    },
    /// No usable answer came.
    Remote(RemoteError),
    /// The mount or the path cannot be asked for.
    Setting(SettingError),
}

impl fmt::Display for VaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let behind =
            |said: &str| if said.is_empty() { String::new() } else { format!(" ({said})") };
        match self {
            VaultError::Sealed { url } => {
                write!(f, "{url}: Vault is sealed; its operators must unseal it")
            }
            VaultError::Forbidden { url, said } => write!(
                f,
                "{url}: forbidden{}; look at the token, its policies and the namespace",
                behind(said)
            ),
            VaultError::Missing { url, said } => write!(
                f,
                "{url}: nothing there{}; look at mount, path and version of the engine",
                behind(said)
            ),
            VaultError::Deleted { url, version } => {
                write!(
                    f,
                    "{url}: version {version} was deleted; ask for another one, or undelete it"
                )
            }
            VaultError::Status { url, status, said } => {
                write!(f, "{url}: status {status}{}", behind(said))
            }
            VaultError::Json { url, said } => {
                write!(f, "{url}: the answer is not as documented: {said}")
            }
            VaultError::Remote(error) => error.fmt(f),
            VaultError::Setting(error) => error.fmt(f),
        }
    }
}

impl fmt::Debug for VaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for VaultError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            VaultError::Remote(error) => Some(error),
            VaultError::Setting(error) => Some(error),
            _ => None,
        }
    }
}
