//! SIGHUP as a request to read the configuration again.

use crate::harness::{Child, Scenario, Test};
use crate::signals::{SIGNAL, allow_core, handle, run, send, signal};
use crate::{LONG, by_name, lines, log};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

pub(crate) const TESTS: &[Test] = by_name![
    a_hangup_reloads_and_ends_nothing,
    a_handler_that_was_there_hears_hangups,
    a_child_does_not_wait_for_the_reloads_of_its_parent,
    hangups_end_nothing_as_long_as_they_are_watched,
];

pub(crate) const SCENARIOS: &[Scenario] = by_name![
    reloads_at_hangups,
    reloads_beside_a_handler,
    forks_while_it_waits_for_hangups,
    hangs_up_beside_a_handler_for_one,
    hangs_up_after_the_end,
];

/// A document of this level that writes to `path`.
fn write_document(path: &Path, level: &str) -> PathBuf {
    let at = path.with_extension("toml");
    let text = format!(
        "level = {level:?}\n[[routes]]\nsink = \"file\"\npath = {:?}\n\
         format = {{ kind = \"pattern\", pattern = \"{{level:<8}} {{message}} {{fields}}\" }}\n",
        path.display().to_string()
    );
    std::fs::write(&at, text).unwrap();
    at
}

/// Waits for what must come; how long it takes decides nothing.
fn until(what: &str, mut happened: impl FnMut() -> bool) {
    let deadline = Instant::now() + LONG;
    while !happened() {
        assert!(Instant::now() < deadline, "{what} never happened");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Ignores SIGHUP if the variable says so, as `nohup` has it.
fn reloads_at_hangups(path: &Path) {
    allow_core(path);
    if signal() == libc::SIGHUP {
        handle(libc::SIGHUP, libc::SIG_IGN);
    }
    let document = write_document(path, "info");
    let builder = ripsaw::Builder::from_toml_file(&document).unwrap();
    let guard = builder.flush_on_signals(LONG).start().unwrap();
    let engine = guard.handle();
    let watch = engine.reload_toml_on_hangup(&document).unwrap();
    let reloaded = |n: usize| {
        send(libc::SIGHUP);
        until("the reload", || {
            engine.flush(LONG).unwrap();
            let text = std::fs::read_to_string(path).unwrap_or_default();
            text.matches("configuration re").count() == n
        });
    };
    log("first", 10);
    engine.flush(LONG).unwrap();
    // The file is opened anew, though the document has not changed.
    std::fs::rename(path, path.with_extension("1")).unwrap();
    reloaded(1);
    write_document(path, "loud");
    reloaded(2);
    write_document(path, "debug");
    reloaded(3);
    ripsaw::debug!("after the reload");
    std::fs::remove_file(document).unwrap();
    std::fs::remove_file(path.with_extension("1")).unwrap();
    drop(watch);
    log("last", 10);
    send(libc::SIGHUP);
    std::mem::forget(guard);
}

fn a_hangup_reloads_and_ends_nothing() {
    let play = |signal: i32| {
        let outcome = run(Child::new("reloads_at_hangups").env(SIGNAL, &signal.to_string()));
        let lines = outcome.lines();
        let has = |what: &str| lines.iter().filter(|line| line.contains(what)).count();
        assert_eq!(
            (has("configuration reloaded levels=info routes=1"), has("configuration refused")),
            (1, 1),
            "{lines:?}\n{}",
            outcome.stderr
        );
        assert_eq!((has("after the reload"), has("last i=")), (1, 10), "{lines:?}");
        outcome.status
    };
    // Once the watch is dropped, it ends the process; or is ignored, as before.
    assert_eq!(play(0).signal(), Some(libc::SIGHUP));
    assert_eq!(play(libc::SIGHUP).code(), Some(0));
}

static HEARD: AtomicU32 = AtomicU32::new(0);

extern "C" fn count(_: libc::c_int) {
    HEARD.fetch_add(1, Ordering::Relaxed);
}

fn reloads_beside_a_handler(path: &Path) {
    handle(libc::SIGHUP, count as *const () as libc::sighandler_t);
    let document = write_document(path, "info");
    let guard = ripsaw::Builder::from_toml_file(&document).unwrap().start().unwrap();
    let watch = guard.handle().reload_toml_on_hangup(&document).unwrap();
    write_document(path, "error");
    send(libc::SIGHUP);
    until("the reload", || guard.handle().levels().to_string() == "error");
    assert_eq!(HEARD.load(Ordering::Relaxed), 1);
    drop(watch);
    send(libc::SIGHUP);
    assert_eq!(HEARD.load(Ordering::Relaxed), 2);
    std::fs::remove_file(document).unwrap();
}

fn a_handler_that_was_there_hears_hangups() {
    run(Child::new("reloads_beside_a_handler")).exited(0);
}

#[allow(unsafe_code)]
fn forks_while_it_waits_for_hangups(path: &Path) {
    let document = write_document(path, "info");
    let guard = ripsaw::Builder::from_toml_file(&document).unwrap().start().unwrap();
    let _watch = guard.handle().reload_toml_on_hangup(&document).unwrap();
    // SAFETY: the child calls only what a handler may call: `kill`, and `_exit`.
    let child = unsafe { libc::fork() };
    if child == 0 {
        send(libc::SIGHUP);
        // SAFETY: ends the process.
        unsafe { libc::_exit(3) };
    }
    let mut status = 0;
    // SAFETY: a child of this process, and a place for the result.
    assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
    assert_eq!(std::process::ExitStatus::from_raw(status).signal(), Some(libc::SIGHUP));
    log("line", 10);
    std::fs::remove_file(document).unwrap();
}

fn a_child_does_not_wait_for_the_reloads_of_its_parent() {
    let outcome = run(Child::new("forks_while_it_waits_for_hangups")).exited(0);
    assert_eq!(outcome.lines().iter().map(|l| l.trim_end()).collect::<Vec<_>>(), lines("line", 10));
}

/// A handler that wants to be called once only, and then gives way to what the system does.
#[allow(unsafe_code)]
fn hangs_up_beside_a_handler_for_one(path: &Path) {
    // SAFETY: all zero is a value of this plain structure: no flags, an empty set.
    let mut once: libc::sigaction = unsafe { std::mem::zeroed() };
    once.sa_sigaction = count as *const () as libc::sighandler_t;
    once.sa_flags = libc::SA_RESETHAND;
    // SAFETY: the handler is a function of the right type that does what handlers may do.
    assert_eq!(unsafe { libc::sigaction(libc::SIGHUP, &once, std::ptr::null_mut()) }, 0);
    let document = write_document(path, "info");
    let guard = ripsaw::Builder::from_toml_file(&document).unwrap().start().unwrap();
    let _watch = guard.handle().reload_toml_on_hangup(&document).unwrap();
    for (level, heard) in [("error", 1), ("debug", 2)] {
        write_document(path, level);
        send(libc::SIGHUP);
        until("the reload", || guard.handle().levels().to_string() == level);
        assert_eq!(HEARD.load(Ordering::Relaxed), heard);
    }
    std::fs::remove_file(document).unwrap();
}

/// Nothing is left to reload, but what stands behind the shutdown is to run to its end.
fn hangs_up_after_the_end(path: &Path) {
    let document = write_document(path, "info");
    let guard = ripsaw::Builder::from_toml_file(&document).unwrap().start().unwrap();
    let watch = guard.handle().reload_toml_on_hangup(&document).unwrap();
    drop(guard);
    until("the end of the watch", || !has_thread("ripsaw-watch"));
    send(libc::SIGHUP);
    drop(watch);
    std::fs::remove_file(document).unwrap();
    println!("survived");
    send(libc::SIGHUP);
}

fn has_thread(name: &str) -> bool {
    let threads = std::fs::read_dir("/proc/self/task").unwrap().map_while(Result::ok);
    let mut names = threads.filter_map(|of| std::fs::read_to_string(of.path().join("comm")).ok());
    names.any(|known| known.trim_end() == name)
}

fn hangups_end_nothing_as_long_as_they_are_watched() {
    run(Child::new("hangs_up_beside_a_handler_for_one")).exited(0);
    let outcome = run(Child::new("hangs_up_after_the_end"));
    assert_eq!(outcome.stdout, "survived\n");
    assert_eq!(outcome.status.signal(), Some(libc::SIGHUP));
}
