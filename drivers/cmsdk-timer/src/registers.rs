//! The registers of the CMSDK APB timer: a counter of 32 bits that goes down to 0.
//!
//! Source: *Arm Cortex-M System Design Kit Technical Reference Manual* (DDI 0479), section
//! "APB timer", table of registers.

userlib::register_fields! { u32,
    /// What is on.
    pub Control [
        /// Lets the counter run.
        ENABLE OFFSET(0) NUMBITS(1) [],
        /// Interrupts when the counter reaches 0.
        INTERRUPT_ENABLE OFFSET(3) NUMBITS(1) [],
    ],
    /// Why it interrupts.
    pub Interrupt [
        /// The counter has reached 0.
        ZERO OFFSET(0) NUMBITS(1) [],
    ],
}

userlib::registers! {
    /// One timer.
    pub struct Registers: 0x1000 {
        /// What is on.
        pub control: ReadWrite<u32, Control> = 0x0;
        /// The counter.
        pub value: ReadWrite<u32> = 0x4;
        /// The value from which the counter starts again after 0; with 0 it stays at 0. A store here sets the counter
        /// as well.
        pub reload: ReadWrite<u32> = 0x8;
        /// Why it interrupts.
        pub interrupt: WriteOneToClear<u32, Interrupt> = 0xc;
    }
}
