//! Sizes, rights and states as a person reads them.

use core::fmt;
use leasehold_abi::{Claim, GrantKind, Rights};
use userlib::supervisor::{GrantLine, StackUse};

/// A number of bytes: `4 KiB` rather than 4096 where that is exact.
#[derive(Clone, Copy, Debug)]
pub struct Size(pub u64);

impl fmt::Display for Size {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(u32, &str); 3] = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
        let unit = UNITS
            .iter()
            .find(|(shift, _)| self.0 != 0 && self.0.trailing_zeros() >= *shift);
        let mut text = heapless::String::<24>::new();
        match unit {
            Some((shift, name)) => {
                fmt::write(&mut text, format_args!("{} {name}", self.0 >> shift))?
            }
            None => fmt::write(&mut text, format_args!("{} B", self.0))?,
        }
        formatter.pad(&text)
    }
}

/// Use of a stack as `at least/size`, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct StackText(pub Option<StackUse>);

impl fmt::Display for StackText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(StackUse { size, at_least }) = self.0 else {
            return formatter.pad("?");
        };
        // Two numbers of 32 bits fit.
        let mut text = heapless::String::<24>::new();
        fmt::write(&mut text, format_args!("{at_least}/{size}"))?;
        formatter.pad(&text)
    }
}

/// Rights as `rwl`: read, write, lend.
#[derive(Clone, Copy, Debug)]
pub struct RightsText(pub Rights);

impl fmt::Display for RightsText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (right, letter) in [
            (Rights::READ, "r"),
            (Rights::WRITE, "w"),
            (Rights::LEND, "l"),
        ] {
            formatter.write_str(if self.0.contains(right) { letter } else { "-" })?;
        }
        Ok(())
    }
}

/// One grant on a line: kind, place, size, rights, whether it is claimed.
#[derive(Clone, Copy, Debug)]
pub struct Grant<'a>(pub &'a GrantLine);

impl fmt::Display for Grant<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let info = &self.0.grant;
        let kind = match info.kind {
            GrantKind::Mmio => "mmio",
            GrantKind::Memory => "memory",
            GrantKind::Config => "config",
            GrantKind::Interrupt => "irq",
            GrantKind::BusMaster => "master",
        };
        if info.kind == GrantKind::Interrupt {
            write!(formatter, "{kind:<7}{:<20}", info.base)?;
        } else {
            write!(
                formatter,
                "{kind:<7}{:#010x} {:<9}",
                info.base,
                Size(info.length)
            )?;
        }
        let claimed = match info.claim {
            Claim::None => "held",
            Claim::Shared => "claimed",
            Claim::Exclusive => "exclusive",
        };
        write!(formatter, "{} {claimed:<9}", RightsText(info.rights))?;
        match self.0.name.as_str() {
            // Only a label that is of no name in the image.
            "" => formatter.write_str(" unknown"),
            name => write!(formatter, " {name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leasehold_abi::GrantInfo;
    use userlib::supervisor::DeviceName;

    #[test]
    fn sizes_are_exact() {
        let text = |size| Size(size).to_string();
        assert_eq!(text(0), "0 B");
        assert_eq!(text(1), "1 B");
        assert_eq!(text(1025), "1025 B");
        assert_eq!(text(4096), "4 KiB");
        assert_eq!(text(0x10_0000), "1 MiB");
        assert_eq!(text(3 << 30), "3 GiB");
        assert_eq!(format!("{:<7}|", Size(4096)), "4 KiB  |");
    }

    #[test]
    fn a_stack_is_two_numbers_in_its_column() {
        let text = |at_least, size| StackText(Some(StackUse { size, at_least })).to_string();
        assert_eq!(text(1408, 4096), "1408/4096");
        assert_eq!(text(u32::MAX, u32::MAX), "4294967295/4294967295");
        assert_eq!(format!("{:>11}|", StackText(None)), "          ?|");
    }

    #[test]
    fn a_grant_is_one_line() {
        let grant = GrantInfo {
            base: 0x1000_0000,
            length: 0x1000,
            label: leasehold_abi::label("registers"),
            rights: Rights::all(),
            kind: GrantKind::Mmio,
            claim: Claim::Exclusive,
            reserved: [0; 6],
        };
        let name = DeviceName::new("registers");
        let line = Grant(&GrantLine { grant, name }).to_string();
        assert_eq!(line, "mmio   0x10000000 4 KiB    rwl exclusive registers");
        let grant = GrantInfo {
            base: 33,
            length: 1,
            kind: GrantKind::Interrupt,
            claim: Claim::Shared,
            rights: Rights::READ,
            ..grant
        };
        let name = DeviceName::new("intx");
        let line = Grant(&GrantLine { grant, name }).to_string();
        assert_eq!(line, "irq    33                  r-- claimed   intx");
        let name = DeviceName::new("");
        let line = Grant(&GrantLine { grant, name }).to_string();
        assert_eq!(line, "irq    33                  r-- claimed   unknown");
    }
}
