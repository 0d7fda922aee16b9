//! Claims: a window is mapped, a line routed, bus mastering turned on; and the way back.
//!
//! What takes more than a step goes on in the reaper, as [`Operation`] keeps.

use super::operation::{Operation, Phase};
use crate::schedule::bit;
use crate::{Context, Hardware, Kernel};
use leasehold_abi::arguments::GrantClaim;
use leasehold_abi::{Arguments, Claim, Error, GrantKind, LeaseState, Notifications, Registers};

impl<H: Hardware, const T: usize, const L: usize, const G: usize, const B: u32>
    Kernel<H, T, L, G, B>
{
    /// [`Call::GrantClaim`](leasehold_abi::Call::GrantClaim). None: it goes on in the reaper,
    /// which answers.
    ///
    /// `Busy` when the grant is claimed already, another claim is in the way, or the task sees something else
    /// where it would see the window; `Denied` without the right to read; `Invalid` for a mode, bits or range that
    /// cannot be.
    pub(crate) fn grant_claim(&mut self, registers: Registers) -> Option<Result<usize, Error>> {
        match self.begin_claim(registers) {
            Ok(None) => {
                let result = self.scan_step(self.current);
                self.went_on(self.current, result)
            }
            Ok(Some(base)) => Some(Ok(base)),
            Err(error) => Some(Err(error)),
        }
    }

    fn begin_claim(&mut self, registers: Registers) -> Result<Option<usize>, Error> {
        let GrantClaim {
            lease,
            grant,
            mode,
            bits,
        } = Arguments::from_registers(registers);
        let slot = self.held(lease)?;
        let grant = self.leases.grant(slot, grant)?;
        let record = &self.leases.grants[grant as usize];
        if record.claim != Claim::None {
            return Err(Error::Busy);
        }
        match record.kind {
            GrantKind::Interrupt => self
                .claim_line(slot, grant, Notifications::from_register(bits))
                .map(Some),
            GrantKind::BusMaster => self.claim_bus_master(grant).map(Some),
            GrantKind::Mmio | GrantKind::Memory | GrantKind::Config => {
                let claim = match mode {
                    0 => Claim::Shared,
                    1 => Claim::Exclusive,
                    _ => return Err(Error::Invalid),
                };
                self.check_place(grant)?;
                self.tasks[self.current].operation = Operation {
                    phase: Phase::Scan,
                    claim,
                    lease: lease as u32,
                    grant,
                    ..Operation::NONE
                };
                self.begin_scan(self.current);
                Ok(None)
            }
        }
    }

    /// Go on with a task's operation for a step. None: there is more to do, in the reaper.
    #[inline(never)]
    fn operate(&mut self, task: usize) -> Option<Result<usize, Error>> {
        let result = self.advance(task);
        self.went_on(task, result)
    }

    /// A step of a task's operation was done.
    #[inline(always)]
    fn went_on(
        &mut self,
        task: usize,
        result: Option<Result<usize, Error>>,
    ) -> Option<Result<usize, Error>> {
        if result.is_some() {
            self.tasks[task].operation.phase = Phase::None;
            self.reaper.operating &= !bit(task);
        } else {
            self.reaper.operating |= bit(task);
            self.reaper.queued_by(task);
        }
        result
    }

    /// The reaper's step for a task's operation.
    #[inline(never)]
    pub(crate) fn operation_step(&mut self, task: usize) {
        if self.tasks[task].operation.phase == Phase::Lend {
            self.lending_step(task);
        } else if let Some(result) = self.operate(task) {
            let results = match result {
                Ok(value) => [0, value, 0],
                Err(error) => [error.code(), 0, 0],
            };
            self.tasks[task].context.set_results(results);
        }
    }

    fn advance(&mut self, task: usize) -> Option<Result<usize, Error>> {
        let operation = &mut self.tasks[task].operation;
        let slot = match self.leases.resolve(operation.lease as usize) {
            Ok(slot) => slot,
            Err(error) => return Some(Err(error)),
        };
        let active = self.leases.records[slot as usize].state == LeaseState::Active;
        if !active && operation.phase == Phase::Map {
            // Another claim of the same window would take the part for the whole.
            operation.phase = Phase::Unmap;
            operation.outcome = Error::Revoked.code();
        }
        match operation.phase {
            Phase::None | Phase::Lend => Some(Err(Error::Invalid)),
            Phase::Unmap => {
                let (grant, outcome) = (operation.grant, operation.outcome);
                let record = &self.leases.grants[grant as usize];
                if record.claim != Claim::None && !self.unclaim_step(grant) {
                    return None;
                }
                Some(match Error::from_code(outcome) {
                    Some(error) => Err(error),
                    None => Ok(0),
                })
            }
            _ if !active => Some(Err(Error::Revoked)),
            Phase::Scan => self.scan_step(task),
            Phase::Map => {
                let grant = operation.grant;
                let window = self.window(grant);
                self.map_step(task, window)
            }
        }
    }

    /// [`Call::GrantUnclaim`](leasehold_abi::Call::GrantUnclaim). `Invalid` when it is not claimed.
    pub(crate) fn grant_unclaim(
        &mut self,
        lease: usize,
        index: usize,
    ) -> Option<Result<usize, Error>> {
        let grant = self
            .held_or_ending(lease)
            .and_then(|slot| self.leases.grant(slot, index));
        match grant {
            Err(error) => Some(Err(error)),
            Ok(grant) if self.leases.grants[grant as usize].claim == Claim::None => {
                Some(Err(Error::Invalid))
            }
            Ok(grant) => {
                self.tasks[self.current].operation = Operation {
                    phase: Phase::Unmap,
                    lease: lease as u32,
                    grant,
                    ..Operation::NONE
                };
                self.operate(self.current)
            }
        }
    }

    /// Take a bit of a claim away; true when all of it is gone.
    #[inline(never)]
    pub(super) fn unclaim_step(&mut self, grant: u16) -> bool {
        match self.leases.grants[grant as usize].kind {
            GrantKind::Mmio | GrantKind::Memory | GrantKind::Config => {
                if H::unmapped_at_once(self.leases.grants[grant as usize].note) {
                    self.unmap_at_once(grant)
                } else {
                    self.unmap_slowly(grant)
                }
            }
            GrantKind::Interrupt => self.unclaim_line(grant),
            GrantKind::BusMaster => self.unclaim_bus_master(grant),
        }
    }
}
