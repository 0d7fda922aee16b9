//! Both ends of a queue, honest and hostile.

use class_queue::{Asker, AskerOffer, Doer, Slot, Tagged};
use driver_testing::Offer;
use std::sync::atomic::{AtomicUsize, Ordering};
use userlib::Error;
use userlib::auxiliary::{LendRegion, RingReceiver, RingSender};
use zerocopy::{FromBytes, Immutable, IntoBytes};

#[derive(Clone, Copy, Debug, PartialEq, FromBytes, IntoBytes, Immutable)]
#[repr(C)]
struct Record {
    tag: u32,
    value: u32,
}

impl Tagged for Record {
    fn tag(&self) -> u32 {
        self.tag
    }
}

const N: usize = 4;
type Asks<'a> = Asker<'a, Record, Record, N>;
type Does<'a> = Doer<'a, Record, Record, N>;

/// Runs a test with a region of a binding.
fn with(test: fn(&LendRegion<'_>)) {
    let offer = Offer::new("nic", 0, 0);
    let ran = offer.bind(move |device| {
        test(&device.lend_region(0, 512)?);
        Ok(())
    });
    assert_eq!(ran, Ok(()));
}

/// A queue on which the child asks, as a disk's is.
fn pair<'cap>(region: &LendRegion<'cap>) -> (Does<'cap>, AskerOffer<'cap, Record, Record, N>) {
    Doer::lend(region).unwrap()
}

fn ask(asker: &Asks<'_>, value: u32) -> Result<(), Error> {
    let slot = asker.slot().ok_or(Error::Exhausted)?;
    asker.ask(slot, |tag| Record { tag, value })
}

fn done(doer: &Does<'_>, slot: Slot, value: u32) {
    doer.answer(slot, |tag| Record { tag, value }).unwrap();
}

/// What the child's end of a request ring and of an answer ring looks like to one who does not keep to the rules.
type Raw<'a> = (RingSender<'a, Record, N>, RingReceiver<'a, Record, N>);

/// The driver's end, with a hostile child.
fn hostile_child<'cap>(region: &LendRegion<'cap>) -> (Does<'cap>, Raw<'cap>) {
    let (requests, sender) = region.ring_from_child().unwrap();
    let (answers, receiver) = region.ring_to_child().unwrap();
    let doer = Doer::from_rings(requests, answers);
    (doer, (sender.take().unwrap(), receiver.take().unwrap()))
}

/// The child's end, with a hostile driver.
type RawDriver<'a> = (RingReceiver<'a, Record, N>, RingSender<'a, Record, N>);
fn hostile_driver<'cap>(region: &LendRegion<'cap>) -> (RawDriver<'cap>, Asks<'cap>) {
    let (requests, sender) = region.ring_from_child().unwrap();
    let (answers, receiver) = region.ring_to_child().unwrap();
    let asker = Asker::from_rings(sender.take().unwrap(), receiver.take().unwrap());
    ((requests, answers), asker)
}

#[test]
fn answers_come_in_any_order_and_all_slots_are_used_again_and_again() {
    with(|region| {
        let (doer, offer) = pair(region);
        let asker = offer.take().unwrap();
        for round in 0..100 {
            for value in 0..N as u32 {
                ask(&asker, round + value).unwrap();
            }
            assert!(asker.slot().is_none() && asker.asked() == N);
            let _ = asker.publish();
            let mut open: Vec<_> = std::iter::from_fn(|| doer.request().unwrap()).collect();
            let values: Vec<_> = open.iter().map(|(_, record)| record.value).collect();
            assert_eq!(values, [round, round + 1, round + 2, round + 3]);
            assert_eq!(doer.open(), N);
            open.rotate_left(round as usize % N);
            // One by one: each slot that is back is asked anew while the others are away.
            for (slot, record) in open {
                let tag = slot.tag();
                done(&doer, slot, record.value * 2);
                let _ = doer.publish();
                let (back, answer) = asker.answer().unwrap().unwrap();
                assert_eq!((back.tag(), answer.value), (tag, record.value * 2));
                asker.ask(back, |tag| Record { tag, value: 7 }).unwrap();
                let _ = asker.publish();
                let (again, _) = doer.request().unwrap().unwrap();
                done(&doer, again, 8);
                let _ = doer.publish();
                let (back, answer) = asker.answer().unwrap().unwrap();
                assert_eq!(answer.value, 8);
                asker.put_back(back).unwrap();
            }
            assert_eq!((asker.asked(), doer.open()), (0, 0));
            assert_eq!(asker.answer(), Ok(None));
        }
    });
}

