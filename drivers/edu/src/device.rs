//! The jobs of the device: one at a time, each step ended by its interrupt or the timer.

use crate::pattern::Pattern;
use crate::registers::{
    BAR_SIZE, Identification, InterruptCause, MAGIC, MOST, Registers, Status, Transfer,
};
use driver_interfaces::EduServer;
use heapless::Deque;
use userlib::auxiliary::Registration;
use userlib::dma::{self, BusMaster, DmaBuffer};
use userlib::interrupt::Interrupt;
use userlib::io::{Bar, Readable, Writeable};
use userlib::ipc::{Deferred, Kept};
use userlib::runtime::{Bound, Device, Events};
use userlib::timer::Timer;
use userlib::{CovariantForLt, Error, sys, time};

/// Jobs that may wait.
const JOBS: usize = 4;

/// How long the device may compute, in milliseconds: it multiplies once for each number below,
/// some 10^9 times a second.
const FACTORIAL_TIME: u64 = 10_000;

/// How long one transfer may take, in milliseconds; the device takes about 100.
const TRANSFER_TIME: u64 = 1_000;

/// Name of the auxiliary device, after the task's own and a dot.
const DISPLAY: &str = "display";

/// The family of the auxiliary device's payload.
type DisplayFamily = CovariantForLt!(());

/// A client's request.
#[derive(Debug)]
enum Job {
    Factorial { number: u32, reply: Deferred<u32> },
    Transfer { count: usize, reply: Deferred<u32> },
}

impl Job {
    fn show(&self, kept: &mut Kept<'_>) {
        match self {
            Self::Factorial { reply, .. } | Self::Transfer { reply, .. } => kept.show(reply),
        }
    }

    fn reply(self, result: Result<u32, Error>) {
        match self {
            Self::Factorial { reply, .. } | Self::Transfer { reply, .. } => reply.reply(result),
        }
    }
}

/// The present step of the current job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Computing,
    /// From memory to the device.
    Out,
    /// From the device to memory.
    Back,
}

/// The current job.
#[derive(Debug)]
struct Running {
    job: Job,
    step: Step,
    /// When the job began, in ticks.
    began: u64,
}

/// The device while it is bound. Bus mastering ends before the buffers do.
#[derive(Debug)]
pub struct Edu<'cap> {
    /// A display driver could bind to this, as one binds to a graphics card's. Such a child needs to know only that the
    /// device is there, so the payload is empty.
    _display: Registration<'cap, DisplayFamily>,
    bar: Bar<'cap, BAR_SIZE>,
    interrupt: Interrupt<'cap>,
    timer: Timer<'cap>,
    master: BusMaster<'cap>,
    source: DmaBuffer<'cap, u8>,
    destination: DmaBuffer<'cap, u8>,
    running: Option<Running>,
    waiting: Deque<Job, JOBS>,
}

