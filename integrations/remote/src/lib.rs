//! [`ripsaw`]'s configuration from afar: a document that is fetched by HTTPS and followed ([`RemoteSource`]), secrets from
//! Vault ([`Vault`]), and an endpoint on loopback to look at a running engine and to change it ([`Admin`]).
//!
//! Each part works alone; the first two are the feature `client`, the last is `admin`, and both are on by default. No token is
//! in any error, record or `Debug`, and the requests of this crate are in nobody's log.

#![forbid(unsafe_code)]

#[cfg(feature = "admin")]
mod admin;
#[cfg(any(feature = "client", feature = "admin"))]
mod body;
#[cfg(feature = "client")]
mod client;
#[cfg(feature = "client")]
mod error;
#[cfg(any(feature = "client", feature = "admin"))]
mod host;
#[cfg(any(feature = "client", feature = "admin"))]
mod race;
#[cfg(feature = "client")]
mod random;
mod secret;
#[cfg(any(feature = "client", feature = "admin"))]
mod setting;
#[cfg(feature = "client")]
mod source;
#[cfg(feature = "client")]
mod vault;

#[cfg(feature = "admin")]
pub use admin::{Admin, AdminBuilder};
#[cfg(feature = "client")]
pub use client::HttpOptions;
#[cfg(feature = "client")]
pub use error::{Cause, RemoteError};
pub use secret::Secret;
#[cfg(any(feature = "client", feature = "admin"))]
pub use setting::SettingError;
#[cfg(feature = "client")]
pub use source::{Follow, Loaded, Origin, RemoteSource, RemoteSourceBuilder, SourceStatus};
#[cfg(feature = "client")]
pub use vault::{Secrets, Vault, VaultBuilder, VaultError};

/// The samples of the README are compiled.
#[cfg(all(doctest, feature = "client", feature = "admin"))]
#[doc = include_str!("../README.md")]
struct ReadmeDoctests;
