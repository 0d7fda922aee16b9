//! Claims: a window is mapped, a line routed, bus mastering turned on; and the way back.
//!
//! A window may be mapped by several tasks at once, unless one of them claimed it
//! exclusively. In one task two claims may be of the very same window (it is mapped once,
//! and the claims form a ring), or must not overlap at all: as the task sees them, for two windows that lie apart
//! can be seen at one place. Looking for a claim in the way, and mapping, goes on in steps, as [`Operation`] keeps.

use super::links::NIL;
use super::operation::{Operation, Phase};
use super::table::{Claim, LINES};
use crate::schedule::bit;
use crate::{Context, Hardware, Kernel};
use leasehold_abi::{Error, GrantKind, LeaseState, Notifications, Rights};

/// Most functions that may be bus masters at once.
const MAX_MASTERS: u16 = 32;

/// Configuration space of one function: PCI Express Base Specification, 7.2.2.
const FUNCTION: u64 = 4096;

impl<H: Hardware, const T: usize, const L: usize, const G: usize, const B: u32>
    Kernel<H, T, L, G, B>
{
    /// [`Call::GrantClaim`](leasehold_abi::Call::GrantClaim). None: it goes on in the reaper,
    /// which answers.
    ///
    /// `Busy` when the grant is claimed already, another claim is in the way, or the task sees something else
    /// where it would see the window; `Denied` without the right to read; `Invalid` for a mode, bits or range that
    /// cannot be.
    pub(crate) fn grant_claim(&mut self, arguments: [usize; 6]) -> Option<Result<usize, Error>> {
        match self.begin_claim(arguments) {
            Ok(None) => self.operate(self.current),
            Ok(Some(base)) => Some(Ok(base)),
            Err(error) => Some(Err(error)),
        }
    }

    fn begin_claim(&mut self, arguments: [usize; 6]) -> Result<Option<usize>, Error> {
        let [handle, index, mode, bits, ..] = arguments;
        let slot = self.held(handle)?;
        let grant = self.leases.grant(slot, index)?;
        let record = self.leases.grants[grant as usize];
        if record.claim != Claim::None {
            return Err(Error::Busy);
        }
        match record.kind {
            GrantKind::Interrupt => self
                .claim_line(grant, Notifications::from_register(bits))
                .map(Some),
            GrantKind::BusMaster => self.claim_bus_master(grant).map(Some),
            GrantKind::Mmio | GrantKind::Memory | GrantKind::Config => {
                let claim = match mode {
                    0 => Claim::Shared,
                    1 => Claim::Exclusive,
                    _ => return Err(Error::Invalid),
                };
                if !record.rights.contains(Rights::READ) {
                    return Err(Error::Denied);
                }
                let window = self.window(grant);
                if !self.has_place_for(window) {
                    return Err(Error::Busy);
                }
                self.tasks[self.current].operation = Operation {
                    phase: Phase::Scan,
                    claim,
                    lease: handle as u32,
                    grant,
                    cursor: self.leases.windows,
                    epoch: self.leases.epoch,
                    ..Operation::NONE
                };
                Ok(None)
            }
        }
    }

    fn claim_line(&mut self, grant: u16, bits: Notifications) -> Result<usize, Error> {
        let record = &mut self.leases.grants[grant as usize];
        let line = record.base as usize;
        let valid = record.length == 1
            && line < LINES
            && !bits.is_empty()
            && !bits.intersects(Notifications::KERNEL);
        if !valid {
            return Err(Error::Invalid);
        }
        if !record.rights.contains(Rights::READ) {
            return Err(Error::Denied);
        }
        if self.leases.routes[line] != NIL {
            return Err(Error::Busy);
        }
        record.bits = bits;
        record.claim = Claim::Exclusive;
        self.leases.routes[line] = grant;
        self.hardware.unmask_line(line as u32);
        Ok(line)
    }

    fn claim_bus_master(&mut self, grant: u16) -> Result<usize, Error> {
        let record = self.leases.grants[grant as usize];
        if record.length != FUNCTION || !record.base.is_multiple_of(FUNCTION) {
            return Err(Error::Invalid);
        }
        // To switch it on is to write to the function.
        if !record.rights.contains(Rights::WRITE) {
            return Err(Error::Denied);
        }
        let mut other = self.leases.masters;
        while other != NIL {
            if self.leases.grants[other as usize].base == record.base {
                return Err(Error::Busy);
            }
            other = self.leases.grants[other as usize].claim_next;
        }
        if self.leases.master_count >= MAX_MASTERS {
            return Err(Error::Exhausted);
        }
        self.leases.master_count += 1;
        self.leases.grants[grant as usize].claim = Claim::Exclusive;
        self.leases.enlist(grant);
        self.hardware.set_bus_master(record.base, true);
        Ok(0)
    }

    /// Go on with a task's operation for a step. None: there is more to do, in the reaper.
    fn operate(&mut self, task: usize) -> Option<Result<usize, Error>> {
        let result = self.advance(task);
        if result.is_some() {
            self.tasks[task].operation.phase = Phase::None;
            self.reaper.operating &= !bit(task);
        } else {
            self.reaper.operating |= bit(task);
            self.reaper.charge(task);
        }
        result
    }

    /// The reaper's step for a task's operation.
    pub(crate) fn operation_step(&mut self, task: usize) {
        if let Some(result) = self.operate(task) {
            let results = match result {
                Ok(value) => [0, value, 0],
                Err(error) => [error.code(), 0, 0],
            };
            self.tasks[task].context.set_results(results);
        }
    }

    fn advance(&mut self, task: usize) -> Option<Result<usize, Error>> {
        let mut operation = self.tasks[task].operation;
        let slot = match self.leases.resolve(operation.lease) {
            Ok(slot) => slot,
            Err(error) => return Some(Err(error)),
        };
        let active = self.leases.records[slot as usize].state == LeaseState::Active;
        if !active && operation.phase == Phase::Map {
            // Another claim of the same window would take the part for the whole.
            operation.phase = Phase::Unmap;
            operation.outcome = Error::Revoked.code();
            self.tasks[task].operation = operation;
        }
        match operation.phase {
            Phase::None => Some(Err(Error::Invalid)),
            Phase::Unmap => {
                let record = &self.leases.grants[operation.grant as usize];
                if record.claim != Claim::None && !self.unclaim_step(operation.grant) {
                    return None;
                }
                Some(match Error::from_code(operation.outcome) {
                    Some(error) => Err(error),
                    None => Ok(0),
                })
            }
            _ if !active => Some(Err(Error::Revoked)),
            Phase::Scan => self.scan_step(task, operation),
            Phase::Map => self.map_step(task, operation),
        }
    }

    /// [`Call::GrantUnclaim`](leasehold_abi::Call::GrantUnclaim). `Invalid` when it is not claimed.
    pub(crate) fn grant_unclaim(
        &mut self,
        handle: usize,
        index: usize,
    ) -> Option<Result<usize, Error>> {
        let grant = self
            .held_or_ending(handle)
            .and_then(|slot| self.leases.grant(slot, index));
        match grant {
            Err(error) => Some(Err(error)),
            Ok(grant) if self.leases.grants[grant as usize].claim == Claim::None => {
                Some(Err(Error::Invalid))
            }
            Ok(grant) => {
                self.tasks[self.current].operation = Operation {
                    phase: Phase::Unmap,
                    lease: handle as u32,
                    grant,
                    ..Operation::NONE
                };
                self.operate(self.current)
            }
        }
    }

    /// [`Call::InterruptAcknowledge`](leasehold_abi::Call::InterruptAcknowledge).
    pub(crate) fn interrupt_acknowledge(
        &mut self,
        handle: usize,
        index: usize,
    ) -> Result<(), Error> {
        let slot = self.held_or_ending(handle)?;
        let grant = self.leases.grant(slot, index)?;
        let record = &self.leases.grants[grant as usize];
        if record.kind != GrantKind::Interrupt {
            return Err(Error::Invalid);
        }
        if record.claim == Claim::None {
            let active = self.leases.records[slot as usize].state == LeaseState::Active;
            return Err(if active {
                Error::Invalid
            } else {
                Error::Revoked
            });
        }
        self.hardware.unmask_line(record.base as u32);
        Ok(())
    }

    /// Take a bit of a claim away; true when all of it is gone.
    #[inline(never)]
    pub(crate) fn unclaim_step(&mut self, grant: u16) -> bool {
        let record = &self.leases.grants[grant as usize];
        match record.kind {
            GrantKind::Interrupt => {
                let line = record.base as usize;
                self.hardware.mask_line(line as u32);
                self.leases.routes[line % LINES] = NIL;
                self.leases.grants[grant as usize].claim = Claim::None;
                return true;
            }
            GrantKind::BusMaster => {
                self.hardware.set_bus_master(record.base, false);
                self.leases.master_count -= 1;
            }
            GrantKind::Mmio | GrantKind::Memory | GrantKind::Config => {
                if !self.unmap_step(grant) {
                    return false;
                }
            }
        }
        self.leases.grants[grant as usize].claim = Claim::None;
        self.leases.delist(grant);
        true
    }
}
