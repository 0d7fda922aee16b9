//! Machines with an image in them, ready to run.

use crate::board::virt::Virt;
use crate::cpu::Rules;
use crate::firmware::Chain;
use crate::load;
use crate::machine::Machine;
use crate::memory::Memory;
use anyhow::Result;

/// A board with the places of QEMU's `virt`, and an ELF image that runs in supervisor mode on it.
///
/// # Errors
/// The image is none, or does not fit.
pub fn virt(image: &[u8]) -> Result<Machine<Virt>> {
    let (base, size) = Virt::RAM;
    let mut memory = Memory::new(base, size, true);
    let entry = load::elf(image, &mut memory)?;
    let mut machine = Machine::new(Virt::new(), memory, Rules::virt(), Chain::Qemu);
    machine.enter(entry, 0);
    Ok(machine)
}
