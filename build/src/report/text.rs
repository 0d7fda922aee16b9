//! The memory report as text.

use super::functions::functions;
use super::{Facts, Memory, bytes};
use crate::pack::Owner;
use std::fmt::Write;

/// The report.
///
/// # Errors
/// Never in practice: writing to a string.
pub(crate) fn text(facts: &Facts<'_>) -> Result<String, std::fmt::Error> {
    let mut out = String::new();
    writeln!(out, "Memory of {} on {}", facts.plan.app, facts.plan.board)?;
    for memory in facts.memories() {
        map(&mut out, facts, &memory)?;
    }
    kernel(&mut out, facts)?;
    tasks(&mut out, facts)?;
    stacks(&mut out, facts)?;
    waste(&mut out, facts)?;
    functions(&mut out, facts)?;
    Ok(out)
}

/// What lies where in one memory.
fn map(out: &mut String, facts: &Facts<'_>, memory: &Memory) -> std::fmt::Result {
    let Memory {
        name,
        all,
        room,
        kernel_end,
        end,
    } = *memory;
    writeln!(
        out,
        "{name} {:#x}..{:#x}, {}; {} in use\n",
        all.base,
        all.end(),
        bytes(all.size),
        bytes(memory.used())
    )?;
    let firmware = facts.plan.chip.memory.firmware.as_ref();
    let firmware = firmware.map(|firmware| *firmware.get_ref());
    if let Some(firmware) = firmware.filter(|firmware| all.contains(firmware)) {
        line(out, firmware.base, firmware.size, "firmware")?;
    }
    line(out, room.base, kernel_end - room.base, "kernel")?;
    line(
        out,
        kernel_end,
        room.end() - kernel_end,
        "room left to the kernel",
    )?;
    let gaps = facts.layout.gaps(facts.starts());
    let pieces = facts.layout.pieces().into_iter();
    for (owner, range) in pieces.filter(|(_, range)| all.contains(range)) {
        if let Some((_, gap)) = gaps.iter().find(|(_, gap)| gap.end() == range.base) {
            line(
                out,
                gap.base,
                gap.size,
                "unused: the next begins at a multiple of its size",
            )?;
        }
        line(out, range.base, range.size, &facts.name(owner))?;
    }
    line(out, end, all.end() - end, "free")?;
    writeln!(out)
}

fn line(out: &mut String, base: u64, size: u64, what: &str) -> std::fmt::Result {
    writeln!(
        out,
        "  {:#012x}..{:#012x}  {:>10}  {what}",
        base,
        base + size,
        bytes(size)
    )
}

fn kernel(out: &mut String, facts: &Facts<'_>) -> std::fmt::Result {
    let tables = facts.plan.tables;
    writeln!(out, "Kernel: sections in bytes")?;
    for (name, _, size) in facts.kernel.sections.iter().filter(|section| section.2 > 0) {
        writeln!(out, "  {name:<16}{size:>10}")?;
    }
    write!(
        out,
        "  tables: {} tasks, {} leases, {} grants",
        facts.plan.tasks.len(),
        tables.leases,
        tables.grants
    )?;
    match facts.arch.has_pages() {
        true => writeln!(out, ", {} page tables", tables.page_tables)?,
        false => writeln!(out)?,
    }
    if let Some((needed, room)) = facts.kernel_stack {
        writeln!(out, "  stack: at most {needed} bytes of {room}")?;
    }
    Ok(())
}

fn tasks(out: &mut String, facts: &Facts<'_>) -> std::fmt::Result {
    writeln!(out, "\nTasks by rank: parts in bytes")?;
    writeln!(
        out,
        "  rank prio name             {:>9}{:>10}{:>8}{:>9}{:>9}{:>9}{:>9}{:>9}{:>10}",
        "text", "constants", "guard", "stack", "data", "zeroed", "arena", "rounding", "all"
    )?;
    let mut sums = [0; 9];
    for (rank, (task, packed)) in facts.tasks().enumerate() {
        let parts = super::parts(task, packed).map(|(_, size)| size);
        let all = packed.bytes();
        row(
            out,
            &format!("{rank:>4} {:>4} {:<16}", task.priority, task.name),
            &parts,
            all,
        )?;
        for (sum, value) in sums.iter_mut().zip(parts.iter().chain([&all])) {
            *sum += value;
        }
    }
    row(
        out,
        &format!("{:>4} {:>4} {:<16}", "", "", "all"),
        &sums[..8],
        sums[8],
    )?;
    Ok(())
}

