//! From tokens to statements.

use super::ast::{Expr, Function, Param, Stmt, Try};
use super::lex::{Token, lex};

/// Parses a program.
pub(super) fn parse(text: &str) -> Result<Vec<Stmt>, String> {
    let mut parser = Parser { tokens: lex(text)?, at: 0 };
    let mut body = Vec::new();
    while parser.at < parser.tokens.len() {
        parser.statement(&mut body)?;
    }
    Ok(body)
}

/// Parses one expression.
pub(super) fn parse_expr(text: &str) -> Result<Expr, String> {
    let mut parser = Parser { tokens: lex(text.trim())?, at: 0 };
    parser.tuple()
}

pub(super) struct Parser {
    pub(super) tokens: Vec<Token>,
    pub(super) at: usize,
}

impl Parser {
    pub(super) fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }
    pub(super) fn is_op(&self, op: &str) -> bool {
        matches!(self.peek(), Some(Token::Op(o)) if *o == op)
    }
    pub(super) fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Some(Token::Name(w)) if w == word)
    }
    pub(super) fn eat(&mut self, op: &str) -> bool {
        let found = self.is_op(op);
        self.at += usize::from(found);
        found
    }
    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.at += usize::from(found);
        found
    }
    pub(super) fn expect(&mut self, op: &str) -> Result<(), String> {
        if self.eat(op) { Ok(()) } else { Err(self.unexpected(op)) }
    }
    pub(super) fn unexpected(&self, wanted: &str) -> String {
        format!("`{wanted}` expected instead of {:?}", self.peek())
    }
    pub(super) fn name(&mut self) -> Result<String, String> {
        match self.peek() {
            Some(Token::Name(name)) => {
                let name = name.clone();
                self.at += 1;
                Ok(name)
            }
            _ => Err(self.unexpected("a name")),
        }
    }
    fn dotted(&mut self) -> Result<String, String> {
        let mut name = self.name()?;
        while self.eat(".") {
            name = format!("{name}.{}", self.name()?);
        }
        Ok(name)
    }
    fn is_next(&self, token: &Token) -> bool {
        self.peek() == Some(token)
    }

    fn block(&mut self) -> Result<Vec<Stmt>, String> {
        self.expect(":")?;
        let mut body = Vec::new();
        if !self.is_next(&Token::Newline) {
            self.line(&mut body)?;
            return Ok(body);
        }
        self.at += 1;
        if !self.is_next(&Token::Indent) {
            return Err(self.unexpected("an indented block"));
        }
        self.at += 1;
        while !self.is_next(&Token::Dedent) {
            if self.peek().is_none() {
                return Ok(body);
            }
            self.statement(&mut body)?;
        }
        self.at += 1;
        Ok(body)
    }

    /// Simple statements up to the end of the line.
    fn line(&mut self, body: &mut Vec<Stmt>) -> Result<(), String> {
        loop {
            body.push(self.simple()?);
            if !self.eat(";") || self.is_next(&Token::Newline) {
                break;
            }
        }
        match self.peek() {
            None => Ok(()),
            Some(Token::Newline) => {
                self.at += 1;
                Ok(())
            }
            Some(_) => Err(self.unexpected("the end of the line")),
        }
    }

    fn statement(&mut self, body: &mut Vec<Stmt>) -> Result<(), String> {
        let is_async = self.is_word("async");
        self.at += usize::from(is_async);
        let word = match self.peek() {
            Some(Token::Name(word)) => word.clone(),
            _ => String::new(),
        };
        let statement = match word.as_str() {
            "if" => {
                self.at += 1;
                self.if_rest()?
            }
            "for" => {
                self.at += 1;
                let target = self.targets()?;
                if !self.eat_word("in") {
                    return Err(self.unexpected("in"));
                }
                let source = self.tuple()?;
                Stmt::For(target, source, self.block()?)
            }
            "while" => {
                self.at += 1;
                let condition = self.expr()?;
                Stmt::While(condition, self.block()?)
            }
            "with" => {
                self.at += 1;
                self.with_rest()?
            }
            "try" => {
                self.at += 1;
                self.try_rest()?
            }
            "def" => {
                self.at += 1;
                let name = self.name()?;
                self.expect("(")?;
                let params = self.params(")")?;
                self.expect(")")?;
                if self.eat("->") {
                    self.expr()?;
                }
                Stmt::Def(Function { name, params, body: self.block()?, is_async })
            }
            "class" => {
                self.at += 1;
                let name = self.name()?;
                let mut bases = Vec::new();
                if self.eat("(") {
                    while !self.is_op(")") {
                        bases.push(self.expr()?);
                        self.eat(",");
                    }
                    self.expect(")")?;
                }
                Stmt::Class(name, bases, self.block()?)
            }
            _ => return self.line(body),
        };
        body.push(statement);
        Ok(())
    }

    fn if_rest(&mut self) -> Result<Stmt, String> {
        let condition = self.expr()?;
        let then = self.block()?;
        let otherwise = if self.eat_word("elif") {
            vec![self.if_rest()?]
        } else if self.eat_word("else") {
            self.block()?
        } else {
            Vec::new()
        };
        Ok(Stmt::If(condition, then, otherwise))
    }

    fn with_rest(&mut self) -> Result<Stmt, String> {
        let mut items = Vec::new();
        loop {
            let manager = self.expr()?;
            let target = if self.eat_word("as") { Some(self.postfix()?) } else { None };
            items.push((manager, target));
            if !self.eat(",") {
                return Ok(Stmt::With(items, self.block()?));
            }
        }
    }

    fn try_rest(&mut self) -> Result<Stmt, String> {
        let body = self.block()?;
        let mut handlers = Vec::new();
        while self.eat_word("except") {
            let kind = if self.is_op(":") { None } else { Some(self.expr()?) };
            let name = if self.eat_word("as") { Some(self.name()?) } else { None };
            handlers.push((kind, name, self.block()?));
        }
        let otherwise = if self.eat_word("else") { self.block()? } else { Vec::new() };
        let finally = if self.eat_word("finally") { self.block()? } else { Vec::new() };
        Ok(Stmt::Try(Try { body, handlers, otherwise, finally }))
    }

    fn simple(&mut self) -> Result<Stmt, String> {
        let word = match self.peek() {
            Some(Token::Name(word)) => word.clone(),
            _ => String::new(),
        };
        let ends = |p: &Parser| p.is_next(&Token::Newline) || p.is_op(";") || p.peek().is_none();
        match word.as_str() {
            "pass" | "break" | "continue" => {
                self.at += 1;
                return Ok(match word.as_str() {
                    "break" => Stmt::Break,
                    "continue" => Stmt::Continue,
                    _ => Stmt::Pass,
                });
            }
            "import" | "from" => return self.import(),
            "global" | "nonlocal" => {
                while !ends(self) {
                    self.at += 1;
                }
                return Ok(Stmt::Pass);
            }
            "raise" => {
                self.at += 1;
                let error = if ends(self) { None } else { Some(self.expr()?) };
                let cause = if self.eat_word("from") { Some(self.expr()?) } else { None };
                return Ok(Stmt::Raise(error, cause));
            }
            "return" => {
                self.at += 1;
                return Ok(Stmt::Return(if ends(self) { None } else { Some(self.tuple()?) }));
            }
            "assert" => {
                self.at += 1;
                return Ok(Stmt::Assert(self.tuple()?));
            }
            "del" => {
                self.at += 1;
                return Ok(Stmt::Delete(self.tuple()?));
            }
            _ => {}
        }
        let first = self.tuple()?;
        for op in ["+=", "-=", "*=", "/=", "//=", "|="] {
            if self.eat(op) {
                return Ok(Stmt::Update(first, op.trim_end_matches('='), self.tuple()?));
            }
        }
        if self.eat(":") {
            self.expr()?;
        }
        let mut targets = vec![first];
        while self.eat("=") {
            targets.push(self.tuple()?);
        }
        let value = targets.pop().unwrap_or(Expr::None);
        Ok(if targets.is_empty() { Stmt::Expr(value) } else { Stmt::Assign(targets, value) })
    }

    fn import(&mut self) -> Result<Stmt, String> {
        let from = if self.eat_word("from") { Some(self.dotted()?) } else { None };
        if !self.eat_word("import") {
            return Err(self.unexpected("import"));
        }
        let parens = self.eat("(");
        let mut names = Vec::new();
        loop {
            let path = self.dotted()?;
            let name = if self.eat_word("as") { Some(self.name()?) } else { None };
            names.push(match (&from, name) {
                (Some(from), name) => {
                    (name.unwrap_or_else(|| path.clone()), format!("{from}.{path}"))
                }
                (None, Some(name)) => (name, path),
                // `import a.b` binds `a`.
                (None, None) => {
                    let root = path.split('.').next().unwrap_or("").to_owned();
                    (root.clone(), root)
                }
            });
            if !self.eat(",") {
                break;
            }
        }
        if parens {
            self.expect(")")?;
        }
        Ok(Stmt::Import(names))
    }

    pub(super) fn params(&mut self, end: &str) -> Result<Vec<Param>, String> {
        let mut params = Vec::new();
        while !self.is_op(end) {
            let stars = if self.eat("**") { 2 } else { usize::from(self.eat("*")) };
            if stars == 1 && self.eat(",") {
                continue;
            }
            let name = self.name()?;
            if end == ")" && self.eat(":") {
                self.expr()?;
            }
            let default = if self.eat("=") { Some(self.expr()?) } else { None };
            params.push(Param { name, stars, default });
            if !self.eat(",") {
                break;
            }
        }
        Ok(params)
    }

    /// What may stand between `for` and `in`.
    pub(super) fn targets(&mut self) -> Result<Expr, String> {
        let mut items = vec![self.postfix()?];
        while self.eat(",") {
            items.push(self.postfix()?);
        }
        Ok(if items.len() == 1 { items.remove(0) } else { Expr::Tuple(items) })
    }
}
