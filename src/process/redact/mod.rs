//! Keeps secrets out of what is written.

mod instead;
#[cfg(feature = "patterns")]
mod patterns;
mod rules;
mod values;
mod walk;

pub use values::Detector;

use super::contexts::Contexts;
use super::draft::nested;
use super::{Draft, Flow, Processor};
use crate::codec::{Bound, Change, Edited, Record, Site, ValueRef};
use crate::meta::{Metadata, Piece};
use bumpalo::Bump;
use instead::Instead;
use std::fmt;
use std::sync::Arc;
use walk::{Plan, Seen};

/// Hides the values of fields whose keys name a secret, at any depth, and on request what looks like one (spec \[51\] to
/// \[53\]).
///
/// [`Redact::new`] goes by whole words of keys: `password`, `token`, `secret`, `key`, `authorization`, `cookie`, `session`,
/// `credit_card`, `ssn`, `email` and their kin hide `Api_Key`, `userPassword` and `session.id`, but not `monkey`, nor keys
/// that end in a measure, as `session_count`. Case never matters. Fields of a logger are looked at once for each logger.
///
/// Messages too: an argument that is called like a secret in the source (`"hello {password}"`, `user.token`) is hidden, and so
/// is every text of four characters or more that equals the value of a hidden field of the same record. What a message says
/// in other words is found by detectors only.
///
/// If it panics, the record is dropped and not written: it [is essential](Processor::is_essential). What stands before it in
/// the order of processors, sees the secrets. A secret has been in the arena, and with
/// [`Builder::arena_file`](crate::Builder::arena_file) in that file, before it comes here: only
/// [`Sensitive`](crate::Sensitive) keeps it out of there.
///
/// Cost on the writer: a few ns for a record with nothing to hide, some 1 ns for each hidden field more, if the marker is
/// written instead. Lists and maps, other texts instead and detectors are looked at record by record, which costs more.
///
/// ```
/// use ripsaw::process::{Detector, Redact};
/// let memory = ripsaw::sink::Memory::new();
/// let guard = ripsaw::builder()
///     .processor(Redact::new().detect([Detector::CardNumber]))
///     .format(ripsaw::format::Text::new().timestamp(false).target(false))
///     .sink(memory.clone())
///     .start_local()?;
/// let attached = guard.attach();
/// let password = "hunter2";
/// ripsaw::info!(apiKey = "k-17", monkey = 1, "login with {password}, card {}", "4111 1111 1111 1111");
/// guard.handle().flush(std::time::Duration::from_secs(5)).unwrap();
/// let line = "INFO     login with [REDACTED], card [REDACTED] apiKey=[REDACTED] monkey=1";
/// assert_eq!(memory.lines(), [line]);
/// # drop(attached);
/// # Ok::<(), ripsaw::StartError>(())
/// ```
pub struct Redact {
    plan: Plan,
    /// By statement.
    verdicts: Vec<Option<Verdict>>,
    /// By context; none for one without secrets.
    contexts: Contexts<Option<(Arc<Bound>, Vec<String>)>>,
}

/// What is known of a statement.
#[derive(Clone, Copy, Debug)]
struct Verdict {
    /// Arguments to hide.
    hide: u32,
    /// Whether its message may hold a secret.
    message: bool,
}

