//! The image: one ELF file at physical addresses, and the same as a flat file.

use crate::arch::Arch;
use crate::elf::Segment;
use anyhow::{Result, ensure};

/// The contents of RAM before the kernel starts, by address.
#[derive(Debug)]
pub(crate) struct Image {
    arch: Arch,
    entry: u64,
    segments: Vec<Segment>,
}

/// Sizes of a file header and of a program header (Tool Interface Standard, ELF-32 and ELF-64).
const HEADERS_32: [usize; 2] = [52, 32];
const HEADERS_64: [usize; 2] = [64, 56];
/// `ELFCLASS32`, `ELFCLASS64`, `ET_EXEC`, `PT_LOAD`, `PF_R | PF_W | PF_X`.
const CLASS_32: u8 = 1;
const CLASS_64: u8 = 2;
const EXECUTABLE: u16 = 2;
const LOAD: u32 = 1;
const ALL_RIGHTS: u32 = 7;

impl Image {
    /// Puts segments together; the program starts at `entry`, a physical address.
    ///
    /// # Errors
    /// When two of them overlap.
    pub(crate) fn new(arch: Arch, entry: u64, mut segments: Vec<Segment>) -> Result<Self> {
        segments.sort_by_key(|segment| segment.physical);
        for pair in segments.windows(2) {
            let end = pair[0].physical + pair[0].bytes.len() as u64;
            ensure!(
                end <= pair[1].physical,
                "two parts of the image overlap at {:#x}",
                pair[1].physical
            );
        }
        Ok(Self {
            arch,
            entry,
            segments,
        })
    }

    /// As an ELF file whose virtual addresses are the physical ones.
    pub(crate) fn to_elf(&self) -> Vec<u8> {
        let wide = self.arch.is_64_bit();
        let (class, [header, program_header]) = if wide {
            (CLASS_64, HEADERS_64)
        } else {
            (CLASS_32, HEADERS_32)
        };
        // An address, an offset or a size.
        let word = |value: u64| value.to_le_bytes()[..if wide { 8 } else { 4 }].to_vec();
        let (machine, flags) = self.arch.elf_machine();
        let mut out = vec![0x7f, b'E', b'L', b'F', class, 1, 1];
        out.resize(16, 0);
        out.extend(EXECUTABLE.to_le_bytes());
        out.extend(machine.to_le_bytes());
        out.extend(1_u32.to_le_bytes());
        for value in [self.entry, header as u64, 0] {
            out.extend(word(value));
        }
        out.extend(flags.to_le_bytes());
        for half in [header, program_header, self.segments.len(), 0, 0, 0] {
            out.extend((half as u16).to_le_bytes());
        }
        let mut offset = (header + program_header * self.segments.len()) as u64;
        for segment in &self.segments {
            let length = segment.bytes.len() as u64;
            let places = [offset, segment.physical, segment.physical, length, length];
            out.extend(LOAD.to_le_bytes());
            // In ELF-64 the flags come before these fields, in ELF-32 before the alignment.
            if wide {
                out.extend(ALL_RIGHTS.to_le_bytes());
            }
            for value in places {
                out.extend(word(value));
            }
            if !wide {
                out.extend(ALL_RIGHTS.to_le_bytes());
            }
            out.extend(word(1));
            offset += length;
        }
        for segment in &self.segments {
            out.extend(&segment.bytes);
        }
        out
    }

    /// As bytes from the first address on, zero between segments.
    pub(crate) fn to_flat(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let first = self.segments.first().map_or(0, |segment| segment.physical);
        for segment in &self.segments {
            out.resize((segment.physical - first) as usize, 0);
            out.extend(&segment.bytes);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::Elf;

    fn segment(physical: u64, bytes: &[u8]) -> Segment {
        Segment {
            physical,
            bytes: bytes.to_vec(),
        }
    }

    #[test]
    fn the_elf_file_has_every_segment_at_its_physical_address() {
        for arch in Arch::ALL {
            let parts = [
                segment(0x8040_0000, b"task"),
                segment(0x8020_0000, b"kernel"),
            ];
            let image = Image::new(arch, 0x8020_0000, parts.to_vec()).unwrap();
            let name = format!("leasehold-image-{}-{}", std::process::id(), arch.name());
            let path = std::env::temp_dir().join(name);
            std::fs::write(&path, image.to_elf()).unwrap();
            let elf = Elf::read(&path).unwrap();
            std::fs::remove_file(&path).unwrap();
            assert_eq!(elf.entry, 0x8020_0000);
            let segments: Vec<(u64, &[u8])> = elf
                .segments
                .iter()
                .map(|segment| (segment.physical, segment.bytes.as_slice()))
                .collect();
            assert_eq!(
                segments,
                [(0x8020_0000, &b"kernel"[..]), (0x8040_0000, &b"task"[..])]
            );
        }
    }

    #[test]
    fn the_flat_file_has_zeros_between_segments() {
        let parts = vec![segment(0x1000, b"ab"), segment(0x1004, b"c")];
        let image = Image::new(Arch::Pmp, 0x1000, parts).unwrap();
        assert_eq!(image.to_flat(), b"ab\0\0c");
    }

    #[test]
    fn segments_that_overlap_are_refused() {
        let parts = vec![segment(0x1000, b"abc"), segment(0x1002, b"c")];
        let error = Image::new(Arch::Sv39, 0, parts).unwrap_err();
        assert_eq!(
            error.to_string(),
            "two parts of the image overlap at 0x1002"
        );
    }
}
