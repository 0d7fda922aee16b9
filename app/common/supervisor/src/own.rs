//! Which registers of a PCI function's configuration space are its own affair, so that its driver may write them.
//!
//! Behind the header are registers of the device, and capabilities. Of the capabilities only a vendor's own may be
//! written: others reset the function, change its power, move its windows, or say where it stores messages. A
//! capability does not say how long it is, but for a vendor's. So what follows another one is taken for a part of it,
//! up to the next capability. Nothing past the 256 bytes of conventional PCI is written: capabilities there make
//! functions and grant rights. Source: *PCI Local Bus Specification 3.0*, sections 6.1 and 6.7, appendix H.

use core::ops::Range;
use leasehold_abi::Error;
use leasehold_abi::configuration::{CAPABILITIES, COMMAND, HAS_CAPABILITIES, HEADER_END};

/// Most runs of such registers that a lease has room for; the rest stays as it is. The build counts as many grants
/// (`build/src/check/tables.rs`).
pub(crate) const MOST_RUNS: usize = 4;

/// A register.
const WORD: usize = 4;
/// Registers from the header to the end of conventional configuration space.
const WORDS: usize = (0x100 - HEADER_END) / WORD;
/// A capability of a vendor's own.
const VENDOR: u8 = 0x09;

/// The runs of registers, each from its first byte to its end, as `read` finds the function's configuration space.
///
/// # Errors
/// Those of `read`.
pub(crate) fn runs(
    read: impl Fn(usize) -> Result<u32, Error>,
) -> Result<heapless::Vec<Range<usize>, MOST_RUNS>, Error> {
    let own = words(read)?;
    let mut runs = heapless::Vec::new();
    let mut word = 0;
    while word < WORDS {
        word += (own >> word).trailing_zeros() as usize;
        if word >= WORDS {
            break;
        }
        let count = (own >> word).trailing_ones() as usize;
        let start = HEADER_END + WORD * word;
        if runs.push(start..start + WORD * count).is_err() {
            break;
        }
        word += count;
    }
    Ok(runs)
}

/// The function's own registers, a bit each.
fn words(read: impl Fn(usize) -> Result<u32, Error>) -> Result<u64, Error> {
    let all = (1 << WORDS) - 1;
    if read(COMMAND)? & HAS_CAPABILITIES == 0 {
        return Ok(all);
    }
    let (mut starts, mut vendors) = (0_u64, 0_u64);
    let mut next = read(CAPABILITIES)? as u8;
    loop {
        let at = usize::from(next & !3);
        // The list ends, or goes round.
        if at < HEADER_END || starts & bit(at) != 0 {
            break;
        }
        let [id, follows, ..] = read(at)?.to_le_bytes();
        starts |= bit(at);
        if id == VENDOR {
            vendors |= bit(at);
        }
        next = follows;
    }
    let mut own = all;
    let mut others = starts & !vendors;
    while others != 0 {
        let first = others.trailing_zeros();
        others &= others - 1;
        // Up to the next capability, of whatever kind, or to the end.
        let behind = starts & !0 << first << 1;
        let end = behind.trailing_zeros().min(WORDS as u32);
        own &= !(!0 << first & !(!0 << end));
    }
    Ok(own)
}

fn bit(register: usize) -> u64 {
    1 << ((register - HEADER_END) / WORD)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::vec::Vec;

    /// The runs of a function with these capabilities (where, identifier): first byte and end of each.
    fn of(capabilities: &[(u8, u8)]) -> Vec<(usize, usize)> {
        let mut space = BTreeMap::new();
        if let Some((first, _)) = capabilities.first() {
            space.insert(COMMAND, HAS_CAPABILITIES);
            space.insert(CAPABILITIES, u32::from(*first));
        }
        for (index, (at, id)) in capabilities.iter().enumerate() {
            let next = capabilities.get(index + 1).map_or(0, |(at, _)| *at);
            space.insert(usize::from(*at), u32::from_le_bytes([*id, next, 0, 0]));
        }
        let read = |register| Ok(space.get(&register).copied().unwrap_or(0));
        ends(&runs(read).expect("it reads"))
    }

    fn ends(runs: &[Range<usize>]) -> Vec<(usize, usize)> {
        runs.iter().map(|run| (run.start, run.end)).collect()
    }

    #[test]
    fn without_capabilities_all_behind_the_header_is_the_device_s() {
        assert_eq!(of(&[]), [(0x40, 0x100)]);
    }

    #[test]
    fn a_vendor_s_capability_is_the_function_s_own_and_others_are_not() {
        // QEMU's virtio-rng-pci, disable-legacy=on.
        let virtio = [
            (0x98, 0x11),
            (0x84, 9),
            (0x70, 9),
            (0x60, 9),
            (0x50, 9),
            (0x40, 9),
        ];
        assert_eq!(of(&virtio), [(0x40, 0x98)]);
        // Its edu: a message-signalled interrupt, whatever lies behind it.
        assert_eq!(of(&[(0x40, 5)]), []);
        assert_eq!(of(&[(0xfc, 5)]), [(0x40, 0xfc)]);
        assert_eq!(of(&[(0xfc, 9)]), [(0x40, 0x100)]);
    }

    #[test]
    fn a_capability_ends_where_the_next_begins_in_whatever_order() {
        assert_eq!(
            of(&[(0x80, 1), (0x60, 9), (0xa0, 9), (0x90, 5)]),
            [(0x40, 0x80), (0xa0, 0x100)]
        );
        assert_eq!(
            of(&[(0x50, 0x10), (0x70, 9), (0x44, 0x14)]),
            [(0x40, 0x44), (0x70, 0x100)]
        );
    }

    #[test]
    fn what_is_more_than_fits_is_left_out() {
        let many: Vec<(u8, u8)> = (0..12)
            .map(|index| (0x40 + 16 * index, if index % 2 == 0 { 1 } else { 9 }))
            .collect();
        assert_eq!(
            of(&many),
            [(0x50, 0x60), (0x70, 0x80), (0x90, 0xa0), (0xb0, 0xc0)]
        );
    }

    #[test]
    fn a_hostile_list_ends() {
        // Round and round, and into the header.
        let round = |register| {
            Ok(match register {
                COMMAND => HAS_CAPABILITIES,
                CAPABILITIES => 0x40,
                0x40 => 0x5009,
                0x50 => 0x4005,
                _ => 0,
            })
        };
        assert_eq!(ends(&runs(round).expect("it reads")), [(0x40, 0x50)]);
        assert_eq!(of(&[(0x50, 9), (0x10, 5)]), [(0x40, 0x100)]);
        assert_eq!(
            ends(&runs(|_| Ok(u32::MAX)).expect("it reads")),
            [(0x40, 0xfc)]
        );
        assert_eq!(runs(|_| Err(Error::Revoked)), Err(Error::Revoked));
    }
}
