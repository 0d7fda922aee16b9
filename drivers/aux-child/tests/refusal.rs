//! Auxiliary devices that the child does not know.

use driver_aux_child::ChildDriver;
use driver_sample::guarded::GuardedFamily;
use driver_sample::payload::DataFamily;
use driver_testing::{Offer, Outcome};
use leasehold_abi::GrantKind;
use userlib::for_lt::payload_identity;

const NAME: &str = "aux-parent.sample";

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

/// A device of the sample as an honest parent offers it: index, then where the identity is.
fn honest(id: u32) -> Offer {
    let mut memory = [0; 528];
    memory[..8].copy_from_slice(&[id as u8, 0, 0, 0, 0, 2, 0, 0]);
    memory[512..521].copy_from_slice(b"1b36:0005");
    Offer::new(NAME, id, payload_identity::<DataFamily>())
        .with_bytes("payload", GrantKind::Memory, &memory, 4096)
        .with_task("aux-parent")
}

#[test]
fn number_0_is_bound_and_any_other_of_its_kind_refused() {
    assert_eq!(honest(0).to(&ChildDriver::default()), BOUND);
    for id in [1, 2, 3, u32::MAX] {
        assert_eq!(
            honest(id).to(&ChildDriver::default()),
            REFUSED,
            "number {id}"
        );
    }
}

#[test]
fn a_payload_of_another_type_or_none_is_refused() {
    let (data, guarded) = (
        payload_identity::<DataFamily>(),
        payload_identity::<GuardedFamily>(),
    );
    assert_ne!(data, guarded);
    for (id, payload) in [(0, guarded), (1, data), (0, 0), (1, 0)] {
        let offer = Offer::new(NAME, id, payload).with_ones("payload", GrantKind::Memory, 4096);
        assert_eq!(offer.to(&ChildDriver::default()), REFUSED, "number {id}");
    }
}

#[test]
fn a_payload_that_points_outside_the_lent_memory_is_refused() {
    // All ones: an offset far past the memory.
    for (id, payload) in [
        (0, payload_identity::<DataFamily>()),
        (1, payload_identity::<GuardedFamily>()),
    ] {
        let offer = Offer::new(NAME, id, payload)
            .with_ones("payload", GrantKind::Memory, 4096)
            .with_ones("shared", GrantKind::Memory, 4096);
        assert_eq!(offer.to(&ChildDriver::default()), REFUSED, "number {id}");
    }
}
