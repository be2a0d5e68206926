//! From a text to tokens; indentation becomes tokens of its own.

/// A piece of the text.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Name(String),
    Int(i128),
    Float(f64),
    Str(String),
    Bytes(Vec<u8>),
    /// The inside of an f-string, not yet looked at.
    Format(String),
    Op(&'static str),
    Newline,
    Indent,
    Dedent,
}

/// Longest first.
const OPS: [&str; 38] = [
    "**=", "//=", "...", "**", "//", "==", "!=", "<=", ">=", "->", "+=", "-=", "*=", "/=", ":=",
    "|=", "+", "-", "*", "/", "%", "<", ">", "=", "(", ")", "[", "]", "{", "}", ",", ":", ".", ";",
    "@", "|", "&", "~",
];

pub(super) fn lex(text: &str) -> Result<Vec<Token>, String> {
    let mut lexer = Lexer { rest: text, tokens: Vec::new(), depth: 0, indents: vec![0] };
    lexer.run()?;
    Ok(lexer.tokens)
}

struct Lexer<'a> {
    rest: &'a str,
    tokens: Vec<Token>,
    depth: usize,
    indents: Vec<usize>,
}

impl Lexer<'_> {
    fn run(&mut self) -> Result<(), String> {
        self.line_start();
        while let Some(c) = self.rest.chars().next() {
            match c {
                '\n' => {
                    self.rest = &self.rest[1..];
                    if self.depth == 0 {
                        self.newline();
                        self.line_start();
                    }
                }
                ' ' | '\t' | '\r' => self.rest = &self.rest[1..],
                '\\' if self.rest.starts_with("\\\n") => self.rest = &self.rest[2..],
                '#' => self.rest = self.rest.find('\n').map_or("", |at| &self.rest[at..]),
                c if c.is_ascii_digit() => self.number()?,
                '.' if self.rest[1..].starts_with(|c: char| c.is_ascii_digit()) => self.number()?,
                '"' | '\'' => self.string("")?,
                c if c.is_alphabetic() || c == '_' => self.word()?,
                _ => self.op()?,
            }
        }
        self.newline();
        while self.indents.len() > 1 {
            self.indents.pop();
            self.tokens.push(Token::Dedent);
        }
        Ok(())
    }

    fn newline(&mut self) {
        let at_start = matches!(
            self.tokens.last(),
            None | Some(Token::Newline | Token::Indent | Token::Dedent)
        );
        if !at_start {
            self.tokens.push(Token::Newline);
        }
    }

    /// Skips blank lines, and turns a change of the indentation into tokens.
    fn line_start(&mut self) {
        loop {
            let body = self.rest.trim_start_matches([' ', '\t']);
            let width = self.rest.len() - body.len();
            self.rest = body;
            match body.chars().next() {
                None => return,
                Some('\n') => self.rest = &body[1..],
                Some('\r') => self.rest = &body[1..],
                Some('#') => self.rest = body.find('\n').map_or("", |at| &body[at + 1..]),
                Some(_) => {
                    let current = self.indents.last().copied().unwrap_or(0);
                    if width > current {
                        self.indents.push(width);
                        self.tokens.push(Token::Indent);
                    }
                    while width < self.indents.last().copied().unwrap_or(0) {
                        self.indents.pop();
                        self.tokens.push(Token::Dedent);
                    }
                    return;
                }
            }
        }
    }

    fn op(&mut self) -> Result<(), String> {
        let op = OPS.into_iter().find(|op| self.rest.starts_with(op));
        let op = op.ok_or_else(|| format!("cannot read {:?}", self.rest.chars().next()))?;
        match op {
            "(" | "[" | "{" => self.depth += 1,
            ")" | "]" | "}" => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        self.rest = &self.rest[op.len()..];
        self.tokens.push(Token::Op(op));
        Ok(())
    }

    fn number(&mut self) -> Result<(), String> {
        let bytes = self.rest.as_bytes();
        let mut end = 0;
        while let Some(c) = bytes.get(end) {
            let sign = matches!(c, b'+' | b'-') && end > 0 && matches!(bytes[end - 1], b'e' | b'E');
            if !(c.is_ascii_alphanumeric() || *c == b'.' || *c == b'_' || sign) {
                break;
            }
            end += 1;
        }
        let text = self.rest[..end].replace('_', "");
        let wrong = || format!("cannot read the number {text}");
        let token = match text.strip_prefix("0x") {
            Some(hex) => Token::Int(i128::from_str_radix(hex, 16).map_err(|_| wrong())?),
            None if text.contains(['.', 'e', 'E']) => {
                Token::Float(text.parse().map_err(|_| wrong())?)
            }
            None => Token::Int(text.parse().map_err(|_| wrong())?),
        };
        self.rest = &self.rest[end..];
        self.tokens.push(token);
        Ok(())
    }

    fn word(&mut self) -> Result<(), String> {
        let end = self.rest.find(|c: char| !(c.is_alphanumeric() || c == '_'));
        let word = &self.rest[..end.unwrap_or(self.rest.len())];
        let after = &self.rest[word.len()..];
        let prefix = word.to_ascii_lowercase();
        if after.starts_with(['"', '\''])
            && ["r", "f", "b", "u", "rf", "fr", "rb", "br"].contains(&prefix.as_str())
        {
            self.rest = after;
            return self.string(&prefix);
        }
        self.tokens.push(Token::Name(word.to_owned()));
        self.rest = after;
        Ok(())
    }

    fn string(&mut self, prefix: &str) -> Result<(), String> {
        let quote = &self.rest[..1];
        let triple = quote.repeat(3);
        let quote = if self.rest.starts_with(&triple) { triple } else { quote.to_owned() };
        self.rest = &self.rest[quote.len()..];
        let raw = prefix.contains('r');
        let mut text = String::new();
        loop {
            if let Some(rest) = self.rest.strip_prefix(quote.as_str()) {
                self.rest = rest;
                break;
            }
            let c = self.rest.chars().next().ok_or("a string without an end")?;
            self.rest = &self.rest[c.len_utf8()..];
            if c == '\\' && !raw { self.escape(&mut text)? } else { text.push(c) }
        }
        let token = if prefix.contains('f') {
            Token::Format(text)
        } else if prefix.contains('b') {
            // Characters stand for bytes here.
            Token::Bytes(text.chars().map(|c| c as u32 as u8).collect())
        } else {
            Token::Str(text)
        };
        match (self.tokens.last_mut(), &token) {
            (Some(Token::Str(before)), Token::Str(more)) => before.push_str(more),
            _ => self.tokens.push(token),
        }
        Ok(())
    }

    fn escape(&mut self, text: &mut String) -> Result<(), String> {
        let c = self.rest.chars().next().ok_or("an escape without an end")?;
        self.rest = &self.rest[c.len_utf8()..];
        let digits = match c {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        if digits > 0 {
            let code = self.rest.get(..digits).and_then(|hex| u32::from_str_radix(hex, 16).ok());
            self.rest = self.rest.get(digits..).unwrap_or("");
            let code = code.ok_or("an escape without its digits")?;
            text.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            return Ok(());
        }
        match c {
            '\n' => {}
            'n' => text.push('\n'),
            't' => text.push('\t'),
            'r' => text.push('\r'),
            'a' => text.push('\x07'),
            'b' => text.push('\x08'),
            'f' => text.push('\x0c'),
            'v' => text.push('\x0b'),
            '0' => text.push('\0'),
            '\\' | '\'' | '"' => text.push(c),
            c => text.extend(['\\', c]),
        }
        Ok(())
    }
}
