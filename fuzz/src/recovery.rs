//! The file of an arena may hold anything: it is an error, or its records can be printed.

use ripsaw::format::{Format, Json, KeyValue, Text};
use ripsaw::sink::Sink;
use ripsaw::{Event, Level, Logger, Recovery};
use std::io;
use std::path::PathBuf;
use std::sync::LazyLock;

/// Takes nothing, so that every record is still in the arena.
struct Dead;

impl Sink for Dead {
    fn write(&mut self, _batch: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::StorageFull.into())
    }
    fn name(&self) -> String {
        std::env::temp_dir().join("ripsaw-fuzz-of-no-log").display().to_string()
    }
}

/// The words of a file that a process left which logged a little of everything.
static WHOLE: LazyLock<Vec<u64>> = LazyLock::new(|| {
    let path = std::env::temp_dir().join(format!("ripsaw-fuzz-{}.arena", std::process::id()));
    let builder = ripsaw::builder().sink(Dead).manual().arena_file(&path);
    let guard = builder.arena_bytes(8 * 1024).block_bytes(1024).start_local().expect("starts");
    let attached = guard.attach();
    let logger = Logger::new("named").with("tenant", "eu").with("list", vec![1, 2]);
    ripsaw::info!(logger: &logger, px = 1.5, qty = -3, "filled {:>8.2}", 2.5);
    ripsaw::warn!(list = ?[1, 2], name = "x", "plain");
    ripsaw::error!("{}", "large ".repeat(300));
    Event::new(Level::Info, "dynamic").field("key", "value").emit();
    let _ = guard.handle().flush(std::time::Duration::ZERO);
    let bytes = std::fs::read(&path).expect("the file is there");
    drop(attached);
    let _ = guard.shutdown(std::time::Duration::ZERO);
    drop(std::fs::remove_file(&path));
    crate::input::words(&bytes)
});

/// The same checksum as that of the header, so that what is behind it is reached.
fn checksum(words: &[u64]) -> u64 {
    words.iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, word| {
        (hash ^ word).wrapping_mul(0x100_0000_01b3).rotate_left(29)
    })
}

/// Each twelve bytes put a word somewhere into the file: four say where, eight what.
pub fn recovery(data: &[u8]) {
    let mut words = WHOLE.clone();
    // What the header, the tables and the frames hold is hit as often as the large rest.
    let few = [17, 64, 512, 4096, words.len()];
    for patch in data.as_chunks::<12>().0 {
        let (at, value) = patch.split_first_chunk::<4>().expect("there are twelve");
        let at = u32::from_le_bytes(*at) as usize;
        let value = u64::from_le_bytes(value.try_into().expect("there are eight"));
        let upto = few[at % few.len()];
        words[(at / few.len()) % upto] = value;
    }
    check(&words);
    words[16] = checksum(&words[..16]);
    check(&words);
    if let Some(cut) = data.first() {
        words.truncate(words.len() * usize::from(*cut) / 256);
        check(&words);
    }
}

fn check(words: &[u64]) {
    let Ok(recovery) = Recovery::of_words(PathBuf::from("fuzz"), words) else { return };
    let mut formats: [Box<dyn Format>; 3] =
        [Box::new(Text::new()), Box::new(KeyValue::new()), Box::new(Json::new())];
    let mut out = Vec::new();
    for record in recovery.records() {
        for format in &mut formats {
            out.clear();
            format.record(&record, &mut out);
            assert_eq!(out.iter().filter(|byte| **byte == b'\n').count(), 1);
        }
        let _: serde_json::Value = serde_json::from_slice(&out).expect("JSON");
    }
}
