//! The routes of a document. Files are opened at the start or at the reload, not before.

use super::check::Errors;
use super::filter::filter;
use super::format::{Lines, format};
use super::steps::processors;
use super::view::View;
use crate::config::Route;
use crate::error::ConfigError;
use crate::sink::{Failover, File, Null, Sink, Stderr, Stdout};
use std::path::PathBuf;
use std::time::Duration;

/// Makes a route.
pub(super) type Open = Box<dyn FnOnce() -> Result<Route, ConfigError> + Send>;

/// Where bytes go.
enum Target {
    Stdout,
    Stderr,
    Null,
    File { path: PathBuf, keep_free: Option<u64> },
}

impl Target {
    fn of(table: View<'_>, errors: &mut Errors<'_>) -> Option<Target> {
        table.need("sink", "use stdout, stderr, file or null", errors);
        let sink = table.text("sink")?;
        if sink != "file" {
            for name in ["path", "keep_free"] {
                if let Some(found) = table.get(name) {
                    let remedy = format!("means nothing for {sink:?}; leave it out");
                    errors.add(found.at, &found.path, None, remedy, None);
                }
            }
        }
        Some(match sink {
            "stdout" => Target::Stdout,
            "null" => Target::Null,
            "file" => {
                table.need("path", "say where the file is", errors);
                let path = table.text("path")?.into();
                Target::File { path, keep_free: table.whole("keep_free") }
            }
            _ => Target::Stderr,
        })
    }

    fn open(self) -> Result<Box<dyn Sink>, ConfigError> {
        Ok(match self {
            Target::Stdout => Box::new(Stdout::new()),
            Target::Stderr => Box::new(Stderr::new()),
            Target::Null => Box::new(Null::new()),
            Target::File { path, keep_free } => {
                let file = File::append(&path).map_err(|e| ConfigError::of_file(&path, &e))?;
                match keep_free {
                    Some(bytes) => Box::new(file.keep_free(bytes)),
                    None => Box::new(file),
                }
            }
        })
    }
}

/// A sink, and what takes over while it fails.
struct Chain {
    target: Target,
    second: Option<(Box<Chain>, Option<Duration>)>,
}

impl Chain {
    fn of(table: View<'_>, errors: &mut Errors<'_>) -> Option<Chain> {
        let target = Target::of(table, errors);
        let second = match table.get("failover").map(View::of) {
            Some(failover) => {
                let chain = Chain::of(failover, errors);
                Some((Box::new(chain?), failover.duration("patience")))
            }
            None => None,
        };
        Some(Chain { target: target?, second })
    }

    fn open(self) -> Result<Box<dyn Sink>, ConfigError> {
        let first = self.target.open()?;
        Ok(match self.second {
            Some((second, patience)) => {
                let failover = Failover::boxed(first, second.open()?);
                Box::new(match patience {
                    Some(patience) => failover.patience(patience),
                    None => failover,
                })
            }
            None => first,
        })
    }
}

/// The most routes of a document: each may have a thread, and every record is asked for by each.
const MOST: usize = 256;

/// The routes, as far as they are right.
pub(super) fn routes(document: View<'_>, lines: Lines, errors: &mut Errors<'_>) -> Vec<Open> {
    let all = document.list("routes");
    if let Some(beyond) = all.get(MOST) {
        let remedy = format!("is one of {} routes; use at most {MOST}", all.len());
        errors.add(beyond.at, &beyond.path, None, remedy, None);
        return Vec::new();
    }
    document.tables("routes").filter_map(|table| route(table, lines, errors)).collect()
}

fn route(table: View<'_>, lines: Lines, errors: &mut Errors<'_>) -> Option<Open> {
    let chain = Chain::of(table, errors);
    let format = table.get("format").and_then(|found| format(found, lines, errors));
    let filter = filter(table.table("filter"));
    let steps = processors(table, errors);
    let level = table.threshold("level");
    let queue_bytes = table.bytes("queue_bytes");
    let name = table.text("name").map(str::to_owned);
    let place = match &name {
        Some(name) => format!("{} {name:?}", table.path),
        None => table.path.to_owned(),
    };
    let chain = chain?;
    Some(Box::new(move || {
        let sink = chain.open().map_err(|e| e.of_route(&place))?;
        let mut route = Route::boxed(sink, format, steps);
        if let Some(name) = name {
            route = route.name(name);
        }
        if let Some(level) = level {
            route = route.level(level);
        }
        if let Some(bytes) = queue_bytes {
            route = route.queue_bytes(bytes);
        }
        Ok(match filter {
            Some(filter) => route.filter(filter),
            None => route,
        })
    }))
}
