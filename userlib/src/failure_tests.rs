//! What takes several things and fails in the middle leaves all as it was: a second try gets the same
//! error, or what it wants once there is room.

use crate::auxiliary::payload_type;
use crate::auxiliary::{Lendable, Lender, Lent, LentMutex, LentWindow, Receiver, Registration};
use crate::io::Window;
use crate::runtime::{Bound, Core, Device, Task};
use crate::sys::{Claim, Error, GrantInfo, GrantKind, Rights};
use crate::testing::{Board, Lease};
use crate::{Devres, ForLt};
use std::format;
use std::string::String;
use std::vec;
use std::vec::Vec;

/// A payload with everything that a child has to claim.
#[derive(Lendable)]
#[offer(EverythingOffer<'a>)]
struct Everything<'a> {
    first: Window<'a, 0x1000>,
    shared: LentMutex<'a, u32>,
    second: Window<'a>,
    count: Lent<'a, u64>,
    last: Even,
}
/// What the parent gives for it.
struct EverythingOffer<'a> {
    first: LentWindow<'a, 0x1000>,
    shared: LentMutex<'a, u32>,
    second: LentWindow<'a>,
    count: Lent<'a, u64>,
    last: Even,
}
type EverythingLt = ForLt!(self::Everything<'_>);

/// A part of a driver's own, with a check of its own.
struct Even(u32);

impl<'a> Lendable<'a> for Even {
    type Offer = Self;

    fn lend(offer: &Self, to: &mut Lender<'_>) -> Result<(), Error> {
        u32::lend(&offer.0, to)
    }

    fn receive(from: &mut Receiver<'_, 'a>) -> Result<Self, Error> {
        let number = u32::receive(from)?;
        if number.is_multiple_of(2) {
            Ok(Self(number))
        } else {
            Err(Error::Protocol)
        }
    }
}

/// All that the task has: leases, claims, granules, bits.
fn all(board: &Board) -> String {
    let state = board.0.borrow();
    let lease = |(handle, lease): &(u32, Lease)| {
        let claims: Vec<Claim> = lease.grants.iter().map(|grant| grant.claim).collect();
        (*handle, lease.ending, claims)
    };
    let leases: Vec<_> = state.leases.iter().map(lease).collect();
    let task = Task::current();
    format!("{leases:?} {} {}", task.arena.taken(), task.bits_taken())
}

/// Tries `act` with each of its system calls refused once, and then with none.
fn refused_at_each_step<T>(
    board: &Board,
    name: &str,
    least: usize,
    mut act: impl FnMut() -> Result<T, Error>,
) -> T {
    let before = all(board);
    for step in 0.. {
        board.0.borrow_mut().refuse_after = Some(step);
        let result = act();
        let refused = board.0.borrow_mut().refuse_after.take().is_none();
        match result {
            Ok(value) if !refused => {
                assert!(step >= least, "{name} has only {step} steps");
                return value;
            }
            Ok(_) => panic!("{name} did not notice that step {step} failed"),
            Err(error) => assert_eq!(error, Error::Exhausted, "{name}, step {step}"),
        }
        assert_eq!(all(board), before, "{name}, step {step}");
    }
    unreachable!()
}

/// A parent with a window.
fn parent(board: &Board) -> Device<'static, Core> {
    let bar = board.grant(GrantKind::Mmio, "bar0", 0x2000);
    board.bind(0, "parent", vec![bar])
}

/// The grants of a child that is bound to what the parent offered last.
fn child(board: &Board, slot: u8) -> Device<'static, Core> {
    let grants: Vec<GrantInfo> = {
        let state = board.0.borrow();
        let offered = state.leases.iter().rev().find(|(_, lease)| lease.lent);
        offered.unwrap().1.grants.clone()
    };
    let device = board.bind(slot, "self.part", grants);
    board.change(device.lease().unwrap(), |lease| {
        lease.info.payload_type = payload_type::<EverythingLt>();
    });
    device
}

