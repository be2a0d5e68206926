//! What is done to the victims: one row an event. To add an event is to add a row to [`EVENTS`].
//!
//! A row that needs a setting has it in `configure`. All calls that had returned when a victim was killed are marked, so a
//! row whose setting keeps them needs `cover: Cover::Told`, and one that gets them back at the next start `restart: true`
//! beside it.

use crate::endings::*;
use crate::meddling::*;
use crate::middle::*;
use crate::run::{Outlet, Policy};
use crate::victim::Victim;
use crate::watch::Scene;
use ripsaw::{Builder, Level};
use std::path::Path;
use std::time::Duration;

/// How a victim must end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum End {
    Code(i32),
    Signal(i32),
}

/// Which calls must be in the output, or else be told as dropped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Cover {
    /// Those that were marked, by the notices in the output.
    Told,
    /// None: the process was killed.
    Nothing,
}

/// A row.
pub(crate) struct Event {
    pub(crate) name: &'static str,
    /// Settings beyond those of the policy and the sink; the folder is the victim's.
    pub(crate) configure: fn(Builder, &Path) -> Builder,
    /// What the victim does.
    pub(crate) play: fn(&mut Victim),
    /// What the parent does meanwhile.
    pub(crate) meddle: fn(&Scene<'_>),
    pub(crate) end: End,
    pub(crate) cover: Cover,
    /// The lowest level whose balance is exact; what lies below was switched off at times.
    pub(crate) from: Level,
    /// How many lines may be cut off: none; the last one; or any.
    pub(crate) torn: usize,
    /// The policies, and the sinks, for which it makes sense.
    pub(crate) policies: &'static [Policy],
    pub(crate) outlets: &'static [Outlet],
    /// Whether it needs a small file system of its own, almost full; hence root.
    pub(crate) small_disk: bool,
    /// Whether lines of a thread may change places.
    pub(crate) shuffled: bool,
    /// Whether the engine is started again when the victim has ended, with the same configuration, and ended in order. The
    /// sinks must be files.
    pub(crate) restart: bool,
}

/// What most rows have in common.
const EVENT: Event = Event {
    name: "",
    configure: |builder, _| builder,
    play: returns,
    meddle: |_| {},
    end: End::Code(0),
    cover: Cover::Told,
    from: Level::Trace,
    torn: 0,
    policies: &Policy::ALL,
    outlets: &Outlet::ALL,
    small_disk: false,
    shuffled: false,
    restart: false,
};

/// Sinks that are quick enough for the second that a panic waits.
const QUICK: &[Outlet] = &[Outlet::File, Outlet::Fifo, Outlet::Stdout, Outlet::Two];
/// Sinks that can be opened once more.
const FILES: &[Outlet] = &[Outlet::File, Outlet::Two];
/// Sinks whose bytes the parent takes, so that it can stop doing so.
const PIPES: &[Outlet] = &[Outlet::Fifo, Outlet::Stdout];

/// A signal from outside that nobody handles: the records on their way are lost, the status is that of any program.
const fn killed(name: &'static str, signal: i32, meddle: fn(&Scene<'_>)) -> Event {
    let (end, cover) = (End::Signal(signal), Cover::Nothing);
    Event { name, play: logs_until_killed, meddle, end, cover, torn: 1, ..EVENT }
}

/// The same with the handlers that flush: what had returned is there, and the status is the same.
const fn flushed(name: &'static str, signal: i32, meddle: fn(&Scene<'_>)) -> Event {
    let configure = |builder: Builder, _: &Path| {
        let deadline = Duration::from_secs(20);
        builder.flush_on_signals(deadline).flush_on_crash(deadline)
    };
    Event { configure, cover: Cover::Told, ..killed(name, signal, meddle) }
}

