//! Files that are damaged, or not what they seem.

use crate::by_name;
use crate::harness::Test;
use ripsaw::Recovery;
use std::path::PathBuf;

pub(crate) const TESTS: &[Test] = by_name![
    what_is_no_arena_is_an_error_that_says_so,
    a_file_that_is_no_arena_is_not_touched,
    a_path_that_cannot_be_used_is_named,
    a_file_that_is_just_being_made_is_in_use,
    an_empty_file_of_a_start_that_was_killed_is_put_aside,
    what_stands_behind_an_arena_is_not_read,
];

fn place(name: &str) -> PathBuf {
    PathBuf::from("/dev/shm").join(format!("ripsaw-test-{}-{name}", std::process::id()))
}

fn what_is_no_arena_is_an_error_that_says_so() {
    let path = place("text");
    for (content, word) in [
        (&b"just a text"[..], "short"),
        (&[b'x'; 10_000], "no arena"),
        (&[0; 10_000], "no arena"),
        (b"", "short"),
    ] {
        std::fs::write(&path, content).unwrap();
        let error = Recovery::open(&path).unwrap_err().to_string();
        assert!(error.contains(word) && error.contains("ripsaw-test"), "{error}");
    }
    std::fs::remove_file(&path).unwrap();
    assert!(Recovery::open(&path).unwrap_err().to_string().contains("No such file"));
    assert!(Recovery::open("/dev").unwrap_err().to_string().contains("no regular file"));
}

fn a_file_that_is_no_arena_is_not_touched() {
    let path = place("precious");
    std::fs::write(&path, "precious".repeat(1000)).unwrap();
    let error = ripsaw::builder().arena_file(&path).start_local().unwrap_err().to_string();
    assert!(error.contains("arena_file") && error.contains("another path"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious".repeat(1000));
    std::fs::remove_file(&path).unwrap();
}

fn a_path_that_cannot_be_used_is_named() {
    let error = ripsaw::builder().arena_file("/no/such/folder/a").start_local().unwrap_err();
    let error = error.to_string();
    assert!(error.contains("arena_file") && error.contains("folder must exist"), "{error}");
    let error = ripsaw::builder().arena_file("/dev/full").start_local().unwrap_err().to_string();
    assert!(error.contains("is no regular file"), "{error}");
}

fn a_file_that_is_just_being_made_is_in_use() {
    let path = place("made");
    let file = std::fs::File::create(&path).unwrap();
    file.set_len(100_000).unwrap();
    file.lock().unwrap();
    let error = ripsaw::builder().arena_file(&path).start_local().unwrap_err().to_string();
    assert!(error.contains("arena_file") && error.contains("is in use"), "{error}");
    assert_eq!(std::fs::metadata(&path).unwrap().len(), 100_000, "it stays where it is");
    std::fs::remove_file(&path).unwrap();
}

fn an_empty_file_of_a_start_that_was_killed_is_put_aside() {
    use std::os::unix::fs::OpenOptionsExt;
    let path = place("empty");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600).open(&path).unwrap();
    let builder = ripsaw::builder().arena_file(&path).sink(ripsaw::sink::Null::new());
    drop(builder.start_local().unwrap());
    std::fs::remove_file(place("empty.unreadable")).unwrap();
    assert!(!path.exists());
}

fn what_stands_behind_an_arena_is_not_read() {
    let (path, copy) = (place("long"), place("long-copy"));
    let builder = ripsaw::builder().arena_file(&path).sink(ripsaw::sink::Null::new());
    let guard = builder.start_local().unwrap();
    std::fs::copy(&path, &copy).unwrap();
    // A hole of four terabytes.
    let file = std::fs::OpenOptions::new().write(true).open(&copy).unwrap();
    file.set_len(1 << 42).unwrap();
    assert_eq!(Recovery::open(&copy).unwrap().records().count(), 0);
    std::fs::remove_file(&copy).unwrap();
    drop(guard);
}