impl Redact {
    /// By the default words.
    pub fn new() -> Redact {
        Redact::none().words(rules::DEFAULT)
    }
    /// By no rule yet.
    pub fn none() -> Redact {
        let rules = rules::Rules::default();
        let plan = Plan {
            rules,
            detectors: values::Detectors::default(),
            instead: Instead::Marker,
            depth: 16,
        };
        Redact { plan, verdicts: Vec::new(), contexts: Contexts::new() }
    }
    /// Also keys that hold one of these as a whole word. Words end at what is no letter or digit, and at humps (`apiKey`); one
    /// of several words (`credit_card`) meets `creditCard` and `creditcard` too.
    pub fn words<'k>(mut self, words: impl IntoIterator<Item = &'k str>) -> Redact {
        words.into_iter().for_each(|word| self.plan.rules.word(word));
        self
    }
    /// Also keys that are one of these.
    pub fn keys<'k>(mut self, keys: impl IntoIterator<Item = &'k str>) -> Redact {
        self.plan.rules.exact.extend(keys.into_iter().map(str::to_lowercase));
        self
    }
    /// Also keys that hold one of these anywhere: `key` hides `monkey`.
    pub fn substrings<'k>(mut self, parts: impl IntoIterator<Item = &'k str>) -> Redact {
        let parts = parts.into_iter().filter(|part| !part.is_empty());
        self.plan.rules.substrings.extend(parts.map(str::to_lowercase));
        self
    }
    /// Also what stands at these places, keys with points between them and `*` for any: `user.card.number`. Lists are passed
    /// through. A key with points in it is taken for several.
    pub fn paths<'k>(mut self, paths: impl IntoIterator<Item = &'k str>) -> Redact {
        paths.into_iter().for_each(|path| self.plan.rules.path(path));
        self
    }
    /// Also what these find in texts, at any depth, and in whole messages. None by default.
    pub fn detect(mut self, detectors: impl IntoIterator<Item = Detector>) -> Redact {
        self.plan.detectors.kinds.extend(detectors);
        self
    }
    /// Also what a regular expression matches in texts, at any depth, and in whole messages. Every match must hold one of the
    /// `literals`, in any case: texts without them, which are most, are told apart in one pass for all expressions
    /// together. Without literals the expression looks at every text. Needs the feature `patterns`.
    ///
    /// # Errors
    /// The expression cannot be understood, is too large, or matches an empty text; a literal is empty.
    ///
    /// ```
    /// # use ripsaw::process::Redact;
    /// let redact = Redact::new().pattern(r"(?i)acct-\d{6,}", ["acct-"])?;
    /// # Ok::<(), ripsaw::ConfigError>(())
    /// ```
    #[cfg(feature = "patterns")]
    pub fn pattern<'l>(
        mut self,
        expression: &str,
        literals: impl IntoIterator<Item = &'l str>,
    ) -> Result<Redact, crate::error::ConfigError> {
        self.plan.detectors.patterns.add(expression, literals)?;
        Ok(self)
    }
    /// What is written instead; `[REDACTED]` by default.
    pub fn placeholder(mut self, text: impl Into<String>) -> Redact {
        let text = text.into();
        self.plan.instead =
            if text == "[REDACTED]" { Instead::Marker } else { Instead::Text(text) };
        self
    }
    /// Writes `hash:` and 16 hexadecimal digits instead, equal for equal values: SipHash-2-4 with a key that is made by chance
    /// at each start. It tells values apart; it is no cryptographic protection of values that can be guessed.
    pub fn hash(mut self) -> Redact {
        self.plan.instead = Instead::random_hash();
        self
    }
    /// The same with a key of yours, for hashes that are equal in several processes.
    pub fn hash_with(mut self, key: [u64; 2]) -> Redact {
        self.plan.instead = Instead::Hash(key);
        self
    }
    /// Writes `****` and the last `characters` instead, of values that are at least twice as long.
    pub fn keep_last(mut self, characters: usize) -> Redact {
        self.plan.instead = Instead::Last(characters);
        self
    }
    /// How deep lists and maps are looked into; what is deeper is hidden. 16 by default.
    pub fn depth(mut self, levels: usize) -> Redact {
        self.plan.depth = levels;
        self
    }

    #[inline]
    fn verdict(&mut self, callsite: Option<u32>, meta: &Metadata) -> Verdict {
        let Some(at) = callsite.map(|id| id as usize) else { return verdict(&self.plan, meta) };
        if let Some(Some(verdict)) = self.verdicts.get(at) {
            return *verdict;
        }
        if at >= self.verdicts.len() {
            self.verdicts.resize(at + 1, None);
        }
        *self.verdicts[at].insert(verdict(&self.plan, meta))
    }

    /// Takes the secrets out of a record; whether its message may hold one.
    fn record<'a>(
        &mut self,
        record: &mut Record<'a>,
        bump: &'a Bump,
        secrets: &mut Vec<String>,
    ) -> bool {
        match record.site {
            Site::Static(meta) => {
                let Verdict { hide, message } = self.verdict(record.callsite, meta);
                let plain = matches!(self.plan.instead, Instead::Marker)
                    && self.plan.detectors.is_empty()
                    && !(message && hide != 0)
                    && !record.args.has_nested();
                if !plain {
                    self.arguments(record, meta, hide, bump, secrets);
                } else if hide != 0 {
                    record.args = record.args.hide(hide, bump);
                }
                message
            }
            Site::Dynamic { level, target, module, file, line, name, message, fields } => {
                if let Some(map) = fields
                    && let Some(tree) = self.plan.fields(map.entries(), secrets)
                    && let ValueRef::Map(map) = nested(bump, |out| out.extend_from_slice(&tree))
                {
                    let fields = Some(map);
                    record.site =
                        Site::Dynamic { level, target, module, file, line, name, message, fields };
                }
                true
            }
            Site::Edited(edited) => {
                let mut origin = Record { bound: None, ..edited.origin };
                // The message may hold what stood in fields that are gone.
                if let Some(bound) = edited.origin.bound {
                    self.plan.bound(bound, secrets);
                }
                self.record(&mut origin, bump, secrets);
                let fields = bump.alloc_slice_copy(edited.fields);
                self.fields(fields, bump, secrets);
                let (level, target, message) = (edited.level, edited.target, edited.message);
                let edited = Edited { level, target, message, fields, origin };
                record.site = Site::Edited(bump.alloc(edited));
                true
            }
        }
    }

    /// The arguments of a statement, one by one.
    fn arguments<'a>(
        &self,
        record: &mut Record<'a>,
        meta: &Metadata,
        hide: u32,
        bump: &'a Bump,
        secrets: &mut Vec<String>,
    ) {
        let args = record.args;
        let seen: Vec<(usize, Seen)> = (0..args.len())
            .filter_map(|i| {
                let (value, name) = (args.get(i), meta.fields.get(i).copied());
                let seen = match hide >> i & 1 {
                    1 => self.plan.hidden(value, secrets),
                    _ => self.plan.value(&mut Vec::from_iter(name), value, secrets),
                };
                (!matches!(seen, Seen::Clean)).then_some((i, seen))
            })
            .collect();
        let change = |(i, seen): &(usize, Seen)| match seen {
            Seen::Text(text) => (*i, Change::Text(bump.alloc_str(text))),
            Seen::Tree(tree) => (*i, Change::Tree(bump.alloc_slice_copy(tree))),
            Seen::Clean | Seen::Hidden => (*i, Change::Hidden),
        };
        let changes: Vec<(usize, Change<'_>)> = seen.iter().map(change).collect();
        if !changes.is_empty() {
            record.args = args.with(&changes, bump);
        }
    }

    fn fields<'a>(
        &self,
        fields: &mut [(&'a str, ValueRef<'a>)],
        bump: &'a Bump,
        secrets: &mut Vec<String>,
    ) {
        for (key, value) in fields {
            match self.plan.field(key, *value, secrets) {
                Seen::Clean => {}
                Seen::Hidden => *value = ValueRef::Redacted,
                Seen::Text(text) => *value = ValueRef::Str(bump.alloc_str(&text)),
                Seen::Tree(tree) => *value = nested(bump, |out| out.extend_from_slice(&tree)),
            }
        }
    }
}

