//! The registers.
//!
//! Sources: Linux `drivers/i2c/busses/i2c-designware-core.h` (offsets and bits); Synopsys DW_apb_i2c databook (which
//! events a register clears, what `ABORT` does).

/// Bytes that the registers cover.
pub const WINDOW: usize = 0x100;

/// What the block is (`DW_IC_COMP_TYPE_VALUE`).
pub const TYPE: u32 = 0x4457_0140;

userlib::register_fields! { u32,
    /// How it works.
    pub Control [
        /// It is a master.
        MASTER OFFSET(0) NUMBITS(1) [],
        /// The rate of the bus; 1 is 100 kHz.
        SPEED OFFSET(1) NUMBITS(2) [Standard = 1],
        /// It may begin anew without a stop.
        RESTART OFFSET(5) NUMBITS(1) [],
        /// It is no slave.
        NO_SLAVE OFFSET(6) NUMBITS(1) [],
        /// It may clear a stuck bus. Only a controller that has this part keeps the bit.
        BUS_CLEAR OFFSET(11) NUMBITS(1) [],
    ],
    /// The target.
    pub Target [
        /// Its address of 7 bits.
        ADDRESS OFFSET(0) NUMBITS(7) [],
    ],
    /// A byte of a transfer.
    pub Command [
        /// The byte, if it is sent.
        BYTE OFFSET(0) NUMBITS(8) [],
        /// Reads a byte.
        READ OFFSET(8) NUMBITS(1) [],
        /// Ends the transfer after this byte. Without it the bus stays held.
        STOP OFFSET(9) NUMBITS(1) [],
        /// Begins anew before this byte.
        RESTART OFFSET(10) NUMBITS(1) [],
    ],
    /// What was received.
    pub Received [
        /// The byte.
        BYTE OFFSET(0) NUMBITS(8) [],
    ],
    /// Events.
    pub Event [
        /// There are received bytes.
        RECEIVED OFFSET(2) NUMBITS(1) [],
        /// There is room for commands.
        ROOM OFFSET(4) NUMBITS(1) [],
        /// The transfer was aborted.
        ABORT OFFSET(6) NUMBITS(1) [],
        /// A stop went out.
        STOP OFFSET(9) NUMBITS(1) [],
    ],
    /// Turns the controller on and off.
    pub Enable [
        /// It is on.
        ON OFFSET(0) NUMBITS(1) [],
        /// Ends the transfer with a stop; clears itself then.
        ABORT OFFSET(1) NUMBITS(1) [],
        /// Sends up to nine clocks, so that a target lets the data line go; clears itself then.
        RECOVER OFFSET(3) NUMBITS(1) [],
    ],
    /// How it stands.
    pub Status [
        /// Received bytes wait.
        RECEIVED OFFSET(3) NUMBITS(1) [],
        /// The master has the bus.
        MASTER OFFSET(5) NUMBITS(1) [],
    ],
    /// Why a transfer was aborted.
    pub Abort [
        /// Nobody has this address.
        ADDRESS OFFSET(0) NUMBITS(1) [],
        /// The target did not take a byte.
        DATA OFFSET(3) NUMBITS(1) [],
        /// Another master has the bus.
        ARBITRATION OFFSET(12) NUMBITS(1) [],
    ],
    /// What becomes of a store to `enable`.
    pub EnableStatus [
        /// The controller is on still.
        ON OFFSET(0) NUMBITS(1) [],
    ],
    /// What the block was built with.
    pub Parameters [
        /// Received bytes that it holds, less one.
        RECEIVE_DEPTH OFFSET(8) NUMBITS(8) [],
        /// Commands that it holds, less one.
        SEND_DEPTH OFFSET(16) NUMBITS(8) [],
    ],
}

userlib::registers! {
    /// One controller.
    pub struct Registers: 0x100 {
        /// How it works. Stored to only while the controller is off, as are the target and the counts.
        pub control: ReadWrite<u32, Control> = 0x00;
        /// The target.
        pub target: ReadWrite<u32, Target> = 0x04;
        /// A store is the next byte of a transfer.
        pub command: WriteOnly<u32, Command> = 0x10;
        /// A load takes the first received byte.
        pub received: ReadToClear<u32, Received> = 0x10;
        /// The clocks for which the bus's clock is high, at 100 kHz.
        pub high: ReadWrite<u32> = 0x14;
        /// Those for which it is low.
        pub low: ReadWrite<u32> = 0x18;
        /// The events that interrupt.
        pub interrupts: ReadWrite<u32, Event> = 0x30;
        /// The events that came.
        pub events: ReadOnly<u32, Event> = 0x34;
        /// How many received bytes are no event yet.
        pub receive_level: ReadWrite<u32> = 0x38;
        /// How many commands still are the event that there is room.
        pub send_level: ReadWrite<u32> = 0x3c;
        /// A load clears all events, and why a transfer was aborted.
        pub clear: ReadToClear<u32> = 0x40;
        /// Turns the controller on and off.
        pub enable: ReadWrite<u32, Enable> = 0x6c;
        /// How it stands.
        pub status: ReadOnly<u32, Status> = 0x70;
        /// The number of commands that wait.
        pub send_count: ReadOnly<u32> = 0x74;
        /// Why the last transfer was aborted.
        pub abort_source: ReadOnly<u32, Abort> = 0x80;
        /// What became of a store to `enable`.
        pub enable_status: ReadOnly<u32, EnableStatus> = 0x9c;
        /// What the block was built with.
        pub parameters: ReadOnly<u32, Parameters> = 0xf4;
        /// What the block is: [`TYPE`].
        pub identity: ReadOnly<u32> = 0xfc;
    }
}
