//! Reads JSON back. What would be written in another way is found by writing it again, so this need not be strict.

use crate::python::Json;

/// Deepest nesting of what is read.
const MAX_DEPTH: u32 = 128;

/// The value that is all of `text`; none if there is none, or it nests too deeply.
pub(crate) fn json(text: &str) -> Option<Json> {
    let mut reader = Reader { rest: text };
    let value = reader.value(0)?;
    reader.rest.is_empty().then_some(value)
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn eat(&mut self, token: &str) -> bool {
        let after = self.rest.strip_prefix(token);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    fn value(&mut self, depth: u32) -> Option<Json> {
        if depth > MAX_DEPTH {
            return None;
        }
        match self.rest.as_bytes().first()? {
            b'"' => self.string().map(Json::Str),
            b'[' => {
                self.eat("[");
                let mut items = Vec::new();
                while !self.eat("]") {
                    if !items.is_empty() && !self.eat(", ") {
                        return None;
                    }
                    items.push(self.value(depth + 1)?);
                }
                Some(Json::List(items))
            }
            b'{' => {
                self.eat("{");
                let mut entries = Vec::new();
                while !self.eat("}") {
                    if !entries.is_empty() && !self.eat(", ") {
                        return None;
                    }
                    let key = self.string()?;
                    if !self.eat(": ") {
                        return None;
                    }
                    entries.push((key, self.value(depth + 1)?));
                }
                Some(Json::Map(entries))
            }
            _ => self.bare().map(Json::Bare),
        }
    }

    fn bare(&mut self) -> Option<String> {
        let end = self.rest.find([',', ']', '}']).unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        const WORDS: [&str; 6] = ["null", "true", "false", "NaN", "Infinity", "-Infinity"];
        let is_number = text.starts_with(|c: char| c == '-' || c.is_ascii_digit())
            && text.ends_with(|c: char| c.is_ascii_digit())
            && text.bytes().all(|b| b.is_ascii_digit() || b"+-.e".contains(&b));
        (is_number || WORDS.contains(&text)).then(|| text.to_owned())
    }

    fn string(&mut self) -> Option<String> {
        if !self.eat("\"") {
            return None;
        }
        let mut out = String::new();
        loop {
            let plain = self.rest.find(['"', '\\'])?;
            out.push_str(&self.rest[..plain]);
            self.rest = &self.rest[plain..];
            if self.eat("\"") {
                return Some(out);
            }
            self.eat("\\");
            let escape = self.rest.chars().next()?;
            self.rest = &self.rest[escape.len_utf8()..];
            out.push(match escape {
                '"' | '\\' => escape,
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'b' => '\u{8}',
                'f' => '\u{c}',
                'u' => self.unicode()?,
                _ => return None,
            });
        }
    }

    /// What stands behind `\u`, with the second half of a pair.
    fn unicode(&mut self) -> Option<char> {
        let first = self.unit()?;
        let second = match first {
            0xd800..0xdc00 if self.eat("\\u") => Some(self.unit()?),
            _ => None,
        };
        char::decode_utf16([first].into_iter().chain(second)).next()?.ok()
    }
    fn unit(&mut self) -> Option<u16> {
        let (digits, rest) = self.rest.split_at_checked(4)?;
        self.rest = rest;
        u16::from_str_radix(digits, 16).ok()
    }
}
