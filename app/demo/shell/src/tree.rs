//! The tree of leases, drawn.

use crate::format::Grant;
use core::fmt::{self, Write};
use heapless::{String, Vec};
use leasehold_abi::{LeaseHandle, LeaseInfo};
use userlib::supervisor::GrantLine;

/// Most leases that are drawn.
pub const MOST_LEASES: usize = 64;

/// The deepest nesting that is drawn. More than enough: the kernel's leases nest by the tasks' indexes.
const MOST_DEPTH: usize = 16;

/// Whom the drawing asks for what is not in the leases themselves.
pub trait Source {
    /// Grant `index` of a lease; `None` when the lease is over by now.
    fn grant(&mut self, lease: LeaseHandle, index: u16) -> Option<GrantLine>;
    /// Writes the name of a task.
    ///
    /// # Errors
    /// Those of `out`.
    fn task(&mut self, index: usize, out: &mut dyn Write) -> fmt::Result;
    /// Writes the name of a device, from its label and instance number.
    ///
    /// # Errors
    /// Those of `out`.
    fn device(&mut self, label: u32, id: u32, out: &mut dyn Write) -> fmt::Result;
}

/// Draws all of `leases`, each below the one it is derived from.
///
/// # Errors
/// Those of `out`.
pub fn draw(
    leases: &Vec<LeaseInfo, MOST_LEASES>,
    source: &mut impl Source,
    out: &mut impl Write,
) -> fmt::Result {
    let known = |handle| leases.iter().any(|lease| lease.handle == handle);
    let mut prefix = String::<{ 4 * MOST_DEPTH }>::new();
    for lease in leases {
        // A lease whose parent has just gone stands alone, rather than not at all.
        if !lease.parent.get().is_some_and(known) {
            branch(lease, leases, &mut prefix, Position::Root, source, out)?;
        }
    }
    Ok(())
}

/// Where a lease stands among those of one parent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Position {
    Root,
    Middle,
    Last,
}

fn branch(
    lease: &LeaseInfo,
    leases: &Vec<LeaseInfo, MOST_LEASES>,
    prefix: &mut String<{ 4 * MOST_DEPTH }>,
    place: Position,
    source: &mut impl Source,
    out: &mut impl Write,
) -> fmt::Result {
    let (corner, below) = match place {
        Position::Root => ("", ""),
        Position::Middle => ("├─ ", "│  "),
        Position::Last => ("└─ ", "   "),
    };
    write!(out, "{prefix}{corner}")?;
    head(lease, place, source, out)?;
    let length = prefix.len();
    // Too deep to draw: what is below is left out, and it says so.
    if prefix.push_str(below).is_err() {
        return writeln!(out, "{prefix}...\r");
    }
    let mut children = leases
        .iter()
        .filter(|child| child.parent.get() == Some(lease.handle))
        .peekable();
    let bar = if children.peek().is_some() {
        "│  "
    } else {
        "   "
    };
    for index in 0..lease.grants {
        if let Some(line) = source.grant(lease.handle, index) {
            write!(out, "{prefix}{bar}  {}\r\n", Grant(&line))?;
        }
    }
    while let Some(child) = children.next() {
        let place = if children.peek().is_some() {
            Position::Middle
        } else {
            Position::Last
        };
        branch(child, leases, prefix, place, source, out)?;
    }
    prefix.truncate(length);
    Ok(())
}

/// The line of the lease itself: handle, device, lessor → lessee, state.
fn head(
    lease: &LeaseInfo,
    place: Position,
    source: &mut impl Source,
    out: &mut impl Write,
) -> fmt::Result {
    write!(out, "lease {:?} ", lease.handle)?;
    if place == Position::Root && lease.lessor.get().is_none() {
        out.write_str("everything")?;
    } else {
        source.device(lease.label, lease.id, out)?;
    }
    out.write_str(": ")?;
    match lease.lessor.get() {
        None => out.write_str("kernel")?,
        Some(lessor) => {
            source.task(lessor as usize, out)?;
            write!(out, " {lessor}.{}", lease.lessor_generation)?;
        }
    }
    out.write_str(" → ")?;
    source.task(lease.lessee.index(), out)?;
    write!(out, " {:?}, {}\r\n", lease.lessee, lease.state.text())
}

