//! The driver: starts the sensor, and waits for its samples.

use crate::formula::{SYNTHESIS, temperature};
use crate::registers::{Command, Data, Done, Parts, Registers, Status, WINDOW};
use driver_interfaces::ThermometerAsyncServer;
use userlib::future::{Lock, sleep};
use userlib::io::{IoMem, Readable, Writeable};
use userlib::ipc::{Answer, Request};
use userlib::runtime::{AsyncDriver, Bound, Device};
use userlib::{Error, ForLt};

/// How often it is looked whether something is done, a millisecond apart: Linux waits for 20 ms.
const LOOKS: u32 = 20;

/// The sensor while it is bound.
#[derive(Debug)]
pub struct Pvt<'cap> {
    /// One client after the other takes a sample.
    window: Lock<IoMem<'cap, WINDOW>>,
}

/// The driver.
#[derive(Debug, Default)]
pub struct PvtDriver;

/// Waits until `done`, for at most [`LOOKS`] milliseconds.
async fn until(done: impl Fn() -> bool) -> Result<(), Error> {
    for _ in 0..LOOKS {
        if done() {
            return Ok(());
        }
        sleep(1).await;
    }
    if done() { Ok(()) } else { Err(Error::TimedOut) }
}

/// Starts the sensor. It takes samples without end then.
async fn start(registers: &Registers<'_>) -> Result<(), Error> {
    registers.sampling().set(0);
    registers.halt().set(0);
    registers.synthesis().set(SYNTHESIS);
    registers.disabled().set(0);
    let commands = [
        Command::REGISTER::Configuration + Command::VALUE::Mode2,
        Command::REGISTER::Timer + Command::VALUE::Delay,
        Command::REGISTER::Control + Command::VALUE::Run,
    ];
    for command in commands {
        until(|| !registers.status().is_set(Status::BUSY)).await?;
        let write = Command::WRITE::SET + Command::PROGRAM::SET;
        registers.command().write(command + write);
    }
    Ok(())
}

impl AsyncDriver for PvtDriver {
    type State = ForLt!(Pvt<'_>);
    /// One takes a sample, the others wait for their turn.
    const REQUESTS: usize = 2;

    async fn probe<'cap>(&self, device: &Device<'cap, Bound>) -> Result<Pvt<'cap>, Error> {
        let window = device.io_mem::<WINDOW>(0)?;
        let registers = Registers::new(&window);
        let parts = registers.parts();
        // All ones: nothing answers.
        if parts.get() == u32::MAX || parts.read(Parts::SENSORS) == 0 {
            return Err(Error::NoDevice);
        }
        start(&registers).await?;
        userlib::log!("bound, {} sensors", parts.read(Parts::SENSORS));
        Ok(Pvt {
            window: Lock::new(window),
        })
    }

    fn request<'cap>(
        &self,
        state: &Pvt<'cap>,
        _: &Device<'cap, Bound>,
        request: &Request<'_>,
    ) -> impl Future<Output = Answer> {
        state.dispatch(request)
    }
}

impl ThermometerAsyncServer for &Pvt<'_> {
    async fn temperature(self) -> Result<i32, Error> {
        let window = self.window.lock().await;
        let registers = Registers::new(&window);
        until(|| registers.done().is_set(Done::SAMPLE)).await?;
        Ok(temperature(registers.data().read(Data::SAMPLE) as u16))
    }
}
