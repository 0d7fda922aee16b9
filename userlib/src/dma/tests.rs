//! DMA buffers over a pool.

use super::cache::tests::FLUSHED;
use super::*;
use crate::field;
use crate::ipc::Request;
use crate::sys::{Error, GrantKind, Message, Rights};
use crate::testing::{Board, PEER};
use std::vec;
use zerocopy::{FromBytes, Immutable, IntoBytes};

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
        assert_eq!(
            words.device_address(&master),
            base + 64,
            "a buffer has its lines alone"
        );
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

#[test]
fn buffers_are_freed_and_taken_again_and_never_overlap() {
    Board::run(|board| {
        let grants = vec![board.grant(GrantKind::Memory, "dma", 8192)];
        let base = grants[0].base as usize;
        let device = board.bind(0, "a", grants);
        let mut pool = device.dma_pool().unwrap();
        let mut held: std::vec::Vec<DmaBuffer<'_, u8>> = vec![];
        let mut random = 1_u32;
        let mut exhausted = 0;
        let (rounds, step) = if cfg!(miri) { (120_u32, 16) } else { (4000, 1) };
        for round in 0..rounds {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let (size, align) = ((random >> 8) as usize % 900, 1 << (random >> 24 & 7));
            if random >> 30 != 0
                && let Ok(mut buffer) = pool.aligned_buffer::<u8>(size, align)
            {
                let (start, length) = buffer.memory().range();
                assert!(start >= base && start + length <= base + 8192);
                assert!(start.is_multiple_of(align));
                for other in &held {
                    let (first, count) = other.memory().range();
                    assert!(
                        start + length <= first || first + count <= start || length * count == 0
                    );
                }
                let mut looked_at = (0..size).step_by(step);
                assert!(looked_at.all(|at| buffer.read(at) == Ok(0)), "zeroed again");
                buffer.copy_from(0, &vec![0xa5; size]).unwrap();
                held.push(buffer);
            } else {
                exhausted += u32::from(random >> 30 != 0);
                if !held.is_empty() {
                    let gone = held.swap_remove(round as usize % held.len());
                    assert_eq!(pool.free(gone), Ok(()));
                }
            }
        }
        assert!(exhausted > rounds / 40, "it was full at times");
        held.into_iter()
            .for_each(|buffer| pool.free(buffer).unwrap());
        assert!(pool.buffer::<u8>(8192).is_ok(), "all of it is back");
    });
}

#[test]
fn a_device_has_several_pools_and_a_buffer_belongs_to_one() {
    Board::run(|board| {
        let grants = vec![
            board.grant(GrantKind::Memory, "dma", 100),
            board.grant(GrantKind::Memory, "other", 4096),
            board.grant(GrantKind::Memory, "dma", 4096),
        ];
        let bases = [grants[0].base, grants[2].base];
        let device = board.bind(0, "a", grants);
        let mut second = device.dma_pool_at(1).unwrap();
        let mut first = device.dma_pool().unwrap();
        assert_eq!(device.dma_pool_at(1).err(), Some(Error::Busy));
        assert_eq!(device.dma_pool_at(2).err(), Some(Error::NoDevice));
        let one = first.buffer::<u8>(100).unwrap();
        let other = second.buffer::<u8>(100).unwrap();
        assert_eq!(one.memory().range(), (bases[0] as usize, 100));
        assert_eq!(other.memory().range(), (bases[1] as usize, 100));
        assert_eq!(first.free(other), Err(Error::Invalid));
        assert_eq!(second.lend(&one, Rights::READ).err(), Some(Error::Invalid));
        assert_eq!(first.free(one), Ok(()));
        assert!(first.buffer::<u8>(100).is_ok());
    });
}

#[derive(Clone, Copy, Debug, PartialEq, FromBytes, IntoBytes, Immutable)]
#[repr(C)]
struct Descriptor {
    address: u64,
    length: u32,
    flags: u16,
    next: u16,
}

