//! The driver of the class, with an honest chip and an honest child.

mod common;

use common::chip::{ADDRESS, Chip, DROPPED, Fault, PHY, RECEIVED, TRANSMIT_ROOM, TRANSMIT_STATUS};
use common::{ARRIVED, BUFFERS, SENT, bound, counters, frame, is_quiet, line, receive, with};
use driver_testing::Stage;
use userlib::supervisor::LET_GO;

#[test]
fn a_chip_is_reset_and_listens_with_what_both_sides_can() {
    bound(|stage, chip, _| {
        let payload = stage.lent("payload");
        let bytes: [u8; 16] = payload.read(payload.base());
        assert_eq!(bytes[4..10], ADDRESS);
        let chip = chip.borrow();
        assert_eq!((chip.resets, chip.pin), (1, 0x111));
        assert_eq!(chip.mac[1], 1 << 20 | 1 << 3 | 1 << 2);
        assert_eq!(chip.enabled & (RECEIVED | PHY), RECEIVED | PHY);
        assert_eq!(chip.enabled & (TRANSMIT_ROOM | TRANSMIT_STATUS), 0);
        assert_eq!(chip.phy[0], 0x3000, "a link that is up stays up");
    });
}

#[test]
fn a_phy_that_is_off_is_started() {
    let chip = Chip::new();
    chip.borrow_mut().phy[0] = 0x0800;
    with(&chip, |stage, _| assert_eq!(stage.bound(), 1));
    assert_eq!(chip.borrow().phy[0], 0x1200);
}

#[test]
fn a_chip_that_does_not_get_ready_is_refused_in_time() {
    for fault in [
        Fault::Asleep,
        Fault::Resets,
        Fault::ResetFails,
        Fault::Loads,
        Fault::MacBusy,
        Fault::PhyBusy,
        Fault::NoPhy,
    ] {
        let chip = Chip::new();
        chip.borrow_mut().fault = fault;
        with(&chip, |stage, _| {
            stage.pass(500);
            assert!(stage.is_released(), "{fault:?}: {:?}", stage.log());
        });
    }
    let chip = Chip::new();
    chip.borrow_mut().byte_order = 0x2143_6587;
    with(&chip, |stage, _| assert!(stage.is_released()));
}

#[test]
fn a_chip_without_an_address_of_its_own_is_refused() {
    for address in [[0; 6], [0xff; 6], [1, 0, 0, 0, 0, 1]] {
        let chip = Chip::new();
        chip.borrow_mut().set_address(address);
        with(&chip, |stage, _| {
            assert!(stage.is_released(), "{address:x?}");
            let log = stage.log();
            assert!(log.iter().any(|line| line.contains("`address`")), "{log:?}");
        });
    }
}

#[test]
fn frames_that_come_lie_in_lent_buffers_until_they_are_given_back() {
    bound(|stage, chip, child| {
        let frames = [14, 60, 61, 62, 63, 64, 1514].map(frame);
        for frame in &frames {
            receive(stage, chip, frame);
        }
        let arrived = child.arrived();
        let bytes: Vec<Vec<u8>> = arrived.iter().map(|one| child.bytes(*one)).collect();
        assert_eq!(bytes, frames);
        assert!(chip.borrow().data.is_empty());
        let slots: Vec<u32> = arrived.iter().map(|(slot, _)| *slot).collect();
        child.give_back(stage, 0, &slots);
        assert_eq!(counters(stage).received, 7);
    });
}

#[test]
fn what_has_no_buffer_stays_in_the_chip_and_does_not_interrupt() {
    bound(|stage, chip, child| {
        for _ in 0..BUFFERS {
            receive(stage, chip, &frame(60));
        }
        assert_eq!(child.arrived().len(), BUFFERS as usize);
        // `line` fails if the chip interrupted for these for ever.
        for length in [100, 101] {
            receive(stage, chip, &frame(length));
        }
        assert_eq!(chip.borrow().statuses.len(), 2);
        assert_eq!(chip.borrow().enabled & RECEIVED, 0);
        is_quiet(stage, chip);
        let first = child.arrived()[0].0;
        child.give_back(stage, 0, &[first]);
        assert_eq!(chip.borrow().statuses.len(), 1);
        let second = child.arrived()[1].0;
        child.give_back(stage, 1, &[second]);
        assert_eq!(child.word(ARRIVED), BUFFERS + 2);
        assert_ne!(chip.borrow().enabled & RECEIVED, 0, "it listens again");
        // The ring has 32 places: the two lie in those of the first two.
        let entry = |number: u64| (child.word(16 + 8 * number), child.word(20 + 8 * number));
        assert_eq!(child.bytes(entry(0)), frame(100));
        assert_eq!(child.bytes(entry(1)), frame(101));
    });
}

