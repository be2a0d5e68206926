//! A local engine whose output is easy to read.

use ripsaw::format::Text;
use ripsaw::{Attached, Builder, Guard, Handle, Stats};
use std::time::Duration;

/// A deadline that only a broken engine meets.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// Lines of level, message and fields only.
pub(crate) fn plain() -> Text {
    Text::new().timestamp(false).target(false)
}

/// A local engine that is driven by hand, and to which the calling thread is attached.
pub(crate) struct Engine {
    _attached: Attached,
    guard: Guard,
}

impl Engine {
    pub(crate) fn start(builder: Builder) -> Engine {
        let guard = builder.manual().start_local().expect("the engine starts");
        Engine { _attached: guard.attach(), guard }
    }
    pub(crate) fn handle(&self) -> Handle {
        self.guard.handle()
    }
    /// Takes all that was logged.
    pub(crate) fn pump(&self) {
        let handle = self.handle();
        while handle.pump() > 0 {}
    }
    /// Shuts down and checks the books.
    #[track_caller]
    pub(crate) fn stop(self) -> Stats {
        let handle = self.handle();
        let report = self.guard.shutdown(LONG);
        assert_eq!((report.dropped, report.unflushed), (0, 0));
        let stats = handle.stats();
        assert_eq!(stats.written + stats.filtered, stats.accepted, "{stats:?}");
        stats
    }
}
