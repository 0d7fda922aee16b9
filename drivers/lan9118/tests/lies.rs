//! A child and a chip that do not keep to the rules.

mod common;

use common::chip::{Chip, RECEIVE_ERROR};
use common::{BUFFERS, Child, SENT, TO_SEND, bound, end_of, frame, receive, with};
use driver_testing::{DeviceModel, Stage};
use std::cell::RefCell;
use std::rc::Rc;

fn has_lost_queues(stage: &Stage<'_>) -> bool {
    let log = stage.log();
    log.iter().any(|line| line.contains("loses its queues"))
}

#[test]
fn a_child_that_lies_loses_its_queues_and_the_next_gets_them_empty() {
    type Lie = fn(&Child, &mut Stage<'_>);
    let lies: [(&str, Lie); 5] = [
        ("a slot that is not there", |child, stage| {
            child.ask(0, BUFFERS, 100);
            stage.post(class_network::READY);
        }),
        ("a frame that is too long", |child, stage| {
            child.ask(0, 0, 1515);
            stage.post(class_network::READY);
        }),
        ("a frame that is too short", |child, stage| {
            child.ask(0, 0, 13);
            stage.post(class_network::READY);
        }),
        ("more than there can be", |child, stage| {
            child.set(TO_SEND, BUFFERS + 1);
            stage.post(class_network::READY);
        }),
        ("a buffer that it has not got", |child, stage| {
            child.give_back(stage, 0, &[9]);
        }),
    ];
    for (what, lie) in lies {
        bound(|stage, chip, child| {
            lie(child, stage);
            if what == "a buffer that it has not got" {
                // This is read when a buffer is needed.
                receive(stage, chip, &frame(60));
            }
            assert!(has_lost_queues(stage), "{what}: {:?}", stage.log());
            assert_eq!(stage.bound(), 1, "{what}");
            let next = child.next(stage);
            receive(stage, chip, &frame(70));
            let arrived = next.arrived();
            assert_eq!(arrived.len(), 1, "{what}");
            assert_eq!(next.bytes(arrived[0]), frame(70), "{what}");
            next.send(stage, 0, 3, &frame(80));
            assert_eq!(chip.borrow().sent.last(), Some(&frame(80)), "{what}");
        });
    }
}

#[test]
fn a_chip_that_lies_ends_the_driver() {
    type Lie = fn(&mut Stage<'_>, &RefCell<Chip>, &Child);
    let lies: [(&str, Lie); 7] = [
        ("a frame longer than what came", |stage, chip, _| {
            chip.borrow_mut().receive(&frame(60), false);
            chip.borrow_mut().statuses[0] = 65 << 16;
            chip.borrow_mut().data.pop_back();
            stage.interrupt("irq0");
        }),
        ("a frame without a check sequence", |stage, chip, _| {
            chip.borrow_mut().statuses.push_back(3 << 16);
            stage.interrupt("irq0");
        }),
        ("a status of nothing", |stage, chip, _| {
            chip.borrow_mut().transmit_statuses.push_back(0);
            stage.interrupt("irq0");
        }),
        ("a status of another frame", |stage, chip, child| {
            child.send(stage, 0, 0, &frame(60));
            chip.borrow_mut().transmit_statuses = [1 << 16].into();
            stage.interrupt("irq0");
        }),
        ("that it has lost count", |stage, chip, _| {
            chip.borrow_mut().causes |= RECEIVE_ERROR;
            stage.interrupt("irq0");
        }),
        ("nothing, again and again", |stage, _, _| {
            (0..100).for_each(|_| stage.interrupt("irq0"));
        }),
        ("never that a frame went out", |stage, chip, child| {
            chip.borrow_mut().holds = true;
            for number in 0..4 {
                child.send(stage, number, number, &frame(1514));
            }
            for _ in 0..30 {
                // Frames that come do not keep it from being noticed.
                stage.pass(100);
                receive(stage, chip, &frame(60));
            }
        }),
    ];
    for (what, lie) in lies {
        let end = end_of(|| bound(lie));
        assert_eq!(end.as_deref(), Some("network controller"), "{what}");
    }
}

#[test]
fn a_device_that_is_taken_away_ends_in_order_and_one_that_vanishes_is_noticed() {
    bound(|stage, _, _| {
        stage.revoke();
        assert!(stage.is_released());
    });
    let end = end_of(|| {
        bound(|stage, _, _| {
            stage.vanish();
            stage.interrupt("irq0");
        });
    });
    assert_eq!(end.as_deref(), Some("network controller"));
}

/// The chip, and a number of loads between two lies.
struct Noise {
    chip: Rc<RefCell<Chip>>,
    state: u32,
    between: u32,
}

impl Noise {
    fn random(&mut self, below: u32) -> u32 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 17;
        self.state ^= self.state << 5;
        self.state % below
    }
}

impl DeviceModel for Noise {
    fn load(&mut self, offset: usize, width: usize) -> u64 {
        let lies = self.random(self.between) == 0;
        let value = match self.chip.try_borrow_mut() {
            // What a lie makes the driver read is not there.
            Ok(chip) if offset == 0x40 && chip.statuses.is_empty() => 0,
            Ok(chip) if offset == 0x48 && chip.transmit_statuses.is_empty() => 0,
            Ok(mut chip) => chip.load(offset, width),
            Err(_) => 0,
        };
        if !lies {
            return value;
        }
        match self.random(3) {
            0 => value ^ 1 << self.random(32),
            1 => self.random(u32::MAX).into(),
            _ => value.wrapping_add(1) & 0xffff_ffff,
        }
    }

    fn store(&mut self, offset: usize, width: usize, value: u64) {
        self.chip.borrow_mut().store(offset, width, value);
    }
}

/// Seeds of the test below.
const SEEDS: u32 = 600;

#[test]
fn noise_in_the_registers_is_refused_or_ends_the_driver_and_no_more() {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let (mut refused, mut ended, mut served) = (0, 0, 0);
    for seed in 1..=SEEDS {
        let chip = Chip::new();
        let noise = Noise {
            chip: chip.clone(),
            state: seed.wrapping_mul(0x9e37_79b9),
            between: 4 << (seed % 9),
        };
        let noise = Rc::new(RefCell::new(noise));
        let mut was_refused = false;
        let end = end_of(|| {
            with(&noise, |stage, pool| {
                stage.pass(1_000);
                was_refused = stage.bound() == 0;
                if was_refused {
                    return;
                }
                let child = Child::new(stage, pool);
                for number in 0..20 {
                    if chip.borrow().mac[1] & 4 != 0 {
                        chip.borrow_mut()
                            .receive(&frame(60 + number as usize), false);
                    }
                    stage.interrupt("irq0");
                    child.set(SENT + 4, child.word(SENT));
                    child.send(stage, number, number % BUFFERS, &frame(600));
                    stage.pass(300);
                }
            });
        });
        match end.as_deref() {
            None if was_refused => refused += 1,
            None => served += 1,
            Some("network controller") => ended += 1,
            // The model's own rules, which a driver that was lied to may break.
            Some("it has room" | "the transmitter is on" | "it receives") => ended += 1,
            Some(other) => panic!("seed {seed}: {other}"),
        }
    }
    std::panic::set_hook(hook);
    assert!(
        refused > 20 && ended > 100 && served > 20,
        "{refused} {ended} {served}"
    );
}
