//! libFuzzer on `addresses`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| headroom_fuzz::read("addresses", bytes));
