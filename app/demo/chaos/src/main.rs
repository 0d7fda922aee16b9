//! A task that misbehaves on command: a notification for each kind.
//!
//! It has the lowest priority, so the shell and this task cannot call each other. The shell posts a notification for
//! each kind of misbehaviour. If this task survives it, it reports that to the log.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![forbid(unsafe_code)]

use driver_interfaces::ChaosKind;
use leasehold_abi::{ClaimMode, Error, LeaseHandle, Notifications};
use userlib::sys::{self, Message, Received};

/// Handles tried when forging: slots times generations.
const SLOTS: usize = 64;

/// Generations tried of each slot.
const GENERATIONS: u32 = 8;

/// The console, which the manifest does not let this task call.
const CONSOLE: &str = "console";

/// An address that no task of any board has.
#[cfg(target_os = "none")]
const NOWHERE: usize = 0x10;

/// On every board memory begins with the kernel, or with the firmware before it.
#[cfg(target_os = "none")]
fn kernel() -> usize {
    attacks::text() & 0xf000_0000
}

fn run() {
    let mut message = Message::EMPTY;
    loop {
        let wanted = Notifications::PEERS | Notifications::CRASH;
        if let Ok(Received::Notified(came)) = sys::receive(wanted, &mut message) {
            assert!(!came.contains(Notifications::CRASH), "asked to crash");
            let kinds = ChaosKind::ALL.into_iter();
            kinds
                .filter(|kind| came.contains(kind.notification()))
                .for_each(perform);
        }
    }
}

fn perform(kind: ChaosKind) {
    match kind {
        ChaosKind::ForgedLease => forge(),
        ChaosKind::ForbiddenCall => call(),
        #[cfg(target_os = "none")]
        kind => {
            match kind {
                ChaosKind::WildRead => {
                    attacks::load(NOWHERE, 4);
                }
                ChaosKind::WildWrite => attacks::store(kernel(), 4, 0),
                ChaosKind::JumpIntoData => attacks::jump(attacks::constant()),
                ChaosKind::EndlessLoop => attacks::spin(attacks::initialised()),
                _ => attacks::stack_overflow(),
            }
            userlib::log!("{kind:?} was let through");
        }
        #[cfg(not(target_os = "none"))]
        _ => {}
    }
}

/// Claims grants by guessed handles.
fn forge() {
    let mut refused = 0_usize;
    let mut taken = 0_usize;
    for slot in 0..SLOTS {
        for generation in 0..GENERATIONS {
            let lease = LeaseHandle::new(slot, generation);
            match sys::grant_claim(lease, 0, ClaimMode::Shared, Notifications::empty()) {
                Ok(_) => taken += 1,
                Err(_) => refused += 1,
            }
        }
    }
    userlib::log!("forged lease handles: {refused} refused, {taken} accepted");
}

/// Calls a task that the manifest does not let it call.
fn call() {
    let console = (0..sys::MAX_TASKS).find_map(|index| {
        let info = sys::task_info(index).ok()?;
        (info.name == *CONSOLE).then_some(info.handle)
    });
    let mut message = Message::EMPTY;
    let result = console
        .ok_or(Error::NotFound)
        .and_then(|task| sys::call(task, &mut [], &mut message));
    match result {
        Ok(()) => userlib::log!("call to {CONSOLE}: answered"),
        Err(error) => userlib::log!("call to {CONSOLE}: {error}"),
    }
}

userlib::task!(run);
