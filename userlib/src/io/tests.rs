//! Windows: claims, offsets, checked accesses, sub-windows.

use crate::Devres;
use crate::io::{Part, ReadWriteable, Readable, Writeable};
use crate::runtime::{Bound, Device};
use crate::sys::{Claim, Error, GrantInfo, GrantKind, LeaseState, Rights, mock};
use crate::testing::Board;
use core::mem;
use std::vec;

#[test]
fn claims_by_index_and_name_with_their_errors() {
    Board::run(|board| {
        let grants = vec![
            board.grant(GrantKind::Interrupt, "line", 8),
            board.grant(GrantKind::Mmio, "low", 0x100),
            board.grant(GrantKind::Mmio, "bar2", 0x40),
            board.grant(GrantKind::Mmio, "empty", 0),
        ];
        let device = board.bind(0, "a", grants);
        let low = device.io_mem::<0x100>(0).unwrap();
        assert_eq!(low.len(), 0x100);
        assert_eq!(device.io_mem::<0x100>("low").err(), Some(Error::Busy));
        assert_eq!(
            device.exclusive_io_mem::<0x80>("low").err(),
            Some(Error::Busy)
        );
        drop(low);
        let low = device.exclusive_io_mem::<0>("low").unwrap();
        assert_eq!(low.len(), 0x100);
        drop(low);
        assert_eq!(device.io_mem::<0x101>("low").err(), Some(Error::Invalid));
        assert_eq!(device.io_mem::<0>("empty").err(), Some(Error::Invalid));
        assert_eq!(device.io_mem::<0>("none").err(), Some(Error::NoDevice));
        assert_eq!(device.io_mem::<0>(7).err(), Some(Error::NoDevice));
        assert_eq!(device.bar::<0>(1).err(), Some(Error::NoDevice));
        assert_eq!(device.bar::<0>(6).err(), Some(Error::NoDevice));
        assert_eq!(device.bar::<0x40>(2).map(|bar| bar.len()), Ok(0x40));
        let claims = board.journal();
        let claimed = claims
            .iter()
            .filter(|line| line.starts_with("claim"))
            .count();
        let unclaimed = claims
            .iter()
            .filter(|line| line.starts_with("unclaim"))
            .count();
        assert_eq!(
            claimed, unclaimed,
            "a claim that did not become a window is given back"
        );
        let bound = device.bound();
        board.unbind(&device);
        assert_eq!(bound.io_mem::<0>(0).err(), Some(Error::Revoked));
    });
}

#[test]
fn accesses_of_every_width() {
    Board::run(|board| {
        let device = board.bind(0, "a", vec![board.grant(GrantKind::Mmio, "r", 0x20)]);
        let window = device.io_mem::<0x20>("r").unwrap();
        window.write64::<8>(0x8877_6655_4433_2211);
        assert_eq!(window.read8::<8>(), 0x11);
        assert_eq!(window.read16::<10>(), 0x4433);
        assert_eq!(window.read32::<12>(), 0x8877_6655);
        window.write8::<9>(0xff);
        window.write16::<12>(0xffff);
        window.write32::<16>(7);
        assert_eq!(window.try_read64(8), Ok(0x8877_ffff_4433_ff11));
        assert_eq!(window.try_write8(31, 3), Ok(()));
        assert_eq!(window.try_read8(31), Ok(3));
        assert_eq!(window.try_write16(28, 0x1234), Ok(()));
        assert_eq!(window.try_read32(28), Ok(0x0300_1234));
        for offset in [29, 30, 31, 32, usize::MAX, usize::MAX - 3] {
            assert_eq!(window.try_read32(offset), Err(Error::Invalid), "{offset}");
            assert_eq!(
                window.try_write32(offset, 1),
                Err(Error::Invalid),
                "{offset}"
            );
        }
        let part = window.sub::<8, 8>();
        assert_eq!(part.read8::<0>(), 0x11);
        assert_eq!(part.try_read64(8), Err(Error::Invalid));
        let part = window.try_sub(16, 16).unwrap();
        assert_eq!((part.try_read32(0), part.len()), (Ok(7), 16));
        drop(window);
        board.unbind(&device);
    });
}

