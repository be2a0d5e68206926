//! All callsites that were ever reached, all loggers and contexts, and the engines that judge them.
//!
//! One mutex: it is taken when a statement is reached for the first time, when a logger is made, when the fields of a logger or
//! a context are first named by a record and when they go, and when a configuration changes, so that a verdict is never computed from a configuration that was replaced meanwhile.

use super::logger::Inner;
use super::policy::bits_of;
use super::{Callsite, bits};
use crate::codec::Bound;
use crate::image::Image;
use crate::lane::{Busy, Policy, Subject};
use crate::meta::{Level, LevelFilter, Metadata};
use crate::sync::{lock, lock_until};
use core::ops::{Deref, DerefMut};
use core::sync::atomic::{AtomicU32, Ordering};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, Weak};
use std::time::Instant;

/// An engine, as far as verdicts are concerned.
pub(crate) trait Judge: Send + Sync {
    /// What it wants now; its threads are told before this returns.
    fn policy(&self) -> Arc<dyn Policy>;
    /// Whether every thread that is not attached elsewhere logs here, and always did.
    fn is_only(&self) -> bool;
    /// A logger is gone; its records may still be on their way.
    fn retire(&self, retired: super::Retired);
    /// What this engine's frames name has to be known to whoever reads them after a crash, if there is such a thing.
    fn image(&self) -> Option<&Image>;
}

/// An engine, and its policy as it was when verdicts were computed last.
struct Seat {
    judge: Arc<dyn Judge>,
    policy: Arc<dyn Policy>,
}

struct State {
    sites: Vec<&'static Callsite>,
    /// Those with a name.
    loggers: Vec<Weak<Inner>>,
    /// What records may name, by number.
    bound: BTreeMap<u32, Arc<Bound>>,
    /// The number that was given last.
    last_id: u32,
    seats: Vec<Seat>,
}

static STATE: Mutex<State> = Mutex::new(State {
    sites: Vec::new(),
    loggers: Vec::new(),
    bound: BTreeMap::new(),
    last_id: 0,
    seats: Vec::new(),
});

/// Counts the recomputations, so that what was derived from an older one can be told.
static GENERATION: AtomicU32 = AtomicU32::new(1);

/// Changes whenever verdicts may have changed.
pub(super) fn generation() -> u32 {
    // Relaxed: like a verdict.
    GENERATION.load(Ordering::Relaxed)
}

/// The state, locked. What the thread's allocator logs meanwhile must not come here.
struct Locked {
    state: MutexGuard<'static, State>,
    _busy: Busy,
}

impl Deref for Locked {
    type Target = State;
    fn deref(&self) -> &State {
        &self.state
    }
}

impl DerefMut for Locked {
    fn deref_mut(&mut self) -> &mut State {
        &mut self.state
    }
}

fn state() -> Locked {
    let busy = Busy::begin();
    Locked { state: lock(&STATE), _busy: busy }
}

/// As long as it lives, no other thread is inside a mutex of this module.
pub(crate) struct Frozen {
    _state: Option<MutexGuard<'static, State>>,
    _busy: Busy,
}

/// Keeps all threads out, as far as they leave before `deadline`.
pub(crate) fn freeze(deadline: Instant) -> Frozen {
    Frozen { _state: lock_until(&STATE, deadline), _busy: Busy::begin() }
}

/// Gives a callsite its id and its first verdict.
pub(super) fn register(site: &'static Callsite) -> u32 {
    let mut state = state();
    let seen = site.state.load(Ordering::Relaxed);
    if seen & bits::NEW == 0 {
        // Another thread was faster.
        return seen;
    }
    let id = state.sites.len() as u32;
    if id >= 1 << (32 - bits::ID_SHIFT) {
        crate::fault::report(format_args!(
            "more than 16 million logging statements: {:?} is off",
            site.meta
        ));
        site.state.store(0, Ordering::Relaxed);
        return 0;
    }
    state.sites.push(site);
    state.images().for_each(|image| told(image.add_site(id, site.meta)));
    let new = (id << bits::ID_SHIFT) | state.verdict_of(site);
    // Relaxed: the writer finds the id under this mutex (see `Sites::get`).
    site.state.store(new, Ordering::Relaxed);
    new
}

/// Says that a statement or a context is not in the file of an arena.
fn told(is_there: bool) {
    if !is_there {
        crate::fault::report(format_args!(
            "no room for further statements or bound loggers in the arena's file: after a crash their records lack them; \
             choose a larger arena_bytes"
        ));
    }
}

