//! The registers of the CMSDK APB UART and what their bits mean.
//!
//! Source: *Arm Cortex-M System Design Kit Technical Reference Manual* (DDI 0479), section
//! "APB UART", table of registers.

userlib::register_fields! { u32,
    /// State of both buffers.
    pub State [
        /// The byte to send has not gone to the shift register.
        TRANSMIT_FULL OFFSET(0) NUMBITS(1) [],
        /// A received byte waits.
        RECEIVE_FULL OFFSET(1) NUMBITS(1) [],
        /// A byte was written while the one before was still there. A one clears it.
        TRANSMIT_OVERRUN OFFSET(2) NUMBITS(1) [],
        /// A byte came while the one before was still there. A one clears it.
        RECEIVE_OVERRUN OFFSET(3) NUMBITS(1) [],
    ],
    /// What is on, and what interrupts.
    pub Control [
        /// The transmitter is on.
        TRANSMIT OFFSET(0) NUMBITS(1) [],
        /// The receiver is on.
        RECEIVE OFFSET(1) NUMBITS(1) [],
        /// Interrupt when the transmitter's buffer becomes empty.
        TRANSMIT_INTERRUPT OFFSET(2) NUMBITS(1) [],
        /// Interrupt when the receiver's buffer becomes full.
        RECEIVE_INTERRUPT OFFSET(3) NUMBITS(1) [],
    ],
    /// Which interrupts were asked for.
    pub Pending [
        /// The transmitter's buffer became empty.
        TRANSMIT OFFSET(0) NUMBITS(1) [],
        /// The receiver's buffer became full.
        RECEIVE OFFSET(1) NUMBITS(1) [],
    ],
}

userlib::registers! {
    /// One UART.
    pub struct Registers: 0x1000 {
        /// A load takes the received byte, a store gives the byte to send.
        pub data: ReadWrite<u32> = 0x0;
        /// State of both buffers; ones clear the overruns.
        pub state: WriteOneToClear<u32, State> = 0x4;
        /// What is on, and what interrupts.
        pub control: ReadWrite<u32, Control> = 0x8;
        /// Which interrupts were asked for.
        pub pending: WriteOneToClear<u32, Pending> = 0xc;
        /// Cycles of the bus clock for one bit, at least 16.
        pub divider: ReadWrite<u32> = 0x10;
    }
}