fn verdict(plan: &Plan, meta: &Metadata) -> Verdict {
    let fields = meta.fields.iter().map(|key| plan.rules.hide(&[], key));
    let args = meta.args.iter().map(|name| plan.rules.hide_named(name));
    let hide = fields.chain(args).take(32).enumerate();
    let hide = hide.fold(0, |set, (i, hide)| set | u32::from(hide) << i);
    let text: String = meta.template.iter().filter_map(literal).chain([meta.name]).collect();
    let shown = meta.template.iter().any(|piece| literal(piece).is_none());
    Verdict { hide, message: shown || plan.text(&text, &[]).is_some() }
}

fn literal(piece: &Piece) -> Option<&'static str> {
    match *piece {
        Piece::Lit(text) => Some(text),
        Piece::Arg(..) => None,
    }
}

impl Processor for Redact {
    fn process(&mut self, draft: &mut Draft<'_>) -> Flow {
        let mut secrets = Vec::new();
        let (record, bump) = draft.logged();
        if let Some(bound) = record.bound {
            let look = || {
                let mut secrets = Vec::new();
                let clean = self.plan.bound(bound, &mut secrets)?;
                Some((Arc::new(clean), secrets))
            };
            if let Some((clean, noted)) = self.contexts.get((bound.serial(), 0), look) {
                secrets.extend_from_slice(noted);
                draft.set_bound(clean);
            }
        }
        let (record, _) = draft.logged();
        let mut message = self.record(record, bump, &mut secrets);
        if let Some(fields) = draft.edited() {
            self.fields(fields, bump, &mut secrets);
            message = true;
        }
        if message
            && !(secrets.is_empty() && self.plan.detectors.is_empty())
            && let Some(clean) = self.plan.text(draft.message(), &secrets)
        {
            draft.set_message(&clean);
        }
        Flow::Keep
    }

    fn is_essential(&self) -> bool {
        true
    }
}

impl Default for Redact {
    fn default() -> Self {
        Redact::new()
    }
}

impl fmt::Debug for Redact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The key of a hash is nobody's business.
        f.debug_struct("Redact").finish_non_exhaustive()
    }
}
