//! What a process left behind, for the next one or for a person.

use super::file::{open, owner, placed};
use super::layout::HEADER;
use super::read::{Batch, Contents, Found, Slot};
use crate::codec::{Args, Bound, Frame, Record, Site, ThreadInfo, TreeWriter, ValueRef, header};
use crate::meta::Level;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

/// The most that is read of a log behind the place where a batch began.
const TAIL: u64 = 64 << 20;

/// The records that a process had accepted and not yet written when it was killed, from the file of its arena (see
/// [`Builder::arena_file`](crate::Builder::arena_file)).
///
/// The next engine that is started with the same path writes them by itself. This is for doing it by hand, as `ripsaw recover`
/// does. A record is here if a route had not taken it. Each carries the field `recovered=true`.
///
/// ```no_run
/// use ripsaw::format::{Format, Text};
/// let recovery = ripsaw::Recovery::open("/dev/shm/orders.arena")?;
/// let (mut format, mut out) = (Text::new(), Vec::new());
/// recovery.records().for_each(|record| format.record(&record, &mut out));
/// print!("{}", String::from_utf8_lossy(&out));
/// recovery.finish()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Recovery {
    path: PathBuf,
    contents: Contents,
    /// Log files that end in the middle of a line, with the length of their whole lines.
    torn: Vec<(PathBuf, u64)>,
    /// For records whose context is not in the file.
    lost_context: Bound,
}

/// Why a file cannot be recovered. Its `Debug` is its `Display`.
pub struct RecoveryError {
    path: PathBuf,
    what: String,
}

impl RecoveryError {
    fn new(path: &Path, what: impl fmt::Display) -> RecoveryError {
        RecoveryError { path: path.to_owned(), what: what.to_string() }
    }
}

impl fmt::Display for RecoveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot recover {}: {}", self.path.display(), self.what)
    }
}
impl fmt::Debug for RecoveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl std::error::Error for RecoveryError {}

/// Which of the records a route of another process is to get.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wanted {
    /// What the routes of the same name lack, a bit a slot: one may have been leaving when its successor came.
    Of(u8),
    /// What any route lacks: none of the names is the same.
    Any,
    /// Nothing: its records are among those of another route.
    Nothing,
}

impl Recovery {
    /// Reads the file of an arena. Nothing is changed.
    ///
    /// # Errors
    /// The file cannot be read, or is no arena, or is damaged, or its process lives.
    pub fn open(path: impl AsRef<Path>) -> Result<Recovery, RecoveryError> {
        let path = placed(path.as_ref());
        let error = |what: &dyn fmt::Display| RecoveryError::new(&path, what);
        if let Ok(Some(pid)) = owner(&path) {
            return Err(error(&format_args!("process {pid} is using it")));
        }
        let file = open(&path).map_err(|e| error(&e))?;
        let words = read_words(&file).map_err(|e| error(&e))?;
        let user = file.metadata().map_err(|e| error(&e))?.uid();
        let mut recovery = Recovery::of_words(path.clone(), &words).map_err(|what| error(&what))?;
        // Where the file says that a log is torn, whoever recovers cuts it: that must not be a stranger's log.
        let same_user = |log: &Path| std::fs::metadata(log).is_ok_and(|meta| meta.uid() == user);
        recovery.torn.retain(|(log, _)| same_user(log));
        Ok(recovery)
    }

