//! What the parent does to a victim from outside.

use crate::progress;
use crate::watch::{FILLER, Scene};
use std::fs;
use std::time::Duration;

impl Scene<'_> {
    /// Sends a signal, some time after the victim has begun to log. What had returned by then is marked.
    pub(crate) fn kill(&self, signal: i32) {
        self.wait_begun();
        std::thread::sleep(Duration::from_micros(self.below(25_000)));
        progress::mark(self.dir).expect("the notes can be written");
        self.signal(signal);
    }
}

pub(crate) fn stop_and_continue(scene: &Scene<'_>) {
    scene.wait_begun();
    for _ in 0..1 + scene.below(4) {
        std::thread::sleep(Duration::from_micros(scene.below(8_000)));
        scene.signal(libc::SIGSTOP);
        std::thread::sleep(Duration::from_micros(scene.below(50_000)));
        scene.signal(libc::SIGCONT);
    }
}

pub(crate) fn pause_reader(scene: &Scene<'_>) {
    scene.wait_begun();
    for _ in 0..1 + scene.below(4) {
        scene.read(false);
        std::thread::sleep(Duration::from_micros(scene.below(120_000)));
        scene.read(true);
        std::thread::sleep(Duration::from_micros(scene.below(10_000)));
    }
}

/// The reader stops for good. What is in the pipe by then is read when the victim has ended.
pub(crate) fn leave_reader(scene: &Scene<'_>) {
    scene.wait_begun();
    scene.read(false);
}

/// Leaves the file system full for a while, and then makes room.
pub(crate) fn free_disk(scene: &Scene<'_>) {
    scene.wait_begun();
    std::thread::sleep(Duration::from_micros(20_000 + scene.below(600_000)));
    fs::remove_file(scene.dir.join(FILLER)).expect("the filler can go");
}
