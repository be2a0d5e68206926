//! What filters and samplers let pass.

use super::processors::pumped;
use crate::case::Case;
use crate::json::Json;
use crate::session::{Session, level_of};
use ripsaw::process::{Draft, Filter, Flow, Processor, Sample};
use ripsaw::{Event, Level};
use std::sync::{Arc, Mutex, PoisonError};

/// `EventFilter([..], [..])` on names of events, and one without conditions.
pub(super) fn event_filter(case: &Case, _: &mut Session) -> Result<Vec<String>, String> {
    let text = case.texts().next().unwrap_or("");
    let lists = text.split_once('(').map_or("", |(_, rest)| rest).trim_end_matches(')');
    let lists = Json::parse(&format!("[{}]", lists.replace('\'', "\"")))?;
    let words = |at: usize| -> Vec<&str> {
        let list = lists.list().and_then(|lists| lists.get(at)).and_then(Json::list);
        list.unwrap_or(&[]).iter().filter_map(Json::str).collect()
    };
    let expected =
        case.expected.iter().map(|line| Json::parse(line)).collect::<Result<Vec<_>, _>>()?;
    let filters = [Filter::event(&words(0), &words(1)), Filter::event(&[], &[])];
    // The events are those that the case lists; what becomes of them is found out here.
    let verdicts = expected.iter().zip(filters).map(|(events, filter)| {
        let names = events.map().unwrap_or(&[]).iter();
        let records: Vec<_> =
            names.map(|(name, _)| (name.as_str(), Level::Info, name.as_str())).collect();
        passed(filter, &records).map(|verdict| verdict.to_string())
    });
    verdicts.collect()
}

/// A sampler that keeps none and one that keeps all, at work on each level; `exception` is a record of ERROR.
pub(super) fn sampling(case: &Case, _: &mut Session) -> Result<Vec<String>, String> {
    let expected =
        case.expected.iter().map(|line| Json::parse(line)).collect::<Result<Vec<_>, _>>()?;
    let verdicts = expected.iter().zip([0.0, 1.0]).map(|(methods, rate)| {
        let names = methods.map().unwrap_or(&[]).iter();
        let records: Vec<_> =
            names.filter_map(|(name, _)| Some((name.as_str(), level_of(name)?, "e"))).collect();
        passed(Sample::probability(rate).exempt(Level::Error), &records).map(|v| v.to_string())
    });
    verdicts.collect()
}

/// Whether records pass a processor, by name.
fn passed<P: Processor + 'static>(
    processor: P,
    records: &[(&str, Level, &str)],
) -> Result<Json, String> {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let behind = kept.clone();
    let note = move |draft: &mut Draft<'_>| {
        let number = draft.get("number").map(|number| format!("{number:?}"));
        behind.lock().unwrap_or_else(PoisonError::into_inner).extend(number);
        Flow::Keep
    };
    pumped(
        |builder| builder.processor(processor).processor(note),
        || {
            for (number, (_, level, event)) in records.iter().enumerate() {
                Event::new(*level, event).field("number", format!("#{number}")).emit();
            }
        },
    )?;
    let kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    let of = |number: usize| kept.iter().any(|kept| kept.contains(&format!("\"#{number}\"")));
    let entries = records.iter().enumerate();
    Ok(Json::Map(entries.map(|(i, (name, ..))| ((*name).to_owned(), Json::Bool(of(i)))).collect()))
}
