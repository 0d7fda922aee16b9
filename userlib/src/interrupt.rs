//! Interrupts of a bound device.

use crate::io::{Claim, Select};
use crate::runtime::{Bound, Device, Task};
use crate::sys::{self, ClaimMode, Error, GrantKind, Notifications};
use core::fmt;
use core::marker::PhantomData;

/// A registration for an interrupt line: from here on the driver's
/// [`interrupt`](crate::runtime::Driver::interrupt) is called when it comes.
///
/// The line is masked when the interrupt is delivered, until [`Interrupt::acknowledge`].
/// Dropped, the line is masked and the handler is not running: handlers run in the loop of the
/// task, so the drop is before or after one, never beside it. A notification that was posted
/// before may still be delivered, to nobody.
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
    claim: Claim,
    bit: Notifications,
    line: u32,
    binding: PhantomData<&'cap ()>,
}

impl Interrupt<'_> {
    /// Number of the line, as the chip file has it.
    pub const fn line(&self) -> u32 {
        self.line
    }

    /// The notification that it posts.
    pub(crate) const fn bit(&self) -> Notifications {
        self.bit
    }

    /// Lets it come again, once the device no longer asserts it for what was handled.
    ///
    /// # Errors
    /// `Revoked` when the lease is over.
    #[inline]
    pub fn acknowledge(&self) -> Result<(), Error> {
        let (lease, index) = self.claim.grant();
        sys::interrupt_acknowledge(lease, index)
    }
}

impl Drop for Interrupt<'_> {
    fn drop(&mut self) {
        // The bit of a binding that is over was taken back already, and may be another's now.
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
        match Claim::new(self, GrantKind::Interrupt, select.into(), mode, bit) {
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
