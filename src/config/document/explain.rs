//! Why a record goes where it goes.

use super::check::Item;
use super::view::View;
use super::{Document, Found};
use crate::meta::{Level, covers};
use std::fmt::Write as _;

impl Document {
    /// What becomes of a record of this level and target: the threshold that decides and where it stands, then for each route
    /// whether it takes the record, and if not, why. One line each. What depends on more than level and target (fields,
    /// events, processors) is named as such.
    ///
    /// ```
    /// use ripsaw::{Document, Level};
    /// let document = Document::parse("level = 'info'\n[levels]\ndb = 'debug'\n[[routes]]\nsink = 'stderr'\nlevel = 'warning'\n")?;
    /// assert_eq!(
    ///     document.explain("db::pool", Level::Debug),
    ///     "debug of \"db::pool\" passes: levels.db is debug (line 3)\n\
    ///      routes[0] (stderr, line 4) does not take it: its level is warning (line 6)\n"
    /// );
    /// # Ok::<(), ripsaw::DocumentErrors>(())
    /// ```
    pub fn explain(&self, target: &str, level: Level) -> String {
        let root = View::of(&self.root);
        let mut out = String::new();
        let threshold = self.config.levels().threshold(target);
        let verdict = if threshold.allows(level) { "passes" } else { "does not pass" };
        let origin = self.origin(target);
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(out, "{level} of {target:?} {verdict}: {origin}");
        if !threshold.allows(level) {
            return out;
        }
        let rules = root.tables("sampling");
        let mut rules = rules.filter(|rule| {
            let prefix = rule.text("target").unwrap_or("");
            level <= rule.level("up_to").unwrap_or(Level::Info)
                && (prefix.is_empty() || covers(prefix, target))
        });
        if let Some(rule) = rules.next() {
            let line = self.line(rule.at);
            let _ =
                writeln!(out, "{} (line {line}) lets only some of its calls be made", rule.path);
        }
        if root.list("processors").iter().any(|step| may_drop(View::of(step))) {
            let _ = writeln!(out, "processors may drop it or hold it back");
        }
        for route in root.tables("routes") {
            let sink = route.text("sink").unwrap_or("");
            let place = self.line(route.at);
            let _ = write!(out, "{} ({sink}, line {place}) ", route.path);
            let _ = match self.refusal(route, target, level) {
                Some(why) => writeln!(out, "does not take it: {why}"),
                None => writeln!(out, "takes it{}", condition(route)),
            };
        }
        if root.list("routes").is_empty() {
            out.push_str("no routes: standard error takes it\n");
        }
        out
    }

    /// Which setting the threshold of a target comes from.
    fn origin(&self, target: &str) -> String {
        let root = View::of(&self.root);
        let levels = self.config.levels();
        let threshold = levels.threshold(target);
        if self.config.globally_disabled {
            return self.said("disabled", "true", root.get("disabled"));
        }
        let named = self.config.module_levels.iter().map(|(name, _)| name);
        let named = named.filter(|name| !name.is_empty() && covers(name, target));
        let longest = named.max_by_key(|name| name.len());
        let place = match longest {
            Some(name) => root.table("levels").get(name),
            None => root.table("levels").get("").or_else(|| root.get("level")),
        };
        // What was changed since the document was parsed has no place in it.
        let place = place.filter(|found| found.threshold() == Some(threshold));
        let key = longest.map_or_else(|| "level".to_owned(), |name| format!("levels.{name}"));
        self.said(&key, &threshold.to_string(), place)
    }

    fn said(&self, key: &str, value: &str, place: Option<&Found>) -> String {
        match place {
            Some(found) => format!("{} is {value} (line {})", found.path, self.line(found.at)),
            None => format!("{key} is {value} (not by the document)"),
        }
    }

    /// Why a route does not take a record, as far as level and target say.
    fn refusal(&self, route: View<'_>, target: &str, level: Level) -> Option<String> {
        if let Some(threshold) = route.threshold("level").filter(|least| !least.allows(level)) {
            let line = route.get("level").map_or(0, |found| self.line(found.at));
            return Some(format!("its level is {threshold} (line {line})"));
        }
        let filter = route.table("filter");
        let levels = filter.get("levels");
        if let Some(found) = levels
            && !filter.texts("levels").any(|name| name == level.as_str())
        {
            return Some(format!("its filter has other levels (line {})", self.line(found.at)));
        }
        let targets = filter.get("targets")?;
        let fits = filter.texts("targets").any(|prefix| covers(prefix, target));
        (!fits).then(|| format!("its filter has other targets (line {})", self.line(targets.at)))
    }

    fn line(&self, at: usize) -> usize {
        self.text.get(..at).unwrap_or("").matches('\n').count() + 1
    }
}

/// What else a route asks.
fn condition(route: View<'_>) -> String {
    let filter = route.table("filter");
    let names = ["events", "has_fields", "fields"];
    let names: Vec<&str> = names.into_iter().filter(|name| filter.get(name).is_some()).collect();
    let mut text = String::new();
    if !names.is_empty() {
        let _ = write!(text, " if its filter's {} are met", names.join(" and "));
    }
    if matches!(route.get("processors").map(|f| &f.item), Some(Item::List(steps)) if steps.iter().any(|step| may_drop(View::of(step))))
    {
        text.push_str("; its processors may drop it or hold it back");
    }
    text
}

fn may_drop(step: View<'_>) -> bool {
    let kinds = ["sample", "rate_limit", "collapse", "flight_recorder"];
    step.text("kind").is_some_and(|kind| kinds.contains(&kind))
}
