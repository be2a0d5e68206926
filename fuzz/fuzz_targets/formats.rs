#![no_main]
//! See `ripsaw_fuzz::formats`.
libfuzzer_sys::fuzz_target!(|data: &[u8]| ripsaw_fuzz::formats(data));
