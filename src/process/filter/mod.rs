//! Conditions on records: which of them a route wants, or the engine lets pass.

mod field;
mod pattern;

pub use field::FieldTest;
pub(crate) use field::{Shown, is_equal};

use super::draft::{Draft, Tools, render};
use super::{Flow, Processor};
use crate::codec::{Part, Record};
use crate::fault;
use crate::meta::{Level, LevelFilter, covers};
use crate::sync::caught;
use pattern::{Glob, Substrings};
use std::borrow::Cow;
use std::cell::OnceCell;
use std::fmt;
use std::sync::Arc;

/// A condition on records, put together from smaller ones.
///
/// A filter is asked on the writer's thread, so it costs no caller anything. The message is rendered only if a condition on it is reached; in [`all`](Filter::all) and
/// [`any`](Filter::any) the cheap conditions are asked first. It stands at a [`Route`](crate::Route::filter), or among the
/// processors, where it drops what does not meet it. `Display` shows the condition. What a closure decides by a panic is "no",
/// for the whole filter.
///
/// ```
/// use ripsaw::process::Filter;
/// use ripsaw::{Level, Route, info, warn};
///
/// let slow = Filter::field("duration_ms").at_least(500) & !Filter::target("shop::jobs");
/// let audit = Filter::event(&["audit_", "security_"], &["debug_"]);
/// let wanted = slow | audit;
/// assert_eq!(
///     wanted.to_string(),
///     r#"(not target shop::jobs and duration_ms >= 500) or event with ("audit_", "security_") without ("debug_")"#
/// );
///
/// let memory = ripsaw::sink::Memory::new();
/// let format = ripsaw::format::Text::new().timestamp(false).target(false);
/// let guard = ripsaw::builder()
///     .route(Route::new(memory.clone()).filter(wanted).format(format))
///     .start_local()?;
/// let attached = guard.attach();
/// info!(duration_ms = 20, "quick");
/// info!(duration_ms = 700.5, "slow");
/// warn!("audit_login");
/// guard.handle().flush(std::time::Duration::from_secs(5)).unwrap();
/// assert_eq!(memory.lines(), ["INFO     slow duration_ms=700.5", "WARNING  audit_login"]);
/// # drop(attached);
/// # Ok::<(), ripsaw::StartError>(())
/// ```
#[derive(Clone)]
pub struct Filter {
    node: Node,
}

