//! What lies where on the TH1520, and what each block needs to answer.
//! Source: U-Boot dts/upstream/src/riscv/thead/th1520.dtsi (addresses, lines); revyos/thead-kernel
//! arch/riscv/boot/dts/thead/th1520.dtsi (what the former lacks); gates and resets as in `devices::control`.

use crate::devices::control::{Gate, Reset};

/// A block of registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Block {
    Plic,
    Clint,
    Uart,
    Gpio(usize),
    I2c(usize),
    Pwm,
    /// Group 3, or 2.
    Pads(usize),
    Watchdog(usize),
    Timers,
    Dmac,
    Clocks,
    Resets,
    Pvt,
}

/// Where a block lies and what it needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct MappedBlock {
    pub(super) block: Block,
    pub(super) base: u64,
    size: u64,
    pub(super) gate: Option<Gate>,
    pub(super) reset: Option<Reset>,
}

/// The register of the gates of most blocks.
const PERIPHERALS: usize = 0x204;
/// Groups of pads as `devices` numbers them: group 3 and group 2.
pub(super) const GROUP_3: usize = 0;
pub(super) const GROUP_2: usize = 1;

const fn place(
    block: Block,
    base: u64,
    size: u64,
    gate: Option<Gate>,
    reset: Option<Reset>,
) -> MappedBlock {
    MappedBlock {
        block,
        base,
        size,
        gate,
        reset,
    }
}

const fn gate(bit: u32) -> Option<Gate> {
    Some((PERIPHERALS, 1 << bit))
}

const PLACES: &[MappedBlock] = &[
    place(Block::Plic, 0xff_d800_0000, 0x100_0000, None, None),
    place(Block::Clint, 0xff_dc00_0000, 0x1_0000, None, None),
    place(
        Block::Uart,
        0xff_e701_4000,
        0x100,
        gate(14),
        Some((0x70, 3)),
    ),
    place(
        Block::Gpio(0),
        0xff_ec00_5000,
        0x1000,
        gate(8),
        Some((0xb0, 3)),
    ),
    place(
        Block::Gpio(1),
        0xff_ec00_6000,
        0x1000,
        gate(7),
        Some((0xb4, 3)),
    ),
    place(
        Block::Gpio(2),
        0xff_e7f3_4000,
        0x1000,
        gate(6),
        Some((0xb8, 3)),
    ),
    // Bit 20 is the clock of its debouncer; its bus has the gate of its neighbour.
    place(
        Block::Gpio(3),
        0xff_e7f3_8000,
        0x1000,
        gate(6),
        Some((0x1a8, 3)),
    ),
    place(
        Block::I2c(0),
        0xff_e7f2_0000,
        0x4000,
        gate(5),
        Some((0x98, 3)),
    ),
    place(
        Block::I2c(1),
        0xff_e7f2_4000,
        0x4000,
        gate(4),
        Some((0x9c, 3)),
    ),
    place(
        Block::I2c(2),
        0xff_ec00_c000,
        0x4000,
        gate(3),
        Some((0xa0, 3)),
    ),
    place(
        Block::I2c(3),
        0xff_ec01_4000,
        0x4000,
        gate(2),
        Some((0xa4, 3)),
    ),
    place(
        Block::I2c(4),
        0xff_e7f2_8000,
        0x4000,
        gate(1),
        Some((0xa8, 3)),
    ),
    place(
        Block::Pwm,
        0xff_ec01_c000,
        0x4000,
        gate(18),
        Some((0xc0, 3)),
    ),
    place(
        Block::Pads(GROUP_3),
        0xff_ec00_7000,
        0x1000,
        gate(22),
        Some((0xc4, 1)),
    ),
    place(
        Block::Pads(GROUP_2),
        0xff_e7f3_c000,
        0x1000,
        gate(24),
        Some((0x20c, 1)),
    ),
    place(
        Block::Watchdog(0),
        0xff_efc3_0000,
        0x1000,
        Some((0x208, 1 << 3)),
        Some((0x34, 1)),
    ),
    place(
        Block::Watchdog(1),
        0xff_efc3_1000,
        0x1000,
        Some((0x208, 1 << 2)),
        Some((0x38, 1)),
    ),
    place(
        Block::Timers,
        0xff_efc3_2000,
        0x1000,
        Some((0x208, 1 << 1)),
        Some((0x3c, 3)),
    ),
    place(
        Block::Dmac,
        0xff_efc0_0000,
        0x1000,
        Some((0x208, 1 << 8)),
        Some((0x14c, 3)),
    ),
    place(Block::Clocks, 0xff_ef01_0000, 0x1000, None, None),
    place(Block::Resets, 0xff_ef01_4000, 0x1000, None, None),
    place(Block::Pvt, 0xff_fff4_e000, 0x1000, None, None),
];

