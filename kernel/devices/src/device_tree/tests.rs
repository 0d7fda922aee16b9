//! Trees that a small encoder writes (Devicetree Specification 0.4, chapter 5), whole and broken.

use super::*;
use std::vec::Vec;
use std::{assert, assert_eq, format, vec};

/// The structure block and the strings of a tree.
#[derive(Default)]
struct Encoder {
    structure: Vec<u8>,
    strings: Vec<u8>,
    reserved: Vec<(u64, u64)>,
}

impl Encoder {
    fn word(&mut self, word: u32) {
        self.structure.extend(word.to_be_bytes());
    }

    fn pad(&mut self) {
        while !self.structure.len().is_multiple_of(4) {
            self.structure.push(0);
        }
    }

    fn begin(&mut self, name: &str) {
        self.word(1);
        self.structure.extend(name.bytes());
        self.structure.push(0);
        self.pad();
    }

    fn end(&mut self) {
        self.word(2);
    }

    fn property(&mut self, name: &str, value: &[u8]) {
        self.word(3);
        self.word(value.len() as u32);
        self.word(self.strings.len() as u32);
        self.strings.extend(name.bytes());
        self.strings.push(0);
        self.structure.extend(value);
        self.pad();
    }

    fn places(&mut self, places: &[(u64, u64)]) {
        let bytes: Vec<u8> = places
            .iter()
            .flat_map(|(base, size)| [base.to_be_bytes(), size.to_be_bytes()].concat())
            .collect();
        self.property("reg", &bytes);
    }

    fn finish(mut self) -> Vec<u8> {
        self.word(9);
        let mut reserved = Vec::new();
        for (base, size) in self.reserved.iter().chain(&[(0, 0)]) {
            reserved.extend(base.to_be_bytes());
            reserved.extend(size.to_be_bytes());
        }
        let structure = 40 + reserved.len();
        let strings = structure + self.structure.len();
        let words = [
            MAGIC as usize,
            strings + self.strings.len(),
            structure,
            strings,
            40,
            17,
            16,
            0,
            self.strings.len(),
            self.structure.len(),
        ];
        let header = words.iter().flat_map(|word| (*word as u32).to_be_bytes());
        let mut tree: Vec<u8> = header.collect();
        tree.extend(reserved);
        tree.extend(self.structure);
        tree.extend(self.strings);
        tree
    }
}

const BOARDS: &[&str] = &["thead,th1520", "thead,light"];
const IMAGE: Range<u64> = 0x20_0000..0x60_0000;

/// A tree with names, memory, and reserved memory by nodes and by the header.
fn tree(
    names: &str,
    memory: &[(u64, u64)],
    reserved: &[(u64, u64)],
    header: &[(u64, u64)],
) -> Vec<u8> {
    let mut encoder = Encoder {
        reserved: header.to_vec(),
        ..Encoder::default()
    };
    encoder.begin("");
    encoder.property("#address-cells", &2_u32.to_be_bytes());
    encoder.property("#size-cells", &2_u32.to_be_bytes());
    encoder.property("model", b"A Board\0");
    encoder.property("compatible", names.as_bytes());
    for (number, place) in memory.iter().enumerate() {
        encoder.begin(&format!("memory@{number}"));
        encoder.places(&[*place]);
        encoder.end();
    }
    encoder.begin("reserved-memory");
    encoder.property("#address-cells", &2_u32.to_be_bytes());
    encoder.property("#size-cells", &2_u32.to_be_bytes());
    encoder.begin("wanted");
    encoder.property("size", &64_u64.to_be_bytes());
    encoder.end();
    for (base, size) in reserved {
        encoder.begin(&format!("taken@{base:x}"));
        encoder.places(&[(0x4000_0000, 0x1000), (*base, *size)]);
        encoder.end();
    }
    encoder.end();
    encoder.end();
    encoder.finish()
}

const LICHEE: &str = "sipeed,lichee-pi-4a\0sipeed,lichee-module-4a\0thead,th1520\0";
const EIGHT: (u64, u64) = (0, 8 << 30);

#[test]
fn a_board_of_the_chip_with_memory_is_taken() {
    for names in [LICHEE, "thead,light\0"] {
        // The firmware's own memory ends where the image begins.
        let tree = tree(names, &[EIGHT], &[(0, 0x20_0000)], &[(0x60_0000, 0x1000)]);
        let machine = Machine {
            name: "A Board",
            memory: 8 << 30,
        };
        assert_eq!(check(&tree, BOARDS, &IMAGE), Ok(machine));
        assert_eq!(size(*tree.first_chunk().unwrap()), Some(tree.len()));
    }
}

#[test]
fn another_board_is_refused_by_name() {
    let tree = tree("riscv-virtio\0", &[EIGHT], &[], &[]);
    let refusal = Refusal::OtherBoard("A Board");
    assert_eq!(check(&tree, BOARDS, &IMAGE), Err(refusal));
}

#[test]
fn memory_must_have_all_of_the_image() {
    for (memory, last) in [
        (vec![], 0),
        (vec![(0, 0x5f_ffff)], 0x5f_ffff),
        (vec![(0, 0x40_0000), (0x40_0000, 0x40_0000)], 0x80_0000),
        (vec![(0x20_1000, 8 << 30)], 0x2_0020_1000),
    ] {
        let tree = tree(LICHEE, &memory, &[], &[]);
        assert_eq!(check(&tree, BOARDS, &IMAGE), Err(Refusal::NoMemory(last)));
    }
    let tree = tree(LICHEE, &[(1 << 40, 1), (0x20_0000, 0x40_0000)], &[], &[]);
    assert!(check(&tree, BOARDS, &IMAGE).is_ok());
}

#[test]
fn reserved_memory_is_not_taken() {
    for (base, size) in [
        (0, 0x20_0001),
        (0x5f_ffff, 1),
        (0x30_0000, 0x1000),
        (0, 1 << 40),
    ] {
        let refusal = Err(Refusal::Reserved(base, base + size - 1));
        let by_node = tree(LICHEE, &[EIGHT], &[(base, size)], &[]);
        assert_eq!(check(&by_node, BOARDS, &IMAGE), refusal);
        let by_header = tree(LICHEE, &[EIGHT], &[], &[(base, size)]);
        assert_eq!(check(&by_header, BOARDS, &IMAGE), refusal);
    }
}

/// It does not panic whatever the bytes are; each changed byte of each tree.
#[test]
fn a_broken_tree_is_no_reason_to_panic() {
    let whole = tree(LICHEE, &[EIGHT], &[(0, 0x20_0000)], &[(0x60_0000, 0x1000)]);
    for at in 0..whole.len() {
        for value in [0, 1, 0x7f, 0x80, 0xff] {
            let mut broken = whole.clone();
            broken[at] = value;
            let _ = check(&broken, BOARDS, &IMAGE);
        }
        assert_eq!(check(&whole[..at], BOARDS, &IMAGE), Err(Refusal::NoTree));
    }
    assert_eq!(size([0; HEAD]), None);
    assert_eq!(size([0xd0, 0x0d, 0xfe, 0xed, 0xff, 0, 0, 0]), None);
}
