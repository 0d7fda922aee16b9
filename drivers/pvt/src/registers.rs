//! The registers of the controller, and of its temperature sensors. Source: Linux `drivers/hwmon/mr75203.c`; the
//! sensors' begin at 0x80 by the device tree.

/// Bytes that the registers here cover.
pub(crate) const WINDOW: usize = 0x100;

userlib::register_fields! { u32,
    /// What the controller has.
    pub(crate) Parts [
        /// Temperature sensors.
        SENSORS OFFSET(0) NUMBITS(5) [],
    ],
    /// How the serial line to the sensors stands.
    pub(crate) Status [
        /// A command is on its way.
        BUSY OFFSET(0) NUMBITS(1) [],
    ],
    /// A command for the sensors: a value for one of their own registers.
    pub(crate) Command [
        /// The value.
        VALUE OFFSET(0) NUMBITS(24) [
            /// Samples of 12 bits, in one piece.
            Mode2 = 1,
            /// Cycles after the power is on.
            Delay = 0x100,
            /// Out of reset, by itself, without end.
            Run = 0x10a
        ],
        /// The register.
        REGISTER OFFSET(24) NUMBITS(3) [Control = 0, Configuration = 1, Timer = 5],
        /// It is to be written.
        WRITE OFFSET(27) NUMBITS(1) [],
        /// This is a command.
        PROGRAM OFFSET(31) NUMBITS(1) [],
    ],
    /// Whether there is a sample.
    pub(crate) Done [
        /// There is.
        SAMPLE OFFSET(0) NUMBITS(1) [],
    ],
    /// The sample.
    pub(crate) Data [
        /// Its number.
        SAMPLE OFFSET(0) NUMBITS(16) [],
    ],
}

userlib::registers! {
    /// The controller, and the first sensor.
    pub(crate) struct Registers: 0x100 {
        /// What it has.
        pub(crate) parts: ReadOnly<u32, Parts> = 0x04;
        /// The sensors' clock.
        pub(crate) synthesis: ReadWrite<u32> = 0x80;
        /// Sensors that no command reaches: a bit for each.
        pub(crate) disabled: ReadWrite<u32> = 0x84;
        /// How the line stands.
        pub(crate) status: ReadOnly<u32, Status> = 0x88;
        /// A store sends it.
        pub(crate) command: WriteOnly<u32, Command> = 0x8c;
        /// Ones halt the line.
        pub(crate) halt: WriteOnly<u32> = 0x90;
        /// How samples are taken; 0 is as commanded.
        pub(crate) sampling: WriteOnly<u32> = 0xa0;
        /// Whether the first sensor has a sample; a load of the data takes it.
        pub(crate) done: ReadOnly<u32, Done> = 0xd4;
        /// The sample.
        pub(crate) data: ReadOnly<u32, Data> = 0xd8;
    }
}