#[test]
fn parts_are_in_their_window_and_start_at_words() {
    Board::run(|board| {
        let device = board.bind(0, "a", vec![board.grant(GrantKind::Mmio, "r", 0x20)]);
        let window = device.io_mem::<0>("r").unwrap();
        for at in (0..0x20).step_by(4) {
            assert_eq!(window.try_write32(at, at as u32), Ok(()));
        }
        for offset in [1, 2, 3, 6, 17, 33, 36, usize::MAX, usize::MAX - 3] {
            let refused = Some(Error::Invalid);
            assert_eq!(window.part::<4>(offset).err(), refused, "{offset}");
            assert_eq!(window.try_sub(offset, 4).err(), refused, "{offset}");
        }
        for (offset, length) in [(0x10, 0x11), (0x20, 1), (4, 0), (4, usize::MAX), (0, 0x21)] {
            let refused = Some(Error::Invalid);
            assert_eq!(
                window.try_sub(offset, length).err(),
                refused,
                "{offset} {length}"
            );
        }
        assert_eq!(window.part::<0x11>(0x10).err(), Some(Error::Invalid));
        assert_eq!(window.part::<0x20>(0).map(|part| part.len()), Ok(0x20));
        let part = window.part::<0x10>(0xc).unwrap();
        assert_eq!((part.read32::<0>(), part.read32::<0xc>()), (0xc, 0x18));
        // What is aligned in the part need not be aligned.
        #[cfg(target_pointer_width = "64")]
        assert_eq!(part.try_read64(0), Err(Error::Invalid));
        #[cfg(target_pointer_width = "64")]
        assert_eq!(part.try_read64(4), Ok(0x14 << 32 | 0x10));
        let within = part.sub::<4, 8>();
        assert_eq!((within.read32::<0>(), within.len()), (0x10, 8));
        assert_eq!(
            part.part::<4>(0x10).err(),
            Some(Error::Invalid),
            "past the part"
        );
        assert_eq!(
            within.all().part::<4>(4).map(|part| part.read32::<0>()),
            Ok(0x14)
        );
    });
}

/// What virtio's capabilities need: structures whose places are known when it runs, stored beside each other.
#[test]
fn parts_that_are_kept_last_as_long_as_the_binding() {
    struct State<'cap> {
        block: Block<'cap>,
        rest: Part<'cap, 8, 4>,
    }
    Board::run(|board| {
        let device = board.bind(0, "a", vec![board.grant(GrantKind::Mmio, "bar0", 0x40)]);
        let whole = device.bar::<0x40>(0).unwrap().keep();
        let state = State {
            block: Block::from(whole),
            rest: whole.part(0x34).unwrap(),
        };
        state.block.mode().set(7);
        state.rest.write32::<4>(9);
        assert_eq!((whole.read8::<6>(), whole.read32::<0x38>()), (7, 9));
        assert_eq!(
            device.bar::<0x40>(0).err(),
            Some(Error::Busy),
            "claimed until the binding ends"
        );
        assert!(!board.journal().concat().contains("unclaim"));
        board.unbind(&device);
        let again = board.bind(0, "a", vec![board.grant(GrantKind::Mmio, "bar0", 0x40)]);
        assert!(again.bar::<0x40>(0).is_ok());
    });
}

#[test]
fn a_window_that_is_gone_answers_revoked_and_a_read_only_one_denied() {
    Board::run(|board| {
        let mut grant = board.grant(GrantKind::Mmio, "r", 0x20);
        let base = grant.base as usize;
        let device = board.bind(0, "a", vec![grant]);
        let window = device.io_mem::<0x20>("r").unwrap();
        mock::revoke_window(base + 0x10..base + 0x20);
        assert_eq!(window.try_read32(0x10), Err(Error::Revoked));
        assert_eq!(window.try_write8(0x1f, 0), Err(Error::Revoked));
        assert_eq!(window.try_read32(0xc), Ok(0));
        let events = Events::from(window.part(0x10).unwrap());
        assert_eq!(events.pending().try_get(), Err(Error::Revoked));
        assert!(events.pending().try_extract().is_err());
        assert!(events.lost().try_take().is_err());
        assert!(events.mode().try_write(Mode::ON::SET).is_err());
        drop(window);
        grant.rights = Rights::READ;
        let device = board.bind(1, "b", vec![grant]);
        let window = device.io_mem::<0x20>("r").unwrap();
        assert!(!window.is_writable());
        assert_eq!(window.try_write32(0, 1), Err(Error::Denied));
        assert_eq!(window.try_read32(0), Ok(0));
    });
}

