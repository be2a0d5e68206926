//! `tokio-console`'s layer, which records into a file here. Needs `--cfg tokio_unstable`: see `.cargo/config.toml`.

use crate::{Engine, messages};
use console_subscriber::ConsoleLayer;
use ripsaw::tracing::{EngineLevels, Layer};
use std::time::{Duration, Instant};
use tracing::subscriber::with_default;
use tracing::{info, info_span};
use tracing_subscriber::Layer as _;
use tracing_subscriber::layer::SubscriberExt as _;

/// The console sees the tasks of the runtime, and our stream everything, with the fields that `tokio` gives its tasks.
#[test]
fn inv_075_the_console_beside_us() {
    let engine = Engine::start();
    let path = std::env::temp_dir().join(format!("ripsaw-console-{}", std::process::id()));
    let (console, server) = ConsoleLayer::builder().recording_path(&path).build();
    let ours = Layer::new().with_filter(EngineLevels::new());
    with_default(tracing_subscriber::registry().with(console).with(ours), || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let task = async {
            info!("in a task");
            tokio::task::yield_now().await;
            info_span!("request", customer = 7).in_scope(|| info!("in a request"));
        };
        runtime.block_on(async {
            let task = tokio::task::Builder::new().name("worker").spawn(task);
            task.expect("a task").await.expect("no panic");
            info!("outside");
        });
    });
    let mut objects = engine.objects();
    assert!(objects.iter().any(|object| object["logger"] == "tokio::task::waker"), "{objects:?}");
    objects.retain(|object| object["logger"] == module_path!());
    assert_eq!(messages(&objects), ["in a task", "in a request", "outside"]);
    for object in &objects[..2] {
        assert_eq!(object["task.name"], "worker");
    }
    assert_eq!(objects[1]["customer"], 7);
    assert_ne!(objects[2].get("task.name"), objects[0].get("task.name"));
    // The console's own thread writes what it has seen.
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let seen = std::fs::read_to_string(&path).unwrap_or_default();
        if ["Spawn", "Enter", "Exit", "Close", "worker"].iter().all(|what| seen.contains(what)) {
            break;
        }
        assert!(Instant::now() < deadline, "the console has seen {seen:?}");
        std::thread::sleep(Duration::from_millis(1));
    }
    drop(server);
    drop(std::fs::remove_file(path));
}
