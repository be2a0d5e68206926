//! Methods: of values, and of loggers.

use super::eval::{Interpreter, Run, Unwind, raise, unknown};
use super::host::Args;
use super::ops::{entries, item, items, put};
use super::value::{Bound, Scope, Val, lock, shared};
use crate::programs::{self, Seed};
use crate::session::{Call, DEFAULT, GLOBAL_TRACE, level_of, printf};
use ripsaw::{Level, Value};

impl Interpreter<'_> {
    pub(super) fn method(&mut self, base: &Val, name: &str, mut args: Args) -> Run<Val> {
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

    pub(super) fn process(&mut self, seed: &Seed, method: &Val, record: &Val) -> Run<Val> {
        let made = programs::process(seed, &method.text(), &record.to_json(), self.now);
        made.map(|made| Val::from_json(&made)).map_err(Unwind::Unknown)
    }

    /// Begins what `timed_block` was called for. `name`, `field = value` and layers are there already.
    pub(super) fn begin_timed(&mut self, names: &Scope) -> Run<Val> {
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

    pub(super) fn named_logger(&self, name: Val) -> Bound {
        let name = name.str().unwrap_or(DEFAULT).to_owned();
        self.session.logger(Some(&name))
    }

    pub(super) fn logger_method(&mut self, logger: &Bound, name: &str, mut args: Args) -> Run<Val> {
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
}
