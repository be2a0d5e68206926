//! Functions that programs call: those of the logger's package, and the few of Python itself.

use super::eval::{Interpreter, Run, Unwind, raise, unknown};
use super::host::{Args, Variables, object};
use super::ops::{entries, items, put};
use super::value::{Error, Val, is_error_name, lock};
use crate::json::Json;
use crate::programs::Seed;
use crate::session::MATRIX;
use crate::settings;
use ripsaw::{Level, Value};
use std::sync::Arc;

impl Interpreter<'_> {
    pub(super) fn native(&mut self, path: &str, mut args: Args) -> Run<Val> {
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
}
