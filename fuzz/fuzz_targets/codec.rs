#![no_main]
//! See `ripsaw_fuzz::codec`.
libfuzzer_sys::fuzz_target!(|data: &[u8]| ripsaw_fuzz::codec(data));
