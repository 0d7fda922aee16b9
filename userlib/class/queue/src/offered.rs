//! The driver's registration of a queue, through the lives of its children; and the child's way to notify the driver.

use crate::READY;
use core::cell::{Cell, RefCell};
use core::fmt;
use userlib::auxiliary::{LendRegion, Lendable, Lender, Receiver, Registration};
use userlib::runtime::{Bound, Device, notify_soon};
use userlib::sys::{self, TaskHandle};
use userlib::{Error, ForLt};

/// What the driver gives for a payload of the family `F`.
type Offer<'cap, F> = <<F as ForLt>::Of<'cap> as Lendable<'cap>>::Offer;

/// An auxiliary device of a class, on offer: one registration for each child's life.
pub struct Offered<'cap, F: ForLt>
where
    F::Of<'cap>: Lendable<'cap>,
{
    registration: RefCell<Option<Registration<'cap, F>>>,
    region: LendRegion<'cap>,
    name: &'static str,
    id: u32,
    /// The child, once it was to be notified.
    child: Cell<Option<TaskHandle>>,
}

impl<'cap, F: ForLt> Offered<'cap, F>
where
    for<'a> F::Of<'a>: Lendable<'a>,
{
    /// Offers the auxiliary device `<task>.<name>`, number `id`, with the memory of `region`.
    ///
    /// # Errors
    /// Those of [`Registration::new`].
    pub fn new(
        device: &Device<'cap, Bound>,
        region: LendRegion<'cap>,
        (name, id): (&'static str, u32),
        offer: Offer<'cap, F>,
    ) -> Result<Self, Error> {
        let first = Registration::new(device, &region, name, id, offer)?;
        Ok(Self {
            registration: RefCell::new(Some(first)),
            region,
            name,
            id,
            child: Cell::new(None),
        })
    }

    /// Takes the queue from whoever has it, lets `restart` empty it while nobody can reach it, and offers it anew.
    ///
    /// # Errors
    /// Those of [`Registration::new`]; then nothing is offered.
    pub fn renew(
        &self,
        device: &Device<'cap, Bound>,
        restart: impl FnOnce() -> Offer<'cap, F>,
    ) -> Result<(), Error> {
        self.child.set(None);
        // Dropped first: this waits until the child has let go.
        drop(self.registration.take());
        let offer = restart();
        let next = Registration::new(device, &self.region, self.name, self.id, offer)?;
        self.registration.replace(Some(next));
        Ok(())
    }

    /// A child let go: the next one is somebody else.
    pub fn let_go(&self) {
        self.child.set(None);
    }

    /// Posts [`READY`] to the child, if there is one.
    pub fn notify(&self) {
        if let Some(child) = self.child.get() {
            return notify_soon(child, READY);
        }
        let lessee = match &*self.registration.borrow() {
            Some(registration) => registration.lessee(),
            None => return,
        };
        if let Ok(Some(lessee)) = lessee {
            match sys::notify(lessee.task, READY) {
                Err(Error::Denied) => {
                    userlib::log!("the child of `{}` is not among its `notifies`", self.name);
                }
                _ => self.child.set(Some(lessee.task)),
            }
        }
    }
}

impl<'cap, F: ForLt> fmt::Debug for Offered<'cap, F>
where
    F::Of<'cap>: Lendable<'cap>,
{
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Offered({} {})", self.name, self.id)
    }
}

/// The driver's task, as a part of a payload: whom the child notifies.
///
/// A driver that names a task which the child does not notify by its manifest is refused.
#[derive(Clone, Copy, Debug)]
pub struct Driver(TaskHandle);

impl Driver {
    /// Posts [`READY`] to the driver.
    pub fn notify(&self) {
        notify_soon(self.0, READY);
    }
}

impl<'a> Lendable<'a> for Driver {
    type Offer = ();

    fn lend((): &(), to: &mut Lender<'_>) -> Result<(), Error> {
        u32::lend(&sys::task_self().raw(), to)
    }

    fn receive(from: &mut Receiver<'_, 'a>) -> Result<Self, Error> {
        let task = TaskHandle::from_raw(u32::receive(from)?);
        // Once here, so that a later one cannot be refused: the loop would panic.
        match sys::notify(task, READY) {
            Ok(()) => Ok(Self(task)),
            Err(Error::Dead) => Err(Error::Revoked),
            Err(_) => Err(Error::Protocol),
        }
    }
}
