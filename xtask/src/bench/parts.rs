//! What a row is made of: the image runs once more, and QEMU logs each instruction by itself. The instructions between
//! the two readings of the counter that give a row's figure are counted by function.
//!
//! For RISC-V, where a reading is an instruction that nothing else uses.

use super::measure::Measured;
use crate::build::Bootable;
use crate::qemu::{self, Clock, Devices};
use anyhow::{Context, Result, bail, ensure};
use object::{Object, ObjectSection, ObjectSymbol, SectionKind, SymbolKind};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

/// An instruction that faults or is interrupted is logged twice, and so is a load or store of a device register that is
/// not the last of its block: so many more lines than instructions a row may have.
const TWICE: usize = 12;
/// More instructions than any row has.
const LONGEST: usize = 1_000_000;
/// Functions of a row that are shown; the others are summed.
const SHOWN: usize = 14;
/// Rows without two readings: the alarm's moment is computed, and a read is between two others.
const WITHOUT: [&str; 5] = [
    "latency-revoke",
    "latency-wide",
    "latency-restart",
    "mmio-read",
    super::size::ROW,
];

/// The code of an image.
#[derive(Default)]
pub(super) struct Code {
    /// First addresses and names of functions, in order.
    functions: Vec<(u64, String)>,
    /// Where the counter is read.
    readings: BTreeSet<u64>,
}

impl Code {
    /// Of kernel and tasks.
    ///
    /// # Errors
    /// When a program of the image cannot be read.
    pub(super) fn read(bootable: &Bootable) -> Result<Self> {
        let folder = &bootable.built.folder;
        let mut code = Self::default();
        code.add(&fs::read(folder.join("kernel.elf"))?, "kernel")?;
        for task in &bootable.built.plan.tasks {
            let path = folder.join("tasks").join(format!("{}.elf", task.name));
            let bytes = fs::read(&path).with_context(|| path.display().to_string())?;
            code.add(&bytes, &task.name)?;
        }
        code.functions.sort();
        Ok(code)
    }

    fn add(&mut self, elf: &[u8], program: &str) -> Result<()> {
        let file = object::File::parse(elf)?;
        for symbol in file.symbols() {
            let name = symbol.name().unwrap_or_default();
            let kinds = [SymbolKind::Text, SymbolKind::Label, SymbolKind::Unknown];
            if kinds.contains(&symbol.kind()) && !name.starts_with(['.', '$']) && !name.is_empty() {
                let name = format!("{:#}", rustc_demangle::demangle(name));
                let name = format!("{program}: {}", shortened(&name));
                self.functions.push((symbol.address(), name));
            }
        }
        for section in file.sections() {
            if program == "kernel" || section.kind() != SectionKind::Text {
                continue;
            }
            let words = section.data()?.windows(4).enumerate().step_by(2);
            for (offset, word) in words {
                let word = u32::from_le_bytes(word.try_into()?);
                // `rdinstret` into any register (Unprivileged ISA, "Zicntr"; `csrrs` of 0xc02 with `x0`).
                if word & !0xf80 == 0xc020_2073 {
                    self.readings.insert(section.address() + offset as u64);
                }
            }
        }
        Ok(())
    }

    /// Whether the counter is read there.
    pub(super) fn is_reading(&self, address: u64) -> bool {
        self.readings.contains(&address)
    }

    /// The program that an address is of.
    pub(super) fn program(&self, address: u64) -> &str {
        let function = self.function(address);
        function
            .split_once(": ")
            .map_or(function, |(program, _)| program)
    }

    fn function(&self, address: u64) -> &str {
        let after = self
            .functions
            .partition_point(|(first, _)| *first <= address);
        match after.checked_sub(1) {
            Some(index) => &self.functions[index].1,
            None => "firmware",
        }
    }
}

/// A method's name without the type that it is of: nearly all of the kernel's are of one type.
fn shortened(name: &str) -> String {
    let method = name
        .split_once("<impl ")
        .and_then(|(module, rest)| Some((module, rest.split_once(">>::")?.1)));
    let (module, method) = method.unwrap_or(("", name));
    let all = format!("{module}{method}");
    all.strip_prefix("leasehold_core::")
        .unwrap_or(&all)
        .to_owned()
}

/// The address of the instruction in a line of the log: `Trace 0: HOST [FLAGS/ADDRESS/…`.
pub(super) fn address(line: &str) -> Option<u64> {
    let rest = line.strip_prefix("Trace ")?.split_once('/')?.1;
    u64::from_str_radix(rest.split_once('/')?.0, 16).ok()
}

