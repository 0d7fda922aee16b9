//! The situation before a cell: the task that tries, its resources, and the place of its target.

use super::rules::KIB;
use crate::board::{GRANULE, KERNEL, KERNEL_DATA, KERNEL_DEVICES, KERNEL_OFFSET, PAGE, WORD, seen};
use crate::cells::{Actor, Target};
use crate::lending::{Part, READ_WRITE, own};
use crate::outcome::{Outcome, check};
use crate::suite::{ATTACKER, CLIENT, GRANDCHILD, LESSEE, RIVAL, SERVER, Suite};
use attacks::Isa;
use leasehold_abi::{Call, LeaseHandle, RevokeMode};
use testsuite_protocol::Place;

/// Bytes of memory that the child gets on lease; its edges are where the emulator also checks.
const LENT: usize = if PAGE > KIB { PAGE } else { KIB };

/// A word that must still be there after the cell.
pub(super) const WITNESS: usize = 0x5afe_c0de;

/// Addresses that a cell tries one after the other.
pub(super) type Addresses = heapless::Vec<usize, 8>;

/// What is there before a cell.
pub(super) struct Stage {
    /// The task that tries.
    pub(super) task: usize,
    /// What it has: first address, and end. For a task without a window, only where an edge of it is the target.
    pub(super) own: (usize, usize),
    /// A lease that it has, or had.
    lease: Option<LeaseHandle>,
    /// Whose word must not change, and where it is.
    pub(super) witness: (usize, usize),
    /// A lease of the server's, of the clock's line.
    pub(super) line: LeaseHandle,
}

impl Actor {
    /// The worker that plays it.
    pub(super) const fn task(self) -> usize {
        match self {
            Self::Driver => CLIENT,
            Self::AuxiliaryChild => GRANDCHILD,
            Self::Ordinary => ATTACKER,
            Self::Stale => RIVAL,
        }
    }
}

impl Stage {
    /// Starts the tasks and lends what the actor has. The server has the clock's line, whoever has its registers.
    pub(super) fn set_up(suite: &mut Suite, actor: Actor, target: Target) -> Outcome<Self> {
        let task = actor.task();
        let is_edge = matches!(target, Target::BelowTheEdge | Target::AboveTheEdge);
        suite.start_all(&[SERVER, task])?;
        let line = suite.lend(SERVER, &[Part::line(suite.clock().line)])?;
        suite.claim_line(SERVER, line.raw() as usize, 0, 1)?;
        let mut stage = Self {
            task,
            own: (0, 0),
            lease: None,
            witness: (SERVER, suite.place(SERVER, Place::Scratch) + 64),
            line,
        };
        match actor {
            Actor::Driver => {
                let lease = suite.lend(task, &[suite.registers(READ_WRITE)])?;
                let base = suite.claim(task, lease.raw() as usize, 0)?;
                stage.own = (base, base + suite.clock().length);
                stage.lease = Some(lease);
            }
            Actor::AuxiliaryChild => {
                suite.start(LESSEE)?;
                let tenure = suite.tenure(LESSEE)?;
                // In the middle of the arena: before and after it lies what the lessor keeps.
                let page = (suite.place(LESSEE, Place::Arena) + LENT) & !(LENT - 1);
                let parts = [own(page, LENT, READ_WRITE)];
                let lease = suite.lend_parts(LESSEE, tenure, task, &parts)?;
                suite.claim(task, lease, 0)?;
                stage.own = (page, page + LENT);
                stage.lease = Some(LeaseHandle::from_raw(lease as u32));
                let end = suite.place(LESSEE, Place::ArenaEnd);
                check!(page + LENT < end, "the arena ends at {end:#x}");
                stage.witness = (LESSEE, page + LENT);
            }
            Actor::Ordinary => {}
            Actor::Stale => {
                let parts = [suite.registers(READ_WRITE)];
                let lease = suite.lend(task, &parts)?;
                suite.claim(task, lease.raw() as usize, 0)?;
                suite.revoke(lease, RevokeMode::Hard)?;
                suite.ok(task, Call::LeaseRelease, &[lease.raw() as usize])?;
                stage.lease = Some(lease);
            }
        }
        if is_edge && stage.own == (0, 0) {
            stage.own = own_memory(suite, task)?;
        }
        let (witness, address) = stage.witness;
        suite.store(witness, address, WORD, WITNESS)?;
        Ok(stage)
    }

