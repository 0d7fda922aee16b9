//! The UART over the chip, against a model of its registers: one byte in each direction, interrupts that are requested
//! once, a line that is not always ready.

use super::*;
use driver_serial::uart::{RECEIVE_RING, Uart};
use driver_testing::{DeviceModel, Offer};
use leasehold_abi::Error;
use std::cell::RefCell;
use std::rc::Rc;

/// The chip.
#[derive(Default)]
struct Model {
    received: Option<u8>,
    holding: Option<u8>,
    /// What went out on the wire.
    wire: Vec<u8>,
    /// The line takes a byte as soon as it is written, as QEMU's mostly does.
    eager: bool,
    control: u32,
    pending: u32,
    divider: u32,
    receive_overrun: bool,
    transmit_overrun: bool,
    /// Set when a byte was read that was not there.
    misused: bool,
    unplugged: bool,
}

impl Model {
    fn ask(&mut self, enabled: bool, event: u32) {
        if enabled {
            self.pending |= event;
        }
    }

    fn send(&mut self) {
        if let Some(byte) = self.holding.take() {
            self.wire.push(byte);
            let enabled = Control::TRANSMIT_INTERRUPT.is_set(self.control);
            self.ask(enabled, Pending::TRANSMIT::SET.value);
        }
    }

    /// A byte from the line. It replaces one that was not read.
    fn arrive(&mut self, byte: u8) {
        self.receive_overrun |= self.received.is_some();
        self.received = Some(byte);
        let enabled = Control::RECEIVE_INTERRUPT.is_set(self.control);
        self.ask(enabled, Pending::RECEIVE::SET.value);
    }

    fn interrupt(&self) -> bool {
        self.pending != 0
    }
}

impl DeviceModel for Model {
    fn load(&mut self, offset: usize, width: usize) -> u64 {
        assert_eq!(width, 4, "registers are words");
        u64::from(match offset {
            _ if self.unplugged => u32::MAX,
            0x0 => {
                self.misused |= self.received.is_none();
                u32::from(self.received.take().unwrap_or(0))
            }
            0x4 => {
                (State::TRANSMIT_FULL.val(self.holding.is_some().into())
                    + State::RECEIVE_FULL.val(self.received.is_some().into())
                    + State::TRANSMIT_OVERRUN.val(self.transmit_overrun.into())
                    + State::RECEIVE_OVERRUN.val(self.receive_overrun.into()))
                .value
            }
            0x8 => self.control,
            0xc => self.pending,
            0x10 => self.divider,
            _ => panic!("no register at {offset:#x}"),
        })
    }

    fn store(&mut self, offset: usize, width: usize, value: u64) {
        assert_eq!(width, 4, "registers are words");
        let value = value as u32;
        match offset {
            0x0 => {
                self.transmit_overrun |= self.holding.is_some();
                self.holding = Some(value as u8);
                if self.eager {
                    self.send();
                }
            }
            0x4 => {
                self.transmit_overrun &= !State::TRANSMIT_OVERRUN.is_set(value);
                self.receive_overrun &= !State::RECEIVE_OVERRUN.is_set(value);
            }
            0x8 => self.control = value,
            0xc => self.pending &= !value,
            0x10 => self.divider = value,
            _ => panic!("no register at {offset:#x}"),
        }
    }
}

/// Both events.
const BOTH: u32 = Pending::TRANSMIT::SET.value | Pending::RECEIVE::SET.value;

/// Gives `body` a model and its registers on lease.
fn claimed(
    body: impl for<'cap> FnOnce(&Rc<RefCell<Model>>, ExclusiveIoMem<'cap, WINDOW>) + 'static,
) {
    let model = Rc::new(RefCell::new(Model::default()));
    let offer = Offer::new("uart0", 0, 0).with_device("registers", model.clone(), WINDOW);
    let done: Result<(), Error> = offer.bind(move |device| {
        body(&model, device.exclusive_io_mem(0)?);
        Ok(())
    });
    assert_eq!(done, Ok(()));
}

/// Sets a UART up over a model, and lets `body` use both.
fn with(body: impl for<'cap> FnOnce(&Rc<RefCell<Model>>, &mut Uart<CmsdkUart<'cap>>) + 'static) {
    claimed(|model, window| {
        let mut uart = Uart::new(CmsdkUart::new(window));
        uart.service();
        body(model, &mut uart);
    });
}

#[test]
fn set_up_leaves_the_rate_both_directions_and_the_receive_interrupt() {
    with(|model, _| {
        let inside = model.borrow();
        // 10 MHz, as tests have it: 86.8 cycles.
        assert_eq!(inside.divider, 87);
        let on = Control::TRANSMIT::SET + Control::RECEIVE::SET + Control::RECEIVE_INTERRUPT::SET;
        assert_eq!(inside.control, on.value);
    });
}

