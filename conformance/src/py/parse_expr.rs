//! From tokens to expressions.

use super::ast::{Arg, Comprehension, Expr, FormatPart, Function, Stmt};
use super::lex::Token;
use super::parse::{Parser, parse_expr};

impl Parser {
    /// One expression, or several with commas between.
    pub(super) fn tuple(&mut self) -> Result<Expr, String> {
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

    pub(super) fn expr(&mut self) -> Result<Expr, String> {
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

    pub(super) fn postfix(&mut self) -> Result<Expr, String> {
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
