//! The driver: registers with their memory, and the clock, are two leases; each may end before the other.

use crate::controller::{Controller, Failure};
use crate::registers::{MOST, WINDOW};
use core::cell::{Cell, RefCell};
use driver_interfaces::CopyingServer;
use userlib::dma::{BusMaster, DmaBuffer, Ours};
use userlib::io::IoMem;
use userlib::ipc::{Answer, Request};
use userlib::runtime::{Core, Device, Driver, StateOf};
use userlib::{DevresLt, Error, ForLt, sys};

/// The auxiliary device with the block's gate and reset.
const BLOCK: &str = "control.dmac0";

/// Bytes of each of the two buffers.
const BUFFER: usize = 4096;
const _: () = assert!(BUFFER <= MOST);

/// What a copy uses. The right to access memory ends before the buffers do.
#[derive(Debug)]
struct Hardware<'cap> {
    window: IoMem<'cap, WINDOW>,
    master: BusMaster<'cap>,
    /// Source and destination; none once the controller has them and does not come to an end.
    buffers: RefCell<Option<[DmaBuffer<'cap, u8, Ours>; 2]>>,
}

/// The family of [`Hardware`].
type HardwareFamily = ForLt!(Hardware<'_>);

/// The driver. It lives as long as the task, so it has what its bindings share.
#[derive(Debug, Default)]
pub struct DmacDriver {
    hardware: RefCell<Option<DevresLt<HardwareFamily>>>,
    /// The clock runs.
    open: Cell<bool>,
}

/// What a binding is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The registers, and memory.
    Registers,
    /// The block's clock and reset.
    Block,
}

/// The byte at a place of a pattern that depends on the time, so that two copies differ.
fn byte(seed: u64, index: usize) -> u8 {
    let mixed = (seed ^ index as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 56) as u8
}

impl<'cap> Hardware<'cap> {
    fn new(device: &Device<'cap, Core>) -> Result<Self, Error> {
        let mut pool = device.dma_pool()?;
        let [source, destination] = [pool.buffer(BUFFER)?, pool.buffer(BUFFER)?];
        Ok(Self {
            window: device.io_mem(0)?,
            master: device.bus_master()?,
            buffers: RefCell::new(Some([source.owned(), destination.owned()])),
        })
    }

    /// Has the controller copy bytes, and compares.
    fn copy(&self, count: usize) -> Result<(), Error> {
        if count == 0 || count > BUFFER {
            return Err(Error::Invalid);
        }
        let mut buffers = self.buffers.borrow_mut();
        let [mut source, mut destination] = buffers.take().ok_or(Error::Busy)?;
        let seed = sys::time();
        for index in 0..count {
            source.write(index, byte(seed, index))?;
            // The copy must change each: otherwise nobody could tell that it came.
            destination.write(index, !byte(seed, index))?;
        }
        let (source, destination) = (
            source.to_device(&self.master),
            destination.to_device(&self.master),
        );
        let (from, to) = (
            source.device_address(&self.master),
            destination.device_address(&self.master),
        );
        let copied = match Controller::new(&self.window).copy(from, to, count) {
            Ok(()) => Ok(()),
            Err(Failure::Over(error)) => Err(error),
            // The buffers stay the controller's.
            Err(Failure::Runs) => return Err(Error::TimedOut),
        };
        let (source, destination) = (source.from_device(), destination.from_device());
        let same = (0..count).all(|index| destination.read(index) == Ok(byte(seed, index)));
        buffers.replace([source, destination]);
        copied?;
        if same { Ok(()) } else { Err(Error::Protocol) }
    }
}

impl Driver for DmacDriver {
    type State = ForLt!(Part);

    fn probe<'cap>(&self, device: &Device<'cap, Core>) -> Result<Part, Error> {
        if device.is_named(BLOCK) {
            driver_th1520::open(device)?;
            self.open.set(true);
            return Ok(Part::Block);
        }
        let hardware = Hardware::new(device)?;
        userlib::log!("bound, {BUFFER} bytes at a time");
        self.hardware
            .replace(Some(DevresLt::new(device, hardware)?));
        Ok(Part::Registers)
    }

    fn request<'cap>(
        &self,
        _: &mut StateOf<'cap, Self>,
        _: &Device<'cap, Core>,
        request: &Request<'_>,
    ) -> Answer {
        Caller(self).dispatch(request)
    }

    fn unbind<'cap>(&self, part: &mut StateOf<'cap, Self>, _: &Device<'cap, Core>) {
        if *part == Part::Block {
            self.open.set(false);
        }
    }
}

/// One request.
struct Caller<'d>(&'d DmacDriver);

impl CopyingServer for Caller<'_> {
    fn copy(&mut self, count: u32) -> Result<(), Error> {
        if !self.0.open.get() {
            return Err(Error::Unbound);
        }
        let hardware = self.0.hardware.borrow();
        let hardware = hardware.as_ref().ok_or(Error::Unbound)?;
        let copied = hardware.try_access_with(|hardware| hardware.copy(count as usize));
        copied.unwrap_or(Err(Error::Unbound))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_repeats_itself_and_another_differs() {
        let pattern = |seed| {
            (0..BUFFER)
                .map(|index| byte(seed, index))
                .collect::<Vec<_>>()
        };
        assert_eq!(pattern(7), pattern(7));
        assert_ne!(pattern(7), pattern(8));
        let zeros = pattern(7).iter().filter(|byte| **byte == 0).count();
        assert!(zeros < BUFFER / 64, "{zeros}");
    }
}
