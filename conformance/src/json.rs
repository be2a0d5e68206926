//! JSON, with its keys in order and its integers whole; Python's bare `NaN` is understood too.

use ripsaw::Value;
use std::borrow::Cow;
use std::fmt::{self, Write as _};

/// A value.
#[derive(Clone, Debug)]
pub(crate) enum Json {
    /// `null`
    Null,
    /// `true` and `false`
    Bool(bool),
    /// A number without point and exponent.
    Int(i128),
    /// Any other number.
    Float(f64),
    /// A string.
    Str(String),
    /// An array.
    List(Vec<Json>),
    /// An object, in the order of the text.
    Map(Vec<(String, Json)>),
}

impl Json {
    /// Parses one value.
    ///
    /// # Errors
    /// What was expected, and at which byte.
    pub(crate) fn parse(text: &str) -> Result<Json, String> {
        let mut parser = Parser { text, at: 0 };
        let value = parser.value()?;
        parser.space();
        if parser.at < text.len() { Err(parser.expected("the end")) } else { Ok(value) }
    }

    /// The entry of an object.
    pub(crate) fn get(&self, key: &str) -> Option<&Json> {
        let Json::Map(map) = self else { return None };
        map.iter().rev().find(|(k, _)| k == key).map(|(_, v)| v)
    }

    /// The text, if it is a string.
    pub(crate) fn str(&self) -> Option<&str> {
        match self {
            Json::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The items, if it is an array.
    pub(crate) fn list(&self) -> Option<&[Json]> {
        match self {
            Json::List(items) => Some(items),
            _ => None,
        }
    }

    /// The entries, if it is an object.
    pub(crate) fn map(&self) -> Option<&[(String, Json)]> {
        match self {
            Json::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// Whether it is `true`; `None` if it is no boolean.
    pub(crate) fn bool(&self) -> Option<bool> {
        match self {
            Json::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// What a value is in JSON; what JSON does not have becomes text.
    pub(crate) fn from_value(value: &Value) -> Json {
        match value {
            Value::Null => Json::Null,
            Value::Bool(v) => Json::Bool(*v),
            Value::I64(v) => Json::Int((*v).into()),
            Value::U64(v) => Json::Int((*v).into()),
            Value::I128(v) => Json::Int(*v),
            Value::F64(v) => Json::Float(*v),
            Value::Str(v) => Json::Str(v.to_string()),
            Value::List(items) => Json::List(items.iter().map(Json::from_value).collect()),
            Value::Map(entries) => Json::Map(
                entries.iter().map(|(k, v)| (k.to_string(), Json::from_value(v))).collect(),
            ),
            other => Json::Str(format!("{other:?}")),
        }
    }

    /// As a value to log.
    pub(crate) fn to_value(&self) -> Value {
        match self {
            Json::Null => Value::Null,
            Json::Bool(v) => Value::Bool(*v),
            Json::Int(v) => match (i64::try_from(*v), u64::try_from(*v)) {
                (Ok(v), _) => Value::I64(v),
                (_, Ok(v)) => Value::U64(v),
                _ => Value::I128(*v),
            },
            Json::Float(v) => Value::F64(*v),
            Json::Str(v) => Value::Str(Cow::Owned(v.clone())),
            Json::List(items) => Value::List(items.iter().map(Json::to_value).collect()),
            Json::Map(entries) => Value::Map(
                entries.iter().map(|(k, v)| (Cow::Owned(k.clone()), v.to_value())).collect(),
            ),
        }
    }
}

/// Objects are equal whatever the order of their keys. An integer is never equal to a float, nor 0.0 to -0.0.
impl PartialEq for Json {
    fn eq(&self, other: &Json) -> bool {
        match (self, other) {
            (Json::Null, Json::Null) => true,
            (Json::Bool(a), Json::Bool(b)) => a == b,
            (Json::Int(a), Json::Int(b)) => a == b,
            (Json::Float(a), Json::Float(b)) => a.to_bits() == b.to_bits(),
            (Json::Str(a), Json::Str(b)) => a == b,
            (Json::List(a), Json::List(b)) => a == b,
            (Json::Map(a), Json::Map(b)) => {
                a.len() == b.len() && a.iter().all(|(k, v)| other.get(k) == Some(v))
            }
            _ => false,
        }
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Json::Null => f.write_str("null"),
            Json::Bool(v) => write!(f, "{v}"),
            Json::Int(v) => write!(f, "{v}"),
            Json::Float(v) => write!(f, "{v:?}"),
            Json::Str(v) => quoted(v, f),
            Json::List(items) => {
                f.write_char('[')?;
                for (i, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if i > 0 { ", " } else { "" })?;
                }
                f.write_char(']')
            }
            Json::Map(entries) => {
                f.write_char('{')?;
                for (i, (key, value)) in entries.iter().enumerate() {
                    f.write_str(if i > 0 { ", " } else { "" })?;
                    quoted(key, f)?;
                    write!(f, ": {value}")?;
                }
                f.write_char('}')
            }
        }
    }
}

fn quoted(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            c if c.is_control() => write!(f, "\\u{:04x}", u32::from(c))?,
            c => f.write_char(c)?,
        }
    }
    f.write_char('"')
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }
    fn expected(&self, what: &str) -> String {
        format!("{what} expected at byte {}", self.at)
    }
    fn space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
    }
    fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn value(&mut self) -> Result<Json, String> {
        self.space();
        const WORDS: [(&str, Json); 6] = [
            ("null", Json::Null),
            ("true", Json::Bool(true)),
            ("false", Json::Bool(false)),
            ("NaN", Json::Float(f64::NAN)),
            ("Infinity", Json::Float(f64::INFINITY)),
            ("-Infinity", Json::Float(f64::NEG_INFINITY)),
        ];
        for (word, value) in WORDS {
            if self.eat(word) {
                return Ok(value);
            }
        }
        match self.rest().as_bytes().first() {
            Some(b'"') => self.string().map(Json::Str),
            Some(b'[') => self.items(']', Self::value).map(Json::List),
            Some(b'{') => self.items('}', Self::entry).map(Json::Map),
            _ => self.number(),
        }
    }

