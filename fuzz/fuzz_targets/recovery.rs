#![no_main]
//! See `ripsaw_fuzz::recovery`.
libfuzzer_sys::fuzz_target!(|data: &[u8]| ripsaw_fuzz::recovery(data));
