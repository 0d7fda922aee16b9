//! The registers.
//!
//! Source: SMSC, *LAN9118 datasheet*, sections 3.12 "Transmit Data Path Operation", 3.13 "Receive Data Path
//! Operation", 5.3 "System Control and Status Registers", 5.4 "MAC Control and Status Registers" and 5.5 "PHY
//! Registers". Only 32-bit accesses.

/// Bytes that the registers cover.
pub(crate) const WINDOW: usize = 0x100;

/// The value of the byte-order test register.
pub(crate) const BYTE_ORDER: u32 = 0x8765_4321;

userlib::register_fields! { u32,
    /// What became of a frame that was received.
    pub(crate) ReceiveStatus [
        /// Its bytes, with the check sequence.
        LENGTH OFFSET(16) NUMBITS(14) [],
        /// Something is wrong with it; the other bits say what.
        ERROR OFFSET(15) NUMBITS(1) [],
    ],
    /// What became of a frame that was to be sent.
    pub(crate) TransmitStatus [
        /// The number that came with its command.
        TAG OFFSET(16) NUMBITS(16) [],
        /// It was not sent; the other bits say why.
        ERROR OFFSET(15) NUMBITS(1) [],
    ],
    /// The first word before a frame to send.
    pub(crate) TransmitCommandA [
        /// The buffer is the first of its frame.
        FIRST OFFSET(13) NUMBITS(1) [],
        /// The buffer is the last of its frame.
        LAST OFFSET(12) NUMBITS(1) [],
        /// Bytes of the buffer.
        SIZE OFFSET(0) NUMBITS(11) [],
    ],
    /// The second word before a frame to send.
    pub(crate) TransmitCommandB [
        /// A number that comes back in the status.
        TAG OFFSET(16) NUMBITS(16) [],
        /// Bytes of the frame.
        LENGTH OFFSET(0) NUMBITS(11) [],
    ],
    /// What the chip is.
    pub(crate) Identification [
        /// Chip number.
        CHIP OFFSET(16) NUMBITS(16) [],
        /// Its revision.
        REVISION OFFSET(0) NUMBITS(16) [],
    ],
    /// How the interrupt's pin works.
    pub(crate) Pin [
        /// It is driven at all.
        ENABLE OFFSET(8) NUMBITS(1) [],
        /// The level that is an interrupt.
        POLARITY OFFSET(4) NUMBITS(1) [Low = 0, High = 1],
        /// How it is driven.
        TYPE OFFSET(0) NUMBITS(1) [OpenDrain = 0, PushPull = 1],
    ],
    /// Causes of interrupts.
    pub(crate) Interrupts [
        /// The PHY has something to say.
        PHY OFFSET(18) NUMBITS(1) [],
        /// The FIFO of transmit statuses was full.
        TRANSMIT_STATUS_OVERFLOW OFFSET(16) NUMBITS(1) [],
        /// A receive FIFO was read while it was empty, or its statuses ran over.
        RECEIVE_ERROR OFFSET(14) NUMBITS(1) [],
        /// A frame and its commands do not agree.
        TRANSMIT_ERROR OFFSET(13) NUMBITS(1) [],
        /// More was written than the transmit FIFO has room for.
        TRANSMIT_OVERRUN OFFSET(10) NUMBITS(1) [],
        /// The transmit FIFO has more room than the level.
        TRANSMIT_ROOM OFFSET(9) NUMBITS(1) [],
        /// There are more transmit statuses than the level.
        TRANSMIT_STATUS OFFSET(7) NUMBITS(1) [],
        /// A frame came and was dropped.
        DROPPED OFFSET(6) NUMBITS(1) [],
        /// There are more received frames than the level.
        RECEIVED OFFSET(3) NUMBITS(1) [],
    ],
    /// The levels of interrupts.
    pub(crate) Levels [
        /// Of room for frames to send, in units of 64 bytes.
        TRANSMIT_ROOM OFFSET(24) NUMBITS(8) [],
        /// Of transmit statuses.
        TRANSMIT_STATUS OFFSET(16) NUMBITS(8) [],
        /// Of received frames.
        RECEIVED OFFSET(0) NUMBITS(8) [],
    ],
    /// How frames are sent.
    pub(crate) TransmitConfiguration [
        /// They are.
        ON OFFSET(1) NUMBITS(1) [],
    ],
    /// How the hardware works.
    pub(crate) Hardware [
        /// Must be one.
        ONE OFFSET(20) NUMBITS(1) [],
        /// KiB of the FIFOs for sending; the others are for receiving.
        TRANSMIT_FIFO OFFSET(16) NUMBITS(4) [],
        /// The reset could not be done.
        RESET_FAILED OFFSET(1) NUMBITS(1) [],
        /// Writing 1 resets; 1 until that is done.
        RESET OFFSET(0) NUMBITS(1) [],
    ],
    /// What the receive FIFOs hold.
    pub(crate) Received [
        /// Frames, or rather their statuses.
        STATUSES OFFSET(16) NUMBITS(8) [],
        /// Bytes of frames.
        BYTES OFFSET(0) NUMBITS(16) [],
    ],
    /// What the transmit FIFOs hold.
    pub(crate) Transmitted [
        /// Statuses of frames.
        STATUSES OFFSET(16) NUMBITS(8) [],
        /// Bytes that there is room for.
        ROOM OFFSET(0) NUMBITS(16) [],
    ],
    /// Power.
    pub(crate) Power [
        /// The chip is awake.
        READY OFFSET(0) NUMBITS(1) [],
    ],
    /// A command to the memory with the hardware address.
    pub(crate) Memory [
        /// A command is being done.
        BUSY OFFSET(31) NUMBITS(1) [],
    ],
    /// A command to the MAC's own registers.
    pub(crate) MacCommand [
        /// Writing 1 starts the command; 1 until the MAC has done it.
        BUSY OFFSET(31) NUMBITS(1) [],
        /// Which way.
        DIRECTION OFFSET(30) NUMBITS(1) [Write = 0, Read = 1],
        /// Number of the MAC's register.
        REGISTER OFFSET(0) NUMBITS(8) [
            /// What the MAC does.
            Control = 1,
            /// Upper two bytes of the hardware address.
            AddressHigh = 2,
            /// Lower four bytes of the hardware address.
            AddressLow = 3,
            /// Command to the PHY's registers.
            PhyCommand = 6,
            /// Their value.
            PhyData = 7,
        ],
    ],
    /// The MAC's register of what it does.
    pub(crate) MacControl [
        /// It sends and receives at the same time, as the PHY does.
        FULL_DUPLEX OFFSET(20) NUMBITS(1) [],
        /// It sends.
        TRANSMITS OFFSET(3) NUMBITS(1) [],
        /// It receives.
        RECEIVES OFFSET(2) NUMBITS(1) [],
    ],
    /// The MAC's register of commands to the PHY.
    pub(crate) PhyCommand [
        /// Number of the PHY.
        PHY OFFSET(11) NUMBITS(5) [Internal = 1],
        /// Number of its register.
        REGISTER OFFSET(6) NUMBITS(5) [],
        /// Which way.
        DIRECTION OFFSET(1) NUMBITS(1) [Read = 0, Write = 1],
        /// The command is being done.
        BUSY OFFSET(0) NUMBITS(1) [],
    ],
}

