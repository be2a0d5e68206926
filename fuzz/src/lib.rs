//! What the fuzz targets check, and every seed of theirs as an ordinary test.
//!
//! A target is a function over bytes that panics where Ripsaw breaks a promise. `cargo xtask fuzz codec`
//! looks for such bytes; `cargo test --manifest-path fuzz/Cargo.toml` replays the ones in `seeds/`.

mod codec;
mod config;
mod config_toml;
mod formats;
mod input;
mod logfmt;
mod recovery;
mod template;

pub use codec::codec;
pub use config::config;
pub use config_toml::config_toml;
pub use formats::formats;
pub use input::frame;
pub use recovery::recovery;
pub use template::template;

/// A name, and what it checks.
#[cfg(test)]
type Target = (&'static str, fn(&[u8]));

/// Every target, with the folder of its seeds. A new one stands here, in `fuzz_targets/` and in `Cargo.toml`, and has at
/// least five seeds.
#[cfg(test)]
const TARGETS: [Target; 6] = [
    ("codec", codec),
    ("config", config),
    ("config_toml", config_toml),
    ("formats", formats),
    ("recovery", recovery),
    ("template", template),
];

#[cfg(test)]
use ripsaw::codec::{Value, header};

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    /// Runs `check` over every file in `seeds/<target>/`, and over prefixes of it.
    fn replay(target: &str, check: fn(&[u8])) {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target);
        let mut count = 0;
        for entry in fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            println!("{}", path.display());
            let data = fs::read(&path).unwrap();
            check(&data);
            (0..data.len()).step_by(7).for_each(|end| check(&data[..end]));
            count += 1;
        }
        assert!(count >= 5, "only {count} seeds in {}", dir.display());
    }

    #[test]
    fn seeds() {
        super::TARGETS.iter().for_each(|(target, check)| replay(target, *check));
    }

    #[test]
    fn every_target_is_replayed() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz_targets");
        let files = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
        let mut names: Vec<_> =
            files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
        names.sort();
        assert!(names.iter().eq(super::TARGETS.iter().map(|(name, _)| name)), "{names:?}");
    }

    /// Lists in lists, far deeper than anyone writes them: as many as a frame can hold.
    #[test]
    fn deepest_frame() {
        let mut words = super::frame(1, 2, &(&super::Value::List(Vec::new()), ()));
        let (head, list) = words.split_at(words.len() - 1);
        // A tag and the count 0 in four bytes; the count becomes 1 in all but the last.
        let empty = list[0].to_ne_bytes()[..5].to_vec();
        let full = [empty[0], 1, 0, 0, 0];
        let levels = (super::header::MAX_WORDS - head.len()) * 8 / 5;
        let bytes = [full.repeat(levels - 1), empty].concat();
        let mut head = head.to_vec();
        *head.last_mut().unwrap() = bytes.len() as u64;
        words = [head, super::input::words(&bytes)].concat();
        let data: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        super::codec(&data);
    }

    /// Every byte of every seed changed in a few ways: the first step of a fuzzer, on every toolchain.
    #[test]
    fn damaged_seeds() {
        // The seeds of `recovery` are nothing but damage.
        for (target, check) in super::TARGETS.into_iter().filter(|(name, _)| *name != "recovery") {
            let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target);
            for entry in fs::read_dir(&dir).unwrap() {
                let mut data = fs::read(entry.unwrap().path()).unwrap();
                for at in 0..data.len() {
                    let whole = data[at];
                    for other in [0, 0xFF, whole ^ 0x80, whole.wrapping_add(1)] {
                        data[at] = other;
                        check(&data);
                    }
                    data[at] = whole;
                }
            }
        }
    }
}
