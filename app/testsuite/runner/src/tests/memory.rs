//! A task can access its own memory, and nothing else. Most of these tests end in a fault, which must report the truth.

use super::tests;
use crate::board::{
    FIRMWARE, GRANULE, KERNEL, KERNEL_DATA, KERNEL_DEVICES, KERNEL_OFFSET, PAGE, RAM, TEXT_MEMORY,
    WORD, seen, wide,
};
use crate::lending::{READ_WRITE, own};
use crate::outcome::{Outcome, check, equal};
use crate::suite::{ATTACKER, CLIENT, LESSEE, LESSOR, RUNNER, SERVER, Suite, TASKS};
use attacks::INITIALISED_WORD;
use core::ops::Range;
use leasehold_abi::{Call, ClaimMode, Error, FaultKind, GrantKind, TaskState};
use testsuite_protocol::{Command, Place};
use userlib::sys;

tests! { "memory":
    the_kernel_cannot_be_read,
    the_kernel_cannot_be_written,
    the_kernel_cannot_be_executed,
    the_kernel_s_map_of_memory_cannot_be_read if KernelMap,
    firmware_cannot_be_touched if Firmware,
    another_task_cannot_be_read,
    another_task_cannot_be_written,
    another_task_cannot_be_executed,
    null_cannot_be_touched,
    addresses_that_are_none_cannot_be_touched if Registers64,
    the_ends_of_everything_cannot_be_touched,
    own_text_cannot_be_written,
    own_constants_cannot_be_written,
    data_cannot_be_executed,
    the_stack_cannot_be_executed,
    devices_cannot_be_touched_without_a_lease,
    a_sweep_of_memory_finds_only_the_own,
    as_many_windows_as_fit_are_reached,
    records_are_not_written_outside_own_memory,
    a_restarted_task_has_fresh_memory,
}

/// Step of a sweep over all addresses.
const COARSE: usize = 1 << 16;

/// A load from an address stops the attacker with a read fault there.
fn unreadable(suite: &mut Suite, address: usize) -> Outcome {
    suite.start(ATTACKER)?;
    let info = suite.faults(
        ATTACKER,
        Command::Load,
        &[address, WORD],
        &[FaultKind::Read],
    )?;
    equal!("the fault's address", info.fault_address, address as u64);
    told(suite)
}

/// A store to an address stops the attacker with a write fault there.
fn unwritable(suite: &mut Suite, address: usize) -> Outcome {
    suite.start(ATTACKER)?;
    let info = suite.faults(
        ATTACKER,
        Command::Store,
        &[address, WORD, 0],
        &[FaultKind::Write],
    )?;
    equal!("the fault's address", info.fault_address, address as u64);
    told(suite)
}

/// A jump to an address stops the attacker with an execute fault there.
fn not_executable(suite: &mut Suite, address: usize) -> Outcome {
    suite.start(ATTACKER)?;
    let info = suite.faults(ATTACKER, Command::Jump, &[address], &[FaultKind::Execute])?;
    equal!("the fault's address", info.fault_address, address as u64);
    told(suite)
}

/// The fault's stack pointer is the attacker's, and the task can be started again.
fn told(suite: &mut Suite) -> Outcome {
    let info = suite.info(ATTACKER)?;
    let stack = suite.place(ATTACKER, Place::Stack) as u64;
    check!(
        info.fault_stack.abs_diff(stack) < 8192,
        "the fault's stack pointer is {:#x}",
        info.fault_stack
    );
    suite.wait_dormant(ATTACKER)
}

fn the_kernel_cannot_be_read(suite: &mut Suite) -> Outcome {
    unreadable(suite, KERNEL + KERNEL_OFFSET)?;
    unreadable(suite, KERNEL_DATA)?;
    unreadable(suite, KERNEL)
}

fn the_kernel_cannot_be_written(suite: &mut Suite) -> Outcome {
    unwritable(suite, KERNEL + KERNEL_OFFSET + 0x8000)?;
    unwritable(suite, KERNEL_DATA + 0x800)?;
    unwritable(suite, KERNEL + 0x8000)
}

