//! Windows that live with their binding: access before, at and after its end, room, sizes, guards.

use super::*;
use crate::runtime::{Bound, Core, Device};
use crate::sys::{Error, GrantKind, mock};
use crate::testing::Board;
use crate::{CovariantForLt, Devres, DevresLt, ForLt};
use std::vec;
use std::vec::Vec;

/// A device with registers of 0x20 bytes and a BAR of 0x40.
fn bind(board: &Board, slot: u8) -> Device<'static, Core> {
    let grants = vec![
        board.grant(GrantKind::Mmio, "r", 0x20),
        board.grant(GrantKind::Mmio, "bar0", 0x40),
    ];
    board.bind(slot, "a", grants)
}

/// The tests of one kind of handle: `$claim` claims the window of `$length` bytes, of grant `$index`.
macro_rules! lives_with_the_binding {
    ($($test:ident: $name:ident $devres:ident $index:literal $length:literal, $claim:expr;)*) => {$(
        mod $test {
            use super::*;

            fn claim<'cap, const SIZE: usize>(
                device: &Device<'cap, Bound>,
            ) -> Result<$name<'cap, SIZE>, Error> {
                let claim: fn(&Device<'cap, Bound>) -> _ = $claim;
                claim(device)
            }

            /// Generic over the size, as a driver's helper may be.
            fn keep<const SIZE: usize>(device: &Device<'_, Bound>) -> Result<$devres<SIZE>, Error> {
                let kept: DevresLt<CovariantForLt!($name<'_, SIZE>)> = claim(device)?.into_devres()?;
                Ok(kept)
            }

            #[test]
            fn accessible_until_the_binding_ends() {
                Board::run(|board| {
                    let device = bind(board, 0);
                    let other = board.bind(1, "b", vec![]);
                    let window = keep::<$length>(&device).unwrap();
                    assert!(window.device().is_same(&device));
                    window.access(&device).unwrap().get().write32::<4>(9);
                    let guard = window.try_access().unwrap();
                    assert_eq!(guard.get().read32::<4>(), 9);
                    assert_eq!(guard.get().try_read32($length), Err(Error::Invalid));
                    drop(guard);
                    assert_eq!(window.access_with(&device, |window| window.read32::<4>()), Ok(9));
                    assert_eq!(window.try_access_with(|window| window.len()), Some($length));
                    assert_eq!(window.access(&other).err(), Some(Error::Invalid));
                    let name = std::format!("unclaim {}", $index);
                    assert!(!board.journal().contains(&name), "claimed as long as it is kept");
                    board.unbind(&device);
                    assert!(window.try_access().is_none());
                    assert!(window.try_access_with(|_| ()).is_none());
                    assert_eq!(window.access(&device).err(), Some(Error::Revoked));
                    let journal = board.journal();
                    assert_eq!(journal[journal.len() - 2..], [name.as_str(), "release"]);
                    // A later binding of the same slot: the handle from before gets nothing of it.
                    let again = bind(board, 0);
                    let new = keep::<$length>(&again).unwrap();
                    assert!(window.try_access().is_none());
                    assert_eq!(window.access(&again).err(), Some(Error::Invalid));
                    assert_eq!(new.access(&again).unwrap().get().read32::<4>(), 0);
                    board.unbind(&again);
                    board.unbind(&other);
                });
            }

            #[test]
            fn unclaimed_when_the_handle_goes_or_there_is_no_room() {
                Board::run(|board| {
                    let device = bind(board, 0);
                    let claimed = |board: &Board| {
                        let mut state = board.0.borrow_mut();
                        let lease = device.lease().unwrap().raw() as usize;
                        state.lease(lease).unwrap().grants[$index].is_claimed()
                    };
                    let kept = keep::<$length>(&device).unwrap();
                    assert!(claimed(board));
                    drop(kept);
                    assert!(!claimed(board), "the handle was the last owner");
                    let full: Vec<_> = (0..16).map(|at| Devres::new(&device, at).unwrap()).collect();
                    let window = claim::<$length>(&device).unwrap();
                    assert!(claimed(board));
                    assert_eq!(window.into_devres().err(), Some(Error::Exhausted));
                    assert!(!claimed(board), "what was not kept is given back");
                    drop(full);
                    assert!(keep::<$length>(&device).is_ok(), "and can be claimed again");
                    board.unbind(&device);
                });
            }

            #[test]
            fn a_size_of_zero_is_the_default_and_any() {
                Board::run(|board| {
                    let device = bind(board, 0);
                    let window: $name<'_> = claim(&device).unwrap();
                    let kept: $devres = window.into_devres().unwrap();
                    let guard = kept.try_access().unwrap();
                    assert_eq!(guard.get().len(), $length);
                    assert_eq!(guard.get().try_write8($length - 1, 7), Ok(()));
                    assert_eq!(guard.get().try_read8($length - 1), Ok(7));
                    assert_eq!(guard.get().try_read8($length), Err(Error::Invalid));
                    drop(guard);
                    board.unbind(&device);
                    assert!(kept.try_access().is_none());
                });
            }

            #[test]
            fn a_guard_keeps_the_window_claimed_past_the_end() {
                Board::run(|board| {
                    let device = bind(board, 0);
                    let window = keep::<$length>(&device).unwrap();
                    let guard = window.try_access().unwrap();
                    let base = {
                        let mut state = board.0.borrow_mut();
                        let lease = device.lease().unwrap().raw() as usize;
                        state.lease(lease).unwrap().grants[$index].base as usize
                    };
                    board.unbind(&device);
                    // The kernel took the window away with the lease.
                    mock::revoke_window(base..base + $length);
                    assert!(window.try_access().is_none(), "no new access");
                    assert_eq!(guard.get().try_read32(0), Err(Error::Revoked));
                    assert_eq!(guard.get().try_write32(0, 1), Err(Error::Revoked));
                    drop(guard);
                    assert_eq!(
                        device.slot().phase.get(),
                        crate::runtime::Phase::Retired,
                        "the slot is not used again"
                    );
                });
            }

            #[test]
            fn a_window_that_the_kernel_took_away_answers_revoked() {
                Board::run(|board| {
                    let device = bind(board, 0);
                    let window = keep::<0>(&device).unwrap();
                    let base = {
                        let mut state = board.0.borrow_mut();
                        let lease = device.lease().unwrap().raw() as usize;
                        state.lease(lease).unwrap().grants[$index].base as usize
                    };
                    mock::revoke_window(base..base + $length);
                    let guard = window.access(&device).unwrap();
                    assert_eq!(guard.get().try_read8(1), Err(Error::Revoked));
                    assert_eq!(guard.get().try_read16(2), Err(Error::Revoked));
                    assert_eq!(guard.get().try_read32(4), Err(Error::Revoked));
                    assert_eq!(guard.get().try_read64(8), Err(Error::Revoked));
                    assert_eq!(guard.get().try_write8(1, 0), Err(Error::Revoked));
                    assert_eq!(guard.get().try_write16(2, 0), Err(Error::Revoked));
                    assert_eq!(guard.get().try_write32(4, 0), Err(Error::Revoked));
                    assert_eq!(guard.get().try_write64(8, 0), Err(Error::Revoked));
                    // What is wrong anyway is said first.
                    assert_eq!(guard.get().try_read32(2), Err(Error::Invalid));
                    assert_eq!(guard.get().try_read32($length), Err(Error::Invalid));
                    drop(guard);
                    board.unbind(&device);
                });
            }
        }
    )*};
}
lives_with_the_binding! {
    io_mem: IoMem DevresIoMem 0 0x20, |device| device.io_mem("r");
    exclusive_io_mem: ExclusiveIoMem DevresExclusiveIoMem 0 0x20, |device| device.exclusive_io_mem("r");
    bar: Bar DevresBar 1 0x40, |device| device.bar(0);
}

#[test]
fn several_windows_end_the_last_first() {
    fn is_family<F: ForLt>() {}
    Board::run(|board| {
        is_family::<ForLt!(Bar<'_, 8>)>();
        let device = bind(board, 0);
        let _registers: DevresIoMem = device.io_mem("r").unwrap().into_devres().unwrap();
        let _bar: DevresBar = device.bar(0).unwrap().into_devres().unwrap();
        let exclusive = device.exclusive_io_mem::<0>("r");
        assert_eq!(exclusive.err(), Some(Error::Busy));
        board.unbind(&device);
        assert_eq!(board.journal()[2..], ["unclaim 1", "unclaim 0", "release"]);
    });
}
