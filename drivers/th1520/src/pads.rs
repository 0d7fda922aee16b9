//! The pads of the groups 2 and 3, by the names of their lines of GPIO.
//!
//! Source: U-Boot `drivers/pinctrl/pinctrl-th1520.c`: the table of pads, the places of their fields.

use userlib::text::Text;

/// Where in a group the functions of the pads lie.
const FUNCTIONS: usize = 0x400;

/// Which group of pads a port of GPIO has: the blocks' names in the device tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// GPIO 0 and 1.
    Two,
    /// GPIO 2 and 3.
    Three,
}

/// A pad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pad {
    /// Its group.
    pub group: Group,
    /// Its number in the group.
    pub number: u8,
}

/// A field of a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Offset of the register in bytes.
    pub offset: usize,
    /// Lowest bit.
    pub shift: u32,
    /// Its bits, from bit 0 on.
    pub mask: u32,
}

impl Field {
    /// A register's value with this in the field.
    pub const fn with(self, register: u32, value: u32) -> u32 {
        register & !(self.mask << self.shift) | (value & self.mask) << self.shift
    }
}

/// The PWM is function 1 of each pad that has it.
pub const PWM: u32 = 1;

/// A controller of I2C is function 0 of each pad that has it.
pub const I2C: u32 = 0;

/// The electrical settings of a pad.
pub mod settings {
    /// The pad's level can be read.
    pub const INPUT: u32 = 1 << 9;
    /// The strongest drive, 25 mA.
    pub const STRONGEST: u32 = 0xf;
    /// Drive of 7 mA, what the board's device tree gives inputs too.
    pub const USUAL: u32 = 4;
    /// All bits that there are: input, slew, Schmitt trigger, pulls, drive.
    pub const ALL: u32 = 0x3ff;
}

impl Pad {
    /// The pad of line `line` of GPIO port `port`, if there is one.
    pub const fn of_line(port: u8, line: u8) -> Option<Self> {
        let (group, first, lines) = match port {
            0 => (Group::Two, 0, 32),
            1 => (Group::Two, 32, 31),
            2 => (Group::Three, 0, 32),
            3 => (Group::Three, 32, 23),
            _ => return None,
        };
        if line >= lines {
            return None;
        }
        Some(Self {
            group,
            number: first + line,
        })
    }

    /// The port and line of GPIO that it has.
    pub const fn line(self) -> (u8, u8) {
        let first = match self.group {
            Group::Two => 0,
            Group::Three => 2,
        };
        (first + self.number / 32, self.number % 32)
    }

    /// What its auxiliary device is called.
    pub fn name(self) -> Text<16> {
        let (port, line) = self.line();
        Text::of(format_args!("gpio{port}-{line}"))
    }

    /// All pads of the two groups.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..4).flat_map(|port| (0..32).filter_map(move |line| Self::of_line(port, line)))
    }

    /// The number of the function by which the pad is a line of GPIO: 0 where the pad has its name from that, else 3.
    pub const fn gpio_function(self) -> u32 {
        let first = match self.group {
            Group::Two => matches!(self.number, 18..=48 | 58..=62),
            Group::Three => matches!(self.number, 13 | 18..=25 | 30..=35),
        };
        if first { 0 } else { 3 }
    }

    /// Whether the PWM comes out here as [`PWM`].
    pub const fn has_pwm(self) -> bool {
        matches!(
            (self.group, self.number),
            (Group::Three, 2..=7 | 34..=37 | 53 | 54)
        )
    }

    /// Whether it is a line of a bus of I2C as [`I2C`]: of 0 and 1, `I2C0_SCL` to `I2C1_SDA`, or of 2 and 3, `I2C2_SCL`
    /// to `I2C3_SDA`.
    pub const fn has_i2c(self) -> bool {
        matches!(
            (self.group, self.number),
            (Group::Two, 6..=9) | (Group::Three, 9..=12)
        )
    }

    /// Where its function is chosen.
    pub const fn function(self) -> Field {
        let number = self.number as usize;
        Field {
            offset: FUNCTIONS + 4 * (number / 8),
            shift: 4 * (self.number as u32 % 8),
            mask: 0xf,
        }
    }

    /// Where its electrical settings are.
    pub const fn settings(self) -> Field {
        let number = self.number as usize;
        Field {
            offset: 4 * (number / 2),
            shift: 16 * (self.number as u32 % 2),
            mask: settings::ALL,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fan_s_pad_is_where_the_board_s_tree_has_it() {
        // U-Boot dts/upstream/src/riscv/thead/th1520-lichee-pi-4a.dts: GPIO3_3 as PWM.
        let fan = Pad::of_line(3, 3).unwrap();
        assert_eq!((fan.group, fan.number), (Group::Three, 35));
        let function = fan.function();
        assert_eq!((function.offset, function.shift), (0x410, 12));
        let settings = fan.settings();
        assert_eq!((settings.offset, settings.shift), (0x44, 16));
        assert_eq!(function.with(0xffff_ffff, PWM), 0xffff_1fff);
        assert!(fan.has_pwm());
    }

    #[test]
    fn every_line_has_one_pad_and_every_pad_one_line() {
        assert_eq!(Pad::all().count(), 32 + 31 + 32 + 23);
        for pad in Pad::all() {
            let (port, line) = pad.line();
            assert_eq!(Pad::of_line(port, line), Some(pad));
        }
        assert_eq!(Pad::of_line(3, 23), None);
        assert_eq!(Pad::of_line(4, 0), None);
    }

    #[test]
    fn the_lines_of_buses_are_the_pads_with_their_names() {
        // `TH1520_PAD(6, I2C0_SCL, …)` to 9 of group 2, `TH1520_PAD(9, I2C2_SCL, …)` to 12 of group 3.
        let lines: Vec<Pad> = Pad::all().filter(|pad| pad.has_i2c()).collect();
        let names: Vec<_> = lines.iter().map(|pad| pad.name().to_string()).collect();
        assert_eq!(
            names,
            [
                "gpio0-6", "gpio0-7", "gpio0-8", "gpio0-9", "gpio2-9", "gpio2-10", "gpio2-11",
                "gpio2-12"
            ]
        );
        assert!(lines.iter().all(|pad| pad.gpio_function() == 3));
    }

    #[test]
    fn no_two_pads_share_a_bit() {
        let fields = |pad: Pad| [pad.function(), pad.settings()];
        let all: Vec<(Group, Field)> = Pad::all()
            .flat_map(|pad| fields(pad).map(|field| (pad.group, field)))
            .collect();
        for (index, (group, field)) in all.iter().enumerate() {
            for (other_group, other) in &all[..index] {
                let shared = field.mask << field.shift & other.mask << other.shift;
                assert!(group != other_group || field.offset != other.offset || shared == 0);
            }
        }
    }
}
