//! Rust source as tokens: just enough to tell code from comments, strings and test modules.

/// An identifier, a number, a lifetime or one punctuation character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) text: String,
    /// From 1.
    pub(crate) line: usize,
}

impl Token {
    pub(crate) fn is(&self, text: &str) -> bool {
        self.text == text
    }

    pub(crate) fn is_ident(&self) -> bool {
        self.text.starts_with(|c: char| c == '_' || c.is_alphabetic())
    }

    /// An identifier that can stand before `::`, which a keyword such as `use` cannot.
    pub(crate) fn is_name(&self) -> bool {
        self.is_ident()
            && !["use", "pub", "in", "as", "return", "mut", "dyn"].contains(&&*self.text)
    }
}

/// Whether the tokens from `at` on are exactly `expected`.
pub(crate) fn follows(tokens: &[Token], at: usize, expected: &[&str]) -> bool {
    expected.iter().enumerate().all(|(i, text)| tokens.get(at + i).is_some_and(|t| t.is(text)))
}

/// The code of a file, and what its test-only parts declare.
#[derive(Debug)]
pub(crate) struct Code {
    /// Tokens without comments, literals and test-only items.
    pub(crate) tokens: Vec<Token>,
    /// Names in `#[cfg(test)] mod name;`: their files are test-only too.
    pub(crate) test_modules: Vec<String>,
    /// The file begins with `#![cfg(test)]`.
    pub(crate) test_only: bool,
}

/// Reads one file.
pub(crate) fn code(source: &str) -> Code {
    strip_tests(&tokens(source))
}

/// All tokens, in order. Literals of strings and characters leave none.
pub(crate) fn tokens(source: &str) -> Vec<Token> {
    let mut lexer = Lexer { chars: source.chars().collect(), at: 0, line: 1, out: Vec::new() };
    lexer.run();
    lexer.out
}

struct Lexer {
    chars: Vec<char>,
    at: usize,
    line: usize,
    out: Vec<Token>,
}

impl Lexer {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek(0)?;
        self.at += 1;
        if c == '\n' {
            self.line += 1;
        }
        Some(c)
    }

    fn skip(&mut self) {
        self.bump();
    }

    fn push(&mut self, text: String, line: usize) {
        self.out.push(Token { text, line });
    }

    fn run(&mut self) {
        while let Some(c) = self.peek(0) {
            match c {
                '/' if self.peek(1) == Some('/') => {
                    while self.peek(0).is_some_and(|c| c != '\n') {
                        self.bump();
                    }
                }
                '/' if self.peek(1) == Some('*') => self.block_comment(),
                '"' => self.string(),
                '\'' => self.quote(),
                _ if c == '_' || c.is_alphanumeric() => self.word(),
                _ if c.is_whitespace() => self.skip(),
                _ => {
                    let line = self.line;
                    self.bump();
                    self.push(c.to_string(), line);
                }
            }
        }
    }

    /// Block comments nest.
    fn block_comment(&mut self) {
        let mut depth = 0;
        while let Some(c) = self.bump() {
            match (c, self.peek(0)) {
                ('/', Some('*')) => {
                    self.bump();
                    depth += 1;
                }
                ('*', Some('/')) => {
                    self.bump();
                    depth -= 1;
                    if depth == 0 {
                        return;
                    }
                }
                _ => {}
            }
        }
    }

    fn string(&mut self) {
        self.bump();
        while let Some(c) = self.bump() {
            match c {
                '\\' => self.skip(),
                '"' => return,
                _ => {}
            }
        }
    }

    /// `hashes` stand before the opening quote.
    fn raw_string(&mut self, hashes: usize) {
        for _ in 0..=hashes {
            self.bump();
        }
        while let Some(c) = self.bump() {
            if c == '"' && (0..hashes).all(|i| self.peek(i) == Some('#')) {
                (0..hashes).for_each(|_| self.skip());
                return;
            }
        }
    }

    /// A character literal or a lifetime.
    fn quote(&mut self) {
        let line = self.line;
        self.bump();
        if self.peek(0) == Some('\\') {
            self.bump();
            self.bump();
            while self.bump().is_some_and(|c| c != '\'') {}
        } else if self.peek(1) == Some('\'') {
            self.bump();
            self.bump();
        } else {
            let name = self.ident();
            self.push(format!("'{name}"), line);
        }
    }

    fn ident(&mut self) -> String {
        let mut word = String::new();
        while let Some(c) = self.peek(0).filter(|&c| c == '_' || c.is_alphanumeric()) {
            word.push(c);
            self.bump();
        }
        word
    }

    /// An identifier or number, or the prefix of a literal.
    fn word(&mut self) {
        let line = self.line;
        let word = self.ident();
        let hashes = (0..).take_while(|&i| self.peek(i) == Some('#')).count();
        match word.as_str() {
            "r" | "br" | "cr" if self.peek(hashes) == Some('"') => self.raw_string(hashes),
            "b" | "c" if self.peek(0) == Some('"') => self.string(),
            "b" if self.peek(0) == Some('\'') => self.quote(),
            // A raw identifier names the same thing as the plain one.
            "r" if hashes == 1 => {
                self.bump();
                let word = self.ident();
                self.push(word, line);
            }
            _ => self.push(word, line),
        }
    }
}

