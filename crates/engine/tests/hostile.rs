//! Damaged and made-up files at every door, from fixed seeds: the short form of `cargo fuzz`.

#[path = "hostile/doors.rs"]
mod doors;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::path::{Path, PathBuf};
use underglass_engine::artifact::Model;
use underglass_engine::import;
use underglass_engine::seal::Digest;

/// Pieces that parsers stumble over.
const PIECES: [&[u8]; 16] = [
    b"-1",
    b"4294967296",
    b"18446744073709551616",
    b"1e999",
    b"-0.0",
    b"NaN",
    b"null",
    b"[]",
    b"{}",
    b"\"",
    b",",
    b"\n",
    b"\xff\xff\xff\xff\x0f",
    b"\x00\x00\x00\x00",
    b"\xef\xbb\xbf",
    b"[[[[[[[[[[[[[[[[",
];

/// One damaged copy: some bytes changed, cut out, doubled, or replaced by a piece; sometimes cut off.
fn damaged(seed: &[u8], rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..rng.random_range(1..6_u32) {
        let at = rng.random_range(0..bytes.len() as u64 + 1) as usize;
        let to = bytes.len().min(at + rng.random_range(0..24_u64) as usize);
        match rng.random_range(0..6_u32) {
            0 if at < to => bytes[at] ^= 1 << rng.random_range(0..8_u32),
            1 => drop(bytes.drain(at..to)),
            2 => {
                let copy = bytes[at..to].to_vec();
                bytes.splice(at..at, copy);
            }
            3 => drop(bytes.splice(at..to, PIECES[rng.random_range(0..PIECES.len() as u64) as usize].iter().copied())),
            4 if rng.random_range(0..8_u32) == 0 => bytes.truncate(at),
            _ => bytes.insert(at, rng.random_range(0..=255_u8)),
        }
    }
    bytes
}

/// Tries the whole seeds and `n` damaged copies of each.
fn try_door(door: fn(&[u8]), seeds: &[Vec<u8>], n: u32) {
    assert!(!seeds.is_empty());
    let mut rng = ChaCha8Rng::seed_from_u64(seeds.len() as u64);
    for seed in seeds {
        door(seed);
        (0..n).for_each(|_| door(&damaged(seed, &mut rng)));
    }
}

fn workspace(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// The files below a folder of the project whose names end so.
fn files(folder: &str, end: &str) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut folders = vec![workspace(folder)];
    while let Some(folder) = folders.pop() {
        let mut entries: Vec<PathBuf> =
            std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(end) {
                found.push(std::fs::read(path).expect("a file"));
            }
        }
    }
    found
}

#[test]
fn damaged_models_are_answered() {
    let imported = |bytes: &Vec<u8>| {
        let import = import::xgboost::read(bytes).expect("a supported model");
        let file = import.model_file("seed", Digest::of(bytes)).expect("unique names");
        Model::new(file).expect("a sound model").with_probes(1).encode()
    };
    let seeds: Vec<Vec<u8>> = files("crates/golden/cases/trees", ".ubj").iter().map(imported).collect();
    try_door(doors::artifact, &seeds, 400);
}

#[test]
fn damaged_policies_are_answered() {
    try_door(doors::policy, &files("crates/cli/books", "policy.json"), 2_000);
}

#[test]
fn damaged_tables_are_answered() {
    let seeds: [&[u8]; 5] = [
        b"a,b,c\n1,2,3\n4,,6\n",
        b"\xef\xbb\xbfname;amount\r\n\"x;y\";1.234,56\r\n\"line\nbreak\";7\r\n",
        b"a\tb\n'1'\t\"q\"\"q\"\n",
        b"\xff\xfea\0,\0b\0\n\x001\0,\x002\0\n\0",
        b"id|when|flag\n007|2024-02-29|yes\n008|31.12.2024|no\n",
    ];
    try_door(doors::csv, &seeds.map(<[u8]>::to_vec), 3_000);
}

#[test]
fn damaged_sources_are_answered() {
    let seeds = ["bureau.json", "kyc.json", "bank-statement.csv"];
    let seeds = seeds.map(|name| std::fs::read(workspace("www/samples").join(name)).expect("a sample"));
    try_door(doors::sources, &seeds, 500);
}

#[test]
fn damaged_models_of_other_libraries_are_answered() {
    let trees = "crates/golden/cases/trees";
    try_door(doors::xgboost, &files(trees, ".ubj"), 1_000);
    try_door(doors::lightgbm, &files(trees, ".txt"), 1_000);
    try_door(doors::onnx, &files(trees, ".onnx"), 1_000);
}
