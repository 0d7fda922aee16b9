//! A device that is not there, and one that is.

use class_display::Mode;
use driver_bochs_display::{DisplayDriver, LENT, MODE};
use driver_testing::{Offer, Outcome};
use leasehold_abi::GrantKind;

/// `bochs-display` of QEMU.
const DEVICE: u32 = 0x1234_1111;

#[test]
fn a_function_of_ones_is_refused_and_the_lease_given_back() {
    let refused = Outcome {
        bound: 0,
        released: true,
    };
    let offer = Offer::new("pci", DEVICE, 0)
        .with_ones("bar0", GrantKind::Mmio, LENT)
        .with_ones("bar2", GrantKind::Mmio, 4096);
    assert_eq!(offer.to(&DisplayDriver), refused);
}

#[test]
fn a_device_with_too_little_memory_is_refused() {
    let mut control = vec![0; 4096];
    control[0x500..0x502].copy_from_slice(&0xb0c5_u16.to_le_bytes());
    control[0x514..0x516].copy_from_slice(&16_u16.to_le_bytes());
    let offer = Offer::new("pci", DEVICE, 0)
        .with_ones("bar0", GrantKind::Mmio, LENT)
        .with_bytes("bar2", GrantKind::Mmio, &control, 4096);
    assert_eq!(offer.to(&DisplayDriver).bound, 0);
}

#[test]
fn the_picture_fits_what_is_lent() {
    assert!(MODE.length().is_ok_and(|length| length <= LENT));
    let narrow = Mode {
        stride: MODE.stride - 4,
        ..MODE
    };
    assert!(narrow.length().is_err());
}
