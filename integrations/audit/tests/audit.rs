//! Writing, reopening, and a list of attacks.

use ripsaw::{ManualClock, Value};
use ripsaw_audit::{AuditError, AuditLog, Flaw, verify};
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

/// A file that goes when the test is over.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Scratch {
        let name = format!("ripsaw-audit-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::remove_file(&path).ok();
        Scratch(path)
    }
    fn text(&self) -> String {
        fs::read_to_string(&self.0).unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        fs::remove_file(&self.0).ok();
    }
}

fn clock() -> ManualClock {
    ManualClock::new(Duration::from_micros(1_705_314_600_123_456))
}

/// The line and flaw that `verify` finds.
fn flaw(file: &Scratch) -> Option<(u64, Flaw)> {
    match verify(&file.0) {
        Ok(_) => None,
        Err(AuditError::Broken { line, flaw, .. }) => Some((line, flaw)),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn inv_115_the_bytes_of_python() {
    let file = Scratch::new("bytes");
    let audit = AuditLog::open(&file.0).unwrap().clock(clock()).sync(true);
    let details = [("target_user", "user@example.com".into()), ("permission", "admin".into())];
    let details = [&details[..], &[("granted", true.into())]].concat();
    let first = audit.record("user.permission.changed", "admin@example.com", &details).unwrap();
    assert_eq!(first, "a782870494e1ba3792b3545ededdebadaf066debef56fcfb072541e5d2354cf7");
    drop(audit);
    let again = AuditLog::open(&file.0).unwrap().clock(clock());
    let second = again.record("login", "é", &[("n", 1.5.into()), ("z", Value::Null)]).unwrap();
    assert_eq!(second, "834e60edca0bd81eaa26af456ffe3e94dc2cb39e50b228ea92f68e2655c1aaf3");
    let text = file.text();
    assert!(text.ends_with(&format!(
        "{{\"timestamp\": \"2024-01-15T10:30:00.123456\", \"action\": \"login\", \
         \"user\": \"\\u00e9\", \"details\": {{\"n\": 1.5, \"z\": null}}, \
         \"previous_hash\": \"{first}\", \"hash\": \"{second}\"}}\n"
    )));
    assert_eq!(verify(&file.0).unwrap().last_hash, second);
}

#[test]
fn inv_115_attacks_are_found() {
    let file = Scratch::new("attacks");
    let audit = AuditLog::open(&file.0).unwrap().clock(clock());
    for n in 0..5 {
        let nested = Value::from([("k", Value::from(["x", "ü"])), ("m", n.into())]);
        audit.record("act", "u", &[("n", n.into()), ("nested", nested)]).unwrap();
    }
    let whole = file.text();
    assert_eq!(verify(&file.0).unwrap().lines, 5);
    let lines: Vec<&str> = whole.lines().collect();
    let attack = |lines: &[&str]| {
        fs::write(&file.0, lines.join("\n") + "\n").unwrap();
        flaw(&file)
    };
    // Taken out, at the beginning and within; twice; swapped.
    assert_eq!(attack(&lines[1..]), Some((1, Flaw::Link)));
    assert_eq!(attack(&[lines[0], lines[2], lines[3]]), Some((2, Flaw::Link)));
    assert_eq!(attack(&[lines[0], lines[0], lines[1]]), Some((2, Flaw::Link)));
    assert_eq!(attack(&[lines[0], lines[2], lines[1]]), Some((2, Flaw::Link)));
    // An empty line, other spaces, another order of keys, another spelling of the same text, a key twice.
    assert_eq!(attack(&[lines[0], "", lines[1]]), Some((2, Flaw::Form)));
    let changed = |from: &str, to: &str| lines[1].replacen(from, to, 1);
    for other in [
        changed("\": ", "\":"),
        changed("\\u00fc", "ü"),
        changed("\\u00fc", "\\u00FC"),
        changed("\"act\"", "\"\\u0061ct\""),
        changed("\"n\": 1", "\"n\": 1 "),
        changed("\"user\": \"u\"", "\"user\": \"u\", \"user\": \"u\""),
    ] {
        assert_eq!(attack(&[lines[0], &other, lines[2]]), Some((2, Flaw::Form)), "{other}");
    }
    let user = changed("\"user\": \"u\"", "\"user\": \"admin\"");
    assert_eq!(attack(&[lines[0], &user, lines[2]]), Some((2, Flaw::Hash)));
    // The order of details is not in the hash, for it is of sorted keys; they say the same.
    let k = "\"k\": [\"x\", \"\\u00fc\"]";
    let moved = changed(&format!("{k}, \"m\": 1"), &format!("\"m\": 1, {k}"));
    assert_ne!(moved, lines[1]);
    assert_eq!(attack(&[lines[0], &moved, lines[2]]), None);
    // Cut off in the middle; the end of a file cannot be missed.
    fs::write(&file.0, &whole[..whole.len() - 30]).unwrap();
    assert_eq!(flaw(&file), Some((5, Flaw::Cut)));
    let open = AuditLog::open(&file.0).unwrap_err();
    assert!(matches!(open, AuditError::Broken { line: 0, flaw: Flaw::Cut, .. }), "{open}");
    assert_eq!(attack(&lines[..3]), None);
    // A bit of any byte; the sixth changes the case of a letter.
    let short = lines[..2].join("\n") + "\n";
    for at in 0..short.len() {
        for bit in [0, 5] {
            let mut bytes = short.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            fs::write(&file.0, bytes).unwrap();
            assert!(flaw(&file).is_some(), "byte {at}, bit {bit}");
        }
    }
}

#[test]
fn inv_115_one_chain_from_threads_and_two_openings() {
    let file = Scratch::new("shared");
    let logs = [AuditLog::open(&file.0).unwrap(), AuditLog::open(&file.0).unwrap()];
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let log = &logs[thread % 2];
            scope.spawn(move || {
                for n in 0..50 {
                    // Longer than a step of what is read backwards.
                    let long = "x".repeat(if n % 10 == 0 { 9_000 } else { 10 });
                    log.record("act", "u", &[("long", long.into())]).unwrap();
                }
            });
        }
    });
    assert_eq!(verify(&file.0).unwrap().lines, 200);
    let before = file.text();
    drop(logs);
    AuditLog::open(&file.0).unwrap().record("last", "u", &[]).unwrap();
    assert!(file.text().starts_with(&before));
    assert_eq!(verify(&file.0).unwrap().lines, 201);
}

#[test]
fn inv_115_details_that_clash_are_kept_apart() {
    let file = Scratch::new("clash");
    let memory = ripsaw::sink::Memory::new();
    let format = ripsaw::format::Text::new().timestamp(false).target(false);
    let builder = ripsaw::builder().format(format).sink(memory.clone()).manual();
    let guard = builder.start_local().unwrap();
    let attached = guard.attach();
    let audit = AuditLog::open(&file.0).unwrap();
    let hash = audit.record("a", "u", &[("hash", "h".into()), ("event", 1.into())]).unwrap();
    drop(attached);
    while guard.handle().pump() > 0 {}
    let expected =
        format!("audit_event action=a user=u hash={} details.hash=h event=1", &hash[..8]);
    assert!(memory.text().contains(&expected), "{}", memory.text());
    assert!(file.text().contains(r#""details": {"hash": "h", "event": 1}"#));
}
