//! The functions that the boot code and the trap vector call. The contract is in the architecture's `boot` and `trap`
//! modules.

use super::state::{floating_registers, kernel};
use super::{boot, run};
#[cfg(target_arch = "riscv64")]
use crate::platform::Platform as _;
use leasehold_abi::{Error, FaultKind};
use leasehold_arch_riscv::{RegisterFile, boot::stack_top, csr, decode};
use leasehold_core::Fault;

#[cfg(target_arch = "riscv64")]
#[unsafe(no_mangle)]
#[unsafe(link_section = ".init.text")]
extern "C" fn leasehold_processor() {
    crate::image::Platform::check_processor();
}

#[unsafe(no_mangle)]
#[unsafe(link_section = ".init.text")]
extern "C" fn leasehold_boot(_hart: usize, device_tree: usize) -> *mut RegisterFile {
    #[cfg(target_arch = "riscv64")]
    // SAFETY: called once, by the boot code; no reference to the kernel is left.
    unsafe {
        kernel().hardware().platform().check_machine(device_tree);
    }
    #[cfg(not(target_arch = "riscv64"))]
    let _ = device_tree;
    let place = |registers: &mut RegisterFile, task, space| {
        registers.place(task, space, stack_top());
        if let Some(floating) = floating_registers(task) {
            // SAFETY: they are in a static, and no other task's.
            unsafe { registers.place_floating(floating) };
        }
    };
    // SAFETY: called once, by the boot code.
    unsafe { boot(place) }
}

/// The first two results of a quick call.
#[repr(C)]
struct Results {
    status: usize,
    value: usize,
}

#[unsafe(no_mangle)]
extern "C" fn leasehold_quick_call(
    a0: usize,
    a1: usize,
    a2: usize,
    a3: usize,
    a4: usize,
    a5: usize,
    registers: *mut RegisterFile,
    number: usize,
) -> Results {
    // SAFETY: called by the trap vector.
    let results = unsafe { kernel() }.quick_call(number, [a0, a1, a2, a3, a4, a5]);
    let [status, value, third] = results.unwrap_or([Error::Invalid.code(), 0, 0]);
    // SAFETY: the trap vector passes the caller's register file, a part of the kernel's state, to which no reference is
    // left.
    unsafe { (*registers).set_third_result(third) };
    Results { status, value }
}

#[unsafe(no_mangle)]
extern "C" fn leasehold_system_call(
    a0: usize,
    a1: usize,
    a2: usize,
    a3: usize,
    a4: usize,
    a5: usize,
    _: usize,
    number: usize,
) -> *mut RegisterFile {
    // SAFETY: called by the trap vector.
    let kernel = unsafe { kernel() };
    let next = kernel.system_call(number, [a0, a1, a2], || [a0, a1, a2, a3, a4, a5]);
    run(kernel, next)
}

#[unsafe(no_mangle)]
extern "C" fn leasehold_reply(client: usize) {
    // SAFETY: called by the trap vector.
    let kernel = unsafe { kernel() };
    // A client that is gone is passed over in silence.
    let _ = kernel.reply(client);
}

#[unsafe(no_mangle)]
extern "C" fn leasehold_exception(
    cause: usize,
    value: usize,
    registers: *const RegisterFile,
) -> *mut RegisterFile {
    // SAFETY: the trap vector passes the register file that it filled. Copied out, as that is a part of the
    // kernel's state, which changes below.
    let (pc, stack) = unsafe { ((*registers).pc(), (*registers).stack()) };
    let kind = decode(cause);
    let fault = Fault {
        kind,
        address: if kind == FaultKind::Illegal {
            pc
        } else {
            value
        },
        pc,
        stack,
    };
    if csr::trapped_in_kernel() {
        crate::panic::trapped(fault);
    }
    // SAFETY: called by the trap vector, and not out of the kernel itself.
    let kernel = unsafe { kernel() };
    let next = kernel.fault(fault);
    run(kernel, next)
}