crate::register_fields! { u8,
    Mode [
        ON OFFSET(7) NUMBITS(1) [],
        SPEED OFFSET(1) NUMBITS(2) [Slow = 1, Fast = 3],
    ],
    Event [
        SENT OFFSET(0) NUMBITS(1) [],
        RECEIVED OFFSET(1) NUMBITS(1) [],
    ],
}

crate::registers! {
    /// A block.
    struct Block: 0x40 {
        /// Read.
        status: ReadOnly<u32> = 0x00;
        /// Write.
        command: WriteOnly<u16> = 0x04;
        /// Both.
        mode: ReadWrite<u8, Mode> = 0x06;
        /// Wide.
        address: ReadWrite<u64> = 0x08;
        /// As close as they can be.
        counts: [ReadOnly<u16>; 3] = 0x10;
        /// Apart, to the end.
        modes: [ReadWrite<u8, Mode>; 4] = 0x24 step 9;
    }
}

#[test]
fn typed_registers() {
    Board::run(|board| {
        let device = board.bind(0, "a", vec![board.grant(GrantKind::Mmio, "r", 0x40)]);
        let window = device.io_mem::<0x40>("r").unwrap();
        let block = Block::new(&window);
        window.write32::<0>(5);
        assert_eq!(block.status().get(), 5);
        block.command().set(0x102);
        assert_eq!(window.read16::<4>(), 0x102);
        window.write8::<6>(0x80);
        block.mode().modify(Mode::SPEED::Fast);
        assert_eq!(block.mode().get(), 0x86);
        assert_eq!(block.mode().read(Mode::SPEED), 3);
        assert!(block.mode().is_set(Mode::ON));
        block.address().set(1 << 40);
        assert_eq!(window.read64::<8>(), 1 << 40);
        window.write16::<0x12>(0x1234);
        let counts = block.counts();
        assert_eq!(counts.nth::<1>().get(), 0x1234);
        assert_eq!(counts.get(1).map(|count| count.get()), Some(0x1234));
        assert!(counts.get(3).is_none() && counts.get(usize::MAX).is_none());
        assert!(counts.iter().map(|count| count.get()).eq([0, 0x1234, 0]));
        let modes = block.modes();
        for (at, mode) in modes.iter().enumerate() {
            mode.write(Mode::SPEED.val(at as u8));
        }
        assert_eq!(window.read8::<0x3f>(), 0b110, "the last of them");
        modes.nth::<3>().modify(Mode::ON::SET);
        assert_eq!(modes.get(3).unwrap().try_get(), Ok(0b1000_0110));
        assert_eq!(modes.get(3).unwrap().try_set(0b110), Ok(()));
        assert_eq!(modes.get(3).unwrap().try_get(), Ok(0b110));
        assert_eq!(window.read8::<0x2d>(), 0b010);
        assert_eq!(block.mode().try_write(Mode::SPEED::Slow), Ok(()));
        assert_eq!(window.read8::<6>(), 0b010, "no other field is kept");
        let mode = block.mode().try_extract().unwrap();
        assert_eq!((mode.read(Mode::SPEED), mode.is_set(Mode::ON)), (1, false));
    });
}

crate::registers! {
    /// Registers that a load or a store of ones changes.
    struct Events: 8 {
        /// Ones clear.
        pending: WriteOneToClear<u8, Event> = 0x00;
        /// A load clears.
        lost: ReadToClear<u8, Event> = 0x01;
        /// For what they are.
        mode: ReadWrite<u8, Mode> = 0x02;
    }
}

/// What the loads and stores of [`Events`] were.
#[derive(Default)]
struct Recorder {
    pending: u64,
    lost: u64,
    accesses: usize,
}

