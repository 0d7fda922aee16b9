//! The two ends of a lent window are two types: each is refused where the other belongs.
use userlib::auxiliary::{LendRegion, Lendable, LentWindow, Registration};
use userlib::io::Window;
use userlib::runtime::{Bound, Device};
use userlib::{Error, ForLt};

/// The parent's end cannot be received.
#[derive(Lendable)]
struct Received<'a> {
    registers: LentWindow<'a, 0x1000>,
}

/// What the parent gives is not named.
#[derive(Lendable)]
struct Unnamed<'a> {
    registers: Window<'a, 0x1000>,
}

#[derive(Lendable)]
#[offer(QueueOffer<'a>)]
struct Queue<'a> {
    registers: Window<'a, 0x1000>,
}

struct QueueOffer<'a> {
    registers: LentWindow<'a, 0x1000>,
}

/// The parent's end has no registers.
fn read_at_the_parent(queue: &QueueOffer<'_>) -> u32 {
    queue.registers.read32::<0>()
}

/// A child gives on what it received.
fn give_on<'cap>(
    device: &Device<'cap, Bound>,
    region: &LendRegion<'cap>,
    queue: Queue<'cap>,
) -> Result<Registration<'cap, ForLt!(Queue<'_>)>, Error> {
    Registration::new(device, region, "queue", 0, queue)
}

/// The parent gives a part of another size.
fn give_less(part: LentWindow<'_, 0x800>) -> QueueOffer<'_> {
    QueueOffer { registers: part }
}

fn main() {}