/// All rows.
const EVENTS: &[Event] = &[
    Event { name: "returns", play: returns, ..EVENT },
    Event { name: "drops_its_guard", play: drops_its_guard, ..EVENT },
    Event { name: "exits", play: exits, end: End::Code(7), ..EVENT },
    Event { name: "exits_elsewhere", play: exits_elsewhere, end: End::Code(8), ..EVENT },
    // A producer may be in the middle of a write of its own when the process ends.
    Event { name: "exits_amid_producers", play: exits_amid_producers, torn: 1, ..EVENT },
    Event { name: "returns_amid_producers", play: returns_amid_producers, torn: 1, ..EVENT },
    Event { name: "panics", play: panics, end: End::Code(101), ..EVENT },
    Event { name: "panics_elsewhere", play: panics_elsewhere, outlets: QUICK, ..EVENT },
    Event {
        name: "panics_without_unwinding",
        play: panics_without_unwinding,
        end: End::Signal(libc::SIGABRT),
        outlets: QUICK,
        ..EVENT
    },
    Event { name: "aborts", play: aborts, ..killed("", libc::SIGABRT, |_| {}) },
    Event {
        name: "flush_then_kill",
        play: flush_then_kill,
        end: End::Signal(libc::SIGKILL),
        ..EVENT
    },
    Event {
        name: "flush_amid_producers_then_kill",
        play: flush_amid_producers_then_kill,
        end: End::Signal(libc::SIGKILL),
        torn: 1,
        ..EVENT
    },
    killed("killed", libc::SIGKILL, |scene| scene.kill(libc::SIGKILL)),
    Event {
        name: "killed_and_started_again",
        restart: true,
        outlets: FILES,
        torn: 2,
        ..killed("", libc::SIGKILL, |scene| scene.kill(libc::SIGKILL))
    },
    // How many were dropped is known to the process alone, so only where none is dropped the account is complete.
    Event {
        name: "killed_and_recovered",
        configure: |builder, folder| builder.arena_file(folder.join("arena")),
        cover: Cover::Told,
        restart: true,
        outlets: FILES,
        policies: &[Policy::Block],
        torn: 2,
        ..killed("", libc::SIGKILL, |scene| scene.kill(libc::SIGKILL))
    },
    killed("terminated", libc::SIGTERM, |scene| scene.kill(libc::SIGTERM)),
    flushed("terminated_and_flushed", libc::SIGTERM, |scene| scene.kill(libc::SIGTERM)),
    flushed("interrupted", libc::SIGINT, |scene| scene.kill(libc::SIGINT)),
    flushed("hung_up", libc::SIGHUP, |scene| scene.kill(libc::SIGHUP)),
    flushed("quit", libc::SIGQUIT, |scene| scene.kill(libc::SIGQUIT)),
    Event { name: "faults", play: faults, ..killed("", libc::SIGSEGV, |_| {}) },
    Event { name: "faults_and_flushes", play: faults, ..flushed("", libc::SIGSEGV, |_| {}) },
    Event { name: "aborts_and_flushes", play: aborts, ..flushed("", libc::SIGABRT, |_| {}) },
    Event { name: "shutdown_amid_producers", play: shutdown_amid_producers, ..EVENT },
    Event { name: "shutdown_with_deadline", play: shutdown_with_deadline, torn: 1, ..EVENT },
    Event { name: "stopped_and_continued", meddle: stop_and_continue, ..EVENT },
    Event { name: "reader_pauses", meddle: pause_reader, outlets: PIPES, ..EVENT },
    Event {
        name: "reader_stays_away",
        play: gives_up_on_its_reader,
        meddle: leave_reader,
        cover: Cover::Nothing,
        torn: 1,
        outlets: PIPES,
        ..EVENT
    },
    // A sink that fails keeps its records when it is replaced: here that would be in the middle of a line of another.
    Event { name: "reloads", play: reloads, shuffled: true, outlets: QUICK, ..EVENT },
    Event { name: "changes_levels", play: changes_levels, from: Level::Warning, ..EVENT },
    Event { name: "threads_come_and_go", play: threads_come_and_go, ..EVENT },
    Event { name: "flushes_all_the_time", play: flushes_all_the_time, ..EVENT },
    Event {
        name: "sink_hangs",
        play: gives_up_on_its_sink,
        cover: Cover::Nothing,
        outlets: &[Outlet::Hanging],
        ..EVENT
    },
    Event {
        name: "disk_full_then_free",
        play: drops_its_guard,
        meddle: free_disk,
        outlets: FILES,
        small_disk: true,
        ..EVENT
    },
    Event { name: "file_is_renamed", play: renames_its_file, outlets: &[Outlet::File], ..EVENT },
    Event { name: "file_is_unlinked", play: unlinks_its_file, outlets: &[Outlet::File], ..EVENT },
    Event {
        name: "file_is_truncated",
        play: truncates_its_file,
        outlets: &[Outlet::File],
        cover: Cover::Nothing,
        torn: usize::MAX,
        ..EVENT
    },
    Event { name: "file_is_too_large", play: outgrows_its_limit, outlets: FILES, ..EVENT },
    Event { name: "forks", play: forks, ..EVENT },
];

/// Rows of what is not promised yet: played when they are asked for by `--later` or `--run`.
const LATER: &[Event] = &[];

/// All rows.
pub(crate) fn all() -> impl Iterator<Item = &'static Event> {
    EVENTS.iter().chain(LATER)
}

/// Those that must pass, or those that may not yet.
pub(crate) fn of(later: bool) -> &'static [Event] {
    if later { LATER } else { EVENTS }
}
