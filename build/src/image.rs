//! The image: one ELF file at physical addresses, and the same as a flat file.

use crate::elf::Segment;
use anyhow::{Result, ensure};

/// What goes into RAM before the kernel starts, by address.
#[derive(Debug)]
pub(crate) struct Image {
    entry: u64,
    segments: Vec<Segment>,
}

/// Sizes of an ELF64 file header and of a program header (Tool Interface Standard, ELF-64).
const HEADER: usize = 64;
const PROGRAM_HEADER: usize = 56;
/// `ET_EXEC`, `EM_RISCV`, `PT_LOAD`, `PF_R | PF_W | PF_X`.
const EXECUTABLE: u16 = 2;
const RISCV: u16 = 243;
const LOAD: u32 = 1;
const ALL_RIGHTS: u32 = 7;

impl Image {
    /// Puts segments together; the program starts at `entry`, a physical address.
    ///
    /// # Errors
    /// When two of them overlap.
    pub(crate) fn new(entry: u64, mut segments: Vec<Segment>) -> Result<Self> {
        segments.sort_by_key(|segment| segment.physical);
        for pair in segments.windows(2) {
            let end = pair[0].physical + pair[0].bytes.len() as u64;
            ensure!(
                end <= pair[1].physical,
                "two parts of the image overlap at {:#x}",
                pair[1].physical
            );
        }
        Ok(Self { entry, segments })
    }

    /// As an ELF file whose virtual addresses are the physical ones.
    pub(crate) fn to_elf(&self) -> Vec<u8> {
        let mut out = vec![0x7f, b'E', b'L', b'F', 2, 1, 1];
        out.resize(16, 0);
        out.extend(EXECUTABLE.to_le_bytes());
        out.extend(RISCV.to_le_bytes());
        out.extend(1_u32.to_le_bytes());
        out.extend(self.entry.to_le_bytes());
        out.extend((HEADER as u64).to_le_bytes());
        out.extend(0_u64.to_le_bytes());
        out.extend(0_u32.to_le_bytes());
        for half in [HEADER, PROGRAM_HEADER, self.segments.len(), 64, 0, 0] {
            out.extend((half as u16).to_le_bytes());
        }
        let mut offset = (HEADER + PROGRAM_HEADER * self.segments.len()) as u64;
        for segment in &self.segments {
            let length = segment.bytes.len() as u64;
            out.extend(LOAD.to_le_bytes());
            out.extend(ALL_RIGHTS.to_le_bytes());
            for word in [
                offset,
                segment.physical,
                segment.physical,
                length,
                length,
                1,
            ] {
                out.extend(word.to_le_bytes());
            }
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
        let image = Image::new(
            0x8020_0000,
            vec![
                segment(0x8040_0000, b"task"),
                segment(0x8020_0000, b"kernel"),
            ],
        )
        .unwrap();
        let path = std::env::temp_dir().join(format!("leasehold-image-{}", std::process::id()));
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

    #[test]
    fn the_flat_file_has_zeros_between_segments() {
        let image =
            Image::new(0x1000, vec![segment(0x1000, b"ab"), segment(0x1004, b"c")]).unwrap();
        assert_eq!(image.to_flat(), b"ab\0\0c");
    }

    #[test]
    fn segments_that_overlap_are_refused() {
        let error =
            Image::new(0, vec![segment(0x1000, b"abc"), segment(0x1002, b"c")]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "two parts of the image overlap at 0x1002"
        );
    }
}