    /// Reads what stands in a file, given as the words of it.
    #[doc(hidden)]
    pub fn of_words(path: PathBuf, words: &[u64]) -> Result<Recovery, &'static str> {
        let mut contents = Contents::read(words)?;
        let mut torn = Vec::new();
        for slot in &mut contents.slots {
            if let Some(batch) = slot.batch.take()
                && let Ok(Some((written, whole))) = look_up(&slot.name, &batch)
            {
                for (_, place) in batch.marks.iter().take_while(|(end, _)| *end <= written) {
                    slot.take(*place);
                }
                torn.extend(whole.map(|len| (PathBuf::from(&slot.name), len)));
            }
        }
        let Contents { slots, frames, .. } = &mut contents;
        frames.retain(|found| slots.is_empty() || slots.iter().any(|slot| !slot.has(found.place)));
        let mut fields = Vec::new();
        let at = fields.open_map();
        for (key, value) in
            [("recovered", ValueRef::Bool(true)), ("context", ValueRef::Str("lost"))]
        {
            fields.key(key);
            fields.leaf(value);
        }
        fields.patch(at, 2);
        Ok(Recovery { path, contents, torn, lost_context: Bound::new(None, fields) })
    }

    /// The records, oldest first; those of a thread in the order of its calls.
    pub fn records(&self) -> impl Iterator<Item = Record<'_>> {
        self.contents.frames.iter().map(|found| self.record(found)).filter(|record| {
            // What no route would have taken was not lost.
            let slots = &self.contents.slots;
            slots.is_empty() || slots.iter().any(|slot| slot.level <= record.level() as u8)
        })
    }

    /// The process whose records these are.
    pub fn process(&self) -> u32 {
        self.contents.origin.pid as u32
    }

    /// When the file was made.
    pub fn created(&self) -> std::time::SystemTime {
        UNIX_EPOCH + Duration::from_nanos(self.contents.origin.created_unix_ns)
    }

    /// Log files that end in the middle of a line, whose record is among these.
    pub fn torn_files(&self) -> impl Iterator<Item = &Path> {
        self.torn.iter().map(|(path, _)| path.as_path())
    }

    /// To be called when the records are safe elsewhere: cuts the torn lines off the log files, and renames the arena's file
    /// to `.recovered`, so that nobody recovers it again.
    ///
    /// # Errors
    /// What the system says.
    pub fn finish(self) -> io::Result<()> {
        self.cut_torn_lines()?;
        let mut done = self.path.clone().into_os_string();
        done.push(".recovered");
        std::fs::rename(&self.path, done)
    }

    /// Cuts off the lines that were written in part.
    pub(crate) fn cut_torn_lines(&self) -> io::Result<()> {
        for (path, len) in &self.torn {
            // Once more: somebody else may have written there meanwhile.
            let file = OpenOptions::new().read(true).write(true).open(path)?;
            let mut last = [0];
            let end = file.metadata()?.len();
            if end > *len && file.read_at(&mut last, end - 1)? == 1 && last != *b"\n" {
                file.set_len(*len)?;
            }
        }
        Ok(())
    }

    /// What routes of these names are to get.
    pub(crate) fn routes<'n>(&self, names: impl Iterator<Item = &'n str>) -> Vec<Wanted> {
        let slots = || self.contents.slots.iter().enumerate();
        let of = |name: &str| {
            slots().filter(|(_, slot)| slot.is_named(name)).fold(0, |bits, (i, _)| bits | 1 << i)
        };
        let found: Vec<u8> = names.map(of).collect();
        let otherwise = if found.iter().all(|of| *of == 0) { Wanted::Any } else { Wanted::Nothing };
        let wanted = |of| if of == 0 { otherwise } else { Wanted::Of(of) };
        found.into_iter().map(wanted).collect()
    }

    /// Calls `f` with each record, and with what tells whether a route wants it.
    pub(crate) fn each(&self, mut f: impl FnMut(&Record<'_>, &dyn Fn(Wanted) -> bool)) {
        for found in &self.contents.frames {
            let record = self.record(found);
            let slots = || self.contents.slots.iter().enumerate();
            f(&record, &|wanted| match wanted {
                Wanted::Of(which) => slots()
                    .filter(|(i, _)| which >> i & 1 != 0)
                    .any(|(_, slot)| slot.lacks(found.place, record.level())),
                Wanted::Any => true,
                Wanted::Nothing => false,
            });
        }
    }

    fn record<'a>(&'a self, found: &'a Found) -> Record<'a> {
        let contents = &self.contents;
        let unknown = |message| Site::Dynamic {
            level: Level::Warning,
            target: "ripsaw",
            module: None,
            file: None,
            line: 0,
            name: "",
            message,
            fields: None,
        };
        let Some((frame, args)) =
            Frame::new(&found.words).ok().and_then(|frame| Some((frame, frame.args().ok()?)))
        else {
            let site = unknown("a record that cannot be read");
            return self.put_together(site, 0, found, Some(&self.lost_context), Args::default());
        };
        let (site, args) = match frame.id() {
            header::ID_DYNAMIC => match dynamic(&args) {
                Some(site) => (site, Args::default()),
                None => (unknown("a record that cannot be read"), Args::default()),
            },
            id => match contents.sites.get(&id) {
                Some(meta) => (Site::Static(meta), args),
                None => (unknown("a record of a statement that is not in the file"), args),
            },
        };
        let bound = contents.contexts.get(&frame.bound()).unwrap_or(&self.lost_context);
        self.put_together(site, frame.ticks(), found, Some(bound), args)
    }

    fn put_together<'a>(
        &'a self,
        site: Site<'a>,
        ticks: u64,
        found: &'a Found,
        bound: Option<&'a Bound>,
        args: Args<'a>,
    ) -> Record<'a> {
        let thread: &ThreadInfo = &found.thread;
        let unix_ns = self.contents.calibration.unix_ns(ticks);
        Record::new(site, unix_ns, found.seq, thread, bound, args)
    }
}

