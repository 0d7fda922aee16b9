//! DRAM in two copies: the lines that the CPU's caches hold, and what masters of the bus see.
//!
//! The model is pessimistic: it takes every line for cached. So a store is seen by a device only when its line was
//! cleaned (or written back early, which a mode does at random), and what a device wrote is seen by the CPU only when
//! the line was invalidated afterwards.

use std::hash::{Hash, Hasher};

/// log₂ of a page's bytes.
const PAGE_SHIFT: u32 = 12;
/// Bytes of a page.
pub(crate) const PAGE: usize = 1 << PAGE_SHIFT;
/// log₂ of a line's bytes (C910: 64, XuanTie C910 user manual, chapter 7).
const LINE_SHIFT: u32 = 6;
/// Bytes of a line.
const LINE: usize = 1 << LINE_SHIFT;
/// No frame holds the page.
const NONE: u32 = u32::MAX;

/// One page that was used.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    /// As the CPU sees it.
    pub(crate) lines: [u8; PAGE],
    /// As devices see it; not kept where the machine is coherent.
    pub(crate) memory: [u8; PAGE],
    /// One bit a line: the CPU stored to it since it was last clean.
    dirty: u64,
    /// The page's number from the start of memory.
    page: u32,
    /// Instructions of it were decoded.
    pub(crate) code: bool,
}

/// DRAM. Pages take room when they are first used.
#[derive(Clone, Debug)]
pub struct Memory {
    base: u64,
    size: u64,
    coherent: bool,
    directory: Vec<u32>,
    frames: Vec<Frame>,
}

impl Memory {
    /// Memory that is all zero. `coherent` has one copy.
    ///
    /// # Panics
    /// If base or size are not multiples of a page's 4096 bytes.
    #[must_use]
    pub fn new(base: u64, size: u64, coherent: bool) -> Self {
        assert!(
            (base | size).is_multiple_of(PAGE as u64),
            "memory is whole pages"
        );
        let directory = vec![NONE; (size >> PAGE_SHIFT) as usize];
        Self {
            base,
            size,
            coherent,
            directory,
            frames: Vec::new(),
        }
    }

    /// Whether an address lies in it.
    #[must_use]
    pub fn contains(&self, address: u64) -> bool {
        address.wrapping_sub(self.base) < self.size
    }

    /// First address and bytes.
    #[must_use]
    pub fn range(&self) -> (u64, u64) {
        (self.base, self.size)
    }

    /// The frame of the page at an address, taken into use if it was not.
    pub(crate) fn frame_at(&mut self, address: u64) -> Option<u32> {
        if !self.contains(address) {
            return None;
        }
        let page = (address - self.base) >> PAGE_SHIFT;
        let entry = &mut self.directory[page as usize];
        if *entry == NONE {
            *entry = self.frames.len() as u32;
            self.frames.push(Frame {
                lines: [0; PAGE],
                memory: [0; PAGE],
                dirty: 0,
                page: page as u32,
                code: false,
            });
        }
        Some(*entry)
    }

    #[inline(always)]
    pub(crate) fn frame(&self, index: u32) -> &Frame {
        &self.frames[index as usize]
    }

    #[inline(always)]
    pub(crate) fn frame_mut(&mut self, index: u32) -> &mut Frame {
        &mut self.frames[index as usize]
    }

    /// Reads as the CPU does, at most to the end of the page; nothing outside of memory.
    pub(crate) fn load<const N: usize>(&mut self, address: u64) -> Option<[u8; N]> {
        let frame = self.frame_at(address)?;
        self.frame(frame).load(address as usize % PAGE)
    }

    /// Writes as the CPU does, at most to the end of the page.
    pub(crate) fn store<const N: usize>(&mut self, address: u64, bytes: [u8; N]) -> Option<()> {
        let frame = self.frame_at(address)?;
        self.frame_mut(frame).store(address as usize % PAGE, bytes)
    }

    /// Reads past the caches, as an access through a page that is not cached does. Says whether the CPU's line is
    /// dirty, which makes the two differ.
    pub(crate) fn load_uncached<const N: usize>(
        &mut self,
        address: u64,
    ) -> Option<([u8; N], bool)> {
        let coherent = self.coherent;
        let index = self.frame_at(address)?;
        let frame = self.frame(index);
        let offset = address as usize % PAGE;
        let dirty = frame.dirty >> (offset >> LINE_SHIFT) & 1 != 0 && !coherent;
        let copy = if coherent {
            &frame.lines
        } else {
            &frame.memory
        };
        Some((copy.get(offset..offset + N)?.try_into().ok()?, dirty))
    }

    /// Writes past the caches.
    pub(crate) fn store_uncached<const N: usize>(
        &mut self,
        address: u64,
        bytes: [u8; N],
    ) -> Option<bool> {
        let (_, dirty) = self.load_uncached::<N>(address)?;
        self.write_memory(address, &bytes);
        Some(dirty)
    }

    /// Puts bytes into both copies, as what was there before the image ran; nothing outside of memory.
    pub fn place(&mut self, address: u64, bytes: &[u8]) -> Option<()> {
        self.each_piece(address, bytes.len(), |frame, at, from| {
            let piece = &bytes[from..from + at.len()];
            frame.lines[at.clone()].copy_from_slice(piece);
            frame.memory[at].copy_from_slice(piece);
        })
    }

