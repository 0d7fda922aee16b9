//! A driver that measures one read of a register through `IoMem<'cap, SIZE>` at a constant offset.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![cfg(any(target_arch = "arm", target_arch = "riscv32", target_arch = "riscv64"))]
#![forbid(unsafe_code)]

use bench_machine as machine;
use bench_protocol::READ;
use core::hint::black_box;
use leasehold_abi::Tag;
use userlib::ForLt;
use userlib::io::IoMem;
use userlib::runtime::{Core, Device, Driver};
use userlib::sys::{self, Error, Message};

/// Two of the clock's registers, which may be read: the goldfish clock's time, or a timer's control and value.
const FIRST: usize = 0;
const SECOND: usize = 4;

/// The clock's registers.
struct Clock<'cap> {
    _registers: IoMem<'cap, 0x1000>,
}

#[derive(Default)]
struct Reader;

impl Driver for Reader {
    type State = ForLt!(Clock<'_>);

    fn probe<'cap>(&self, device: &Device<'cap, Core>) -> Result<Clock<'cap>, Error> {
        let registers: IoMem<'cap, 0x1000> = device.io_mem(0)?;
        // By the second read the window's address is in a register.
        black_box(registers.read32::<{ FIRST }>());
        let before = machine::register_counter();
        let value = registers.read32::<{ SECOND }>();
        let after = machine::register_counter();
        black_box(value);
        let runner = sys::task_info(0)?.handle;
        let mut message = Message::new(
            Tag::new(READ, 1),
            [machine::between(before, after), 0, 0, 0, 0, 0, 0, 0],
        );
        sys::call(runner, &mut [], &mut message)?;
        Ok(Clock {
            _registers: registers,
        })
    }
}

userlib::driver!(Reader);
