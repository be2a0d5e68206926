//! Runs a program, statement by statement.

use super::ast::{Expr, Function, Stmt, Try};
use super::parse::{parse, parse_expr};
use super::value::{Class, Closure, Error, Scope, Val, is_kind, lock, shared};
use crate::session::Session;
use std::collections::HashMap;
use std::sync::Arc;

/// Why a block was left before its end.
#[derive(Debug)]
pub(crate) enum Unwind {
    /// An exception.
    Raise(Arc<Error>),
    Return(Val),
    Break,
    Continue,
    /// Something that is not understood here.
    Unknown(String),
}

pub(super) type Run<T> = Result<T, Unwind>;

/// An exception of the program's own making.
pub(super) fn raise<T>(kind: &str, message: impl Into<String>) -> Run<T> {
    Err(Unwind::Raise(Error::new(kind, message)))
}

pub(super) fn unknown<T>(what: impl Into<String>) -> Run<T> {
    Err(Unwind::Unknown(what.into()))
}

/// Programs that run one after another and share their names.
pub(crate) struct Interpreter<'s> {
    pub(crate) session: &'s mut Session,
    /// Variables of the environment.
    pub(crate) env: &'s [(String, String)],
    globals: Scope,
    /// Exceptions that are being handled, innermost last.
    pub(super) handled: Vec<Arc<Error>>,
    pub(super) context: super::host::Variables,
    /// What timed blocks have for their trace.
    pub(super) trace_id: Option<String>,
    /// What the clock says, in seconds since 1970.
    pub(crate) now: f64,
    /// Loggers that a case has bound fields to.
    bound: HashMap<Option<String>, super::Bound>,
}