/// How far below its stack each task can get before it is stopped, and how many bytes below it contain nothing that it
/// could write.
fn stacks(out: &mut String, facts: &Facts<'_>) -> std::fmt::Result {
    writeln!(
        out,
        "\nBelow the stacks: bytes that a task reaches before it is stopped, and bytes without anything it could write"
    )?;
    writeln!(
        out,
        "  {:<16} {:>9}{:>9}{:>9}  largest frame",
        "name", "stack", "reach", "room"
    )?;
    for (rank, (task, used)) in facts.plan.tasks.iter().zip(facts.stacks).enumerate() {
        let room = facts.layout.room(rank, facts.starts());
        write!(out, "  {:<16} {:>9}", task.name, task.stack)?;
        if task.unchecked_stack {
            writeln!(out, "{:>9}{room:>9}  not checked", "")?;
        } else {
            let (frame, function) = &used.largest;
            writeln!(out, "{:>9}{room:>9}  {frame}, {function}", used.reach)?;
        }
    }
    Ok(())
}

/// How many bytes each task loses because regions have fixed sizes, and how many regions it takes.
fn waste(out: &mut String, facts: &Facts<'_>) -> std::fmt::Result {
    let gaps = facts.layout.gaps(facts.starts());
    let gap_of = |owner| -> u64 {
        let own = gaps.iter().filter(|(of, _)| *of == owner);
        own.map(|(_, gap)| gap.size).sum()
    };
    let unit = facts.arch.unit();
    writeln!(
        out,
        "\nLost to regions that are longer than what they hold, and to places before them that they cannot begin at"
    )?;
    write!(
        out,
        "  {:<16} {:>9}{:>10}{:>9}{:>9}",
        "name", "text", "constants", "data", "before"
    )?;
    match unit {
        Some(_) => writeln!(out, "  entries of the protection unit")?,
        None => writeln!(out)?,
    }
    for (rank, (task, packed)) in facts.tasks().enumerate() {
        let [text, constants, data] = packed.rounding(task.stack, task.arena);
        let before = gap_of(Owner::Task(rank));
        write!(
            out,
            "  {:<16} {text:>9}{constants:>10}{data:>9}{before:>9}",
            task.name
        )?;
        match unit {
            Some(unit) => writeln!(
                out,
                "  {:>2} of {}: {} own, {} windows at most",
                task.entries,
                unit.entries,
                unit.own,
                task.entries - unit.own
            )?,
            None => writeln!(out)?,
        }
    }
    let between: u64 = gaps.iter().map(|(_, gap)| gap.size).sum();
    let used = facts
        .memories()
        .iter()
        .map(|memory| memory.end - memory.room.end())
        .sum::<u64>();
    let share = 100.0 * (facts.waste() + between) as f64 / used.max(1) as f64;
    writeln!(
        out,
        "\nRounding loses {}, places between lose {}: {share:.1} % of {}.",
        bytes(facts.waste()),
        bytes(between),
        bytes(used)
    )
}

fn row(out: &mut String, head: &str, parts: &[u64], all: u64) -> std::fmt::Result {
    let [text, constants, guard, stack, data, zeroed, arena, rounding] = parts else {
        return Err(std::fmt::Error);
    };
    writeln!(
        out,
        "  {head} {text:>9}{constants:>10}{guard:>8}{stack:>9}{data:>9}{zeroed:>9}{arena:>9}{rounding:>9}{all:>10}"
    )
}
