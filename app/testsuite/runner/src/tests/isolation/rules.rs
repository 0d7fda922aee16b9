//! What must come of each cell, or why there is no such cell.

use crate::cells::{Action, Actor, Reason, Target};
use attacks::Isa;
use leasehold_abi::FaultKind;

/// What must come of a cell.
#[derive(Clone, Copy)]
pub(super) enum Expected {
    /// One of these faults, at an address that was accessed.
    Fault(&'static [FaultKind]),
    /// An illegal instruction, at its own address.
    Illegal,
    /// The calls are refused.
    Refused,
}

/// Why the emulator does not check an access over this edge, if it does not. Against the Arm protection units it checks
/// an access only by its first byte in each KiB (accel/tcg/cputlb.c, `load_helper`; target/arm/ptw.c,
/// `get_phys_addr_pmsav7`). A processor checks each byte (Armv7-M, B2.3.7, `MemU_with_priv`).
pub(super) fn unchecked(action: Action, edge: usize) -> Option<Reason> {
    let straddles = action == Action::Straddling && Isa::OWN == Isa::Arm;
    (straddles && !edge.is_multiple_of(KIB)).then_some(Reason::Emulator)
}

/// Bytes in a KiB.
pub(super) const KIB: usize = 1024;

/// What must come of this cell on this board.
pub(super) fn expected(actor: Actor, target: Target, action: Action) -> Result<Expected, Reason> {
    let is_edge = matches!(target, Target::BelowTheEdge | Target::AboveTheEdge);
    if target == Target::ProtectionRegisters && Isa::OWN == Isa::RiscV {
        return match action {
            Action::Read | Action::Write => Ok(Expected::Illegal),
            _ => Err(Reason::NoAddress),
        };
    }
    if action == Action::Straddling && !is_edge {
        return Err(Reason::NotNext);
    }
    Ok(match action {
        Action::SystemCall => Expected::Refused,
        // The processor's own registers on Arm: the bus refuses unprivileged accesses, whatever the protection unit
        // allows (Armv7-M, B3.1), and code is never executed there.
        Action::Execute => Expected::Fault(&[FaultKind::Execute]),
        _ if is_private(target) => Expected::Fault(&[FaultKind::Bus]),
        // RISC-V has one exception for stores and atomic accesses; QEMU does the load first, as Arm does.
        Action::Atomic if Isa::OWN == Isa::RiscV && target != Target::RevokedLease => {
            Expected::Fault(&[FaultKind::Write, FaultKind::Read])
        }
        Action::Atomic if Isa::OWN == Isa::RiscV => {
            Expected::Fault(&[FaultKind::RevokedWindow, FaultKind::Write, FaultKind::Read])
        }
        action => Expected::Fault(access(actor, target, action)),
    })
}

/// Whether a target is in the processor's private address range on Arm.
fn is_private(target: Target) -> bool {
    let private = matches!(
        target,
        Target::ProtectionRegisters | Target::AnothersInterrupt
    );
    private && Isa::OWN == Isa::Arm
}

/// What an access that is refused is called.
fn access(actor: Actor, target: Target, action: Action) -> &'static [FaultKind] {
    let (store, straddles) = (action == Action::Write, action == Action::Straddling);
    match (target, actor) {
        // Revoked, and not given back yet: the kernel knows which window it was.
        (Target::RevokedLease, Actor::Driver) => &[FaultKind::RevokedWindow],
        // Given back: it may still know.
        (Target::RevokedLease, Actor::AuxiliaryChild | Actor::Stale) if store => {
            &[FaultKind::RevokedWindow, FaultKind::Write]
        }
        (Target::RevokedLease, Actor::AuxiliaryChild | Actor::Stale) => {
            &[FaultKind::RevokedWindow, FaultKind::Read]
        }
        _ if store => &[FaultKind::Write],
        // Half of it is in the device, which may refuse it first.
        (Target::BelowTheEdge | Target::AboveTheEdge, Actor::Driver) if straddles => {
            &[FaultKind::Read, FaultKind::Bus, FaultKind::Misaligned]
        }
        _ => &[FaultKind::Read],
    }
}
