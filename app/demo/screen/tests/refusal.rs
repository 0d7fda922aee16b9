//! Displays that the task takes, and drivers that lie about theirs.

use class_display::{DisplayFamily, Mode, PIXEL};
use demo_screen::ScreenDriver;
use driver_testing::Offer;
use leasehold_abi::GrantKind;
use userlib::for_lt::payload_identity;
use userlib::runtime::AsyncDriver;

/// Bytes of the window.
const WINDOW: usize = 64 * 64 * PIXEL;

/// How many devices are bound after a driver offered a display of this mode, and the number of its window.
fn bound(mode: Mode, window: u32) -> usize {
    let numbers = [mode.width, mode.height, mode.stride, window];
    let payload: Vec<u8> = numbers
        .iter()
        .flat_map(|number| number.to_ne_bytes())
        .collect();
    let offer = Offer::new("display.display", 0, payload_identity::<DisplayFamily>())
        .with_bytes("payload", GrantKind::Memory, &payload, 4096)
        .with_bytes("window0", GrantKind::Mmio, &[], WINDOW)
        .with_task("supervisor");
    let mut bound = 0;
    offer.play::<_, { ScreenDriver::REQUESTS }>(&ScreenDriver::default(), |stage| {
        bound = stage.bound();
    });
    bound
}

#[test]
fn a_picture_in_its_window_is_taken() {
    assert_eq!(bound(Mode::packed(64, 64), 0), 1);
}

#[test]
fn a_picture_that_is_none_or_not_in_its_window_is_refused() {
    let narrow = Mode {
        stride: 63 * PIXEL as u32,
        ..Mode::packed(64, 64)
    };
    let odd = Mode {
        stride: 64 * PIXEL as u32 + 2,
        ..Mode::packed(64, 32)
    };
    let wide = Mode {
        stride: u32::MAX - 3,
        ..Mode::packed(64, 64)
    };
    for mode in [
        Mode::packed(64, 65),
        Mode::packed(0, 64),
        Mode::packed(64, 0),
        Mode::packed(0x4000_0000, 1),
        narrow,
        odd,
        wide,
    ] {
        assert_eq!(bound(mode, 0), 0, "{mode:?}");
    }
    assert_eq!(bound(Mode::packed(64, 64), 1), 0, "there is no such window");
}
