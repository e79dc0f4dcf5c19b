//! libFuzzer on `agent_configuration`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| headroom_fuzz::read("agent_configuration", bytes));
