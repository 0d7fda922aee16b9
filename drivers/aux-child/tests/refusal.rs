//! Auxiliary devices that the child does not know.

use driver_aux_child::ChildDriver;
use driver_aux_parent::payload::{DataFamily, GuardedFamily};
use driver_fpgaio::payload::{LedsFamily, ReaderFamily};
use driver_testing::{Offer, Outcome};
use leasehold_abi::GrantKind;
use userlib::for_lt::payload_identity;

const NAME: &str = "aux-parent.sample";

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
    let refused = Outcome {
        bound: 0,
        released: true,
    };
    let bound = Outcome {
        bound: 1,
        released: false,
    };
    assert_eq!(honest(0).to(&ChildDriver::default()), bound);
    for id in [1, 2, 3, u32::MAX] {
        assert_eq!(
            honest(id).to(&ChildDriver::default()),
            refused,
            "number {id}"
        );
    }
}

#[test]
fn a_payload_of_another_type_or_none_is_refused() {
    let refused = Outcome {
        bound: 0,
        released: true,
    };
    let (data, guarded) = (
        payload_identity::<DataFamily>(),
        payload_identity::<GuardedFamily>(),
    );
    assert_ne!(data, guarded);
    let (leds, reader) = (
        payload_identity::<LedsFamily>(),
        payload_identity::<ReaderFamily>(),
    );
    for (id, payload) in [
        (0, guarded),
        (1, data),
        (0, reader),
        (1, leds),
        (0, 0),
        (1, 0),
    ] {
        let offer = Offer::new(NAME, id, payload).with_ones("payload", GrantKind::Memory, 4096);
        assert_eq!(offer.to(&ChildDriver::default()), refused, "number {id}");
    }
}

#[test]
fn a_payload_that_points_outside_the_lent_memory_is_refused() {
    let refused = Outcome {
        bound: 0,
        released: true,
    };
    // All ones: an offset far past the memory.
    for (id, payload) in [
        (0, payload_identity::<DataFamily>()),
        (0, payload_identity::<LedsFamily>()),
        (1, payload_identity::<GuardedFamily>()),
        (1, payload_identity::<ReaderFamily>()),
    ] {
        let offer = Offer::new(NAME, id, payload)
            .with_ones("payload", GrantKind::Memory, 4096)
            .with_ones("shared", GrantKind::Memory, 4096);
        assert_eq!(offer.to(&ChildDriver::default()), refused, "number {id}");
    }
}

/// The bytes of a payload: these numbers, and the parent's name where the cells begin.
fn payload(numbers: &[u32]) -> Vec<u8> {
    let mut memory = vec![0; 1024];
    for (place, number) in memory.chunks_mut(4).zip(numbers) {
        place.copy_from_slice(&number.to_ne_bytes());
    }
    memory[512..518].copy_from_slice(b"fpgaio");
    memory
}

#[test]
fn leds_are_bound_and_so_are_buttons_with_their_window_only() {
    let refused = Outcome {
        bound: 0,
        released: true,
    };
    let bound = Outcome {
        bound: 1,
        released: false,
    };
    // Index, identity, word, what is lit.
    let leds = |shared: &str| {
        Offer::new("aux-parent.leds", 0, payload_identity::<LedsFamily>())
            .with_bytes(
                "payload",
                GrantKind::Memory,
                &payload(&[0, 512, 0, 528]),
                4096,
            )
            .with_bytes(shared, GrantKind::Memory, &[], 4096)
            .with_task("aux-parent")
    };
    assert_eq!(leds("shared").to(&ChildDriver::default()), bound);
    assert_eq!(leds("other").to(&ChildDriver::default()), refused);
    // Index, identity, number of the window.
    let buttons = |window: &str, length: usize| {
        Offer::new("aux-parent.buttons", 1, payload_identity::<ReaderFamily>())
            .with_bytes("payload", GrantKind::Memory, &payload(&[1, 512, 0]), 4096)
            .with_bytes(window, GrantKind::Mmio, &[], length)
            .with_task("aux-parent")
    };
    assert_eq!(buttons("window0", 32).to(&ChildDriver::default()), bound);
    assert_eq!(buttons("window1", 32).to(&ChildDriver::default()), refused);
    assert_eq!(buttons("window0", 24).to(&ChildDriver::default()), refused);
}
