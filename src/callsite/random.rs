//! Numbers that differ from thread to thread and from process to process. Fast, and not for secrets.

use core::hash::{BuildHasher, Hasher};
use std::cell::Cell;
use std::hash::RandomState;
use std::time::{SystemTime, UNIX_EPOCH};

thread_local! {
    /// Two streams; both zero before the first number.
    static STATE: [Cell<u64>; 2] = const { [Cell::new(0), Cell::new(0)] };
}

/// Steps of the two streams: odd, so that each takes on all values.
const STEPS: [u64; 2] = [0x9E37_79B9_7F4A_7C15, 0xD1B5_4A32_D192_ED03];

/// 64 random bits.
#[inline]
pub(super) fn next() -> u64 {
    STATE.with(|state| {
        if state[0].get() == 0 {
            seed(state);
        }
        step(&state[0], STEPS[0])
    })
}

/// 128 random bits, others in a forked child than in its parent. Asks the system for the process's number.
pub(crate) fn unique() -> [u64; 2] {
    let process = mix(u64::from(std::process::id()));
    let first = next();
    STATE.with(|state| [mix(first ^ process), mix(step(&state[1], STEPS[1]) ^ process)])
}

#[cold]
fn seed(state: &[Cell<u64>; 2]) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |t| t.as_nanos() as u64);
    for cell in state {
        // Each `RandomState` has keys of its own, from the system's random numbers.
        let mut hasher = RandomState::new().build_hasher();
        hasher.write_u64(now);
        hasher.write_usize(std::ptr::from_ref(cell).addr());
        cell.set(hasher.finish() | 1);
    }
}

#[inline]
fn step(state: &Cell<u64>, by: u64) -> u64 {
    let next = state.get().wrapping_add(by);
    state.set(next);
    mix(next)
}

/// The finish of `splitmix64`.
#[inline]
pub(super) fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
