//! Files that are moved away, full, or not what they seem.

use crate::support::{Engine, builder, plain, scratch, until};
use ripsaw::sink::File;
use ripsaw::{FlushError, Level, Route, SinkState, debug, error, info, warn};
use std::fs;
use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, lchown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// An empty folder of its own.
fn folder(name: &str) -> PathBuf {
    let path = scratch("none").with_file_name(format!("it-{}-{name}", std::process::id()));
    drop(fs::remove_dir_all(&path));
    fs::create_dir(&path).unwrap();
    path
}

fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// Does something to a file in a folder between two records; both must arrive, and the event must be told once. Returns
/// the lines of the file afterwards.
fn moved(name: &str, what: &str, act: impl FnOnce(&Path)) -> (PathBuf, Vec<String>) {
    let folder = folder(name);
    let path = folder.join("app.log");
    let engine = Engine::start(builder().file(&path));
    info!("before");
    engine.flush();
    act(&path);
    // At the latest when it is flushed.
    engine.flush();
    info!("after");
    engine.flush();
    let lines: Vec<String> = fs::read_to_string(&path).unwrap().lines().map(String::from).collect();
    let told = lines.iter().filter(|line| line.contains(what)).count();
    assert_eq!(told, 1, "{name}: {lines:?}");
    assert!(lines.contains(&"INFO     after".to_owned()), "{name}: {lines:?}");
    assert!(!lines.iter().any(|line| line.contains('\0')), "{name}: {lines:?}");
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777 & !0o640, 0, "no more than 0640");
    engine.stop(2);
    (folder, lines)
}