impl fmt::Debug for Recovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recovery")
            .field("path", &self.path)
            .field("records", &self.contents.frames.len())
            .finish_non_exhaustive()
    }
}

fn dynamic<'a>(args: &Args<'a>) -> Option<Site<'a>> {
    crate::codec::dynamic_site(args.get(0))
}

impl Slot {
    /// Whether this was the route of that name, of which a file keeps the beginning.
    fn is_named(&self, name: &str) -> bool {
        let kept = name.floor_char_boundary(super::journal::word::NAME_WORDS * 8);
        name[..kept] == self.name
    }
}

/// How many bytes of a batch are in the log, and the length of the log's whole lines if it ends within one. `None` if that
/// cannot be known: then the batch counts as not taken, and a record may be there twice, marked.
fn look_up(name: &str, batch: &Batch) -> io::Result<Option<(u64, Option<u64>)>> {
    let log = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(name)?;
    let meta = log.metadata()?;
    if !meta.is_file() || (meta.dev(), meta.ino()) != (batch.device, batch.inode) {
        return Ok(None);
    }
    let Some(tail) = meta.len().checked_sub(batch.offset) else { return Ok(None) };
    let mut bytes = vec![0; tail.min(TAIL) as usize];
    log.read_exact_at(&mut bytes, batch.offset)?;
    // Others may append to the same file: the batch begins where a line does.
    let starts = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(i, _)| i + 1);
    let (mut best, mut at) = (0, 0);
    for start in std::iter::once(0).chain(starts) {
        let rest = &bytes[start..];
        let same = rest.iter().zip(&batch.bytes).take_while(|(a, b)| a == b).count();
        let whole = same == batch.bytes.len();
        let length = if whole { (rest.len() as u64).min(batch.len) } else { same as u64 };
        if length > best {
            (best, at) = (length, start);
        }
        if best == batch.len {
            break;
        }
    }
    let end = at + best as usize;
    let is_torn = end == bytes.len() && best > 0 && bytes.last() != Some(&b'\n');
    let whole = bytes[..end].iter().rposition(|byte| *byte == b'\n').map_or(0, |i| i + 1);
    Ok(Some((best, is_torn.then_some(batch.offset + whole as u64))))
}

/// The whole file in words, if it begins like an arena.
fn read_words(mut file: &File) -> io::Result<Vec<u64>> {
    let mut len = usize::try_from(file.metadata()?.len()).map_err(io::Error::other)? / 8;
    let mut words = Vec::new();
    let mut chunk = vec![0_u8; HEADER * 8];
    while words.len() < len {
        let want = chunk.len().min((len - words.len()) * 8);
        file.read_exact(&mut chunk[..want])?;
        words.extend(chunk[..want].as_chunks::<8>().0.iter().map(|b| u64::from_ne_bytes(*b)));
        if words.len() == HEADER {
            // Before the rest of a file that may be anything is taken into memory.
            let (geometry, _) =
                super::layout::Geometry::read(&words, len).map_err(io::Error::other)?;
            // What comes behind is none of it. A file with a hole may say that it is larger than the memory.
            len = geometry.words();
            words.try_reserve_exact(len.saturating_sub(words.len())).map_err(io::Error::other)?;
            chunk.resize(1 << 20, 0);
        }
    }
    Ok(words)
}
