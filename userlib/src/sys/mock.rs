//! A kernel for tests on the host: a test installs one for its thread and scripts its answers.
//!
//! Buffers arrive as addresses, as in the real kernel. [`bytes`] and [`bytes_mut`] turn them back.

use super::Message;
use leasehold_abi::{Call, Error};
use std::boxed::Box;
use std::cell::RefCell;

/// What a scripted kernel implements.
///
/// # Safety
/// The library trusts the kernel as it does on a board: a window that is answered is memory of that
/// length, exposed (`expose_provenance`) and alive as long as the claim, and nobody's Rust object;
/// the handle of a task names it.
pub unsafe trait Kernel {
    /// Answers a call without a message: the three result registers.
    fn system_call(&mut self, call: Call, arguments: [usize; 6]) -> [usize; 3];
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
    /// Puts the kernel that was there before back, in a panic too.
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

/// Answers with the installed kernel; without one everything is `Denied`.
pub(super) fn system_call(call: Call, arguments: [usize; 6]) -> [usize; 3] {
    KERNEL.with(|slot| match slot.borrow_mut().as_mut() {
        Some(kernel) => kernel.system_call(call, arguments),
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