#[cfg(test)]
mod tests {
    use super::*;
    use leasehold_abi::{Claim, GrantInfo, GrantKind, LeaseState, PayloadType, Rights, TaskHandle};
    use userlib::supervisor::DeviceName;

    struct Board;

    impl Source for Board {
        fn grant(&mut self, lease: LeaseHandle, index: u16) -> Option<GrantLine> {
            let grant = GrantInfo {
                base: (lease.index() as u64) << 28 | u64::from(index) << 12,
                length: 4096,
                label: 0,
                rights: Rights::READ | Rights::WRITE,
                kind: GrantKind::Mmio,
                claim: Claim::None,
                reserved: [0; 6],
            };
            let name = DeviceName::new("window");
            Some(GrantLine { grant, name })
        }
        fn task(&mut self, index: usize, out: &mut dyn Write) -> fmt::Result {
            write!(
                out,
                "{}",
                ["supervisor", "console", "parent", "child"][index]
            )
        }
        fn device(&mut self, label: u32, id: u32, out: &mut dyn Write) -> fmt::Result {
            write!(out, "device{label}#{id}")
        }
    }

    fn lease(
        index: usize,
        parent: Option<usize>,
        lessor: Option<u32>,
        lessee: usize,
        grants: u16,
    ) -> LeaseInfo {
        LeaseInfo {
            handle: LeaseHandle::new(index, 1),
            parent: parent.map(|parent| LeaseHandle::new(parent, 1)).into(),
            lessor: lessor.into(),
            lessee: TaskHandle::new(lessee, 2),
            label: index as u32,
            id: 0,
            grants,
            state: LeaseState::Active,
            reserved: 0,
            lessor_generation: 3,
            payload_type: PayloadType::NONE,
        }
    }

    #[test]
    fn each_lease_stands_below_its_parent() {
        let leases = Vec::from_slice(&[
            lease(0, None, None, 0, 1),
            lease(1, Some(0), Some(0), 1, 1),
            lease(3, Some(2), Some(2), 0, 0),
            lease(2, Some(0), Some(0), 2, 1),
            lease(4, Some(3), Some(0), 3, 1),
            lease(9, Some(8), Some(2), 3, 0),
        ])
        .expect("few");
        let mut out = std::string::String::new();
        draw(&leases, &mut Board, &mut out).expect("a string takes all");
        let expected = [
            "lease 0.1 everything: kernel → supervisor 0.2, active",
            "│    mmio   0x00000000 4 KiB    rw- held      window",
            "├─ lease 1.1 device1#0: supervisor 0.3 → console 1.2, active",
            "│       mmio   0x10000000 4 KiB    rw- held      window",
            "└─ lease 2.1 device2#0: supervisor 0.3 → parent 2.2, active",
            "   │    mmio   0x20000000 4 KiB    rw- held      window",
            "   └─ lease 3.1 device3#0: parent 2.3 → supervisor 0.2, active",
            "      └─ lease 4.1 device4#0: supervisor 0.3 → child 3.2, active",
            "              mmio   0x40000000 4 KiB    rw- held      window",
            "lease 9.1 device9#0: parent 2.3 → child 3.2, active",
            "",
        ];
        assert_eq!(out.replace("\r\n", "\n"), expected.join("\n"));
    }

    #[test]
    fn nesting_beyond_what_fits_ends() {
        let mut leases = Vec::new();
        for index in 0..60 {
            leases
                .push(lease(index, index.checked_sub(1), Some(0), 0, 0))
                .expect("few");
        }
        let mut out = std::string::String::new();
        draw(&leases, &mut Board, &mut out).expect("a string takes all");
        assert!(out.contains("..."));
    }
}