/// Makes a logger known, and gives it its first verdicts.
pub(super) fn register_logger(inner: &Arc<Inner>) {
    let mut state = state();
    // Forget those that are gone, now and then, so that the list stays as long as there are loggers.
    if state.loggers.len() == state.loggers.capacity() {
        state.loggers.retain(|l| l.strong_count() > 0);
    }
    state.loggers.push(Arc::downgrade(inner));
    state.judge_logger(inner);
}

/// Gives `bound` a number, as a record is about to name it for the first time, and stores it in `place`: in the table, and
/// known to all images, before any record can have it. Zero where the thread may hold the mutex already.
pub(super) fn admit(bound: &Arc<Bound>, place: &AtomicU32) -> u32 {
    let busy = Busy::begin();
    let state = if busy.is_nested() { STATE.try_lock().ok() } else { Some(lock(&STATE)) };
    let Some(mut state) = state else { return 0 };
    // Relaxed: stored under this mutex only.
    let known = place.load(Ordering::Relaxed);
    if known != 0 {
        return known;
    }
    // After 2^32 of them a number may still be in use.
    let mut id = state.last_id;
    loop {
        id = id.checked_add(1).unwrap_or(1);
        if !state.bound.contains_key(&id) {
            break;
        }
    }
    state.last_id = id;
    state.bound.insert(id, bound.clone());
    state.images().for_each(|image| told(image.add_context(id, bound)));
    place.store(id, Ordering::Relaxed);
    id
}

/// What has this number, if it is not gone.
pub(crate) fn find_bound(id: u32) -> Option<Arc<Bound>> {
    state().bound.get(&id).cloned()
}

/// A logger or a context is gone: tells the engines, whose lanes may still hold its records. A writer that does not find it
/// in the table has been told.
pub(super) fn retire(retired: &super::Retired) {
    let mut state = state();
    for seat in &state.seats {
        seat.judge.retire(retired.clone());
    }
    let gone = state.bound.remove(&retired.id);
    drop(state);
    drop(gone);
}

/// Adds an engine, in the place of another if one is given; all verdicts follow, in one step.
pub(crate) fn judge(judge: Arc<dyn Judge>, instead_of: Option<*const ()>) {
    inherit(judge, instead_of);
    tell();
}

/// The same for an engine that wants exactly the records that the other wanted: nobody outside is told. In a forked child locks
/// of theirs may be held by threads that it does not have.
pub(crate) fn inherit(judge: Arc<dyn Judge>, instead_of: Option<*const ()>) {
    change(|state| {
        if let Some(image) = judge.image() {
            for (id, site) in state.sites.iter().enumerate() {
                told(image.add_site(id as u32, site.meta));
            }
            for (id, bound) in &state.bound {
                told(image.add_context(*id, bound));
            }
        }
        let policy = judge.policy();
        state.seats.push(Seat { judge, policy });
        instead_of.map_or(Vec::new(), |old| state.take(old))
    });
}

/// Takes an engine away; all verdicts follow.
pub(crate) fn retract(judge: *const ()) {
    change(|state| state.take(judge));
    tell();
}

/// An engine's opinion has changed; all verdicts follow before this returns.
pub(crate) fn recompute() {
    change(|_| Vec::new());
    tell();
}

/// Told the lowest threshold of any engine and target whenever it may have changed.
static LISTENER: OnceLock<fn(LevelFilter)> = OnceLock::new();

/// Has `listener` told the lowest threshold, now and after every change. Only the first one counts.
#[cfg(feature = "log")]
pub(crate) fn listen(listener: fn(LevelFilter)) {
    if LISTENER.set(listener).is_ok() {
        listener(state().lowest());
    }
}

/// Called after every change, outside the mutex: it may ask for verdicts.
static AFTERWARDS: OnceLock<fn()> = OnceLock::new();

/// Has `listener` called after every change. Only the first one counts.
#[cfg(feature = "tracing")]
pub(crate) fn listen_after(listener: fn()) {
    let _ = AFTERWARDS.set(listener);
}

fn tell() {
    if let Some(listener) = AFTERWARDS.get() {
        listener();
    }
}

/// The lowest threshold of any engine and target. None where the thread may hold the mutex already.
#[cfg(feature = "tracing")]
pub(crate) fn lowest_now() -> Option<LevelFilter> {
    (!Busy::is_active()).then(|| state().lowest())
}

