//! libFuzzer on `remote_write`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| headroom_fuzz::read("remote_write", bytes));
