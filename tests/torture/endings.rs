//! Ways to end.

use crate::victim::{LONG, Victim};
use std::time::Duration;

pub(crate) fn returns(v: &mut Victim) {
    v.leak_guard();
    v.work();
}

pub(crate) fn drops_its_guard(v: &mut Victim) {
    v.work();
    drop(v.guard());
    v.leave_stats();
}

pub(crate) fn exits(v: &mut Victim) {
    v.work();
    std::process::exit(7);
}

pub(crate) fn exits_elsewhere(v: &mut Victim) {
    std::thread::scope(|scope| {
        scope.spawn(|| {
            v.work();
            std::process::exit(8);
        });
    });
}

pub(crate) fn exits_amid_producers(v: &mut Victim) {
    v.work_on();
    v.linger();
    v.progress.mark(&v.progress.snapshot());
    std::process::exit(0);
}

pub(crate) fn returns_amid_producers(v: &mut Victim) {
    v.leak_guard();
    v.work_on();
    v.linger();
    v.progress.mark(&v.progress.snapshot());
}

pub(crate) fn panics(v: &mut Victim) {
    v.leak_guard();
    v.work();
    panic!("on purpose");
}

/// Ends the process at once: no handlers, no destructors.
#[allow(unsafe_code)]
fn end_at_once() -> ! {
    // SAFETY: ends the process; nothing runs afterwards that could depend on anything.
    unsafe { libc::_exit(0) }
}

pub(crate) fn panics_elsewhere(v: &mut Victim) {
    v.work();
    assert!(std::thread::spawn(|| panic!("on purpose")).join().is_err());
    end_at_once();
}

extern "C" fn never_unwinds() {
    panic!("on purpose");
}

pub(crate) fn panics_without_unwinding(v: &mut Victim) {
    v.work();
    never_unwinds();
}

pub(crate) fn aborts(v: &mut Victim) {
    v.work_on();
    v.linger();
    v.progress.mark(&v.progress.snapshot());
    std::process::abort();
}

#[allow(unsafe_code)]
fn kill_oneself() -> ! {
    // SAFETY: no memory is involved.
    unsafe { libc::kill(libc::getpid(), libc::SIGKILL) };
    loop {
        std::thread::park();
    }
}

pub(crate) fn flush_then_kill(v: &mut Victim) {
    v.work();
    ripsaw::flush(LONG).expect("the flush is served");
    v.leave_stats();
    kill_oneself();
}

/// What had returned when the flush began is there when it has returned, or told as dropped, whoever logged it.
pub(crate) fn flush_amid_producers_then_kill(v: &mut Victim) {
    v.work_on();
    for _ in 0..1 + v.below(4) {
        v.linger();
        let returned = v.progress.snapshot();
        ripsaw::flush(LONG).expect("the flush is served");
        v.progress.mark(&returned);
    }
    kill_oneself();
}

/// Reads where nothing is.
#[allow(unsafe_code)]
pub(crate) fn faults(v: &mut Victim) {
    v.work_on();
    v.linger();
    v.progress.mark(&v.progress.snapshot());
    let nowhere = std::hint::black_box(std::ptr::without_provenance::<u8>(8));
    // SAFETY: there is none. The kernel maps nothing there, so the process dies of it: that is the point.
    unsafe { nowhere.read_volatile() };
    unreachable!("there is something");
}

pub(crate) fn logs_until_killed(v: &mut Victim) {
    v.work_on();
    loop {
        std::thread::park();
    }
}

/// Producers go on while the engine is shut down and after; at the end every call is accounted for.
pub(crate) fn shutdown_amid_producers(v: &mut Victim) {
    let producers = v.work_on();
    v.linger();
    v.guard().shutdown(LONG);
    v.linger();
    producers.join();
    // A sink that fails at the moment still has to take the rest.
    ripsaw::flush(LONG).expect("the flush is served");
    v.progress.mark(&v.progress.snapshot());
    v.leave_stats();
}

/// Producers never stop, and still the shutdown comes to an end.
pub(crate) fn shutdown_with_deadline(v: &mut Victim) {
    v.work_on();
    v.linger();
    v.guard().shutdown(Duration::from_secs(5));
    v.progress.mark(&v.progress.snapshot());
    std::process::exit(0);
}

/// Nobody reads any more: the shutdown ends at its deadline.
pub(crate) fn gives_up_on_its_reader(v: &mut Victim) {
    v.work_on();
    v.linger();
    v.guard().shutdown(Duration::from_millis(50));
    // The producers are not waited for: whoever logs now writes, so one of them may be inside the pipe.
    v.leave_stats();
    end_at_once();
}

/// A sink never returns: neither the shutdown nor the exit waits for it for ever.
pub(crate) fn gives_up_on_its_sink(v: &mut Victim) {
    v.work_on();
    v.linger();
    while ripsaw::flush(Duration::from_millis(20)).is_ok() {}
    v.guard().shutdown(Duration::from_millis(50));
}
