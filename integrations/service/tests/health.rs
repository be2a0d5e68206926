//! Health checks under attack: bad names, panics, checks that never end, runs at once.

use ripsaw::Value;
use ripsaw_service::{HealthChecks, HealthReport};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Barrier, Mutex, OnceLock, Weak};
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(20);
const LONG: Duration = Duration::from_secs(60);

fn fine() -> Result<(), String> {
    Ok(())
}

fn error(report: &HealthReport, name: &str) -> String {
    report.get(name).expect("it is there").outcome.clone().unwrap_err()
}

fn json(report: &HealthReport) -> serde_json::Value {
    serde_json::from_str(&report.to_json()).unwrap()
}

#[test]
fn inv_126_live_and_ready() {
    let health = HealthChecks::new();
    assert!(health.run().is_healthy() && health.run_live().is_healthy());
    health.register("database", || Err::<(), _>("down")).unwrap();
    health.register_live("loop", fine).unwrap();
    let (ready, live) = (health.run(), health.run_live());
    assert_eq!((ready.http_status(), ready.checks.len()), (503, 2));
    assert_eq!((live.http_status(), live.checks.len()), (200, 1));
    assert_eq!(health.last(), Some(ready));

    health.register("database", fine).unwrap();
    assert_eq!(health.run().http_status(), 200);
    health.set_ready(false);
    let ending = health.run();
    assert_eq!((ending.http_status(), ending.healthy_checks(), ending.ready), (503, 2, false));
    assert_eq!(json(&ending)["overall"]["ready"], false);
    assert_eq!(json(&ending)["overall"]["status"], "unhealthy");
    assert_eq!(health.run_live().http_status(), 200);
    health.set_ready(true);
    assert_eq!(json(&health.run())["overall"].get("ready"), None);
    health.register_live("loop", || Err::<(), _>("stuck")).unwrap();
    assert_eq!(health.run_live().http_status(), 503);
    assert!(health.register_live("overall", fine).is_err());
}

#[test]
fn inv_126_names_and_findings_of_any_kind_are_json() {
    let health = HealthChecks::new();
    let long = "n".repeat(10_000);
    let names = ["", "a\0b", "\0", "\"\\\n\u{202e}", "é 漢", " overall", &long];
    for name in names {
        health.register(name, || Err::<(), _>("\"\\\n\u{1b}\0")).unwrap();
    }
    let numbers = || {
        Ok::<_, String>(Value::from([
            ("nan", f64::NAN.into()),
            ("up", f64::INFINITY.into()),
            ("wide", u128::MAX.into()),
            ("list", vec![Value::Null, Value::from("\"")].into()),
        ]))
    };
    health.register("numbers", numbers).unwrap();
    let report = health.run();
    let read = json(&report);
    assert_eq!(read.as_object().unwrap().len(), names.len() + 2);
    for name in names {
        assert_eq!(error(&report, name), "\"\\\n\u{1b}\0", "{name:?}");
        assert_eq!(read[name]["status"], "unhealthy");
        assert_eq!(read[name]["error"], "\"\\\n\u{1b}\0");
    }
    let wide = u128::MAX.to_string();
    let expected =
        serde_json::json!({"nan": "NaN", "up": "Infinity", "wide": wide, "list": [null, "\""]});
    assert_eq!(read["numbers"]["result"], expected);
    assert!(read["overall"]["timestamp"].as_f64() > Some(1e9));
    assert!(!report.to_json().contains('\n'));
}

/// A check that waits until it is let go.
fn waits(
    health: &HealthChecks,
    name: &str,
    timeout: Duration,
) -> (std::sync::mpsc::Sender<()>, Arc<AtomicU32>) {
    let (release, released) = channel();
    let (released, runs) = (Mutex::new(released), Arc::new(AtomicU32::new(0)));
    let count = runs.clone();
    let check = move || {
        count.fetch_add(1, Ordering::SeqCst);
        let released: &Receiver<()> = &released.lock().unwrap();
        let _ = released.recv();
        Ok::<_, String>(())
    };
    health.register_within(name, timeout, check).unwrap();
    (release, runs)
}

