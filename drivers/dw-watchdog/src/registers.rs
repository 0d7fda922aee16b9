//! The registers. Sources: U-Boot `drivers/watchdog/designware_wdt.c`, Linux `drivers/watchdog/dw_wdt.c`.

/// Bytes that the registers cover.
pub const WINDOW: usize = 0x100;

/// What is stored to start the count again (Linux: `WDOG_COUNTER_RESTART_KICK_VALUE`).
pub const RESTART: u32 = 0x76;

/// What the type register of this block reads (Synopsys DW_apb_wdt databook, `WDT_COMP_TYPE`).
pub const TYPE: u32 = 0x4457_0120;

userlib::register_fields! { u32,
    /// What it does.
    pub Control [
        /// It counts. Cannot be cleared.
        ENABLE OFFSET(0) NUMBITS(1) [],
        /// At the end of the count it interrupts first, and resets at the next end.
        INTERRUPT_FIRST OFFSET(1) NUMBITS(1) [],
    ],
    /// From where it counts: 2 to the power of 16 and this number.
    pub Range [
        /// Each time but the first.
        EXPONENT OFFSET(0) NUMBITS(4) [],
        /// The first time.
        FIRST_EXPONENT OFFSET(4) NUMBITS(4) [],
    ],
}

userlib::registers! {
    /// One watchdog.
    pub struct Registers: 0x100 {
        /// What it does.
        pub control: ReadWrite<u32, Control> = 0x00;
        /// From where it counts.
        pub range: ReadWrite<u32, Range> = 0x04;
        /// A store of [`RESTART`] starts the count again.
        pub restart: WriteOnly<u32> = 0x0c;
        /// What the block is.
        pub identity: ReadOnly<u32> = 0xfc;
    }
}
