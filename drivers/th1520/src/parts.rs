//! Auxiliary devices of a parent of many. All that is lent is the right to ask.
//!
//! The blocks' gates share registers, and so do the pads: no window can lend a child one of them. So the child calls
//! the parent, and the parent alone stores to the registers. The parent serves only who has the device on lease, by the
//! supervisor's account. It keeps the lease for which it did what was asked. When the supervisor tells it that a child
//! has let go, it looks which of these leases are over.

use leasehold_abi::{Error, LeaseHandle, TaskHandle};
use userlib::CovariantForLt;
use userlib::auxiliary::Registration;
use userlib::runtime::{Bound, Device};
use userlib::text::Text;

/// The payload: there is nothing that parent and child share.
pub type Nothing = CovariantForLt!(());

/// Most parts of one parent: as many as one binding can register.
pub const MOST: usize = 16;

/// One auxiliary device, and what of the chip it is.
#[derive(Debug)]
pub struct Part<'cap, T> {
    registration: Registration<'cap, Nothing>,
    what: T,
    /// The lease for which it was turned on.
    on_for: Option<LeaseHandle>,
}

impl<T: Copy> Part<'_, T> {
    /// What of the chip it is.
    pub fn what(&self) -> T {
        self.what
    }

    /// Whether it was turned on, for a lease that was not seen to be over.
    pub fn is_on(&self) -> bool {
        self.on_for.is_some()
    }
}

/// The auxiliary devices of a parent.
#[derive(Debug)]
pub struct Parts<'cap, T> {
    parts: heapless::Vec<Part<'cap, T>, MOST>,
}

impl<'cap, T: Copy> Parts<'cap, T> {
    /// Offers those of `all`, names and what they are, that the manifest names.
    ///
    /// # Errors
    /// Those of a registration; `Exhausted` for more than [`MOST`].
    pub fn offer(
        device: &Device<'cap, Bound>,
        all: impl IntoIterator<Item = (Text<16>, T)>,
    ) -> Result<Self, Error> {
        let mut parts = heapless::Vec::new();
        for (name, what) in all {
            if !device.offers(name.as_str())? {
                continue;
            }
            let region = device.lend_region(0, 0)?;
            let registration = Registration::new(device, &region, name.as_str(), 0, ())?;
            let part = Part {
                registration,
                what,
                on_for: None,
            };
            parts.push(part).map_err(|_| Error::Exhausted)?;
        }
        Ok(Self { parts })
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Part<'cap, T>> {
        self.parts.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.parts.len()
    }

    /// Whether the manifest names none.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// What `client` asks for, if it has that on lease. `Some` if it is to be turned on, `None` if it was for the same
    /// lease.
    ///
    /// # Errors
    /// `NotFound`: no part has this label; `Denied`: the client does not have it.
    pub fn granted(&self, label: u32, client: TaskHandle) -> Result<Granted<T>, Error> {
        let named = |part: &Part<'_, T>| part.registration.label() == label;
        let index = self.parts.iter().position(named).ok_or(Error::NotFound)?;
        let part = &self.parts[index];
        match part.registration.lessee()? {
            Some(lessee) if lessee.task == client => Ok(Granted {
                index,
                lease: lessee.lease,
                what: part.what,
                is_on: part.on_for == Some(lessee.lease),
            }),
            _ => Err(Error::Denied),
        }
    }

    /// It is on now, for that lease.
    pub fn turned_on(&mut self, granted: &Granted<T>) {
        if let Some(part) = self.parts.get_mut(granted.index) {
            part.on_for = Some(granted.lease);
        }
    }

    /// Takes the next part that is on and whose lease is over. It counts as off from now on.
    pub fn let_go(&mut self) -> Option<T> {
        self.parts.iter_mut().find_map(|part| {
            let lease = part.on_for?;
            let lessee = part.registration.lessee();
            // An error: the registration itself is over.
            if matches!(lessee, Ok(Some(lessee)) if lessee.lease == lease) {
                return None;
            }
            part.on_for = None;
            Some(part.what)
        })
    }

    /// Ends one, its child's lease with it, and gives what it was.
    pub fn end_one(&mut self) -> Option<T> {
        self.parts.pop().map(|part| part.what)
    }
}

/// That a client may have something.
#[derive(Clone, Copy, Debug)]
pub struct Granted<T> {
    index: usize,
    lease: LeaseHandle,
    /// What it may have.
    pub what: T,
    /// Whether it is on for this lease.
    pub is_on: bool,
}
