//! A kernel for tests on the host: a test installs one for its thread and scripts its answers.
//!
//! Buffers arrive as addresses, as in the real kernel. [`bytes`] and [`bytes_mut`] turn them back.

use super::Message;
use leasehold_abi::{Call, Error, Registers};
use std::boxed::Box;
use std::cell::RefCell;
use std::rc::Rc;

/// What a scripted kernel implements.
///
/// # Safety
/// The library trusts the kernel as on a board. A window in an answer is memory of that length, exposed
/// (`expose_provenance`), alive as long as the claim, and no Rust object of anyone. The handle of a task names that
/// task.
pub unsafe trait Kernel {
    /// Answers a call without a message: the three result registers. The structure of the call in
    /// [`arguments`](leasehold_abi::arguments) names what is in the others.
    fn system_call(&mut self, call: Call, registers: Registers) -> [usize; 3];
    /// Answers a call with a message; `message` is what was sent, and becomes what is received.
    fn message(&mut self, call: Call, arguments: [usize; 3], message: &mut Message) -> [usize; 3] {
        let _ = (call, arguments, message);
        [Error::Denied.code(), 0, 0]
    }
}

std::thread_local! {
    static KERNEL: RefCell<Option<Box<dyn Kernel>>> = const { RefCell::new(None) };
}

/// Runs `body` with `kernel` answering this thread's system calls.
///
/// A kernel must not make system calls itself.
pub fn with<R>(kernel: impl Kernel + 'static, body: impl FnOnce() -> R) -> R {
    /// Restores the earlier kernel, also after a panic.
    struct Restore(Option<Box<dyn Kernel>>);
    impl Drop for Restore {
        fn drop(&mut self) {
            KERNEL.with(|slot| slot.replace(self.0.take()));
        }
    }
    let before = KERNEL.with(|slot| slot.replace(Some(Box::new(kernel))));
    let _restore = Restore(before);
    body()
}

/// The bytes of a buffer that a call named.
///
/// # Safety
/// `address` and `length` come from a call that is being answered and that lets the kernel read.
pub unsafe fn bytes<'a>(address: usize, length: usize) -> &'a [u8] {
    // SAFETY: the caller of the system call keeps the buffer for the time of the call.
    unsafe { core::slice::from_raw_parts(core::ptr::with_exposed_provenance(address), length) }
}

/// The bytes of a buffer that a call lets the kernel write.
///
/// # Safety
/// As for [`bytes`], and the call lets the kernel write.
pub unsafe fn bytes_mut<'a>(address: usize, length: usize) -> &'a mut [u8] {
    // SAFETY: as above; nobody else uses the buffer during the call.
    unsafe {
        core::slice::from_raw_parts_mut(core::ptr::with_exposed_provenance_mut(address), length)
    }
}

std::thread_local! {
    static REVOKED: RefCell<std::vec::Vec<core::ops::Range<usize>>> = const { RefCell::new(std::vec::Vec::new()) };
}

/// From now on, checked accesses of this thread to these addresses fail, as after a hard revocation.
pub fn revoke_window(addresses: core::ops::Range<usize>) {
    REVOKED.with(|revoked| revoked.borrow_mut().push(addresses));
}

/// Whether a checked access to this address fails.
pub(crate) fn is_revoked(address: usize) -> bool {
    REVOKED.with(|revoked| {
        revoked
            .borrow()
            .iter()
            .any(|range| range.contains(&address))
    })
}

/// A device made by a test: the values of its registers, and the effects of stores.
///
/// Offsets are in bytes from the start of the window; widths are 1, 2, 4 or 8 bytes.
pub trait DeviceModel {
    /// A load. An absent device gives all ones.
    fn load(&mut self, offset: usize, width: usize) -> u64;
    /// A store.
    fn store(&mut self, offset: usize, width: usize, value: u64);
}

/// A device behind addresses.
type Placed = (core::ops::Range<usize>, Rc<RefCell<dyn DeviceModel>>);

std::thread_local! {
    static DEVICES: RefCell<std::vec::Vec<Placed>> = const { RefCell::new(std::vec::Vec::new()) };
}

/// From now on this thread's accesses to windows at these addresses go to `device`. It replaces an earlier device
/// there.
pub fn place_device(addresses: core::ops::Range<usize>, device: Rc<RefCell<dyn DeviceModel>>) {
    DEVICES.with(|devices| devices.borrow_mut().insert(0, (addresses, device)));
}

/// The device at an address, and the offset in it. The table is not borrowed while the device works.
fn device_at(address: usize) -> Option<(Rc<RefCell<dyn DeviceModel>>, usize)> {
    DEVICES.with(|devices| {
        let devices = devices.borrow();
        let (range, device) = devices.iter().find(|(range, _)| range.contains(&address))?;
        Some((device.clone(), address - range.start))
    })
}

/// A load from a device, if one is there.
pub(crate) fn load(address: usize, width: usize) -> Option<u64> {
    let (device, offset) = device_at(address)?;
    Some(device.borrow_mut().load(offset, width))
}

/// A store to a device; false when none is there.
pub(crate) fn store(address: usize, width: usize, value: u64) -> bool {
    let Some((device, offset)) = device_at(address) else {
        return false;
    };
    device.borrow_mut().store(offset, width, value);
    true
}

/// Answers with the installed kernel; without one everything is `Denied`.
pub(super) fn system_call(call: Call, registers: Registers) -> [usize; 3] {
    KERNEL.with(|slot| match slot.borrow_mut().as_mut() {
        Some(kernel) => kernel.system_call(call, registers),
        None => [Error::Denied.code(), 0, 0],
    })
}

/// As [`system_call`], with a message.
pub(super) fn message_call(call: Call, arguments: [usize; 3], message: &mut Message) -> [usize; 3] {
    KERNEL.with(|slot| match slot.borrow_mut().as_mut() {
        Some(kernel) => kernel.message(call, arguments, message),
        None => [Error::Denied.code(), 0, 0],
    })
}
