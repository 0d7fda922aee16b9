//! What may be in a payload, and how it becomes bytes and comes back.

use super::memory::LentMemory;
use super::sub_window::SubWindow;
use super::{PAYLOAD_LENGTH, WINDOWS};
use crate::io::{ClaimGuard, Select};
use crate::runtime::{Bound, Device, Plain};
use crate::sys::{ClaimMode, Error, GrantInfo, GrantKind, Notifications};
use core::fmt;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ptr::NonNull;
use zerocopy::{Immutable, IntoBytes, TryFromBytes};

/// A part of a payload that may cross address spaces, as the child receives it.
///
/// These are: plain data (what zerocopy proves to have neither padding nor pointers),
/// [`Lent`](super::Lent), [`LentMutex`](super::LentMutex), [`Window`](crate::io::Window),
/// [`DmaView`](crate::dma::DmaView), [`RingSender`](super::RingSender), [`RingReceiver`](super::RingReceiver), and
/// structures of such parts, by derive:
///
/// ```
/// use userlib::auxiliary::{Lendable, Lent};
///
/// #[derive(Lendable)]
/// struct Statistics<'a> {
///     version: u32,
///     received: Lent<'a, u64>,
/// }
/// ```
/// Most parts are of one type at both ends. A window is not: the parent gives a [`LentWindow`](super::LentWindow). So a
/// structure with a window has a second structure, with fields of the same names, for what the parent gives.
/// `#[offer(…)]` names it; [`LentWindow`](super::LentWindow) has an example.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be lent to another task",
    label = "not lendable",
    note = "lendable are plain data without padding or pointers (`IntoBytes`, `TryFromBytes` and `Immutable` of zerocopy), `Lent<'a, T>`, `LentMutex<'a, T>`, `Window<'a, SIZE>`, `DmaView<'a, T>`, `RingSender<'a, T, N>`, `RingReceiver<'a, T, N>`, and structures of those with `#[derive(Lendable)]`",
    note = "an address of this task means nothing in another: put the value in a `LendRegion` and lend a `Lent<'a, T>`"
)]
pub trait Lendable<'a>: Sized {
    /// What the parent gives for it; `Self` where both ends have the same.
    type Offer;

    /// Writes what the parent gives.
    ///
    /// # Errors
    /// `Exhausted` when the payload is too long, `Invalid` for a part of another region or device.
    fn lend(offer: &Self::Offer, to: &mut Lender<'_>) -> Result<(), Error>;

    /// Takes it from what the other side wrote, and checks it.
    ///
    /// # Errors
    /// `Protocol` when it is not one.
    fn receive(from: &mut Receiver<'_, 'a>) -> Result<Self, Error>;
}

impl<'a, T: IntoBytes + TryFromBytes + Immutable + 'static> Lendable<'a> for T {
    type Offer = Self;

    fn lend(offer: &Self, to: &mut Lender<'_>) -> Result<(), Error> {
        to.put(offer.as_bytes())
    }

    fn receive(from: &mut Receiver<'_, 'a>) -> Result<Self, Error> {
        let bytes = from.take(size_of::<T>())?;
        T::try_read_from_bytes(bytes).map_err(|_| Error::Protocol)
    }
}

/// A payload as it was written: its bytes, and the windows that go with it.
pub(super) type Written = ([u8; PAYLOAD_LENGTH], [Option<SubWindow>; WINDOWS.len()]);

/// Where a parent writes a payload.
#[derive(Debug)]
pub struct Lender<'p> {
    payload: PhantomData<&'p mut ()>,
    bytes: [u8; PAYLOAD_LENGTH],
    used: usize,
    cells: LentMemory,
    shared: Option<LentMemory>,
    device: Device<'static, Plain>,
    windows: [Option<SubWindow>; WINDOWS.len()],
}

