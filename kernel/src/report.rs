//! The boot log, on the early console. It uses no formatting code of the standard library, to keep the kernel small.
//! All of it is cold: the compiler expands less in it.

use crate::board::Board;
use crate::image::{CONFIG, GRANTS, LEASES, Platform, TASKS};
use crate::platform::Platform as _;
use leasehold_abi::Error;
use leasehold_core::Hardware;

/// A decimal number.
#[cold]
#[inline(never)]
pub(crate) fn decimal(mut value: usize, platform: &mut Platform) {
    // A word's, so that a machine of 32 bits needs no code for division by 64.
    let mut digits = [0; 20];
    let mut left = digits.len();
    loop {
        left -= 1;
        if let Some(digit) = digits.get_mut(left) {
            *digit = b'0' + (value % 10) as u8;
        }
        value /= 10;
        if value == 0 || left == 0 {
            break;
        }
    }
    platform.print(digits.get(left..).unwrap_or_default());
}

/// A hexadecimal number of 16 digits.
#[cold]
#[inline(never)]
pub(crate) fn hexadecimal(value: u64, platform: &mut Platform) {
    platform.print(b"0x");
    for digit in (0..16).rev() {
        let digit = (value >> (digit * 4) & 15) as u8;
        platform.print(&[if digit < 10 {
            b'0' + digit
        } else {
            b'a' + digit - 10
        }]);
    }
}

/// The first line.
#[cold]
#[inline(never)]
pub(crate) fn hello(board: &mut Board) {
    board.print(b"leasehold ");
    board.print(env!("CARGO_PKG_VERSION").as_bytes());
    board.print(b": ");
    decimal(TASKS, board.platform());
    board.print(b" tasks, ");
    decimal(LEASES, board.platform());
    board.print(b" leases, ");
    decimal(GRANTS, board.platform());
    board.print(b" grants");
    if let Some(tables) = board.free_tables() {
        board.print(b", ");
        decimal(tables, board.platform());
        board.print(b" page tables");
    }
    board.print(b"\n");
}

/// The kernel is up.
#[cold]
#[inline(never)]
pub(crate) fn started(board: &mut Board) {
    board.print(b"leasehold: ");
    if let Some(tables) = board.free_tables() {
        decimal(tables, board.platform());
        board.print(b" page tables free; ");
    }
    let name = CONFIG.tasks.first().map_or(&[][..], |task| &task.name);
    board.print(name.split(|byte| *byte == 0).next().unwrap_or_default());
    board.print(b" started\n");
}

/// The configuration does not fit the tables.
#[cold]
#[inline(never)]
pub(crate) fn cannot_boot(board: &mut Board, error: Error) -> ! {
    board.print(b"leasehold: cannot boot: ");
    board.print(error.text().as_bytes());
    board.print(b"\n");
    board.off(1, false)
}
