//! Puts an image into memory.

use crate::memory::Memory;
use anyhow::{Context, Result, bail, ensure};
use object::{Architecture, Object, ObjectSection, ObjectSegment, ObjectSymbol};
use std::ops::Range;
use std::path::Path;

/// Loads an ELF file at its physical addresses. Returns its entry.
///
/// # Errors
/// It is no ELF of RV64, or does not lie in memory.
pub fn elf(bytes: &[u8], memory: &mut Memory) -> Result<u64> {
    let file = object::File::parse(bytes).context("the image is no ELF file")?;
    ensure!(
        file.architecture() == Architecture::Riscv64,
        "the image is for {:?}, expected Riscv64",
        file.architecture()
    );
    let object::File::Elf64(elf) = &file else {
        bail!("the image is no ELF file of 64 bits");
    };
    let endian = elf.endian();
    let mut loaded = false;
    for segment in elf.segments() {
        use object::read::elf::ProgramHeader;
        let physical = segment.elf_program_header().p_paddr(endian);
        let data = segment.data()?;
        if data.is_empty() {
            continue;
        }
        raw(data, physical, memory)?;
        loaded = true;
    }
    ensure!(loaded, "the image has nothing to load");
    Ok(file.entry())
}

/// Loads bytes at an address.
///
/// # Errors
/// They do not lie in memory.
pub fn raw(bytes: &[u8], address: u64, memory: &mut Memory) -> Result<()> {
    let (base, size) = memory.range();
    memory.place(address, bytes).with_context(|| {
        format!(
            "{} bytes at {address:#x} do not lie in memory, {size:#x} bytes at {base:#x}",
            bytes.len()
        )
    })
}

/// Makes the program of an ELF file spin wherever it is: each of its instructions becomes a jump to itself.
///
/// # Errors
/// There is no such file, or its instructions do not lie in memory.
pub fn spin(path: &Path, memory: &mut Memory) -> Result<()> {
    /// `c.j .`
    const JUMP: [u8; 2] = [0x01, 0xa0];
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let file = object::File::parse(&*bytes).with_context(|| path.display().to_string())?;
    let text = file.section_by_name(".text");
    let text = text.with_context(|| format!("{} has no instructions", path.display()))?;
    raw(
        &JUMP.repeat(text.size() as usize / 2),
        text.address(),
        memory,
    )
}

/// Where a function of an ELF file lies.
///
/// # Errors
/// There is no such file, or no such function in it.
pub fn function(path: &Path, name: &str) -> Result<Range<u64>> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let file = object::File::parse(&*bytes).with_context(|| path.display().to_string())?;
    let symbol = file.symbols().find(|symbol| symbol.name() == Ok(name));
    let symbol = symbol.with_context(|| format!("{} has no function {name}", path.display()))?;
    Ok(symbol.address()..symbol.address() + symbol.size())
}
