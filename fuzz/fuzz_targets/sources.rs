#![no_main]

#[path = "../../crates/engine/tests/hostile/doors.rs"]
#[allow(dead_code)]
mod doors;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doors::sources(bytes));
