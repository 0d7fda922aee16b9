//! What the console needs of a UART's chip, as tests that each driver of one has in common.
//!
//! The driver has a model of its registers, which says by [`ChipModel`] what happens on the wire. The macro
//! [`tests!`](tests) makes a test of each function here. What only one chip does stays with its driver.
#![forbid(unsafe_code)]

use driver_serial::Chip;
use driver_serial::uart::{RECEIVE_RING, Uart};
use std::cell::RefCell;

/// The model of a chip, as who looks on the wire and on the interrupt's line sees it.
pub trait ChipModel {
    /// Received bytes that the chip keeps until they are read.
    const KEPT: usize;

    /// A byte comes in.
    fn arrive(&mut self, byte: u8);

    /// Up to so many bytes leave the transmitter.
    fn transmit(&mut self, count: usize);

    /// All that has left.
    fn wire(&self) -> &[u8];

    /// Whether it interrupts.
    fn interrupt(&self) -> bool;

    /// Whether a byte was read that was not there, or written where it had no room.
    fn misused(&self) -> bool;

    /// The device goes: from now on each load gives ones.
    fn unplug(&mut self);
}

/// Makes the tests. `$with` is a function that sets a UART up over a model, and lets a closure use both.
#[macro_export]
macro_rules! tests {
    ($with:path: $($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                $with(|model, uart| $crate::$name(model, uart));
            }
        )*
    };
    ($with:path) => {
        $crate::tests! { $with:
            every_accepted_byte_goes_out_once_and_in_order
            the_transmit_interrupt_is_on_only_while_bytes_wait
            the_end_of_the_last_byte_is_told_to_who_waits_for_it
            a_full_ring_leaves_input_in_the_chip_and_loses_none
            an_overrun_is_counted_once
            a_device_that_goes_away_does_not_hang_the_driver
        }
    };
}

/// Serves the interrupt, if there is one.
fn serve<C: Chip>(model: &RefCell<impl ChipModel>, uart: &mut Uart<C>) {
    let interrupts = model.borrow().interrupt();
    if interrupts {
        uart.service();
    }
}

/// Sends bytes while the line takes now more of them, now fewer.
pub fn every_accepted_byte_goes_out_once_and_in_order<C: Chip>(
    model: &RefCell<impl ChipModel>,
    uart: &mut Uart<C>,
) {
    let message: Vec<u8> = (0..5_000_u32)
        .map(|index| (index * 7 % 251) as u8)
        .collect();
    // Each time, so bytes come to a transmitter that is half empty; then so seldom that most must go by interrupts.
    for each in [1, 50] {
        let before = model.borrow().wire().len();
        let (mut accepted, mut step) = (0, 0);
        while model.borrow().wire().len() < before + message.len() {
            if step % each == 0 {
                let end = message.len().min(accepted + step % 97);
                accepted += uart.send(&message[accepted..end]);
            }
            model.borrow_mut().transmit(step % 23);
            serve(model, uart);
            step += 1;
            let sent = model.borrow().wire().len();
            assert!(step < 10_000, "stuck after {sent} bytes");
        }
        assert_eq!(model.borrow().wire()[before..], message);
        assert!(uart.is_drained());
        serve(model, uart);
        let idle = !model.borrow().interrupt();
        assert!(idle, "an idle transmitter asks for nothing");
    }
    assert!(!model.borrow().misused());
}

/// A transmitter with room would interrupt without end.
pub fn the_transmit_interrupt_is_on_only_while_bytes_wait<C: Chip>(
    model: &RefCell<impl ChipModel>,
    uart: &mut Uart<C>,
) {
    uart.send(&vec![1; C::LOAD]);
    model.borrow_mut().transmit(C::LOAD);
    assert!(!model.borrow().interrupt(), "none waits");
    uart.send(&vec![2; C::LOAD + 1]);
    assert!(!model.borrow().interrupt(), "it has no room");
    model.borrow_mut().transmit(C::LOAD);
    assert!(model.borrow().interrupt(), "one waits");
    uart.service();
    model.borrow_mut().transmit(1);
    assert!(!model.borrow().interrupt(), "none waits");
    assert_eq!(model.borrow().wire().len(), 2 * C::LOAD + 1);
}

/// No byte follows it whose interrupt would tell.
pub fn the_end_of_the_last_byte_is_told_to_who_waits_for_it<C: Chip>(
    model: &RefCell<impl ChipModel>,
    uart: &mut Uart<C>,
) {
    uart.send(b"x");
    assert!(!uart.is_drained());
    uart.await_drained(true);
    assert!(!uart.is_drained());
    assert!(!model.borrow().interrupt());
    model.borrow_mut().transmit(1);
    assert!(model.borrow().interrupt(), "nobody would look again");
    assert!(uart.is_drained());
    uart.await_drained(false);
    assert!(!model.borrow().interrupt());
}

/// What is left in the chip holds up the sender.
pub fn a_full_ring_leaves_input_in_the_chip_and_loses_none<C: Chip, M: ChipModel>(
    model: &RefCell<M>,
    uart: &mut Uart<C>,
) {
    let sent: Vec<u8> = (0..RECEIVE_RING + M::KEPT)
        .map(|index| index as u8)
        .collect();
    for byte in &sent {
        model.borrow_mut().arrive(*byte);
        serve(model, uart);
    }
    assert_eq!(uart.available(), RECEIVE_RING);
    assert!(!model.borrow().interrupt(), "nothing can be done for it");
    let mut all = Vec::new();
    let mut out = [0; 100];
    loop {
        let count = uart.receive(&mut out);
        if count == 0 {
            break;
        }
        all.extend_from_slice(&out[..count]);
    }
    assert_eq!(all, sent);
    assert_eq!(uart.overruns(), 0);
    model.borrow_mut().arrive(7);
    assert!(model.borrow().interrupt(), "it is on again");
    uart.service();
    assert_eq!(uart.available(), 1);
    assert!(!model.borrow().misused());
}

/// However many bytes are lost at a time, and however often somebody looks.
pub fn an_overrun_is_counted_once<C: Chip, M: ChipModel>(model: &RefCell<M>, uart: &mut Uart<C>) {
    for (overruns, lost) in [(1, 4), (2, 1)] {
        for _ in 0..M::KEPT + lost {
            model.borrow_mut().arrive(0);
        }
        uart.service();
        uart.service();
        assert_eq!(uart.overruns(), overruns);
        assert_eq!(uart.available(), overruns as usize * M::KEPT);
    }
}

/// Ones look like a byte that waits, always another one.
pub fn a_device_that_goes_away_does_not_hang_the_driver<C: Chip>(
    model: &RefCell<impl ChipModel>,
    uart: &mut Uart<C>,
) {
    uart.send(&[3; 100]);
    model.borrow_mut().unplug();
    uart.service();
    assert_eq!(uart.available(), 0);
    assert!(!uart.is_drained());
}
