//! What happens while the victims log, by their own doing.

use crate::victim::{LONG, Victim, builder};
use ripsaw::{Level, LevelFilter};
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Does something again and again while the threads make their calls, then drops the guard.
fn meanwhile(v: &mut Victim, mut change: impl FnMut(u64) + Send) {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut round = 0;
            while !done.load(Ordering::Relaxed) {
                change(round);
                round += 1;
            }
        });
        v.work();
        done.store(true, Ordering::Relaxed);
    });
    drop(v.guard());
    v.leave_stats();
}

pub(crate) fn reloads(v: &mut Victim) {
    let (handle, run, dir) = (v.handle(), v.run, v.dir.clone());
    meanwhile(v, move |_| {
        handle.reload(builder(&run, &dir)).expect("the configuration is right");
        std::thread::sleep(Duration::from_micros(500));
    });
}

pub(crate) fn changes_levels(v: &mut Victim) {
    let handle = v.handle();
    meanwhile(v, move |round| {
        match round % 5 {
            0 => handle.set_level(Level::Warning),
            1 => handle.set_level(LevelFilter::NotSet),
            2 => handle.set_filter("warn,torture=info").expect("a filter"),
            3 => handle.set_filter("trace,event=warn").expect("a filter"),
            _ => handle.set_level(Level::Info),
        }
        std::thread::yield_now();
    });
}

pub(crate) fn flushes_all_the_time(v: &mut Victim) {
    let handle = v.handle();
    meanwhile(v, move |round| {
        let result = if round % 16 == 0 { handle.flush_durable(LONG) } else { handle.flush(LONG) };
        result.expect("the flush is served");
    });
}

/// Threads that live for three calls each.
pub(crate) fn threads_come_and_go(v: &mut Victim) {
    v.work_in(|speaker, calls| {
        for _ in 0..calls.div_ceil(8) {
            std::thread::scope(|scope| {
                scope.spawn(|| (0..3).for_each(|_| speaker.say()));
            });
        }
    });
    drop(v.guard());
    v.leave_stats();
}

pub(crate) fn renames_its_file(v: &mut Victim) {
    amid_work(v, |v| v.move_output(|out, moved| fs::rename(out, moved)));
}

/// The parent still has a name for the file, so it can see what came into it.
pub(crate) fn unlinks_its_file(v: &mut Victim) {
    amid_work(v, |v| {
        v.move_output(|out, moved| fs::hard_link(out, moved).and_then(|()| fs::remove_file(out)));
    });
}

/// As logrotate's `copytruncate` does: what comes between the two is lost, by its nature.
pub(crate) fn truncates_its_file(v: &mut Victim) {
    amid_work(v, |v| {
        v.move_output(|out, moved| {
            fs::copy(out, moved)?;
            fs::File::options().write(true).open(out)?.set_len(0)
        });
    });
}

fn amid_work(v: &mut Victim, then: impl FnOnce(&Victim) + Send) {
    let pause = Duration::from_micros(v.below(15_000));
    let guard = v.guard();
    let v = &*v;
    std::thread::scope(|scope| {
        scope.spawn(move || {
            std::thread::sleep(pause);
            then(v);
        });
        v.work();
    });
    drop(guard);
    v.leave_stats();
}

/// The system refuses to let the files of the process grow, for a while.
pub(crate) fn outgrows_its_limit(v: &mut Victim) {
    limit_files((32 << 10) + v.below(64 << 10));
    let pause = Duration::from_micros(20_000 + v.below(300_000));
    let guard = v.guard();
    let v = &*v;
    std::thread::scope(|scope| {
        scope.spawn(move || {
            std::thread::sleep(pause);
            limit_files(libc::RLIM_INFINITY);
        });
        v.work();
    });
    drop(guard);
    v.leave_stats();
}

#[allow(unsafe_code)]
fn limit_files(bytes: u64) {
    let limit = libc::rlimit { rlim_cur: bytes, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: the limits are only read.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &limit) }, 0);
}

/// A child that logs neither hangs nor touches what its parent has on the way.
#[allow(unsafe_code)]
pub(crate) fn forks(v: &mut Victim) {
    let producers = v.work_on();
    v.linger();
    // SAFETY: the child calls nothing but the logger, which is the subject, and ends by `exit` or `_exit`.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "the system makes another process");
    if child == 0 {
        for _ in 0..100 {
            ripsaw::info!("from the child");
        }
        if v.run.seed.is_multiple_of(2) {
            std::process::exit(0);
        }
        // SAFETY: ends the process; nothing runs afterwards that could depend on anything.
        unsafe { libc::_exit(0) };
    }
    let mut status = -1;
    // SAFETY: the child is ours, and `status` is a valid place for the result.
    let ended = unsafe { libc::waitpid(child, &mut status, 0) };
    assert_eq!((ended, status), (child, 0), "the child ends by itself, and well");
    producers.join();
    v.progress.mark(&v.progress.snapshot());
    drop(v.guard());
    v.leave_stats();
}
