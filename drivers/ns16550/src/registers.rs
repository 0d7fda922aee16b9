//! The registers of an NS16550A and what their bits mean.
//!
//! Source: National Semiconductor, *PC16550D Universal Asynchronous Receiver/Transmitter with
//! FIFOs*, section 8. Registers are one byte wide and one byte apart (`reg-shift` 0), as on
//! QEMU's `virt` board.

/// Bytes that the registers cover.
pub const WINDOW: usize = 8;

/// Bytes that the transmitter's FIFO takes once it is empty.
pub const FIFO_DEPTH: usize = 16;

userlib::register_fields! { u8,
    /// Which events interrupt.
    pub InterruptEnable [
        /// A byte was received.
        RECEIVED OFFSET(0) NUMBITS(1) [],
        /// The transmitter's FIFO is empty.
        TRANSMITTER_EMPTY OFFSET(1) NUMBITS(1) [],
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
        TRIGGER OFFSET(6) NUMBITS(2) [One = 0, Four = 1, Eight = 2, Fourteen = 3],
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
        /// Gates the interrupt line on PC hardware.
        OUT2 OFFSET(3) NUMBITS(1) [],
    ],
    /// How the line stands.
    pub LineStatus [
        /// A received byte waits.
        DATA_READY OFFSET(0) NUMBITS(1) [],
        /// A byte came while the receiver's FIFO was full. A load clears it.
        OVERRUN OFFSET(1) NUMBITS(1) [],
        /// Parity error in the byte at the head.
        PARITY OFFSET(2) NUMBITS(1) [],
        /// Framing error in the byte at the head.
        FRAMING OFFSET(3) NUMBITS(1) [],
        /// The line was held low.
        BREAK OFFSET(4) NUMBITS(1) [],
        /// The transmitter's FIFO is empty and takes [`FIFO_DEPTH`](super::FIFO_DEPTH) bytes.
        HOLDING_EMPTY OFFSET(5) NUMBITS(1) [],
        /// The last bit has left the shift register too.
        TRANSMITTER_IDLE OFFSET(6) NUMBITS(1) [],
        /// An error is somewhere in the receiver's FIFO.
        FIFO_ERROR OFFSET(7) NUMBITS(1) [],
    ],
}

userlib::registers! {
    /// One UART.
    pub struct Registers: 8 {
        /// A load takes the byte at the head of the receiver's FIFO, a store puts one into the transmitter's.
        pub data: ReadWrite<u8> = 0;
        /// The divisor's low byte, while `LineControl::DIVISOR_ACCESS` is set.
        pub divisor_low: WriteOnly<u8> = 0;
        /// Which events interrupt.
        pub interrupt_enable: ReadWrite<u8, InterruptEnable> = 1;
        /// The divisor's high byte, while `LineControl::DIVISOR_ACCESS` is set.
        pub divisor_high: WriteOnly<u8> = 1;
        /// The two FIFOs.
        pub fifo_control: WriteOnly<u8, FifoControl> = 2;
        /// The form of a character.
        pub line_control: ReadWrite<u8, LineControl> = 3;
        /// Lines to a modem.
        pub modem_control: ReadWrite<u8, ModemControl> = 4;
        /// How the line stands; a load clears the errors.
        pub line_status: ReadToClear<u8, LineStatus> = 5;
        /// Keeps what is written, for any purpose.
        pub scratch: ReadWrite<u8> = 7;
    }
}
