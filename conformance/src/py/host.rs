//! What programs do with the values of others: attributes, calls, `with`; the arguments of a call, and the context.

use super::errors;
use super::eval::{Interpreter, Run, raise, unknown};
use super::ops::put;
use super::value::{Closure, Error, Scope, Val, is_error_name, is_kind, lock, shared};
use std::collections::HashMap;
use std::sync::Arc;

/// The context variables of the running thread or task. They are in force while it logs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Variables(pub(super) ripsaw::Context);

impl Variables {
    pub(super) fn set(&mut self, key: &str, value: &Val) {
        self.0 = std::mem::take(&mut self.0).with(key, value.to_json().to_value());
    }
    pub(super) fn remove(&mut self, key: &str) {
        self.0 = std::mem::take(&mut self.0).without(key);
    }
    pub(super) fn enter(&self) -> ripsaw::Scope {
        self.0.enter_alone()
    }
}

/// Arguments by position, and by name.
pub(super) type Given = (Vec<Val>, Vec<(String, Val)>);

/// The arguments of a call.
pub(super) struct Args {
    pub(super) list: std::vec::IntoIter<Val>,
    pub(super) named: Vec<(String, Val)>,
}

impl Args {
    /// The next one, or the one of this name.
    pub(super) fn take(&mut self, name: &str) -> Option<Val> {
        self.list.next().or_else(|| self.take_named(name))
    }
    fn take_named(&mut self, name: &str) -> Option<Val> {
        let at = self.named.iter().position(|(n, _)| n == name)?;
        Some(self.named.remove(at).1)
    }
    pub(super) fn next(&mut self) -> Val {
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

    /// Runs a task with a copy of the context.
    pub(super) fn task(&mut self, task: Val) -> Run<Val> {
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

pub(super) fn object(kind: &str, names: impl IntoIterator<Item = (String, Val)>) -> Val {
    Val::Object(kind.to_owned(), shared(names.into_iter().collect()))
}

fn no_attribute(base: &Val, name: &str) -> Run<Val> {
    raise("AttributeError", format!("{} has no attribute '{name}'", base.repr()))
}