/// Lets an emulator of this release execute each instruction by itself.
pub(super) fn single_steps(command: &mut Command, release: &str) {
    let mut old = ["5.", "6.", "7.", "8.0"].iter();
    if old.any(|old| release.starts_with(old)) {
        command.arg("-singlestep");
    } else {
        command.args(["-accel", "tcg,one-insn-per-tb=on"]);
    }
}

/// Runs the image of `measured` again, and prints what its rows are made of. Most images measure one row after the
/// other; with `mixed`, this one measures all of them in turn.
///
/// # Errors
/// When it cannot be run, or a row is not found.
pub(super) fn print(bootable: &Bootable, measured: &Measured, mixed: bool) -> Result<()> {
    let code = Code::read(bootable)?;
    ensure!(
        !code.readings.is_empty(),
        "only boards with a counter of instructions show parts"
    );
    let rows = measured
        .order
        .iter()
        .map(|key| (key, measured.figures[key]));
    let mut rows: Vec<_> = rows
        .filter(|(key, _)| !WITHOUT.contains(&key.as_str()))
        .collect();
    let emulator = bootable.machine.emulator("release")?;
    let clock = Clock::Instructions(measured.column.shift());
    let mut command = qemu::command(&bootable.built, emulator, clock, Devices::WithoutDisk)?;
    command.args(["-serial", "null", "-monitor", "none"]);
    single_steps(&mut command, &measured.release);
    command.args(["-d", "exec,nochain", "-D", "/dev/stdout"]);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot run QEMU")?;
    let mut log = BufReader::new(child.stdout.take().context("the pipe asked for")?);
    let (mut line, mut since) = (String::new(), None::<Vec<u64>>);
    while !rows.is_empty() {
        line.clear();
        if log.read_line(&mut line)? == 0 {
            break;
        }
        let Some(at) = address(&line) else { continue };
        if !code.readings.contains(&at) {
            // Too long to be a row: not between two readings.
            since = since.filter(|since| since.len() < LONGEST);
            if let Some(since) = &mut since {
                since.push(at);
            }
            continue;
        }
        let lines = since.replace(Vec::new()).unwrap_or_default();
        let awaited = if mixed { rows.len() } else { 1 };
        let found = rows[..awaited].iter().position(|(_, figure)| {
            let figure = *figure as usize;
            (figure..=figure + TWICE).contains(&lines.len())
        });
        if let Some(found) = found {
            let (key, figure) = rows.remove(found);
            println!("{key}: {figure} instructions, {} lines", lines.len());
            show(&code, &lines);
        }
    }
    // It has ended, or nothing more of it is wanted.
    let _ = child.kill();
    child.wait()?;
    match rows.first() {
        None => Ok(()),
        Some((key, _)) => bail!("the steps of `{key}` were not found"),
    }
}

/// The lines by function, those with the most first.
fn show(code: &Code, lines: &[u64]) {
    let mut counts = BTreeMap::new();
    for at in lines {
        *counts.entry(code.function(*at)).or_insert(0) += 1;
    }
    let mut counts: Vec<(usize, &str)> = counts
        .into_iter()
        .map(|(name, count)| (count, name))
        .collect();
    counts.sort_by(|one, other| other.cmp(one));
    for (count, name) in counts.iter().take(SHOWN) {
        println!("  {count:>7}  {name}");
    }
    let rest: usize = counts.iter().skip(SHOWN).map(|(count, _)| count).sum();
    if rest > 0 {
        println!("  {rest:>7}  {} others", counts.len() - SHOWN);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_a_step_is_read() {
        let line = "Trace 0: 0x7f1a5c000100 [00000000/0000000080400d58/00000000/ff000001] \n";
        assert_eq!(address(line), Some(0x8040_0d58));
        assert_eq!(address("Stopped execution of TB chain"), None);
    }

    #[test]
    fn a_method_is_named_without_its_type() {
        let name =
            "leasehold_core::lease::end::<impl leasehold_core::kernel::Kernel<H,_,_>>::end_leases";
        assert_eq!(shortened(name), "lease::end::end_leases");
        assert_eq!(shortened("leasehold_vector"), "leasehold_vector");
    }

    #[test]
    fn an_address_belongs_to_the_function_before_it() {
        let name = |name: &str| name.to_owned();
        let code = Code {
            functions: vec![(0x100, name("one")), (0x200, name("two"))],
            ..Code::default()
        };
        assert_eq!(code.function(0x1fe), "one");
        assert_eq!(code.function(0x200), "two");
        assert_eq!(code.function(0x10), "firmware");
    }
}
