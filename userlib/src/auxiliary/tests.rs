//! Payloads across tasks: round trips, refusals, corrupted bytes.

mod windows;

use super::*;
use crate::auxiliary::payload_type;
use crate::io::Window;
use crate::runtime::{Bound, Core, Device, Task};
use crate::sys::{Error, GrantKind, Rights, mock};
use crate::testing::{Board, OWN, PEER};
use crate::{CovariantForLt, ForLt};
use core::cell::Cell;
use std::vec;
use std::vec::Vec;

/// A payload of every kind of part, used by copy and by lock. Covariant.
#[derive(Lendable, for_lt::CovariantFamily)]
struct Part<'a> {
    number: u32,
    flag: bool,
    count: Lent<'a, u64>,
    shared: LentMutex<'a, [u32; 3]>,
    nested: Inner<'a>,
}

#[derive(Lendable)]
struct Inner<'a>(Lent<'a, [u16; 3]>, [u8; 5]);

/// One that cannot be shortened.
#[derive(Lendable)]
#[offer(QueueOffer<'a>)]
struct Queue<'a> {
    registers: Window<'a, 0x1000>,
    length: u16,
}

/// What the parent gives for it.
struct QueueOffer<'a> {
    registers: LentWindow<'a, 0x1000>,
    length: u16,
}

type PartLt = CovariantForLt!(self::Part<'_>);

/// Registers a part at the parent.
fn register<'cap>(
    device: &Device<'cap, Bound>,
) -> (
    Registration<'cap, PartLt>,
    LentCell<'cap, u64>,
    LentMutex<'cap, [u32; 3]>,
) {
    let region = device.lend_region(64, 64).unwrap();
    let count = region.cell(11_u64).unwrap();
    let shared = region.mutex([1, 2, 3]).unwrap();
    let nested = Inner(region.cell([4_u16, 5, 6]).unwrap().lent(), [7; 5]);
    let part = Part {
        number: 10,
        flag: true,
        count: count.lent(),
        shared,
        nested,
    };
    (
        Registration::new(device, &region, "sample", 3, part).unwrap(),
        count,
        shared,
    )
}

/// Binds a child to what the parent offered last, as the supervisor would.
fn child(
    board: &Board,
    slot: u8,
    change: impl FnOnce(&mut crate::testing::Lease),
) -> Device<'static, Core> {
    let (info, grants) = {
        let state = board.0.borrow();
        let (_, lease) = state
            .leases
            .iter()
            .rev()
            .find(|(_, lease)| lease.lent)
            .unwrap();
        (lease.info, lease.grants.clone())
    };
    let device = board.bind(slot, "self.sample", grants);
    board.change(device.lease().unwrap(), |lease| {
        lease.info.payload_type = info.payload_type;
        change(lease);
    });
    device
}

#[test]
fn an_auxiliary_device_that_the_manifest_does_not_offer_is_refused_by_name() {
    Board::run(|board| {
        let parent = board.bind(0, "parent", vec![]);
        board.0.borrow_mut().refused = Some(crate::sys::label("self.simple"));
        let region = parent.lend_region(64, 0).unwrap();
        type WordLt = CovariantForLt!(u32);
        let register = |name| Registration::<WordLt>::new(&parent, &region, name, 0, 7);
        assert_eq!(register("simple").err(), Some(Error::Denied));
        let log = board.0.borrow().log.concat();
        assert!(log.contains("`simple`"), "{log}");
        // Nothing is left of the attempt: the region is free again.
        assert!(register("sample").is_ok());
    });
}

#[test]
fn a_whole_name_of_64_bytes_is_the_longest() {
    Board::run(|board| {
        let parent = board.bind(0, "parent", vec![]);
        let region = parent.lend_region(64, 0).unwrap();
        type WordLt = CovariantForLt!(u32);
        // The task is `self`.
        const LETTERS: &str = "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn";
        for (length, expected) in [(60, Some(Error::Invalid)), (59, None)] {
            let name = &LETTERS[..length];
            let offered = Registration::<WordLt>::new(&parent, &region, name, 0, 7);
            assert_eq!(offered.err(), expected, "{length}");
        }
    });
}

