//! The two copies of memory, and what moves lines between them.

use super::*;

const AT: u64 = 0x1000;

fn memory() -> Memory {
    let mut memory = Memory::new(0, 0x10_0000, false);
    memory.place(AT, &[1; 128]).unwrap();
    memory
}

#[test]
fn a_store_is_not_seen_by_a_device_until_its_line_is_cleaned() {
    let mut memory = memory();
    memory.store(AT, [2_u8]).unwrap();
    assert_eq!(memory.dma_read(AT, 1).unwrap(), [1]);
    memory.care(AT + 64, true, false);
    assert_eq!(memory.dma_read(AT, 1).unwrap(), [1], "another line");
    memory.care(AT + 63, true, false);
    assert_eq!(memory.dma_read(AT, 1).unwrap(), [2]);
    assert!(!memory.is_dirty(AT));
}

#[test]
fn what_a_device_wrote_is_seen_after_an_invalidation() {
    let mut memory = memory();
    memory.dma_write(AT, &[3]).unwrap();
    assert_eq!(memory.load(AT), Some([1_u8]));
    memory.care(AT, true, false);
    assert_eq!(
        memory.load(AT),
        Some([1_u8]),
        "cleaning a clean line moves nothing"
    );
    assert_eq!(memory.dma_read(AT, 1).unwrap(), [3]);
    memory.care(AT, false, true);
    assert_eq!(memory.load(AT), Some([3_u8]));
}

#[test]
fn an_invalidation_loses_what_shares_the_line() {
    let mut memory = memory();
    memory.store(AT + 8, [9_u8]).unwrap();
    memory.care(AT, false, true);
    assert_eq!(memory.load(AT + 8), Some([1_u8]));
}

#[test]
fn a_dirty_line_written_back_early_overwrites_what_a_device_wrote() {
    let mut memory = memory();
    memory.store(AT, [2_u8]).unwrap();
    memory.dma_write(AT + 8, &[7]).unwrap();
    assert_eq!(memory.write_back_some(5), Some(AT));
    assert_eq!(memory.dma_read(AT, 9).unwrap(), [2, 1, 1, 1, 1, 1, 1, 1, 1]);
    assert_eq!(memory.write_back_some(5), None);
}

#[test]
fn a_coherent_memory_has_one_copy() {
    let mut memory = Memory::new(0, 0x10_0000, true);
    memory.store(AT, [2_u8]).unwrap();
    assert_eq!(memory.dma_read(AT, 1).unwrap(), [2]);
    memory.dma_write(AT, &[3]).unwrap();
    assert_eq!(memory.load(AT), Some([3_u8]));
}

#[test]
fn ranges_go_over_pages_and_not_out_of_memory() {
    let mut memory = memory();
    memory.place(0x1ffe, &[1, 2, 3, 4]).unwrap();
    assert_eq!(memory.peek(0x1ffe, 4).unwrap(), [1, 2, 3, 4]);
    assert_eq!(memory.place(0xf_fffe, &[1, 2, 3]), None);
    assert_eq!(memory.peek(u64::MAX, 4), None);
    assert_eq!(memory.load::<1>(0x10_0000), None);
}
