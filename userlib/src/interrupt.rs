//! Interrupts of a bound device.

use crate::io::{ClaimGuard, Select};
use crate::runtime::{Bound, Device, Line, Reactor, SealedSource, Source, Task};
use crate::sys::{self, ClaimMode, Error, GrantKind, Notifications};
use core::fmt;
use core::future::poll_fn;
use core::marker::PhantomData;

/// A registration for an interrupt line. While it exists, an interrupt calls the driver's
/// [`interrupt`](crate::runtime::Driver::interrupt).
///
/// The line is masked from the delivery of an interrupt until [`Interrupt::acknowledge`]. A drop masks the line.
/// Handlers run in the task's loop, so none runs during the drop. A notification that was posted before the drop has no
/// effect.
///
/// ```
/// use userlib::{Error, ForLt};
/// use userlib::interrupt::Interrupt;
/// use userlib::runtime::{Core, Device, Driver, Events};
///
/// struct State<'cap> {
///     line: Interrupt<'cap>,
///     count: u32,
/// }
/// struct Counter;
///
/// impl Driver for Counter {
///     type State = ForLt!(State<'_>);
///
///     fn probe<'cap>(&self, device: &Device<'cap, Core>) -> Result<State<'cap>, Error> {
///         Ok(State { line: device.interrupt(0)?, count: 0 })
///     }
///
///     fn interrupt<'cap>(&self, state: &mut State<'cap>, _: &Device<'cap, Core>, events: Events) {
///         if events.contains(&state.line) {
///             state.count += 1;
///             let _ = state.line.acknowledge();
///         }
///     }
/// }
/// ```
pub struct Interrupt<'cap> {
    claim: ClaimGuard,
    bit: Notifications,
    line: u32,
    binding: PhantomData<&'cap ()>,
}

impl Interrupt<'_> {
    /// Number of the line, as the chip file has it.
    pub const fn line(&self) -> u32 {
        self.line
    }

    /// Waits for the interrupt, in an asynchronous driver. The line is masked then, until [`Interrupt::acknowledge`].
    ///
    /// One that came while nobody waited, perhaps for a step that was given up, ends the wait at once. And the driver
    /// of a PCI function that begins to share its line is told once for nothing. So ask the device whether it has what
    /// is waited for.
    pub fn wait(&mut self) -> impl Future<Output = ()> {
        let bit = self.bit;
        poll_fn(move |context| Reactor::current().poll_interrupt(bit, context))
    }

    /// Lets the interrupt come again, when the task waits next: so this takes no system call of its own. Call it when
    /// the device no longer asserts the line for the handled event.
    ///
    /// # Errors
    /// `Revoked` when the binding is over.
    #[inline]
    pub fn acknowledge(&self) -> Result<(), Error> {
        if !self.claim.device().is_bound() {
            return Err(Error::Revoked);
        }
        Task::current().soon.acknowledge(self.place());
        Ok(())
    }

    /// Lets the interrupt come again at once. A driver of an edge-triggered device needs this: it looks at the device
    /// after that, as an edge that comes before may be lost.
    ///
    /// # Errors
    /// `Revoked` when the lease is over.
    pub fn acknowledge_now(&self) -> Result<(), Error> {
        Task::current().soon.forget(self.place());
        let (lease, index) = self.claim.grant();
        sys::interrupt_acknowledge(lease, index)
    }

    fn place(&self) -> Line {
        Line {
            grant: self.claim.grant(),
            number: self.line as u16,
        }
    }
}

impl SealedSource for Interrupt<'_> {}

impl Source for Interrupt<'_> {
    fn notifications(&self) -> Notifications {
        self.bit
    }
}

impl Drop for Interrupt<'_> {
    fn drop(&mut self) {
        Task::current().soon.forget(self.place());
        // If the binding is over, its bit was taken back already and may belong to another interrupt now.
        if self.claim.device().is_bound() {
            Task::current().free_bit(self.bit);
        }
    }
}

impl fmt::Debug for Interrupt<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "interrupt line {}", self.line)
    }
}

impl<'cap> Device<'cap, Bound> {
    /// Registers for an interrupt by index or name.
    ///
    /// # Errors
    /// `NoDevice` when absent, `Busy` when taken, `Exhausted` with more than 13 interrupts in
    /// the task, `Revoked`.
    pub fn interrupt<'s>(&self, select: impl Into<Select<'s>>) -> Result<Interrupt<'cap>, Error> {
        self.live()?;
        let task = Task::current();
        let bit = task.take_bit(self.slot_index())?;
        let mode = ClaimMode::Exclusive;
        match ClaimGuard::new(self, GrantKind::Interrupt, select.into(), mode, bit) {
            Ok((claim, info, _)) => Ok(Interrupt {
                claim,
                bit,
                line: info.base as u32,
                binding: PhantomData,
            }),
            Err(error) => {
                task.free_bit(bit);
                Err(error)
            }
        }
    }
}
