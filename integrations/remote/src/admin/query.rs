//! The part of an address behind the question mark.

/// Names and values, in their order.
#[derive(Debug)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn of(text: Option<&str>) -> Query {
        let parts = text.unwrap_or("").split('&').filter(|part| !part.is_empty());
        let pairs = parts.map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (decoded(name), decoded(value))
        });
        Query(pairs.collect())
    }

    /// The last value of this name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.all(name).last()
    }

    /// All values of this name.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The first name that is none of these.
    pub(super) fn unknown(&self, known: &[&str]) -> Option<&str> {
        self.0.iter().map(|(name, _)| name.as_str()).find(|name| !known.contains(name))
    }
}

/// With `+` for a space, and bytes in hexadecimal behind a percent sign. What is no such thing stands for itself.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, behind)) = rest.split_first() {
        rest = behind;
        let escaped = || {
            let digits = std::str::from_utf8(behind.get(..2)?).ok()?;
            let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
            u8::from_str_radix(digits, 16).ok().filter(|_| is_hex)
        };
        match (byte, escaped()) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = behind.get(2..).unwrap_or_default();
            }
            (b'+', _) => bytes.push(b' '),
            (byte, _) => bytes.push(*byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded() {
        let query = Query::of(Some("a=x%3A%3ay&b=1+2&a=z&c&%C3%A4=%FF&d=%4&e=100%&&f=%+1&g=a=b"));
        assert_eq!(query.all("a").collect::<Vec<_>>(), ["x::y", "z"]);
        assert_eq!(query.get("a"), Some("z"));
        assert_eq!(query.get("b"), Some("1 2"));
        assert_eq!(query.get("c"), Some(""));
        assert_eq!(query.get("ä"), Some("\u{fffd}"));
        assert_eq!((query.get("d"), query.get("e")), (Some("%4"), Some("100%")));
        assert_eq!((query.get("f"), query.get("g")), (Some("% 1"), Some("a=b")));
        assert_eq!(query.unknown(&["a", "b", "c"]), Some("ä"));
        assert_eq!(Query::of(None).unknown(&[]), None);
    }
}
