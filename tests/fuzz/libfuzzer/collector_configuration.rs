//! libFuzzer on `collector_configuration`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| headroom_fuzz::read("collector_configuration", bytes));
