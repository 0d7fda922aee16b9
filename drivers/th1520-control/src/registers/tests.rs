//! The registers, against a model of them that keeps the order of stores.

use super::*;
use driver_testing::{DeviceModel, Offer};
use driver_th1520::blocks::BLOCKS;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Of which window, at which offset, which value.
type Store = (char, usize, u32);

/// Words that keep what is stored, but for bits that they do not have.
#[derive(Default)]
struct Words {
    words: BTreeMap<usize, u32>,
    missing: u32,
    /// Offsets and values in their order, of both windows.
    stores: Rc<RefCell<Vec<Store>>>,
    name: char,
}

impl DeviceModel for Words {
    fn load(&mut self, offset: usize, width: usize) -> u64 {
        assert_eq!(width, 4);
        u64::from(self.words.get(&offset).copied().unwrap_or(0))
    }

    fn store(&mut self, offset: usize, width: usize, value: u64) {
        assert_eq!(width, 4);
        let value = value as u32 & !self.missing;
        self.words.insert(offset, value);
        self.stores.borrow_mut().push((self.name, offset, value));
    }
}

fn block(name: &str) -> &'static Block {
    BLOCKS
        .iter()
        .find(|block| block.name == name)
        .expect("a block of the chip")
}

/// Runs `body` on registers that lack some bits of gates; gives the stores.
fn on(
    missing: u32,
    body: impl FnOnce(&Switches<'_>) -> Result<(), Error> + 'static,
) -> (Result<(), Error>, Vec<Store>) {
    let stores = Rc::new(RefCell::new(Vec::new()));
    let words = |name, missing| {
        let stores = stores.clone();
        Rc::new(RefCell::new(Words {
            stores,
            name,
            missing,
            ..Words::default()
        }))
    };
    let offer = Offer::new("control", 0, 0)
        .with_device("clocks", words('c', missing), WINDOW)
        .with_device("resets", words('r', 0), WINDOW);
    let result = offer.bind(|device| body(&Switches::new(device)?));
    let stores = stores.borrow().clone();
    (result, stores)
}

#[test]
fn a_block_is_reset_before_its_clock_runs_and_let_run_after_that() {
    let (result, stores) = on(0, |switches| switches.open(block("pwm")));
    assert_eq!(result, Ok(()));
    assert_eq!(
        stores,
        [('r', 0xc0, 0), ('c', 0x204, 1 << 18), ('r', 0xc0, 3)]
    );
}

#[test]
fn what_others_need_of_a_register_stays() {
    let (result, stores) = on(0, |switches| {
        switches.open(block("gpio2"))?;
        switches.open(block("gpio3"))?;
        switches.open(block("pwm"))?;
        switches.close(block("gpio2"), [block("gpio3"), block("pwm")].into_iter());
        switches.close(block("gpio3"), [block("pwm")].into_iter());
        Ok(())
    });
    assert_eq!(result, Ok(()));
    let gates: Vec<u32> = stores
        .iter()
        .filter(|(window, ..)| *window == 'c')
        .map(|(.., value)| *value)
        .collect();
    // GPIO3's bus clock has GPIO2's gate.
    let (two, three, pwm) = (1 << 6, 1 << 20 | 1 << 6, 1 << 18);
    assert_eq!(
        gates,
        [two, three, three | pwm, three | pwm, pwm],
        "in the order of the calls"
    );
}

#[test]
fn a_watchdog_stays_as_it_is() {
    let (result, stores) = on(0, |switches| {
        let watchdog = block("watchdog1");
        switches.open(watchdog)?;
        switches.close(watchdog, [].into_iter());
        switches.open(watchdog)
    });
    assert_eq!(result, Ok(()));
    let held = stores
        .iter()
        .any(|(window, _, value)| *window == 'r' && value & 1 == 0);
    assert!(!held, "its reset would stop it: {stores:?}");
}

#[test]
fn a_gate_that_does_not_keep_its_bit_is_an_error() {
    let (result, _) = on(1 << 18, |switches| switches.open(block("pwm")));
    assert_eq!(result, Err(Error::NoDevice));
}