impl mock::DeviceModel for Recorder {
    fn load(&mut self, offset: usize, width: usize) -> u64 {
        assert_eq!(width, 1);
        self.accesses += 1;
        match offset {
            0 => self.pending,
            _ => core::mem::take(&mut self.lost),
        }
    }

    fn store(&mut self, offset: usize, width: usize, value: u64) {
        assert_eq!((offset, width), (0, 1));
        self.accesses += 1;
        self.pending &= !value;
    }
}

#[test]
fn a_model_of_a_device_stands_behind_a_window() {
    Board::run(|board| {
        let grant = board.grant(GrantKind::Mmio, "r", 8);
        let device = board.bind(0, "a", vec![grant]);
        let window = device.io_mem::<8>("r").unwrap();
        let model = std::rc::Rc::new(std::cell::RefCell::new(Recorder {
            pending: 0b11,
            lost: 0b10,
            accesses: 0,
        }));
        let base = grant.base as usize;
        mock::place_device(base..base + 8, model.clone());
        let events = Events::new(&window);
        events.pending().clear(Event::RECEIVED::SET);
        assert!(!events.pending().is_set(Event::RECEIVED));
        assert!(events.pending().is_set(Event::SENT), "no other is cleared");
        assert!(events.lost().take().is_set(Event::RECEIVED));
        assert_eq!(events.lost().take().get(), 0, "taken");
        model.borrow_mut().lost = 0b01;
        let lost = events.lost().try_take().unwrap();
        assert!(lost.is_set(Event::SENT), "a checked load takes too");
        assert_eq!(model.borrow().lost, 0);
        assert_eq!(window.try_read8(0), Ok(1), "checked accesses go there too");
        assert_eq!(model.borrow().accesses, 7);
    });
}

#[test]
fn one_claim_alone_or_several_beside_each_other() {
    Board::run(|board| {
        let grant = board.grant(GrantKind::Mmio, "r", 0x20);
        // Half of the same bytes, in the lease of another task.
        let half = board.grant_at(GrantKind::Mmio, "half", grant.base + 0x10, 0x10);
        let other = board.lease("b", vec![half]);
        let claimed = |how| board.change(other, |lease| lease.grants[0].claim = how);
        let device = board.bind(0, "a", vec![grant]);
        claimed(Claim::Shared);
        assert_eq!(
            device.exclusive_io_mem::<0x20>("r").err(),
            Some(Error::Busy),
            "somebody is there"
        );
        assert!(device.io_mem::<0x20>("r").is_ok());
        claimed(Claim::Exclusive);
        assert_eq!(device.io_mem::<0x20>("r").err(), Some(Error::Busy));
        claimed(Claim::None);
        assert!(device.exclusive_io_mem::<0x20>("r").is_ok());
        board.unbind(&device);
    });
}

