//! What programs call: the logger above all, and the few functions around it.

use super::errors;
use super::eval::{Interpreter, Run, Unwind, raise, unknown};
use super::ops::{entries, item, items, put};
use super::value::{Bound, Closure, Error, Scope, Val, is_error_name, is_kind, lock, shared};
use crate::json::Json;
use crate::programs::{self, Seed};
use crate::session::{Call, DEFAULT, GLOBAL_TRACE, MATRIX, level_of, printf};
use crate::settings;
use ripsaw::{Level, Value};
use std::collections::HashMap;
use std::sync::Arc;

/// The context variables of the running thread or task. They are in force while it logs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Variables(ripsaw::Context);

impl Variables {
    fn set(&mut self, key: &str, value: &Val) {
        self.0 = std::mem::take(&mut self.0).with(key, value.to_json().to_value());
    }
    fn remove(&mut self, key: &str) {
        self.0 = std::mem::take(&mut self.0).without(key);
    }
    fn enter(&self) -> ripsaw::Scope {
        self.0.enter_alone()
    }
}

/// Arguments by position, and by name.
pub(super) type Given = (Vec<Val>, Vec<(String, Val)>);

/// The arguments of a call.
struct Args {
    list: std::vec::IntoIter<Val>,
    named: Vec<(String, Val)>,
}

impl Args {
    /// The next one, or the one of this name.
    fn take(&mut self, name: &str) -> Option<Val> {
        self.list.next().or_else(|| self.take_named(name))
    }
    fn take_named(&mut self, name: &str) -> Option<Val> {
        let at = self.named.iter().position(|(n, _)| n == name)?;
        Some(self.named.remove(at).1)
    }
    fn next(&mut self) -> Val {
        self.list.next().unwrap_or(Val::None)
    }
}