    /// Ends the actor's lease, where it has one; answers the lease, and where its window was.
    pub(super) fn revoke(
        &self,
        suite: &mut Suite,
        actor: Actor,
    ) -> Outcome<(Option<LeaseHandle>, usize)> {
        let raw = self.lease.map_or(0, |lease| lease.raw() as usize);
        match (actor, self.lease) {
            (Actor::Driver, Some(lease)) => suite.revoke(lease, RevokeMode::Hard)?,
            // Lent memory stays until it is given back.
            (Actor::AuxiliaryChild, Some(_)) => {
                suite.ok(LESSEE, Call::LeaseRevoke, &[raw, RevokeMode::Hard as usize])?;
                suite.ok(self.task, Call::LeaseRelease, &[raw])?;
            }
            _ => {}
        }
        let window = match actor {
            Actor::Driver | Actor::AuxiliaryChild => self.own.0,
            // For a task that had none, the window of somebody else's.
            Actor::Ordinary | Actor::Stale => suite.clock().base,
        };
        Ok((self.lease, window))
    }

    /// Where the target is; for an edge, the edge itself.
    pub(super) fn addresses(&self, target: Target, window: usize) -> Addresses {
        let kernel = [KERNEL_DATA + KERNEL_OFFSET + 0x1000, KERNEL + 0x4000];
        let device = |name: &'static str| {
            let devices = KERNEL_DEVICES.iter();
            devices.filter(move |(known, _)| name.is_empty() || *known == name)
        };
        match target {
            Target::Kernel => kernel.into_iter().collect(),
            Target::OtherTask => [self.witness.1].into_iter().collect(),
            Target::UnheldDevice => device("").map(|(_, base)| seen(*base)).collect(),
            Target::BelowTheEdge => [self.own.0].into_iter().collect(),
            Target::AboveTheEdge => [self.own.1].into_iter().collect(),
            Target::ProtectionRegisters => MPU.into_iter().collect(),
            Target::AnothersInterrupt if Isa::OWN == Isa::Arm => NVIC.into_iter().collect(),
            Target::AnothersInterrupt => device("plic")
                .flat_map(|(_, base)| PLIC.map(|offset| seen(*base) + offset))
                .collect(),
            Target::RevokedLease => [window].into_iter().collect(),
        }
    }
}

/// `MPU_CTRL`, `MPU_RBAR`, `VTOR`, `CCR` (Armv7-M, B3.2.2 and B3.5.4). RISC-V's have no address.
const MPU: [usize; 4] = [0xe000_ed94, 0xe000_ed9c, 0xe000_ed08, 0xe000_ed14];
/// `NVIC_ISER0`, `NVIC_ICPR0`, `STIR` (Armv7-M, B3.4.3).
const NVIC: [usize; 3] = [0xe000_e100, 0xe000_e280, 0xe000_ef00];
/// A priority, and enable bits and claims of two contexts (RISC-V PLIC specification 1.0.0, chapter 3).
const PLIC: [usize; 5] = [0x4, 0x2000, 0x2080, 0x20_0004, 0x20_1004];

/// A task's own memory: the first address of its instructions, and the end of its data.
fn own_memory(suite: &mut Suite, task: usize) -> Outcome<(usize, usize)> {
    use testsuite_protocol::Command;
    let text = suite.place(task, Place::Text) & !(GRANULE - 1);
    let below = text.saturating_sub(32 << 10);
    let arguments = [below, text + GRANULE, GRANULE];
    let [_, first, ..] = suite.command(task, Command::Sweep, &arguments)?;
    check!(
        first > below && first <= text,
        "no edge of own memory below {text:#x}"
    );
    Ok((first, suite.end_of_memory(task)?))
}
