//! Settings that are fixed at the start.

use crate::clock::Clock;
use crate::error::ConfigError;
use crate::lane::Overflow;
use crate::meta::{Level, LevelFilter};
use crate::process::CallerSteps;
use std::path::PathBuf;
use std::time::Duration;

/// The part that is fixed at the start.
#[derive(Clone, Debug)]
pub(crate) struct EngineSettings {
    pub(crate) arena_bytes: usize,
    pub(crate) arena_file: Option<PathBuf>,
    pub(crate) crash_file: Option<PathBuf>,
    /// As the user set it.
    pub(crate) block_bytes: Option<usize>,
    pub(crate) overflow: [Overflow; Level::ALL.len()],
    pub(crate) flush_on: LevelFilter,
    pub(crate) flush_at_exit: bool,
    pub(crate) flush_on_panic: bool,
    pub(crate) log_panics: bool,
    pub(crate) flush_on_signals: Option<Duration>,
    pub(crate) flush_on_crash: Option<Duration>,
    pub(crate) follow_forks: bool,
    pub(crate) clock: Clock,
    pub(crate) max_delay: Duration,
    pub(crate) manual: bool,
    pub(crate) log_facade: bool,
    pub(crate) caller: CallerSteps,
}

/// The arena unless it is set: see [`Builder::arena_bytes`]. Under stress it is the smallest of which a quarter is as large as
/// the largest record.
const ARENA: usize = if cfg!(ripsaw_stress) { 2 << 20 } else { 16 << 20 };
/// The smallest and the largest block unless it is set: see [`Builder::block_bytes`]. Under stress a block holds a few
/// records, so that nearly every call has to do with the next block, and large records come in pieces.
const BLOCK: (usize, usize) = if cfg!(ripsaw_stress) { (512, 512) } else { (4 << 10, 64 << 10) };

impl Default for EngineSettings {
    fn default() -> EngineSettings {
        EngineSettings {
            arena_bytes: ARENA,
            arena_file: None,
            crash_file: None,
            block_bytes: None,
            overflow: [Overflow::Shed; Level::ALL.len()],
            flush_on: LevelFilter::Off,
            flush_at_exit: true,
            flush_on_panic: true,
            log_panics: false,
            flush_on_signals: None,
            flush_on_crash: None,
            follow_forks: false,
            clock: Clock::Auto,
            max_delay: Duration::from_millis(50),
            manual: false,
            log_facade: true,
            caller: CallerSteps::default(),
        }
    }
}

impl EngineSettings {
    /// Bytes of a block.
    pub(crate) fn block(&self) -> usize {
        let share = 1 << (self.arena_bytes / 256).max(1).ilog2();
        self.block_bytes.unwrap_or(share.clamp(BLOCK.0, BLOCK.1))
    }

    /// What is wrong with the settings that need a writer's thread.
    pub(crate) fn check_handlers(&self) -> Result<(), ConfigError> {
        let shown = |deadline: Option<Duration>| deadline.map(|deadline| format!("{deadline:?}"));
        let asked = [
            ("flush_on_signals", shown(self.flush_on_signals)),
            // It switches on the one below, which nobody may have written.
            ("crash_file", self.crash_file.as_ref().map(|path| path.display().to_string())),
            ("flush_on_crash", shown(self.flush_on_crash)),
        ];
        for (field, value) in asked {
            if let Some(value) = value.filter(|_| self.manual) {
                let remedy = "needs the writer's thread: leave it out, or leave out `manual`";
                return Err(ConfigError::new(field, value, remedy));
            }
        }
        Ok(())
    }

    /// The number of blocks, or what is wrong with the sizes.
    pub(crate) fn blocks(&self) -> Result<usize, ConfigError> {
        let block = self.block();
        if !block.is_power_of_two() || !(512..=256 << 10).contains(&block) {
            let remedy = "use a power of two from 512 to 262144";
            return Err(ConfigError::new("block_bytes", block.to_string(), remedy));
        }
        let blocks = self.arena_bytes / block;
        if !(4..=1 << 20).contains(&blocks) {
            let remedy =
                format!("use {} to {} for blocks of {block} bytes", block * 4, block << 20);
            return Err(ConfigError::new("arena_bytes", self.arena_bytes.to_string(), remedy));
        }
        Ok(blocks)
    }
}
