//! DMA buffers over a pool.

use super::*;
use crate::testing::Board;
use std::vec;

#[test]
fn buffers_are_apart_aligned_zeroed_and_addressed_while_the_device_is_master() {
    Board::run(|board| {
        let grants = vec![
            board.grant(GrantKind::Memory, "dma", 4096),
            board.grant_at(GrantKind::BusMaster, "bus-master", 0x3000_0000, 4096),
        ];
        let base = grants[0].base;
        let device = board.bind(0, "edu", grants);
        let mut pool = device.dma_pool().unwrap();
        assert_eq!(device.dma_pool().err(), Some(Error::Busy), "once a binding");
        let master = device.bus_master().unwrap();
        assert_eq!(device.bus_master().err(), Some(Error::Busy));
        let mut bytes = pool.buffer::<u8>(3).unwrap();
        let mut words = pool.buffer::<u64>(4).unwrap();
        assert_eq!(bytes.device_address(&master), base);
        assert_eq!(words.device_address(&master), base + 8);
        let page = pool.aligned_buffer::<[u8; 16]>(1, 256).unwrap();
        assert_eq!(page.device_address(&master) % 256, 0);
        words.write(3, u64::MAX).unwrap();
        bytes.write(2, 7).unwrap();
        assert_eq!(
            (words.read(3), words.read(2), bytes.read(2)),
            (Ok(u64::MAX), Ok(0), Ok(7))
        );
        assert_eq!(
            (words.read(4), words.write(4, 1)),
            (Err(Error::Invalid), Err(Error::Invalid))
        );
        assert_eq!(pool.buffer::<u8>(5000).err(), Some(Error::Exhausted));
        assert_eq!(
            pool.buffer::<u64>(usize::MAX / 4).err(),
            Some(Error::Exhausted)
        );
        assert_eq!(pool.aligned_buffer::<u8>(1, 3).err(), Some(Error::Invalid));
        drop(master);
        assert_eq!(
            board.journal().last().map(std::string::String::as_str),
            Some("unclaim 1")
        );
        device.bus_master().unwrap();
        board.unbind(&device);
    });
}

#[test]
fn without_the_grants_there_is_no_device() {
    Board::run(|board| {
        let device = board.bind(0, "edu", vec![]);
        assert_eq!(device.dma_pool().err(), Some(Error::NoDevice));
        assert_eq!(device.bus_master().err(), Some(Error::NoDevice));
    });
}