userlib::registers! {
    /// The registers that the driver uses.
    pub(crate) struct Registers: 0x100 {
        /// Bytes of the first frame that was received, four at a time.
        pub(crate) receive_data: ReadToClear<u32> = 0x00;
        /// Takes commands and frames to send, four bytes at a time.
        pub(crate) transmit_data: WriteOnly<u32> = 0x20;
        /// Takes the status of the first frame that was received out.
        pub(crate) receive_status: ReadToClear<u32, ReceiveStatus> = 0x40;
        /// Takes the status of the first frame that was sent out.
        pub(crate) transmit_status: ReadToClear<u32, TransmitStatus> = 0x48;
        /// What the chip is.
        pub(crate) identification: ReadOnly<u32, Identification> = 0x50;
        /// How the interrupt's pin works.
        pub(crate) pin: ReadWrite<u32, Pin> = 0x54;
        /// Causes that came; ones clear.
        pub(crate) causes: WriteOneToClear<u32, Interrupts> = 0x58;
        /// Causes that interrupt.
        pub(crate) enabled: ReadWrite<u32, Interrupts> = 0x5c;
        /// Always [`BYTE_ORDER`], if the bytes arrive in the right order.
        pub(crate) byte_test: ReadOnly<u32> = 0x64;
        /// Levels of interrupts.
        pub(crate) levels: ReadWrite<u32, Levels> = 0x68;
        /// How frames are sent.
        pub(crate) transmit: ReadWrite<u32, TransmitConfiguration> = 0x70;
        /// How the hardware works.
        pub(crate) hardware: ReadWrite<u32, Hardware> = 0x74;
        /// What the receive FIFOs hold.
        pub(crate) received: ReadOnly<u32, Received> = 0x7c;
        /// What the transmit FIFOs hold.
        pub(crate) transmitted: ReadOnly<u32, Transmitted> = 0x80;
        /// Power.
        pub(crate) power: ReadWrite<u32, Power> = 0x84;
        /// Frames that came and were dropped since the last load.
        pub(crate) dropped: ReadToClear<u32> = 0xa0;
        /// Command to the MAC's own registers.
        pub(crate) mac_command: ReadWrite<u32, MacCommand> = 0xa4;
        /// The value that is written to the MAC's register, or was read from it.
        pub(crate) mac_data: ReadWrite<u32> = 0xa8;
        /// Command to the memory with the hardware address.
        pub(crate) memory: ReadWrite<u32, Memory> = 0xb0;
    }
}
