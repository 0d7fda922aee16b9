//! Machines with an image in them, ready to run.

use crate::board::th1520::{Options, Th1520};
use crate::board::virt::Virt;
use crate::cpu::{Rules, extended};
use crate::device_tree::{Description, encode};
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

/// Where the board's firmware enters a kernel: U-Boot's `booti` runs an image there.
pub const ENTRY: u64 = 0x20_0000;
/// Where U-Boot puts the device tree (`fdt_addr_r` of include/configs/light-c910.h).
pub const DEVICE_TREE: u64 = 0x380_0000;

/// A TH1520 whose firmware enters an image: an ELF file, or a flat one for [`ENTRY`], with a device tree, or the
/// board's usual one.
///
/// # Errors
/// The image is none, or does not fit.
pub fn th1520(
    image: &[u8],
    device_tree: Option<&[u8]>,
    options: Options,
    chain: Chain,
) -> Result<Machine<Th1520>> {
    let (mut machine, entry) = loaded(image, device_tree, options, chain)?;
    machine.enter(entry, DEVICE_TREE);
    Ok(machine)
}

/// The same, below an OpenSBI of the kind `fw_dynamic` that runs in machine mode.
///
/// # Errors
/// Image or firmware is none, or does not fit.
pub fn th1520_below(
    firmware: &[u8],
    image: &[u8],
    device_tree: Option<&[u8]>,
    options: Options,
) -> Result<Machine<Th1520>> {
    let chain = Chain::Mainline;
    let usual = encode(&Description {
        has_devices: true,
        ..Description::lichee_pi_4a(options.memory, chain.memory())
    });
    let tree = device_tree.unwrap_or(&usual);
    let (mut machine, entry) = loaded(image, Some(tree), options, chain)?;
    machine.enter_firmware((firmware, chain.memory().0), entry, DEVICE_TREE)?;
    Ok(machine)
}

/// A machine with image and device tree in its memory, and where the image begins.
fn loaded(
    image: &[u8],
    device_tree: Option<&[u8]>,
    options: Options,
    chain: Chain,
) -> Result<(Machine<Th1520>, u64)> {
    let mut memory = Memory::new(0, options.memory, false);
    let entry = if image.starts_with(b"\x7fELF") {
        load::elf(image, &mut memory)?
    } else {
        load::raw(image, ENTRY, &mut memory)?;
        ENTRY
    };
    let usual = encode(&Description::lichee_pi_4a(options.memory, chain.memory()));
    load::raw(device_tree.unwrap_or(&usual), DEVICE_TREE, &mut memory)?;
    let mut rules = Rules::c910();
    if !options.attributes {
        rules.extended_status &= !extended::ATTRIBUTES;
    }
    let machine = Machine::new(Th1520::new(options), memory, rules, chain);
    Ok((machine, entry))
}
