//! All scenarios, one file a protocol. Each says its property in words.

mod block;
mod control;
mod doorbell;
mod pool;
mod registry;
mod ring;
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
    block: { follow, seal, reuse, }
    ring: { push_and_pop 3, one_slot, count, hand_over 3, }
    pool: { two_owners 3, three_blocks 3, count 3, last_block 3, }
    registry: { walk 3, short_lived, last_record, reuse 3, two_claims, }
    doorbell: { one_ringer, two_needs 3, two_ringers 3, one_unpark, }
    control: { flush, told, two_flushes 3, flush_and_shutdown 3, stopped, two_shutdowns, }
    whole: { one_lane 3, barrier 3, two_lanes 3, }
}

/// Protocols with a bug, each with a part of what the checker says when it finds it. A model that passes proves little
/// unless it fails when it should.
#[cfg(not(feature = "std"))]
pub const SEEDED: &[(Scenario, &str)] = &[
    seeded("registry::two_walks", registry::two_walks, "known lanes, all lanes"),
    seeded("registry::state_read_last", registry::state_read_last, "left == right"),
    seeded("doorbell::ringer_without_fence", doorbell::ringer_without_fence, "deadlock"),
    seeded("doorbell::sleeper_without_fence", doorbell::sleeper_without_fence, "deadlock"),
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
mod bugs {
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
}
