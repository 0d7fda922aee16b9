//! What the refused programs would be if they were right.
use userlib::auxiliary::{LendRegion, Lendable, Lent, LentWindow, Registration};
use userlib::io::{DevresIoMem, IoMem, Window};
use userlib::runtime::{Bound, Core, Device};
use userlib::{DevresLt, Error, ForLt};

fn read(window: &Window<'_, 0x100>) -> u32 {
    window.read32::<0xfc>()
}

struct State<'cap> {
    device: Device<'cap, Bound>,
    window: IoMem<'cap, 0x100>,
}

fn probe<'cap>(device: &Device<'cap, Core>) -> Result<State<'cap>, Error> {
    Ok(State { device: device.bound(), window: device.io_mem(0)? })
}

fn guarded(window: &DevresIoMem<0x100>, device: &Device<'_, Bound>) -> Result<u32, Error> {
    Ok(window.access(device)?.get().read32::<0>())
}

fn invariant(device: &Device<'_, Bound>) -> Result<bool, Error> {
    let kept: DevresLt<ForLt!(Device<'_, Bound>)> = DevresLt::new(device, device.clone())?;
    kept.access_with(device, |kept| kept.is_bound())
}

#[derive(Lendable)]
struct Payload<'a> {
    number: u32,
    value: Lent<'a, u64>,
}

#[derive(Lendable)]
#[offer(QueueOffer<'a>)]
struct Queue<'a> {
    registers: Window<'a, 0x1000>,
}

struct QueueOffer<'a> {
    registers: LentWindow<'a, 0x1000>,
}

fn give<'cap>(
    device: &Device<'cap, Bound>,
    region: &LendRegion<'cap>,
    registers: LentWindow<'cap, 0x1000>,
) -> Result<Registration<'cap, ForLt!(Queue<'_>)>, Error> {
    Registration::new(device, region, "queue", 0, QueueOffer { registers })
}

fn read_at_the_child(queue: &Queue<'_>) -> u32 {
    queue.registers.read32::<0>()
}

fn register<'cap>(
    device: &Device<'cap, Bound>,
    region: &LendRegion<'cap>,
) -> Result<Registration<'cap, ForLt!(Payload<'_>)>, Error> {
    let payload = Payload { number: 1, value: region.cell(2)?.lent() };
    Registration::new(device, region, "part", 0, payload)
}

fn receive(device: &Device<'_, Bound>) -> Result<(u32, u64), Error> {
    device.registration_data_with::<ForLt!(Payload<'_>), _>(|payload| {
        Ok((payload.number, payload.value.read()?))
    })?
}

fn main() {
    let _ = (
        read as fn(&Window<'_, 0x100>) -> u32,
        probe as fn(&Device<'static, Core>) -> Result<State<'static>, Error>,
        guarded as fn(&DevresIoMem<0x100>, &Device<'static, Bound>) -> Result<u32, Error>,
        invariant as fn(&Device<'static, Bound>) -> Result<bool, Error>,
        register as fn(&Device<'static, Bound>, &LendRegion<'static>) -> _,
        receive as fn(&Device<'static, Bound>) -> Result<(u32, u64), Error>,
        give as fn(&Device<'static, Bound>, &LendRegion<'static>, LentWindow<'static, 0x1000>) -> _,
        read_at_the_child as fn(&Queue<'_>) -> u32,
    );
    let _ = |state: State<'_>| (state.device.is_bound(), state.window.len());
}
