//! Address translation by Sv39, with the C910's rules.
//! Source: The RISC-V Instruction Set Manual, volume II, section 4.3.2 and 4.4; openC910 RTL, ct_mmu_ptw.v (no update
//! of A and D, attributes taken from the leaf alone); Linux arch/riscv/include/asm/pgtable-64.h (the attribute bits).

use super::Cpu;
use super::csr::extended;
use super::purpose::Kind;
use super::status;
use super::tlb::Life;
use super::trap::{Mode, Trap};
use crate::board::Bus;
use crate::memory::Memory;
use crate::violation::Rule;

/// What an access goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Medium {
    /// DRAM through the caches.
    Cached,
    /// DRAM past the caches.
    Uncached,
    /// All that is not DRAM.
    Device,
}

/// A translation without its address.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    pub(crate) medium: Medium,
    pub(crate) life: Life,
}

/// Bits of an entry.
mod bit {
    pub(super) const VALID: u64 = 1;
    pub(super) const READ: u64 = 1 << 1;
    pub(super) const WRITE: u64 = 1 << 2;
    pub(super) const EXECUTE: u64 = 1 << 3;
    pub(super) const USER: u64 = 1 << 4;
    pub(super) const GLOBAL: u64 = 1 << 5;
    pub(super) const ACCESSED: u64 = 1 << 6;
    pub(super) const DIRTY: u64 = 1 << 7;
    /// Bits 63:59 (XTheadMae): strong order, cacheable, bufferable, shareable, secure.
    pub(super) const STRONG_ORDER: u64 = 1 << 63;
    pub(super) const CACHEABLE: u64 = 1 << 62;
    pub(super) const BUFFERABLE: u64 = 1 << 61;
    pub(super) const SHAREABLE: u64 = 1 << 60;
    pub(super) const ATTRIBUTES: u64 = 0x1f << 59;
}

impl Cpu {
    /// The mode whose rights loads and stores have.
    pub(super) fn data_mode(&self) -> Mode {
        if self.mode == Mode::Machine && self.csr.mstatus & status::MPRV != 0 {
            Mode::of(self.csr.mstatus >> status::MPP_SHIFT & 3)
        } else {
            self.mode
        }
    }

    /// Translates an address for an access.
    pub(super) fn translate(
        &mut self,
        address: u64,
        kind: Kind,
        memory: &mut Memory,
        _bus: &mut dyn Bus,
    ) -> Result<(u64, Page), Trap> {
        let mode = if kind == Kind::Fetch {
            self.mode
        } else {
            self.data_mode()
        };
        if mode == Mode::Machine || self.csr.satp >> 60 == 0 {
            let medium = if memory.contains(address) {
                Medium::Cached
            } else {
                Medium::Device
            };
            return Ok((
                address,
                Page {
                    medium,
                    life: Life::default(),
                },
            ));
        }
        let fault = Trap::new(kind.page_fault(), address);
        if (address as i64) << 25 >> 25 != address as i64 {
            return Err(fault);
        }
        let (entry, at, level) = self.walk(address, kind, memory)?;
        if !self.permits(entry, kind, mode) {
            return Err(fault);
        }
        let number = entry >> 10 & 0xfff_ffff_ffff;
        let size = 9 * level;
        if number & ((1 << size) - 1) != 0 {
            return Err(fault);
        }
        let needs = bit::ACCESSED | if kind == Kind::Store { bit::DIRTY } else { 0 };
        if entry & needs != needs {
            if !self.rules.updates_accessed {
                return Err(fault);
            }
            let access = Trap::new(kind.access_fault(), address);
            memory
                .store(at, (entry | needs).to_le_bytes())
                .ok_or(access)?;
        }
        let inside = (1_u64 << (12 + size)) - 1;
        let physical = number << 12 & !inside | address & inside;
        let life = Life {
            asid: (self.csr.satp >> 44) as u16,
            size: size as u8,
            global: entry & bit::GLOBAL != 0,
        };
        let medium = self.medium(entry, physical, address, kind, memory)?;
        Ok((physical, Page { medium, life }))
    }

