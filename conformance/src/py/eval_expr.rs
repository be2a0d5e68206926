//! What expressions are worth.

use super::ast::{Arg, Expr, FormatPart};
use super::eval::{Interpreter, Run, closure, raise, unknown};
use super::value::{Scope, Val, is_error_name, lock};

impl Interpreter<'_> {
    pub(super) fn expr(&mut self, expr: &Expr, scopes: &[Scope]) -> Run<Val> {
        Ok(match expr {
            Expr::None => Val::None,
            Expr::Bool(v) => Val::Bool(*v),
            Expr::Int(v) => Val::Int(*v),
            Expr::Float(v) => Val::Float(*v),
            Expr::Str(v) => Val::Str(v.clone()),
            Expr::Bytes(v) => Val::Bytes(v.clone()),
            Expr::Format(parts) => {
                let mut text = String::new();
                for part in parts {
                    match part {
                        FormatPart::Text(part) => text.push_str(part),
                        FormatPart::Value(expr, conversion, spec) => {
                            let value = self.expr(expr, scopes)?;
                            text.push_str(&super::ops::formatted(&value, *conversion, spec)?);
                        }
                    }
                }
                Val::Str(text)
            }
            Expr::Name(name) => self.name(name, scopes)?,
            Expr::Attr(base, name) => {
                let base = self.expr(base, scopes)?;
                self.attribute(&base, name)?
            }
            Expr::Index(base, index) => {
                let base = self.expr(base, scopes)?;
                if let Expr::Slice(start, end) = &**index {
                    let mut bound = |bound: &Option<Box<Expr>>| {
                        bound.as_ref().map(|b| self.expr(b, scopes)).transpose()
                    };
                    let (start, end) = (bound(start)?, bound(end)?);
                    return super::ops::slice(&base, start, end);
                }
                let index = self.expr(index, scopes)?;
                super::ops::item(&base, &index)?
            }
            Expr::Slice(..) => return unknown("a slice without a value"),
            Expr::Call(function, args) => {
                let function = self.expr(function, scopes)?;
                let (args, named) = self.args(args, scopes)?;
                self.call(function, args, named)?
            }
            Expr::Unary(op, value) => {
                let value = self.expr(value, scopes)?;
                super::ops::unary(op, &value)?
            }
            Expr::Binary(left, op @ ("and" | "or"), right) => {
                let left = self.expr(left, scopes)?;
                if left.truth() == (*op == "or") { left } else { self.expr(right, scopes)? }
            }
            Expr::Binary(left, op, right) => {
                let (left, right) = (self.expr(left, scopes)?, self.expr(right, scopes)?);
                super::ops::binary(&left, op, &right)?
            }
            Expr::Choice(parts) => {
                let [condition, then, otherwise] = &**parts;
                let holds = self.expr(condition, scopes)?.truth();
                self.expr(if holds { then } else { otherwise }, scopes)?
            }
            Expr::List(items) => Val::list(self.all(items, scopes)?),
            Expr::Tuple(items) => Val::Tuple(self.all(items, scopes)?),
            Expr::Set(items) => Val::Set(self.all(items, scopes)?),
            Expr::Dict(entries) => {
                let dict = Val::dict([]);
                for (key, value) in entries {
                    let value = self.expr(value, scopes)?;
                    match key {
                        Some(key) => {
                            let key = self.expr(key, scopes)?;
                            self.set_item(&dict, key, value)?;
                        }
                        None => {
                            for (key, value) in super::ops::entries(&value)? {
                                self.set_item(&dict, key, value)?;
                            }
                        }
                    }
                }
                dict
            }
            Expr::Comprehension(parts) => {
                let source = self.expr(&parts.source, scopes)?;
                let mut inner = scopes.to_vec();
                inner.push(Scope::default());
                let (mut items, dict) = (Vec::new(), Val::dict([]));
                for item in super::ops::items(&source)? {
                    self.assign(&parts.target, item, &inner)?;
                    let wanted = match &parts.condition {
                        Some(condition) => self.expr(condition, &inner)?.truth(),
                        None => true,
                    };
                    if wanted {
                        let value = self.expr(&parts.item, &inner)?;
                        match &parts.key {
                            Some(key) => {
                                let key = self.expr(key, &inner)?;
                                self.set_item(&dict, key, value)?;
                            }
                            None => items.push(value),
                        }
                    }
                }
                if parts.key.is_some() { dict } else { Val::list(items) }
            }
            Expr::Lambda(function) => closure(function, scopes),
            Expr::Await(value) => {
                let value = self.expr(value, scopes)?;
                self.wait_for(value)?
            }
            Expr::Starred(_) => return unknown("a starred expression"),
        })
    }

    fn all(&mut self, items: &[Expr], scopes: &[Scope]) -> Run<Vec<Val>> {
        let mut values = Vec::new();
        for item in items {
            match item {
                Expr::Starred(source) => {
                    let source = self.expr(source, scopes)?;
                    values.extend(super::ops::items(&source)?);
                }
                item => values.push(self.expr(item, scopes)?),
            }
        }
        Ok(values)
    }

    fn args(&mut self, args: &[Arg], scopes: &[Scope]) -> Run<super::host::Given> {
        let (mut positional, mut named) = (Vec::new(), Vec::new());
        for arg in args {
            match arg {
                Arg::Positional(value) => positional.push(self.expr(value, scopes)?),
                Arg::Named(name, value) => named.push((name.clone(), self.expr(value, scopes)?)),
                Arg::Spread(source) => {
                    let source = self.expr(source, scopes)?;
                    positional.extend(super::ops::items(&source)?);
                }
                Arg::Map(source) => {
                    let source = self.expr(source, scopes)?;
                    let entries = super::ops::entries(&source)?;
                    named.extend(entries.into_iter().map(|(key, value)| (key.text(), value)));
                }
            }
        }
        Ok((positional, named))
    }

    pub(super) fn name(&self, name: &str, scopes: &[Scope]) -> Run<Val> {
        let known = scopes.iter().rev().find_map(|scope| lock(scope).get(name).cloned());
        match known {
            Some(value) => Ok(value),
            None if is_error_name(name) || super::ops::is_builtin(name) => {
                Ok(Val::Native(name.to_owned()))
            }
            None => raise("NameError", format!("name '{name}' is not defined")),
        }
    }
}