    /// Reads what the CPU would see, for a debugger.
    pub fn peek(&mut self, address: u64, length: usize) -> Option<Vec<u8>> {
        let mut bytes = vec![0; length];
        self.each_piece(address, length, |frame, at, from| {
            bytes[from..from + at.len()].copy_from_slice(&frame.lines[at]);
        })?;
        Some(bytes)
    }

    /// Reads as a master of the bus does.
    pub fn dma_read(&mut self, address: u64, length: usize) -> Option<Vec<u8>> {
        if self.coherent {
            return self.peek(address, length);
        }
        let mut bytes = vec![0; length];
        self.each_piece(address, length, |frame, at, from| {
            bytes[from..from + at.len()].copy_from_slice(&frame.memory[at]);
        })?;
        Some(bytes)
    }

    /// Writes as a master of the bus does.
    pub fn dma_write(&mut self, address: u64, bytes: &[u8]) -> Option<()> {
        self.write_memory(address, bytes)
    }

    fn write_memory(&mut self, address: u64, bytes: &[u8]) -> Option<()> {
        let coherent = self.coherent;
        self.each_piece(address, bytes.len(), |frame, at, from| {
            let piece = &bytes[from..from + at.len()];
            let copy = if coherent {
                &mut frame.lines
            } else {
                &mut frame.memory
            };
            copy[at].copy_from_slice(piece);
        })
    }

    /// Calls for each page's part of a range: the frame, the bytes in it, and where they lie in the range.
    fn each_piece(
        &mut self,
        address: u64,
        length: usize,
        mut work: impl FnMut(&mut Frame, std::ops::Range<usize>, usize),
    ) -> Option<()> {
        let last = address.checked_add((length as u64).max(1) - 1)?;
        if !self.contains(address) || !self.contains(last) {
            return None;
        }
        let mut from = 0;
        while from < length {
            let here = address + from as u64;
            let offset = here as usize % PAGE;
            let count = (PAGE - offset).min(length - from);
            let frame = self.frame_at(here)?;
            work(self.frame_mut(frame), offset..offset + count, from);
            from += count;
        }
        Some(())
    }

    /// Cleans or invalidates, or both, the line of an address.
    pub fn care(&mut self, address: u64, clean: bool, invalidate: bool) {
        if self.coherent {
            return;
        }
        if let Some(frame) = self.frame_at(address) {
            let line = (address as usize % PAGE) >> LINE_SHIFT;
            self.frame_mut(frame).care(line, clean, invalidate);
        }
    }

    /// Cleans or invalidates, or both, every line.
    pub fn care_all(&mut self, clean: bool, invalidate: bool) {
        if !self.coherent {
            for frame in &mut self.frames {
                for line in 0..PAGE / LINE {
                    frame.care(line, clean, invalidate);
                }
            }
        }
    }

    /// Writes one dirty line back, chosen by a number, as a cache may at any time. Its address, if there was one.
    pub fn write_back_some(&mut self, choice: u64) -> Option<u64> {
        let count = self.frames.len();
        let start = choice as usize % count.max(1);
        let found = (0..count)
            .map(|step| (start + step) % count)
            .find(|index| self.frames[*index].dirty != 0)?;
        let base = self.base;
        let frame = &mut self.frames[found];
        let mut line = (choice >> 32) as u32 % 64;
        while frame.dirty >> line & 1 == 0 {
            line = (line + 1) % 64;
        }
        frame.care(line as usize, true, false);
        Some(base + (u64::from(frame.page) << PAGE_SHIFT) + (u64::from(line) << LINE_SHIFT))
    }

    /// Adds what is in memory, in both copies, to a digest.
    pub(crate) fn hash_into(&self, hasher: &mut impl Hasher) {
        for frame in &self.frames {
            (frame.page, frame.dirty, frame.lines, frame.memory).hash(hasher);
        }
    }

    /// Whether the CPU's line of an address has stores that memory lacks.
    pub fn is_dirty(&mut self, address: u64) -> bool {
        let line = (address as usize % PAGE) >> LINE_SHIFT;
        self.frame_at(address)
            .is_some_and(|frame| self.frame(frame).dirty >> line & 1 != 0)
    }
}

impl Frame {
    #[inline(always)]
    pub(crate) fn load<const N: usize>(&self, offset: usize) -> Option<[u8; N]> {
        self.lines.get(offset..offset + N)?.try_into().ok()
    }

    #[inline(always)]
    pub(crate) fn store<const N: usize>(&mut self, offset: usize, bytes: [u8; N]) -> Option<()> {
        self.lines
            .get_mut(offset..offset + N)?
            .copy_from_slice(&bytes);
        self.dirty |= 1 << (offset >> LINE_SHIFT) | 1 << ((offset + N - 1) >> LINE_SHIFT);
        Some(())
    }

    fn care(&mut self, line: usize, clean: bool, invalidate: bool) {
        let bytes = line << LINE_SHIFT..(line + 1) << LINE_SHIFT;
        let dirty = self.dirty >> line & 1 != 0;
        if clean && dirty {
            self.memory[bytes.clone()].copy_from_slice(&self.lines[bytes.clone()]);
        }
        if invalidate {
            self.lines[bytes.clone()].copy_from_slice(&self.memory[bytes]);
        }
        if clean || invalidate {
            self.dirty &= !(1 << line);
        }
    }
}

#[cfg(test)]
mod tests;
