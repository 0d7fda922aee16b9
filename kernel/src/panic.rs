//! If the kernel itself fails, it prints a line on the console and turns the machine off.

use crate::image::Platform;
use crate::platform::Platform as _;
use crate::report::describe;
use core::panic::PanicInfo;
use core::sync::atomic::{AtomicBool, Ordering};
use leasehold_core::Fault;

/// Set when the kernel fails. A second failure then prints nothing.
static FALLING: AtomicBool = AtomicBool::new(false);

/// A platform for the message and the power switch. The kernel's own platform is not used again, because nothing
/// returns from here.
#[inline(never)]
fn last_platform() -> Platform {
    let mut platform = <Platform as crate::platform::Platform>::NEW;
    if FALLING.swap(true, Ordering::Relaxed) {
        platform.off(1, false);
    }
    platform
}

/// The kernel trapped.
#[cold]
pub(crate) fn trapped(fault: Fault) -> ! {
    let mut platform = last_platform();
    platform.print(b"leasehold: the kernel faulted: ");
    describe(&fault, &mut platform);
    platform.print(b"\n");
    platform.off(1, false)
}

#[panic_handler]
fn panicked(info: &PanicInfo<'_>) -> ! {
    let mut platform = last_platform();
    platform.print(b"leasehold: the kernel panicked: ");
    // All of the kernel's own messages are such texts. Of another one, only that it came is said.
    let message = info.message().as_str();
    platform.print(message.unwrap_or("-").as_bytes());
    platform.print(b"\n");
    platform.off(1, false)
}