/// Changes the state and recomputes all verdicts. What may be the last reference to an engine or a logger is let go only
/// after the mutex: their destructors run foreign code, and come back here.
fn change(f: impl FnOnce(&mut State) -> Vec<Seat>) {
    let mut state = state();
    let engines = f(&mut state);
    let loggers = state.recompute();
    if let Some(listener) = LISTENER.get() {
        listener(state.lowest());
    }
    drop(state);
    drop((engines, loggers));
}

/// The statements of which calls were suppressed, and how many.
pub(crate) fn suppressed() -> Vec<(&'static Metadata, u64)> {
    let state = state();
    let counts = state.sites.iter().map(|site| (site.meta, site.sampler.suppressed()));
    counts.filter(|(_, count)| *count > 0).collect()
}

/// The verdict on a record that has no callsite: looked up each time. None where the thread may hold the mutex already.
pub(crate) fn verdict_now(level: Level, target: &str) -> Option<u32> {
    let subject = Subject::new(level, target, None);
    (!Busy::is_active()).then(|| state().verdict(&subject) & !bits::SAMPLE)
}

/// The statements that `wanted` picks.
pub(crate) fn statements(wanted: impl Fn(&Metadata) -> bool) -> Vec<&'static Metadata> {
    let state = state();
    state.sites.iter().map(|site| site.meta).filter(|meta| wanted(meta)).collect()
}

impl State {
    fn take(&mut self, judge: *const ()) -> Vec<Seat> {
        let is_it = |seat: &mut Seat| std::ptr::eq(Arc::as_ptr(&seat.judge).cast::<()>(), judge);
        self.seats.extract_if(.., is_it).collect()
    }

    fn images(&self) -> impl Iterator<Item = &Image> {
        self.seats.iter().filter_map(|seat| seat.judge.image())
    }

    /// The verdict on a statement, which learns which of its calls are wanted.
    fn verdict_of(&self, site: &Callsite) -> u32 {
        let subject = site.subject(site.meta.target);
        if let [seat] = &self.seats[..]
            && let Some(sampling) = seat.policy.judge(&subject).sampling
        {
            site.sampler.set(sampling);
        }
        self.verdict(&subject)
    }

    fn verdict(&self, subject: &Subject<'_>) -> u32 {
        let judge = |seat: &Seat| bits_of(&seat.policy.judge(subject));
        let verdict = self.seats.iter().map(judge).fold(0, |all, one| all | one);
        let alone = matches!(&self.seats[..], [seat] if seat.judge.is_only());
        if verdict != 0 && !alone { verdict | bits::CHECK } else { verdict }
    }

    fn lowest(&self) -> LevelFilter {
        self.seats.iter().map(|seat| seat.policy.lowest()).min().unwrap_or(LevelFilter::Off)
    }

    #[must_use = "must be dropped outside the mutex"]
    fn recompute(&mut self) -> Vec<Arc<Inner>> {
        GENERATION.fetch_add(1, Ordering::Relaxed);
        for seat in &mut self.seats {
            seat.policy = seat.judge.policy();
        }
        for site in &self.sites {
            let id = site.state.load(Ordering::Relaxed) & !bits::MASK;
            let verdict = self.verdict_of(site);
            site.state.store(id | verdict, Ordering::Relaxed);
        }
        let loggers: Vec<_> = self.loggers.iter().filter_map(Weak::upgrade).collect();
        self.loggers.retain(|l| l.strong_count() > 0);
        for inner in &loggers {
            self.judge_logger(inner);
        }
        loggers
    }

    fn judge_logger(&self, inner: &Inner) {
        if let Some(name) = inner.name() {
            for level in Level::ALL {
                let subject = Subject::new(level, name, None);
                // Whether a place counts is the statement's to know.
                inner.set_verdict(level, self.verdict(&subject) & !bits::PLACE);
            }
        }
    }
}

/// The callsites by id, as one reader of frames knows them.
#[derive(Debug, Default)]
pub(crate) struct Sites(Vec<&'static Callsite>);

impl Sites {
    /// The callsite with this id.
    ///
    /// A frame with an id that is not known here was encoded by a thread that read the id after it had been stored
    /// under the registry's mutex; taking the mutex now therefore comes after that, and finds it.
    pub(crate) fn get(&mut self, id: u32) -> Option<&'static Callsite> {
        let index = id as usize;
        if index >= self.0.len() {
            let state = state();
            self.0.extend_from_slice(&state.sites[self.0.len()..]);
        }
        self.0.get(index).copied()
    }
}
