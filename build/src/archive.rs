//! One file that is enough for a debugger: all programs with their symbols, and the files that they were built from.

use crate::arch::Arch;
use crate::elf::Elf;
use crate::image::Image;
use crate::plan::Plan;
use anyhow::{Context, Result};
use std::fmt::Write;

/// What goes in.
#[derive(Debug)]
pub(crate) struct Contents<'a> {
    /// The image.
    pub(crate) image: &'a Image,
    /// The kernel.
    pub(crate) kernel: &'a Elf,
    /// Tasks by rank.
    pub(crate) tasks: &'a [Elf],
    /// The memory report.
    pub(crate) text: &'a str,
    /// The memory map.
    pub(crate) map: &'a str,
    /// The debugger's script.
    pub(crate) script: &'a str,
}

/// The archive, in tar's format. The same contents give the same bytes.
///
/// # Errors
/// When a program is not where it was linked.
pub(crate) fn pack(plan: &Plan, contents: &Contents<'_>) -> Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::new());
    let folder = format!("{}-{}", plan.app, plan.board);
    let mut add = |name: &str, bytes: &[u8]| -> Result<()> {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(0);
        archive
            .append_data(&mut header, format!("{folder}/{name}"), bytes)
            .context("tar")
    };
    add("load.gdb", contents.script.as_bytes())?;
    add("manifest.toml", plan.source.text().as_bytes())?;
    add("chip.toml", plan.chip_source.text().as_bytes())?;
    for source in &plan.alike {
        add(&source.name().replace('/', "-"), source.text().as_bytes())?;
    }
    add("report.txt", contents.text.as_bytes())?;
    add("map.svg", contents.map.as_bytes())?;
    add("image.elf", &contents.image.to_elf())?;
    let read = |elf: &Elf| std::fs::read(&elf.path).with_context(|| elf.path.display().to_string());
    add("kernel.elf", &read(contents.kernel)?)?;
    for (task, elf) in plan.tasks.iter().zip(contents.tasks) {
        add(&format!("tasks/{}.elf", task.name), &read(elf)?)?;
    }
    archive.into_inner().context("tar")
}

/// A script that loads every program's symbols; run the debugger in the folder that has it.
pub(crate) fn debugger_script(plan: &Plan, arch: Arch) -> String {
    let mut script = format!(
        "# Symbols of {} on {}. Tasks are linked where they lie, so no two overlap.\n\
         # Then: target remote :1234\n\
         set confirm off\n\
         set architecture {}\n\
         file kernel.elf\n",
        plan.app,
        plan.board,
        arch.debugger_name()
    );
    for task in &plan.tasks {
        let _ = writeln!(script, "add-symbol-file tasks/{}.elf", task.name);
    }
    script.push_str("set confirm on\n");
    script
}