    fn items<T>(
        &mut self,
        end: char,
        item: fn(&mut Self) -> Result<T, String>,
    ) -> Result<Vec<T>, String> {
        self.at += 1;
        let mut items = Vec::new();
        let end = end.to_string();
        self.space();
        if self.eat(&end) {
            return Ok(items);
        }
        loop {
            items.push(item(self)?);
            self.space();
            if self.eat(&end) {
                return Ok(items);
            }
            if !self.eat(",") {
                return Err(self.expected(&format!("`,` or `{end}`")));
            }
        }
    }

    fn entry(&mut self) -> Result<(String, Json), String> {
        self.space();
        let key = self.string()?;
        self.space();
        if !self.eat(":") {
            return Err(self.expected("`:`"));
        }
        Ok((key, self.value()?))
    }

    fn string(&mut self) -> Result<String, String> {
        if !self.eat("\"") {
            return Err(self.expected("a string"));
        }
        let mut text = String::new();
        loop {
            let c = self.rest().chars().next().ok_or_else(|| self.expected("`\"`"))?;
            self.at += c.len_utf8();
            match c {
                '"' => return Ok(text),
                '\\' => text.push(self.escape()?),
                c => text.push(c),
            }
        }
    }

    fn escape(&mut self) -> Result<char, String> {
        let c = self.rest().chars().next().ok_or_else(|| self.expected("an escape"))?;
        self.at += c.len_utf8();
        Ok(match c {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let mut code = self.hex()?;
                if (0xD800..0xDC00).contains(&code) && self.eat("\\u") {
                    let low = self.hex()?;
                    code = 0x10000 + ((code - 0xD800) << 10) + (low.wrapping_sub(0xDC00) & 0x3FF);
                }
                char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            c => c,
        })
    }

    fn hex(&mut self) -> Result<u32, String> {
        let digits = self.rest().get(..4).and_then(|text| u32::from_str_radix(text, 16).ok());
        let code = digits.ok_or_else(|| self.expected("four digits"))?;
        self.at += 4;
        Ok(code)
    }

    fn number(&mut self) -> Result<Json, String> {
        let end = |c: char| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E');
        let text = self.rest();
        let text = &text[..text.find(end).unwrap_or(text.len())];
        let number = match text.contains(['.', 'e', 'E']) {
            true => text.parse().map(Json::Float).ok(),
            false => text.parse().map(Json::Int).ok(),
        };
        let length = text.len();
        let number = number.ok_or_else(|| self.expected("a value"))?;
        self.at += length;
        Ok(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_survive() {
        let text = r#"{"b": [1, -2.5, 1e16, true, null], "a": "q\"\\\n\u0001é🚀", "c": {}}"#;
        let value = Json::parse(text).unwrap();
        assert_eq!(Json::parse(&value.to_string()).unwrap(), value);
        assert_eq!(value.get("a").and_then(Json::str), Some("q\"\\\n\u{1}é🚀"));
        assert_eq!(Json::parse(r#""\ud83d\ude80""#).unwrap(), Json::Str("🚀".to_owned()));
        for bad in ["", "{", "[1,]", "1 2", "\"", "{\"a\" 1}", "nul"] {
            assert!(Json::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn equality_is_of_objects_not_of_texts() {
        let parse = |text| Json::parse(text).unwrap();
        assert_eq!(parse(r#"{"a":1,"b":1e1}"#), parse(r#"{"b":10.0,"a":1}"#));
        assert_ne!(parse("1"), parse("1.0"));
        assert_ne!(parse("0.0"), parse("-0.0"));
    }
}
