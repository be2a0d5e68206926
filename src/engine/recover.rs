//! What an earlier process left behind in the arena's file goes out first.

use super::Engine;
use crate::config::EngineSettings;
use crate::error::{ConfigError, StartError};
use crate::fault;
use crate::image::{Recovery, leftovers};
use crate::writer::Core;
use core::sync::atomic::Ordering;
use std::io;
use std::path::{Path, PathBuf};

/// Files with records of processes that are gone.
#[derive(Debug, Default)]
pub(super) struct Leftovers(Vec<PathBuf>);

impl Leftovers {
    /// Claims what was left where these settings keep an arena, or would dump one.
    pub(super) fn claim(settings: &EngineSettings) -> Result<Leftovers, StartError> {
        let places = [("arena_file", &settings.arena_file), ("crash_file", &settings.crash_file)];
        let mut all = Vec::new();
        for (field, path) in places {
            let Some(path) = path else { continue };
            let (files, said) = leftovers(path).map_err(|e| cannot_use(field, path, &e))?;
            if let Some(said) = said {
                fault::report(format_args!("{said}"));
            }
            all.extend(files);
        }
        Ok(Leftovers(all))
    }

    /// Writes the records to the routes that lack them. Returns how many there were. A file whose records the sinks do not
    /// take is left for the next start.
    pub(super) fn write(self, core: &mut Core) -> u64 {
        let mut recovered = 0;
        for path in self.0 {
            match Recovery::open(&path) {
                Ok(recovery) => recovered += write(&recovery, &path, core),
                Err(e) => {
                    let mut aside = path.clone().into_os_string();
                    aside.push(".unreadable");
                    // Out of the way of later starts; if that fails, they say the same again.
                    let _ = std::fs::rename(&path, &aside);
                    fault::report(format_args!(
                        "{e}; it is kept as {}",
                        Path::new(&aside).display()
                    ));
                }
            }
        }
        recovered
    }
}

impl Engine {
    /// The arena's file goes; with records in it that no sink took, or that a writer has not come to in time, it stays for
    /// the next start.
    pub(super) fn leave_file(&self, lost: u64) {
        let arena = &self.front.arena;
        // Acquire: pairs with the Release in `finish`.
        let is_whole = lost == 0 && self.finished.load(Ordering::Acquire);
        match (arena.image(), arena.file()) {
            (Some(image), Some(_)) if !is_whole => image.set_ended(),
            (_, Some(file)) => file.remove(),
            _ => {}
        }
    }
}

fn write(recovery: &Recovery, path: &Path, core: &mut Core) -> u64 {
    if let Err(e) = recovery.cut_torn_lines() {
        fault::report(format_args!("cannot cut off a line that was written in part: {e}"));
    }
    let process = recovery.process();
    match core.write_recovered(recovery) {
        Some(count) => {
            if count > 0 {
                fault::report(format_args!("recovered {count} records of process {process}"));
            }
            if let Err(e) = std::fs::remove_file(path) {
                fault::report(format_args!("cannot remove {}: {e}", path.display()));
            }
            count
        }
        None => {
            let path = path.display();
            fault::report(format_args!(
                "the sinks do not take the records of process {process} now: they stay in {path} for the next start"
            ));
            0
        }
    }
}

/// The error of a start whose arena cannot be at `path`.
pub(super) fn cannot_use(field: &'static str, path: &Path, e: &io::Error) -> StartError {
    let remedy = match e.raw_os_error() {
        Some(libc::ENOSPC) => format!("{e}: choose a smaller arena_bytes or another place"),
        Some(_) => format!("{e}: {}", ConfigError::remedy_of_path(e.kind())),
        None => e.to_string(),
    };
    ConfigError::new(field, path.display().to_string(), remedy).into()
}
