#![no_main]
//! See `ripsaw_fuzz::config_toml`.
libfuzzer_sys::fuzz_target!(|data: &[u8]| ripsaw_fuzz::config_toml(data));
