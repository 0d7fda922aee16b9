//! The registers of a DesignWare APB UART and what their bits mean: those of an NS16550A, with 32 bits each and four
//! bytes apart, and a status register of its own.
//!
//! Sources: National Semiconductor, *PC16550D Universal Asynchronous Receiver/Transmitter with FIFOs*, section 8; Linux
//! `drivers/tty/serial/8250/8250_dw.c` and `8250_dwlib.h` (busy detection, `USR`, `CPR`); U-Boot `include/ns16550.h`.

/// Bytes that the registers cover.
pub const WINDOW: usize = 0x100;

/// Bytes that the transmitter's FIFO takes once it is empty: the smallest that the block can be built with, and the
/// TH1520's device tree names no larger one.
pub const FIFO_DEPTH: usize = 16;

userlib::register_fields! { u32,
    /// Which events interrupt.
    pub InterruptEnable [
        /// A byte was received.
        RECEIVED OFFSET(0) NUMBITS(1) [],
        /// The transmitter's FIFO is empty.
        TRANSMITTER_EMPTY OFFSET(1) NUMBITS(1) [],
    ],
    /// Why it interrupts.
    pub InterruptIdentity [
        /// The cause.
        CAUSE OFFSET(0) NUMBITS(4) [
            None = 1,
            /// A write to `LINE_CONTROL` was ignored because the UART was busy. A load of `USR` ends it.
            Busy = 7,
            /// Bytes wait in the receiver's FIFO, too few for the trigger. A load of the data ends it, even if the
            /// bytes are gone.
            Timeout = 12
        ],
    ],
    /// The two FIFOs.
    pub FifoControl [
        /// Both are in use.
        ENABLE OFFSET(0) NUMBITS(1) [],
        /// Empties the receiver's.
        RECEIVER_RESET OFFSET(1) NUMBITS(1) [],
        /// Empties the transmitter's.
        TRANSMITTER_RESET OFFSET(2) NUMBITS(1) [],
        /// How many bytes make the receiver interrupt.
        TRIGGER OFFSET(6) NUMBITS(2) [One = 0, Quarter = 1, Half = 2, AllButTwo = 3],
    ],
    /// The form of a character.
    pub LineControl [
        /// Data bits.
        WORD OFFSET(0) NUMBITS(2) [Five = 0, Six = 1, Seven = 2, Eight = 3],
        /// More than one stop bit.
        STOP OFFSET(2) NUMBITS(1) [],
        /// A parity bit is sent and checked.
        PARITY OFFSET(3) NUMBITS(1) [],
        /// The registers 0 and 1 are the divisor.
        DIVISOR_ACCESS OFFSET(7) NUMBITS(1) [],
    ],
    /// Lines to a modem.
    pub ModemControl [
        /// Data terminal ready.
        DATA_TERMINAL_READY OFFSET(0) NUMBITS(1) [],
        /// Request to send.
        REQUEST_TO_SEND OFFSET(1) NUMBITS(1) [],
    ],
    /// How the line stands.
    pub LineStatus [
        /// A received byte waits.
        DATA_READY OFFSET(0) NUMBITS(1) [],
        /// A byte came while the receiver's FIFO was full. A load clears it.
        OVERRUN OFFSET(1) NUMBITS(1) [],
        /// The transmitter's FIFO is empty and takes [`FIFO_DEPTH`](super::FIFO_DEPTH) bytes.
        HOLDING_EMPTY OFFSET(5) NUMBITS(1) [],
        /// The last bit has left the shift register too.
        TRANSMITTER_IDLE OFFSET(6) NUMBITS(1) [],
    ],
    /// What the UART does.
    pub UartStatus [
        /// A character is being sent or received, or one waits in the receiver's FIFO.
        BUSY OFFSET(0) NUMBITS(1) [],
    ],
}

userlib::registers! {
    /// One UART.
    pub struct Registers: 0x100 {
        /// A load takes the byte at the head of the receiver's FIFO, a store puts one into the transmitter's.
        pub data: ReadWrite<u32> = 0x00;
        /// The divisor's low byte, while `LineControl::DIVISOR_ACCESS` is set.
        pub divisor_low: ReadWrite<u32> = 0x00;
        /// Which events interrupt.
        pub interrupt_enable: ReadWrite<u32, InterruptEnable> = 0x04;
        /// The divisor's high byte, while `LineControl::DIVISOR_ACCESS` is set.
        pub divisor_high: ReadWrite<u32> = 0x04;
        /// Why it interrupts; a load ends the interrupt of the empty transmitter.
        pub interrupt_identity: ReadToClear<u32, InterruptIdentity> = 0x08;
        /// The two FIFOs.
        pub fifo_control: WriteOnly<u32, FifoControl> = 0x08;
        /// The form of a character. A store while the UART is busy is ignored.
        pub line_control: ReadWrite<u32, LineControl> = 0x0c;
        /// Lines to a modem.
        pub modem_control: ReadWrite<u32, ModemControl> = 0x10;
        /// How the line stands; a load clears the errors.
        pub line_status: ReadToClear<u32, LineStatus> = 0x14;
        /// Keeps what is written, for any purpose.
        pub scratch: ReadWrite<u32> = 0x1c;
        /// What the UART does; a load ends the interrupt for a store while it was busy.
        pub uart_status: ReadToClear<u32, UartStatus> = 0x7c;
    }
}