/// Registers a payload whose last number is `last`.
fn register<'cap>(
    device: &Device<'cap, Bound>,
    last: u32,
) -> Result<Registration<'cap, EverythingLt>, Error> {
    let bar = device.bar::<0>(0)?;
    let region = device.lend_region(64, 64)?;
    let payload = EverythingOffer {
        first: bar.lend(0x1000, 0x1000, Rights::READ)?,
        shared: region.mutex(5)?,
        second: bar.lend(0, 0x1000, Rights::READ)?,
        count: region.cell(7_u64)?.lent(),
        last: Even(last),
    };
    Registration::new(device, &region, "part", 0, payload)
}

#[test]
fn every_step_of_every_taking_may_fail() {
    Board::run(|board| {
        let line = board.grant_at(GrantKind::Interrupt, "line", 10, 1);
        let grants = vec![
            board.grant(GrantKind::Mmio, "bar0", 0x2000),
            board.grant(GrantKind::Memory, "dma", 0x1000),
            board.grant(GrantKind::Config, "config", 0x1000),
            board.grant_at(GrantKind::BusMaster, "master", 0x1000, 0x1000),
            line,
        ];
        let parent = board.bind(0, "parent", grants);
        drop(refused_at_each_step(board, "bar", 1, || parent.bar::<0>(0)));
        drop(refused_at_each_step(board, "io_mem", 1, || {
            parent.io_mem::<0>(0)
        }));
        let exclusive = || parent.exclusive_io_mem::<0>(0);
        drop(refused_at_each_step(board, "exclusive", 1, exclusive));
        let config = || parent.config_space::<0>(0);
        drop(refused_at_each_step(board, "configuration", 1, config));
        drop(refused_at_each_step(board, "line", 1, || {
            parent.interrupt(0)
        }));
        drop(refused_at_each_step(board, "master", 1, || {
            parent.bus_master()
        }));
        let _ = refused_at_each_step(board, "pool", 1, || parent.dma_pool());
        let region = parent.lend_region(0, 8).unwrap();
        let bar = parent.bar::<0>(0).unwrap();
        let registration = refused_at_each_step(board, "registration", 1, || {
            let payload = bar.lend::<0>(0, 0x1000, Rights::READ)?;
            Registration::<ForLt!(Window<'_>)>::new(&parent, &region, "part", 0, payload)
        });
        drop(registration);
        drop(bar);
        board.unbind(&parent);
    });
    Board::run(|board| {
        let parent = parent(board);
        let registration = register(&parent, 4).unwrap();
        let child = child(board, 1);
        let number = refused_at_each_step(board, "payload", 4, || {
            child.registration_data_with::<EverythingLt, _>(|part| part.last.0)
        });
        assert_eq!(number, 4);
        board.unbind(&child);
        drop(registration);
    });
}

#[test]
fn a_payload_without_room_is_taken_when_there_is_some() {
    Board::run(|board| {
        let parent = parent(board);
        let registration = register(&parent, 4).unwrap();
        let child = child(board, 1);
        let before = all(board);
        let large = Devres::new(&child, [0_u8; 960]).unwrap();
        for _ in 0..2 {
            let taken = child.registration_data_with::<EverythingLt, _>(|_| ());
            assert_eq!(taken, Err(Error::Exhausted));
            assert_eq!(all(board), before);
        }
        drop(large);
        let count = child.registration_data_with::<EverythingLt, _>(|part| {
            assert_eq!((part.first.len(), part.second.len()), (0x1000, 0x1000));
            assert_eq!(part.shared.try_lock()?.read(), Ok(5));
            part.count.read()
        });
        assert_eq!(count, Ok(Ok(7)));
        drop(registration);
    });
}

#[test]
fn a_payload_whose_last_part_is_refused_gives_its_windows_back() {
    Board::run(|board| {
        let parent = parent(board);
        let wrong = register(&parent, 3).unwrap();
        let refused = child(board, 1);
        let before = all(board);
        let rounds = if cfg!(miri) { 3 } else { 1_000 }; // the room of a refused payload comes back as well
        for _ in 0..rounds {
            let taken = refused.registration_data_with::<EverythingLt, _>(|_| ());
            assert_eq!(taken, Err(Error::Protocol));
        }
        assert_eq!(all(board), before);
        assert!(Devres::new(&refused, [0_u8; 960]).is_ok());
        board.unbind(&refused);
        drop(wrong);
    });
}
