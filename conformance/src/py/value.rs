//! What a program computes with.

use super::ast::Function;
use crate::json::Json;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Shared and changeable.
pub(crate) type Shared<T> = Arc<Mutex<T>>;

pub(crate) fn shared<T>(value: T) -> Shared<T> {
    Arc::new(Mutex::new(value))
}

pub(crate) fn lock<T>(shared: &Shared<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The names of a function's call, or of the program.
pub(super) type Scope = Shared<HashMap<String, Val>>;

/// A value.
#[derive(Clone, Debug)]
pub(crate) enum Val {
    None,
    Bool(bool),
    Int(i128),
    Float(f64),
    Str(String),
    Bytes(Vec<u8>),
    List(Shared<Vec<Val>>),
    Tuple(Vec<Val>),
    Set(Vec<Val>),
    Dict(Shared<Vec<(Val, Val)>>),
    Error(Arc<Error>),
    /// Something of a library, by its dotted path.
    Native(String),
    /// A method of a value.
    Method(Box<Val>, String),
    Func(Arc<Closure>),
    /// A call of an `async` function that nobody has waited for yet.
    Coroutine(Arc<Closure>, Vec<Val>, Vec<(String, Val)>),
    Logger(Bound),
    /// A class of the program's own, with its base and its names.
    Class(Arc<Class>),
    /// An instance of one, or what a library made.
    Object(String, Scope),
    /// What `with` found before it.
    Variables(super::host::Variables),
    /// Work that is timed.
    Timed(Shared<Option<ripsaw::Timed>>),
    /// A processor of the documents.
    Processor(crate::programs::Seed),
    /// Something that is known by how it prints alone.
    Printed(String),
}

/// A logger with what is bound to it.
#[derive(Clone, Debug)]
pub(crate) struct Bound {
    /// `None` for the one that needs no name.
    pub(crate) name: Option<String>,
    pub(crate) logger: ripsaw::Logger,
    /// Keys that are bound, in their order.
    pub(crate) keys: Vec<String>,
}

impl Bound {
    /// Binds a field.
    pub(crate) fn bind(&mut self, key: &str, value: &ripsaw::Value) {
        self.logger = self.logger.with(key, value.clone());
        self.keys.retain(|k| k != key);
        self.keys.push(key.to_owned());
    }
    /// Takes a field away; whether it was there.
    pub(crate) fn unbind(&mut self, key: &str) -> bool {
        let known = self.keys.iter().any(|k| k == key);
        self.logger = self.logger.without(key);
        self.keys.retain(|k| k != key);
        known
    }
}

#[derive(Debug)]
pub(crate) struct Closure {
    pub(super) function: Function,
    pub(super) scopes: Vec<Scope>,
    /// What a method is called on.
    pub(super) receiver: Option<Val>,
}

#[derive(Debug)]
pub(crate) struct Class {
    pub(super) name: String,
    pub(super) base: Option<Val>,
    pub(super) names: Scope,
}

/// An exception.
#[derive(Debug)]
pub(crate) struct Error {
    pub(crate) kind: String,
    pub(crate) args: Vec<Val>,
    pub(crate) cause: Option<Arc<Error>>,
}

impl Error {
    pub(crate) fn new(kind: &str, message: impl Into<String>) -> Arc<Error> {
        let args = vec![Val::Str(message.into())];
        Arc::new(Error { kind: kind.to_owned(), args, cause: None })
    }

    /// What `str` says of it.
    pub(crate) fn message(&self) -> String {
        match self.args.as_slice() {
            [] => String::new(),
            [one] if self.kind == "KeyError" => one.repr(),
            [one] => one.text(),
            several => Val::Tuple(several.to_vec()).repr(),
        }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

/// The exceptions that are kinds of another one.
const KINDS: [(&str, &str); 16] = [
    ("KeyError", "LookupError"),
    ("IndexError", "LookupError"),
    ("ZeroDivisionError", "ArithmeticError"),
    ("OverflowError", "ArithmeticError"),
    ("ConnectionError", "OSError"),
    ("ConnectionRefusedError", "ConnectionError"),
    ("ConnectionResetError", "ConnectionError"),
    ("BrokenPipeError", "ConnectionError"),
    ("TimeoutError", "OSError"),
    ("FileNotFoundError", "OSError"),
    ("PermissionError", "OSError"),
    ("NotImplementedError", "RuntimeError"),
    ("RecursionError", "RuntimeError"),
    ("UnicodeDecodeError", "ValueError"),
    ("ModuleNotFoundError", "ImportError"),
    ("IOError", "OSError"),
];

/// Whether an exception of this kind is one of the other.
pub(super) fn is_kind(mut kind: &str, of: &str) -> bool {
    let outside = ["KeyboardInterrupt", "SystemExit", "GeneratorExit", "CancelledError"];
    match of {
        "BaseException" => return true,
        "Exception" => return !outside.contains(&kind),
        _ => {}
    }
    loop {
        if kind == of || (of == "OSError" && kind == "IOError") {
            return true;
        }
        match KINDS.iter().find(|(name, _)| *name == kind) {
            Some((_, base)) => kind = base,
            None => return false,
        }
    }
}

/// Whether a bare name is an exception's.
pub(super) fn is_error_name(name: &str) -> bool {
    let known = ["Exception", "BaseException", "KeyboardInterrupt", "SystemExit", "StopIteration"];
    known.contains(&name)
        || name.ends_with("Error") && name.starts_with(|c: char| c.is_ascii_uppercase())
}

impl Val {
    pub(crate) fn list(items: Vec<Val>) -> Val {
        Val::List(shared(items))
    }

    pub(crate) fn dict(entries: impl IntoIterator<Item = (String, Val)>) -> Val {
        Val::Dict(shared(entries.into_iter().map(|(k, v)| (Val::Str(k), v)).collect()))
    }

    pub(crate) fn from_json(json: &Json) -> Val {
        match json {
            Json::Null => Val::None,
            Json::Bool(v) => Val::Bool(*v),
            Json::Int(v) => Val::Int(*v),
            Json::Float(v) => Val::Float(*v),
            Json::Str(v) => Val::Str(v.clone()),
            Json::List(items) => Val::list(items.iter().map(Val::from_json).collect()),
            Json::Map(entries) => {
                Val::dict(entries.iter().map(|(k, v)| (k.clone(), Val::from_json(v))))
            }
        }
    }

    /// As a value to log, or to compare with a recorded result.
    pub(crate) fn to_json(&self) -> Json {
        match self {
            Val::None => Json::Null,
            Val::Bool(v) => Json::Bool(*v),
            Val::Int(v) => Json::Int(*v),
            Val::Float(v) => Json::Float(*v),
            Val::Str(v) => Json::Str(v.clone()),
            Val::List(items) => Json::List(lock(items).iter().map(Val::to_json).collect()),
            Val::Tuple(items) | Val::Set(items) => {
                Json::List(items.iter().map(Val::to_json).collect())
            }
            Val::Dict(entries) => {
                Json::Map(lock(entries).iter().map(|(k, v)| (k.text(), v.to_json())).collect())
            }
            other => Json::Str(other.text()),
        }
    }

    pub(crate) fn truth(&self) -> bool {
        match self {
            Val::None => false,
            Val::Bool(v) => *v,
            Val::Int(v) => *v != 0,
            Val::Float(v) => *v != 0.0,
            Val::Str(v) => !v.is_empty(),
            Val::Bytes(v) => !v.is_empty(),
            Val::List(v) => !lock(v).is_empty(),
            Val::Tuple(v) | Val::Set(v) => !v.is_empty(),
            Val::Dict(v) => !lock(v).is_empty(),
            _ => true,
        }
    }

    pub(crate) fn str(&self) -> Option<&str> {
        match self {
            Val::Str(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn equals(&self, other: &Val) -> bool {
        match (self, other) {
            (Val::Int(a), Val::Float(b)) | (Val::Float(b), Val::Int(a)) => *a as f64 == *b,
            (Val::Float(a), Val::Float(b)) => a == b,
            (Val::Bool(a), Val::Int(b)) | (Val::Int(b), Val::Bool(a)) => i128::from(*a) == *b,
            _ => self.repr() == other.repr(),
        }
    }

    /// What `str` says of it.
    pub(crate) fn text(&self) -> String {
        match self {
            Val::Str(v) => v.clone(),
            Val::Error(error) => error.message(),
            Val::Printed(text) => text.clone(),
            other => other.repr(),
        }
    }

    /// What `repr` says of it.
    pub(crate) fn repr(&self) -> String {
        let joined = |items: &[Val]| {
            let items: Vec<String> = items.iter().map(Val::repr).collect();
            items.join(", ")
        };
        match self {
            Val::None => "None".to_owned(),
            Val::Bool(true) => "True".to_owned(),
            Val::Bool(false) => "False".to_owned(),
            Val::Int(v) => v.to_string(),
            Val::Float(v) => float_repr(*v),
            Val::Str(v) => str_repr(v),
            Val::Bytes(v) => {
                format!("b{}", str_repr(&v.iter().map(|b| *b as char).collect::<String>()))
            }
            Val::List(items) => format!("[{}]", joined(&lock(items))),
            Val::Tuple(items) if items.len() == 1 => format!("({},)", joined(items)),
            Val::Tuple(items) => format!("({})", joined(items)),
            Val::Set(items) => format!("{{{}}}", joined(items)),
            Val::Dict(entries) => {
                let entries = lock(entries).clone();
                let texts: Vec<String> =
                    entries.iter().map(|(k, v)| format!("{}: {}", k.repr(), v.repr())).collect();
                format!("{{{}}}", texts.join(", "))
            }
            Val::Error(error) => format!("{}({})", error.kind, joined(&error.args)),
            Val::Native(path) => format!("<built-in {path}>"),
            Val::Method(_, name) => format!("<bound method {name}>"),
            Val::Func(closure) => format!("<function {} at 0x7f0000000000>", closure.function.name),
            Val::Coroutine(closure, ..) => format!("<coroutine object {}>", closure.function.name),
            Val::Logger(bound) => format!("<logger {}>", bound.name.as_deref().unwrap_or("")),
            Val::Class(class) => format!("<class '{}'>", class.name),
            Val::Object(kind, _) => format!("<{kind} object at 0x7f0000000000>"),
            Val::Variables(_) => "<context>".to_owned(),
            Val::Timed(_) => "<timed block>".to_owned(),
            Val::Processor(_) => "<processor>".to_owned(),
            Val::Printed(text) => text.clone(),
        }
    }
}

fn float_repr(v: f64) -> String {
    if v.is_nan() {
        return "nan".to_owned();
    }
    if v.is_infinite() {
        return if v > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let magnitude = v.abs();
    if magnitude != 0.0 && !(1e-4..1e16).contains(&magnitude) {
        let text = format!("{v:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, digits) = match exponent.strip_prefix('-') {
            Some(digits) => ('-', digits),
            None => ('+', exponent),
        };
        return format!("{mantissa}e{sign}{digits:0>2}");
    }
    format!("{v:?}")
}

fn str_repr(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::from(quote);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            c if c == quote => out.extend(['\\', c]),
            c if u32::from(c) < 32 || u32::from(c) == 127 => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}
