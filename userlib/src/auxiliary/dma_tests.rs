//! A part of a DMA pool, lent to a child.

use super::*;
use crate::ForLt;
use crate::dma::{DmaView, LentDma};
use crate::runtime::{Core, Device};
use crate::sys::{Claim, Error, GrantInfo, GrantKind, Rights};
use crate::testing::Board;
use std::vec;
use std::vec::Vec;

/// What the child receives.
#[derive(Lendable)]
#[offer(QueueOffer<'a>)]
struct Queue<'a> {
    received: DmaView<'a, [u32; 4]>,
    sent: DmaView<'a, u8>,
}

/// What the parent gives for it.
struct QueueOffer<'a> {
    received: LentDma<'a, [u32; 4]>,
    sent: LentDma<'a, u8>,
}

type QueueLt = ForLt!(Queue<'_>);

/// The child's binding, with the grants that were lent, changed by `change`.
fn child(board: &Board, change: impl FnOnce(&mut Vec<GrantInfo>)) -> Device<'static, Core> {
    let (identity, mut grants) = {
        let state = board.0.borrow();
        let mut leases = state.leases.iter().rev();
        let (_, lease) = leases.find(|(_, lease)| lease.lent).unwrap();
        (lease.info.payload_type, lease.grants.clone())
    };
    change(&mut grants);
    let device = board.bind(1, "self.queue", grants);
    board.change(device.lease().unwrap(), |lease| {
        lease.info.payload_type = identity;
    });
    device
}

/// Runs the test with a parent whose pool has a part to read at 4096 and one to write at 0, and the first address.
fn with_queue(test: impl FnOnce(&Board, usize, &dyn Fn(usize, u8)) + Send) {
    Board::run(|board| {
        let grant = board.grant(GrantKind::Memory, "dma", 4 * 4096);
        let base = grant.base as usize;
        let parent = board.bind(0, "parent", vec![grant]);
        let mut pool = parent.dma_pool().unwrap();
        assert_eq!(pool.lendable_buffer::<u8>(4095).err(), Some(Error::Invalid));
        assert_eq!(pool.lendable_buffer::<u8>(0).err(), Some(Error::Invalid));
        let sent = pool.lendable_buffer::<u8>(4096).unwrap();
        let received = pool.lendable_buffer::<[u32; 4]>(256).unwrap();
        let small = pool.buffer::<u8>(64).unwrap();
        assert_eq!(pool.lend(&small, Rights::READ).err(), Some(Error::Invalid));
        let region = parent.lend_region(0, 0).unwrap();
        let offer = QueueOffer {
            received: pool.lend(&received, Rights::READ).unwrap(),
            sent: pool.lend(&sent, Rights::READ | Rights::WRITE).unwrap(),
        };
        let kept = Registration::<QueueLt>::new(&parent, &region, "queue", 0, offer).unwrap();
        // What was lent is not given to another use of the parent.
        assert_eq!(pool.free(received), Err(Error::Busy));
        assert_eq!(pool.free(small), Ok(()));
        // The child is another task, which this one stands for as well.
        board.change(parent.lease().unwrap(), |lease| {
            lease.grants[0].claim = Claim::None;
        });
        test(board, base, &|at, byte| {
            // SAFETY: the board's own memory; the parent, or its device, writes.
            unsafe { core::ptr::with_exposed_provenance_mut::<u8>(base + at).write_volatile(byte) }
        });
        drop(kept);
    });
}

#[test]
fn a_part_of_a_pool_arrives_with_the_rights_that_the_parent_gives() {
    with_queue(|board, base, write| {
        let device = child(board, |grants| {
            let lent = |name: &str| {
                let label = crate::sys::label(name);
                *grants.iter().find(|grant| grant.label == label).unwrap()
            };
            let [received, sent] = ["window0", "window1"].map(lent);
            assert_eq!((received.base, received.length), (base as u64 + 4096, 4096));
            assert_eq!((sent.base, sent.length), (base as u64, 4096));
            assert!(!received.rights.contains(Rights::WRITE));
        });
        write(4096 + 16, 7);
        device
            .registration_data_with::<QueueLt, _>(|queue| {
                let Queue { received, sent } = &*queue;
                assert_eq!((received.len(), sent.len()), (256, 4096));
                assert_eq!(received.read(1), Ok([7, 0, 0, 0]));
                let mut two = [[9; 4]; 2];
                received.copy_to(0, &mut two).unwrap();
                assert_eq!(two, [[0; 4], [7, 0, 0, 0]]);
                assert_eq!(received.read(256), Err(Error::Invalid));
                assert_eq!(received.write(0, [1; 4]), Err(Error::Denied));
                assert_eq!(received.copy_from(0, &[[1; 4]]), Err(Error::Denied));
                assert!(!received.is_writable() && sent.is_writable());
                sent.copy_from(4092, b"last").unwrap();
                assert_eq!(sent.read(4095), Ok(b't'));
                assert_eq!(sent.copy_from(4093, b"past"), Err(Error::Invalid));
                assert_eq!(sent.write(4096, 0), Err(Error::Invalid));
            })
            .unwrap();
        board.unbind(&device);
    });
}

#[test]
fn memory_that_a_hostile_parent_lends_instead_is_refused_or_only_smaller() {
    with_queue(|board, base, _| {
        type Change = fn(&mut GrantInfo);
        let changes: [(Change, Option<Error>); 6] = [
            (|grant| grant.kind = GrantKind::Mmio, Some(Error::NoDevice)),
            (|grant| grant.label = 1, Some(Error::NoDevice)),
            (|grant| grant.length = 0, Some(Error::Protocol)),
            (|grant| grant.length = 15, Some(Error::Protocol)),
            (|grant| grant.base += 2, Some(Error::Protocol)),
            (|grant| grant.length = 40, None),
        ];
        for (change, refused) in changes {
            let device = child(board, |grants| {
                let label = crate::sys::label("window0");
                let window = grants.iter_mut().find(|grant| grant.label == label);
                change(window.unwrap());
            });
            let read = device.registration_data_with::<QueueLt, _>(|queue| {
                (queue.received.len(), queue.received.read(2).err())
            });
            match refused {
                Some(error) => assert_eq!(read, Err(error)),
                None => assert_eq!(read, Ok((2, Some(Error::Invalid)))),
            }
            board.unbind(&device);
        }
        let _ = base;
    });
}