impl<'s> Interpreter<'s> {
    pub(crate) fn new(session: &'s mut Session, env: &'s [(String, String)]) -> Interpreter<'s> {
        let logger = Val::Logger(session.logger(None));
        let mut globals = HashMap::from([("logger".to_owned(), logger)]);
        for name in ["pt", "structlog", "asyncio", "time", "datetime", "decimal", "uuid", "json"] {
            globals.insert(name.to_owned(), Val::Native(name.to_owned()));
        }
        let context = super::host::Variables::default();
        let (globals, handled, bound) = (shared(globals), Vec::new(), HashMap::new());
        Interpreter { session, env, globals, handled, context, trace_id: None, now: 1000.0, bound }
    }

    /// The logger of this name, with what the case has bound to it.
    pub(crate) fn logger(&self, name: Option<&str>) -> super::Bound {
        let kept = self.bound.get(&name.map(str::to_owned)).cloned();
        kept.unwrap_or_else(|| self.session.logger(name))
    }

    /// Keeps a logger under a name.
    pub(crate) fn keep(&mut self, name: Option<&str>, logger: super::Bound) {
        self.bound.insert(name.map(str::to_owned), logger);
    }

    /// Runs a program; the value is that of the name `RESULT`.
    pub(crate) fn run(&mut self, code: &str) -> Run<Val> {
        let program = parse(code).map_err(Unwind::Unknown)?;
        lock(&self.globals).remove("RESULT");
        let scopes = [self.globals.clone()];
        self.block(&program, &scopes)?;
        Ok(lock(&self.globals).get("RESULT").cloned().unwrap_or(Val::None))
    }

    /// The value of an expression.
    pub(crate) fn value_of(&mut self, code: &str) -> Run<Val> {
        let expr = parse_expr(code).map_err(Unwind::Unknown)?;
        let scopes = [self.globals.clone()];
        self.expr(&expr, &scopes)
    }

    fn block(&mut self, body: &[Stmt], scopes: &[Scope]) -> Run<()> {
        body.iter().try_for_each(|statement| self.statement(statement, scopes))
    }

    fn statement(&mut self, statement: &Stmt, scopes: &[Scope]) -> Run<()> {
        match statement {
            Stmt::Expr(expr) => self.expr(expr, scopes).map(drop),
            Stmt::Assign(targets, value) => {
                let value = self.expr(value, scopes)?;
                targets.iter().try_for_each(|target| self.assign(target, value.clone(), scopes))
            }
            Stmt::Update(target, op, value) => {
                let old = self.expr(target, scopes)?;
                let value = self.expr(value, scopes)?;
                let value = super::ops::binary(&old, op, &value)?;
                self.assign(target, value, scopes)
            }
            Stmt::Import(names) => {
                for (name, path) in names {
                    // `logger` stays what it is, whatever module it comes from.
                    if !(name == "logger" && path.ends_with(".logger")) {
                        set(scopes, name, Val::Native(path.clone()));
                    }
                }
                Ok(())
            }
            Stmt::If(condition, then, otherwise) => {
                let holds = self.expr(condition, scopes)?.truth();
                self.block(if holds { then } else { otherwise }, scopes)
            }
            Stmt::For(target, source, body) => {
                let source = self.expr(source, scopes)?;
                for item in super::ops::items(&source)? {
                    self.assign(target, item, scopes)?;
                    match self.block(body, scopes) {
                        Err(Unwind::Break) => break,
                        Ok(()) | Err(Unwind::Continue) => {}
                        Err(other) => return Err(other),
                    }
                }
                Ok(())
            }
            Stmt::While(condition, body) => {
                let mut rounds = 0;
                while self.expr(condition, scopes)?.truth() {
                    match self.block(body, scopes) {
                        Err(Unwind::Break) => break,
                        Ok(()) | Err(Unwind::Continue) => {}
                        Err(other) => return Err(other),
                    }
                    rounds += 1;
                    if rounds > 1_000_000 {
                        return unknown("a loop without an end");
                    }
                }
                Ok(())
            }
            Stmt::With(items, body) => self.with(items, body, scopes),
            Stmt::Try(parts) => self.try_block(parts, scopes),
            Stmt::Raise(error, cause) => {
                let Some(error) = error else {
                    return match self.handled.last() {
                        Some(error) => Err(Unwind::Raise(error.clone())),
                        None => raise("RuntimeError", "No active exception to reraise"),
                    };
                };
                let error = self.error_of(error, scopes)?;
                let Some(cause) = cause else { return Err(Unwind::Raise(error)) };
                let cause = match self.expr(cause, scopes)? {
                    Val::Error(cause) => Some(cause),
                    _ => None,
                };
                let (kind, args) = (error.kind.clone(), error.args.clone());
                Err(Unwind::Raise(Arc::new(Error { kind, args, cause })))
            }
            Stmt::Return(value) => {
                let value = value.as_ref().map_or(Ok(Val::None), |v| self.expr(v, scopes))?;
                Err(Unwind::Return(value))
            }
            Stmt::Def(function) => {
                set(scopes, &function.name, closure(function, scopes));
                Ok(())
            }
            Stmt::Class(name, bases, body) => {
                let base = bases.first().map(|base| self.expr(base, scopes)).transpose()?;
                let names: Scope = Scope::default();
                let mut inner = scopes.to_vec();
                inner.push(names.clone());
                self.block(body, &inner)?;
                let class = Class { name: name.clone(), base, names };
                set(scopes, name, Val::Class(Arc::new(class)));
                Ok(())
            }
            Stmt::Assert(condition) => match self.expr(condition, scopes)?.truth() {
                true => Ok(()),
                false => Err(Unwind::Raise(Arc::new(Error {
                    kind: "AssertionError".to_owned(),
                    args: Vec::new(),
                    cause: None,
                }))),
            },
            Stmt::Delete(target) => self.delete(target, scopes),
            Stmt::Break => Err(Unwind::Break),
            Stmt::Continue => Err(Unwind::Continue),
            Stmt::Pass => Ok(()),
        }
    }

    fn delete(&mut self, target: &Expr, scopes: &[Scope]) -> Run<()> {
        match target {
            Expr::Name(name) => {
                if let Some(scope) = scopes.last() {
                    lock(scope).remove(name);
                }
                Ok(())
            }
            Expr::Index(base, key) => {
                let (base, key) = (self.expr(base, scopes)?, self.expr(key, scopes)?);
                match base {
                    Val::Dict(entries) => lock(&entries).retain(|(k, _)| !k.equals(&key)),
                    _ => return unknown("`del` of an item of this"),
                }
                Ok(())
            }
            _ => unknown("`del` of this"),
        }
    }

    fn error_of(&mut self, expr: &Expr, scopes: &[Scope]) -> Run<Arc<Error>> {
        match self.expr(expr, scopes)? {
            Val::Error(error) => Ok(error),
            class @ (Val::Class(_) | Val::Native(_)) => {
                match self.call(class, Vec::new(), Vec::new())? {
                    Val::Error(error) => Ok(error),
                    _ => raise("TypeError", "exceptions must derive from BaseException"),
                }
            }
            _ => raise("TypeError", "exceptions must derive from BaseException"),
        }
    }

    fn with(&mut self, items: &[(Expr, Option<Expr>)], body: &[Stmt], scopes: &[Scope]) -> Run<()> {
        let Some(((manager, target), rest)) = items.split_first() else {
            return self.block(body, scopes);
        };
        let manager = self.expr(manager, scopes)?;
        let entered = self.enter(&manager)?;
        if let Some(target) = target {
            self.assign(target, entered.clone(), scopes)?;
        }
        let done = self.with(rest, body, scopes);
        let error = match &done {
            Err(Unwind::Raise(error)) => Some(error.clone()),
            _ => None,
        };
        let swallowed = self.exit(&manager, &entered, error)?;
        if swallowed && matches!(done, Err(Unwind::Raise(_))) { Ok(()) } else { done }
    }

    fn try_block(&mut self, parts: &Try, scopes: &[Scope]) -> Run<()> {
        let mut done = self.block(&parts.body, scopes);
        match done {
            Err(Unwind::Raise(error)) => {
                done = self.handle(error, parts, scopes);
            }
            Ok(()) => done = self.block(&parts.otherwise, scopes),
            _ => {}
        }
        self.block(&parts.finally, scopes)?;
        done
    }

    fn handle(&mut self, error: Arc<Error>, parts: &Try, scopes: &[Scope]) -> Run<()> {
        for (kind, name, body) in &parts.handlers {
            let fits = match kind {
                None => true,
                Some(kind) => {
                    let kind = self.expr(kind, scopes)?;
                    let kinds = match kind {
                        Val::Tuple(kinds) => kinds,
                        one => vec![one],
                    };
                    kinds.iter().any(|kind| self.is_instance(&error, kind))
                }
            };
            if !fits {
                continue;
            }
            if let Some(name) = name {
                set(scopes, name, Val::Error(error.clone()));
            }
            self.handled.push(error);
            let done = self.block(body, scopes);
            self.handled.pop();
            return done;
        }
        Err(Unwind::Raise(error))
    }

    pub(super) fn is_instance(&self, error: &Error, kind: &Val) -> bool {
        let name = match kind {
            Val::Native(path) => path.rsplit('.').next().unwrap_or(path),
            Val::Class(class) => &class.name,
            _ => return false,
        };
        // A class of the program's own knows its base.
        let mut own = lock(&self.globals).get(&error.kind).cloned();
        while let Some(Val::Class(class)) = own {
            if class.name == name {
                return true;
            }
            match &class.base {
                Some(Val::Native(base)) => return is_kind(base, name),
                base => own = base.clone(),
            }
        }
        is_kind(&error.kind, name)
    }

    pub(super) fn assign(&mut self, target: &Expr, value: Val, scopes: &[Scope]) -> Run<()> {
        match target {
            Expr::Name(name) => set(scopes, name, value),
            Expr::Tuple(targets) | Expr::List(targets) => {
                let items = super::ops::items(&value)?;
                if items.len() != targets.len() {
                    return raise("ValueError", "wrong number of values to unpack");
                }
                for (target, item) in targets.iter().zip(items) {
                    self.assign(target, item, scopes)?;
                }
            }
            Expr::Index(base, key) => {
                let (base, key) = (self.expr(base, scopes)?, self.expr(key, scopes)?);
                self.set_item(&base, key, value)?;
            }
            Expr::Attr(base, name) => match self.expr(base, scopes)? {
                Val::Object(_, names) => {
                    lock(&names).insert(name.clone(), value);
                }
                _ => return unknown(format!("an assignment to `.{name}`")),
            },
            _ => return unknown("an assignment to this"),
        }
        Ok(())
    }

    /// Calls a function of the program's own.
    pub(super) fn invoke(
        &mut self,
        closure: &Closure,
        mut args: Vec<Val>,
        mut named: Vec<(String, Val)>,
    ) -> Run<Val> {
        let mut scopes = closure.scopes.clone();
        let locals: Scope = Scope::default();
        if let Some(receiver) = &closure.receiver {
            args.insert(0, receiver.clone());
        }
        let mut args = args.into_iter();
        for param in &closure.function.params {
            let value = match param.stars {
                1 => Val::Tuple(args.by_ref().collect()),
                2 => Val::dict(std::mem::take(&mut named)),
                _ => {
                    let by_name = named.iter().position(|(name, _)| *name == param.name);
                    match (args.next(), by_name, &param.default) {
                        (Some(value), ..) => value,
                        (None, Some(at), _) => named.remove(at).1,
                        (None, None, Some(default)) => self.expr(default, &scopes)?,
                        (None, None, None) => {
                            let what = format!("missing argument '{}'", param.name);
                            return raise("TypeError", what);
                        }
                    }
                }
            };
            lock(&locals).insert(param.name.clone(), value);
        }
        if args.next().is_some() || !named.is_empty() {
            return raise(
                "TypeError",
                format!("{}() got too many arguments", closure.function.name),
            );
        }
        scopes.push(locals);
        match self.block(&closure.function.body, &scopes) {
            Ok(()) => Ok(Val::None),
            Err(Unwind::Return(value)) => Ok(value),
            Err(other) => Err(other),
        }
    }
}

pub(super) fn closure(function: &Function, scopes: &[Scope]) -> Val {
    let (function, scopes) = (function.clone(), scopes.to_vec());
    Val::Func(Arc::new(Closure { function, scopes, receiver: None }))
}

pub(super) fn set(scopes: &[Scope], name: &str, value: Val) {
    if let Some(scope) = scopes.last() {
        lock(scope).insert(name.to_owned(), value);
    }
}
