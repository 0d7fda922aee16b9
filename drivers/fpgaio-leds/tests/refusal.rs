//! Auxiliary devices that this child takes, and those that it does not know.

use driver_fpgaio::payload::{LedsFamily, ReaderFamily};
use driver_fpgaio_leds::LedsDriver;
use driver_testing::{Offer, Outcome};
use leasehold_abi::GrantKind;
use userlib::for_lt::payload_identity;

const NAME: &str = "aux-parent.leds";

/// The device was taken.
const BOUND: Outcome = Outcome {
    bound: 1,
    released: false,
};

/// It was refused, and its lease given back.
const REFUSED: Outcome = Outcome {
    bound: 0,
    released: true,
};

/// The bytes of a payload: these numbers, and the parent's name where the cells begin.
fn payload(numbers: &[u32]) -> Vec<u8> {
    let mut memory = vec![0; 1024];
    for (place, number) in memory.chunks_mut(4).zip(numbers) {
        place.copy_from_slice(&number.to_ne_bytes());
    }
    memory[512..518].copy_from_slice(b"fpgaio");
    memory
}

/// The LEDs as an honest parent offers them: index, identity, word, what is lit.
fn honest(id: u32, shared: &str) -> Offer {
    let memory = payload(&[id, 512, 0, 528]);
    Offer::new(NAME, id, payload_identity::<LedsFamily>())
        .with_bytes("payload", GrantKind::Memory, &memory, 4096)
        .with_bytes(shared, GrantKind::Memory, &[], 4096)
        .with_task("aux-parent")
}

#[test]
fn leds_are_bound_with_their_number_and_shared_word_only() {
    assert_eq!(honest(0, "shared").to(&LedsDriver::default()), BOUND);
    assert_eq!(honest(0, "other").to(&LedsDriver::default()), REFUSED);
    assert_eq!(honest(1, "shared").to(&LedsDriver::default()), REFUSED);
}

#[test]
fn a_payload_of_another_type_or_none_is_refused() {
    for payload in [payload_identity::<ReaderFamily>(), 0] {
        let offer = Offer::new(NAME, 0, payload)
            .with_ones("payload", GrantKind::Memory, 4096)
            .with_ones("shared", GrantKind::Memory, 4096);
        assert_eq!(offer.to(&LedsDriver::default()), REFUSED);
    }
}

#[test]
fn a_payload_that_points_outside_the_lent_memory_is_refused() {
    // All ones: an offset far past the memory.
    let offer = Offer::new(NAME, 0, payload_identity::<LedsFamily>())
        .with_ones("payload", GrantKind::Memory, 4096)
        .with_ones("shared", GrantKind::Memory, 4096);
    assert_eq!(offer.to(&LedsDriver::default()), REFUSED);
}
