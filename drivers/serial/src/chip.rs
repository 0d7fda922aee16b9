//! What the console asks of a UART, whichever it is.

use bitflags::bitflags;

bitflags! {
    /// What a chip has and takes.
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
    /// What a chip can interrupt for.
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
/// Its interrupts may be levels (as long as it has room, it asks) or events (it asks once, when
/// it gets room while that is enabled).
pub trait Chip {
    /// Bytes that the transmitter takes when it says [`Status::ROOM`].
    const LOAD: usize;

    /// How it stands; an overrun is told once. Nothing at all for a device that went away.
    fn status(&mut self) -> Status;

    /// Takes the received byte.
    fn receive(&mut self) -> u8;

    /// Gives the transmitter a byte.
    fn transmit(&mut self, byte: u8);

    /// Takes back the events that it has asked for so far. Called before each look at it.
    fn clear(&mut self);

    /// Lets it interrupt for these and no others, and takes the others' events back.
    fn enable(&mut self, interrupts: Interrupts);

    /// Whether every byte has left the chip. May wait for one that is leaving.
    fn is_idle(&self) -> bool;
}
