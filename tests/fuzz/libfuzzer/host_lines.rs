//! libFuzzer on `host`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| headroom_fuzz::read("host_lines", bytes));