#[derive(FromBytes, IntoBytes, Immutable)]
#[repr(C)]
struct Crooked {
    low: u8,
    wide: [u8; 4],
}

#[test]
fn values_are_copied_in_bulk_and_fields_are_changed_in_place() {
    Board::run(|board| {
        let device = board.bind(0, "a", vec![board.grant(GrantKind::Memory, "dma", 4096)]);
        let mut pool = device.dma_pool().unwrap();
        let mut bytes = pool.buffer::<u8>(300).unwrap();
        let text: std::vec::Vec<u8> = (0..=255).collect();
        bytes.copy_from(3, &text).unwrap();
        let mut back = [0; 256];
        bytes.copy_to(3, &mut back).unwrap();
        assert_eq!(back[..], text[..]);
        assert_eq!((bytes.read(2), bytes.read(3 + 256)), (Ok(0), Ok(0)));
        for (at, length) in [(45, 256), (301, 0), (usize::MAX, 2), (0, 301)] {
            let refused = Err(Error::Invalid);
            assert_eq!(bytes.copy_from(at, &vec![1; length]), refused);
            assert_eq!(bytes.copy_to(at, &mut vec![1; length]), refused);
        }
        assert_eq!(
            bytes.read(45),
            Ok(42),
            "nothing of what is refused is copied"
        );
        assert_eq!(bytes.copy_from(300, &[]), Ok(()));
        let mut ring = pool.buffer::<Descriptor>(2).unwrap();
        let whole = Descriptor {
            address: u64::MAX,
            length: 5,
            flags: 6,
            next: 7,
        };
        ring.copy_from(0, &[whole, whole]).unwrap();
        ring.write_field(1, field!(Descriptor, flags), 9).unwrap();
        assert_eq!(ring.read(1), Ok(Descriptor { flags: 9, ..whole }));
        assert_eq!(ring.read(0), Ok(whole));
        assert_eq!(ring.read_field(1, field!(Descriptor, next)), Ok(7));
        let refused = Err(Error::Invalid);
        assert_eq!(ring.read_field(2, field!(Descriptor, next)), refused);
        // By hand: past the end of the structure.
        let past = Field::<Descriptor, u32>::of(|whole| &whole.length, 13);
        assert_eq!(ring.read_field(0, past), Err(Error::Invalid));
        let past = Field::<Descriptor, u32>::of(|whole| &whole.length, usize::MAX);
        assert_eq!(ring.write_field(0, past, 1), Err(Error::Invalid));
        let crooked = Field::<Descriptor, u32>::of(|whole| &whole.length, 7);
        ring.write_field(0, crooked, 0x0102_0304).unwrap();
        assert_eq!(ring.read_field(0, crooked), Ok(0x0102_0304));
        assert_eq!(ring.read(0).unwrap().address, u64::MAX >> 8 | 4 << 56);
        let mut crooked = pool.buffer::<Crooked>(2).unwrap();
        crooked
            .write_field(1, field!(Crooked, wide), [1, 2, 3, 4])
            .unwrap();
        assert_eq!(crooked.read(1).unwrap().as_bytes(), [0, 1, 2, 3, 4]);
    });
}

