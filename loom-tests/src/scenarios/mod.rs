//! All scenarios, one file a protocol. The numbers in their comments are those of no other list: each says its
//! property in words.

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
    ring: { push_and_pop, one_slot, count, hand_over, }
    pool: { two_owners, three_blocks, last_block, }
    registry: { walk, short_lived, last_record, reuse, two_claims, }
    doorbell: { one_ringer, two_needs, two_ringers, one_unpark, }
    control: { flush, told, two_flushes 3, flush_and_shutdown 3, stopped, two_shutdowns, }
    whole: { one_lane 3, barrier 3, two_lanes 3, }
}
