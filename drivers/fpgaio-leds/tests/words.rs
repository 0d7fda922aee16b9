//! The words through which the LEDs' child and its parent communicate.

use driver_fpgaio::payload::Leds;
use driver_fpgaio_leds::pin::Led;
use driver_sample::payload::{Data, Identity};
use driver_testing::{Offer, Outcome};
use embedded_hal::digital::{OutputPin, StatefulOutputPin};
use leasehold_abi::{Error, GrantKind};
use userlib::ForLt;
use userlib::runtime::{Core, Device, Driver};

/// A driver that tries the words out on itself, in memory of its own arena.
#[derive(Default)]
struct Both;

impl Driver for Both {
    type State = ForLt!(());

    fn probe<'cap>(&self, device: &Device<'cap, Core>) -> Result<(), Error> {
        let region = device.lend_region(64, 64)?;
        let data = Data {
            index: 0,
            identity: region.cell(Identity::new(&"fpgaio".into()))?.lent(),
        };
        let mut lit = region.cell(0)?;
        let lock = region.mutex(0)?;
        let leds = Leds::new(data, lock, lit.lent());
        assert_eq!(leds.wanted(), Ok(0));
        let mut rings = 0;
        let mut led = Led::new(&leds, 1, || {
            rings += 1;
            Ok(())
        });
        led.set_high().map_err(|error| error.0)?;
        assert_eq!(led.is_set_high(), Ok(false), "nobody has lit it");
        assert_eq!(rings, 1);
        Led::new(&leds, 0, || Err(Error::Dead))
            .set_low()
            .expect_err("the parent is gone");
        assert_eq!(leds.wanted(), Ok(0b10));
        assert_eq!(leds.lit(), Ok(0), "nobody has lit them");
        lit.write(0b10);
        assert_eq!(leds.lit(), Ok(0b10));
        let mut led = Led::new(&leds, 1, || Ok(()));
        assert_eq!(led.is_set_high(), Ok(true));
        led.toggle().map_err(|error| error.0)?;
        assert_eq!(leds.wanted(), Ok(0));
        led.set_high().map_err(|error| error.0)?;
        // Neither waits for the other.
        let held = lock.try_lock()?;
        assert_eq!(leds.change(|_| 1), Err(Error::Busy));
        assert_eq!(leds.wanted(), Err(Error::Busy));
        drop(held);
        assert_eq!(leds.wanted(), Ok(0b10), "it was not changed meanwhile");
        assert_eq!(leds.data.identity.read()?.to_string(), "fpgaio");
        Ok(())
    }
}

#[test]
fn what_is_wanted_arrives_and_nobody_waits() {
    let bound = Outcome {
        bound: 1,
        released: false,
    };
    let offer = Offer::new("fpgaio", 0, 0).with_ones("registers", GrantKind::Mmio, 4096);
    assert_eq!(offer.to(&Both), bound);
}