    /// Where an address lies in memory as the hart is now, whatever the rights of its page; for a debugger.
    pub(crate) fn look_up(&self, address: u64, memory: &mut Memory) -> Option<u64> {
        if self.mode == Mode::Machine || self.csr.satp >> 60 == 0 {
            return Some(address);
        }
        let (entry, _, level) = self.walk(address, Kind::Load, memory).ok()?;
        let inside = (1_u64 << (12 + 9 * level)) - 1;
        Some((entry >> 10 & 0xfff_ffff_ffff) << 12 & !inside | address & inside)
    }

    /// The leaf entry of an address, where it lies, and its level.
    fn walk(&self, address: u64, kind: Kind, memory: &mut Memory) -> Result<(u64, u64, u32), Trap> {
        let fault = Trap::new(kind.page_fault(), address);
        let mut table = (self.csr.satp & 0xfff_ffff_ffff) << 12;
        for level in (0..3).rev() {
            let index = address >> (12 + 9 * level) & 0x1ff;
            let at = table + 8 * index;
            // The walker reads through the data cache.
            let bytes = memory
                .load(at)
                .ok_or(Trap::new(kind.access_fault(), address))?;
            let entry = u64::from_le_bytes(bytes);
            let rights = entry & (bit::READ | bit::WRITE | bit::EXECUTE);
            if entry & bit::VALID == 0 || rights & !bit::EXECUTE == bit::WRITE {
                return Err(fault);
            }
            if !self.rules.thead && entry >> 54 != 0 {
                return Err(fault);
            }
            if rights != 0 {
                return Ok((entry, at, level));
            }
            if entry & (bit::DIRTY | bit::ACCESSED | bit::USER) != 0 {
                return Err(fault);
            }
            let mask = if self.rules.thead {
                0xfff_ffff
            } else {
                0xfff_ffff_ffff
            };
            table = (entry >> 10 & mask) << 12;
        }
        Err(fault)
    }

    fn permits(&self, entry: u64, kind: Kind, mode: Mode) -> bool {
        let for_user = entry & bit::USER != 0;
        let reachable = match mode {
            Mode::User => for_user,
            _ => !for_user || kind != Kind::Fetch && self.csr.mstatus & status::SUM != 0,
        };
        let executable_reads = self.csr.mstatus & status::MXR != 0;
        reachable
            && match kind {
                Kind::Fetch => entry & bit::EXECUTE != 0,
                Kind::Load => {
                    entry & bit::READ != 0 || executable_reads && entry & bit::EXECUTE != 0
                }
                Kind::Store => entry & bit::WRITE != 0,
            }
    }

    /// What the page's attributes and its place make of an access; reports what does not go together.
    fn medium(
        &mut self,
        entry: u64,
        physical: u64,
        address: u64,
        kind: Kind,
        memory: &Memory,
    ) -> Result<Medium, Trap> {
        let is_memory = memory.contains(physical);
        let plain = if is_memory {
            Medium::Cached
        } else {
            Medium::Device
        };
        if !self.rules.thead {
            return Ok(plain);
        }
        if self.csr.mxstatus & extended::ATTRIBUTES == 0 {
            // The entry's bits are not looked at: a table in the core says what is memory.
            if entry & bit::ATTRIBUTES != 0 {
                self.report_page(Rule::AttributesWithoutSupport, address);
            }
            return Ok(plain);
        }
        let strong = entry & bit::STRONG_ORDER != 0;
        let cacheable = entry & bit::CACHEABLE != 0;
        if kind == Kind::Fetch && strong {
            self.report(Rule::FetchFromStrongOrder, address);
            return Err(Trap::new(kind.access_fault(), address));
        }
        let shared = entry & bit::BUFFERABLE != 0 && entry & bit::SHAREABLE != 0;
        if !is_memory {
            if !strong {
                self.report_page(Rule::DeviceWithoutStrongOrder, address);
            }
            return Ok(Medium::Device);
        }
        if strong || !shared {
            self.report_page(Rule::MemoryWithoutCacheable, address);
        }
        Ok(if cacheable && !strong {
            Medium::Cached
        } else {
            Medium::Uncached
        })
    }
}
