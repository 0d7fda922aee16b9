//! The requirements of the console for any UART.

use bitflags::bitflags;

bitflags! {
    /// The state of a chip.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Status: u8 {
        /// A received byte waits.
        const RECEIVED = 1;
        /// The transmitter takes [`Chip::LOAD`] bytes.
        const ROOM = 1 << 1;
        /// A byte was lost because the one before was not read in time.
        const OVERRUN = 1 << 2;
    }
}

bitflags! {
    /// The interrupts of a chip.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Interrupts: u8 {
        /// A byte was received.
        const RECEIVED = 1;
        /// The transmitter has room again.
        const ROOM = 1 << 1;
    }
}

/// A UART that is set up: eight data bits, no parity, one stop bit.
///
/// Its interrupts may be levels (requested as long as there is room) or events (requested once, when there is room
/// again while they are enabled).
pub trait Chip {
    /// Bytes that the transmitter accepts at [`Status::ROOM`].
    const LOAD: usize;

    /// Its status; an overrun is reported once. Empty if the device is gone.
    fn status(&mut self) -> Status;

    /// Takes the received byte.
    fn receive(&mut self) -> u8;

    /// Gives the transmitter a byte.
    fn transmit(&mut self, byte: u8);

    /// Takes back the events requested so far. Called before each read of the status.
    fn clear(&mut self);

    /// Enables these interrupts and no others, and takes the others' events back.
    fn enable(&mut self, interrupts: Interrupts);

    /// Whether every byte has left the chip. May wait for a byte that is being sent.
    fn is_idle(&self) -> bool;
}
