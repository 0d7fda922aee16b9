//! Runs an image in QEMU and in the model at once, instruction by instruction, and compares.
//!
//! QEMU writes its registers to a log before each instruction. What depends on the time or on a device is taken over
//! from there: counters, what a device answers, and when an interrupt comes. Everything else must be the same.

mod log;
pub mod random;
mod rules;

use crate::board::virt::Virt;
use crate::board::{Access, Bus, Refused};
use crate::cpu::{Cpu, Csrs, Exit, Mode, Rules, Trap, cause};
use crate::firmware;
use crate::load;
use crate::memory::Memory;
use anyhow::{Context, Result, bail, ensure};
pub use log::{Program, Qemu, State};
pub use rules::Below;
use std::fmt::{self, Display, Formatter, Write};
use std::path::Path;

/// Instructions that the model may take to come to where QEMU's log begins.
const ALONE: u64 = 10_000_000;

/// Where the kernel's memory ends on that board, and the tasks' begins (chips/virt-rv64/chip.toml).
const TASKS: u64 = 0x8040_0000;
/// What the kernel adds to physical addresses.
const KERNEL: u64 = 0xffff_ffc0_0000_0000;
/// `j .`, with which a program of machine mode ends.
const END: u32 = 0x6f;

/// What was compared.
#[derive(Clone, Copy, Debug, Default)]
pub struct Compared {
    /// Instructions.
    pub instructions: u64,
    /// Traps taken, interrupts among them.
    pub traps: u64,
    /// Interrupts.
    pub interrupts: u64,
}

impl Display for Compared {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let Self {
            instructions,
            traps,
            interrupts,
        } = self;
        write!(
            formatter,
            "{instructions} instructions are the same, {traps} traps, {interrupts} interrupts"
        )
    }
}

/// Devices of the model are not asked: QEMU's answers count.
struct Elsewhere {
    used: bool,
}

impl Bus for Elsewhere {
    fn read(&mut self, _access: &Access) -> Result<u64, Refused> {
        self.used = true;
        Ok(0)
    }

    fn write(&mut self, _access: &Access, _value: u64) -> Result<(), Refused> {
        Ok(())
    }
}

/// Compares at most so many instructions of an image that is in memory. What QEMU does before its first state, the
/// model does alone from `entry`; then QEMU's registers are taken over.
///
/// # Errors
/// The first difference, or QEMU could not run.
pub fn compare(
    qemu: &mut Qemu,
    memory: &mut Memory,
    entry: u64,
    below: Below,
    limit: u64,
) -> Result<Compared> {
    let unlogged = qemu.unlogged();
    let mut cpu = Cpu::new(Rules::virt());
    if below == Below::Firmware {
        cpu.play_firmware_outside();
    }
    let mut bus = Elsewhere { used: false };
    let mut before = qemu.next_state()?.context("QEMU wrote no state")?;
    if below == Below::Firmware {
        firmware::enter(&mut cpu, entry, 0);
    } else {
        cpu.set_pc(entry);
    }
    let mut alone = 0;
    while cpu.pc() != before.pc {
        cpu.run(memory, &mut bus, 1, 0);
        alone += 1;
        ensure!(
            alone < ALONE,
            "the model never came to {:#x}, where QEMU's log begins",
            before.pc
        );
    }
    before.put(
        &mut cpu,
        if below == Below::Firmware {
            Mode::Supervisor
        } else {
            Mode::Machine
        },
    );
    let mut compared = Compared::default();
    while compared.instructions < limit {
        let Some(after) = qemu.next_state()? else {
            break;
        };
        // Asked to stop, QEMU may write a state without executing its instruction.
        let repeated = after == before;
        let instruction = cpu.instruction(memory, &mut bus);
        bus.used = false;
        let mode = cpu.mode();
        if below == Below::Nothing && instruction == Some(END) {
            break;
        }
        let at_once = after.interrupted() && after.trap_pc() == before.pc && after.pc != before.pc;
        if !at_once {
            let (_, exit) = cpu.run(memory, &mut bus, 1, 0);
            if let Exit::Firmware(trap) = exit {
                hand_on(&mut cpu, trap, &after);
            }
            let mut alone = 0;
            while unlogged.contains(&cpu.pc()) {
                cpu.run(memory, &mut bus, 1, 0);
                alone += 1;
                ensure!(
                    alone < ALONE,
                    "the model never left {:#x}, which QEMU does not log",
                    cpu.pc()
                );
            }
            // A fetch that faults is no instruction that QEMU writes a state for.
            if after.fetch_faulted_at(cpu.pc())
                && let (_, Exit::Firmware(trap)) = cpu.run(memory, &mut bus, 1, 0)
            {
                hand_on(&mut cpu, trap, &after);
            }
            if instruction.is_some_and(is_volatile) || bus.used {
                let rd = instruction.unwrap_or(0) as usize >> 7 & 31;
                let rd = if bus.used {
                    load_destination(instruction.unwrap_or(0))
                } else {
                    rd
                };
                cpu.set_register(rd, after.x[rd]);
            }
        }
        let was_interrupted =
            after.interrupted() && after.pc != cpu.pc() && after.trap_pc() == cpu.pc();
        if was_interrupted {
            compared.interrupts += 1;
            if after.in_machine_mode_trap() {
                bail!("an interrupt of machine mode, which the comparison leaves off");
            }
            cpu.enter_supervisor(Trap {
                cause: after.scause,
                value: 0,
            });
        }
        if instruction.is_some_and(|word| word & 0x7f == 0x2f) {
            // QEMU 7.2 calls the trap of a read-modify-write a load's; the specification says a store's (volume II,
            // table 3.6).
            let Csrs { mcause, scause, .. } = &mut cpu.csr;
            for (ours, theirs) in [(mcause, after.mcause), (scause, after.scause)] {
                if matches!(
                    *ours,
                    cause::STORE_MISALIGNED | cause::STORE_ACCESS | cause::STORE_PAGE
                ) && theirs + 2 == *ours
                {
                    *ours = theirs;
                }
            }
        }
        if let Some(difference) = after.difference(&cpu, below) {
            if repeated {
                before.put(&mut cpu, mode);
                continue;
            }
            let mut text = format!(
                "after {} instructions, at {:#x}",
                compared.instructions, before.pc
            );
            if let Some(instruction) = instruction {
                write!(text, " ({instruction:#010x})")?;
            }
            write!(text, ": {difference}\nbefore:\n{before}")?;
            bail!(text);
        }
        compared.instructions += 1;
        compared.traps += u64::from(after.pc == after.stvec || after.pc == after.mtvec);
        before = after;
    }
    qemu.stop();
    Ok(compared)
}