#[test]
fn what_is_no_frame_is_dropped_and_counted_and_the_next_is_whole() {
    bound(|stage, chip, child| {
        for length in [0, 13, 1515, 3000] {
            receive(stage, chip, &frame(length));
        }
        chip.borrow_mut().receive(&frame(60), true);
        line(stage, chip);
        receive(stage, chip, &frame(77));
        let arrived = child.arrived();
        assert_eq!(arrived.len(), 1);
        assert_eq!(child.bytes(arrived[0]), frame(77));
        chip.borrow_mut().dropped = 3;
        chip.borrow_mut().causes = DROPPED;
        // It does not interrupt; it is looked at when something else does.
        receive(stage, chip, &frame(60));
        let count = counters(stage);
        assert_eq!((count.received, count.wrong, count.dropped), (2, 5, 3));
    });
}

#[test]
fn frames_go_out_as_they_are_and_their_slots_come_back() {
    bound(|stage, chip, child| {
        let lengths = [14, 60, 61, 62, 63, 1514];
        for (number, length) in (0..).zip(lengths) {
            child.send(stage, number, 9 - number, &frame(length));
        }
        assert_eq!(chip.borrow().sent, lengths.map(frame));
        assert_eq!(child.sent(), [9, 8, 7, 6, 5, 4]);
        chip.borrow_mut().fails = true;
        child.send(stage, 6, 0, &frame(60));
        // Statuses are taken when there is something else to do.
        chip.borrow_mut().fails = false;
        child.send(stage, 7, 1, &frame(60));
        child.send(stage, 8, 2, &frame(60));
        let count = counters(stage);
        assert_eq!((count.failed, count.sent >= 7), (1, true), "{count:?}");
    });
}

#[test]
fn a_frame_without_room_waits_and_then_goes() {
    bound(|stage, chip, child| {
        chip.borrow_mut().holds = true;
        for number in 0..5 {
            child.send(stage, number, number, &frame(1514 - number as usize));
        }
        assert_eq!(child.sent(), [0, 1, 2], "three have room");
        is_quiet(stage, chip);
        assert_ne!(chip.borrow().enabled & TRANSMIT_ROOM, 0);
        stage.pass(1_000);
        assert_eq!(child.sent(), [0, 1, 2]);
        chip.borrow_mut().release();
        line(stage, chip);
        assert_eq!(child.sent(), [0, 1, 2, 3, 4]);
        assert_eq!(chip.borrow().enabled & TRANSMIT_ROOM, 0);
        chip.borrow_mut().release();
        let lengths: Vec<usize> = chip.borrow().sent.iter().map(Vec::len).collect();
        assert_eq!(lengths, [1514, 1513, 1512, 1511, 1510]);
    });
}

#[test]
fn no_more_small_frames_are_under_way_than_the_chip_keeps_statuses_for() {
    bound(|stage, chip, child| {
        chip.borrow_mut().holds = true;
        for number in 0..120 {
            child.set(SENT + 4, child.word(SENT));
            child.ask(number, number % BUFFERS, 14);
            stage.post(class_network::READY);
        }
        assert_eq!(child.word(SENT), 100);
        assert_ne!(chip.borrow().enabled & TRANSMIT_STATUS, 0);
        chip.borrow_mut().release();
        line(stage, chip);
        assert_eq!(child.word(SENT), 120);
    });
}

#[test]
fn the_link_follows_the_wire() {
    bound(|stage, chip, _| {
        let change = |stage: &mut Stage<'_>, status: u16, partner: u16| {
            let mut now = chip.borrow_mut();
            (now.phy[1], now.phy[5]) = (status, partner);
            now.phy[29] = 1 << 4;
            drop(now);
            line(stage, chip);
        };
        // Behind the payload's own words, where the fourth of them says.
        let payload = stage.lent("payload");
        let place = u32::from_le_bytes(payload.read(payload.base() + 12));
        let link = || u32::from_le_bytes(payload.read(payload.base() + u64::from(place)));
        assert_eq!(link(), 1);
        change(stage, 0x7809, 0x45e1);
        assert_eq!(link(), 0);
        // The partner can do no more than 100 Mbit/s one way at a time.
        change(stage, 0x782d, 0x00a1);
        assert_eq!(link(), 1);
        assert_eq!(chip.borrow().mac[1], 1 << 3 | 1 << 2);
    });
}

#[test]
fn buffers_of_a_child_that_went_come_back() {
    bound(|stage, chip, child| {
        for _ in 0..BUFFERS {
            receive(stage, chip, &frame(60));
        }
        chip.borrow_mut().holds = true;
        for number in 0..5 {
            child.send(stage, number, number, &frame(1514));
        }
        // It has taken a frame out, and keeps it.
        child.set(ARRIVED + 4, 1);
        stage.post(LET_GO);
        let next = child.next(stage);
        for length in 60..60 + BUFFERS as usize {
            receive(stage, chip, &frame(length));
        }
        assert_eq!(next.arrived().len(), BUFFERS as usize, "all are free");
        chip.borrow_mut().release();
        next.send(stage, 0, 31, &frame(99));
        chip.borrow_mut().release();
        assert_eq!(chip.borrow().sent.last(), Some(&frame(99)));
    });
}
