//! Starting the count, and starting it again.

use crate::registers::{Control, RESTART, Range, Registers, TYPE, WINDOW};
use userlib::Error;
use userlib::io::{Readable, Window, Writeable};

/// The count takes at least so many milliseconds: a driver that ends is back by then.
const LEAST: u64 = 4_000;

/// The exponent beyond 16 of a count that takes [`LEAST`], or the largest.
const fn exponent(rate: u32) -> u32 {
    let mut exponent = 0;
    while exponent < 15 && milliseconds(exponent, rate) < LEAST {
        exponent += 1;
    }
    exponent
}

/// How long such a count takes.
const fn milliseconds(exponent: u32, rate: u32) -> u64 {
    (1 << (16 + exponent)) * 1000 / rate as u64
}

/// How long the count takes, in milliseconds.
pub(crate) const fn period(rate: u32) -> u64 {
    milliseconds(exponent(rate), rate)
}

/// Starts the count, which nothing stops from then on. One that runs starts again.
///
/// # Errors
/// `NoDevice`: another block answers, or it does not count; `Invalid`: no rate.
pub(crate) fn start(window: &Window<'_, WINDOW>, rate: u32) -> Result<(), Error> {
    if rate == 0 {
        return Err(Error::Invalid);
    }
    let registers = Registers::new(window);
    if registers.identity().try_get()? != TYPE {
        return Err(Error::NoDevice);
    }
    let exponent = exponent(rate);
    registers
        .range()
        .write(Range::EXPONENT.val(exponent) + Range::FIRST_EXPONENT.val(exponent));
    registers.restart().set(RESTART);
    registers.control().write(Control::ENABLE::SET);
    if registers.control().is_set(Control::ENABLE) {
        Ok(())
    } else {
        Err(Error::NoDevice)
    }
}

/// Starts the count again.
///
/// # Errors
/// `Revoked`: the window is gone.
pub(crate) fn feed(window: &Window<'_, WINDOW>) -> Result<(), Error> {
    Registers::new(window).restart().try_set(RESTART)
}

#[cfg(test)]
mod tests {
    use super::*;
    use driver_testing::{DeviceModel, Offer};
    use std::cell::RefCell;
    use std::rc::Rc;

    /// Keeps the stores.
    #[derive(Default)]
    struct Model {
        kind: u32,
        stores: Vec<(usize, u64)>,
    }

    impl DeviceModel for Model {
        fn load(&mut self, offset: usize, width: usize) -> u64 {
            assert_eq!(width, 4);
            match offset {
                0 => 1,
                0xfc => u64::from(self.kind),
                _ => panic!("a load of {offset:#x}"),
            }
        }

        fn store(&mut self, offset: usize, width: usize, value: u64) {
            assert_eq!(width, 4);
            self.stores.push((offset, value));
        }
    }

    fn on(
        kind: u32,
        body: impl FnOnce(&Window<'_, WINDOW>) -> Result<(), Error> + 'static,
    ) -> (Result<(), Error>, Vec<(usize, u64)>) {
        let model = Rc::new(RefCell::new(Model {
            kind,
            ..Model::default()
        }));
        let offer = Offer::new("watchdog1", 0, 0).with_device("registers", model.clone(), WINDOW);
        let result = offer.bind(|device| body(&*device.io_mem::<WINDOW>(0)?));
        let stores = model.borrow().stores.clone();
        (result, stores)
    }

    #[test]
    fn the_count_is_set_before_it_begins() {
        let (result, stores) = on(TYPE, |window| start(window, 125_000_000));
        assert_eq!(result, Ok(()));
        // 2^29 of 125 MHz are 4.29 s.
        assert_eq!(stores, [(4, 0xdd), (0xc, 0x76), (0, 1)]);
        assert_eq!(period(125_000_000), 4294);
    }

    #[test]
    fn the_count_is_as_short_as_it_may_be() {
        for rate in [1, 32_768, 24_000_000, 62_500_000, 125_000_000, u32::MAX] {
            let exponent = exponent(rate);
            assert!(
                exponent == 15 || milliseconds(exponent, rate) >= LEAST,
                "{rate}"
            );
            assert!(
                exponent == 0 || milliseconds(exponent - 1, rate) < LEAST,
                "{rate}"
            );
        }
    }

    #[test]
    fn another_block_and_no_rate_are_refused_untouched() {
        for kind in [0, u32::MAX] {
            let refused = on(kind, |window| start(window, 125_000_000));
            assert_eq!(refused, (Err(Error::NoDevice), vec![]));
        }
        let refused = on(TYPE, |window| start(window, 0));
        assert_eq!(refused, (Err(Error::Invalid), vec![]));
    }

    #[test]
    fn feeding_is_one_store() {
        assert_eq!(on(TYPE, feed), (Ok(()), vec![(0xc, 0x76)]));
    }
}
