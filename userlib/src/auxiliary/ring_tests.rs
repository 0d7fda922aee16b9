//! Rings between a parent and its child.

use super::*;
use crate::ForLt;
use crate::runtime::{Bound, Core, Device};
use crate::sys::Error;
use crate::testing::Board;
use std::vec;
use std::vec::Vec;

/// What the child receives.
#[derive(Lendable)]
#[offer(QueueOffer<'a>)]
struct Queue<'a> {
    requests: RingSender<'a, [u32; 2], 4>,
    answers: RingReceiver<'a, u16, 8>,
}

/// What the parent gives for it.
struct QueueOffer<'a> {
    requests: LentEnd<'a, RingSender<'a, [u32; 2], 4>>,
    answers: LentEnd<'a, RingReceiver<'a, u16, 8>>,
}

type QueueLt = ForLt!(Queue<'_>);

fn child(board: &Board) -> Device<'static, Core> {
    let (info, grants) = {
        let state = board.0.borrow();
        let mut leases = state.leases.iter().rev();
        let (_, lease) = leases.find(|(_, lease)| lease.lent).unwrap();
        (lease.info, lease.grants.clone())
    };
    let device = board.bind(1, "self.queue", grants);
    board.change(device.lease().unwrap(), |lease| {
        lease.info.payload_type = info.payload_type;
    });
    device
}

fn with<R>(device: &Device<'_, Bound>, access: impl FnOnce(&Queue<'_>) -> R) -> Result<R, Error> {
    device.registration_data_with::<QueueLt, _>(|queue| access(&queue))
}

#[test]
fn entries_go_both_ways_and_a_new_life_of_the_child_goes_on() {
    Board::run(|board| {
        let parent = board.bind(0, "parent", vec![]);
        let region = parent.lend_region(0, 128).unwrap();
        let (requests, to_child) = region.ring_from_child::<[u32; 2], 4>().unwrap();
        let (answers, from_child) = region.ring_to_child::<u16, 8>().unwrap();
        let full = region.ring_to_child::<[u64; 1024], 4>();
        assert_eq!(full.err(), Some(Error::Exhausted));
        let offer = QueueOffer {
            requests: to_child,
            answers: from_child,
        };
        let kept = Registration::<QueueLt>::new(&parent, &region, "queue", 0, offer).unwrap();
        let device = child(board);
        let pushed = with(&device, |queue| {
            let pushed: Vec<_> = (0..5)
                .map(|number| queue.requests.push([number, !number]))
                .collect();
            assert!(!queue.requests.publish(), "the parent does not wait");
            pushed
        });
        let wanted = [Ok(()), Ok(()), Ok(()), Ok(()), Err(Error::Exhausted)];
        assert_eq!(pushed.unwrap(), wanted);
        assert_eq!(with(&device, |queue| queue.requests.wait()), Ok(Ok(true)));
        assert_eq!(requests.pop(), Ok(Some([0, !0])));
        assert!(requests.release(), "the child waits for room");
        for answer in [7, 8, 9] {
            answers.push(answer).unwrap();
        }
        assert!(!answers.publish());
        let answer = with(&device, |queue| {
            let answer = queue.answers.pop();
            assert!(!queue.answers.release());
            answer
        });
        assert_eq!(answer, Ok(Ok(Some(7))));
        board.unbind(&device);
        // The child's next life.
        let device = child(board);
        with(&device, |queue| {
            assert_eq!(queue.answers.pop(), Ok(Some(8)));
            assert_eq!(queue.answers.pop(), Ok(Some(9)));
            let turn = queue.answers.turn().unwrap();
            assert!(turn.wait && !turn.notify);
            assert_eq!(queue.requests.push([4, !4]), Ok(()));
            assert!(!queue.requests.publish());
        })
        .unwrap();
        answers.push(10).unwrap();
        assert!(answers.publish(), "the child waits");
        for number in 1..5 {
            assert_eq!(requests.pop(), Ok(Some([number, !number])));
        }
        assert_eq!(requests.pop(), Ok(None));
        board.unbind(&device);
        drop(kept);
    });
}

/// A task that plays both sides has the child's ends without a payload.
#[test]
fn the_child_s_ends_in_the_parent_itself() {
    Board::run(|board| {
        let parent = board.bind(0, "parent", vec![]);
        let region = parent.lend_region(0, 128).unwrap();
        let (requests, to_child) = region.ring_from_child::<[u32; 2], 4>().unwrap();
        let (answers, from_child) = region.ring_to_child::<u16, 8>().unwrap();
        let (sender, receiver) = (to_child.take().unwrap(), from_child.take().unwrap());
        for number in 0..6 {
            sender.push([number, !number]).unwrap();
            assert!(!sender.publish());
            assert_eq!(requests.pop(), Ok(Some([number, !number])));
            assert!(!requests.release());
            answers.push(number as u16).unwrap();
            assert!(!answers.publish());
            assert_eq!(receiver.pop(), Ok(Some(number as u16)));
            assert!(!receiver.release());
        }
        assert_eq!(receiver.pop(), Ok(None));
        // An end that is taken once more goes on where the ring is.
        sender.push([7; 2]).unwrap();
        assert!(!sender.publish());
        let again = to_child.take().unwrap();
        again.push([8; 2]).unwrap();
        assert!(!again.publish());
        assert_eq!(requests.pop(), Ok(Some([7; 2])));
        assert_eq!(requests.pop(), Ok(Some([8; 2])));
        assert_eq!(requests.pop(), Ok(None));
    });
}

/// The words of a ring as a hostile parent may leave them, when a child takes its end and uses it.
#[test]
fn a_ring_with_impossible_words_is_refused_or_harmless() {
    Board::run(|board| {
        let parent = board.bind(0, "parent", vec![]);
        let region = parent.lend_region(0, 128).unwrap();
        let (_, requests) = region.ring_from_child::<[u32; 2], 4>().unwrap();
        let (_, answers) = region.ring_to_child::<u16, 8>().unwrap();
        let offer = QueueOffer { requests, answers };
        let kept = Registration::<QueueLt>::new(&parent, &region, "queue", 0, offer).unwrap();
        let words = region.shared().unwrap().base.cast::<[u32; 4]>();
        let cells = region.cells().base.cast::<[u32; 2]>();
        // SAFETY: the payload of this test, at the start of its region.
        let places = unsafe { cells.read_volatile() };
        for (put, taken, refused) in [
            (4, 0, false),
            (5, 0, true),
            (0, 1, true),
            (u32::MAX, 3, true),
        ] {
            // SAFETY: the words of the first ring.
            unsafe { words.write_volatile([put, taken, u32::MAX, 1]) };
            let device = child(board);
            let used = with(&device, |queue| {
                assert_eq!(queue.requests.push([0; 2]), Err(Error::Exhausted));
                // SAFETY: as above.
                unsafe { words.write_volatile([put, u32::MAX, 1, 1]) };
                assert_eq!(queue.requests.push([0; 2]), Err(Error::Protocol));
            });
            assert_eq!(
                used,
                if refused {
                    Err(Error::Protocol)
                } else {
                    Ok(())
                }
            );
            board.unbind(&device);
        }
        // SAFETY: as above.
        unsafe { words.write_volatile([0; 4]) };
        for place in [1, 8, 4096, 4096 - 16, u32::MAX - 15, u32::MAX] {
            // SAFETY: as above.
            unsafe { cells.write_volatile([place, places[1]]) };
            let device = child(board);
            let refused = with(&device, |_| ());
            assert_eq!(refused, Err(Error::Protocol), "{place:#x}");
            board.unbind(&device);
        }
        drop(kept);
    });
}
