//! A device that is not there, or bytes in another order.

use driver_lan9118::EthernetDriver;
use driver_testing::{Offer, Outcome};
use leasehold_abi::GrantKind;

const REFUSED: Outcome = Outcome {
    bound: 0,
    released: true,
};

/// A controller whose byte-order test register has these bytes.
fn controller(order: [u8; 4]) -> Offer {
    let mut bytes = [0; 0x100];
    bytes[0x50..0x54].copy_from_slice(&0x0118_0001_u32.to_le_bytes());
    bytes[0x64..0x68].copy_from_slice(&order);
    Offer::new("ethernet", 0, 0).with_bytes("registers", GrantKind::Mmio, &bytes, 0x100)
}

#[test]
fn a_window_of_ones_or_zeros_is_refused() {
    let ones = Offer::new("ethernet", 0, 0).with_ones("registers", GrantKind::Mmio, 0x100);
    assert_eq!(ones.to(&EthernetDriver), REFUSED);
    assert_eq!(controller([0; 4]).to(&EthernetDriver), REFUSED);
}

#[test]
fn bytes_in_another_order_are_refused() {
    let swapped = controller(0x8765_4321_u32.to_be_bytes());
    assert_eq!(swapped.to(&EthernetDriver), REFUSED);
}

#[test]
fn a_controller_is_bound() {
    let bound = Outcome {
        bound: 1,
        released: false,
    };
    let controller = controller(0x8765_4321_u32.to_le_bytes());
    assert_eq!(controller.to(&EthernetDriver), bound);
}
