//! The driver against a model of its device.

use driver_testing::virtio::Virtio;
use driver_testing::{Call, Memory, Stage};
use driver_virtio_rng::{RngClient, VirtioRngDriver};
use std::cell::RefCell;
use std::rc::Rc;
use userlib::Error;
use userlib::runtime::AsyncDriver;

/// Runs a test with a device.
fn with(test: impl FnOnce(&mut Stage<'_>, &RefCell<Virtio>)) {
    let memory = Memory::new(4096);
    let device = Rc::new(RefCell::new(Virtio::new(&memory, 0)));
    let offer = Virtio::offer(&device, 0x1af4_1044, &memory);
    offer.play::<_, { VirtioRngDriver::REQUESTS }>(&VirtioRngDriver, |stage| {
        assert_eq!(stage.bound(), 1);
        test(stage, &device);
    });
}

fn fill<const BYTES: usize>(stage: &mut Stage<'_>) -> Call<Result<[u8; BYTES], Error>> {
    stage.begin(|peer| {
        let mut bytes = [0; BYTES];
        RngClient::of(peer).fill(&mut bytes).map(|_| bytes)
    })
}

#[test]
fn bytes_come_as_the_device_has_them_and_a_buffer_is_always_there() {
    with(|stage, device| {
        let call = fill::<5>(stage);
        for (bytes, last) in [(&[1, 2][..], false), (&[3, 4, 5, 6], true)] {
            assert!(device.borrow_mut().complete(bytes));
            stage.interrupt("intx");
            assert!(!stage.is_masked("intx"));
            assert_eq!(stage.answer(&call), last.then_some(Ok([1, 2, 3, 4, 5])));
        }
        assert_eq!(device.borrow().offered(), 1);
    });
}

#[test]
fn a_device_that_is_silent_or_wrong_or_gone_is_an_error() {
    with(|stage, _| {
        let call = fill::<1>(stage);
        stage.pass(1000);
        assert_eq!(stage.answer(&call), Some(Err(Error::TimedOut)));
    });
    for (number, length) in [(1, 1), (0, 65), (0, 0)] {
        with(|stage, device| {
            let call = fill::<1>(stage);
            device.borrow_mut().give(number, length);
            stage.interrupt("intx");
            assert_eq!(stage.answer(&call), Some(Err(Error::Protocol)));
        });
    }
    with(|stage, _| {
        let call = fill::<1>(stage);
        stage.vanish();
        stage.interrupt("intx");
        assert_eq!(stage.answer(&call), Some(Err(Error::NoDevice)));
    });
}

#[test]
fn the_device_is_reset_before_its_memory_goes() {
    with(|stage, device| {
        let call = fill::<1>(stage);
        assert!(device.borrow().is_running());
        stage.revoke();
        assert!(stage.answer(&call) == Some(Err(Error::Unbound)));
        assert!(stage.is_released() && !device.borrow().is_running());
    });
}