#[derive(Clone)]
enum Node {
    /// One bit a level, by its index.
    Levels(u8),
    Target(Arc<str>),
    Thread(Arc<Glob>),
    Field(Arc<field::Test>),
    Substrings(Arc<Substrings>),
    Event(Arc<Glob>),
    Custom(Option<Arc<str>>, Arc<dyn Fn(&Record<'_>) -> bool + Send + Sync>),
    Not(Arc<Node>),
    All(Arc<[Node]>),
    Any(Arc<[Node]>),
}

const ALL_LEVELS: u8 = (1 << Level::ALL.len()) - 1;

impl Filter {
    /// A condition of your own, asked on the writer's thread.
    pub fn new(test: impl Fn(&Record<'_>) -> bool + Send + Sync + 'static) -> Filter {
        Filter { node: Node::Custom(None, Arc::new(test)) }
    }

    /// The same with a name, by which it is shown.
    pub fn named(name: &str, test: impl Fn(&Record<'_>) -> bool + Send + Sync + 'static) -> Filter {
        Filter { node: Node::Custom(Some(name.into()), Arc::new(test)) }
    }

    /// Records of at least this level.
    pub fn level(least: impl Into<LevelFilter>) -> Filter {
        let least = least.into();
        Filter::levels(Level::ALL.into_iter().filter(|level| least.allows(*level)))
    }

    /// Records of these levels.
    ///
    /// ```
    /// use ripsaw::{Level, process::Filter};
    /// let noise = Filter::levels([Level::Trace, Level::Debug]);
    /// assert_eq!(noise.to_string(), "level in (trace, debug)");
    /// ```
    pub fn levels(levels: impl IntoIterator<Item = Level>) -> Filter {
        Filter { node: Node::Levels(levels.into_iter().fold(0, |mask, level| mask | bit(level))) }
    }

    /// Records whose level lies in a range, as `Level::Debug..Level::Warning`.
    pub fn level_range(range: impl std::ops::RangeBounds<Level>) -> Filter {
        Filter::levels(Level::ALL.into_iter().filter(|level| range.contains(level)))
    }

    /// Records of a target (a logger's name, if it has one) and of everything below it: `::` and `.` separate the parts.
    pub fn target(prefix: impl Into<Arc<str>>) -> Filter {
        Filter { node: Node::Target(prefix.into()) }
    }

    /// Records whose message has one of the `include`d texts in it, or any message if there are none; but none of the
    /// `exclude`d ones, which are looked for first (spec \[63\]). The message is taken as it was logged, without what
    /// processors have put before it; where there is none, it is the event's name.
    pub fn event(include: &[&str], exclude: &[&str]) -> Filter {
        Filter { node: Node::Substrings(Arc::new(Substrings::new(include, exclude))) }
    }

    /// Records whose whole message fits a pattern: `*` stands for any text, `?` for any one character.
    pub fn event_like(pattern: &str) -> Filter {
        Filter { node: Node::Event(Arc::new(Glob::new(pattern))) }
    }

    /// Records of threads whose name fits a pattern with `*` and `?`; a thread without a name has an empty one.
    pub fn thread(pattern: &str) -> Filter {
        Filter { node: Node::Thread(Arc::new(Glob::new(pattern))) }
    }

    /// Records that have a field of this key, whatever its value.
    pub fn has_field(key: impl Into<Box<str>>) -> Filter {
        FieldTest::new(key.into()).present()
    }

    /// The beginning of a condition on the value of a field; of several with this key, the last.
    pub fn field(key: impl Into<Box<str>>) -> FieldTest {
        FieldTest::new(key.into())
    }

    /// All of these; every record, if there are none.
    pub fn all(filters: impl IntoIterator<Item = Filter>) -> Filter {
        let (mut mask, mut nodes) = (ALL_LEVELS, Vec::new());
        for filter in filters {
            match filter.node {
                Node::Levels(levels) => mask &= levels,
                Node::All(inner) => nodes.extend(inner.iter().cloned()),
                node => nodes.push(node),
            }
        }
        // What was inside of another may have been a level too.
        nodes.retain(|node| match node {
            Node::Levels(levels) => {
                mask &= levels;
                false
            }
            _ => true,
        });
        if mask != ALL_LEVELS {
            nodes.push(Node::Levels(mask));
        }
        Filter { node: join(nodes, Node::All) }
    }

    /// Any of these; no record, if there are none.
    pub fn any(filters: impl IntoIterator<Item = Filter>) -> Filter {
        let (mut mask, mut nodes) = (0, Vec::new());
        for filter in filters {
            match filter.node {
                Node::Levels(levels) => mask |= levels,
                Node::Any(inner) => nodes.extend(inner.iter().cloned()),
                node => nodes.push(node),
            }
        }
        nodes.retain(|node| match node {
            Node::Levels(levels) => {
                mask |= levels;
                false
            }
            _ => true,
        });
        if mask != 0 {
            nodes.push(Node::Levels(mask));
        }
        Filter { node: join(nodes, Node::Any) }
    }

    /// Both conditions; `&` does the same.
    pub fn and(self, other: Filter) -> Filter {
        Filter::all([self, other])
    }

    /// One of the conditions, or both; `|` does the same. `!` is the opposite of one.
    pub fn or(self, other: Filter) -> Filter {
        Filter::any([self, other])
    }

    /// Whether a record meets it. One for which a test panics does not.
    pub(crate) fn matches(&self, record: &Record<'_>, tools: &Tools) -> bool {
        let facts = Facts { record, tools, message: OnceCell::new() };
        caught(|| self.node.test(&facts)).unwrap_or_else(|| {
            fault::report(format_args!("the filter `{self}` panicked: the record is not taken"));
            false
        })
    }
}

fn bit(level: Level) -> u8 {
    1 << level.index()
}

/// Several conditions as one, the cheap ones first.
fn join(mut nodes: Vec<Node>, kind: fn(Arc<[Node]>) -> Node) -> Node {
    nodes.sort_by_key(Node::cost);
    match nodes.len() {
        1 => nodes.remove(0),
        _ => kind(nodes.into()),
    }
}

/// What is known of the record that a filter is asked about.
struct Facts<'r, 'a> {
    record: &'r Record<'a>,
    tools: &'r Tools,
    message: OnceCell<&'r str>,
}

impl<'r> Facts<'r, '_> {
    fn message(&self) -> &'r str {
        self.message.get_or_init(|| {
            let mut parts = self.record.message().parts();
            match (parts.next(), parts.next()) {
                (Some(Part::Lit(text)), None) => text,
                _ => render(self.record, self.tools),
            }
        })
    }
}

impl Node {
    fn test(&self, facts: &Facts<'_, '_>) -> bool {
        let record = facts.record;
        match self {
            Node::Levels(mask) => mask & bit(record.level()) != 0,
            Node::Target(prefix) => covers(prefix, record.target()),
            Node::Thread(glob) => glob.fits(&record.thread().name),
            Node::Field(test) => test.holds(record),
            Node::Substrings(substrings) => substrings.fit(facts.message()),
            Node::Event(glob) => glob.fits(facts.message()),
            Node::Custom(_, test) => test(record),
            Node::Not(node) => !node.test(facts),
            Node::All(nodes) => nodes.iter().all(|node| node.test(facts)),
            Node::Any(nodes) => nodes.iter().any(|node| node.test(facts)),
        }
    }

    /// In no unit: only which of two is asked first.
    fn cost(&self) -> usize {
        match self {
            Node::Levels(_) => 1,
            Node::Target(_) => 2,
            Node::Thread(_) => 3,
            Node::Field(_) => 10,
            Node::Substrings(_) | Node::Event(_) => 100,
            Node::Custom(..) => 1000,
            Node::Not(node) => node.cost(),
            Node::All(nodes) | Node::Any(nodes) => nodes.iter().map(Node::cost).sum(),
        }
    }
}

impl std::ops::Not for Filter {
    type Output = Filter;
    fn not(self) -> Filter {
        let node = match self.node {
            Node::Levels(mask) => Node::Levels(!mask & ALL_LEVELS),
            Node::Not(node) => (*node).clone(),
            node => Node::Not(Arc::new(node)),
        };
        Filter { node }
    }
}

impl std::ops::BitAnd for Filter {
    type Output = Filter;
    fn bitand(self, other: Filter) -> Filter {
        self.and(other)
    }
}

impl std::ops::BitOr for Filter {
    type Output = Filter;
    fn bitor(self, other: Filter) -> Filter {
        self.or(other)
    }
}

/// Drops the records that do not meet it (spec \[62\]).
impl Processor for Filter {
    fn process(&mut self, draft: &mut Draft<'_>) -> Flow {
        match draft.with_record(|record, tools| self.matches(record, tools)) {
            true => Flow::Keep,
            false => Flow::Drop,
        }
    }
    fn name(&self) -> Cow<'static, str> {
        Cow::Owned(format!("Filter({self})"))
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.node.show(f, false)
    }
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Filter({self})")
    }
}