impl Interpreter<'_> {
    pub(super) fn set_item(&mut self, base: &Val, key: Val, value: Val) -> Run<()> {
        match base {
            Val::Dict(_) => put(base, key, value),
            Val::List(items) => {
                let Val::Int(at) = key else { return raise("TypeError", "indices are integers") };
                match usize::try_from(at).ok().and_then(|at| lock(items).get_mut(at).map(|_| at)) {
                    Some(at) => lock(items)[at] = value,
                    None => return raise("IndexError", "list assignment index out of range"),
                }
            }
            // What the block adds while it is under way.
            Val::Timed(timed) => {
                if let Some(timed) = lock(timed).as_mut() {
                    timed.field(key.text(), value.to_json().to_value());
                }
            }
            _ => return unknown("an assignment to an item of this"),
        }
        Ok(())
    }

    pub(super) fn attribute(&mut self, base: &Val, name: &str) -> Run<Val> {
        Ok(match base {
            Val::Native(path) => match name {
                "environ" => {
                    let env = self.env.iter().map(|(k, v)| (k.clone(), Val::Str(v.clone())));
                    Val::dict(env)
                }
                "__name__" => Val::Str(path.rsplit('.').next().unwrap_or(path).to_owned()),
                "logger" if !path.contains('.') => Val::Logger(self.session.logger(None)),
                _ => Val::Native(format!("{path}.{name}")),
            },
            Val::Class(class) if name == "__name__" => Val::Str(class.name.clone()),
            Val::Class(class) => {
                let found = lock(&class.names).get(name).cloned();
                found.map_or_else(|| no_attribute(base, name), Ok)?
            }
            Val::Object(kind, names) => {
                if let Some(own) = lock(names).get(name).cloned() {
                    return Ok(own);
                }
                let _ = kind;
                Val::Method(Box::new(base.clone()), name.to_owned())
            }
            Val::Error(error) if name == "args" => Val::Tuple(error.args.clone()),
            Val::Error(error) if name == "__class__" => Val::Native(error.kind.clone()),
            Val::Func(closure) if name == "__name__" => Val::Str(closure.name().to_owned()),
            _ => Val::Method(Box::new(base.clone()), name.to_owned()),
        })
    }

    pub(super) fn call(
        &mut self,
        function: Val,
        args: Vec<Val>,
        named: Vec<(String, Val)>,
    ) -> Run<Val> {
        match function {
            Val::Func(closure) if closure.is_async() => Ok(Val::Coroutine(closure, args, named)),
            Val::Func(closure) => self.invoke(&closure, args, named),
            Val::Class(class) => {
                let mut base = class.base.clone();
                while let Some(Val::Class(next)) = base {
                    base = next.base.clone();
                }
                if matches!(&base, Some(Val::Native(base)) if is_error_name(base)) {
                    let kind = class.name.clone();
                    return Ok(Val::Error(Arc::new(Error { kind, args, cause: None })));
                }
                let names: Scope = shared(HashMap::new());
                let object = Val::Object(class.name.clone(), names.clone());
                // Methods know their receiver.
                for (name, value) in lock(&class.names).iter() {
                    let value = match value {
                        Val::Func(closure) => Val::Func(Arc::new(closure.bound_to(&object))),
                        other => other.clone(),
                    };
                    lock(&names).insert(name.clone(), value);
                }
                let init = lock(&names).get("__init__").cloned();
                if let Some(init) = init {
                    self.call(init, args, named)?;
                }
                Ok(object)
            }
            Val::Object(_, names) => {
                let call = lock(&names).get("__call__").cloned();
                match call {
                    Some(call) => self.call(call, args, named),
                    None => raise("TypeError", "this is not callable"),
                }
            }
            Val::Processor(seed) => {
                let mut args = args.into_iter().skip(1);
                let method = args.next().unwrap_or(Val::None);
                self.process(&seed, &method, &args.next().unwrap_or(Val::None))
            }
            Val::Native(path) => self.native(&path, Args { list: args.into_iter(), named }),
            Val::Method(base, name) => {
                let args = Args { list: args.into_iter(), named };
                match *base {
                    Val::Logger(logger) => self.logger_method(&logger, &name, args),
                    other => self.method(&other, &name, args),
                }
            }
            other => raise("TypeError", format!("{} is not callable", other.repr())),
        }
    }

    fn native(&mut self, path: &str, mut args: Args) -> Run<Val> {
        let name = path.rsplit('.').next().unwrap_or(path);
        if path.contains("_CONTEXT_TRACE_ID.") {
            let before = self.trace_id.clone().map_or(Val::None, Val::Str);
            match name {
                "set" | "reset" => self.trace_id = args.next().str().map(str::to_owned),
                "get" => {}
                _ => return unknown(format!("the function `{path}`")),
            }
            return Ok(before);
        }
        if is_error_name(name) {
            let kind = name.to_owned();
            return Ok(Val::Error(Arc::new(Error {
                kind,
                args: args.list.collect(),
                cause: None,
            })));
        }
        Ok(match name {
            "bind_contextvars" => {
                for (key, value) in args.named {
                    self.context.set(&key, &value);
                }
                Val::None
            }
            "unbind_contextvars" => {
                args.list.for_each(|key| self.context.remove(&key.text()));
                Val::None
            }
            "clear_contextvars" | "reset_contextvars" => {
                self.context = Variables::default();
                Val::None
            }
            "get_contextvars" => Val::dict(self.context.0.fields().map(|(key, value)| {
                let value = Json::from_value(&Value::from(value));
                (key.to_owned(), Val::from_json(&value))
            })),
            "bound_contextvars" => object("bound_contextvars", args.named),
            "timed_block" => {
                let logger = args.take("logger_instance").unwrap_or(Val::None);
                let event = args.take("event_name").unwrap_or(Val::None);
                let layers = args.take("layer_keys").unwrap_or(Val::None);
                let fields = Val::dict(args.named);
                if layers.truth() {
                    for (key, value) in entries(&layers)? {
                        put(&fields, key, value);
                    }
                }
                let parts = [("logger", logger), ("event", event), ("fields", fields)];
                object("timed_block", parts.map(|(name, part)| (name.to_owned(), part)))
            }
            "get_logger" | "getLogger" => {
                Val::Logger(self.named_logger(args.take("name").unwrap_or(Val::None)))
            }
            "TelemetryConfig"
            | "LoggingConfig"
            | "SemanticLayer"
            | "CustomDasEmojiSet"
            | "SemanticFieldDefinition" => {
                const FIRST: [(&str, &str); 5] = [
                    ("TelemetryConfig", "service_name"),
                    ("LoggingConfig", "default_level"),
                    ("SemanticLayer", "name"),
                    ("CustomDasEmojiSet", "name"),
                    ("SemanticFieldDefinition", "log_key"),
                ];
                let first = FIRST.iter().find(|(class, _)| *class == name).map(|(_, key)| *key);
                if let (Some(value), Some(key)) = (args.list.next(), first) {
                    args.named.insert(0, (key.to_owned(), value));
                }
                Val::dict(args.named)
            }
            "setup_telemetry" => {
                let given = args.take("config").unwrap_or(Val::None);
                let config = match given {
                    Val::None => settings::from_env(self.env).0,
                    given => settings::from_json(&given.to_json()).map_err(Unwind::Unknown)?,
                };
                self.session.setup(config).map_err(Unwind::Unknown)?;
                Val::None
            }
            "from_env" => Val::None,
            "get_emoji_cache_stats" => {
                let stats = self.session.cache_stats();
                Val::dict([
                    ("cache_size".to_owned(), Val::Int(stats.size as i128)),
                    ("cache_limit".to_owned(), Val::Int(stats.limit as i128)),
                    ("cache_utilization".to_owned(), Val::Float(stats.utilization)),
                ])
            }
            "clear_emoji_cache" => {
                self.session.clear_cache();
                Val::None
            }
            "show_emoji_matrix" => {
                if settings::from_env(self.env).0.show_emoji_matrix {
                    let matrix = self.session.config.emoji_matrix();
                    let logger = self.session.logger(Some(MATRIX));
                    self.log(&logger, "info", Level::Info, &matrix, &[], Vec::new())?;
                }
                Val::None
            }
            "shutdown_pyvider_telemetry" => {
                self.session.drain();
                Val::None
            }
            "performance_processor" | "sensitive_data_processor" => {
                let (_, method, record) = (args.next(), args.next(), args.next());
                let seed = match name {
                    "performance_processor" => Seed::Performance,
                    _ => Seed::SensitiveData,
                };
                self.process(&seed, &method, &record)?
            }
            "RedactProcessor" => {
                let fields = args.take("fields").unwrap_or(Val::None);
                let keys = items(&fields)?.iter().map(Val::text).collect();
                Val::Processor(Seed::Redact(keys))
            }
            "range" => {
                let bounds: Vec<i128> = args
                    .list
                    .filter_map(|v| if let Val::Int(v) = v { Some(v) } else { None })
                    .collect();
                let (from, to, step) = match bounds[..] {
                    [to] => (0, to, 1),
                    [from, to] => (from, to, 1),
                    [from, to, step] if step > 0 => (from, to, step),
                    _ => return unknown("this range"),
                };
                let step = usize::try_from(step).unwrap_or(1);
                Val::list((from..to).step_by(step).map(Val::Int).collect())
            }
            "len" => {
                let value = args.next();
                Val::Int(items(&value)?.len() as i128)
            }
            "str" => Val::Str(args.next().text()),
            "repr" => Val::Str(args.next().repr()),
            "int" => match args.next() {
                Val::Float(v) => Val::Int(v as i128),
                Val::Str(text) => match text.trim().parse() {
                    Ok(v) => Val::Int(v),
                    Err(_) => {
                        let text = Val::Str(text).repr();
                        let what = format!("invalid literal for int() with base 10: {text}");
                        return raise("ValueError", what);
                    }
                },
                other => other,
            },
            "float" => match args.next() {
                Val::Int(v) => Val::Float(v as f64),
                Val::Str(text) => match text.trim().parse() {
                    Ok(v) => Val::Float(v),
                    Err(_) => {
                        let text = Val::Str(text).repr();
                        return raise(
                            "ValueError",
                            format!("could not convert string to float: {text}"),
                        );
                    }
                },
                other => other,
            },
            "bool" => Val::Bool(args.next().truth()),
            "list" | "sorted" => {
                let source = args.list.next();
                let mut all = source.map_or(Ok(Vec::new()), |source| items(&source))?;
                if name == "sorted" {
                    all.sort_by_key(Val::text);
                }
                Val::list(all)
            }
            "tuple" => Val::Tuple(items(&args.next())?),
            "set" => Val::Set(items(&args.next())?),
            "dict" => {
                let base = args.list.next();
                let dict = Val::dict([]);
                for (key, value) in base.map_or(Ok(Vec::new()), |base| entries(&base))? {
                    put(&dict, key, value);
                }
                for (key, value) in args.named {
                    put(&dict, Val::Str(key), value);
                }
                dict
            }
            "enumerate" => {
                let all = items(&args.next())?.into_iter().enumerate();
                Val::list(all.map(|(i, v)| Val::Tuple(vec![Val::Int(i as i128), v])).collect())
            }
            "zip" => {
                let (left, right) = (items(&args.next())?, items(&args.next())?);
                let pairs = left.into_iter().zip(right);
                Val::list(pairs.map(|(a, b)| Val::Tuple(vec![a, b])).collect())
            }
            "type" => match args.next() {
                Val::Error(error) => Val::Native(error.kind.clone()),
                Val::Object(kind, _) => Val::Native(kind),
                other => Val::Printed(format!("<class of {}>", other.repr())),
            },
            "isinstance" => {
                let (value, kind) = (args.next(), args.next());
                match value {
                    Val::Error(error) => Val::Bool(self.is_instance(&error, &kind)),
                    _ => Val::Bool(false),
                }
            }
            "print" => Val::None,
            "hasattr" => Val::Bool(false),
            "sleep" => Val::None,
            "perf_counter" | "time" | "monotonic" => Val::Float(0.0),
            "run" => {
                let task = args.next();
                // A program's own loop: what tasks bind stays theirs.
                let outer = self.context.clone();
                let done = self.wait_for(task);
                self.context = outer;
                done?
            }
            "gather" | "wait" => {
                let mut tasks: Vec<Val> = args.list.collect();
                if let [Val::List(all)] = tasks.as_slice() {
                    let all = lock(all).clone();
                    tasks = all;
                }
                let mut results = Vec::new();
                for task in tasks {
                    results.push(self.task(task)?);
                }
                Val::list(results)
            }
            "create_task" | "ensure_future" | "wait_for" => {
                let task = args.next();
                self.task(task)?
            }
            "Thread" | "KubernetesEmojiSet" | "WebEmojiSet" | "DatabaseEmojiSet" => {
                object(name, args.named)
            }
            "copy_context" => object("Context", Vec::new()),
            "dumps" => Val::Str(args.next().to_json().to_string()),
            "Decimal" => {
                let text = args.next().text();
                Val::Printed(format!("Decimal('{text}')"))
            }
            "uuid4" => Val::Str("00000000-0000-4000-8000-000000000000".to_owned()),
            _ => return unknown(format!("the function `{path}`")),
        })
    }

    /// Runs a task with a copy of the context.
    fn task(&mut self, task: Val) -> Run<Val> {
        let outer = self.context.clone();
        let done = self.wait_for(task);
        self.context = outer;
        done
    }

    pub(super) fn wait_for(&mut self, value: Val) -> Run<Val> {
        match value {
            Val::Coroutine(closure, args, named) => self.invoke(&closure, args, named),
            done => Ok(done),
        }
    }

    fn method(&mut self, base: &Val, name: &str, mut args: Args) -> Run<Val> {
        Ok(match (base, name) {
            (Val::Object(kind, names), "start" | "run") if kind == "Thread" => {
                let names = lock(names).clone();
                let target = names.get("target").cloned().unwrap_or(Val::None);
                let list = names.get("args").map_or(Ok(Vec::new()), items)?;
                let named = match names.get("kwargs") {
                    Some(named) => {
                        entries(named)?.into_iter().map(|(k, v)| (k.text(), v)).collect()
                    }
                    None => Vec::new(),
                };
                self.on_thread(target, list, named)?
            }
            (Val::Object(..), "join") => Val::None,
            (Val::Object(kind, _), "get_emoji") => {
                let Some(set) = programs::set(kind) else {
                    return unknown(format!("the emoji of {kind}"));
                };
                let action = args.take("action").unwrap_or(Val::None).text();
                let status = args.take("status").unwrap_or(Val::None).text();
                Val::Str(programs::emoji(&set, &action, &status))
            }
            (Val::Object(kind, _), "run") if kind == "Context" => {
                let function = args.next();
                let outer = self.context.clone();
                let done = self.call(function, args.list.collect(), args.named);
                self.context = outer;
                done?
            }
            (Val::Str(text), "upper") => Val::Str(text.to_uppercase()),
            (Val::Str(text), "lower") => Val::Str(text.to_lowercase()),
            (Val::Str(text), "strip") => Val::Str(text.trim().to_owned()),
            (Val::Str(text), "startswith") => Val::Bool(text.starts_with(&args.next().text())),
            (Val::Str(text), "endswith") => Val::Bool(text.ends_with(&args.next().text())),
            (Val::Str(text), "join") => {
                let parts: Vec<String> = items(&args.next())?.iter().map(Val::text).collect();
                Val::Str(parts.join(text))
            }
            (Val::Str(text), "split") => {
                let by = args.list.next();
                let parts: Vec<&str> = match &by {
                    Some(by) => text.split(by.str().unwrap_or(" ")).collect(),
                    None => text.split_whitespace().collect(),
                };
                Val::list(parts.into_iter().map(|part| Val::Str(part.to_owned())).collect())
            }
            (Val::List(items), "append") => {
                lock(items).push(args.next());
                Val::None
            }
            (Val::List(list), "extend") => {
                let more = items(&args.next())?;
                lock(list).extend(more);
                Val::None
            }
            (Val::Dict(dict), "get" | "pop") => {
                let (key, other) = (args.next(), args.next());
                let found = item(base, &key).unwrap_or(other);
                if name == "pop" {
                    lock(dict).retain(|(k, _)| !k.equals(&key));
                }
                found
            }
            (Val::Dict(_), "keys") => Val::list(items(base)?),
            (Val::Dict(_), "values") => {
                Val::list(entries(base)?.into_iter().map(|(_, v)| v).collect())
            }
            (Val::Dict(_), "items") => {
                Val::list(entries(base)?.into_iter().map(|(k, v)| Val::Tuple(vec![k, v])).collect())
            }
            (Val::Dict(_), "update") => {
                for (key, value) in args.list.next().map_or(Ok(Vec::new()), |m| entries(&m))? {
                    put(base, key, value);
                }
                for (key, value) in args.named {
                    put(base, Val::Str(key), value);
                }
                Val::None
            }
            (Val::Dict(_), "copy") => {
                let copy = Val::dict([]);
                entries(base)?.into_iter().for_each(|(k, v)| put(&copy, k, v));
                copy
            }
            (Val::None, name) => {
                let what = format!("'NoneType' object has no attribute '{name}'");
                return raise("AttributeError", what);
            }
            _ => return unknown(format!("the method `{name}` of {}", base.repr())),
        })
    }

    /// Calls a function on a thread of its own, and waits for it: what it logs comes from there.
    fn on_thread(&mut self, target: Val, args: Vec<Val>, named: Vec<(String, Val)>) -> Run<Val> {
        let outer = std::mem::take(&mut self.context);
        let done = std::thread::scope(|scope| {
            let thread = scope.spawn(|| {
                let _attached = self.session.attach();
                self.call(target, args, named)
            });
            thread.join().unwrap_or_else(|_| unknown("a panic"))
        });
        self.context = outer;
        done
    }

    fn process(&mut self, seed: &Seed, method: &Val, record: &Val) -> Run<Val> {
        let made = programs::process(seed, &method.text(), &record.to_json(), self.now);
        made.map(|made| Val::from_json(&made)).map_err(Unwind::Unknown)
    }

    /// Begins what `timed_block` was called for. `name`, `field = value` and layers are there already.
    fn begin_timed(&mut self, names: &Scope) -> Run<Val> {
        let names = lock(names).clone();
        let Some(Val::Logger(logger)) = names.get("logger") else {
            return raise("TypeError", "timed_block needs a logger");
        };
        let event = names.get("event").map_or_else(String::new, Val::text);
        let mut timed = logger.logger.timed(event).decimals(0);
        for (key, value) in names.get("fields").map_or(Ok(Vec::new()), entries)? {
            timed = timed.with(key.text(), value.to_json().to_value());
        }
        Ok(Val::Timed(shared(Some(timed))))
    }

    fn named_logger(&self, name: Val) -> Bound {
        let name = name.str().unwrap_or(DEFAULT).to_owned();
        self.session.logger(Some(&name))
    }

    fn logger_method(&mut self, logger: &Bound, name: &str, mut args: Args) -> Run<Val> {
        if let Some(level) = level_of(name) {
            let event = args.take("event").unwrap_or(Val::None);
            let event = match event {
                Val::None => String::new(),
                event => event.text(),
            };
            let list: Vec<Val> = args.list.collect();
            return self.log(logger, name, level, &event, &list, args.named).map(|()| Val::None);
        }
        let bind = |mut bound: Bound, named: Vec<(String, Val)>| {
            for (key, value) in named {
                bound.bind(&key, &value.to_json().to_value());
            }
            bound
        };
        Ok(match name {
            "get_logger" => Val::Logger(self.named_logger(args.take("name").unwrap_or(Val::None))),
            "bind" => Val::Logger(bind(logger.clone(), args.named)),
            "new" => Val::Logger(bind(self.session.logger(logger.name.as_deref()), args.named)),
            "unbind" | "try_unbind" => {
                let mut bound = logger.clone();
                for key in args.list {
                    let key = key.text();
                    if !bound.unbind(&key) && name == "unbind" {
                        return raise("KeyError", key);
                    }
                }
                Val::Logger(bound)
            }
            "is_debug_enabled" => Val::Bool(logger.logger.enabled(Level::Debug)),
            "is_trace_enabled" => Val::Bool(logger.logger.enabled(Level::Trace)),
            _ => return unknown(format!("the logger's method `{name}`")),
        })
    }

    /// Makes a record as the method `method` of a logger does.
    pub(crate) fn log(
        &mut self,
        logger: &Bound,
        method: &str,
        level: Level,
        event: &str,
        args: &[Val],
        named: Vec<(String, Val)>,
    ) -> Run<()> {
        let mut logger = logger.clone();
        if logger.name.is_none() && level == Level::Trace {
            logger.logger = self.session.logger(Some(GLOBAL_TRACE)).logger;
        }
        let mut error = (method == "exception").then(|| self.handled.last().cloned()).flatten();
        let mut fields: Vec<(String, Value)> = Vec::new();
        for (key, value) in named {
            match (key.as_str(), &value) {
                ("_pyvider_logger_name", name) if level == Level::Trace => {
                    logger = self.session.logger(Some(&name.text()));
                }
                ("exc_info", Val::Error(given)) => error = Some(given.clone()),
                ("exc_info", wanted) if wanted.truth() => error = self.handled.last().cloned(),
                ("exc_info", _) => error = None,
                // Asks for the place of the call, and is no field.
                ("stack_info", _) => {}
                _ => fields.push((key, value.to_json().to_value())),
            }
        }
        let event = if args.is_empty() { event.to_owned() } else { printf(event, args) };
        let _scope = self.context.enter();
        let error = error.as_ref();
        self.session.log(Call { logger: &logger, level, event: &event, fields, error });
        Ok(())
    }

    /// What `with` does first; the value is what `as` names.
    pub(super) fn enter(&mut self, manager: &Val) -> Run<Val> {
        let Val::Object(kind, names) = manager else {
            return unknown("`with` of this");
        };
        match kind.as_str() {
            "bound_contextvars" => {
                let before = Val::Variables(self.context.clone());
                let given = lock(names).clone();
                for (key, value) in given {
                    self.context.set(&key, &value);
                }
                Ok(before)
            }
            "timed_block" => self.begin_timed(names),
            _ => {
                let enter = lock(names).get("__enter__").cloned();
                match enter {
                    Some(enter) => self.call(enter, Vec::new(), Vec::new()),
                    None => unknown(format!("`with` of {kind}")),
                }
            }
        }
    }

    /// What `with` does last; whether the exception ends here.
    pub(super) fn exit(
        &mut self,
        manager: &Val,
        entered: &Val,
        error: Option<Arc<Error>>,
    ) -> Run<bool> {
        let Val::Object(kind, names) = manager else { return Ok(false) };
        match kind.as_str() {
            "bound_contextvars" => {
                if let Val::Variables(before) = entered {
                    self.context = before.clone();
                }
                Ok(false)
            }
            "timed_block" => {
                if let Val::Timed(timed) = entered
                    && let Some(timed) = lock(timed).take()
                {
                    let context = match &self.trace_id {
                        Some(id) => self.context.0.clone().with("trace_id", id.as_str()),
                        None => self.context.0.clone(),
                    };
                    let _scope = context.enter_alone();
                    match error {
                        // What is no `Exception` ends the block, but is no failure of its work.
                        Some(error) if !is_kind(&error.kind, "Exception") => drop(timed),
                        Some(error) => {
                            self.session.name_error(&error);
                            errors::fail(timed, &error);
                        }
                        None => drop(timed.ok()),
                    }
                    self.session.drain();
                }
                Ok(false)
            }
            _ => {
                let exit = lock(names).get("__exit__").cloned();
                let Some(exit) = exit else { return Ok(false) };
                let error = error.map_or(Val::None, Val::Error);
                let args = vec![Val::None, error, Val::None];
                Ok(self.call(exit, args, Vec::new())?.truth())
            }
        }
    }
}

impl Closure {
    pub(super) fn name(&self) -> &str {
        &self.function.name
    }
    fn is_async(&self) -> bool {
        self.function.is_async
    }
    fn bound_to(&self, receiver: &Val) -> Closure {
        let (function, scopes) = (self.function.clone(), self.scopes.clone());
        Closure { function, scopes, receiver: Some(receiver.clone()) }
    }
}

fn object(kind: &str, names: impl IntoIterator<Item = (String, Val)>) -> Val {
    Val::Object(kind.to_owned(), shared(names.into_iter().collect()))
}

fn no_attribute(base: &Val, name: &str) -> Run<Val> {
    raise("AttributeError", format!("{} has no attribute '{name}'", base.repr()))
}
