//! A filter, a format and a sink.

use crate::format::Format;
use crate::meta::{Level, LevelFilter};
use crate::process::{Chain, Filter, Processor, Steps};
use crate::sink::Sink;
use crate::stats::{RouteCounters, RouteStats};
use crate::sync::lock;
use std::fmt;
use std::sync::Mutex;

/// A destination with what it wants to see and how.
pub struct Route {
    pub(crate) level: LevelFilter,
    filter: Option<Filter>,
    processors: Vec<Box<dyn Processor>>,
    pub(crate) format: Option<Box<dyn Format>>,
    pub(crate) sink: Box<dyn Sink>,
    pub(crate) queue_bytes: usize,
    name: Option<String>,
}

impl Route {
    /// Everything to `sink`, in the builder's format.
    pub fn new(sink: impl Sink + 'static) -> Route {
        Route {
            level: LevelFilter::NotSet,
            filter: None,
            processors: Vec::new(),
            format: None,
            sink: Box::new(sink),
            queue_bytes: 4 << 20,
            name: None,
        }
    }
    /// The same of parts that are boxed already.
    #[cfg(feature = "toml")]
    pub(super) fn boxed(
        sink: Box<dyn Sink>,
        format: Option<Box<dyn Format>>,
        processors: Vec<Box<dyn Processor>>,
    ) -> Route {
        Route { processors, format, sink, ..Route::new(crate::sink::Null::new()) }
    }
    /// What it is called in [`RouteStats::name`], in reports of trouble and in notices of gaps; by default its sink's name, as
    /// `stderr` or a path. With an [`arena_file`](crate::Builder::arena_file) what was left for a route is found again by its
    /// name, so a name is to be kept over restarts. It costs a call nothing.
    ///
    /// ```
    /// use ripsaw::{Route, sink::Null};
    /// let route = Route::new(Null::new()).name("audit");
    /// let guard = ripsaw::builder().route(route).start_local()?;
    /// assert_eq!(guard.handle().stats().routes[0].name, "audit");
    /// # Ok::<(), ripsaw::StartError>(())
    /// ```
    ///
    /// [`RouteStats::name`]: crate::RouteStats::name
    pub fn name(mut self, name: impl Into<String>) -> Route {
        self.name = Some(name.into());
        self
    }
    /// Only records of at least this level. The engine's own levels are applied first.
    pub fn level(mut self, level: impl Into<LevelFilter>) -> Route {
        self.level = level.into();
        self
    }
    /// Only records that meet a condition, which is asked behind the engine's processors. A second one counts as well.
    pub fn filter(mut self, filter: Filter) -> Route {
        self.filter = Some(match self.filter {
            Some(first) => first.and(filter),
            None => filter,
        });
        self
    }
    /// Adds a processor that sees this route's records alone, behind the engine's processors and the filter.
    pub fn processor(mut self, processor: impl Processor + 'static) -> Route {
        self.processors.push(Box::new(processor));
        self
    }
    /// The format of this route. Routes without one share the builder's: a record that several of them take is rendered once.
    pub fn format(mut self, format: impl Format + 'static) -> Route {
        self.format = Some(Box::new(format));
        self
    }

    /// How many bytes of formatted records may wait for the sink, if there are several routes. Default 4 MiB.
    ///
    /// A route whose sink fails or does not return keeps so much; what comes then is dropped for this route only and
    /// counted ([`RouteStats`](crate::RouteStats)), while the other routes go on. When the sink works again, the first thing that
    /// it gets after what was kept is a notice that says how many records are missing. A sink that is merely slow makes the
    /// records wait in the arena, as does the sink of a single route, which this setting does not concern.
    pub fn queue_bytes(mut self, bytes: usize) -> Route {
        self.queue_bytes = bytes;
        self
    }

    pub(crate) fn build(self, format: &mut dyn FnMut() -> Box<dyn Format>, timed: bool) -> Output {
        let name = self.name.unwrap_or_else(|| self.sink.name());
        let terminal = self.sink.is_terminal();
        // What a processor of its own has changed is not what others write, nor are colours.
        let shared = self.format.is_none() && self.processors.is_empty() && !terminal;
        let mut format = self.format.unwrap_or_else(format);
        format.terminal(terminal);
        Output {
            level: self.level,
            name,
            queue_bytes: self.queue_bytes,
            counters: RouteCounters::default(),
            filter: self.filter,
            shared,
            steps: Steps::new(self.processors, timed),
            parts: Mutex::new(Some((format, self.sink))),
        }
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route")
            .field("name", &self.name)
            .field("level", &self.level)
            .field("sink", &self.sink)
            .finish()
    }
}

/// What an outlet works with.
type Parts = (Box<dyn Format>, Box<dyn Sink>);

/// A route as part of a pipeline. The one that drains takes the parts out when it meets the route.
pub(crate) struct Output {
    pub(crate) level: LevelFilter,
    pub(crate) name: String,
    pub(crate) queue_bytes: usize,
    pub(crate) counters: RouteCounters,
    pub(crate) filter: Option<Filter>,
    /// It writes in the builder's format what any other route would write in it.
    pub(crate) shared: bool,
    pub(crate) steps: Steps,
    parts: Mutex<Option<Parts>>,
}

impl Output {
    /// Format, sink and processors, for the first who asks.
    pub(crate) fn take(&self) -> Option<(Parts, Chain)> {
        let parts = lock(&self.parts).take()?;
        Some((parts, self.steps.take()))
    }
    /// What became of its records.
    pub(crate) fn stats(&self) -> RouteStats {
        self.counters.snapshot(&self.name)
    }
    pub(crate) fn wants(&self, level: Level) -> bool {
        self.level.allows(level)
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output").field("level", &self.level).field("name", &self.name).finish()
    }
}
