//! Gates and resets on the board's model: a block that was opened answers, and one that was closed does not.

use super::*;
use driver_testing::{DeviceModel, Offer};
use driver_th1520::blocks::BLOCKS;
use std::cell::RefCell;
use std::rc::Rc;
use th1520_model::board::th1520::{Options, Th1520};
use th1520_model::board::{Access, Bus};
use th1520_model::cpu::Mode;

type Board = Rc<RefCell<Th1520>>;

const CLOCKS: u64 = 0xff_ef01_0000;
const RESETS: u64 = 0xff_ef01_4000;

/// Where a register of each block lies (U-Boot dts/upstream/src/riscv/thead/th1520.dtsi; for the PWM, I2C and watchdogs
/// revyos/thead-kernel arch/riscv/boot/dts/thead/th1520.dtsi).
const PLACES: &[(&str, u64)] = &[
    ("pwm", 0xff_ec01_c000),
    ("gpio0", 0xff_ec00_5000),
    ("gpio1", 0xff_ec00_6000),
    ("gpio2", 0xff_e7f3_4000),
    ("gpio3", 0xff_e7f3_8000),
    ("i2c0", 0xff_e7f2_0000),
    ("i2c1", 0xff_e7f2_4000),
    ("i2c2", 0xff_ec00_c000),
    ("i2c3", 0xff_ec01_4000),
    ("i2c4", 0xff_e7f2_8000),
    ("watchdog1", 0xff_efc3_1000),
    // Its register of configuration.
    ("dmac0", 0xff_efc0_0010),
];

fn access(address: u64, width: usize) -> Access {
    Access {
        address,
        width: width as u8,
        pc: 0,
        mode: Mode::Supervisor,
        now: 0,
    }
}

/// One of the board's two windows.
struct Window(Board, u64);

impl DeviceModel for Window {
    fn load(&mut self, offset: usize, width: usize) -> u64 {
        let access = access(self.1 + offset as u64, width);
        self.0.borrow_mut().read(&access).expect("a register")
    }

    fn store(&mut self, offset: usize, width: usize, value: u64) {
        let access = access(self.1 + offset as u64, width);
        let stored = self.0.borrow_mut().write(&access, value);
        stored.expect("a register");
    }
}

fn on(body: impl FnOnce(&Switches<'_>, &Board) -> Result<(), Error> + 'static) {
    let board = Rc::new(RefCell::new(Th1520::new(Options::default())));
    let window = |base| Rc::new(RefCell::new(Window(board.clone(), base)));
    let offer = Offer::new("control", 0, 0)
        .with_device("clocks", window(CLOCKS), WINDOW)
        .with_device("resets", window(RESETS), WINDOW);
    let done = offer.bind(move |device| body(&Switches::new(device)?, &board));
    assert_eq!(done, Ok(()));
}

fn named(name: &str) -> &'static Block {
    let found = BLOCKS.iter().find(|block| block.name == name);
    found.expect("a block of the chip")
}

fn answers(board: &Board, name: &str) -> bool {
    let place = PLACES.iter().find(|(other, _)| *other == name);
    let (_, base) = place.expect("a place");
    board.borrow_mut().read(&access(*base, 4)).is_ok()
}

#[test]
fn each_block_answers_while_it_is_open_and_only_then() {
    for block in BLOCKS {
        on(|switches, board| {
            for other in BLOCKS {
                assert!(!answers(board, other.name), "{}", other.name);
            }
            switches.open(block)?;
            for other in BLOCKS {
                let name = other.name;
                assert_eq!(answers(board, name), name == block.name, "{name}");
            }
            switches.close(block, [].into_iter());
            assert_eq!(answers(board, block.name), block.stays, "{}", block.name);
            Ok(())
        });
    }
}

#[test]
fn gpio3_answers_though_its_neighbour_is_closed() {
    on(|switches, board| {
        switches.open(named("gpio2"))?;
        switches.open(named("gpio3"))?;
        switches.close(named("gpio2"), [named("gpio3")].into_iter());
        assert!(answers(board, "gpio3") && !answers(board, "gpio2"));
        Ok(())
    });
}
