//! The ledger of dropped records.

use crate::ledger::{DropCause, DropTable, Ledger};
use crate::meta::Level;
use crate::rt::{rounds, size, three, two};
use std::sync::Arc;

/// What the writer tells: the difference to what it told before, each time.
#[derive(Default)]
struct Notices {
    told: DropTable,
    sum: u64,
}

impl Notices {
    fn look(&mut self, ledger: &Ledger) {
        let now = ledger.table();
        for (told, now) in self.told.iter().flatten().zip(now.iter().flatten()) {
            assert!(now >= told, "a count went back");
            self.sum += now - told;
        }
        self.told = now;
    }
}

/// Two threads drop while the writer tells: what the notices say adds up to what was dropped.
pub(super) fn conserved() {
    let drops = size(1, 300) as u64;
    let ledger = Arc::new(Ledger::default());
    let drop = move |ledger: &Ledger, level| {
        (0..drops).for_each(|_| ledger.add(level, DropCause::Full, 7));
    };
    let (here, there) = (ledger.clone(), ledger.clone());
    let mut notices = Notices::default();
    three(
        || rounds(1).for_each(|_| notices.look(&ledger)),
        move || drop(&here, Level::Info),
        move || drop(&there, Level::Info),
    );
    notices.look(&ledger);
    assert_eq!(notices.sum, 2 * drops);
}

/// Whoever sees a drop counted sees that it has a time.
pub(super) fn times() {
    let ledger = Arc::new(Ledger::default());
    let here = ledger.clone();
    two(
        || {
            let seen: u64 = ledger.table().iter().flatten().sum();
            if seen > 0 {
                assert_eq!(ledger.take_times(), (7, 7));
            }
        },
        move || here.add(Level::Info, DropCause::Shed, 7),
    );
}