#[test]
fn inv_126_a_check_that_never_ends_holds_one_thread() {
    let health = HealthChecks::new();
    let (release, runs) = waits(&health, "hangs", SHORT);
    assert_eq!(error(&health.run(), "hangs"), "no answer within 20ms");
    for _ in 0..5 {
        assert_eq!(error(&health.run(), "hangs"), "still busy with an earlier run");
    }
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    // It ends at last, and is well again; how long that takes is the scheduler's.
    drop(release);
    while health.run().get("hangs").unwrap().outcome.is_err() {
        std::thread::yield_now();
    }
}

#[test]
fn inv_126_an_answer_that_comes_too_late_does_not_count() {
    let health = Arc::new(HealthChecks::new());
    let (release, _) = waits(&health, "late", SHORT);
    // Lets the other go long after its time is over, and holds the run up until its answer is there.
    let judge = move || {
        std::thread::sleep(50 * SHORT);
        release.send(()).unwrap();
        std::thread::sleep(5 * SHORT);
        Ok::<_, String>(())
    };
    health.register_within("judge", LONG, judge).unwrap();
    let report = health.run();
    assert_eq!(error(&report, "late"), "no answer within 20ms");
    assert!(report.get("judge").unwrap().outcome.is_ok());
}

#[test]
fn inv_126_runs_at_once_share_their_checks() {
    let health = HealthChecks::new();
    let (count, barrier) = (Arc::new(AtomicU32::new(0)), Barrier::new(3));
    let runs = count.clone();
    let check = move || {
        runs.fetch_add(1, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(1));
        Ok::<_, String>(())
    };
    health.register_within("shared", LONG, check).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..50 {
                    barrier.wait();
                    let report = health.run();
                    assert!(report.is_healthy(), "{report:?}");
                }
            });
        }
    });
    let count = count.load(Ordering::SeqCst);
    assert!((50..=150).contains(&count), "{count}");
}

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("a destructor's panic, on purpose");
    }
}

#[test]
fn inv_126_panics_of_all_kinds() {
    struct Untold;
    impl std::fmt::Display for Untold {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("untold")
        }
    }
    let health = HealthChecks::new().timeout(LONG);
    health.register("text", || -> Result<(), String> { panic!("meant {}", 1) }).unwrap();
    health.register("error", || Err::<(), _>(Untold)).unwrap();
    health.register("bomb", || -> Result<(), String> { std::panic::panic_any(Bomb) }).unwrap();
    // A check that was begun once is not lost for the next time.
    for _ in 0..2 {
        let report = health.run();
        assert_eq!(error(&report, "text"), "it panicked: meant 1");
        assert_eq!(error(&report, "error"), "it panicked: untold");
        assert_eq!(error(&report, "bomb"), "it panicked: not a text");
    }
}

#[test]
fn inv_126_limits_without_sense() {
    let health = HealthChecks::new();
    health.register_within("endless", Duration::MAX, fine).unwrap();
    assert!(health.run().is_healthy());
    let (release, _) = waits(&health, "none", Duration::ZERO);
    assert_eq!(error(&health.run(), "none"), "no answer within 0ns");
    drop(release);
}

#[test]
fn inv_126_checks_that_ask_again() {
    static HEALTH: OnceLock<HealthChecks> = OnceLock::new();
    let health = HEALTH.get_or_init(HealthChecks::new);
    // It waits for itself, and gives up.
    let asks = || match health.run().is_healthy() {
        true => Ok(()),
        false => Err("so it is"),
    };
    health.register_within("self", SHORT, asks).unwrap();
    assert!(!health.run().is_healthy());
}

#[test]
fn inv_126_a_check_that_is_replaced_may_come_back_in_its_destructor() {
    struct Returns(Weak<HealthChecks>);
    impl Drop for Returns {
        fn drop(&mut self) {
            if let Some(health) = self.0.upgrade() {
                health.register("again", fine).unwrap();
            }
        }
    }
    let health = Arc::new(HealthChecks::new());
    let returns = Returns(Arc::downgrade(&health));
    let check = move || {
        let _kept = &returns;
        Ok::<_, String>(())
    };
    health.register("once", check).unwrap();
    health.register("once", fine).unwrap();
    assert_eq!(health.run().checks.len(), 2);
}
