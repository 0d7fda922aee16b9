//! The parts of a linked program that packer and image need: sections, segments, symbols.

use anyhow::{Context, Result};
use object::elf::{FileHeader32, FileHeader64, PT_LOAD, SHF_ALLOC};
use object::read::elf::{ElfFile, FileHeader, ProgramHeader};
use object::{Endianness, FileKind, Object, ObjectSection, ObjectSymbol, SectionFlags, SymbolKind};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A linked program.
#[derive(Debug)]
pub(crate) struct Elf {
    /// Its file.
    pub(crate) path: PathBuf,
    /// The first instruction.
    pub(crate) entry: u64,
    /// Sections that take memory: name, address, size.
    pub(crate) sections: Vec<(String, u64, u64)>,
    /// Their alignments, in the same order.
    alignments: Vec<u64>,
    /// The parts that are loaded from the file.
    pub(crate) segments: Vec<Segment>,
    /// Symbols with addresses.
    symbols: BTreeMap<String, u64>,
    /// Its instructions.
    pub(crate) code: Code,
}

/// The instructions of a linked program.
#[derive(Clone, Debug, Default)]
pub(crate) struct Code {
    /// The address of the first byte.
    pub(crate) address: u64,
    /// All of `.text`.
    pub(crate) bytes: Vec<u8>,
    /// Functions by address, and their names as the linker has them.
    pub(crate) functions: BTreeMap<u64, String>,
    /// The addresses at which instructions (true) or data (false) begin: mapping symbols (ELF for the Arm Architecture,
    /// 5.5.5; RISC-V ELF psABI, "Mapping Symbols").
    pub(crate) marks: BTreeMap<u64, bool>,
}

impl Code {
    fn of<'data>(file: &impl Object<'data>) -> Result<Self> {
        let Some(section) = file.section_by_name(".text") else {
            return Ok(Self::default());
        };
        let mut code = Self {
            address: section.address(),
            bytes: section.data()?.to_vec(),
            ..Self::default()
        };
        for symbol in file.symbols() {
            let (name, address) = (symbol.name()?, symbol.address());
            if symbol.section_index() != Some(section.index()) {
                continue;
            }
            if name.starts_with("$d") {
                code.marks.insert(address, false);
            } else if name.starts_with("$x") || name.starts_with("$t") {
                code.marks.insert(address, true);
            } else if symbol.kind() == SymbolKind::Text {
                code.functions.insert(address, name.to_owned());
            }
        }
        Ok(code)
    }
}

/// Bytes to be in memory before the program starts.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    /// The physical address that the linker gave.
    pub(crate) physical: u64,
    /// The bytes in the file.
    pub(crate) bytes: Vec<u8>,
}

impl Elf {
    /// Reads a linked program.
    ///
    /// # Errors
    /// When the file is not there or is no ELF file.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let data = std::fs::read(path).with_context(|| path.display().to_string())?;
        let parsed = match FileKind::parse(data.as_slice()) {
            Ok(FileKind::Elf32) => Self::parse::<FileHeader32<Endianness>>(path, &data),
            _ => Self::parse::<FileHeader64<Endianness>>(path, &data),
        };
        parsed.with_context(|| format!("in {}", path.display()))
    }

    fn parse<Header: FileHeader<Endian = Endianness>>(path: &Path, data: &[u8]) -> Result<Self> {
        let file = ElfFile::<Header>::parse(data)?;
        let allocated = |flags| matches!(flags, SectionFlags::Elf { sh_flags, .. } if sh_flags & SHF_ALLOC == SHF_ALLOC);
        let (mut sections, mut alignments) = (Vec::new(), Vec::new());
        for section in file.sections().filter(|section| allocated(section.flags())) {
            sections.push((
                section.name()?.to_owned(),
                section.address(),
                section.size(),
            ));
            alignments.push(section.align());
        }
        let header = file.elf_header();
        let endian = file.endian();
        let mut segments = Vec::new();
        for segment in header.program_headers(endian, data)? {
            let size: u64 = segment.p_filesz(endian).into();
            if segment.p_type(endian) == PT_LOAD && size > 0 {
                let bytes = segment
                    .data(endian, data)
                    .ok()
                    .context("a segment outside the file")?;
                segments.push(Segment {
                    physical: segment.p_paddr(endian).into(),
                    bytes: bytes.to_vec(),
                });
            }
        }
        let symbols = file
            .symbols()
            .filter_map(|symbol| Some((symbol.name().ok()?.to_owned(), symbol.address())))
            .collect();
        let code = Code::of(&file)?;
        Ok(Self {
            path: path.to_owned(),
            code,
            entry: file.entry(),
            sections,
            alignments,
            segments,
            symbols,
        })
    }

    /// Address and size of a section; 0 and 0 when it is not there.
    pub(crate) fn section(&self, name: &str) -> (u64, u64) {
        self.sections
            .iter()
            .find(|section| section.0 == name)
            .map_or((0, 0), |section| (section.1, section.2))
    }

    /// The largest alignment of these sections; 1 if there are none.
    pub(crate) fn alignment(&self, names: &[&str]) -> u64 {
        let sections = self.sections.iter().zip(&self.alignments);
        sections
            .filter(|((name, _, size), _)| *size > 0 && names.contains(&name.as_str()))
            .map(|(_, alignment)| *alignment)
            .fold(1, u64::max)
    }

    /// Address of a symbol.
    ///
    /// # Errors
    /// When there is none of that name.
    pub(crate) fn symbol(&self, name: &str) -> Result<u64> {
        self.symbols
            .get(name)
            .copied()
            .with_context(|| format!("{} has no symbol `{name}`", self.path.display()))
    }
}
