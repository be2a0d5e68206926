#![no_main]
//! See `ripsaw_fuzz::template`.
libfuzzer_sys::fuzz_target!(|data: &[u8]| ripsaw_fuzz::template(data));