#[test]
fn a_payload_arrives() {
    Board::run(|board| {
        let parent = board.bind(0, "parent", vec![]);
        let (registration, mut count, shared) = register(&parent);
        {
            let state = board.0.borrow();
            let (_, lease) = state.leases.iter().find(|(_, lease)| lease.lent).unwrap();
            assert_eq!(
                (lease.info.label, lease.info.id),
                (crate::sys::label("self.sample"), 3)
            );
            let rights: Vec<Rights> = lease.grants.iter().map(|grant| grant.rights).collect();
            let read = Rights::READ | Rights::LEND;
            assert_eq!(
                rights,
                [read, read | Rights::WRITE],
                "only locks are writable"
            );
        }
        let child = child(board, 1, |_| ());
        let part = child.registration_data::<PartLt>().unwrap();
        assert_eq!((part.number, part.flag, part.nested.1), (10, true, [7; 5]));
        assert_eq!(part.nested.0.read(), Ok([4, 5, 6]));
        assert_eq!(part.count.read(), Ok(11));
        count.write(12);
        assert_eq!(part.count.read(), Ok(12));
        let guard = shared.try_lock().unwrap();
        assert_eq!(part.shared.try_lock().err(), Some(Error::Busy));
        drop(guard);
        let mut guard = part.shared.try_lock().unwrap();
        assert_eq!(guard.read(), Ok([1, 2, 3]));
        guard.write([9, 9, 9]);
        drop(guard);
        assert_eq!(shared.try_lock().unwrap().read(), Ok([9, 9, 9]));
        // The payload is taken once; a closure sees the same.
        let number = child.registration_data_with::<ForLt!(self::Part<'_>), _>(|part| part.number);
        assert_eq!(number, Ok(10), "both encodings of one type match");
        board.unbind(&child);
        drop(registration);
        board.unbind(&parent);
    });
}

#[test]
fn another_type_is_invalid_and_none_is_not_found() {
    Board::run(|board| {
        let parent = board.bind(0, "parent", vec![]);
        let kept = register(&parent);
        let device = child(board, 1, |_| ());
        let wrong = device.registration_data::<CovariantForLt!(u32)>();
        assert_eq!(wrong.err(), Some(Error::Invalid));
        let bare = board.bind(2, "bare", vec![]);
        assert_eq!(
            bare.registration_data::<PartLt>().err(),
            Some(Error::NotFound)
        );
        let empty = board.bind(3, "empty", vec![]);
        board.change(empty.lease().unwrap(), |lease| {
            lease.info.payload_type = payload_type::<PartLt>();
        });
        assert_eq!(
            empty.registration_data::<PartLt>().err(),
            Some(Error::NoDevice)
        );
        drop(kept);
    });
}

#[test]
fn a_type_of_the_same_identity_is_still_another_type() {
    /// Prints as its namesake does, and is laid out otherwise.
    fn first(device: &Device<'_, Bound>) -> Result<u64, Error> {
        device
            .registration_data::<CovariantForLt!(u64)>()
            .map(|value| *value)
    }
    Board::run(|board| {
        let parent = board.bind(0, "parent", vec![]);
        let region = parent.lend_region(0, 0).unwrap();
        let registration =
            Registration::<CovariantForLt!(u64)>::new(&parent, &region, "sample", 0, 5).unwrap();
        let device = child(board, 1, |_| ());
        assert_eq!(first(&device), Ok(5));
        // Forged: the parent now claims the identity of a type that was not the one taken.
        board.change(device.lease().unwrap(), |lease| {
            lease.info.payload_type = payload_type::<CovariantForLt!([u8; 100])>();
        });
        let other = device.registration_data::<CovariantForLt!([u8; 100])>();
        assert_eq!(other.err(), Some(Error::Invalid));
        drop(registration);
    });
}

#[test]
fn a_sub_window_arrives_with_its_rights() {
    Board::run(|board| {
        let grant = board.grant(GrantKind::Mmio, "bar0", 0x3000);
        let parent = board.bind(0, "parent", vec![grant]);
        let bar = parent.bar::<0x3000>(0).unwrap();
        let part = |offset, length| bar.lend::<0x1000>(offset, length, Rights::READ);
        assert_eq!(part(0x1000, 0x800).err(), Some(Error::Invalid));
        assert_eq!(part(0x800, 0x1000).err(), Some(Error::Invalid));
        assert_eq!(part(0x3000, 0x1000).err(), Some(Error::Invalid));
        let registers = part(0x1000, 0x1000).unwrap();
        let region = parent.lend_region(0, 0).unwrap();
        let queue = QueueOffer {
            registers,
            length: 8,
        };
        let registration =
            Registration::<ForLt!(self::Queue<'_>)>::new(&parent, &region, "sample", 0, queue)
                .unwrap();
        bar.write32::<0x1004>(0xfeed);
        drop(bar); // the child is another task, which this one stands for as well
        let child = child(board, 1, |_| ());
        child
            .registration_data_with::<ForLt!(self::Queue<'_>), _>(|queue| {
                let window = &queue.registers;
                assert_eq!((window.len(), queue.length), (0x1000, 8));
                assert_eq!(window.read32::<4>(), 0xfeed);
                assert_eq!(window.try_write32(4, 1), Err(Error::Denied));
            })
            .unwrap();
        drop(registration);
    });
}

#[test]
fn drop_unbinds_the_child_then_frees_the_payload() {
    Board::run(|board| {
        let parent = board.bind(0, "parent", vec![]);
        Task::current().serve(true);
        let (registration, ..) = register(&parent);
        drop(registration);
        assert_eq!(
            board.journal()[1..],
            ["offer", "revoke", "serve 0", "wait", "serve 1"]
        );
        assert!(
            Task::current().lease_events.get(),
            "events that came meanwhile are looked for"
        );
        board.unbind(&parent);
    });
}

#[test]
fn a_forgotten_registration_ends_with_the_binding() {
    Board::run(|board| {
        let parent = board.bind(0, "parent", vec![]);
        core::mem::forget(register(&parent));
        board.unbind(&parent);
        assert_eq!(board.journal(), ["offer", "revoke", "wait", "release"]);
        // All of the arena is back.
        let again = board.bind(0, "parent", vec![]);
        again.lend_region(3 * 4096 - 512, 4096).unwrap();
        board.unbind(&again);
    });
}

#[test]
fn a_region_serves_one_registration_at_a_time() {
    Board::run(|board| {
        let (parent, other) = (
            board.bind(0, "parent", vec![]),
            board.bind(1, "other", vec![]),
        );
        let region = parent.lend_region(0, 0).unwrap();
        let offer = |device: &Device<'static, Bound>, payload: u32| {
            Registration::<ForLt!(u32)>::new(device, &region, "sample", 0, payload)
        };
        let first = offer(&parent, 1).unwrap();
        assert_eq!(offer(&parent, 2).err(), Some(Error::Busy));
        assert_eq!(offer(&other, 2).err(), Some(Error::Invalid));
        drop(first);
        assert_eq!(offer(&parent, 2).map(|offer| *offer.offer()).ok(), Some(2));
        // A part of another region means nothing in this one.
        let strange = parent
            .lend_region(8, 0)
            .unwrap()
            .cell(1_u32)
            .unwrap()
            .lent();
        let wrong =
            Registration::<ForLt!(Lent<'_, u32>)>::new(&parent, &region, "sample", 0, strange);
        assert_eq!(wrong.err(), Some(Error::Invalid));
    });
}

#[test]
fn a_dead_owner_is_reported_and_replaced() {
    Board::run(|board| {
        let parent = board.bind(0, "parent", vec![]);
        let region = parent.lend_region(0, 64).unwrap();
        let mutex = region.mutex(5_u32).unwrap();
        // Take the lock as the peer would, in its own domain.
        let place = region.shared().unwrap().base.cast::<u32>();
        // SAFETY: the owner word of the only lock in the region.
        let own = |word: u32| unsafe { place.write_volatile(word) };
        own(PEER + 1);
        assert_eq!(mutex.try_lock().err(), Some(Error::Busy));
        assert_eq!(mutex.recover(0).err(), Some(Error::Busy), "it lives");
        // Dead from its end on, whether it starts again or not.
        board.0.borrow_mut().ended = true;
        assert_eq!(mutex.try_lock().err(), Some(Error::Dead));
        board.0.borrow_mut().ended = false;
        board.0.borrow_mut().restarted = true;
        assert_eq!(mutex.try_lock().err(), Some(Error::Dead));
        let guard = mutex.recover(6).unwrap();
        assert_eq!(guard.read(), Ok(6));
        drop(guard);
        assert_eq!(mutex.recover(7).err(), Some(Error::Busy), "nobody has it");
        // An owner word that names nobody is as good as dead, and none makes a panic.
        for word in [OWN + 1, u32::MAX, 64, 63, 1 << 31] {
            own(word);
            let error = mutex.try_lock().err();
            assert!(
                matches!(error, Some(Error::Dead | Error::Busy)),
                "{word:#x}: {error:?}"
            );
        }
    });
}

/// A generator for tests (xorshift64, Marsaglia 2003).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// Payload bytes, lengths and identities that a hostile parent could make: the child gets an
/// error, or values of the right types inside the lent memory.
#[test]
fn corrupted_payloads_never_break_the_child() {
    let rounds = if cfg!(miri) { 300 } else { 150_000 };
    Board::run(|board| {
        let parent = board.bind(0, "parent", vec![]);
        let (registration, ..) = register(&parent);
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let (mut arrived, mut refused) = (0, 0);
        let lease = board.bind(1, "self.sample", vec![]);
        let (info, grants) = {
            let state = board.0.borrow();
            let (_, lease) = state.leases.iter().find(|(_, lease)| lease.lent).unwrap();
            (lease.info, lease.grants.clone())
        };
        let original: Vec<u8> = {
            // SAFETY: the parent's payload, in the arena of this test.
            unsafe { mock::bytes(grants[0].base as usize, PAYLOAD_LENGTH) }.to_vec()
        };
        for _ in 0..rounds {
            // SAFETY: the payload of this test.
            unsafe { mock::bytes_mut(grants[0].base as usize, 64) }
                .copy_from_slice(&original[..64]);
            for _ in 0..=random.next() % 4 {
                let at = random.next() as usize % 64;
                let to = (grants[0].base as usize) + at;
                let value = match random.next() % 3 {
                    0 => original[at],
                    1 => original[at] ^ (1 << (random.next() % 8)),
                    _ => random.next() as u8,
                };
                // SAFETY: inside the payload.
                unsafe { core::ptr::with_exposed_provenance_mut::<u8>(to).write_volatile(value) };
            }
            let mut grants = grants.clone();
            if random.next().is_multiple_of(8) {
                let index = random.next() as usize % grants.len();
                grants[index].length = random.next() % (grants[index].length + 1);
            }
            board.change(lease.lease().unwrap(), |lease| {
                lease.info.payload_type = info.payload_type;
                lease.grants = grants;
            });
            lease.slot().forget_values();
            let result = lease.registration_data_with::<PartLt, _>(|part| {
                assert!(part.flag as u8 <= 1);
                let _ = (part.number, part.count.read(), part.nested.0.read());
                if let Ok(mut guard) = part.shared.try_lock() {
                    let value = guard.read().unwrap();
                    guard.write(value);
                }
            });
            match result {
                Ok(()) => arrived += 1,
                Err(error) => {
                    assert_eq!(error, Error::Protocol);
                    refused += 1;
                }
            }
        }
        assert!(
            arrived > rounds / 50 && refused > rounds / 50,
            "{arrived} arrived, {refused} refused"
        );
        drop(registration);
    });
}

#[test]
fn an_invariant_payload_keeps_what_is_its_own() {
    /// Plain data and a cell that only the child uses.
    struct Kept<'a> {
        name: Lent<'a, u32>,
        last: Cell<Option<Lent<'a, u32>>>,
    }
    impl<'a> Lendable<'a> for Kept<'a> {
        type Offer = Self;
        fn lend(offer: &Self, to: &mut Lender<'_>) -> Result<(), Error> {
            Lent::lend(&offer.name, to)
        }
        fn receive(from: &mut Receiver<'_, 'a>) -> Result<Self, Error> {
            Ok(Self {
                name: Lent::receive(from)?,
                last: Cell::new(None),
            })
        }
    }
    /// Its family.
    struct KeptLt;
    impl ForLt for KeptLt {
        type Of<'a> = Kept<'a>;
    }
    Board::run(|board| {
        let parent = board.bind(0, "parent", vec![]);
        let region = parent.lend_region(8, 0).unwrap();
        let name = region.cell(77_u32).unwrap().lent();
        let kept = Kept {
            name,
            last: Cell::new(None),
        };
        let registration =
            Registration::<KeptLt>::new(&parent, &region, "sample", 0, kept).unwrap();
        let child = child(board, 1, |_| ());
        child
            .registration_data_with::<KeptLt, _>(|kept| kept.last.set(Some(kept.name)))
            .unwrap();
        let last = child
            .registration_data_with::<KeptLt, _>(|kept| kept.last.get().map(|last| last.read()));
        assert_eq!(last, Ok(Some(Ok(77))));
        drop(registration);
    });
}