#[test]
fn who_waits_is_woken_once_and_who_does_not_is_not() {
    with(|region| {
        let (doer, offer) = pair(region);
        let asker = offer.take().unwrap();
        assert!(doer.turn().unwrap().wait);
        ask(&asker, 1).unwrap();
        assert!(asker.publish());
        ask(&asker, 2).unwrap();
        assert!(!asker.publish(), "it is awake");
        let (first, _) = doer.request().unwrap().unwrap();
        let (second, _) = doer.request().unwrap().unwrap();
        assert!(asker.turn().unwrap().wait);
        done(&doer, first, 0);
        assert!(doer.publish());
        done(&doer, second, 0);
        assert!(!doer.publish());
        assert!(!asker.turn().unwrap().wait, "there is an answer");
    });
}

#[test]
fn a_slot_of_another_queue_and_a_record_of_another_slot_are_refused() {
    with(|region| {
        let ((_, first), (_, second)) = (pair(region), pair(region));
        let (first, second) = (first.take().unwrap(), second.take().unwrap());
        let slot = first.slot().unwrap();
        let asked = second.ask(slot, |tag| Record { tag, value: 0 });
        assert_eq!(asked, Err(Error::Invalid));
        let slot = second.slot().unwrap();
        let asked = second.ask(slot, |tag| Record {
            tag: tag + 1,
            value: 0,
        });
        assert_eq!(asked, Err(Error::Invalid));
        assert!(ask(&second, 0).is_ok(), "it goes on");
    });
}

#[test]
fn each_life_of_the_child_has_a_queue_of_its_own() {
    with(|region| {
        let (doer, offer) = pair(region);
        assert!(!doer.is_used());
        let asker = offer.take().unwrap();
        ask(&asker, 1).unwrap();
        let _ = asker.publish();
        assert!(doer.is_used());
        let (_lost, _) = doer.request().unwrap().unwrap();
        // The next life, before the driver has heard of it.
        let early = offer.take().unwrap();
        assert!(early.is_stale() && early.slot().is_none());
        assert_eq!(early.answer(), Ok(None));
        doer.restart();
        assert!(!doer.is_used());
        let next = offer.take().unwrap();
        assert!(!next.is_stale());
        for value in 0..N as u32 {
            ask(&next, value).unwrap();
        }
        let _ = next.publish();
        for _ in 0..N {
            let (slot, record) = doer.request().unwrap().unwrap();
            done(&doer, slot, record.value);
        }
        let _ = doer.publish();
        assert_eq!(next.answer().unwrap().unwrap().1.value, 0);
    });
}

#[test]
fn a_hostile_child_ends_its_queue_and_nothing_else() {
    // A slot that is none, one that is asked twice.
    for tags in [[0, N as u32], [1, u32::MAX], [2, 2]] {
        with_tags(tags);
    }
    // More requests than slots: all the room of the ring before any answer, then answers that nobody takes out.
    with(|region| {
        let (doer, (requests, _)) = hostile_child(region);
        for round in 0..2 {
            for tag in 0..N as u32 {
                requests.push(Record { tag, value: 0 }).unwrap();
            }
            let _ = requests.publish();
            for _ in 0..N {
                let (slot, record) = doer.request().unwrap().unwrap();
                let answered = doer.answer(slot, |tag| Record { tag, ..record });
                let full = if round == 0 {
                    Ok(())
                } else {
                    Err(Error::Protocol)
                };
                assert_eq!(answered, full);
                if round == 1 {
                    assert_eq!(doer.request(), Err(Error::Protocol), "for good");
                    assert_eq!(doer.turn(), Err(Error::Protocol));
                    doer.restart();
                    assert_eq!(doer.request(), Ok(None), "for the next child");
                    return;
                }
            }
            let _ = doer.publish();
        }
    });
}

fn with_tags(tags: [u32; 2]) {
    let offer = Offer::new("nic", 0, 0);
    let ran = offer.bind(move |device| {
        let region = device.lend_region(0, 512)?;
        let (doer, (requests, _)) = hostile_child(&region);
        for tag in tags {
            requests.push(Record { tag, value: 0 })?;
        }
        let _ = requests.publish();
        assert_eq!(doer.request()?.map(|(slot, _)| slot.tag()), Some(tags[0]));
        assert_eq!(doer.request(), Err(Error::Protocol), "{tags:?}");
        assert_eq!(doer.request(), Err(Error::Protocol), "for good");
        Ok(())
    });
    assert_eq!(ran, Ok(()));
}

