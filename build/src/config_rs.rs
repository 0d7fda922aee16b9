//! The kernel's tables, as Rust source that the kernel includes.

use crate::arch::Arch;
use crate::elf::Elf;
use crate::pack::{Layout, Packed};
use crate::plan::{Plan, Task};
use crate::platform::Platform;
use anyhow::{Context, Result, bail, ensure};
use leasehold_abi::{GrantKind, label};
use serde_spanned::Spanned;
use std::fmt::Write;

/// The source: sizes of tables, types of protection and platform, `CHIP`, `CONFIG`.
///
/// # Errors
/// When a task lacks a symbol of its own linker script, or lies above 4 GiB.
pub(crate) fn generate(plan: &Plan, arch: Arch, layout: &Layout, elves: &[Elf]) -> Result<String> {
    let mut out = String::new();
    let tables = &plan.tables;
    writeln!(
        out,
        "// Generated from {} and {}.",
        plan.source.name(),
        plan.chip_source.name()
    )?;
    for (name, doc, value) in [
        ("TASKS", "Tasks of the image.", plan.tasks.len()),
        (
            "FLOATING_TASKS",
            "Those of them that may use floating-point registers.",
            plan.tasks.iter().filter(|task| task.floating_point).count(),
        ),
        (
            "LEASES",
            "Slots of the lease table.",
            tables.leases as usize,
        ),
        (
            "GRANTS",
            "Slots of the grant table.",
            tables.grants as usize,
        ),
        (
            "LINES",
            "Interrupt lines of the chip.",
            lines(plan).context("checked before")?,
        ),
        (
            "GUARD",
            "Bytes of the guard below each task's data, at least.",
            arch.guard() as usize,
        ),
    ] {
        writeln!(out, "/// {doc}\npub const {name}: usize = {value};")?;
    }
    let pci = plan
        .grants
        .iter()
        .any(|grant| grant.kind == GrantKind::Config);
    writeln!(
        out,
        "/// Whether there are PCI functions.\npub const PCI: bool = {pci};"
    )?;
    // Whole lines as far as they are known: each piece that the kernel prints by itself is code.
    writeln!(
        out,
        "/// The kernel's version, and the sizes of the tables.\npub const HELLO: &str = concat!(\"leasehold \", \
         env!(\"CARGO_PKG_VERSION\"), \": {} tasks, {} leases, {} grants\");",
        plan.tasks.len(),
        tables.leases,
        tables.grants
    )?;
    let supervisor = plan.tasks.first().map_or("", |task| &task.name);
    writeln!(
        out,
        "/// The first task runs.\npub const STARTED: &str = {:?};",
        format!("{supervisor} started\n")
    )?;
    if arch.has_pages() {
        writeln!(
            out,
            "/// The kernel's first address, physical.\npub const KERNEL: usize = {:#x};",
            plan.chip.memory.kernel.get_ref().base
        )?;
    }
    writeln!(
        out,
        "/// The protection hardware.\npub type Protection = {};",
        protection(plan, arch)
    )?;
    write_platform(&mut out, plan)?;
    let ticks = plan.chip.chip.ticks_per_second.get_ref();
    writeln!(
        out,
        "/// The tasks.\npub static TASK_CONFIGS: [leasehold_core::TaskConfig; TASKS] = ["
    )?;
    for ((task, packed), elf) in plan.tasks.iter().zip(&layout.tasks).zip(elves) {
        write_task(&mut out, arch, (task, packed, elf))?;
    }
    writeln!(
        out,
        "];\n/// Tasks and resources.\n\
         pub const CONFIG: leasehold_core::Config<TASKS> = leasehold_core::Config {{\n    \
         ticks_per_second: {ticks},\n    tasks: &TASK_CONFIGS,\n    beginnings: &["
    )?;
    for task in &plan.tasks {
        write_beginning(&mut out, plan, arch, task)?;
    }
    writeln!(out, "    ],\n    grants: &[")?;
    for (index, grant) in plan.grants.iter().enumerate() {
        let pool = layout.pools.iter().find(|(pool, _)| *pool == index);
        let base = pool.map_or(grant.base, |(_, range)| range.base);
        writeln!(out, "        // {index}: {}", grant.name)?;
        writeln!(
            out,
            "        leasehold_core::GrantConfig {{ label: {:#010x}, kind: leasehold_abi::GrantKind::{:?}, \
             base: {base:#x}, length: {:#x}, rights: leasehold_abi::Rights::all() }},",
            label(&grant.name),
            grant.kind,
            grant.length
        )?;
    }
    writeln!(out, "    ],\n}};")?;
    Ok(out)
}

/// How many interrupt lines the chip has, those that are none included.
fn lines(plan: &Plan) -> Option<usize> {
    let kernel = plan.chip.kernel.get_ref();
    let platform = Platform::from_name(kernel.get("platform")?.get_ref().as_str()?)?;
    let lines = kernel.get(platform.lines)?.get_ref().as_integer()?;
    usize::try_from(lines).ok()
}

