//! The parent of a victim: starts it, reads its pipes, meddles, and waits for its end.

use crate::events::End;
use crate::oracle::{self, Evidence};
use crate::progress;
use crate::run::{Outlet, Run, below};
use crate::victim::{MOVED, OUT, SECOND, STATS};
use std::cell::Cell;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Name the run and the folder of a child.
pub(crate) const RUN: &str = "RIPSAW_TORTURE_RUN";
pub(crate) const DIR: &str = "RIPSAW_TORTURE_DIR";
/// Is there if the child is to start the engine once more.
pub(crate) const AGAIN: &str = "RIPSAW_TORTURE_AGAIN";
/// A child that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(60);
/// Takes the room of a small disk, but for what [`ROOM`] says.
pub(crate) const FILLER: &str = "filler";
/// Bytes of a small disk, and those of them that are left at the start.
const DISK: u64 = 16 << 20;
const ROOM: u64 = 300 << 10;
const TICK: Duration = Duration::from_micros(500);

/// What one who meddles works with.
pub(crate) struct Scene<'a> {
    pub(crate) dir: &'a Path,
    pid: i32,
    reading: &'a AtomicBool,
    ended: &'a AtomicBool,
    state: Cell<u64>,
}

impl Scene<'_> {
    /// A number below `end`.
    pub(crate) fn below(&self, end: u64) -> u64 {
        let mut state = self.state.get();
        let n = below(&mut state, end);
        self.state.set(state);
        n
    }
    /// Whether the parent takes what the victim writes into a pipe.
    pub(crate) fn read(&self, on: bool) {
        self.reading.store(on, Ordering::Relaxed);
    }
    #[allow(unsafe_code)]
    pub(crate) fn signal(&self, signal: i32) {
        // SAFETY: no memory is involved. The process is not waited for before this thread has ended, so the number is its
        // own.
        unsafe { libc::kill(self.pid, signal) };
    }
    /// Waits until a call has begun, or the victim has ended.
    pub(crate) fn wait_begun(&self) {
        self.wait_until(|| {
            progress::read(self.dir).is_ok_and(|calls| calls.iter().any(|calls| calls.begun > 0))
        });
    }
    /// Waits for something that the victim does, or for its end.
    pub(crate) fn wait_until(&self, mut happened: impl FnMut() -> bool) {
        while !happened() && !self.ended.load(Ordering::Relaxed) {
            std::thread::sleep(TICK);
        }
    }
}

/// A folder that is gone when this is dropped, with the file system that was mounted there.
struct Place {
    dir: PathBuf,
    mounted: bool,
}

impl Place {
    fn new(run: &Run) -> Result<Place, String> {
        static PLACES: AtomicU64 = AtomicU64::new(0);
        let n = PLACES.fetch_add(1, Ordering::Relaxed);
        let name = format!("torture-{}-{n}", std::process::id());
        let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&dir).map_err(|e| format!("{}: {e}", dir.display()))?;
        let mut place = Place { dir, mounted: false };
        if run.event.small_disk {
            let mut mount = Command::new("mount");
            mount.args(["-t", "tmpfs", "-o", &format!("size={DISK}"), "ripsaw-torture"]);
            mount.arg(&place.dir);
            let output = mount.output().map_err(|e| format!("mount: {e}"))?;
            if !output.status.success() {
                return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
            }
            place.mounted = true;
            let filler = vec![0; (DISK - ROOM) as usize];
            let filled = fs::write(place.dir.join(FILLER), filler);
            filled.map_err(|e| format!("{FILLER}: {e}"))?;
        }
        Ok(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.mounted {
            drop(Command::new("umount").arg("-l").arg(&self.dir).status());
        }
        drop(fs::remove_dir_all(&self.dir));
    }
}

/// Whether runs that need a file system of their own can be done here.
pub(crate) fn can_mount(run: &Run) -> Result<(), String> {
    Place::new(run).map(drop)
}

/// A finished run.
pub(crate) struct Finished {
    pub(crate) violations: Vec<String>,
    /// Records that were delivered, and those told as dropped.
    pub(crate) delivered: u64,
    pub(crate) dropped: u64,
    pub(crate) evidence: Evidence,
}

/// Plays a run and judges it.
pub(crate) fn play(run: &Run) -> Result<Finished, String> {
    let place = Place::new(run)?;
    let (status, stdout, hung) = watch(run, &place.dir).map_err(|e| format!("{run}: {e}"))?;
    let again = run.event.restart.then(|| start_again(run, &place.dir));
    let evidence = collect(run, &place.dir, stdout);
    let mut verdict = oracle::judge(run, &evidence);
    let ended = match run.event.end {
        End::Code(code) => status.code() == Some(code),
        End::Signal(signal) => status.signal() == Some(signal),
    };
    if let Some(Err(why)) = again {
        verdict.violations.insert(0, why);
    }
    if hung {
        verdict.violations.insert(0, "it hangs".to_owned());
    } else if !ended {
        let (wanted, stderr) = (run.event.end, &evidence.stderr);
        verdict.violations.insert(0, format!("ended with {status}, not {wanted:?}:\n{stderr}"));
    }
    let oracle::Verdict { violations, delivered, dropped } = verdict;
    Ok(Finished { violations, delivered, dropped, evidence })
}