#[test]
fn a_file_that_was_deleted_is_made_again() {
    let (folder, lines) = moved("deleted", "was deleted", |path| fs::remove_file(path).unwrap());
    assert_eq!(lines.len(), 2, "{lines:?}");
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_file_that_was_renamed_is_made_again() {
    let (folder, lines) =
        moved("renamed", "was renamed", |path| fs::rename(path, path.with_extension("1")).unwrap());
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(fs::read_to_string(folder.join("app.1")).unwrap(), "INFO     before\n");
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_file_that_was_replaced_is_opened_again() {
    let (folder, lines) = moved("replaced", "was replaced", |path| {
        let other = path.with_extension("new");
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).mode(0o600).open(&other).unwrap();
        fs::write(&other, "not ours\n").unwrap();
        fs::rename(&other, path).unwrap();
    });
    assert_eq!(lines[0], "not ours", "{lines:?}");
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_file_that_was_truncated_has_no_hole() {
    let (folder, lines) = moved("truncated", "was truncated", |path| {
        fs::OpenOptions::new().write(true).open(path).unwrap().set_len(0).unwrap();
    });
    assert_eq!(lines.len(), 2, "{lines:?}");
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_folder_that_was_removed_is_made_again() {
    let (folder, lines) =
        moved("removed", "was deleted", |path| fs::remove_dir_all(path.parent().unwrap()).unwrap());
    assert_eq!(lines.len(), 2, "{lines:?}");
    fs::remove_dir_all(folder).unwrap();
}

/// What is written after the file was deleted, and before that is noticed, is written again.
#[test]
fn a_file_that_was_deleted_takes_nothing_with_it_that_came_later() {
    let folder = folder("rescue");
    let path = folder.join("app.log");
    for _ in 0..20 {
        let engine = Engine::start(builder().file(&path));
        info!("before");
        engine.flush();
        fs::remove_file(&path).unwrap();
        info!("between");
        until("it is written", || engine.stats().written == 2);
        info!("after");
        engine.stop(3);
        let text = fs::read_to_string(&path).unwrap();
        let (events, lines): (Vec<_>, Vec<_>) =
            text.lines().partition(|line| line.contains("was deleted"));
        assert_eq!((events.len(), lines), (1, vec!["INFO     between", "INFO     after"]));
        fs::remove_file(&path).unwrap();
    }
    fs::remove_dir_all(folder).unwrap();
}

/// The other end of a pipe is there and does not read: nobody else waits for it.
#[test]
fn a_pipe_that_is_not_read_holds_up_no_other() {
    let folder = folder("sleeper");
    let (pipe, file) = (folder.join("pipe"), folder.join("app.log"));
    match Command::new("mkfifo").arg(&pipe).status() {
        Ok(status) if status.success() => {}
        other => return println!("SKIPPED: no mkfifo: {other:?}"),
    }
    // A reader that does not wait for a writer.
    let mut options = fs::OpenOptions::new();
    let mut reader = options.read(true).custom_flags(libc::O_NONBLOCK).open(&pipe).unwrap();
    let stuck = Route::new(File::append(&pipe).unwrap()).format(plain()).queue_bytes(64 << 10);
    let engine = Engine::start(builder().route(stuck).file(&file));
    for i in 0..20_000 {
        info!(i, "for both");
    }
    let whole = || fs::read_to_string(&file).unwrap().lines().count() == 20_000;
    until("the file has everything", whole);
    let (report, stats) = engine.stop_despite(20_000);
    assert_eq!((report.written, report.dropped, report.unflushed), (20_000, 0, 0));
    let route = &stats.routes[0];
    assert_eq!(route.written + route.dropped, 20_000, "{route:?}");
    assert!(route.dropped > 0, "{route:?}");
    // What it has are whole lines from the beginning, and perhaps a part of the next.
    let mut bytes = vec![0; 1 << 20];
    let n = reader.read(&mut bytes).unwrap();
    let text = String::from_utf8_lossy(&bytes[..n]);
    let expected: String = (0..20_000).map(|i| format!("INFO     for both i={i}\n")).collect();
    assert!(expected.starts_with(&*text), "{n} bytes");
    drop(reader);
    fs::remove_dir_all(folder).unwrap();
}

/// Nobody flushes: a write a quarter of a second later notices it.
#[test]
fn a_file_that_was_deleted_is_noticed_without_a_flush() {
    let folder = folder("unflushed");
    let path = folder.join("app.log");
    let engine = Engine::start(builder().file(&path));
    info!("before");
    engine.flush();
    fs::remove_file(&path).unwrap();
    let mut i = 0_u64;
    until("it is there again", || {
        info!(i, "after");
        i += 1;
        path.exists()
    });
    engine.stop(i + 1);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn strangers_links_in_open_folders_are_refused() {
    let folder = folder("links");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o1777)).unwrap();
    let (link, target) = (folder.join("app.log"), folder.join("target"));
    symlink(&target, &link).unwrap();
    // Our own is followed.
    let engine = Engine::start(builder().file(&link));
    info!("through a link");
    engine.stop(1);
    assert_eq!(fs::read_to_string(&target).unwrap(), "INFO     through a link\n");
    if !is_root() {
        println!("SKIPPED the rest: only root can make a stranger's link");
        return fs::remove_dir_all(folder).unwrap();
    }
    lchown(&link, Some(12_345), Some(12_345)).unwrap();
    let refused = builder().file(&link).start_local().unwrap_err().to_string();
    assert!(refused.contains("symbolic link of user 12345"), "{refused}");
    // The owner of the folder may lead us on, and in a closed folder nobody else could have left it there.
    lchown(&folder, Some(12_345), None).unwrap();
    drop(File::append(&link).unwrap());
    lchown(&folder, Some(0), None).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    drop(File::append(&link).unwrap());
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn folders_are_refused() {
    let folder = folder("folder");
    let refused = builder().file(&folder).start_local().unwrap_err().to_string();
    assert!(refused.contains("irectory"), "{refused}");
    fs::remove_dir_all(folder).unwrap();
}

/// Nobody reads it at first, then somebody does, goes away and comes again.
#[test]
fn a_pipe_is_served_when_somebody_reads_it() {
    let folder = folder("pipe");
    let path = folder.join("pipe");
    match Command::new("mkfifo").arg(&path).status() {
        Ok(status) if status.success() => {}
        other => return println!("SKIPPED: no mkfifo: {other:?}"),
    }
    let engine = Engine::start(builder().file(&path));
    info!("kept");
    until("nobody reads it", || engine.stats().routes[0].state != SinkState::Ok);
    let route = engine.stats().routes.remove(0);
    assert!(route.last_error.as_deref().unwrap().contains("nobody reads"), "{route:?}");
    let read = |text: &str| {
        let (path, length) = (path.clone(), text.len());
        let reader = std::thread::spawn(move || {
            let mut bytes = vec![0; length];
            fs::File::open(path).unwrap().read_exact(&mut bytes).unwrap();
            String::from_utf8(bytes).unwrap()
        });
        engine.flush();
        assert_eq!(reader.join().unwrap(), text);
    };
    read("INFO     kept\n");
    // The reader is gone: no signal ends the process.
    info!("kept too");
    until("nobody reads it", || engine.stats().routes[0].state != SinkState::Ok);
    read("INFO     kept too\n");
    engine.stop(2);
    fs::remove_dir_all(folder).unwrap();
}

/// A file system of one megabyte, as long as this lives.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(name: &str) -> Option<SmallDisk> {
        let folder = folder(name);
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=1M", "tmpfs"]).arg(&folder);
        if is_root() && mount.output().is_ok_and(|done| done.status.success()) {
            return Some(SmallDisk(folder));
        }
        println!("SKIPPED: a small file system cannot be mounted");
        fs::remove_dir_all(folder).unwrap();
        None
    }
    /// Leaves so many bytes free.
    fn fill(&self, free: usize) {
        fs::write(self.0.join("filler"), vec![b'x'; (1 << 20) - free]).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.0).status());
        drop(fs::remove_dir(&self.0));
    }
}