impl Node {
    fn show(&self, f: &mut fmt::Formatter<'_>, inner: bool) -> fmt::Result {
        match self {
            Node::Levels(mask) => show_levels(*mask, f),
            Node::Target(prefix) => write!(f, "target {prefix}"),
            Node::Thread(glob) => write!(f, "thread like {glob}"),
            Node::Field(test) => write!(f, "{test}"),
            Node::Substrings(substrings) => write!(f, "{substrings}"),
            Node::Event(glob) => write!(f, "event like {glob}"),
            Node::Custom(Some(name), _) => f.write_str(name),
            Node::Custom(None, _) => f.write_str("closure"),
            Node::Not(node) => {
                f.write_str("not ")?;
                node.show(f, true)
            }
            Node::All(nodes) => show_list(nodes, ("everything", " and "), f, inner),
            Node::Any(nodes) => show_list(nodes, ("nothing", " or "), f, inner),
        }
    }
}

fn show_list(
    nodes: &[Node],
    (none, between): (&str, &str),
    f: &mut fmt::Formatter<'_>,
    inner: bool,
) -> fmt::Result {
    if nodes.is_empty() {
        return f.write_str(none);
    }
    f.write_str(if inner { "(" } else { "" })?;
    for (i, node) in nodes.iter().enumerate() {
        f.write_str(if i > 0 { between } else { "" })?;
        node.show(f, true)?;
    }
    f.write_str(if inner { ")" } else { "" })
}

fn show_levels(mask: u8, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let levels: Vec<Level> = Level::ALL.into_iter().filter(|l| mask & bit(*l) != 0).collect();
    match levels[..] {
        [] => f.write_str("no level"),
        [least, ..] if least.index() + levels.len() == Level::ALL.len() => {
            write!(f, "level >= {least}")
        }
        [only] => write!(f, "level {only}"),
        _ => {
            let names: Vec<&str> = levels.iter().map(|level| level.as_str()).collect();
            write!(f, "level in ({})", names.join(", "))
        }
    }
}