/// The block at an address.
pub(super) fn find(address: u64) -> Option<&'static MappedBlock> {
    PLACES
        .iter()
        .find(|place| address.wrapping_sub(place.base) < place.size)
}

/// The block with a reset of this offset.
pub(super) fn with_reset(offset: u64) -> impl Iterator<Item = &'static MappedBlock> {
    PLACES
        .iter()
        .filter(move |place| place.reset.is_some_and(|(at, _)| at as u64 == offset))
}

/// The pads that are clock and data of an I2C controller by function 0, with their group (U-Boot
/// drivers/pinctrl/pinctrl-th1520.c, `I2C0_SCL` to `I2C3_SDA`). No pad has its name from the others.
pub(super) fn i2c_pads(controller: usize) -> Option<(usize, std::ops::Range<usize>)> {
    match controller {
        0 => Some((GROUP_2, 6..8)),
        1 => Some((GROUP_2, 8..10)),
        2 => Some((GROUP_3, 9..11)),
        3 => Some((GROUP_3, 11..13)),
        _ => None,
    }
}

/// Interrupt lines.
pub(super) mod line {
    pub(crate) const UART: usize = 36;
    pub(crate) const I2C: usize = 44;
    pub(crate) const GPIO: usize = 56;
    pub(crate) const WATCHDOG: usize = 24;
    pub(crate) const TIMER: usize = 16;
    pub(crate) const DMAC: usize = 27;
}

impl std::fmt::Display for Pad {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (port, line) = self.gpio();
        write!(formatter, "gpio{port}-{line}")
    }
}

/// A pad of the board's header or fan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pad {
    /// Group of pads, as its number is: 2 or 3.
    pub group: u8,
    /// The pad in it.
    pub number: u8,
}

impl Pad {
    /// The fan: GPIO3_3, whose function 1 is PWM1 (th1520-lichee-pi-4a.dts).
    pub const FAN: Self = Self {
        group: 3,
        number: 35,
    };
    /// GPIO3_2, whose function 1 is PWM0.
    pub const PWM0: Self = Self {
        group: 3,
        number: 34,
    };

    /// The pad of a line of GPIO, by its name: `gpio3-3`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let (port, line) = name.strip_prefix("gpio")?.split_once('-')?;
        let (port, line): (u8, u8) = (port.parse().ok()?, line.parse().ok()?);
        if port > 3 || line > [31, 30, 31, 22][usize::from(port)] {
            return None;
        }
        Some(Self {
            group: if port < 2 { 2 } else { 3 },
            number: 32 * (port % 2) + line,
        })
    }

    /// The number of the function by which it is a line of GPIO: 0 where the pad has its name from that, else 3
    /// (U-Boot drivers/pinctrl/pinctrl-th1520.c).
    pub(super) fn gpio_function(self) -> u32 {
        let first = if self.group == 3 {
            matches!(self.number, 13 | 18..=25 | 30..=35)
        } else {
            matches!(self.number, 18..=48 | 58..=62)
        };
        if first { 0 } else { 3 }
    }

    /// The GPIO block and line that it has.
    pub(super) fn gpio(self) -> (usize, usize) {
        let first = if self.group == 3 { 2 } else { 0 };
        (
            first + usize::from(self.number / 32),
            usize::from(self.number % 32),
        )
    }

    /// The PWM channel with function 1.
    pub(super) fn pwm(self) -> Option<usize> {
        match self {
            Self::PWM0 => Some(0),
            Self::FAN => Some(1),
            _ => None,
        }
    }

    pub(super) fn group_index(self) -> usize {
        if self.group == 3 { GROUP_3 } else { GROUP_2 }
    }
}
