//! A line's stores, on the port of the board's model.

use super::*;
use driver_testing::{DeviceModel, Offer};
use std::cell::RefCell;
use std::rc::Rc;
use th1520_model::devices::gpio::Gpio;

/// The port of the board's model behind a window. What it refuses fails the test.
#[derive(Default)]
struct Model {
    port: Gpio,
    /// Levels that come from outside when this register is stored to: a change at the worst time.
    then: Option<(usize, u32)>,
    /// What the port drove after each store: which lines, and which of them high.
    driven: Vec<(u32, u32)>,
}

impl DeviceModel for Model {
    fn load(&mut self, offset: usize, width: usize) -> u64 {
        assert_eq!(width, 4);
        self.port.read(offset as u64).expect("a register").into()
    }

    fn store(&mut self, offset: usize, width: usize, value: u64) {
        assert_eq!(width, 4);
        assert_eq!(self.port.write(offset as u64, value as u32), None);
        let (lines, levels) = self.port.driven();
        self.driven.push((lines, levels & lines));
        if let Some((_, levels)) = self.then.take_if(|(at, _)| *at == offset) {
            self.port.set_outside(levels);
        }
    }
}

type Shared = Rc<RefCell<Model>>;

/// Runs `body` with a port and what is behind it.
fn on(body: impl FnOnce(Port<'_>, &Shared) -> Result<(), Error> + 'static) {
    let model = Shared::default();
    let offer = Offer::new("gpio1", 0, 0).with_device("registers", model.clone(), WINDOW);
    let done = offer.bind(move |device| body(Port::new(&*device.io_mem::<WINDOW>(0)?), &model));
    assert_eq!(done, Ok(()));
}

fn outside(model: &Shared, levels: u32) {
    model.borrow_mut().port.set_outside(levels);
}

fn interrupts(model: &Shared) -> bool {
    model.borrow().port.line()
}

#[test]
fn an_output_has_its_level_before_it_drives_and_the_others_stay() {
    on(|port, model| {
        port.drive(5, true)?;
        port.drive(6, false)?;
        assert_eq!(model.borrow().port.driven(), (0b11 << 5, 1 << 5));
        assert_eq!((port.driven(5), port.driven(6)), (Ok(true), Ok(false)));
        assert_eq!((port.level(5), port.level(6)), (Ok(true), Ok(false)));
        // What a glitch would be: it drives the old level first.
        port.rest(5)?;
        model.borrow_mut().driven.clear();
        port.drive(5, false)?;
        assert_eq!(model.borrow().port.driven(), (0b11 << 5, 0));
        let high = |(_, levels): &(u32, u32)| levels >> 5 & 1 != 0;
        assert!(!model.borrow().driven.iter().any(high));
        port.rest(6)?;
        assert_eq!(model.borrow().port.driven().0, 1 << 5);
        Ok(())
    });
}

#[test]
fn an_event_interrupts_once_and_not_again_before_it_is_armed() {
    on(|port, model| {
        for (event, from, to) in [
            (LineEvent::Rising, 0, 1),
            (LineEvent::Falling, 1, 0),
            (LineEvent::Edge, 0, 1),
            (LineEvent::Edge, 1, 0),
            (LineEvent::High, 0, 1),
            (LineEvent::Low, 1, 0),
        ] {
            outside(model, from << 3);
            assert_eq!(port.arm(3, event), Ok(false));
            assert!(!interrupts(model), "{event:?}: nothing came yet");
            outside(model, to << 3);
            assert!(interrupts(model), "{event:?}");
            assert_eq!(port.take(), Ok(1 << 3));
            assert!(!interrupts(model), "{event:?}: taken");
            for level in [from, to] {
                outside(model, level << 3);
                assert!(!interrupts(model), "{event:?}: not armed");
            }
        }
        Ok(())
    });
}

#[test]
fn a_level_that_is_there_already_interrupts_and_an_edge_of_before_does_not() {
    on(|port, model| {
        outside(model, 1 << 3);
        port.arm(3, LineEvent::High)?;
        assert!(interrupts(model));
        assert_eq!(port.take(), Ok(1 << 3));
        port.arm(3, LineEvent::Falling)?;
        port.take()?;
        // Kept by the mask.
        outside(model, 0);
        port.arm(3, LineEvent::Falling)?;
        assert!(!interrupts(model));
        Ok(())
    });
}

/// Whenever the level changes while a wait for either edge begins, the edge is seen.
#[test]
fn an_edge_of_either_kind_is_not_missed_while_it_is_armed() {
    // Mask, edges, polarity, interrupts, end: the places where a line is armed.
    for register in [0x34, 0x38, 0x3c, 0x30, 0x4c] {
        for before in [0, 1 << 3] {
            on(move |port, model| {
                outside(model, before);
                model.borrow_mut().then = Some((register, before ^ 1 << 3));
                let missed = port.arm(3, LineEvent::Edge)?;
                let seen = missed || interrupts(model);
                assert!(seen, "a change after the store to {register:#x}");
                Ok(())
            });
        }
    }
}

#[test]
fn an_output_awaits_nothing_and_lines_do_not_disturb_each_other() {
    on(|port, model| {
        port.drive(7, true)?;
        assert_eq!(port.arm(7, LineEvent::High), Err(Error::Busy));
        port.arm(3, LineEvent::Rising)?;
        port.arm(4, LineEvent::Rising)?;
        outside(model, 0b11 << 3);
        port.rest(3)?;
        assert_eq!(port.take(), Ok(1 << 4));
        assert_eq!(model.borrow().port.driven(), (1 << 7, 1 << 7));
        Ok(())
    });
}
