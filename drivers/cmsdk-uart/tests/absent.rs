//! A device that is not there, or another one.

use driver_cmsdk::{IDENTIFICATION, TIMER, UART, WINDOW, identification};
use driver_cmsdk_uart::CmsdkUartDriver;
use driver_testing::{Offer, Outcome};
use leasehold_abi::GrantKind;

const REFUSED: Outcome = Outcome {
    bound: 0,
    released: true,
};

fn offer() -> Offer {
    Offer::new("uart0", 0, 0)
}

/// A window of a block of this part.
fn block(part: u16) -> Offer {
    window(identification(part))
}

/// A window with these identification registers.
fn window(identification: [u32; 8]) -> Offer {
    let mut bytes = vec![0; WINDOW];
    for (index, word) in identification.into_iter().enumerate() {
        let at = IDENTIFICATION + 4 * index;
        bytes[at..at + 4].copy_from_slice(&word.to_le_bytes());
    }
    offer().with_bytes("registers", GrantKind::Mmio, &bytes, WINDOW)
}

fn with_lines(offer: Offer) -> Offer {
    offer
        .with_bytes("irq0", GrantKind::Interrupt, &[], 8)
        .with_bytes("irq1", GrantKind::Interrupt, &[], 8)
}

#[test]
fn a_window_of_ones_or_zeros_is_refused() {
    let driver = CmsdkUartDriver::default();
    let ones = offer().with_ones("registers", GrantKind::Mmio, WINDOW);
    assert_eq!(with_lines(ones).to(&driver), REFUSED);
    let zeros = offer().with_bytes("registers", GrantKind::Mmio, &[], WINDOW);
    assert_eq!(with_lines(zeros).to(&driver), REFUSED);
}

#[test]
fn another_block_is_refused() {
    assert_eq!(
        with_lines(block(TIMER)).to(&CmsdkUartDriver::default()),
        REFUSED
    );
}

#[test]
fn a_block_of_another_designer_or_of_another_kind_is_refused() {
    // All but the registers that say which revision it is.
    for index in [0, 1, 2, 4, 5, 6, 7] {
        let mut words = identification(UART);
        words[index] ^= 8;
        let refused = with_lines(window(words)).to(&CmsdkUartDriver::default());
        assert_eq!(refused, REFUSED, "register {index}");
    }
    let mut words = identification(UART);
    words[2] ^= 0x10;
    let bound = with_lines(window(words)).to(&CmsdkUartDriver::default());
    assert_eq!(bound.bound, 1, "a later revision");
}

#[test]
fn a_lease_without_both_interrupts_is_refused() {
    let one = block(UART).with_bytes("irq0", GrantKind::Interrupt, &[], 8);
    assert_eq!(one.to(&CmsdkUartDriver::default()), REFUSED);
}

#[test]
fn a_uart_is_bound() {
    let bound = Outcome {
        bound: 1,
        released: false,
    };
    assert_eq!(
        with_lines(block(UART)).to(&CmsdkUartDriver::default()),
        bound
    );
}
