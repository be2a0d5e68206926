//! Why a record goes where it goes.

use super::filter::{Part, parts};
use super::steps::may_drop;
use super::supposed::{Facts, Supposed};
use super::view::View;
use super::{Document, Found};
use crate::meta::{Level, covers};
use std::fmt::Write as _;

impl Document {
    /// What becomes of a record of this level and target: the threshold that decides and where it stands, then for each route
    /// whether it takes the record, and if not, why. One line each. What depends on more than level and target (fields,
    /// the message, processors) is named as such; [`Document::explain_record`] decides that too.
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
        self.explain_record(&Supposed::new(target, level))
    }

    /// The same for a record of which more is known. Fields are taken as they are given: what processors add or change is not
    /// looked at, nor is what a scope or a logger would add.
    ///
    /// ```
    /// use ripsaw::{Document, Level, Supposed};
    /// let text = "[[routes]]\nname = 'slow'\nsink = 'stderr'\nfilter = { fields = { ms = { at_least = 500 } } }\n";
    /// let document = Document::parse(text)?;
    /// let record = Supposed::new("db", Level::Info).field("ms", 20);
    /// assert_eq!(
    ///     document.explain_record(&record),
    ///     "info of \"db\" passes: level is info (not by the document)\n\
    ///      routes[0] \"slow\" (stderr, line 1) does not take it: its filter's fields.ms is not met (line 4)\n"
    /// );
    /// # Ok::<(), ripsaw::DocumentErrors>(())
    /// ```
    pub fn explain_record(&self, record: &Supposed) -> String {
        let (target, level) = (record.target.as_str(), record.level);
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
        match self.steps(root, record) {
            Answer::No(why) => {
                let _ = writeln!(out, "{why}");
                return out;
            }
            Answer::Perhaps(_) => out.push_str("processors may drop it or hold it back\n"),
            Answer::Yes => {}
        }
        for route in root.tables("routes") {
            let sink = route.text("sink").unwrap_or("");
            let place = self.line(route.at);
            let name = route.text("name").map_or_else(String::new, |name| format!("{name:?} "));
            let _ = write!(out, "{} {name}({sink}, line {place}) ", route.path);
            let _ = match self.route(route, record) {
                Answer::No(why) => writeln!(out, "does not take it: {why}"),
                Answer::Yes => writeln!(out, "takes it{}", self.behind(route, record)),
                Answer::Perhaps(names) => {
                    let names = names.join(" and ");
                    let behind = self.behind(route, record);
                    writeln!(out, "takes it if its filter's {names} are met{behind}")
                }
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
            let place = root.get("disabled").filter(|_| root.bool("disabled") == Some(true));
            return self.said("disabled", "true", place);
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

    /// What a route's level and filter say.
    fn route(&self, route: View<'_>, record: &Supposed) -> Answer {
        if let Some(threshold) =
            route.threshold("level").filter(|least| !least.allows(record.level))
        {
            let line = route.get("level").map_or(0, |found| self.line(found.at));
            return Answer::No(format!("its level is {threshold} (line {line})"));
        }
        self.filter(route, record)
    }

    /// What the filter of a table says.
    fn filter(&self, table: View<'_>, record: &Supposed) -> Answer {
        record.with(Answer::Yes, |facts| self.all(table.table("filter"), facts, ""))
    }

    /// What a list of processors says: filters decide, others may.
    fn steps(&self, table: View<'_>, record: &Supposed) -> Answer {
        let mut answer = Answer::Yes;
        for step in table.list("processors").iter().filter(|step| may_drop(step)) {
            let view = View::of(step);
            let said = match view.text("kind") {
                Some("filter") => self.filter(view, record),
                _ => Answer::Perhaps(Vec::new()),
            };
            match said {
                Answer::No(why) => {
                    let line = self.line(step.at);
                    return Answer::No(format!("{} (line {line}) drops it: {why}", step.path));
                }
                Answer::Perhaps(_) => answer = Answer::Perhaps(Vec::new()),
                Answer::Yes => {}
            }
        }
        answer
    }

    /// What a route's own processors do to what it takes.
    fn behind(&self, route: View<'_>, record: &Supposed) -> String {
        match self.steps(route, record) {
            Answer::Yes => String::new(),
            Answer::Perhaps(_) => "; its processors may drop it or hold it back".to_owned(),
            Answer::No(why) => format!("; {why}"),
        }
    }

    /// Whether all parts of a condition are met. `name` is the condition's own, for what is inside of another.
    fn all(&self, table: View<'_>, facts: &Facts<'_, '_>, name: &str) -> Answer {
        let mut answer = Answer::Yes;
        for part in parts(table) {
            let said = match part {
                Part::Leaf(found, needs, filter) => {
                    let name = self.name(found, table, name);
                    match facts.knows(needs).then(|| filter.matches(facts.record, facts.tools)) {
                        Some(true) => Answer::Yes,
                        Some(false) => Answer::No(self.unmet(found, &name)),
                        None => Answer::Perhaps(vec![name]),
                    }
                }
                Part::All(found, tables) => {
                    let inner = self.name(found, table, name);
                    tables
                        .into_iter()
                        .map(|table| self.all(table, facts, &inner))
                        .fold(Answer::Yes, Answer::and)
                }
                Part::Any(found, tables) => {
                    let inner = self.name(found, table, name);
                    let none = Answer::No(self.unmet(found, &inner));
                    let said = tables.into_iter().map(|table| self.all(table, facts, &inner));
                    said.fold(none.clone(), |sum, said| match (sum, said) {
                        (Answer::Yes, _) | (_, Answer::Yes) => Answer::Yes,
                        // One of them is enough, so none of them is needed.
                        (Answer::Perhaps(_), Answer::Perhaps(_)) => {
                            Answer::Perhaps(vec![inner.clone()])
                        }
                        (Answer::Perhaps(names), _) | (_, Answer::Perhaps(names)) => {
                            Answer::Perhaps(names)
                        }
                        _ => none.clone(),
                    })
                }
                Part::Not(found, table_of) => {
                    let inner = self.name(found, table, name);
                    match self.all(table_of, facts, &inner) {
                        Answer::Yes => Answer::No(self.unmet(found, &inner)),
                        Answer::No(_) => Answer::Yes,
                        // What is inside of it may be anything.
                        Answer::Perhaps(_) => Answer::Perhaps(vec![inner]),
                    }
                }
            };
            answer = answer.and(said);
        }
        answer
    }

    /// What a part of a condition is called: its key below the outermost condition.
    fn name(&self, found: &Found, table: View<'_>, outer: &str) -> String {
        let key = found.path.strip_prefix(table.path).unwrap_or(&found.path);
        let key = key.trim_start_matches('.');
        // An item of a list goes by the list.
        let key =
            key.strip_suffix(']').and_then(|key| key.rsplit_once('[')).map_or(key, |(key, _)| key);
        if outer.is_empty() { key.to_owned() } else { format!("{outer}.{key}") }
    }

    fn unmet(&self, found: &Found, name: &str) -> String {
        let line = self.line(found.at);
        match name {
            "levels" | "targets" => format!("its filter has other {name} (line {line})"),
            _ => format!("its filter's {name} is not met (line {line})"),
        }
    }

    fn line(&self, at: usize) -> usize {
        self.text.get(..at).unwrap_or("").matches('\n').count() + 1
    }
}

/// What is known of whether a record passes.
#[derive(Clone, Debug)]
enum Answer {
    Yes,
    /// No, and why.
    No(String),
    /// If these are met.
    Perhaps(Vec<String>),
}

impl Answer {
    /// Both; the first "no" gives the reason.
    fn and(self, other: Answer) -> Answer {
        match (self, other) {
            (Answer::No(why), _) | (_, Answer::No(why)) => Answer::No(why),
            (Answer::Yes, other) | (other, Answer::Yes) => other,
            (Answer::Perhaps(mut names), Answer::Perhaps(more)) => {
                more.into_iter().for_each(|name| {
                    if !names.contains(&name) {
                        names.push(name);
                    }
                });
                Answer::Perhaps(names)
            }
        }
    }
}
