//! The boot log. All of it is cold: the compiler expands less in it. It is a part of the boot code.

use crate::board::Board;
use crate::image::{HELLO, STARTED};
use crate::report::decimal;
use leasehold_core::Hardware;

/// The first line.
#[cold]
#[inline(never)]
#[unsafe(link_section = ".init.text")]
pub(crate) fn hello(board: &mut Board) {
    board.print(HELLO.as_bytes());
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
#[unsafe(link_section = ".init.text")]
pub(crate) fn started(board: &mut Board) {
    board.print(b"leasehold: ");
    if let Some(tables) = board.free_tables() {
        decimal(tables, board.platform());
        board.print(b" page tables free; ");
    }
    board.print(STARTED.as_bytes());
}

/// The protection hardware has no room for the tasks' own memory. Whatever else can be missing, the compiler refuses.
#[cold]
#[inline(never)]
#[unsafe(link_section = ".init.text")]
pub(crate) fn cannot_boot(board: &mut Board) -> ! {
    board.print(b"leasehold: cannot boot: no room to map the tasks\n");
    board.off(1, false)
}