impl<'cap> Edu<'cap> {
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
        let mut pool = device.dma_pool()?;
        Ok(Self {
            interrupt: device.interrupt("intx")?,
            timer: device.timer()?,
            master: device.bus_master()?,
            source: pool.buffer(MOST)?,
            destination: pool.buffer(MOST)?,
            running: None,
            waiting: Deque::new(),
            bar,
            // Last, so that an offered device already works.
            _display: Registration::new(device, &device.lend_region(0, 0)?, DISPLAY, 0, ())?,
        })
    }

    /// Length of the registers' window in bytes.
    pub(crate) fn window(&self) -> usize {
        self.bar.len()
    }

    /// Number of the interrupt's line.
    pub(crate) fn line(&self) -> u32 {
        self.interrupt.line()
    }

    /// Handles the interrupt, and lets it come again.
    pub(crate) fn interrupt(&mut self, events: Events) {
        if events.contains(&self.interrupt) {
            self.handle();
            // `Revoked`: the binding is ending, and no more interrupts may come.
            let _ = self.interrupt.acknowledge();
        }
    }

    fn accept(&mut self, job: Job) {
        if let Err(job) = self.waiting.push_back(job) {
            return job.reply(Err(Error::Busy));
        }
        self.advance();
    }

    /// Begins jobs until one is under way.
    fn advance(&mut self) {
        while self.running.is_none() {
            let Some(job) = self.waiting.pop_front() else {
                break;
            };
            match self.begin(&job) {
                Ok((step, limit)) => {
                    let began = sys::time();
                    self.running = Some(Running { job, step, began });
                    self.limit(limit);
                }
                Err(error) => job.reply(Err(error)),
            }
        }
    }

    /// Starts the first step of a job; gives it and the milliseconds that it may take.
    fn begin(&mut self, job: &Job) -> Result<(Step, u64), Error> {
        let registers = self.registers();
        identify(&registers)?;
        // An interrupt left over from a job that took too long must not end this one.
        registers.interrupt_acknowledge().set(u32::MAX);
        match job {
            Job::Factorial { number, .. } => {
                if registers.status().is_set(Status::COMPUTING) {
                    return Err(Error::Busy);
                }
                registers.status().write(Status::INTERRUPT::SET);
                registers.factorial().set(*number);
                Ok((Step::Computing, FACTORIAL_TIME))
            }
            Job::Transfer { count, .. } => {
                let transfer =
                    Transfer::from_memory(self.source.device_address(&self.master), *count)?;
                let seed = sys::time() as u32;
                for (index, byte) in Pattern::new(seed).take(*count).enumerate() {
                    self.source.write(index, byte)?;
                    // The transfer must change these bytes; otherwise the check would pass without a transfer.
                    self.destination.write(index, !byte)?;
                }
                dma::barrier();
                transfer.start(&self.registers())?;
                Ok((Step::Out, TRANSFER_TIME))
            }
        }
    }

    /// Gives the step under way this many milliseconds.
    fn limit(&self, milliseconds: u64) {
        self.timer.set(time::after(milliseconds));
    }

    /// Handles the causes that the device reports.
    fn handle(&mut self) {
        let registers = self.registers();
        let cause = registers.interrupt_status().extract();
        if cause.get() == u32::MAX {
            return self.finish(Err(Error::NoDevice));
        }
        registers.interrupt_acknowledge().set(cause.get());
        let Some(running) = &self.running else { return };
        match running.step {
            Step::Computing if cause.is_set(InterruptCause::FACTORIAL) => {
                let result = self.registers().factorial().get();
                self.finish(Ok(result));
            }
            Step::Out if cause.is_set(InterruptCause::DMA) => match self.send_back() {
                Ok(()) => self.limit(TRANSFER_TIME),
                Err(error) => self.finish(Err(error)),
            },
            Step::Back if cause.is_set(InterruptCause::DMA) => {
                let result = self.compare();
                self.finish(result);
            }
            _ => {}
        }
    }

    fn send_back(&mut self) -> Result<(), Error> {
        let Some(Running {
            job: Job::Transfer { count, .. },
            step,
            ..
        }) = &mut self.running
        else {
            return Err(Error::Protocol);
        };
        *step = Step::Back;
        let count = *count;
        let address = self.destination.device_address(&self.master);
        let transfer = Transfer::to_memory(address, count)?;
        dma::barrier();
        transfer.start(&self.registers())
    }

    /// Checks that the bytes that came back are those that were sent. Returns the milliseconds since the start.
    fn compare(&mut self) -> Result<u32, Error> {
        let Some(Running {
            job: Job::Transfer { count, .. },
            began,
            ..
        }) = &self.running
        else {
            return Err(Error::Protocol);
        };
        dma::barrier();
        for index in 0..*count {
            if self.source.read(index)? != self.destination.read(index)? {
                return Err(Error::Protocol);
            }
        }
        Ok(((sys::time() - began) / time::ticks(1)) as u32)
    }

    fn finish(&mut self, result: Result<u32, Error>) {
        if let Some(running) = self.running.take() {
            running.job.reply(result);
        }
        self.timer.cancel();
        self.advance();
    }

    /// Ends a step that takes too long.
    pub(crate) fn notified(&mut self, events: Events) {
        if events.contains(&self.timer) {
            self.finish(Err(Error::TimedOut));
        }
    }

    /// Shows the replies to come.
    pub(crate) fn replies(&self, kept: &mut Kept<'_>) {
        let running = self.running.iter().map(|running| &running.job);
        running.chain(&self.waiting).for_each(|job| job.show(kept));
    }

    pub(crate) fn quiet(&self) {
        quiet(&self.registers());
    }

    fn registers(&self) -> Registers<'_> {
        Registers::new(&self.bar)
    }
}

/// Makes sure that the device answers.
fn identify(registers: &Registers<'_>) -> Result<(), Error> {
    if registers.identification().read(Identification::MAGIC) == MAGIC {
        Ok(())
    } else {
        Err(Error::NoDevice)
    }
}

/// Disables and clears all interrupts.
fn quiet(registers: &Registers<'_>) {
    registers.status().set(0);
    registers.interrupt_acknowledge().set(u32::MAX);
}

impl EduServer for Edu<'_> {
    fn factorial(&mut self, number: u32, reply: Deferred<u32>) {
        self.accept(Job::Factorial { number, reply });
    }

    fn transfer(&mut self, count: u32, reply: Deferred<u32>) {
        match usize::try_from(count) {
            Ok(count) if (1..=MOST).contains(&count) => self.accept(Job::Transfer { count, reply }),
            _ => reply.reply(Err(Error::Invalid)),
        }
    }
}