/// The type of the protection hardware.
fn protection(plan: &Plan, arch: Arch) -> String {
    let tasks = plan.tasks.len();
    match arch {
        Arch::Sv39 => {
            let attributes = platform(plan).and_then(|platform| platform.attributes);
            let attributes = attributes.unwrap_or("Standard");
            format!(
                "leasehold_arch_riscv::Spaces<{}, leasehold_arch_riscv::{attributes}>",
                plan.tables.page_tables
            )
        }
        Arch::Pmp => format!("leasehold_arch_riscv::Pmp<{tasks}>"),
        Arch::PmsaV7 => format!("leasehold_arch_arm::PmsaV7<{tasks}>"),
        Arch::PmsaV8 => format!("leasehold_arch_arm::PmsaV8<{tasks}>"),
    }
}

/// The platform that the chip file names.
fn platform(plan: &Plan) -> Option<&'static Platform> {
    Platform::from_name(plan.platform())
}

/// The type of the platform, and the chip's constants for it.
fn write_platform(out: &mut String, plan: &Plan) -> Result<()> {
    let kernel = plan.chip.kernel.get_ref();
    let value = |key: &str| kernel.get(key).map(Spanned::get_ref);
    let platform = platform(plan).context("checked before")?;
    let module = platform.module();
    writeln!(
        out,
        "/// The rest of the machine.\n\
         pub type Platform = {module}::{};\n\
         /// The chip's constants.\n\
         pub const CHIP: {module}::Config = {module}::Config {{",
        platform.type_name
    )?;
    for field in platform.fields.iter().chain(platform.optional) {
        // The checks have found every field that must be there.
        let number = value(field).and_then(toml::Value::as_integer).unwrap_or(0);
        writeln!(out, "    {}: {number:#x},", field.replace('-', "_"))?;
    }
    Ok(writeln!(out, "}};")?)
}

fn write_task(
    out: &mut String,
    arch: Arch,
    (task, packed, elf): (&Task, &Packed, &Elf),
) -> Result<()> {
    let place = packed.place;
    let [text, constants, data] = packed.lengths;
    let (data_start, data_end) = (elf.symbol("__data_start")?, elf.symbol("__data_end")?);
    let (checked_start, checked_end) =
        (elf.symbol("__checked_start")?, elf.symbol("__checked_end")?);
    ensure!(
        data_start == place.data + task.stack,
        "task `{}`: its initial data begins at {data_start:#x}, not at the end of its stack: something in it has an \
         alignment that the stack's size is no multiple of",
        task.name
    );
    ensure!(
        arch.instruction(elf.entry) == place.text,
        "task `{}` does not start with its first instruction, but at {:#x}",
        task.name,
        elf.entry
    );
    ensure!(
        packed.guard.end() == place.data,
        "task `{}`: its guard does not end where its data begins",
        task.name
    );
    writeln!(out, "        leasehold_core::TaskConfig {{")?;
    writeln!(
        out,
        "            name: leasehold_core::name({:?}),",
        task.name
    )?;
    for (name, set) in [("notifies", task.notifies), ("lends", task.lends)] {
        writeln!(out, "            {name}: {:#x},", set & room(arch))?;
    }
    for (name, address) in [
        ("stack_top", place.data + task.stack),
        ("initial_source", elf.symbol("__data_load")?),
        ("initial_length", data_end - data_start),
    ] {
        let address = narrow(address)?;
        writeln!(out, "            {name}: {address:#x},")?;
    }
    for (name, base, length) in [
        ("text", place.text, text),
        ("constants", place.constants, constants),
        ("data", place.data, data),
        ("arena", elf.symbol("__arena_start")?, task.arena),
    ] {
        narrow(base.saturating_add(length))?;
        writeln!(
            out,
            "            {name}: leasehold_core::Range::new({base:#x}, {length:#x}),"
        )?;
    }
    let checked = [checked_start - place.text, checked_end - checked_start];
    let [offset, length] = checked.map(u16::try_from);
    let (Ok(offset), Ok(length)) = (offset, length) else {
        bail!(
            "task `{}`: its checked accesses end {:#x} bytes behind its first instruction, and the kernel has room for \
             64 KiB",
            task.name,
            checked_end - place.text
        );
    };
    writeln!(out, "            checked: ({offset:#x}, {length:#x}),")?;
    writeln!(out, "        }},")?;
    Ok(())
}

/// What the task's record begins with.
fn write_beginning(out: &mut String, plan: &Plan, arch: Arch, task: &Task) -> Result<()> {
    let ticks = u64::from(task.release_ms) * plan.chip.chip.ticks_per_second.get_ref() / 1000;
    Ok(writeln!(
        out,
        "        // {}\n        leasehold_core::Beginning {{ calls: {:#x}, leases: {}, grants: {}, release_ticks: {ticks}, \
         autostart: {}, floating_point: {} }},",
        task.name,
        task.calls & room(arch),
        task.shares.leases,
        task.shares.grants,
        task.autostart,
        task.floating_point
    )?)
}

/// All tasks that a set of tasks has room for.
const fn room(arch: Arch) -> u64 {
    u64::MAX >> (u64::BITS as usize - arch.most_tasks())
}

/// An address as the kernel keeps it.
fn narrow(address: u64) -> Result<u32> {
    u32::try_from(address).with_context(|| {
        format!("{address:#x}: an image must lie below 4 GiB as a whole, which the checks see to")
    })
}
