//! The regions of every task, as the entry code writes them into the memory protection unit.
//!
//! The first three are the task's own memory, the others are for windows. To map or unmap a window is one bounded step.
//! It takes effect at the next switch to the task.

use crate::RegisterFile;
use crate::region::{Cover, Encoding, Memory, Span, of_region, of_window};
use leasehold_abi::Error;
use leasehold_arch_common::Protection;
use leasehold_core::{Region, Window};

/// Regions of a task's own memory.
const OWN: usize = 3;

/// What is mapped for one task.
#[derive(Debug)]
struct Space<E, const R: usize> {
    image: [E; R],
    /// Those of the regions for windows that a window has: bit 0 for the first.
    used: u32,
}

/// The tables of `T` tasks, for a unit with `R` regions, of which `W` are for windows.
#[derive(Debug)]
pub struct Tables<E, const T: usize, const R: usize, const W: usize> {
    spaces: [Space<E, R>; T],
}

impl<E: Encoding, const T: usize, const R: usize, const W: usize> Tables<E, T, R, W> {
    const FITS: () = assert!(OWN + W == R && W < u32::BITS as usize);
    /// All regions for windows.
    const WINDOWS: u32 = (1 << W) - 1;

    /// The regions of a task, in the order of their numbers.
    pub fn regions(&self, task: usize) -> Option<&[E; R]> {
        self.spaces.get(task).map(|space| &space.image)
    }
}

impl<E: Encoding + 'static, const T: usize, const R: usize, const W: usize> Protection
    for Tables<E, T, R, W>
{
    type Context = RegisterFile;
    type Store = ();

    const STORE: () = ();
    const NEW: Self = Self {
        spaces: [const {
            Space {
                image: [E::UNUSED; R],
                used: 0,
            }
        }; T],
    };
    const GRANULE: usize = Span::UNIT as usize;
    const WINDOW_MASK: usize = u32::MAX as usize;
    const KERNEL_OFFSET: usize = 0;

    fn start(&mut self, (): &'static mut (), tasks: usize) -> Result<(), Error> {
        const { Self::FITS };
        // Without knowing how many there are, the compiler does not write out each store. This runs once.
        let spaces: &mut [Space<E, R>] = &mut self.spaces;
        for space in core::hint::black_box(spaces) {
            for (number, region) in space.image.iter_mut().enumerate() {
                *region = E::UNUSED.numbered(number);
            }
        }
        // A write to a region that does not exist would go to another region.
        #[cfg(target_arch = "arm")]
        if crate::system::protection_regions() < R {
            return Err(Error::Exhausted);
        }
        if tasks > T {
            return Err(Error::Exhausted);
        }
        Ok(())
    }

    /// The kernel is privileged, and may access everything that no region restricts.
    fn map_kernel(&mut self, _: u64, _: u64) {}

    #[expect(unsafe_code, reason = "unsafe to call; does nothing unsafe")]
    unsafe fn finish(&mut self) {
        #[cfg(target_arch = "arm")]
        crate::system::enable_protection(R);
    }

    fn space(&self, task: usize) -> usize {
        self.spaces
            .get(task)
            .map_or(0, |space| space.image.as_ptr() as usize)
    }

    fn map_own(&mut self, task: usize, regions: &[Region]) -> Result<(), Error> {
        let image = &mut self.spaces.get_mut(task).ok_or(Error::Exhausted)?.image;
        if regions.len() > OWN {
            return Err(Error::Exhausted);
        }
        for (number, (place, region)) in image.iter_mut().zip(regions).enumerate() {
            let (base, length) = (region.range.base(), region.range.length());
            if length == 0 {
                continue;
            }
            let span = Span::new(base as u64, length as u64).ok_or(Error::Exhausted)?;
            let cover = E::cover(span, of_region(region.kind), Memory::Normal);
            match cover.as_ref().map(|cover| cover.regions()) {
                Some([region]) => *place = region.numbered(number),
                _ => return Err(Error::Exhausted),
            }
        }
        Ok(())
    }

    /// `progress` has a bit for each region that the window gets.
    #[inline]
    fn map_step(
        &mut self,
        task: usize,
        window: Window,
        progress: &mut usize,
    ) -> Result<bool, Error> {
        let span = Span::new(window.base as u64, window.length as u64).ok_or(Error::Exhausted)?;
        let (permission, memory) = of_window(&window);
        let mut cover = Cover::new(E::UNUSED);
        E::cover_by(&mut cover, span, permission, memory).ok_or(Error::Exhausted)?;
        let Space { image, used } = self.spaces.get_mut(task).ok_or(Error::Exhausted)?;
        let mut free = !*used & Self::WINDOWS;
        let regions = cover.regions();
        if (free.count_ones() as usize) < regions.len() {
            return Err(Error::Exhausted);
        }
        let mut taken = 0;
        for region in regions {
            let index = free.trailing_zeros() as usize;
            free &= free.wrapping_sub(1);
            taken |= 1 << index;
            if let Some(place) = image.get_mut(OWN + index) {
                *place = region.numbered(OWN + index);
            }
        }
        *used |= taken;
        *progress = taken as usize;
        Ok(true)
    }

    #[inline]
    fn unmap_at_once(&mut self, task: usize, _: (usize, usize), progress: usize) {
        if let Some(Space { image, used }) = self.spaces.get_mut(task) {
            let mut left = progress as u32;
            *used &= !left;
            while left != 0 {
                let index = left.trailing_zeros() as usize;
                left &= left - 1;
                if let Some(place) = image.get_mut(OWN + index) {
                    *place = E::UNUSED.numbered(OWN + index);
                }
            }
        }
    }

    fn available(&self) -> Option<usize> {
        None
    }
}

#[cfg(test)]
mod tests;