fn the_kernel_cannot_be_executed(suite: &mut Suite) -> Outcome {
    not_executable(suite, KERNEL + KERNEL_OFFSET)?;
    not_executable(suite, KERNEL_DATA)?;
    not_executable(suite, KERNEL)
}

fn the_kernel_s_map_of_memory_cannot_be_read(suite: &mut Suite) -> Outcome {
    suite.start(SERVER)?;
    let scratch = suite.place(SERVER, Place::Scratch) + KERNEL_OFFSET;
    unreadable(suite, scratch)?;
    unwritable(suite, scratch)?;
    suite.start(ATTACKER)?;
    let own = suite.place(ATTACKER, Place::Scratch) + KERNEL_OFFSET;
    suite
        .faults(ATTACKER, Command::Load, &[own, WORD], &[FaultKind::Read])
        .map(drop)
}

fn firmware_cannot_be_touched(suite: &mut Suite) -> Outcome {
    let Some(firmware) = FIRMWARE else {
        return Ok(());
    };
    unreadable(suite, firmware)?;
    unwritable(suite, firmware + 0x100)?;
    not_executable(suite, firmware)
}

fn another_task_cannot_be_read(suite: &mut Suite) -> Outcome {
    suite.start(SERVER)?;
    for place in [
        Place::Scratch,
        Place::Initialised,
        Place::Text,
        Place::Constant,
        Place::Stack,
    ] {
        unreadable(suite, suite.place(SERVER, place) & !7)?;
    }
    Ok(())
}

fn another_task_cannot_be_written(suite: &mut Suite) -> Outcome {
    suite.start(SERVER)?;
    for place in [Place::Scratch, Place::Initialised, Place::Stack] {
        unwritable(suite, suite.place(SERVER, place) & !7)?;
    }
    let word = suite.load(SERVER, suite.place(SERVER, Place::Initialised), WORD)?;
    equal!("the server's word", word, INITIALISED_WORD);
    Ok(())
}

fn another_task_cannot_be_executed(suite: &mut Suite) -> Outcome {
    suite.start(SERVER)?;
    not_executable(suite, suite.place(SERVER, Place::Text))
}

fn null_cannot_be_touched(suite: &mut Suite) -> Outcome {
    unreadable(suite, 0)?;
    unwritable(suite, 0)?;
    not_executable(suite, 0)
}

fn addresses_that_are_none_cannot_be_touched(suite: &mut Suite) -> Outcome {
    // Between the halves of Sv39's address range, and at its ends.
    for address in [1 << 38, 1 << 39, 1 << 55, 1 << 63, (1 << 38) - 8].map(wide) {
        unreadable(suite, address)?;
        unwritable(suite, address)?;
    }
    not_executable(suite, wide(1 << 38))
}

fn the_ends_of_everything_cannot_be_touched(suite: &mut Suite) -> Outcome {
    for memory in [RAM, TEXT_MEMORY] {
        for address in [memory.start, memory.end - WORD, memory.end] {
            unreadable(suite, address)?;
            unwritable(suite, address)?;
        }
        not_executable(suite, memory.end)?;
    }
    unreadable(suite, usize::MAX - (WORD - 1))?;
    unwritable(suite, usize::MAX - (WORD - 1))?;
    not_executable(suite, usize::MAX - 1)
}

fn own_text_cannot_be_written(suite: &mut Suite) -> Outcome {
    suite.start(ATTACKER)?;
    let text = suite.place(ATTACKER, Place::Text);
    unwritable(suite, text & !7)
}

fn own_constants_cannot_be_written(suite: &mut Suite) -> Outcome {
    suite.start(ATTACKER)?;
    let constant = suite.place(ATTACKER, Place::Constant);
    unwritable(suite, constant)
}

fn data_cannot_be_executed(suite: &mut Suite) -> Outcome {
    suite.start(ATTACKER)?;
    let scratch = suite.place(ATTACKER, Place::Scratch);
    // A return, so that a jump that is let pass comes back and is reported.
    let (code, width) = attacks::RETURN;
    suite.store(ATTACKER, scratch, width, code)?;
    let info = suite.faults(ATTACKER, Command::Jump, &[scratch], &[FaultKind::Execute])?;
    equal!("the fault's address", info.fault_address, scratch as u64);
    equal!("the fault's pc", info.fault_pc, scratch as u64);
    Ok(())
}

