//! Where the devices are that the tests use: QEMU's `virt` machine for RISC-V (docs/system/riscv/virt.rst,
//! hw/riscv/virt.c of QEMU 7.2).

/// Ticks of the clock in a millisecond.
pub(crate) const TICKS_PER_MS: u64 = 10_000;

/// Where the kernel maps physical memory for itself: its address of a physical one is this much higher.
pub(crate) const KERNEL_OFFSET: usize = 0xffff_ffc0_0000_0000;
/// The kernel's first instruction, physical.
pub(crate) const KERNEL: usize = 0x8020_0000;
/// Memory of the firmware.
pub(crate) const FIRMWARE: usize = 0x8000_0000;
/// The machine's memory.
pub(crate) const RAM: core::ops::Range<usize> = 0x8000_0000..0x8800_0000;

/// Goldfish real-time clock (hw/rtc/goldfish_rtc.c).
pub(crate) mod rtc {
    /// Registers.
    pub(crate) const BASE: usize = 0x10_1000;
    /// Length of them in bytes.
    pub(crate) const LENGTH: usize = 0x1000;
    /// Interrupt line.
    pub(crate) const LINE: usize = 11;
    /// Low half of the time in nanoseconds; reading it latches the high half.
    pub(crate) const TIME_LOW: usize = 0x00;
    /// High half of the time.
    pub(crate) const TIME_HIGH: usize = 0x04;
    /// Low half of the alarm; writing it arms.
    pub(crate) const ALARM_LOW: usize = 0x08;
    /// High half of the alarm.
    pub(crate) const ALARM_HIGH: usize = 0x0c;
    /// Bit 0: the interrupt is on.
    pub(crate) const INTERRUPT_ENABLE: usize = 0x10;
    /// Any write clears the interrupt.
    pub(crate) const CLEAR_INTERRUPT: usize = 0x1c;
}

/// Other devices that nobody has a lease of: the finisher, the timer, the interrupt controller, the serial port.
pub(crate) const UNLEASED: [usize; 4] = [0x10_0000, 0x200_bff8, 0xc00_0000, 0x1000_0000];

/// The `edu` device (docs/specs/edu.rst): the first function on the bus after the host bridge.
pub(crate) mod edu {
    /// Its configuration space in the PCIe ECAM range: bus 0, device 1, function 0.
    pub(crate) const CONFIGURATION: usize = 0x3000_0000 + (1 << 15);
    /// Where the tests put its registers, in the 32-bit PCI memory range.
    pub(crate) const BASE: usize = 0x4000_0000;
    /// Length of the part that the tests map, in bytes.
    pub(crate) const LENGTH: usize = 0x1000;
    /// Its interrupt line: INTA of device 1.
    pub(crate) const LINE: usize = 33;
    /// Vendor and device identity.
    pub(crate) const IDENTITY: usize = 0x11e8_1234;
    /// Identification register and its value.
    pub(crate) const IDENTIFICATION: (usize, usize) = (0x00, 0x0100_00ed);
    /// Answers the bitwise inverse of what was written.
    pub(crate) const LIVENESS: usize = 0x04;
    /// Raises the interrupt.
    pub(crate) const RAISE: usize = 0x60;
    /// Clears the interrupt.
    pub(crate) const ACKNOWLEDGE: usize = 0x64;
    /// Transfers: source, destination, count, command (bit 0 start, bit 1 from device to memory).
    pub(crate) const DMA_SOURCE: usize = 0x80;
    /// See [`DMA_SOURCE`].
    pub(crate) const DMA_DESTINATION: usize = 0x88;
    /// See [`DMA_SOURCE`].
    pub(crate) const DMA_COUNT: usize = 0x90;
    /// See [`DMA_SOURCE`].
    pub(crate) const DMA_COMMAND: usize = 0x98;
    /// The device's own buffer, as the device addresses it.
    pub(crate) const BUFFER: usize = 0x4_0000;
}
