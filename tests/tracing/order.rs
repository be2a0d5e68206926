//! One stream: what a thread says by whatever interface stands in one file in the order of its calls.

use crate::Engine;
use ripsaw::Overflow;
use ripsaw::format::Text;
use ripsaw::sink::File;
use std::time::Duration;

#[test]
fn one_file_in_the_order_of_calls() {
    // Makes `log` and `tracing` arrive.
    let _engine = Engine::start();
    let name = format!("ripsaw-tracing-order-{}.log", std::process::id());
    let path = std::env::temp_dir().join(name);
    let _ = std::fs::remove_file(&path);
    let guard = ripsaw::builder()
        .format(Text::new().timestamp(false).target(false))
        .overflow(Overflow::Block(Duration::MAX))
        .sink(File::append(&path).expect("the file opens"))
        .start_local()
        .expect("the engine starts");
    const THREADS: usize = 3;
    const CALLS: usize = 2000;
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let handle = guard.handle();
            scope.spawn(move || {
                let _attached = handle.attach();
                let _span = tracing::info_span!("thread", thread).entered();
                for i in 0..CALLS {
                    match (i * 7 + i / 5) % 3 {
                        0 => ripsaw::info!(i, "native"),
                        1 => log::info!(i; "log"),
                        _ => tracing::info!(i, "tracing"),
                    }
                }
            });
        }
    });
    let report = guard.shutdown(Duration::from_secs(60));
    assert_eq!((report.written, report.dropped), ((THREADS * CALLS) as u64, 0));
    let text = std::fs::read_to_string(&path).expect("the file is there");
    std::fs::remove_file(&path).expect("it was there");
    for thread in 0..THREADS {
        let own = format!(" thread={thread} ");
        let lines: Vec<&str> = text.lines().filter(|line| line.contains(&own)).collect();
        let expected: Vec<String> = (0..CALLS)
            .map(|i| {
                let by = ["native", "log", "tracing"][(i * 7 + i / 5) % 3];
                format!("INFO     {by} thread={thread} i={i}")
            })
            .collect();
        assert_eq!(lines, expected);
    }
}