/// Nothing is lost, and the file never ends in the middle of a line.
#[test]
fn a_full_disk_costs_nothing_while_the_arena_holds() {
    let Some(disk) = SmallDisk::mount("full") else { return };
    disk.fill(32 << 10);
    let path = disk.0.join("app.log");
    let engine = Engine::start(builder().file(&path));
    for i in 0..5_000 {
        info!(i, "a line of some length");
    }
    until("the disk is full", || engine.stats().routes[0].state != SinkState::Ok);
    assert_eq!(engine.handle().flush(Duration::from_millis(50)), Err(FlushError::Sink));
    // A retry may write the beginning of a line, which is taken back at once.
    until("the file is cut back to whole lines", || {
        let text = fs::read_to_string(&path).unwrap();
        let lines = text.lines().count() as u64;
        lines > 0 && text.ends_with('\n') && lines == engine.stats().written
    });
    fs::remove_file(disk.0.join("filler")).unwrap();
    engine.flush();
    engine.stop(5_000);
    let text = fs::read_to_string(&path).unwrap();
    let expected = (0..5_000).map(|i| format!("INFO     a line of some length i={i}"));
    assert!(text.lines().eq(expected.collect::<Vec<_>>()), "{} lines", text.lines().count());
}

/// Between twice the floor and the floor INFO is written, below it only what is severe.
#[test]
fn a_floor_keeps_space_for_others() {
    let Some(disk) = SmallDisk::mount("floor") else { return };
    let path = disk.0.join("app.log");
    let levels = |free: usize| {
        disk.fill(free);
        drop(fs::remove_file(&path));
        let file = File::append(&path).unwrap().keep_free(200 << 10);
        let engine = Engine::start(builder().level(Level::Debug).sink(file));
        debug!("d");
        info!("i");
        warn!("w");
        error!("e");
        let (_, stats) = engine.stop_within(crate::support::LONG, 4);
        let lines = fs::read_to_string(&path).unwrap();
        let letters: String = lines
            .lines()
            .filter(|line| !line.contains("dropped"))
            .map(|line| line.rsplit(' ').next().unwrap())
            .collect();
        assert_eq!(stats.dropped(), 4 - letters.len() as u64, "{stats:?}");
        letters
    };
    assert_eq!(levels(600 << 10), "diwe");
    assert_eq!(levels(300 << 10), "iwe");
    assert_eq!(levels(100 << 10), "we");
}

/// A recovery cuts off the line that a killed process was writing, after the file was opened.
#[test]
fn a_file_that_is_cut_before_the_first_write_was_not_truncated() {
    use ripsaw::sink::Sink;
    let path = scratch("cut-before");
    std::fs::write(&path, "whole\nhal").unwrap();
    let mut file = ripsaw::sink::File::append(&path).unwrap();
    std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(6).unwrap();
    assert_eq!(file.write(b"next\n").unwrap(), 5);
    assert_eq!(file.event(), None);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "whole\nnext\n");
    std::fs::remove_file(&path).unwrap();
}
