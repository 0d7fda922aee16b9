//! Loads, stores and fetches: through the cached translations, or slowly with a walk.

use super::Cpu;
use super::csr::extended;
use super::purpose::Kind;
use super::translate::Medium;
use super::trap::Trap;
use crate::board::{Access, Bus, Refused};
use crate::memory::Memory;
use crate::violation::Rule;

impl Cpu {
    /// A load of `N` bytes.
    #[inline(always)]
    pub(super) fn load<const N: usize>(
        &mut self,
        address: u64,
        memory: &mut Memory,
        bus: &mut dyn Bus,
    ) -> Result<[u8; N], Trap> {
        let entry = self.load_tlb.at(address);
        if entry.key == address >> 12 | self.data_context
            && address & (N as u64 - 1) & self.alignment == 0
            && let Some(bytes) = memory.frame(entry.index).load(address as usize & 0xfff)
        {
            return Ok(bytes);
        }
        self.load_slowly(address, memory, bus)
    }

    /// A store of `N` bytes.
    #[inline(always)]
    pub(super) fn store<const N: usize>(
        &mut self,
        address: u64,
        bytes: [u8; N],
        memory: &mut Memory,
        bus: &mut dyn Bus,
    ) -> Result<(), Trap> {
        let entry = self.store_tlb.at(address);
        if entry.key == address >> 12 | self.data_context
            && address & (N as u64 - 1) & self.alignment == 0
            && memory
                .frame_mut(entry.index)
                .store(address as usize & 0xfff, bytes)
                .is_some()
        {
            return Ok(());
        }
        self.store_slowly(address, bytes, memory, bus)
    }

    #[inline(never)]
    fn load_slowly<const N: usize>(
        &mut self,
        address: u64,
        memory: &mut Memory,
        bus: &mut dyn Bus,
    ) -> Result<[u8; N], Trap> {
        let kind = Kind::Load;
        self.check_alignment(address, N, kind)?;
        if address as usize & 0xfff > 0x1000 - N {
            // Over the end of a page: byte by byte.
            let mut bytes = [0; N];
            for (index, byte) in bytes.iter_mut().enumerate() {
                [*byte] = self.load_slowly::<1>(address.wrapping_add(index as u64), memory, bus)?;
            }
            return Ok(bytes);
        }
        let (physical, page) = self.translate(address, kind, memory, bus)?;
        let fault = Trap::new(kind.access_fault(), address);
        match page.medium {
            Medium::Cached => {
                let frame = memory.frame_at(physical).ok_or(fault)?;
                self.load_tlb
                    .insert(address, self.data_context, frame, page.life);
                memory
                    .frame(frame)
                    .load(physical as usize & 0xfff)
                    .ok_or(fault)
            }
            Medium::Uncached => {
                let (bytes, dirty) = memory.load_uncached(physical).ok_or(fault)?;
                if dirty {
                    self.report(Rule::UncachedAccessToDirtyLine, physical);
                }
                Ok(bytes)
            }
            Medium::Device => {
                let access = self.device_access(physical, N, address, kind)?;
                let value = bus
                    .read(&access)
                    .map_err(|refused| self.refused(refused, fault))?;
                let mut bytes = [0; N];
                bytes.copy_from_slice(&value.to_le_bytes()[..N]);
                Ok(bytes)
            }
        }
    }

    #[inline(never)]
    fn store_slowly<const N: usize>(
        &mut self,
        address: u64,
        bytes: [u8; N],
        memory: &mut Memory,
        bus: &mut dyn Bus,
    ) -> Result<(), Trap> {
        let kind = Kind::Store;
        self.check_alignment(address, N, kind)?;
        if address as usize & 0xfff > 0x1000 - N {
            // Both pages must take the store before any byte is stored.
            let last = address.wrapping_add(N as u64 - 1) & !0xfff;
            self.translate(address, kind, memory, bus)?;
            self.translate(last, kind, memory, bus)?;
            for (index, byte) in bytes.into_iter().enumerate() {
                self.store_slowly(address.wrapping_add(index as u64), [byte], memory, bus)?;
            }
            return Ok(());
        }
        let (physical, page) = self.translate(address, kind, memory, bus)?;
        let fault = Trap::new(kind.access_fault(), address);
        match page.medium {
            Medium::Cached => {
                let index = memory.frame_at(physical).ok_or(fault)?;
                let frame = memory.frame_mut(index);
                if self.rules.coherent_fetch && frame.code {
                    self.code.forget(physical, N);
                } else {
                    self.store_tlb
                        .insert(address, self.data_context, index, page.life);
                }
                frame.store(physical as usize & 0xfff, bytes).ok_or(fault)
            }
            Medium::Uncached => {
                let dirty = memory.store_uncached(physical, bytes).ok_or(fault)?;
                if dirty {
                    self.report(Rule::UncachedAccessToDirtyLine, physical);
                }
                Ok(())
            }
            Medium::Device => {
                let access = self.device_access(physical, N, address, kind)?;
                let mut value = [0; 8];
                value[..N].copy_from_slice(&bytes);
                let value = u64::from_le_bytes(value);
                bus.write(&access, value)
                    .map_err(|refused| self.refused(refused, fault))
            }
        }
    }

    fn check_alignment(&self, address: u64, width: usize, kind: Kind) -> Result<(), Trap> {
        if address & (width as u64 - 1) & self.alignment == 0 {
            Ok(())
        } else {
            Err(Trap::new(kind.misaligned(), address))
        }
    }

    /// An access to a device ends the run, because the device's lines may have changed.
    pub(super) fn device_access(
        &mut self,
        physical: u64,
        width: usize,
        address: u64,
        kind: Kind,
    ) -> Result<Access, Trap> {
        self.limit = 0;
        if !physical.is_multiple_of(width as u64) {
            self.report(Rule::Width, physical);
            return Err(Trap::new(kind.misaligned(), address));
        }
        Ok(Access {
            address: physical,
            width: width as u8,
            pc: self.pc,
            mode: self.data_mode(),
            now: self.now(),
        })
    }

    pub(super) fn refused(&mut self, refused: Refused, fault: Trap) -> Trap {
        if refused == Refused::Hang {
            self.hangs = true;
        }
        fault
    }

    /// Makes the choice of misaligned accesses that `mxstatus` has.
    pub(super) fn choose_alignment(&mut self) {
        let by_hardware = !self.rules.thead || self.csr.mxstatus & extended::MISALIGNED != 0;
        self.alignment = if by_hardware { 0 } else { u64::MAX };
    }
}