impl Lender<'_> {
    /// An empty payload of this region and device.
    pub(super) fn new(
        device: Device<'static, Plain>,
        cells: LentMemory,
        shared: Option<LentMemory>,
    ) -> Self {
        let windows = [None; WINDOWS.len()];
        Self {
            payload: PhantomData,
            bytes: [0; PAYLOAD_LENGTH],
            used: 0,
            cells,
            shared,
            device,
            windows,
        }
    }

    /// The bytes, and the sub-windows to lend.
    pub(super) fn finish(self) -> Written {
        (self.bytes, self.windows)
    }

    /// Appends bytes.
    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let end = self.used.checked_add(bytes.len()).ok_or(Error::Exhausted)?;
        let room = self.bytes.get_mut(self.used..end).ok_or(Error::Exhausted)?;
        room.copy_from_slice(bytes);
        self.used = end;
        Ok(())
    }

    /// Appends the place of a cell.
    pub(super) fn put_cell(&mut self, address: NonNull<u8>) -> Result<(), Error> {
        let offset = self.cells.offset(address).ok_or(Error::Invalid)?;
        self.put(&offset.to_ne_bytes())
    }

    /// Appends the place of a lock.
    pub(super) fn put_shared(&mut self, address: NonNull<u8>) -> Result<(), Error> {
        let offset = self
            .shared
            .and_then(|place| place.offset(address))
            .ok_or(Error::Invalid)?;
        self.put(&offset.to_ne_bytes())
    }

    /// Appends a sub-window of the device.
    pub(crate) fn put_window(&mut self, window: SubWindow) -> Result<(), Error> {
        if !window.device.is_same(&self.device) {
            return Err(Error::Invalid);
        }
        let free = self
            .windows
            .iter()
            .position(Option::is_none)
            .ok_or(Error::Exhausted)?;
        self.windows[free] = Some(window);
        self.put(&(free as u32).to_ne_bytes())
    }
}

/// What a child takes a payload from: a private copy of its bytes.
pub struct Receiver<'r, 'a> {
    bytes: &'r [u8],
    cells: LentMemory,
    shared: Option<LentMemory>,
    device: &'r Device<'a, Bound>,
    claims: [Option<ClaimGuard>; WINDOWS.len()],
}

impl<'r, 'a> Receiver<'r, 'a> {
    /// At the start of these bytes. The places are claimed for `'a`.
    pub(super) fn new(
        bytes: &'r [u8],
        cells: LentMemory,
        shared: Option<LentMemory>,
        device: &'r Device<'a, Bound>,
    ) -> Self {
        Self {
            bytes,
            cells,
            shared,
            device,
            claims: [const { None }; WINDOWS.len()],
        }
    }

    /// Claims the sub-window of the next number, for as long as the payload is taken or has been.
    pub(super) fn take_window(&mut self) -> Result<(GrantInfo, usize), Error> {
        self.claim(GrantKind::Mmio)
    }

    /// Claims memory in the same way.
    pub(crate) fn take_memory(&mut self) -> Result<(GrantInfo, usize), Error> {
        self.claim(GrantKind::Memory)
    }

    fn claim(&mut self, kind: GrantKind) -> Result<(GrantInfo, usize), Error> {
        let number = self.take_number()? as usize;
        let name = WINDOWS.get(number).ok_or(Error::Protocol)?;
        let (claim, info, base) = ClaimGuard::new(
            self.device,
            kind,
            Select::Name(name),
            ClaimMode::Shared,
            Notifications::empty(),
        )?;
        self.claims[number] = Some(claim);
        Ok((info, base))
    }

    /// The payload has been taken: its windows stay claimed until the binding ends.
    pub(super) fn keep(self) {
        let _ = ManuallyDrop::new(self.claims);
    }

    /// The next bytes.
    fn take(&mut self, length: usize) -> Result<&'r [u8], Error> {
        let (taken, rest) = self.bytes.split_at_checked(length).ok_or(Error::Protocol)?;
        self.bytes = rest;
        Ok(taken)
    }

    /// The next number.
    pub(super) fn take_number(&mut self) -> Result<u32, Error> {
        let bytes = self.take(size_of::<u32>())?;
        bytes
            .try_into()
            .map(u32::from_ne_bytes)
            .map_err(|_| Error::Protocol)
    }

    /// The next cell: `length` bytes at a multiple of `align`, after the payload itself.
    pub(super) fn take_cell(&mut self, length: usize, align: usize) -> Result<NonNull<u8>, Error> {
        let offset = self.take_number()?;
        self.cells
            .checked(offset, length, align, PAYLOAD_LENGTH)
            .ok_or(Error::Protocol)
    }

    /// The next lock: `length` bytes at a multiple of `align`.
    pub(super) fn take_shared(
        &mut self,
        length: usize,
        align: usize,
    ) -> Result<NonNull<u8>, Error> {
        let offset = self.take_number()?;
        let place = self.shared.ok_or(Error::Protocol)?;
        place
            .checked(offset, length, align, 0)
            .ok_or(Error::Protocol)
    }
}

impl fmt::Debug for Receiver<'_, '_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Receiver({} bytes left)", self.bytes.len())
    }
}
