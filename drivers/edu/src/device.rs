//! The device as its documentation has it: what it is, a factorial by interrupt, and transfers by DMA.

use crate::pattern::Pattern;
use crate::registers::{
    BAR_SIZE, Identification, InterruptCause, MAGIC, MOST, Registers, Status, Transfer,
};
use driver_interfaces::EduAsyncServer;
use userlib::dma::{self, BusMaster, DmaBuffer};
use userlib::future::with_deadline;
use userlib::interrupt::Interrupt;
use userlib::io::{Bar, Readable, Writeable};
use userlib::runtime::{Bound, Device};
use userlib::{Error, sys, time};

/// How long the device may compute, in milliseconds: it multiplies once for each number below,
/// some 10^9 times a second.
const FACTORIAL_TIME: u64 = 10_000;

/// How long one transfer may take, in milliseconds; the device takes about 100.
const TRANSFER_TIME: u64 = 1_000;

/// What an operation uses. Bus mastering ends before the buffers do.
#[derive(Debug)]
pub(crate) struct Hardware<'cap> {
    bar: Bar<'cap, BAR_SIZE>,
    interrupt: Interrupt<'cap>,
    master: BusMaster<'cap>,
    source: DmaBuffer<'cap, u8>,
    destination: DmaBuffer<'cap, u8>,
}

impl<'cap> Hardware<'cap> {
    /// The device, which must answer, at rest.
    pub(crate) fn new(device: &Device<'cap, Bound>) -> Result<Self, Error> {
        let bar = device.bar::<BAR_SIZE>(0)?;
        let registers = Registers::new(&bar);
        identify(&registers)?;
        const LIVE: u32 = 0x1234_5678;
        registers.liveness().set(LIVE);
        if registers.liveness().get() != !LIVE {
            return Err(Error::NoDevice);
        }
        quiet(&registers);
        // What goes out has a pool of its own, and so has what comes back.
        let [mut out, mut back] = [device.dma_pool_at(0)?, device.dma_pool_at(1)?];
        let hardware = Self {
            interrupt: device.interrupt("intx")?,
            master: device.bus_master()?,
            source: out.buffer(MOST)?,
            destination: back.buffer(MOST)?,
            bar,
        };
        let (window, line) = (hardware.bar.len(), hardware.interrupt.line());
        userlib::log!("bound 1234:11e8, bar0 {} MiB, irq {line}", window >> 20);
        Ok(hardware)
    }
}

impl EduAsyncServer for &mut Hardware<'_> {
    async fn factorial(self, number: u32) -> Result<u32, Error> {
        let registers = Registers::new(&self.bar);
        identify(&registers)?;
        if registers.status().is_set(Status::COMPUTING) {
            return Err(Error::Busy);
        }
        registers.status().write(Status::INTERRUPT::SET);
        registers.factorial().set(number);
        let done = InterruptCause::FACTORIAL::SET.value;
        cause(&registers, &mut self.interrupt, done, FACTORIAL_TIME).await?;
        Ok(registers.factorial().get())
    }

    async fn transfer(self, count: u32) -> Result<u32, Error> {
        let count = count as usize;
        let registers = Registers::new(&self.bar);
        identify(&registers)?;
        let out = Transfer::from_memory(self.source.device_address(&self.master), count)?;
        let back = Transfer::to_memory(self.destination.device_address(&self.master), count)?;
        let began = sys::time();
        for (index, byte) in Pattern::new(began as u32).take(count).enumerate() {
            self.source.write(index, byte)?;
            // The transfer must change these bytes; otherwise the check would pass without a transfer.
            self.destination.write(index, !byte)?;
        }
        for transfer in [out, back] {
            dma::barrier();
            transfer.start(&registers)?;
            let done = InterruptCause::DMA::SET.value;
            cause(&registers, &mut self.interrupt, done, TRANSFER_TIME).await?;
        }
        dma::barrier();
        for index in 0..count {
            if self.source.read(index)? != self.destination.read(index)? {
                return Err(Error::Protocol);
            }
        }
        Ok(((sys::time() - began) / time::ticks(1)) as u32)
    }
}

/// Awaits an interrupt for this cause, for so many milliseconds.
async fn cause(
    registers: &Registers<'_>,
    interrupt: &mut Interrupt<'_>,
    wanted: u32,
    milliseconds: u64,
) -> Result<(), Error> {
    with_deadline(milliseconds, async {
        loop {
            interrupt.wait().await;
            let cause = registers.interrupt_status().get();
            if cause == u32::MAX {
                return Err(Error::NoDevice);
            }
            registers.interrupt_acknowledge().set(cause);
            interrupt.acknowledge()?;
            if cause & wanted != 0 {
                return Ok(());
            }
        }
    })
    .await?
}

/// Makes sure that the device answers. An interrupt of an operation that took too long must not end the next one.
fn identify(registers: &Registers<'_>) -> Result<(), Error> {
    if registers.identification().read(Identification::MAGIC) != MAGIC {
        return Err(Error::NoDevice);
    }
    registers.interrupt_acknowledge().set(u32::MAX);
    Ok(())
}

/// Disables and clears all interrupts.
fn quiet(registers: &Registers<'_>) {
    registers.status().set(0);
    registers.interrupt_acknowledge().set(u32::MAX);
}

impl Drop for Hardware<'_> {
    fn drop(&mut self) {
        quiet(&Registers::new(&self.bar));
    }
}
