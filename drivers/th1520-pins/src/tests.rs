//! The registers of pads, as words that keep what is stored.

use super::*;
use driver_testing::Offer;
use userlib::sys::GrantKind;

/// Runs `body` on registers that all read as ones first.
fn on(body: impl FnOnce(&Registers<'_>) -> Result<(), Error> + 'static) -> Result<(), Error> {
    let offer = Offer::new("pads", 0, 0)
        .with_ones("group2", GrantKind::Mmio, WINDOW)
        .with_ones("group3", GrantKind::Mmio, WINDOW);
    offer.bind(|device| body(&Registers::new(device)?))
}

#[test]
fn a_pad_s_fields_alone_are_written() {
    let fan = Pad::of_line(3, 3).expect("the fan's");
    let read = on(move |registers| {
        registers.connect(fan, PWM, settings::STRONGEST)?;
        let words = |offset| registers.three.try_read32(offset);
        assert_eq!(words(0x410)?, 0xffff_1fff);
        assert_eq!(words(0x44)?, 0xfc0f_ffff);
        registers.rest(fan);
        assert_eq!(words(0x410)?, 0xffff_0fff, "its line of GPIO");
        assert_eq!(words(0x44)?, 0xfe04_ffff, "an input without a pull");
        assert_eq!(registers.two.try_read32(0x410)?, u32::MAX);
        Ok(())
    });
    assert_eq!(read, Ok(()));
}

#[test]
fn a_pad_named_for_another_function_is_gpio_by_3() {
    let read = on(|registers| {
        let scl = Pad::of_line(2, 11).expect("I2C3_SCL");
        registers.rest(scl);
        assert_eq!(registers.three.try_read32(0x404)?, 0xffff_3fff);
        Ok(())
    });
    assert_eq!(read, Ok(()));
}
