//! The file of an arena: made anew by each process, found by the next one if it was left behind.

use super::layout::{FIXED, Geometry, HEADER, Origin, place};
use super::process;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// Where a path without a folder stands: memory that outlives a process, but not the machine.
const HOME: &str = "/dev/shm";
/// Between the path and the process that claimed what was left there.
const LEFT: &str = ".left-";
/// Between the path and the child that was forked. A number alone may be the name of somebody else's.
pub(crate) const CHILD: &str = ".child-";
/// Behind a file that cannot be read.
const UNREADABLE: &str = ".unreadable";

/// The file of a running process. Its lock says that the process lives.
#[derive(Debug)]
pub(crate) struct ArenaFile {
    path: PathBuf,
    file: File,
}

impl ArenaFile {
    /// Makes a file that nobody else can read, with room for `words`. There must be none.
    pub(crate) fn create(path: &Path, words: usize) -> io::Result<ArenaFile> {
        let path = placed(path);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true).mode(0o600);
        let file = options.open(&path)?;
        let arena = ArenaFile { path, file };
        let ready = arena.file.lock().and_then(|()| crate::os::reserve(&arena.file, words * 8));
        match ready {
            Ok(()) => Ok(arena),
            Err(e) => {
                arena.remove();
                Err(e)
            }
        }
    }

    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Takes the file away: nothing in it is needed any more. One that another file took the place of stays.
    pub(crate) fn remove(&self) {
        let same = |there: fs::Metadata, mine: fs::Metadata| {
            (there.dev(), there.ino()) == (mine.dev(), mine.ino())
        };
        if let (Ok(there), Ok(mine)) = (fs::symlink_metadata(&self.path), self.file.metadata())
            && same(there, mine)
        {
            // If it stays, the next start finds nothing in it.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// The path in full.
pub(crate) fn placed(path: &Path) -> PathBuf {
    let bare = path.parent().is_some_and(|parent| parent.as_os_str().is_empty());
    if bare { Path::new(HOME).join(path) } else { path.to_owned() }
}

/// Claims what processes that have ended left at `path`: files that are now this process's own, the oldest first. What
/// cannot be read is put aside; the text says so.
///
/// # Errors
/// A process that uses the path lives, or the path holds something else than an arena of this user.
pub(crate) fn leftovers(path: &Path) -> io::Result<(Vec<PathBuf>, Option<String>)> {
    let path = placed(path);
    let (mut found, mut said) = (Vec::new(), None);
    match owner(&path) {
        Ok(None) => found.push(path.clone()),
        Ok(Some(pid)) => return Err(in_use(pid)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
        Err(e) if e.kind() == io::ErrorKind::InvalidData => {
            let mut aside = path.clone().into_os_string();
            aside.push(UNREADABLE);
            fs::rename(&path, &aside)?;
            let (path, aside) = (path.display(), Path::new(&aside).display());
            said = Some(format!("{path} was left behind, but {e}: it is now {aside}"));
        }
        Err(e) => return Err(e),
    }
    found.extend(claimed_before(&path)?);
    let mut mine = Vec::new();
    for old in found {
        let new = name_of_claim(&path);
        // Whoever renames it has it: a second process that starts at the same time finds nothing.
        if fs::rename(&old, &new).is_err() {
            continue;
        }
        match owner(&new) {
            // The other one was first, and this is what it has made since: it gets it back, unless a third took the place.
            Ok(Some(pid)) => {
                fs::hard_link(&new, &old)?;
                fs::remove_file(&new)?;
                return Err(in_use(pid));
            }
            _ => mine.push(new),
        }
    }
    mine.sort_by_cached_key(|path| read_start(path).map_or(0, |head| head[11]));
    Ok((mine, said))
}

fn in_use(pid: u32) -> io::Error {
    io::Error::other(format!("is in use by process {pid}: give each process a path of its own"))
}

/// A name that no other claim has: a process id is given again, in a container at each start, and a process may start several
/// engines one after the other.
fn name_of_claim(path: &Path) -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let me = std::process::id();
    let started = process::started(me).unwrap_or(0);
    loop {
        // Relaxed: only that no number is given twice matters.
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let mut name = path.to_owned().into_os_string();
        name.push(format!("{LEFT}{me}.{started}-{number}"));
        let name = PathBuf::from(name);
        if fs::symlink_metadata(&name).is_err() {
            return name;
        }
    }
}

/// Whether the process is through that claimed a file, given what stands in the file's name. What this process claimed for an
/// earlier engine was not written then.
fn is_given_up(claimer: &str) -> bool {
    let (pid, started) = claimer.split_once('.').unwrap_or((claimer, "0"));
    let (Ok(pid), Ok(started)) = (pid.parse::<u32>(), started.parse::<u64>()) else { return false };
    let lives = process::started(pid).is_some_and(|now| started == 0 || now == started);
    pid == std::process::id() || !lives
}

/// Files that were claimed by processes which ended before they were through, and those of children.
fn claimed_before(path: &Path) -> io::Result<Vec<PathBuf>> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)?.flatten() {
        let file_name = entry.file_name();
        let rest = file_name.as_encoded_bytes().strip_prefix(name.as_encoded_bytes());
        let Some(rest) = rest.and_then(|rest| std::str::from_utf8(rest).ok()) else { continue };
        let claimer = rest.strip_prefix(LEFT).and_then(|r| r.split('-').next());
        let child = rest.strip_prefix(CHILD).and_then(|r| r.parse::<u32>().ok());
        let left = match (claimer, child) {
            (Some(claimer), _) => is_given_up(claimer) && owner(&entry.path()).is_ok(),
            (None, Some(_)) => matches!(owner(&entry.path()), Ok(None)),
            (None, None) => false,
        };
        if left {
            found.push(entry.path());
        }
    }
    Ok(found)
}

