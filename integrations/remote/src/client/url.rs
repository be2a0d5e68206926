//! Where to ask.

use crate::host::is_loopback;
use crate::setting::SettingError;
use std::fmt;

/// An address that was checked.
#[derive(Clone)]
pub(crate) struct Url {
    pub(crate) is_https: bool,
    /// Without the brackets of an IPv6 address.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// As in the header `Host`.
    pub(crate) authority: String,
    path: String,
    query: Option<String>,
}

impl Url {
    /// Refuses what is no absolute address of `https`, or of `http` to this machine (or if that is `plain`), and passwords in it.
    pub(crate) fn parse(text: &str, plain: bool) -> Result<Url, SettingError> {
        let wrong = |remedy: &str| SettingError::new("url", shown(text), remedy);
        let uri: http::Uri = text
            .parse()
            .map_err(|_| wrong("is no URL; use https://host/path, with % for what is not ASCII"))?;
        let is_https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(wrong("use https://host/path")),
        };
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        if authority.contains('@') {
            return Err(wrong("a URL has no user and password here; give the token by itself"));
        }
        let host =
            uri.host().unwrap_or("").trim_start_matches('[').trim_end_matches(']').to_owned();
        if host.is_empty() {
            return Err(wrong("the host is missing; use https://host/path"));
        }
        if !is_https && !plain && !is_loopback(&host) {
            return Err(wrong(
                "use https, for by http the token can be read by others; HttpOptions::allow_plain_http if it must be",
            ));
        }
        let port = uri.port_u16().unwrap_or(if is_https { 443 } else { 80 });
        let (path, query) = (uri.path().to_owned(), uri.query().map(str::to_owned));
        Ok(Url { is_https, host, port, authority: authority.to_owned(), path, query })
    }

    /// What stands in the line of the request.
    pub(crate) fn path_and_query(&self) -> String {
        match &self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        }
    }

    /// The same host with what is below this path.
    pub(crate) fn below(&self, path: &str) -> Url {
        let path = format!("{}/{path}", self.path.trim_end_matches('/'));
        Url { path, query: None, ..self.clone() }
    }

    /// The same with a query.
    pub(crate) fn with_query(self, query: String) -> Url {
        Url { query: Some(query), ..self }
    }
}

impl fmt::Display for Url {
    /// Without the query, which may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_https { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority, self.path)
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An address that was not checked: what stands before an @ may be a password, and what stands behind a ? may be one too.
pub(crate) fn shown(text: &str) -> String {
    let without_query = |text: &str| text.split(['?', '#']).next().unwrap_or("").to_owned();
    match text.rsplit_once('@') {
        Some((_, rest)) => format!("***@{}", without_query(rest)),
        None => without_query(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_machine() {
        for good in [
            "https://config.example/a.toml",
            "http://localhost:8080/a",
            "http://LOCALHOST",
            "http://127.0.0.1:1/",
            "http://127.9.9.9/",
            "http://[::1]:8080/a?b=c",
        ] {
            assert!(Url::parse(good, false).is_ok(), "{good}");
        }
        for bad in [
            "http://config.example/a",
            "http://10.0.0.1/a",
            "http://localhost.example/",
            "http://127.0.0.1.example/",
            "ftp://localhost/a",
            "localhost/a",
            "/a",
            "",
            "https://",
            "https:///a",
            "https://höst/",
            "https://a b/",
        ] {
            let error = Url::parse(bad, false).unwrap_err();
            assert_eq!(error.field(), "url");
        }
        assert!(Url::parse("http://config.example/a", true).is_ok());
    }

    #[test]
    fn what_may_be_a_secret_is_not_shown() {
        for text in [
            "https://user:hunter2@host/a",
            "https://user:hunter2@host/a b",
            "ftp://host/?sig=hunter2",
            "http://host/a?sig=hunter2#hunter2",
            "https://user:hunt@er2hunter2@host/",
        ] {
            let error = Url::parse(text, false).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        }
        let url = Url::parse("https://host:1/a?sig=hunter2", false).unwrap();
        assert_eq!(format!("{url} {url:?}"), "https://host:1/a https://host:1/a");
        assert_eq!(url.path_and_query(), "/a?sig=hunter2");
    }

    #[test]
    fn the_parts_are_what_is_asked_for() {
        let url = Url::parse("https://[2001:db8::1]:8443/v", false).unwrap();
        assert_eq!((url.host.as_str(), url.port), ("2001:db8::1", 8443));
        assert_eq!(url.authority, "[2001:db8::1]:8443");
        assert_eq!(Url::parse("https://host", false).unwrap().path_and_query(), "/");
        assert_eq!(Url::parse("https://host", false).unwrap().port, 443);
        let below = url.below("v1/secret/a").with_query("version=3".to_owned());
        assert_eq!(below.path_and_query(), "/v/v1/secret/a?version=3");
    }
}
