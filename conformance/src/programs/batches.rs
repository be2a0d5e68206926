//! Loggers that keep records back.

use super::{number_after, number_before};
use crate::case::Case;
use crate::py::Bound;
use crate::session::{Call, Session};
use ripsaw::{Level, Value};
use std::collections::VecDeque;

/// A record that is kept back.
struct Entry {
    event: &'static str,
    item: usize,
    at: f64,
}

fn log(session: &Session, logger: &Bound, event: &str, fields: Vec<(String, Value)>) {
    session.log(Call { logger, level: Level::Info, event, fields, error: None });
}

fn replay(session: &Session, logger: &Bound, entry: &Entry) {
    log(session, logger, entry.event, vec![("item_id".to_owned(), Value::from(entry.item))]);
}

/// One record a second from the hundredth on. A full batch is logged, and one whose time is over when a record comes; a summary
/// goes before it. The rest is logged at the end.
pub(super) fn batched(case: &Case, session: &mut Session) -> Result<Vec<String>, String> {
    let words = format!("{} {}", case.title, case.texts().collect::<Vec<_>>().join(" "));
    let size = number_after(&words, "batch_size=").unwrap_or(100.0) as usize;
    let interval = number_after(&words, "interval ").unwrap_or(5.0);
    let items = number_before(&words, " x log")
        .or_else(|| case.texts().find_map(|text| number_before(text, " items")));
    let logger = session.logger(Some("batch"));
    let flush = |batch: &mut Vec<Entry>| {
        if let (Some(first), Some(last)) = (batch.first(), batch.last()) {
            let fields = [
                ("batch_size", Value::from(batch.len())),
                ("first_timestamp", Value::from(first.at)),
                ("last_timestamp", Value::from(last.at)),
            ];
            let fields = fields.map(|(key, value)| (key.to_owned(), value));
            log(session, &logger, "Batch log flush", fields.into());
        }
        batch.drain(..).for_each(|entry| replay(session, &logger, &entry));
    };
    let (mut batch, mut flushed) = (Vec::new(), 100.0);
    for item in 0..items.unwrap_or(0.0) as usize {
        let at = 100.0 + item as f64;
        batch.push(Entry { event: "Processing item", item, at });
        if batch.len() >= size || at - flushed >= interval {
            flush(&mut batch);
            flushed = at;
        }
    }
    flush(&mut batch);
    Ok(session.lines())
}

/// The last records that fit are logged at a flush.
pub(super) fn buffered(case: &Case, session: &mut Session) -> Result<Vec<String>, String> {
    let words = format!("{} {}", case.title, case.texts().collect::<Vec<_>>().join(" "));
    let size = number_after(&words, "buffer_size=").unwrap_or(1000.0) as usize;
    let items = number_before(&words, " x log").or_else(|| number_before(&words, " records"));
    let logger = session.logger(None);
    let mut buffer = VecDeque::new();
    for item in 0..items.unwrap_or(0.0) as usize {
        buffer.push_back(Entry { event: "item_processed", item, at: 0.0 });
        if buffer.len() > size {
            buffer.pop_front();
        }
    }
    buffer.iter().for_each(|entry| replay(session, &logger, entry));
    Ok(session.lines())
}