fn the_stack_cannot_be_executed(suite: &mut Suite) -> Outcome {
    suite.start(ATTACKER)?;
    let stack = suite.place(ATTACKER, Place::Stack) & !7;
    not_executable(suite, stack)
}

fn devices_cannot_be_touched_without_a_lease(suite: &mut Suite) -> Outcome {
    let mut addresses = heapless::Vec::<usize, 32>::new();
    let kernel = KERNEL_DEVICES.iter().map(|(_, base)| seen(*base));
    let windows = (0..)
        .map_while(|index| sys::grant_info(suite.root(), index).ok())
        .filter(|info| matches!(info.kind, GrantKind::Mmio | GrantKind::Config))
        .map(|info| seen(info.base));
    for address in kernel.chain(windows) {
        let more = addresses.push(address);
        check!(more.is_ok(), "more devices than the test has room for");
    }
    check!(addresses.len() > 3, "only {} devices", addresses.len());
    for address in addresses {
        suite.start(ATTACKER)?;
        suite.faults(ATTACKER, Command::Load, &[address, 4], &[FaultKind::Read])?;
        suite.start(ATTACKER)?;
        suite.faults(
            ATTACKER,
            Command::Store,
            &[address, 4, 0x5555],
            &[FaultKind::Write],
        )?;
    }
    Ok(())
}

/// A sweep over these addresses finds none that the attacker reaches.
fn nothing(suite: &mut Suite, first: usize, end: usize, step: usize) -> Outcome {
    let [found, address, ..] = suite.command(ATTACKER, Command::Sweep, &[first, end, step])?;
    check!(
        found == 0,
        "{found} addresses found, the first {address:#x}"
    );
    Ok(())
}

/// A sweep of one memory finds only the attacker's own.
fn sweep(suite: &mut Suite, memory: &Range<usize>) -> Outcome {
    let step = PAGE.max(memory.len() >> 15);
    let arguments = [memory.start, memory.end, step];
    let [count, first, last, ..] = suite.command(ATTACKER, Command::Sweep, &arguments)?;
    check!(count > 1, "only {count} steps found");
    // The same in the hardware's units, from before the first to after the last.
    let (start, end) = (first.saturating_sub(step), last + step);
    let arguments = [start, end, GRANULE];
    let [count, first, last, ..] = suite.command(ATTACKER, Command::Sweep, &arguments)?;
    let mut others = 0;
    for task in RUNNER + 1..TASKS {
        for place in [Place::Scratch, Place::Text, Place::Stack] {
            let address = suite.place(task, place) & !3;
            let (own, found) = (task == ATTACKER, suite.reaches(ATTACKER, address)?);
            equal!("whether the attacker reaches a place", found, own);
            others += usize::from(!own && (first..last + GRANULE).contains(&address));
        }
    }
    // Everything between first and last is the attacker's, except its guard (a page, or less), if a task lies in one
    // piece.
    let between = (last - first) / GRANULE + 1;
    check!(
        others != 0 || between - count <= 4096 / GRANULE,
        "{count} units found, but {between} from first to last"
    );
    Ok(())
}

fn a_sweep_of_memory_finds_only_the_own(suite: &mut Suite) -> Outcome {
    suite.limit(20_000);
    for task in RUNNER + 1..TASKS {
        suite.start(task)?;
    }
    let mut memories = [TEXT_MEMORY, RAM];
    memories.sort_unstable_by_key(|memory| memory.start);
    let memories = if memories[0] == memories[1] {
        &memories[..1]
    } else {
        &memories[..]
    };
    let mut before = 0;
    for memory in memories {
        sweep(suite, memory)?;
        // Everything that is no memory.
        nothing(suite, before, memory.start, COARSE)?;
        before = memory.end;
    }
    nothing(suite, before, u32::MAX as usize & !(COARSE - 1), COARSE)?;
    // The kernel's own map of memory.
    if KERNEL_OFFSET != 0 {
        let map = KERNEL + KERNEL_OFFSET;
        nothing(suite, map - (1 << 21), map + (1 << 21), 4096)?;
    }
    Ok(())
}

