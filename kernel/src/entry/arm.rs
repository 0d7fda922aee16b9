//! The functions that the boot code and the exception vectors call. The contract is in the architecture's `boot` and
//! `trap` modules.

use super::state::{Image, floating_registers, kernel};
use super::{boot, run};
use crate::image::CONFIG;
use leasehold_abi::{Call, Error, FaultKind};
use leasehold_arch_arm::{Frame, RegisterFile, idle as idle_task, system};
use leasehold_core::Fault;

/// A task to resume on a fast path in the lower half, and its second result in the upper one. 0: take the slow path.
type Resume = u64;

const SLOW: Resume = 0;

#[unsafe(no_mangle)]
extern "C" fn leasehold_boot() -> *mut RegisterFile {
    let place = |registers: &mut RegisterFile, task: usize, space| {
        if let Some(config) = CONFIG.tasks.get(task) {
            registers.assign(space, config.data, config.text);
        }
        if let Some(floating) = floating_registers(task) {
            // SAFETY: they are in a static, and no other task's.
            unsafe { registers.assign_floating(floating) };
        }
    };
    // SAFETY: called once, by the boot code.
    unsafe {
        idle_task::start();
        boot(place)
    }
}

/// Number and arguments of the call of a task with this frame.
fn arguments(frame: &Frame, more: [usize; 2]) -> (usize, [usize; 6]) {
    let [first, second, third, fourth] = frame.arguments.map(|argument| argument as usize);
    let [fifth, sixth] = more;
    (
        frame.r12 as usize,
        [first, second, third, fourth, fifth, sixth],
    )
}

#[unsafe(no_mangle)]
extern "C" fn leasehold_quick_call(frame: *mut Frame, fifth: usize, sixth: usize) {
    // SAFETY: the exception vector passes the task's frame, which it has checked to be in the task's data.
    let (number, arguments) = arguments(unsafe { &*frame }, [fifth, sixth]);
    // SAFETY: called by the exception vector.
    let results = unsafe { kernel() }.quick_call(number, arguments);
    let [status, value, third] = results.unwrap_or([Error::Invalid.code(), 0, 0]);
    // SAFETY: as above; the frame is no part of the kernel's state.
    let frame = unsafe { &mut *frame };
    frame.arguments = [status as u32, value as u32, third as u32, 0];
    frame.r12 = 0;
}

/// The handle of the task that calls, if one does.
#[inline(always)]
fn caller(kernel: &mut Image) -> Option<usize> {
    let [_, handle, _] = kernel.quick_call(Call::TaskSelf as usize, [0; 6])?;
    Some(handle)
}

/// A register file to continue with, and its second result.
fn resume(registers: *mut RegisterFile, value: usize) -> Resume {
    registers as usize as u64 | (value as u64) << 32
}

#[unsafe(no_mangle)]
extern "C" fn leasehold_call(destination: usize, borrows: usize, count: usize) -> Resume {
    // SAFETY: called by the exception vector.
    let kernel = unsafe { kernel() };
    let Some(client) = caller(kernel) else {
        return SLOW;
    };
    match kernel.fast_call(destination as u32, borrows, count) {
        Some(server) => resume(kernel.context(server), client),
        None => SLOW,
    }
}

#[unsafe(no_mangle)]
extern "C" fn leasehold_reply_receive(client: usize, mask: usize) -> Resume {
    // SAFETY: called by the exception vector.
    let kernel = unsafe { kernel() };
    match kernel.fast_reply_receive(client as u32, mask as u32) {
        Some(client) => resume(kernel.context(client), 0),
        None => SLOW,
    }
}

#[unsafe(no_mangle)]
extern "C" fn leasehold_system_call(
    frame: *const Frame,
    registers: *const RegisterFile,
) -> *mut RegisterFile {
    // SAFETY: the exception vector passes the task's frame, and the register file that it filled. Copied out, as that
    // is a part of the kernel's state, which changes below.
    let (number, arguments) = unsafe { arguments(&*frame, (*registers).more_arguments()) };
    // SAFETY: called by the exception vector.
    let kernel = unsafe { kernel() };
    let [first, second, third, ..] = arguments;
    let next = kernel.system_call(number, [first, second, third], || arguments);
    run(kernel, next)
}

/// A task called, or was interrupted, with its stack pointer out of its own data.
#[unsafe(no_mangle)]
extern "C" fn leasehold_stray_frame(registers: *mut RegisterFile) -> *mut RegisterFile {
    // SAFETY: the exception vector passes the task's register file, to which no reference is left.
    let frame = unsafe {
        (*registers).faulted(0);
        (*registers).frame()
    };
    stop(FaultKind::Write, frame, 0, frame)
}

#[unsafe(no_mangle)]
extern "C" fn leasehold_exception(registers: *mut RegisterFile) -> *mut RegisterFile {
    let status = system::take_fault();
    // SAFETY: the exception vector passes the register file that it filled, to which no reference is left.
    let registers = unsafe { &mut *registers };
    let at = registers.frame();
    let own = registers.own_frame().filter(|_| status.has_frame());
    // SAFETY: the processor has written a frame there, and it is the task's own data.
    let frame = own.map(|at| unsafe { &*(at as *const Frame) });
    // The processor pushes a program counter with bit 0 clear. If it pushed to another stack (`EMPTY_STACK` in
    // `trap/macros.s` says when), the task may have left any value there.
    let pc = frame.map_or(0, |frame| frame.pc as usize & !1);
    let instruction = registers.executes(pc).then(|| {
        let halves = pc as *const u16;
        // SAFETY: both halves are of the task's instructions, at a multiple of 2.
        unsafe { [halves.read_volatile(), halves.add(1).read_volatile()] }
    });
    registers.faulted(pc);
    let (kind, address) = status.decode(at, frame, instruction);
    stop(kind, address, pc, at)
}

/// The running task faulted; its stack pointer was above the frame.
fn stop(kind: FaultKind, address: usize, pc: usize, frame: usize) -> *mut RegisterFile {
    let stack = frame.wrapping_add(size_of::<Frame>());
    // SAFETY: for functions that the exception vectors call, at their end.
    let kernel = unsafe { kernel() };
    let next = kernel.fault(Fault {
        kind,
        address,
        pc,
        stack,
    });
    run(kernel, next)
}

#[unsafe(no_mangle)]
extern "C" fn leasehold_kernel_fault(frame: *const Frame) -> ! {
    let status = system::take_fault();
    let stack = frame as usize;
    // SAFETY: the processor has pushed a frame onto the kernel's stack.
    let frame = unsafe { &*frame };
    let (kind, address) = status.decode(stack, Some(frame), None);
    let pc = frame.pc as usize;
    crate::panic::trapped(Fault {
        kind,
        address,
        pc,
        stack,
    })
}
