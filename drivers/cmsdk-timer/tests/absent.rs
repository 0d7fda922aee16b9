//! A device that is not there, or another one.

use driver_cmsdk::{IDENTIFICATION, TIMER, UART, WINDOW, identification};
use driver_cmsdk_timer::TimerDriver;
use driver_testing::{Offer, Outcome};
use leasehold_abi::GrantKind;

const REFUSED: Outcome = Outcome {
    bound: 0,
    released: true,
};

fn offer() -> Offer {
    Offer::new("timer1", 0, 0).with_bytes("irq0", GrantKind::Interrupt, &[], 8)
}

/// A window of a block with these identification registers.
fn block(part: u16) -> Offer {
    let mut bytes = vec![0; WINDOW];
    for (index, word) in identification(part).into_iter().enumerate() {
        let at = IDENTIFICATION + 4 * index;
        bytes[at..at + 4].copy_from_slice(&word.to_le_bytes());
    }
    offer().with_bytes("registers", GrantKind::Mmio, &bytes, WINDOW)
}

#[test]
fn a_window_of_ones_or_of_another_block_is_refused() {
    let ones = offer().with_ones("registers", GrantKind::Mmio, WINDOW);
    assert_eq!(ones.to(&TimerDriver), REFUSED);
    assert_eq!(block(UART).to(&TimerDriver), REFUSED);
}

#[test]
fn a_timer_is_bound() {
    let bound = Outcome {
        bound: 1,
        released: false,
    };
    assert_eq!(block(TIMER).to(&TimerDriver), bound);
}