/// One window of the smallest size after another, until the hardware has no room. The task can access each window that
/// the kernel accepted.
fn as_many_windows_as_fit_are_reached(suite: &mut Suite) -> Outcome {
    /// As many as any unit of protection has for windows, and one more; and those that each has.
    const MOST: usize = 14;
    const LEAST: usize = 5;
    suite.start_all(&[LESSOR, LESSEE])?;
    let tenure = suite.tenure(LESSOR)?;
    let [arena, end] = [Place::Arena, Place::ArenaEnd].map(|place| suite.place(LESSOR, place));
    // Neighbours are not lent, or they would be one window.
    let step = 2 * GRANULE;
    let offered = ((end - arena) / step).min(MOST);
    for number in 0..offered {
        let window = own(arena + number * step, GRANULE, READ_WRITE);
        suite.say(LESSOR, &window, 1)?;
    }
    let lease = suite.lend_parts(LESSOR, tenure, LESSEE, &[])?;
    let mut claimed = 0;
    for number in 0..offered {
        let claim = [lease, number, ClaimMode::Shared as usize, 0];
        match suite.call(LESSEE, Call::GrantClaim, &claim)? {
            [0, ..] => claimed += 1,
            [status, ..] => {
                equal!("the error", status, Error::Exhausted.code());
                break;
            }
        }
    }
    check!(
        claimed >= offered.min(LEAST),
        "only {claimed} windows of {offered} fit"
    );
    for number in 0..claimed {
        let window = arena + number * step;
        suite.store(LESSEE, window, WORD, number + 1)?;
        let last = window + GRANULE - WORD;
        check!(suite.reaches(LESSEE, last)?, "the end of window {number}");
        let behind = window + GRANULE;
        check!(!suite.reaches(LESSEE, behind)?, "behind window {number}");
    }
    for number in 0..claimed {
        let found = suite.load(LESSOR, arena + number * step, WORD)?;
        equal!("what came", found, number + 1);
    }
    Ok(())
}

fn records_are_not_written_outside_own_memory(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, CLIENT])?;
    let foreign = suite.place(SERVER, Place::Scratch);
    let (text, constant) = (
        suite.place(CLIENT, Place::Text),
        suite.place(CLIENT, Place::Constant),
    );
    let errors = [Error::BadAddress, Error::Invalid];
    for address in [
        0,
        foreign,
        KERNEL,
        KERNEL + KERNEL_OFFSET,
        text & !7,
        constant,
        usize::MAX - (WORD - 1),
    ] {
        suite.refused(CLIENT, Call::TaskInfo, &[SERVER, address], &errors)?;
    }
    // A record that would run over the end of own memory.
    let end = suite.end_of_memory(CLIENT)? - 8;
    suite.refused(CLIENT, Call::TaskInfo, &[SERVER, end], &errors)?;
    equal!("the server's word", suite.load(SERVER, foreign, WORD)?, 0);
    equal!(
        "the server's state",
        suite.info(SERVER)?.state,
        TaskState::AwaitingReply
    );
    Ok(())
}

fn a_restarted_task_has_fresh_memory(suite: &mut Suite) -> Outcome {
    suite.start(CLIENT)?;
    let places = [Place::Scratch, Place::Initialised, Place::Arena];
    for place in places {
        suite.store(CLIENT, suite.place(CLIENT, place), WORD, 0xdead)?;
    }
    let below = suite.place(CLIENT, Place::Stack) - 1024;
    suite.store(CLIENT, below, WORD, 0xdead)?;
    suite.stop(CLIENT)?;
    suite.start(CLIENT)?;
    for (place, fresh) in places.iter().zip([0, INITIALISED_WORD, 0]) {
        equal!(
            "a word in memory",
            suite.load(CLIENT, suite.place(CLIENT, *place), WORD)?,
            fresh
        );
    }
    equal!(
        "a word below the stack pointer",
        suite.load(CLIENT, below, WORD)?,
        0
    );
    Ok(())
}
