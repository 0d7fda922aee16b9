//! The registers.
//!
//! Sources: Linux `drivers/i2c/busses/i2c-designware-core.h` (offsets and bits); Synopsys DW_apb_i2c databook (which
//! events a register clears, what `ABORT` does).

/// Bytes that the registers cover.
pub const WINDOW: usize = 0x100;

/// Offset of `Control`. Stored to only while the controller is off, as are the target and the counts.
pub const CONTROL: usize = 0x00;
/// Offset of the target's address.
pub const TARGET: usize = 0x04;
/// Offset of `Command`; a load takes a received byte.
pub const DATA: usize = 0x10;
/// Offset of the clocks for which the bus's clock is high, and low, at 100 kHz.
pub const HIGH: usize = 0x14;
/// See [`HIGH`].
pub const LOW: usize = 0x18;
/// Offset of the [`event`]s that interrupt.
pub const INTERRUPTS: usize = 0x30;
/// Offset of the [`event`]s that came.
pub const EVENTS: usize = 0x34;
/// Offset of how many received bytes are no event yet.
pub const RECEIVE_LEVEL: usize = 0x38;
/// Offset of how many commands still are the event that there is room.
pub const SEND_LEVEL: usize = 0x3c;
/// Offset of what clears all events when it is loaded.
pub const CLEAR: usize = 0x40;
/// Offset of [`enable`].
pub const ENABLE: usize = 0x6c;
/// Offset of [`status`].
pub const STATUS: usize = 0x70;
/// Offset of the number of commands that wait.
pub const SEND_COUNT: usize = 0x74;
/// Offset of the number of received bytes that wait.
pub const RECEIVE_COUNT: usize = 0x78;
/// Offset of why the last transfer was aborted: [`abort`].
pub const ABORT_SOURCE: usize = 0x80;
/// Offset of whether the controller is still on, bit 0.
pub const IS_ON: usize = 0x9c;
/// Offset of the depths of the two FIFOs.
pub const PARAMETERS: usize = 0xf4;
/// Offset of what the block is, [`TYPE`].
pub const IDENTITY: usize = 0xfc;

/// What the block is (`DW_IC_COMP_TYPE_VALUE`).
pub const TYPE: u32 = 0x4457_0140;

/// Bits of the control register.
pub mod control {
    /// It is a master.
    pub const MASTER: u32 = 1;
    /// 100 kHz.
    pub const STANDARD: u32 = 1 << 1;
    /// It may begin anew without a stop.
    pub const RESTART: u32 = 1 << 5;
    /// It is no slave.
    pub const NO_SLAVE: u32 = 1 << 6;
    /// It may clear a stuck bus. Only a controller that has this part keeps the bit.
    pub const BUS_CLEAR: u32 = 1 << 11;
}

/// Bits of a command, beside the byte.
pub mod command {
    /// Reads a byte.
    pub const READ: u32 = 1 << 8;
    /// Ends the transfer after this byte. Without it the bus stays held.
    pub const STOP: u32 = 1 << 9;
    /// Begins anew before this byte.
    pub const RESTART: u32 = 1 << 10;
}

/// Events.
pub mod event {
    /// There are received bytes.
    pub const RECEIVED: u32 = 1 << 2;
    /// There is room for commands.
    pub const ROOM: u32 = 1 << 4;
    /// The transfer was aborted.
    pub const ABORT: u32 = 1 << 6;
    /// A stop went out.
    pub const STOP: u32 = 1 << 9;
}

/// Bits that turn the controller on and off.
pub mod enable {
    /// It is on.
    pub const ON: u32 = 1;
    /// Ends the transfer with a stop; clears itself then.
    pub const ABORT: u32 = 1 << 1;
    /// Sends up to nine clocks, so that a target lets the data line go; clears itself then.
    pub const RECOVER: u32 = 1 << 3;
}

/// Bits of the status.
pub mod status {
    /// Received bytes wait.
    pub const RECEIVED: u32 = 1 << 3;
    /// The master has the bus.
    pub const MASTER: u32 = 1 << 5;
}

/// Why a transfer was aborted.
pub mod abort {
    /// Nobody has this address.
    pub const ADDRESS: u32 = 1;
    /// The target did not take a byte.
    pub const DATA: u32 = 1 << 3;
    /// Another master has the bus.
    pub const ARBITRATION: u32 = 1 << 12;
}