/// The chip keeps a requested event, whether its interrupt is enabled or not. Otherwise its line would stay high for
/// ever.
#[test]
fn an_interrupt_that_is_turned_off_is_taken_back() {
    claimed(|model, window| {
        let mut chip = CmsdkUart::new(window);
        chip.enable(Interrupts::all());
        chip.transmit(1);
        model.borrow_mut().send();
        model.borrow_mut().arrive(2);
        assert_eq!(model.borrow().pending, BOTH);
        chip.enable(Interrupts::RECEIVED);
        assert_eq!(model.borrow().pending, Pending::RECEIVE::SET.value);
        chip.enable(Interrupts::empty());
        assert!(!model.borrow().interrupt());
    });
}

#[test]
fn every_accepted_byte_goes_out_once_and_in_order_by_interrupts_alone() {
    for eager in [false, true] {
        with(move |model, uart| {
            model.borrow_mut().eager = eager;
            let message: Vec<u8> = (0..5_000_u32)
                .map(|index| (index * 7 % 251) as u8)
                .collect();
            let mut accepted = 0;
            let mut step = 0;
            while model.borrow().wire.len() < message.len() {
                step += 1;
                if step % 50 == 1 {
                    accepted +=
                        uart.send(&message[accepted..message.len().min(accepted + step % 97)]);
                }
                model.borrow_mut().send();
                if model.borrow().interrupt() {
                    uart.service();
                }
                let sent = model.borrow().wire.len();
                assert!(step < 400_000, "stuck after {sent} bytes, eager {eager}");
            }
            assert_eq!(model.borrow().wire, message);
            assert!(!model.borrow().transmit_overrun, "written while full");
            assert!(uart.is_drained());
            if model.borrow().interrupt() {
                uart.service();
            }
            assert!(
                !model.borrow().interrupt(),
                "an idle transmitter asks for nothing"
            );
        });
    }
}

#[test]
fn the_end_of_the_last_byte_is_told_to_who_waits_for_it() {
    with(|model, uart| {
        uart.send(b"x");
        assert!(!uart.is_drained());
        uart.await_drained(true);
        assert!(!uart.is_drained());
        assert!(!model.borrow().interrupt());
        model.borrow_mut().send();
        assert!(model.borrow().interrupt(), "nobody would look again");
        assert!(uart.is_drained());
        uart.await_drained(false);
        assert!(!model.borrow().interrupt());
    });
}

#[test]
fn a_full_ring_leaves_the_byte_in_the_chip_and_loses_none() {
    with(|model, uart| {
        for index in 0..=RECEIVE_RING {
            model.borrow_mut().arrive(index as u8);
            if model.borrow().interrupt() {
                uart.service();
            }
        }
        assert_eq!(uart.available(), RECEIVE_RING);
        assert!(!model.borrow().interrupt(), "nothing can be done for it");
        assert!(model.borrow().received.is_some());
        let mut all = Vec::new();
        let mut out = [0; 100];
        loop {
            let count = uart.receive(&mut out);
            if count == 0 {
                break;
            }
            all.extend_from_slice(&out[..count]);
        }
        let sent: Vec<u8> = (0..=RECEIVE_RING).map(|index| index as u8).collect();
        assert_eq!(all, sent);
        assert_eq!(uart.overruns(), 0);
        model.borrow_mut().arrive(7);
        assert!(
            model.borrow().interrupt(),
            "the receive interrupt is on again"
        );
        uart.service();
        assert_eq!(uart.available(), 1);
        assert!(!model.borrow().misused);
    });
}

/// A byte that comes between the last read of the state and enabling the interrupt requests nothing.
#[test]
fn a_byte_that_comes_while_its_interrupt_is_off_is_found() {
    with(|model, uart| {
        for index in 0..RECEIVE_RING {
            model.borrow_mut().arrive(index as u8);
            uart.service();
        }
        assert_eq!(Control::RECEIVE_INTERRUPT.read(model.borrow().control), 0);
        model.borrow_mut().arrive(1);
        assert!(!model.borrow().interrupt());
        let mut out = [0; 8];
        assert_eq!(uart.receive(&mut out), 8);
        assert_eq!(uart.available(), RECEIVE_RING - 7);
    });
}

#[test]
fn an_overrun_is_counted_once() {
    with(|model, uart| {
        model.borrow_mut().arrive(1);
        model.borrow_mut().arrive(2);
        uart.service();
        uart.service();
        assert_eq!((uart.overruns(), uart.available()), (1, 1));
        model.borrow_mut().arrive(3);
        model.borrow_mut().arrive(4);
        uart.service();
        assert_eq!(uart.overruns(), 2);
    });
}

#[test]
fn a_device_that_goes_away_does_not_hang_the_driver() {
    with(|model, uart| {
        uart.send(&[3; 100]);
        model.borrow_mut().unplugged = true;
        uart.service();
        assert_eq!(uart.available(), 0);
        assert!(!uart.is_drained());
    });
}
