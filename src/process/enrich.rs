//! What every record of a process has in common: host, process, service, thread.

use super::contexts::Contexts;
use super::{Draft, Flow, Processor};
use crate::codec::{Bound, ThreadInfo, TreeWriter, Value, ValueRef};
use crate::os;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// Adds fields that say where a record comes from (spec \[54\]).
///
/// What the call or its logger said of a key stands, unless [`Enrich::overwrite`] says otherwise. The fields are worked out
/// once for each thread and logger and written like those of a bound logger, ahead of the others: some 10 ns a record. The
/// process id is right after a fork too. `timestamp_ms` differs in each record, and costs more: see [`Draft`].
///
/// ```
/// use ripsaw::process::Enrich;
/// let memory = ripsaw::sink::Memory::new();
/// let guard = ripsaw::builder()
///     .processor(Enrich::new().service("shop").version("1.4").constant("region", "eu"))
///     .format(ripsaw::format::Text::new().timestamp(false).target(false))
///     .sink(memory.clone())
///     .start_local()?;
/// let attached = guard.attach();
/// ripsaw::info!(order = 7, region = "us", "placed");
/// guard.handle().flush(std::time::Duration::from_secs(5)).unwrap();
/// assert_eq!(memory.lines(), ["INFO     placed service=shop version=1.4 order=7 region=us"]);
/// # drop(attached);
/// # Ok::<(), ripsaw::StartError>(())
/// ```
pub struct Enrich {
    entries: Vec<(Cow<'static, str>, What)>,
    timestamp_ms: bool,
    overwrite: bool,
    by_thread: bool,
    /// What was worked out holds for this process.
    forks: u64,
    ready: Contexts<Arc<Bound>>,
}

#[derive(Debug)]
enum What {
    Value(Value),
    Pid,
    ThreadId,
    ThreadName,
}

impl Enrich {
    /// Adds nothing yet.
    pub fn new() -> Enrich {
        Enrich {
            entries: Vec::new(),
            timestamp_ms: false,
            overwrite: false,
            by_thread: false,
            forks: os::forks(),
            ready: Contexts::new(),
        }
    }
    /// `hostname`, `pid`, and `service`: the variable `PROVIDE_APP_NAME`, else `SERVICE_NAME`, else `unknown`.
    pub fn standard() -> Enrich {
        let named = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let service = named("PROVIDE_APP_NAME").or_else(|| named("SERVICE_NAME"));
        Enrich::new().host().pid().service(service.unwrap_or_else(|| "unknown".to_owned()))
    }
    /// `hostname`: the machine's name, `unknown` if the system does not tell it.
    pub fn host(self) -> Enrich {
        let name = os::host_name().unwrap_or_else(|| "unknown".to_owned());
        self.constant("hostname", name)
    }
    /// `pid`: the id of the process.
    pub fn pid(self) -> Enrich {
        self.entry("pid".into(), What::Pid)
    }
    /// `service`: the name of the program.
    pub fn service(self, name: impl Into<String>) -> Enrich {
        self.constant("service", name.into())
    }
    /// `version`: that of the program, as `env!("CARGO_PKG_VERSION")`.
    pub fn version(self, version: impl Into<String>) -> Enrich {
        self.constant("version", version.into())
    }
    /// `environment`: as `production`.
    pub fn environment(self, name: impl Into<String>) -> Enrich {
        self.constant("environment", name.into())
    }
    /// `thread_id` and `thread_name` of the thread that logged; one without a name has no `thread_name`.
    pub fn thread(mut self) -> Enrich {
        self.by_thread = true;
        self.entry("thread_id".into(), What::ThreadId).entry("thread_name".into(), What::ThreadName)
    }
    /// Any field; a later one takes the place of an earlier one of the same key.
    pub fn constant(self, key: impl Into<Cow<'static, str>>, value: impl Into<Value>) -> Enrich {
        self.entry(key.into(), What::Value(value.into()))
    }
    /// `timestamp_ms`: when the call was made, in milliseconds since 1970.
    pub fn timestamp_ms(mut self, on: bool) -> Enrich {
        self.timestamp_ms = on;
        self
    }
    /// Whether these fields take the place of what the call or its logger said. Default false; true costs more: see [`Draft`].
    pub fn overwrite(mut self, on: bool) -> Enrich {
        self.overwrite = on;
        self
    }

    fn entry(mut self, key: Cow<'static, str>, what: What) -> Enrich {
        match self.entries.iter_mut().find(|(known, _)| *known == key) {
            Some(entry) => entry.1 = what,
            None => self.entries.push((key, what)),
        }
        self
    }

    /// Field by field, where the record is not as it was logged or is not to stay so.
    fn put_each(&self, draft: &mut Draft<'_>) {
        for (key, what) in &self.entries {
            if !self.overwrite && draft.get(key).is_some() {
                continue;
            }
            if let Some(value) = what.value(draft.thread()) {
                draft.set_value(key, &value);
            }
        }
    }
}

impl What {
    fn value(&self, thread: &ThreadInfo) -> Option<Value> {
        match self {
            What::Value(value) => Some(value.clone()),
            What::Pid => Some(Value::from(std::process::id())),
            What::ThreadId => Some(Value::from(thread.id)),
            What::ThreadName if thread.name.is_empty() => None,
            What::ThreadName => Some(Value::from(thread.name.as_str())),
        }
    }
}

/// The context of a logger, or none, with the entries in front of its fields; those of its own keys give way.
fn merged(
    entries: &[(Cow<'static, str>, What)],
    bound: Option<&Bound>,
    thread: &ThreadInfo,
) -> Arc<Bound> {
    let mut fields = Vec::new();
    let (at, mut count) = (fields.open_map(), 0);
    for (key, what) in entries {
        let taken = bound.is_some_and(|bound| bound.entries().any(|(k, _)| k == key));
        if let Some(value) = what.value(thread).filter(|_| !taken) {
            fields.key(key);
            fields.value(&value);
            count += 1;
        }
    }
    for (key, value) in bound.into_iter().flat_map(Bound::entries) {
        fields.key(key);
        fields.leaf(value);
        count += 1;
    }
    fields.patch(at, count);
    Arc::new(Bound::new(bound.and_then(|bound| bound.name.clone()), fields))
}

impl Processor for Enrich {
    fn process(&mut self, draft: &mut Draft<'_>) -> Flow {
        let forks = os::forks();
        if forks != self.forks {
            self.forks = forks;
            self.ready.clear();
        }
        if self.timestamp_ms && (self.overwrite || draft.get("timestamp_ms").is_none()) {
            draft.put("timestamp_ms", ValueRef::U64(draft.unix_ns() / 1_000_000));
        }
        if self.overwrite || draft.is_changed() {
            self.put_each(draft);
        } else if !self.entries.is_empty() {
            let thread = draft.thread();
            let bound = draft.logged().0.bound;
            let key = (bound.map_or(0, Bound::serial), if self.by_thread { thread.id } else { 0 });
            let ready = self.ready.get(key, || merged(&self.entries, bound, thread));
            draft.set_bound(ready);
        }
        Flow::Keep
    }
}

impl Default for Enrich {
    fn default() -> Self {
        Enrich::new()
    }
}

impl fmt::Debug for Enrich {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Enrich").field("entries", &self.entries).finish_non_exhaustive()
    }
}
