//! Volatile access to a block of device registers.

/// Access to registers of 32 bits: the device's, or a model of it.
pub(crate) trait Bus {
    /// Reads 32 bits at `offset` bytes.
    fn read32(&mut self, offset: usize) -> u32;
    /// Writes 32 bits at `offset` bytes.
    fn write32(&mut self, offset: usize, value: u32);
}

/// A block of device registers, at an address that the maker has promised.
#[derive(Debug)]
pub struct Registers(usize);

impl Registers {
    /// # Safety
    /// Every offset that the device's driver uses from `base` must be mapped as that device's register (or,
    /// in a test, be memory of the test), for as long as this lives, and nobody else may rely on their values.
    pub(crate) const unsafe fn new(base: usize) -> Self {
        Self(base)
    }

    /// Reads 8 bits at `offset` bytes.
    #[inline(always)]
    pub(crate) fn read8(&self, offset: usize) -> u8 {
        // SAFETY: `new` promises a register there.
        unsafe { ((self.0 + offset) as *const u8).read_volatile() }
    }

    /// Writes 8 bits at `offset` bytes.
    #[inline(always)]
    pub(crate) fn write8(&mut self, offset: usize, value: u8) {
        // SAFETY: `new` promises a register there.
        unsafe { ((self.0 + offset) as *mut u8).write_volatile(value) }
    }
}

impl Bus for Registers {
    #[inline(always)]
    fn read32(&mut self, offset: usize) -> u32 {
        (&*self).read32(offset)
    }

    #[inline(always)]
    fn write32(&mut self, offset: usize, value: u32) {
        (&*self).write32(offset, value);
    }
}

impl Bus for &Registers {
    #[inline(always)]
    fn read32(&mut self, offset: usize) -> u32 {
        // SAFETY: `new` promises a register there; it is aligned as the device's manual has it.
        unsafe { ((self.0 + offset) as *const u32).read_volatile() }
    }

    #[inline(always)]
    fn write32(&mut self, offset: usize, value: u32) {
        // SAFETY: as for `read32`.
        unsafe { ((self.0 + offset) as *mut u32).write_volatile(value) }
    }
}

/// A block of device registers at a constant address, so that the code need not load the address.
#[derive(Debug)]
pub struct Fixed<const BASE: usize>(());

impl<const BASE: usize> Fixed<BASE> {
    /// # Safety
    /// As for [`Registers::new`].
    pub(crate) const unsafe fn new() -> Self {
        Self(())
    }
}

impl<const BASE: usize> Bus for Fixed<BASE> {
    #[inline(always)]
    fn read32(&mut self, offset: usize) -> u32 {
        (&*self).read32(offset)
    }

    #[inline(always)]
    fn write32(&mut self, offset: usize, value: u32) {
        (&*self).write32(offset, value);
    }
}

impl<const BASE: usize> Bus for &Fixed<BASE> {
    #[inline(always)]
    fn read32(&mut self, offset: usize) -> u32 {
        // SAFETY: `new` promises a register there; it is aligned as the device's manual has it.
        unsafe { ((BASE + offset) as *const u32).read_volatile() }
    }

    #[inline(always)]
    fn write32(&mut self, offset: usize, value: u32) {
        // SAFETY: as for `read32`.
        unsafe { ((BASE + offset) as *mut u32).write_volatile(value) }
    }
}