/// The kinds of grants that are windows, and how a binding takes each.
type Take = fn(&Device<'static, Bound>) -> Result<(), Error>;
const WINDOWS: [(GrantKind, Take); 4] = [
    (GrantKind::Mmio, |device| {
        device.io_mem::<8>(0).map(mem::forget)
    }),
    (GrantKind::Mmio, |device| {
        device.exclusive_io_mem::<8>(0).map(mem::forget)
    }),
    (GrantKind::Memory, |device| device.dma_pool().map(drop)),
    (GrantKind::Config, |device| {
        device.config_space::<8>(0).map(mem::forget)
    }),
];

/// A window reaches its bytes whatever claim has them mapped. So of two bindings one alone has a claim of
/// them: if both had, ending the one would leave it what the other may do, and what it may not do itself.
#[test]
fn one_binding_of_a_task_at_a_time_reaches_a_byte() {
    for (kind, take) in WINDOWS {
        Board::run(|board| {
            let grant = board.grant(kind, "dma", 0x3000);
            let part = |offset, length: u64, rights: Rights| GrantInfo {
                rights,
                ..board.grant_at(kind, "dma", grant.base + offset, length)
            };
            let first = board.bind(
                0,
                "a",
                vec![part(0x1000, 0x1000, Rights::READ | Rights::WRITE)],
            );
            let second = [
                part(0x1000, 0x1000, Rights::READ | Rights::WRITE),
                part(0x1000, 0x1000, Rights::READ),
                part(0x0000, 0x1008, Rights::READ),
                part(0x1ff8, 0x1008, Rights::READ),
                part(0x1008, 8, Rights::READ | Rights::WRITE),
            ];
            take(&first).unwrap();
            for overlapping in second {
                let second = board.bind(1, "b", vec![overlapping]);
                assert_eq!(take(&second), Err(Error::Busy), "{kind:?} {overlapping:?}");
                // Its lease was ended hard: the kernel took the claim, and the binding has yet to hear of it.
                board.change(first.lease().unwrap(), |lease| {
                    lease.info.state = LeaseState::Ending;
                    lease.grants[0].claim = Claim::None;
                });
                assert_eq!(take(&second), Err(Error::Busy), "{kind:?} {overlapping:?}");
                board.change(first.lease().unwrap(), |lease| {
                    lease.info.state = LeaseState::Active;
                    lease.grants[0].claim = Claim::Shared;
                });
                board.unbind(&second);
            }
            let beside = board.bind(1, "b", vec![part(0x2000, 0x1000, Rights::READ)]);
            assert_eq!(take(&beside), Ok(()));
            board.unbind(&first);
            let again = board.bind(0, "c", vec![part(0x1000, 0x1000, Rights::READ)]);
            assert_eq!(take(&again), Ok(()), "the first is over");
        });
    }
}

/// A window in a guard that was kept, and the same bytes under another name, number, range or right.
#[test]
fn what_a_kept_guard_reaches_is_not_claimed_again() {
    for (kind, take) in WINDOWS {
        Board::run(|board| {
            let grant = board.grant(kind, "dma", 0x2000);
            let live = board.bind(1, "early", vec![grant]);
            let first = board.bind(0, "a", vec![grant]);
            let kept = Devres::new(&first, 7).unwrap();
            take(&first).unwrap();
            mem::forget(kept.try_access().unwrap());
            board.unbind(&first);
            assert_eq!(take(&live), Err(Error::Busy), "bound before, claimed after");
            let half = board.grant_at(kind, "dma", grant.base + 0x1ff0, 0x10);
            let second = board.bind(2, "b", vec![half]);
            assert_eq!(take(&second), Err(Error::Busy));
            let other = board.bind(3, "c", vec![board.grant(kind, "dma", 0x2000)]);
            assert_eq!(take(&other), Ok(()), "other bytes");
        });
    }
}

#[test]
fn no_more_windows_at_once_than_the_manifest_allows() {
    use crate::manifest::{WINDOW_LIMITS, WindowLimit};
    let limit = WindowLimit {
        label: crate::sys::label("a"),
        id: 0,
        windows: 2,
    };
    Board::run(|board| {
        WINDOW_LIMITS.set(crate::sys::keep_shared([limit]));
        let grants = |board: &Board| {
            vec![
                board.grant(GrantKind::Mmio, "one", 0x100),
                board.grant(GrantKind::Memory, "dma", 0x100),
                board.grant(GrantKind::Mmio, "two", 0x100),
                board.grant(GrantKind::Interrupt, "line", 8),
            ]
        };
        let (device, other) = (
            board.bind(0, "a", grants(board)),
            board.bind(1, "b", grants(board)),
        );
        let one = device.io_mem::<0x100>("one").unwrap();
        let line = device.interrupt("line");
        assert!(line.is_ok(), "an interrupt takes no entry");
        let pool = device.dma_pool().unwrap();
        assert_eq!(device.io_mem::<0x100>("two").err(), Some(Error::Exhausted));
        let log = board.0.borrow().log.concat();
        assert!(log.contains("more than 2 windows"), "{log}");
        // One given back makes room for another; forgotten, it does not.
        drop(one);
        let two = device.io_mem::<0x100>("two").unwrap();
        core::mem::forget(two);
        assert_eq!(device.io_mem::<0x100>("one").err(), Some(Error::Exhausted));
        let _ = pool;
        // Another device has no limit.
        let all = (
            other.io_mem::<8>("one"),
            other.dma_pool(),
            other.io_mem::<8>("two"),
        );
        assert!(all.0.is_ok() && all.1.is_ok() && all.2.is_ok());
    });
}