/// What the firmware did: it answered a call, or handed the trap on.
fn hand_on(cpu: &mut Cpu, trap: Trap, after: &State) {
    if trap.cause == cause::SUPERVISOR_CALL {
        cpu.set_pc(cpu.pc() + 4);
        cpu.set_register(10, after.x[10]);
        cpu.set_register(11, after.x[11]);
    } else {
        cpu.enter_supervisor(trap);
    }
}

/// Reads of counters and of what is pending.
fn is_volatile(instruction: u32) -> bool {
    let is_csr = instruction & 0x7f == 0x73 && instruction >> 12 & 3 != 0;
    is_csr && matches!(instruction >> 20, 0xc00..=0xc1f | 0xb00..=0xb1f | 0x144 | 0x344)
}

/// The register that a load goes to, compressed or not.
fn load_destination(instruction: u32) -> usize {
    // Quadrants 2 and 3 have it in the same place.
    if instruction & 2 != 0 {
        (instruction >> 7 & 31) as usize
    } else {
        (instruction >> 2 & 7) as usize + 8
    }
}

/// An ELF image that runs in supervisor mode, from where translation is on.
///
/// # Errors
/// The first difference, or something could not run.
pub fn image(program: &Program, path: &Path, limit: u64) -> Result<Compared> {
    let (base, size) = Virt::RAM;
    let mut memory = Memory::new(base, size, true);
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let entry = load::elf(&bytes, &mut memory)?;
    // What lies below is the firmware. What clears memory is very many instructions that are alike.
    let clears = load::function(&path.with_file_name("kernel.elf"), "memset")?;
    let kernel = KERNEL + TASKS - 0x20_0000;
    let ranges = [
        (TASKS, base + size - TASKS),
        (kernel, clears.start - kernel),
        (clears.end, kernel + size - clears.end),
    ];
    let mut qemu = Qemu::start(program, "-kernel", path, &ranges)?;
    qemu.leave_out(clears);
    compare(&mut qemu, &mut memory, entry, Below::Firmware, limit)
}

/// A random program of machine mode.
///
/// # Errors
/// The first difference, or something could not run.
pub fn random_program(program: &Program, seed: u64, count: u32) -> Result<Compared> {
    let bytes = random::program(seed, count);
    let (base, size) = Virt::RAM;
    let mut memory = Memory::new(base, size, true);
    load::raw(&bytes, random::BASE, &mut memory)?;
    let path = std::env::temp_dir().join(format!("th1520-model-{}-{seed}.bin", std::process::id()));
    std::fs::write(&path, &bytes).with_context(|| path.display().to_string())?;
    let compared = Qemu::start(program, "-bios", &path, &[(base, size)]).and_then(|mut qemu| {
        compare(
            &mut qemu,
            &mut memory,
            random::BASE,
            Below::Nothing,
            u64::MAX,
        )
    });
    std::fs::remove_file(&path).with_context(|| path.display().to_string())?;
    compared.with_context(|| format!("random program {seed}"))
}