/// Starts the engine once more, in a process that ends in order.
fn start_again(run: &Run, dir: &Path) -> Result<(), String> {
    let program = std::env::current_exe().map_err(|e| e.to_string())?;
    let mut command = Command::new(program);
    command.env(RUN, run.to_string()).env(DIR, dir).env(AGAIN, "1").stdin(Stdio::null());
    let output = command.output().map_err(|e| format!("the next start: {e}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("the next start: {}", String::from_utf8_lossy(&output.stderr))),
    }
}

/// Starts the victim and sees it to its end. Returns the status, what came through the pipe, and whether it had to be killed.
fn watch(run: &Run, dir: &Path) -> std::io::Result<(ExitStatus, Vec<u8>, bool)> {
    let reader = match run.outlet {
        Outlet::Fifo => {
            make_fifo(&dir.join(OUT))?;
            let flags = libc::O_NONBLOCK;
            Some(File::options().read(true).custom_flags(flags).open(dir.join(OUT))?)
        }
        _ => None,
    };
    let mut command = Command::new(std::env::current_exe()?);
    command.env(RUN, run.to_string()).env(DIR, dir).env("RUST_BACKTRACE", "0");
    command.stdin(Stdio::null()).stderr(File::create(dir.join("stderr"))?);
    let piped = run.outlet == Outlet::Stdout;
    command.stdout(if piped { Stdio::piped() } else { Stdio::null() });
    let mut child = command.spawn()?;
    let reader = match child.stdout.take() {
        Some(pipe) => Some(File::from(std::os::fd::OwnedFd::from(pipe))),
        None => reader,
    };
    if let Some(reader) = &reader {
        set_nonblocking(reader)?;
    }

    let (reading, ended) = (AtomicBool::new(true), AtomicBool::new(false));
    let mut hung = false;
    std::thread::scope(|scope| {
        let pipe = scope.spawn(|| read_pipe(reader, &reading, &ended));
        let state = Cell::new(run.seed);
        let pid = child.id() as i32;
        let scene = Scene { dir, pid, reading: &reading, ended: &ended, state };
        let meddler = scope.spawn(move || (run.event.meddle)(&scene));
        let deadline = Instant::now() + PATIENCE;
        // Waited for without taking its status away: until the meddler is through, its number must stay its own.
        while !has_ended(pid) {
            if Instant::now() > deadline && !hung {
                hung = true;
                child.kill()?;
            }
            std::thread::sleep(TICK);
        }
        ended.store(true, Ordering::Relaxed);
        meddler.join().expect("what meddles does not fail");
        reading.store(true, Ordering::Relaxed);
        let bytes = pipe.join().expect("a pipe can be read")?;
        Ok((child.wait()?, bytes, hung))
    })
}

/// Whether a child has ended; it stays a zombie.
#[allow(unsafe_code)]
fn has_ended(pid: i32) -> bool {
    // SAFETY: all zeroes are a value of this plain structure.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    let flags = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    // SAFETY: `info` is a valid place for the result.
    let result = unsafe { libc::waitid(libc::P_PID, pid as u32, &mut info, flags) };
    // SAFETY: after `waitid` the field is set: to the child's number, or to zero if there is nothing to say.
    let of = unsafe { info.si_pid() };
    result != 0 || of == pid
}

#[allow(unsafe_code)]
fn make_fifo(path: &Path) -> std::io::Result<()> {
    use std::os::unix::ffi::OsStrExt;
    let path = std::ffi::CString::new(path.as_os_str().as_bytes())?;
    // SAFETY: the path ends with a zero byte and is only read.
    match unsafe { libc::mkfifo(path.as_ptr(), 0o600) } {
        0 => Ok(()),
        _ => Err(std::io::Error::last_os_error()),
    }
}

#[allow(unsafe_code)]
fn set_nonblocking(file: &File) -> std::io::Result<()> {
    use std::os::fd::AsRawFd;
    // SAFETY: the descriptor is open, and the call touches no memory.
    match unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETFL, libc::O_NONBLOCK) } {
        -1 => Err(std::io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// Takes what comes, while it is told to read, until the victim has ended and the pipe is empty.
fn read_pipe(
    pipe: Option<File>,
    reading: &AtomicBool,
    ended: &AtomicBool,
) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let Some(mut pipe) = pipe else { return Ok(bytes) };
    let mut chunk = vec![0; 1 << 16];
    loop {
        // Before the read: what was written before the end is seen by a read after it.
        let last = ended.load(Ordering::Relaxed) && reading.load(Ordering::Relaxed);
        let got = if !reading.load(Ordering::Relaxed) {
            0
        } else {
            match pipe.read(&mut chunk) {
                Ok(n) => n,
                Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => 0,
                Err(e) => return Err(e),
            }
        };
        bytes.extend_from_slice(&chunk[..got]);
        if got == 0 {
            if last {
                return Ok(bytes);
            }
            std::thread::sleep(TICK);
        }
    }
}

fn collect(run: &Run, dir: &Path, pipe: Vec<u8>) -> Evidence {
    let file = |name: &str| fs::read(dir.join(name)).unwrap_or_default();
    let out = match run.outlet {
        Outlet::Fifo | Outlet::Stdout => pipe,
        // Its older part first. A line may go on in the newer one, unless the parts have nothing to do with each other.
        _ if run.event.torn > 1 => [file(MOVED), file(OUT)].join(&b'\n'),
        _ => [file(MOVED), file(OUT)].concat(),
    };
    Evidence {
        out,
        second: file(SECOND),
        calls: progress::read(dir).unwrap_or_default(),
        stats: String::from_utf8(file(STATS)).ok().filter(|text| !text.is_empty()),
        stderr: String::from_utf8_lossy(&file("stderr")).into_owned(),
    }
}
