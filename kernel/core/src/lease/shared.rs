//! Interrupt lines that several PCI functions share.
//!
//! The pins of PCI functions are wired together: a host bridge has four lines for all of them. So such a line says that
//! one of its functions asserts it, not which. Each function says that itself, in its status register, and a bit of its
//! command register keeps it from asserting (*PCI Local Bus Specification 3.0*, 6.2.2 and 6.2.3).
//!
//! - A function asserts its line only while its grant of the line is claimed. So what a dead driver left behind
//!   disturbs nobody.
//! - While one function alone has its line, the line is masked from an interrupt to its acknowledgement, as any other.
//! - With the second claim the line becomes shared. From then on not the line is masked but the functions that assert
//!   it, each until its own driver acknowledges. So a slow or dead driver delays no other.
//! - When a line comes and no function says that it asserts it, all that could are told and disabled; when none could,
//!   the line stays masked. So each interrupt disables a function or masks the line, and only a driver's step undoes
//!   that: no device holds the kernel up. And while any function can assert the line, the line is not masked.

use super::links::{Links, List, NIL};
use crate::{Hardware, Kernel};
use leasehold_abi::configuration::{COMMAND, FUNCTION, INTERRUPT_DISABLE, INTERRUPT_STATUS};
use leasehold_abi::{Claim, Error, GrantKind, Notifications, TaskState};

/// Set in a line's route when it is shared; the rest is the first grant in the list of its claims. No grant has this
/// bit in its number, so the direct way of an interrupt finds none.
pub(crate) const SHARED: u16 = 1 << 15;

/// Most functions that share a line: a step of the kernel looks at all of them.
const MOST_SHARING: usize = 8;

impl<H: Hardware, const T: usize, const L: usize, const G: usize, const B: u32>
    Kernel<H, T, L, G, B>
{
    /// The grant of configuration space in a lease that is a PCI function's, if the function can be kept from
    /// asserting its line, and is. [`NIL`] if not: its line has room for no other.
    #[cold]
    #[inline(never)]
    pub(super) fn function_of(&self, slot: u16) -> u16 {
        let lease = &self.leases.records[slot as usize];
        let mut grant = lease.first_grant;
        for _ in 0..lease.grants {
            let Some(record) = self.leases.grants.get(grant as usize) else {
                break;
            };
            if record.kind == GrantKind::Config
                && record.length == FUNCTION
                && record.base.is_multiple_of(FUNCTION)
            {
                let command = self.hardware.read_configuration(record.base + COMMAND);
                return if command & INTERRUPT_DISABLE != 0 {
                    grant
                } else {
                    NIL
                };
            }
            grant = record.next;
        }
        NIL
    }

    /// The list of claims of a line that has this route gets one more: the line is shared from now on. Its route then.
    ///
    /// `Busy` when it is another device's alone, `Exhausted` when too many have it.
    #[cold]
    #[inline(never)]
    pub(super) fn share_line(&mut self, route: u16, grant: u16) -> Result<u16, Error> {
        let mut first = route & !SHARED;
        if route & SHARED == 0 {
            first = route;
            if self.function(first) == NIL {
                return Err(Error::Busy);
            }
            self.leases.grants[first as usize].links = Links::NONE;
            // As if it had come: the function's driver is told, and acknowledges. It may do so once more, if the line
            // came before and is still masked.
            self.leases.grants[first as usize].claim = Claim::Shared;
            self.tell(first);
        }
        let (mut count, mut other) = (0, first);
        while let Some(record) = self.leases.grants.get(other as usize) {
            other = record.links.next;
            count += 1;
        }
        if count >= MOST_SHARING {
            return Err(Error::Exhausted);
        }
        self.leases.grants[grant as usize].links = Links {
            next: first,
            previous: NIL,
        };
        self.leases.grants[first as usize].links.previous = grant;
        Ok(SHARED | grant)
    }

    /// A claim of a shared line is over. The line's route then: [`NIL`] when that was the last.
    #[cold]
    #[inline(never)]
    pub(super) fn leave_line(&mut self, route: u16, grant: u16) -> u16 {
        let mut list = List {
            first: route & !SHARED,
            last: NIL,
        };
        list.remove(&mut self.leases.grants, grant);
        match list.is_empty() {
            true => NIL,
            false => SHARED | list.first,
        }
    }

    /// A line came that no grant has alone.
    #[cold]
    #[inline(never)]
    pub(crate) fn take_shared(&mut self, line: u32) {
        let Some(&route) = self.routes.as_ref().get(line as usize) else {
            return;
        };
        let first = route & !SHARED;
        let told = self.tell_sharing(first, INTERRUPT_STATUS) || self.tell_sharing(first, 0);
        if told {
            self.hardware.unmask_line(line);
        }
    }

    /// Disable each function of the list that could assert the line and whose status has these bits, and tell its
    /// driver. Whether there is one.
    #[cold]
    #[inline(never)]
    fn tell_sharing(&mut self, first: u16, status: u32) -> bool {
        let (mut grant, mut told) = (first, false);
        while let Some(record) = self.leases.grants.get(grant as usize) {
            let next = record.links.next;
            let word = self.command(grant);
            if word & INTERRUPT_DISABLE == 0 && word & status == status {
                self.tell(grant);
                told = true;
            }
            grant = next;
        }
        told
    }

    /// The current task acknowledges a shared line: each of its functions on it may assert it again.
    #[cold]
    #[inline(never)]
    pub(super) fn rearm_shared(&mut self, line: usize) {
        let Some(&route) = self.routes.as_ref().get(line) else {
            return;
        };
        let mut grant = route & !SHARED;
        while let Some(record) = self.leases.grants.get(grant as usize) {
            let next = record.links.next;
            if self.leases.grants[grant as usize].claimant as usize == self.current {
                self.allow(grant, true);
                self.hardware.unmask_line(line as u32);
            }
            grant = next;
        }
    }

    /// Keep a function from asserting its line until its driver acknowledges, and tell the driver.
    #[cold]
    #[inline(never)]
    fn tell(&mut self, grant: u16) {
        self.allow(grant, false);
        let grant = &self.leases.grants[grant as usize];
        let (lessee, bits) = (grant.claimant as usize, grant.note);
        let was_ready = self.tasks[lessee].state == TaskState::Ready;
        self.post(lessee, Notifications::from_register(bits));
        let woken = !was_ready && self.tasks[lessee].state == TaskState::Ready;
        if woken && !self.reaper.is_idle() {
            self.reaper.line_woke(lessee);
        }
    }

    /// The grant of the function whose line this claimed one is.
    fn function(&self, grant: u16) -> u16 {
        self.leases.grants[grant as usize].twins.next
    }

    /// Let a claimed line's function assert it, or keep it from that, if it is a function's.
    #[cold]
    #[inline(never)]
    pub(super) fn allow(&mut self, grant: u16, allowed: bool) {
        let Some(function) = self.leases.grants.get(self.function(grant) as usize) else {
            return;
        };
        let at = function.base + COMMAND;
        let word = self.hardware.read_configuration(at);
        let command = if allowed {
            word & !INTERRUPT_DISABLE
        } else {
            word | INTERRUPT_DISABLE
        };
        if command != word {
            // The command alone: a one written to the status clears a bit there.
            self.hardware.write_configuration(at, 2, command & 0xffff);
        }
    }

    /// Command and status of a claimed line's function.
    fn command(&self, grant: u16) -> u32 {
        let function = self.function(grant);
        let base = self.leases.grants[function as usize].base;
        self.hardware.read_configuration(base + COMMAND)
    }
}
