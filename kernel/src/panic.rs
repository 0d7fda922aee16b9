//! What happens when the kernel itself is wrong: a line on the console, and off.

use crate::board::Board;
use crate::report::{decimal, hexadecimal};
use core::panic::PanicInfo;
use core::sync::atomic::{AtomicBool, Ordering};
use leasehold_core::{Fault, Hardware};

/// Set on the way down: a second fault there says no more.
static FALLING: AtomicBool = AtomicBool::new(false);

/// A board to speak and to end with.
#[inline(never)]
fn last_board() -> Board {
    // SAFETY: the kernel's own board is not used again, as nothing returns from here.
    let mut board = unsafe { Board::new() };
    if FALLING.swap(true, Ordering::Relaxed) {
        board.off(1, false);
    }
    board
}

/// The kernel trapped.
#[cold]
pub(crate) fn trapped(fault: Fault) -> ! {
    let mut board = last_board();
    board.print(b"leasehold: the kernel faulted: ");
    board.print(fault.kind.text().as_bytes());
    board.print(b" at ");
    hexadecimal(fault.address as u64, &mut board);
    board.print(b", pc ");
    hexadecimal(fault.pc as u64, &mut board);
    board.print(b"\n");
    board.off(1, false)
}

#[panic_handler]
fn panicked(info: &PanicInfo<'_>) -> ! {
    let mut board = last_board();
    board.print(b"leasehold: the kernel panicked");
    if let Some(place) = info.location() {
        board.print(b" at ");
        board.print(place.file().as_bytes());
        board.print(b":");
        decimal(place.line().into(), &mut board);
    }
    board.print(b"\n");
    board.off(1, false)
}