/// Leaves out each item that stands behind an attribute `cfg(test)` or `cfg(all(test, ..))`.
fn strip_tests(tokens: &[Token]) -> Code {
    let mut code = Code { tokens: Vec::new(), test_modules: Vec::new(), test_only: false };
    let mut at = 0;
    while at < tokens.len() {
        let inner = follows(tokens, at, &["#", "!", "["]);
        if !inner && !follows(tokens, at, &["#", "["]) {
            code.tokens.push(tokens[at].clone());
            at += 1;
            continue;
        }
        let open = at + 1 + usize::from(inner);
        let end = closing(tokens, open);
        if !is_test(&tokens[open + 1..end]) {
            code.tokens.extend_from_slice(&tokens[at..=end.min(tokens.len() - 1)]);
            at = end + 1;
            continue;
        }
        if inner {
            code.test_only = true;
            code.tokens.clear();
            return code;
        }
        let item = end + 1;
        at = end_of_item(tokens, item);
        let mut words = tokens[item..at].iter().filter(|t| t.is_ident() || t.is(";"));
        if words.any(|t| t.is("mod"))
            && let (Some(name), Some(end)) = (words.next(), words.next())
            && end.is(";")
        {
            code.test_modules.push(name.text.clone());
        }
    }
    code
}

fn is_test(attribute: &[Token]) -> bool {
    follows(attribute, 0, &["cfg", "(", "test", ")"])
        || follows(attribute, 0, &["cfg", "(", "all", "(", "test"])
}

/// Index of the bracket that closes the one at `open`; the number of tokens if none does.
pub(crate) fn closing(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0usize;
    for (i, token) in tokens.iter().enumerate().skip(open) {
        match token.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => {
                depth -= 1;
                if depth == 0 {
                    return i;
                }
            }
            _ => {}
        }
    }
    tokens.len()
}

/// Words that begin an item; without one of them, it is a field, a variant or an arm.
const ITEMS: [&str; 13] = [
    "fn",
    "mod",
    "use",
    "struct",
    "enum",
    "union",
    "impl",
    "trait",
    "const",
    "static",
    "type",
    "let",
    "macro_rules",
];

/// Index behind the item at `at`, which ends with `;`, with a block, or with the `,` of a field.
fn end_of_item(tokens: &[Token], mut at: usize) -> usize {
    let mut is_item = false;
    while at < tokens.len() {
        match tokens[at].text.as_str() {
            ";" => return at + 1,
            "," if !is_item => return at + 1,
            "{" => {
                let end = closing(tokens, at) + 1;
                // `use a::{b};` goes on behind its braces.
                return if follows(tokens, end, &[";"]) { end + 1 } else { end };
            }
            // The last field or variant may have no comma.
            "}" | ")" => return at,
            "(" | "[" => at = closing(tokens, at) + 1,
            word => {
                is_item |= ITEMS.contains(&word);
                at += 1;
            }
        }
    }
    tokens.len()
}
