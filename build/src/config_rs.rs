//! The kernel's tables, as Rust source that the kernel includes.

use crate::arch::Arch;
use crate::elf::Elf;
use crate::pack::{Layout, Packed};
use crate::plan::{Plan, Task};
use anyhow::Result;
use leasehold_abi::label;
use std::fmt::Write;

/// The source: sizes of tables, `CONFIG`, `CHIP`.
///
/// # Errors
/// When a task lacks a symbol of its own linker script.
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
            "PAGE_TABLES",
            "Page tables in store.",
            tables.page_tables as usize,
        ),
    ] {
        writeln!(out, "/// {doc}\npub const {name}: usize = {value};")?;
    }
    writeln!(out, "/// The chip's constants.")?;
    writeln!(
        out,
        "pub const CHIP: leasehold_chips::ChipConfig = leasehold_chips::ChipConfig {{"
    )?;
    let ticks = plan.chip.chip.ticks_per_second;
    writeln!(out, "    ticks_per_second: {ticks},")?;
    for (name, value) in &plan.chip.kernel {
        writeln!(out, "    {}: {value:#x},", name.replace('-', "_"))?;
    }
    writeln!(out, "}};")?;
    writeln!(out, "/// Tasks and resources.")?;
    writeln!(
        out,
        "pub static CONFIG: leasehold_core::Config = leasehold_core::Config {{"
    )?;
    writeln!(out, "    ticks_per_second: {ticks},\n    tasks: &[")?;
    for ((task, packed), elf) in plan.tasks.iter().zip(&layout.tasks).zip(elves) {
        write_task(&mut out, plan, arch, (task, packed, elf))?;
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

fn write_task(
    out: &mut String,
    plan: &Plan,
    arch: Arch,
    (task, packed, elf): (&Task, &Packed, &Elf),
) -> Result<()> {
    let place = packed.place;
    let [text, constants, data] = packed.lengths;
    let stack_end = place.data + task.stack;
    let (data_start, data_end) = (elf.symbol("__data_start")?, elf.symbol("__data_end")?);
    let region_end = place.data + data;
    let ticks = u64::from(task.release_ms) * plan.chip.chip.ticks_per_second / 1000;
    writeln!(out, "        leasehold_core::TaskConfig {{")?;
    writeln!(out, "            name: {:?},", task.name)?;
    writeln!(out, "            entry: {:#x},", elf.entry)?;
    writeln!(out, "            stack_top: {stack_end:#x},")?;
    writeln!(
        out,
        "            guard: ({:#x}, {:#x}),",
        packed.guard.base, packed.guard.size
    )?;
    writeln!(out, "            regions: &[")?;
    for (base, length, kind) in [
        (place.text, text, "Text"),
        (place.constants, constants, "Constants"),
        (place.data, data, "Data"),
    ] {
        if length > 0 {
            writeln!(
                out,
                "                leasehold_core::Region {{ base: {base:#x}, length: {length:#x}, \
                 kind: leasehold_core::RegionKind::{kind} }},"
            )?;
        }
    }
    writeln!(out, "            ],")?;
    let source = elf.symbol("__data_load")?;
    writeln!(
        out,
        "            data: ({source:#x}, {data_start:#x}, {:#x}),",
        data_end - data_start
    )?;
    let zero = [
        (place.data, data_start - place.data),
        (data_end, region_end - data_end),
    ];
    let zero = zero.iter().filter(|(_, length)| *length > 0);
    let zero: Vec<String> = zero
        .map(|(base, length)| format!("({base:#x}, {length:#x})"))
        .collect();
    writeln!(out, "            zero: &[{}],", zero.join(", "))?;
    let arena = elf.symbol("__arena_start")?;
    writeln!(
        out,
        "            arena: ({arena:#x}, {:#x}),",
        arch.round(task.arena)
    )?;
    let checked = (elf.symbol("__checked_start")?, elf.symbol("__checked_end")?);
    writeln!(
        out,
        "            checked: ({:#x}, {:#x}),",
        checked.0, checked.1
    )?;
    for (name, set) in [
        ("calls", task.calls),
        ("notifies", task.notifies),
        ("lends", task.lends),
    ] {
        writeln!(out, "            {name}: {set:#x},")?;
    }
    writeln!(out, "            release_ticks: {ticks},")?;
    writeln!(out, "            autostart: {},", task.autostart)?;
    writeln!(out, "        }},")?;
    Ok(())
}