/// Whole lines are written back and dropped where the owner changes, and nowhere else.
#[test]
fn whose_a_buffer_is_says_its_type_and_lines_change_hands_with_it() {
    let flushed = || FLUSHED.take();
    Board::run(|board| {
        let grants = vec![
            board.grant(GrantKind::Memory, "dma", 4096),
            board.grant_at(GrantKind::BusMaster, "bus-master", 0x3000_0000, 4096),
        ];
        let base = grants[0].base as usize;
        let device = board.bind(0, "a", grants);
        let mut pool = device.dma_pool().unwrap();
        let buffer = pool.buffer::<u32>(40).unwrap();
        assert_eq!(flushed(), [(base, 160)], "what was zeroed");
        let mut buffer = buffer.owned();
        flushed();
        buffer.copy_from(0, &[7; 40]).unwrap();
        buffer.write(3, 8).unwrap();
        assert_eq!(buffer.read(3), Ok(8));
        assert_eq!(flushed(), [], "its driver's: nothing to do");
        let master = device.bus_master().unwrap();
        let buffer = buffer.to_device(&master);
        assert_eq!(flushed(), [(base, 160)]);
        assert_eq!(buffer.device_address(&master), base as u64);
        // The device writes.
        // SAFETY: the board's own memory.
        unsafe { core::ptr::with_exposed_provenance_mut::<u32>(base + 4).write_volatile(9) };
        let buffer = buffer.from_device();
        assert_eq!(flushed(), [(base, 160)]);
        assert_eq!((buffer.read(0), buffer.read(1)), (Ok(7), Ok(9)));
        assert_eq!(flushed(), []);
        assert_eq!(pool.free(buffer), Ok(()));
        // Of both: each access is one of memory.
        let mut shared = pool.buffer::<u32>(40).unwrap();
        flushed();
        shared.write(2, 1).unwrap();
        let _ = shared.read(39);
        shared.copy_from(38, &[1, 1]).unwrap();
        let wanted = [(base + 8, 4), (base + 156, 4), (base + 152, 8)];
        assert_eq!(flushed(), wanted);
        for past in [40, usize::MAX] {
            assert_eq!(shared.read(past), Err(Error::Invalid));
        }
        assert_eq!(flushed(), []);
    });
}

#[test]
fn a_loan_of_a_client_is_copied_without_a_buffer_between() {
    Board::run(|board| {
        let device = board.bind(0, "a", vec![board.grant(GrantKind::Memory, "dma", 4096)]);
        let mut pool = device.dma_pool().unwrap();
        let mut buffer = pool.buffer::<u8>(1000).unwrap();
        let text: std::vec::Vec<u8> = (0..400).map(|at| at as u8).collect();
        board.0.borrow_mut().loans = vec![(Rights::READ | Rights::WRITE, text)];
        let message = Message::EMPTY;
        let request = Request::new(crate::sys::TaskHandle::from_raw(PEER), &message);
        let (from, into) = (
            request.read_loan(0).unwrap(),
            request.write_loan(0).unwrap(),
        );
        buffer.take(100..400, &from, 50).unwrap();
        assert_eq!((buffer.read(99), buffer.read(100)), (Ok(0), Ok(50)));
        assert_eq!(
            (buffer.read(399), buffer.read(400)),
            (Ok(349_u32 as u8), Ok(0))
        );
        assert_eq!(
            buffer.take(100..500, &from, 1),
            Err(Error::Invalid),
            "past the loan"
        );
        assert_eq!(
            buffer.take(900..1001, &from, 0),
            Err(Error::Invalid),
            "past the end"
        );
        assert_eq!(buffer.take(0..1, &from, usize::MAX), Err(Error::Invalid));
        buffer.copy_from(0, &[0xee; 400]).unwrap();
        buffer.give(0..129, &into, 271).unwrap();
        let loan = board.0.borrow().loans[0].1.clone();
        assert_eq!((loan[270], loan[271], loan[399]), (14, 0xee, 0xee));
        assert_eq!(buffer.give(0..129, &into, 272), Err(Error::Invalid));
    });
}

/// A device of the chip has no switch for bus mastering: a pool of its own says that it may access memory.
#[test]
fn a_device_of_the_chip_masters_the_bus_if_it_has_a_pool() {
    Board::run(|board| {
        let grants = vec![board.grant(GrantKind::Memory, "dma", 4096)];
        let base = grants[0].base;
        let device = board.bind(0, "dmac", grants);
        let master = device.bus_master().unwrap();
        let buffer = device.dma_pool().unwrap().buffer::<u32>(4).unwrap();
        let buffer = buffer.owned().to_device(&master);
        assert_eq!(buffer.device_address(&master), base);
        let grants = vec![board.grant(GrantKind::Memory, "other", 4096)];
        let device = board.bind(1, "none", grants);
        assert_eq!(device.bus_master().err(), Some(Error::NoDevice));
    });
}
