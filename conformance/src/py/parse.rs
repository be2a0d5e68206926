//! From tokens to statements.

use super::ast::{Arg, Comprehension, Expr, FormatPart, Function, Param, Stmt, Try};
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

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }
    fn is_op(&self, op: &str) -> bool {
        matches!(self.peek(), Some(Token::Op(o)) if *o == op)
    }
    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Some(Token::Name(w)) if w == word)
    }
    fn eat(&mut self, op: &str) -> bool {
        let found = self.is_op(op);
        self.at += usize::from(found);
        found
    }
    fn eat_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.at += usize::from(found);
        found
    }
    fn expect(&mut self, op: &str) -> Result<(), String> {
        if self.eat(op) { Ok(()) } else { Err(self.unexpected(op)) }
    }
    fn unexpected(&self, wanted: &str) -> String {
        format!("`{wanted}` expected instead of {:?}", self.peek())
    }
    fn name(&mut self) -> Result<String, String> {
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

    fn params(&mut self, end: &str) -> Result<Vec<Param>, String> {
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
    fn targets(&mut self) -> Result<Expr, String> {
        let mut items = vec![self.postfix()?];
        while self.eat(",") {
            items.push(self.postfix()?);
        }
        Ok(if items.len() == 1 { items.remove(0) } else { Expr::Tuple(items) })
    }

    /// One expression, or several with commas between.
    fn tuple(&mut self) -> Result<Expr, String> {
        let first = self.expr()?;
        if !self.is_op(",") {
            return Ok(first);
        }
        let mut items = vec![first];
        while self.eat(",") {
            let ends = matches!(self.peek(), None | Some(Token::Newline | Token::Op(")" | "=")));
            if ends {
                break;
            }
            items.push(self.expr()?);
        }
        Ok(Expr::Tuple(items))
    }

    fn expr(&mut self) -> Result<Expr, String> {
        if self.eat_word("lambda") {
            let params = self.params(":")?;
            self.expect(":")?;
            let body = vec![Stmt::Return(Some(self.expr()?))];
            let name = "<lambda>".to_owned();
            return Ok(Expr::Lambda(Box::new(Function { name, params, body, is_async: false })));
        }
        let value = self.binary(0)?;
        if self.eat_word("if") {
            let condition = self.binary(0)?;
            if !self.eat_word("else") {
                return Err(self.unexpected("else"));
            }
            return Ok(Expr::Choice(Box::new([condition, value, self.expr()?])));
        }
        Ok(value)
    }

    fn binary(&mut self, level: usize) -> Result<Expr, String> {
        const LEVELS: [&[&str]; 5] = [
            &["or"],
            &["and"],
            &["==", "!=", "<=", ">=", "<", ">", "in", "is"],
            &["+", "-", "|"],
            &["*", "//", "/", "%"],
        ];
        let Some(ops) = LEVELS.get(level) else { return self.unary() };
        if level == 2 && self.eat_word("not") {
            return Ok(Expr::Unary("not", Box::new(self.binary(2)?)));
        }
        let mut left = self.binary(level + 1)?;
        loop {
            let negated = level == 2 && self.is_word("not");
            self.at += usize::from(negated);
            let Some(op) = ops.iter().find(|op| self.is_op(op) || self.is_word(op)) else {
                return Ok(left);
            };
            self.at += 1;
            let op = match *op {
                "in" if negated => "not in",
                "is" if self.eat_word("not") => "is not",
                op => op,
            };
            let right = self.binary(level + 1)?;
            left = Expr::Binary(Box::new(left), op, Box::new(right));
        }
    }

    fn unary(&mut self) -> Result<Expr, String> {
        for op in ["-", "+", "~"] {
            if self.eat(op) {
                return Ok(Expr::Unary(op, Box::new(self.unary()?)));
            }
        }
        if self.eat("*") {
            return Ok(Expr::Starred(Box::new(self.unary()?)));
        }
        if self.eat_word("await") {
            return Ok(Expr::Await(Box::new(self.unary()?)));
        }
        let base = self.postfix()?;
        if self.eat("**") {
            let power = self.unary()?;
            return Ok(Expr::Binary(Box::new(base), "**", Box::new(power)));
        }
        Ok(base)
    }

    fn postfix(&mut self) -> Result<Expr, String> {
        let mut value = self.atom()?;
        loop {
            if self.eat(".") {
                value = Expr::Attr(Box::new(value), self.name()?);
            } else if self.eat("(") {
                value = Expr::Call(Box::new(value), self.args()?);
            } else if self.eat("[") {
                let start = if self.is_op(":") { None } else { Some(self.tuple()?) };
                let index = if self.eat(":") {
                    let end = if self.is_op("]") { None } else { Some(Box::new(self.expr()?)) };
                    Expr::Slice(start.map(Box::new), end)
                } else {
                    start.unwrap_or(Expr::None)
                };
                self.expect("]")?;
                value = Expr::Index(Box::new(value), Box::new(index));
            } else {
                return Ok(value);
            }
        }
    }

    fn args(&mut self) -> Result<Vec<Arg>, String> {
        let mut args = Vec::new();
        while !self.is_op(")") {
            let named = matches!(
                (self.peek(), self.tokens.get(self.at + 1)),
                (Some(Token::Name(_)), Some(Token::Op("=")))
            );
            args.push(if named {
                let name = self.name()?;
                self.at += 1;
                Arg::Named(name, self.expr()?)
            } else if self.eat("**") {
                Arg::Map(self.expr()?)
            } else if self.eat("*") {
                Arg::Spread(self.expr()?)
            } else {
                let value = self.expr()?;
                match self.comprehension(None, &value)? {
                    Some(all) => Arg::Positional(all),
                    None => Arg::Positional(value),
                }
            });
            if !self.eat(",") {
                break;
            }
        }
        self.expect(")")?;
        Ok(args)
    }

    /// What follows an item if it is one of a comprehension.
    fn comprehension(&mut self, key: Option<Expr>, item: &Expr) -> Result<Option<Expr>, String> {
        self.eat_word("async");
        if !self.eat_word("for") {
            return Ok(None);
        }
        let target = self.targets()?;
        if !self.eat_word("in") {
            return Err(self.unexpected("in"));
        }
        let source = self.binary(0)?;
        let condition = if self.eat_word("if") { Some(self.binary(0)?) } else { None };
        let item = item.clone();
        Ok(Some(Expr::Comprehension(Box::new(Comprehension {
            key,
            item,
            target,
            source,
            condition,
        }))))
    }

    /// Items up to `end`, which is eaten; whether a comma was there.
    fn items(&mut self, end: &str) -> Result<(Vec<Expr>, bool), String> {
        let mut items = Vec::new();
        let mut comma = false;
        while !self.eat(end) {
            let item = self.expr()?;
            items.push(match self.comprehension(None, &item)? {
                Some(all) => all,
                None => item,
            });
            if !self.eat(",") {
                self.expect(end)?;
                break;
            }
            comma = true;
        }
        Ok((items, comma))
    }

    fn atom(&mut self) -> Result<Expr, String> {
        let token = self.peek().cloned().ok_or("an expression is missing")?;
        self.at += 1;
        Ok(match token {
            Token::Int(v) => Expr::Int(v),
            Token::Float(v) => Expr::Float(v),
            Token::Str(v) => Expr::Str(v),
            Token::Bytes(v) => Expr::Bytes(v),
            Token::Format(text) => Expr::Format(format_parts(&text)?),
            Token::Name(name) => match name.as_str() {
                "None" => Expr::None,
                "True" => Expr::Bool(true),
                "False" => Expr::Bool(false),
                _ => Expr::Name(name),
            },
            Token::Op("(") => {
                let (mut items, comma) = self.items(")")?;
                if items.len() == 1 && !comma { items.remove(0) } else { Expr::Tuple(items) }
            }
            Token::Op("[") => {
                let (mut items, _) = self.items("]")?;
                let all = matches!(items.as_slice(), [Expr::Comprehension(_)]);
                if all { items.remove(0) } else { Expr::List(items) }
            }
            Token::Op("{") => self.braces()?,
            token => return Err(format!("an expression cannot begin with {token:?}")),
        })
    }

    fn braces(&mut self) -> Result<Expr, String> {
        let mut entries = Vec::new();
        let mut items = Vec::new();
        while !self.eat("}") {
            if self.eat("**") {
                entries.push((None, self.expr()?));
            } else {
                let key = self.expr()?;
                if self.eat(":") {
                    let value = self.expr()?;
                    if let Some(all) = self.comprehension(Some(key.clone()), &value)? {
                        self.expect("}")?;
                        return Ok(all);
                    }
                    entries.push((Some(key), value));
                } else {
                    items.push(key);
                }
            }
            if !self.eat(",") {
                self.expect("}")?;
                break;
            }
        }
        Ok(if items.is_empty() { Expr::Dict(entries) } else { Expr::Set(items) })
    }
}

/// The parts of an f-string.
fn format_parts(text: &str) -> Result<Vec<FormatPart>, String> {
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let doubled = rest.starts_with("{{") || rest.starts_with("}}");
        if doubled {
            literal.push(c);
            rest = &rest[2..];
        } else if c == '{' {
            let end = rest.find('}').ok_or("an f-string without `}`")?;
            let inside = &rest[1..end];
            rest = &rest[end + 1..];
            parts.push(FormatPart::Text(std::mem::take(&mut literal)));
            let (inside, spec) = inside.split_once(':').unwrap_or((inside, ""));
            let (inside, conversion) = match inside.rsplit_once('!') {
                Some((inside, "r")) => (inside, 'r'),
                Some((inside, "s")) => (inside, 's'),
                _ => (inside, ' '),
            };
            parts.push(FormatPart::Value(parse_expr(inside)?, conversion, spec.to_owned()));
        } else {
            literal.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    parts.push(FormatPart::Text(literal));
    Ok(parts)
}
