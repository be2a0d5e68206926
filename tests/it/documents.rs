//! The pipeline is replaced by documents while threads log.

use crate::reload::{assert_sequences, while_logging};
use crate::support::{Engine, builder, scratch, until};
use ripsaw::{FileError, Level};

#[test]
fn documents_good_and_bad_change_while_threads_log() {
    const RELOADS: usize = 1000;
    let paths = ["x", "y"].map(|name| scratch(&format!("document-{name}.log")));
    let document = |path: &std::path::Path| {
        format!(
            "level = \"error\"\nlevels = {{ ripsaw = \"error\" }}\n[[routes]]\nsink = \"file\"\npath = {:?}\n\
             format = {{ kind = \"pattern\", pattern = \"{{level:<8}} {{message}} {{fields}}\" }}\n",
            path.display().to_string()
        )
    };
    let good = paths.each_ref().map(|path| document(path));
    let unwritable = document(std::path::Path::new("/nonexistent/ripsaw/x.log"));
    let engine = Engine::start(builder().level(Level::Error).file(&paths[0]));
    let handle = engine.handle();
    handle.reload_toml(&good[0]).unwrap();
    let (mut refused, mut taken) = (0, 0);
    let calls = while_logging(&handle, || {
        for i in 0..RELOADS {
            match i % 5 {
                0 => handle.reload_toml(&good[0]).unwrap(),
                1 => {
                    let error = handle.reload_toml("level = \"loud\"\nlvel = 1\n").unwrap_err();
                    assert!(matches!(error, FileError::Document(e) if e.errors().len() == 2));
                }
                2 => {
                    let error = handle.reload_toml(&unwritable).unwrap_err();
                    assert!(matches!(error, FileError::Config(_)), "{error}");
                }
                3 => handle.reload_toml(&good[1]).unwrap(),
                // The same again: the file is opened twice at once.
                _ => handle.reload_toml(&good[1]).unwrap(),
            }
            match i % 5 {
                1 | 2 => refused += 1,
                _ => taken += 1,
            }
        }
    });
    engine.flush();
    assert_eq!((refused, taken), (RELOADS / 5 * 2, RELOADS / 5 * 3));
    let stats = engine.stop(calls.iter().sum::<u64>() + refused as u64);
    assert_eq!(stats.dropped(), 0);
    let texts = paths.each_ref().map(|path| std::fs::read_to_string(path).unwrap());
    let lines = || texts.iter().flat_map(|text| text.lines());
    let said: Vec<&str> = lines().filter(|line| line.contains("configuration refused")).collect();
    assert_eq!(said.len(), refused, "{said:?}");
    let of = |part: &str| said.iter().filter(|line| line.contains(part)).count();
    assert_eq!(of("errors=2 first=\"1:9: level"), RELOADS / 5, "{:?}", said.first());
    assert_eq!(of("errors=1 first=\"file"), RELOADS / 5, "{:?}", said.get(1));
    // Over both files each record is there once.
    let mut numbers: Vec<(usize, u64)> = lines()
        .filter(|line| !line.contains("configuration refused"))
        .map(|line| {
            let (t, i) =
                line.strip_prefix("ERROR    ").unwrap().trim_end().split_once(' ').unwrap();
            (t.parse().unwrap(), i.parse().unwrap())
        })
        .collect();
    numbers.sort_unstable();
    let sorted: String = numbers.iter().map(|(t, i)| format!("ERROR    {t} {i}\n")).collect();
    assert_sequences(&[sorted], calls);
}

#[test]
fn a_file_that_is_not_there_changes_nothing_and_says_so() {
    let memory = ripsaw::sink::Memory::new();
    let engine = Engine::start(builder().sink(memory.clone()));
    let error = engine.handle().reload_toml_file("/nonexistent/ripsaw.toml").unwrap_err();
    assert!(matches!(error, FileError::Read { .. }), "{error}");
    ripsaw::info!("still here");
    engine.flush();
    let text = memory.text();
    assert!(
        text.contains("configuration refused errors=1 first=\"/nonexistent/ripsaw.toml cannot"),
        "{text}"
    );
    assert!(text.contains("still here"), "{text}");
    engine.stop(2);
}

/// Writes a document, and waits until the watch has taken or refused it.
fn settle(handle: &ripsaw::Handle, write: impl FnOnce(), level: &str) {
    write();
    until(level, || handle.levels().to_string() == level);
}

