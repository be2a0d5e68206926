//! All scenarios, one file a protocol. Each says its property in words.

mod block;
mod callsite;
mod control;
mod doorbell;
mod drops;
mod pool;
mod registry;
mod ring;
mod swap;
mod whole;

use crate::rt::Scenario;

/// Makes a table of scenarios and a test of each. The number is the preemption bound; without one there is none.
macro_rules! scenarios {
    (@bound) => { None };
    (@bound $bound:literal) => { Some($bound) };
    ($($file:ident: { $($name:ident $($bound:literal)?,)* })*) => {
        /// Every scenario.
        pub const ALL: &[Scenario] = &[$($(Scenario {
            name: concat!(stringify!($file), "::", stringify!($name)),
            bound: scenarios!(@bound $($bound)?),
            body: $file::$name,
        },)*)*];

        #[cfg(test)]
        mod tests {
            $(mod $file {
                $(#[test]
                fn $name() {
                    super::super::run(concat!(stringify!($file), "::", stringify!($name)));
                })*
            })*
        }
    };
}

scenarios! {
    block: { follow, seal, smallest 3, reuse, }
    ring: { push_and_pop 3, one_slot, count, hand_over 3, }
    pool: { two_owners 3, three_blocks 3, count, last_block 3, }
    registry: { walk 3, short_lived, last_record, reuse 3, two_claims, }
    doorbell: { one_ringer, two_needs 3, two_ringers 3, one_unpark, }
    control: { flush, told, two_flushes 3, flush_and_shutdown 3, stopped, two_shutdowns, durable, late_call 3, }
    drops: { conserved 3, times, }
    callsite: { lookup 3, }
    swap: { records 3, records_of_others 3, verdicts, copies, }
    whole: { one_lane 3, ending 3, barrier 3, two_lanes 3, }
}

/// Protocols with a bug, each with a part of what the checker says when it finds it. A model that passes proves little
/// unless it fails when it should.
#[cfg(not(feature = "std"))]
pub const SEEDED: &[(Scenario, &str)] = &[
    seeded("registry::two_walks", registry::two_walks, "known lanes, all lanes"),
    seeded("registry::state_read_last", registry::state_read_last, "left == right"),
    seeded("doorbell::ringer_without_fence", doorbell::ringer_without_fence, "deadlock"),
    seeded("doorbell::sleeper_without_fence", doorbell::sleeper_without_fence, "deadlock"),
    seeded("swap::records_by_round", swap::records_by_round, "the sink of before"),
    seeded("swap::verdicts_by_old_looks", swap::verdicts_by_old_looks, "the last verdict"),
    seeded("control::ticket_read_last", control::ticket_read_last, "written[0]"),
];

#[cfg(not(feature = "std"))]
const fn seeded(name: &'static str, body: fn(), symptom: &'static str) -> (Scenario, &'static str) {
    (Scenario { name, bound: None, body }, symptom)
}

#[cfg(test)]
fn run(name: &str) {
    let scenario = ALL.iter().find(|scenario| scenario.name == name).unwrap();
    // Threads start slower than a model takes to explore many executions.
    scenario.run(20_000);
}

#[cfg(all(test, not(feature = "std")))]
mod checks {
    use crate::rt::{explore, two};
    use crate::sync::atomic::{AtomicU32, Ordering};
    use std::collections::BTreeSet;
    use std::sync::{Arc, Mutex};

    #[test]
    fn every_seeded_bug_is_found() {
        for (scenario, symptom) in super::SEEDED {
            let found = std::panic::catch_unwind(|| scenario.run(1));
            let panic = found.expect_err(scenario.name);
            let message = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .expect(scenario.name);
            assert!(message.contains(symptom), "{}: {message}", scenario.name);
        }
    }

    /// A thread that loads before it stores: the other one may still load first, or between, or last.
    #[test]
    fn the_checker_tries_all_orders() {
        static SEEN: Mutex<BTreeSet<(u32, u32)>> = Mutex::new(BTreeSet::new());
        explore(None, 1, || {
            let value = Arc::new(AtomicU32::new(0));
            let here = value.clone();
            let (seen, ()) = two(
                || (value.load(Ordering::Relaxed), value.load(Ordering::Relaxed)),
                move || {
                    here.load(Ordering::Relaxed);
                    here.store(1, Ordering::Relaxed);
                },
            );
            SEEN.lock().unwrap().insert(seen);
        });
        assert_eq!(*SEEN.lock().unwrap(), BTreeSet::from([(0, 0), (0, 1), (1, 1)]));
    }

    /// The word of the models is another type than the library's: its orderings must be the same.
    #[test]
    fn the_words_have_the_same_orderings() {
        fn orderings(source: &str) -> Vec<(&str, &str)> {
            let body = |name| {
                let from = source.find(&format!("fn {name}(")).expect(name);
                &source[from..from + source[from..].find("\n    }\n").expect(name)]
            };
            let ordering = |name| {
                let (_, rest) = body(name).split_once("Ordering::").expect(name);
                rest.split(')').next().unwrap()
            };
            ["publish", "peek", "clear"].map(|name| (name, ordering(name))).to_vec()
        }
        let library = orderings(include_str!("../../../src/sync/word.rs"));
        assert_eq!(library, orderings(include_str!("../sync/word.rs")));
        assert_eq!(library, [("publish", "Release"), ("peek", "Acquire"), ("clear", "Relaxed")]);
    }
}