#[test]
fn locks_in_memory_that_is_not_writable_are_refused() {
    Board::run(|board| {
        let parent = board.bind(0, "parent", vec![]);
        let kept = register(&parent);
        let device = child(board, 1, |lease| lease.grants[1].rights = Rights::READ);
        let part = device.registration_data::<PartLt>();
        assert_eq!(part.err(), Some(Error::Protocol));
        board.change(device.lease().unwrap(), |lease| {
            lease.grants[1].rights = Rights::all()
        });
        assert!(
            device.registration_data::<PartLt>().is_ok(),
            "the first try left nothing claimed"
        );
        drop(kept);
    });
}

#[test]
fn a_family_of_other_lifetimes_is_another_type() {
    /// A payload with two lifetimes, of which the second is put in by the child.
    struct Two<'a, 'b> {
        number: Lent<'a, u32>,
        kept: Cell<Option<Lent<'b, u32>>>,
    }
    impl<'a, 'b> Lendable<'a> for Two<'a, 'b> {
        type Offer = Self;
        fn lend(offer: &Self, to: &mut Lender<'_>) -> Result<(), Error> {
            Lent::lend(&offer.number, to)
        }
        fn receive(from: &mut Receiver<'_, 'a>) -> Result<Self, Error> {
            Ok(Self {
                number: Lent::receive(from)?,
                kept: Cell::new(None),
            })
        }
    }
    struct Both;
    impl ForLt for Both {
        type Of<'a> = Two<'a, 'a>;
    }
    struct First;
    impl ForLt for First {
        type Of<'a> = Two<'a, 'static>;
    }
    Board::run(|board| {
        let parent = board.bind(0, "parent", vec![]);
        let region = parent.lend_region(8, 0).unwrap();
        let number = region.cell(77_u32).unwrap().lent();
        let two = Two {
            number,
            kept: Cell::new(None),
        };
        let registration = Registration::<Both>::new(&parent, &region, "sample", 0, two).unwrap();
        let child = child(board, 1, |_| ());
        child
            .registration_data_with::<Both, _>(|two| two.kept.set(Some(two.number)))
            .unwrap();
        // This would be a reference into the parent's memory without an end.
        let escaped: Result<Option<Lent<'static, u32>>, _> =
            child.registration_data_with::<First, _>(|two| two.kept.get());
        assert_eq!(escaped.err(), Some(Error::Invalid));
        let same = child.registration_data_with::<Both, _>(|two| two.kept.get().is_some());
        assert_eq!(same, Ok(true));
        drop(registration);
    });
}
