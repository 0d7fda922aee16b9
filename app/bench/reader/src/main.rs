//! An asynchronous driver that measures one read of a register through `IoMem<'cap, SIZE>` at a constant offset, and
//! then tells when it runs behind the `await` of its interrupt.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![cfg(any(target_arch = "arm", target_arch = "riscv32", target_arch = "riscv64"))]
#![forbid(unsafe_code)]

use bench_machine as machine;
use bench_protocol::READ;
#[cfg(not(target_arch = "arm"))]
use bench_protocol::edu::ACKNOWLEDGE;
#[cfg(target_arch = "arm")]
use bench_protocol::timer::INTERRUPT as ACKNOWLEDGE;
use core::hint::black_box;
use leasehold_abi::Tag;
use userlib::ForLt;
use userlib::future::Lock;
use userlib::interrupt::Interrupt;
use userlib::io::IoMem;
use userlib::runtime::{AsyncDriver, Bound, Device};
use userlib::sys::{self, Error, Message};

/// Two of the device's registers, which may be read: edu's identification and liveness, or a timer's control and value.
const FIRST: usize = 0;
const SECOND: usize = 4;

/// The device's registers and its line.
struct State<'cap> {
    registers: IoMem<'cap, 0x1000>,
    line: Lock<Interrupt<'cap>>,
}

#[derive(Default)]
struct Reader;

impl AsyncDriver for Reader {
    type State = ForLt!(State<'_>);

    async fn probe<'cap>(&self, device: &Device<'cap, Bound>) -> Result<State<'cap>, Error> {
        let registers: IoMem<'cap, 0x1000> = device.io_mem(0)?;
        // By the second read the window's address is in a register, and the third keeps it there.
        black_box(registers.read32::<{ FIRST }>());
        let before = machine::register_counter();
        let value = registers.read32::<{ SECOND }>();
        let after = machine::register_counter();
        black_box(registers.read32::<{ FIRST }>() ^ value);
        report(machine::between(before, after))?;
        Ok(State {
            registers,
            line: Lock::new(device.interrupt(0)?),
        })
    }

    async fn run<'cap>(&self, state: &State<'cap>, _: &Device<'cap, Bound>) {
        let mut line = state.line.lock().await;
        loop {
            line.wait().await;
            let when = machine::counter();
            state.registers.write32::<{ ACKNOWLEDGE }>(1);
            if line.acknowledge().and_then(|()| report(when)).is_err() {
                return;
            }
        }
    }
}

/// Tells the measuring task.
fn report(figure: usize) -> Result<(), Error> {
    let runner = sys::task_info(0)?.handle;
    let mut message = Message::new(Tag::new(READ, 1), [figure, 0, 0, 0, 0, 0, 0, 0]);
    sys::call(runner, &mut [], &mut message)
}

userlib::driver!(async Reader);
