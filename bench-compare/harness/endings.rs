//! The ways in which a process may end: what of the records that were logged right before is in the file afterwards is found
//! out by the one who started it.

#![allow(unsafe_code)]

use super::{Rival, price};
use std::cell::RefCell;
use std::path::Path;
use std::sync::OnceLock;
use std::thread;

/// What a destructor or a handler at exit logs. It stands behind the rival, which is never dropped then.
static LAST: OnceLock<Box<dyn Fn() + Send + Sync>> = OnceLock::new();

fn say_last() {
    if let Some(say) = LAST.get() {
        say();
    }
}

extern "C" fn at_exit() {
    say_last();
}

/// Logs when the thread that holds it ends.
struct Farewell;

impl Drop for Farewell {
    fn drop(&mut self) {
        say_last();
    }
}

thread_local!(static FAREWELL: RefCell<Option<Farewell>> = const { RefCell::new(None) });

/// Records of which somebody may ask whether they arrived.
const FEW: u64 = 10;
const CHILD: u64 = 100;

/// Logs `messages` records from two threads, and ends in the way of this name. `None` if there is no such way.
pub(super) fn play<R: Rival + 'static>(ending: &str, messages: u64, file: &Path) -> Option<()> {
    if ending == "atexit" {
        // SAFETY: the handler lives as long as the program and takes no arguments.
        unsafe { libc::atexit(at_exit) };
    }
    let rival = R::start_for_any_end(file);
    if ending == "tls" {
        end_a_thread(&rival);
        rival.finish();
        return Some(());
    }
    if ending == "line_feed" {
        rival.prepare_thread();
        rival.string(0, 0, "cut\nforged: worker 0, n 1, px 100.375");
        rival.finish();
        return Some(());
    }
    if ending == "return" {
        speak(&rival, messages);
        return Some(());
    }
    if ending == "finish" {
        speak(&rival, messages);
        rival.finish();
        return Some(());
    }
    if ending == "panic" {
        speak(&rival, messages);
        panic!("on purpose");
    }
    let rival: &'static R = Box::leak(Box::new(rival));
    speak(rival, messages);
    match ending {
        "exit" => std::process::exit(0),
        "exit_thread" => drop(thread::spawn(|| std::process::exit(0)).join()),
        "abort" => std::process::abort(),
        "term" => raise(libc::SIGTERM),
        "segv" => fault(),
        "kill" => raise(libc::SIGKILL),
        "atexit" => {
            drop(LAST.set(Box::new(move || (0..FEW).for_each(|n| rival.basic(2, n, price(n))))));
            std::process::exit(0);
        }
        "fork" => fork(rival),
        _ => return None,
    }
    Some(())
}

/// A thread whose last destructor logs: it was there before those of the logger, and so runs behind them.
fn end_a_thread<R: Rival + 'static>(rival: &R) {
    let at = (&raw const *rival).expose_provenance();
    let say = move || {
        // SAFETY: the rival lies still and lives until the thread has been waited for, and is `Sync`; nobody calls this
        // afterwards.
        let rival = unsafe { &*std::ptr::with_exposed_provenance::<R>(at) };
        (1..=FEW).for_each(|n| rival.basic(0, n, price(n)));
    };
    drop(LAST.set(Box::new(say)));
    let speaks = || {
        FAREWELL.set(Some(Farewell));
        rival.prepare_thread();
        rival.basic(0, 0, price(0));
    };
    // Waited for as a thread, and not only for its closure.
    drop(thread::scope(|scope| scope.spawn(speaks).join()));
}

/// Two threads, so that all that there is to a thread is there.
fn speak<R: Rival>(rival: &R, messages: u64) {
    let threads = if R::ABOUT.threads { 2 } else { 1 };
    thread::scope(|scope| {
        for worker in 0..threads {
            scope.spawn(move || {
                rival.prepare_thread();
                for n in 0..messages / u64::from(threads) {
                    rival.basic(worker, n, price(n));
                }
            });
        }
    });
}

fn raise(signal: i32) {
    // SAFETY: no memory is involved.
    unsafe { libc::kill(libc::getpid(), signal) };
    loop {
        thread::park();
    }
}

fn fault() {
    let nowhere = std::hint::black_box(std::ptr::without_provenance::<u8>(8));
    // SAFETY: there is none: nothing is mapped there, so the process dies of it, which is the point.
    unsafe { nowhere.read_volatile() };
}

/// The child logs and exits; the parent waits for it for five seconds and then exits too.
fn fork<R: Rival>(rival: &R) {
    // SAFETY: the child does nothing but log, which is the subject, and exit.
    let child = unsafe { libc::fork() };
    if child == 0 {
        // SAFETY: no memory is involved. A child that hangs dies of it.
        unsafe { libc::alarm(5) };
        (0..CHILD).for_each(|n| rival.basic(3, n, price(n)));
        std::process::exit(0);
    }
    let mut status = 0;
    // SAFETY: the child is ours, and `status` is a valid place for the result.
    unsafe { libc::waitpid(child, &mut status, 0) };
    std::process::exit(if status == 0 { 0 } else { 9 });
}
