//! What is read out of a request's head. All of it came from a stranger: lengths are bounded, secrets are left out.

use crate::secret::{REDACTED, is_secret};
use http::{HeaderMap, HeaderName};
use ripsaw::Value;
use ripsaw::context::Propagation;
use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};

/// Most bytes of a path, a query, a method and a header's value in a record.
pub(crate) const PATH: usize = 1024;
pub(crate) const QUERY: usize = 1024;
pub(crate) const METHOD: usize = 32;
const VALUE: usize = 256;

/// What [`Propagation::extract`] asks for.
static NAMES: [HeaderName; 8] = [
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("tracestate"),
    HeaderName::from_static("x-trace-id"),
    HeaderName::from_static("x-span-id"),
    HeaderName::from_static("x-parent-span"),
    HeaderName::from_static("x-correlation-id"),
    HeaderName::from_static("x-request-id"),
    HeaderName::from_static("baggage"),
];

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Reads the headers of correlation, trace and baggage.
pub(crate) fn propagation(headers: &HeaderMap) -> Propagation {
    let values = NAMES.each_ref().map(|name| joined(headers, name));
    Propagation::extract(|asked| {
        let at = NAMES.iter().position(|name| *name == asked)?;
        values[at].as_deref()
    })
}

/// All values of a header, with commas between. Bytes that are no UTF-8 become U+FFFD, which no id may hold.
fn joined<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<Cow<'h, str>> {
    let mut values = headers.get_all(name).iter();
    let mut all = String::from_utf8_lossy(values.next()?.as_bytes());
    for value in values {
        let all = all.to_mut();
        all.push(',');
        all.push_str(&String::from_utf8_lossy(value.as_bytes()));
    }
    Some(all)
}

/// Those headers that may be logged and are there, by their names.
pub(crate) fn allowed(headers: &HeaderMap, names: &[HeaderName]) -> Option<Value> {
    let mut entries: Vec<(Cow<'static, str>, Value)> = Vec::new();
    for name in names {
        let Some(value) = joined(headers, name) else { continue };
        let marked = headers.get_all(name).iter().any(http::HeaderValue::is_sensitive);
        let shown = match marked || is_secret(name.as_str()) {
            true => REDACTED.to_owned(),
            false => cut(&value, VALUE),
        };
        entries.push((name.as_str().to_owned().into(), shown.into()));
    }
    (!entries.is_empty()).then_some(Value::Map(entries))
}

/// A query in which the values of keys that name a secret are replaced.
pub(crate) fn query(text: &str) -> String {
    let mut out = String::new();
    for pair in text.split('&') {
        if !out.is_empty() {
            out.push('&');
        }
        match pair.split_once('=') {
            Some((key, _)) if is_secret(&decoded(key)) => {
                out.push_str(key);
                out.push('=');
                out.push_str(REDACTED);
            }
            _ => out.push_str(pair),
        }
        if out.len() > QUERY {
            break;
        }
    }
    cut(&out, QUERY)
}

/// A text, or its beginning and `…`.
pub(crate) fn cut(text: &str, max: usize) -> String {
    match text.len() > max {
        true => format!("{}…", &text[..text.floor_char_boundary(max)]),
        false => text.to_owned(),
    }
}

/// A key of a query without its percent signs, so that none hides behind them.
fn decoded(key: &str) -> Cow<'_, str> {
    if !key.contains('%') {
        return Cow::Borrowed(key);
    }
    let (mut out, mut rest) = (Vec::new(), key.as_bytes());
    while let [first, after @ ..] = rest {
        let digits = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let byte = digits.and_then(|two| u8::from_str_radix(two, 16).ok());
        match (first, byte) {
            (b'%', Some(byte)) => {
                out.push(byte);
                rest = &after[2..];
            }
            (other, _) => {
                out.push(*other);
                rest = after;
            }
        }
    }
    Cow::Owned(String::from_utf8_lossy(&out).into_owned())
}

/// The client's address by `X-Forwarded-For`, behind `proxies` proxies of one's own, each of which adds the address that it was
/// called from: the entry that many places from the end.
///
/// Whatever stands before it was written by the client and proves nothing. None if there are too few entries, if the one
/// that counts is no address, or for no proxies.
///
/// ```
/// use http::{HeaderMap, HeaderValue};
/// let mut headers = HeaderMap::new();
/// headers.insert("x-forwarded-for", HeaderValue::from_static("6.6.6.6, 203.0.113.7, 10.0.0.2"));
/// assert_eq!(ripsaw_web::forwarded_for(&headers, 2), "203.0.113.7".parse().ok());
/// assert_eq!(ripsaw_web::forwarded_for(&headers, 4), None);
/// ```
pub fn forwarded_for(headers: &HeaderMap, proxies: usize) -> Option<IpAddr> {
    let all = joined(headers, &FORWARDED_FOR)?;
    let entry = all.rsplit(',').nth(proxies.checked_sub(1)?)?.trim();
    let bare = entry.trim_start_matches('[').trim_end_matches(']');
    let with_port = || entry.parse::<SocketAddr>().map(|address| address.ip());
    bare.parse().or_else(|_| with_port()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn secrets_of_a_query_are_hidden() {
        assert_eq!(query("x=1&access_token=abc&y"), "x=1&access_token=[REDACTED]&y");
        assert_eq!(query("%74oken=abc&monkey=7"), "%74oken=[REDACTED]&monkey=7");
        assert_eq!(query(""), "");
        assert_eq!(decoded("a%2"), "a%2");
        assert_eq!(decoded("%é%41"), "%éA");
    }

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(cut("abcé", 4), "abc…");
        assert_eq!(cut("abcé", 5), "abcé");
        assert_eq!(query(&"a=é&".repeat(10_000)).len(), QUERY + "…".len());
    }

    #[test]
    fn only_headers_of_the_list_are_shown() {
        let mut headers = HeaderMap::new();
        headers.insert("user-agent", HeaderValue::from_static("curl"));
        headers.insert("authorization", HeaderValue::from_static("Bearer abc"));
        headers.insert("x-plain", HeaderValue::from_bytes(b"a\xffb").unwrap());
        let mut marked = HeaderValue::from_static("hidden");
        marked.set_sensitive(true);
        headers.insert("x-marked", marked);
        let name = HeaderName::from_static;
        let names = [name("authorization"), name("x-plain"), name("x-marked"), name("x-none")];
        let shown = |key: &'static str, text: &str| (key.into(), Value::from(text));
        let expected = vec![
            shown("authorization", "[REDACTED]"),
            shown("x-plain", "a\u{FFFD}b"),
            shown("x-marked", "[REDACTED]"),
        ];
        assert_eq!(allowed(&headers, &names), Some(Value::Map(expected)));
        assert_eq!(allowed(&headers, &[]), None);
    }

    #[test]
    fn only_proxies_of_ones_own_are_believed() {
        let mut headers = HeaderMap::new();
        assert_eq!(forwarded_for(&headers, 1), None);
        headers.append("x-forwarded-for", HeaderValue::from_static("1.1.1.1, [2001:db8::1]:80"));
        headers.append("x-forwarded-for", HeaderValue::from_static("evil"));
        assert_eq!(forwarded_for(&headers, 0), None);
        assert_eq!(forwarded_for(&headers, 1), None);
        assert_eq!(forwarded_for(&headers, 2), "2001:db8::1".parse().ok());
        assert_eq!(forwarded_for(&headers, 3), "1.1.1.1".parse().ok());
    }
}