/// The process that uses the arena at `path`, if it lives and did not end its use.
pub(super) fn owner(path: &Path) -> io::Result<Option<u32>> {
    let head = read_start(path)?;
    let file = open(path)?;
    let words = usize::try_from(file.metadata()?.len() / 8).unwrap_or(usize::MAX);
    let locked = matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock));
    let lives = |origin: &Origin, pid: u32| {
        // A child that was forked keeps the lock when its parent is gone. Whether it is, only those can tell who know the
        // process by the same id; and an id may be another's by now.
        let gone = || match process::started(pid) {
            None => true,
            Some(now) => origin.started != 0 && now != origin.started,
        };
        locked && !(origin.namespace == process::namespace() && gone())
    };
    match Geometry::read(&head, words) {
        Ok((_, origin)) => {
            let pid = u32::try_from(origin.pid).unwrap_or(0);
            let in_use = head[place::ENDED] == 0 && lives(&origin, pid);
            Ok(in_use.then_some(pid))
        }
        Err(_) if locked => Err(io::Error::other(
            "is in use by a process that is about to start, or has another version of this library: \
             give each process a path of its own",
        )),
        Err(what) => Err(io::Error::new(io::ErrorKind::InvalidData, what)),
    }
}

/// Opens an arena of this user for reading, through no link.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("is no regular file"));
    }
    Ok(file)
}

/// The header as it stands, if the file begins like an arena and belongs to this user.
fn read_start(path: &Path) -> io::Result<Vec<u64>> {
    let mut file = open(path)?;
    // /proc/self belongs to the effective user of this process.
    let user = fs::metadata("/proc/self").map(|me| me.uid());
    if user.is_ok_and(|user| file.metadata().is_ok_and(|meta| meta.uid() != user)) {
        return Err(io::Error::other("belongs to another user"));
    }
    let mut bytes = vec![0; HEADER * 8];
    let mut len = 0;
    while len < bytes.len() {
        match file.read(&mut bytes[len..])? {
            0 => break,
            n => len += n,
        }
    }
    let words: Vec<u64> = bytes.as_chunks::<8>().0.iter().map(|b| u64::from_ne_bytes(*b)).collect();
    // One whose first page is all zeros was being made when its process was killed. An empty one that is nobody else's to
    // read was made and not yet given its length.
    let is_ours = words[0] == super::layout::MAGIC || words[..=FIXED].iter().all(|word| *word == 0);
    let is_new = || file.metadata().is_ok_and(|meta| meta.mode() & 0o777 == 0o600);
    if is_ours && (len > 0 || is_new()) {
        Ok(words)
    } else {
        Err(io::Error::other("holds something else: choose another path"))
    }
}