#[test]
fn a_watched_file_counts_by_its_content() {
    let folder = scratch("watched");
    // A run before may have left it.
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(folder.join("v1")).unwrap();
    std::fs::create_dir_all(folder.join("v2")).unwrap();
    let log = folder.join("x.log");
    let text = |level: &str| {
        format!(
            "level = {level:?}\nroutes = [{{ sink = \"file\", path = {:?} }}]\n",
            log.display().to_string()
        )
    };
    let path = folder.join("ripsaw.toml");
    std::fs::write(&path, text("info")).unwrap();
    let engine = Engine::start(ripsaw::Builder::from_toml_file(&path).unwrap());
    let handle = engine.handle();
    let watch = handle.watch_toml(&path, std::time::Duration::from_millis(10)).unwrap();
    // In place, with the same length.
    settle(&handle, || std::fs::write(&path, text("warn")).unwrap(), "warning");
    // Renamed over it.
    let other = folder.join("other");
    std::fs::write(&other, text("error")).unwrap();
    settle(&handle, || std::fs::rename(&other, &path).unwrap(), "error");
    // As Kubernetes does: the path leads through a link to a folder, and the link is swapped.
    std::fs::write(folder.join("v1/ripsaw.toml"), text("debug")).unwrap();
    std::fs::write(folder.join("v2/ripsaw.toml"), text("trace")).unwrap();
    let link = |to: &str| {
        std::os::unix::fs::symlink(to, folder.join("data.new")).unwrap();
        std::fs::rename(folder.join("data.new"), folder.join("data")).unwrap();
    };
    link("v1");
    let swap = || {
        std::os::unix::fs::symlink("data/ripsaw.toml", folder.join("toml.new")).unwrap();
        std::fs::rename(folder.join("toml.new"), &path).unwrap();
    };
    settle(&handle, swap, "debug");
    settle(&handle, || link("v2"), "trace");
    // One that is wrong, touched again and again, is told once.
    let wrong = folder.join("v2/ripsaw.toml");
    let refused =
        || std::fs::read_to_string(&log).unwrap().matches("configuration refused").count();
    std::fs::write(&wrong, "level = 'loud'\n").unwrap();
    until("the refusal", || {
        engine.flush();
        refused() == 1
    });
    for _ in 0..5 {
        std::fs::write(&other, "level = 'loud'\n").unwrap();
        std::fs::rename(&other, &wrong).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(30));
    }
    engine.flush();
    assert_eq!(refused(), 1);
    assert_eq!(handle.levels().to_string(), "trace");
    settle(&handle, || std::fs::write(&wrong, text("critical")).unwrap(), "critical");
    // Emptied, and written later.
    std::fs::write(&wrong, "").unwrap();
    std::thread::sleep(std::time::Duration::from_millis(100));
    assert_eq!(handle.levels().to_string(), "critical", "an empty file is no configuration");
    settle(&handle, || std::fs::write(&wrong, text("error")).unwrap(), "error");
    // Gone, and back with what it was.
    std::fs::remove_file(&wrong).unwrap();
    until("that it is gone is told", || {
        engine.flush();
        refused() == 2
    });
    assert_eq!(handle.levels().to_string(), "error");
    settle(&handle, || std::fs::write(&wrong, text("warning")).unwrap(), "warning");
    drop(watch);
    let before = handle.levels();
    std::fs::write(&wrong, text("info")).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(50));
    assert_eq!(handle.levels(), before, "nobody looks any more");
    drop(engine);
    std::fs::remove_dir_all(&folder).unwrap();
}

/// What is added in code holds for each document that the watch takes.
#[test]
fn a_watch_adds_what_must_hold_in_any_case() {
    let path = scratch("watched.toml");
    let memory = ripsaw::sink::Memory::new();
    let kept = memory.clone();
    let add = move |builder: ripsaw::Builder| {
        builder.processor(ripsaw::process::Redact::new()).sink(kept.clone())
    };
    std::fs::write(&path, "level = \"info\"\n").unwrap();
    let engine = Engine::start(add(ripsaw::Builder::from_toml_file(&path).unwrap()));
    let handle = engine.handle();
    let interval = std::time::Duration::from_millis(10);
    let watch = handle.watch_toml_with(&path, interval, add).unwrap();
    settle(&handle, || std::fs::write(&path, "level = \"debug\"\n").unwrap(), "debug");
    ripsaw::info!(password = "hunter2", "after a reload");
    engine.flush();
    drop(watch);
    let text = memory.text();
    assert!(text.contains("after a reload") && !text.contains("hunter2"), "{text}");
    drop(engine);
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn a_panic_of_what_is_added_does_not_end_a_watch() {
    let path = scratch("panics.toml");
    std::fs::write(&path, "level = \"info\"\n").unwrap();
    let engine = Engine::start(ripsaw::Builder::from_toml_file(&path).unwrap());
    let handle = engine.handle();
    let panicked = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let seen = panicked.clone();
    let add = move |builder| {
        assert!(seen.swap(true, std::sync::atomic::Ordering::SeqCst), "on purpose");
        builder
    };
    let watch = handle.watch_toml_with(&path, std::time::Duration::from_millis(10), add).unwrap();
    std::fs::write(&path, "level = \"debug\"\n").unwrap();
    until("the panic", || panicked.load(std::sync::atomic::Ordering::SeqCst));
    settle(&handle, || std::fs::write(&path, "level = \"error\"\n").unwrap(), "error");
    drop((watch, engine));
    std::fs::remove_file(&path).unwrap();
}