#[test]
fn a_hostile_driver_is_found_out_and_harmless() {
    with(|region| {
        // An answer to what was not asked, and to no slot; a request that is answered twice.
        for tag in [1, N as u32, u32::MAX] {
            let ((_, answers), asker) = hostile_driver(region);
            ask(&asker, 0).unwrap();
            answers.push(Record { tag, value: 0 }).unwrap();
            let _ = answers.publish();
            assert_eq!(asker.answer(), Err(Error::Protocol), "{tag}");
            assert_eq!(ask(&asker, 0), Err(Error::Protocol), "for good");
        }
    });
    with(|region| {
        let ((_, answers), asker) = hostile_driver(region);
        ask(&asker, 0).unwrap();
        for _ in 0..2 {
            answers.push(Record { tag: 0, value: 0 }).unwrap();
        }
        let _ = answers.publish();
        assert!(asker.answer().unwrap().is_some());
        assert_eq!(asker.answer(), Err(Error::Protocol));
    });
    with(|region| {
        // It answers, but gives no room back.
        let ((_, answers), asker) = hostile_driver(region);
        for number in 0..=N as u32 {
            let asked = ask(&asker, number);
            if number == N as u32 {
                assert_eq!(asked, Err(Error::Protocol));
                break;
            }
            assert_eq!(asked, Ok(()));
            let _ = asker.publish();
            answers.push(Record { tag: 0, value: 0 }).unwrap();
            let _ = answers.publish();
            let (slot, _) = asker.answer().unwrap().unwrap();
            asker.put_back(slot).unwrap();
        }
    });
    with(|region| {
        // It never answers: its slots are used up, and that is all.
        let (_, asker) = hostile_driver(region);
        while let Some(slot) = asker.slot() {
            asker.ask(slot, |tag| Record { tag, value: 0 }).unwrap();
        }
        let _ = asker.publish();
        assert_eq!((asker.asked(), asker.answer()), (N, Ok(None)));
        assert!(asker.turn().unwrap().wait);
    });
}

/// Random records from both sides: errors by name, and slots that are each with one side.
#[test]
fn noise_is_an_error_or_nothing() {
    static COUNTS: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];
    for seed in 0..200_u32 {
        let ran = Offer::new("nic", 0, 0).bind(move |device| {
            noise(&device.lend_region(0, 512)?, seed, &COUNTS);
            Ok(())
        });
        assert_eq!(ran, Ok(()));
    }
    let [refused, right] = [0, 1].map(|at: usize| COUNTS[at].load(Ordering::Relaxed));
    assert!(refused > 100 && right > 100, "{refused} {right}");
}

fn noise(region: &LendRegion<'_>, seed: u32, counts: &[AtomicUsize; 2]) {
    let ((requests, answers), asker) = hostile_driver(region);
    let (doer, (sender, receiver)) = hostile_child(region);
    let mut random = seed;
    let mut next = move || {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        random >> 16
    };
    let mut broken = [false; 2];
    for _ in 0..20 {
        // Tags past the end are rare, so that the queues last a while.
        let tag = if next() % 16 == 0 {
            next()
        } else {
            next() % N as u32
        };
        let record = Record { tag, value: 0 };
        let _ = (answers.push(record), answers.publish());
        let _ = (requests.pop(), requests.release());
        let _ = (sender.push(record), sender.publish());
        let _ = (receiver.pop(), receiver.release());
        let _ = ask(&asker, 1);
        let _ = asker.publish();
        for (side, seen) in [asker.answer(), doer.request()].into_iter().enumerate() {
            match seen {
                Err(error) => {
                    assert_eq!(error, Error::Protocol);
                    broken[side] = true;
                    counts[0].fetch_add(1, Ordering::Relaxed);
                }
                Ok(Some((slot, _))) => {
                    assert!(!broken[side] && slot.index() < N);
                    counts[1].fetch_add(1, Ordering::Relaxed);
                    if side == 0 {
                        asker.put_back(slot).unwrap();
                    } else if next() % 2 == 0 {
                        let _ = doer.answer(slot, |tag| Record { tag, value: 0 });
                        let _ = doer.publish();
                    }
                }
                Ok(None) => {}
            }
        }
    }
}
