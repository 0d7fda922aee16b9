//! The last link of a program, at the place that the packer gives it.

use crate::arch::Arch;
use crate::elf::Elf;
use crate::plan::Task;
use crate::workspace::write_if_changed;
use anyhow::{Context, Result, bail, ensure};
use leasehold_abi::{MAX_BINDINGS, Notifications};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the regions of a task begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RegionStarts {
    /// Instructions.
    pub(crate) text: u64,
    /// Constants, and after them the initial data.
    pub(crate) constants: u64,
    /// Stack, data, lend arena; the guard is below.
    pub(crate) data: u64,
}

/// Sections that a task may have in memory.
const SECTIONS: &[&str] = &[".text", ".rodata", ".data", ".bss", ".arena"];

/// What a task has one of for each of its bindings (`userlib/src/runtime/tables.rs`).
const BINDING_TABLES: [&str; 5] = ["slot", "state", "values", "offers", "hearing"];
/// And for each interrupt line of all of them.
const INTERRUPT_TABLES: [&str; 1] = ["line"];

/// The linker, and where it writes.
#[derive(Debug)]
pub(crate) struct Linker {
    program: PathBuf,
    arch: Arch,
    folder: PathBuf,
}

impl Linker {
    /// A linker that writes programs and scripts into `folder`.
    pub(crate) fn new(program: PathBuf, arch: Arch, folder: PathBuf) -> Self {
        Self {
            program,
            arch,
            folder,
        }
    }

    /// Links `task`, which has so many interrupt lines, at `place`.
    ///
    /// # Errors
    /// When the linker fails, or the task has a section that belongs to none of the kernel's regions.
    pub(crate) fn task(
        &self,
        task: &Task,
        interrupts: usize,
        object: &Path,
        place: RegionStarts,
    ) -> Result<Elf> {
        let name = &task.name;
        let script = self.folder.join(format!("{name}.ld"));
        write_if_changed(&script, &task_script(self.arch, place, task, interrupts))?;
        let elf = self.link(
            &[],
            &script,
            object,
            &self.folder.join(format!("{name}.elf")),
        )?;
        for (section, _, size) in &elf.sections {
            ensure!(
                *size == 0 || SECTIONS.contains(&section.as_str()),
                "task `{name}` has a section `{section}`, for which a task has no region"
            );
        }
        Ok(elf)
    }

    /// Links the kernel by its own script, which puts it at `LOAD`: the physical address `load`. With flash, the script
    /// puts its data at `DATA`.
    ///
    /// # Errors
    /// When the linker fails.
    pub(crate) fn kernel(
        &self,
        script: &Path,
        (load, data): (u64, Option<u64>),
        object: &Path,
    ) -> Result<Elf> {
        let mut symbols = vec![format!("--defsym=LOAD={load:#x}")];
        symbols.extend(data.map(|data| format!("--defsym=DATA={data:#x}")));
        let symbols: Vec<&str> = symbols.iter().map(String::as_str).collect();
        self.link(&symbols, script, object, &self.folder.join("kernel.elf"))
    }

    fn link(&self, symbols: &[&str], script: &Path, object: &Path, to: &Path) -> Result<Elf> {
        let output = Command::new(&self.program)
            .args([
                "-flavor",
                "gnu",
                "-m",
                self.arch.emulation(),
                "--gc-sections",
                "-O2",
            ])
            .args([
                "--no-dynamic-linker",
                "-z",
                "norelro",
                "-z",
                "max-page-size=4096",
                "--nmagic",
                // The debug information of discarded sections must not name address 0, where a kernel may lie.
                "-z",
                "dead-reloc-in-nonalloc=.debug_*=0xffffffffffffffff",
            ])
            // The script may use them, so they come first.
            .args(symbols)
            .args([Path::new("-T"), script, Path::new("-o"), to, object])
            .output()
            .with_context(|| self.program.display().to_string())?;
        if !output.status.success() {
            bail!(
                "cannot link {}:\n{}",
                to.display(),
                String::from_utf8_lossy(&output.stderr).trim()
            );
        }
        Elf::read(to)
    }
}

/// The linker script of a task. Its order is the order of the regions. The initial data lies behind the constants; the
/// kernel copies it from there before each start. A section without content is not loaded. If it had an address after
/// the data, it would overlap whatever lies there.
fn task_script(arch: Arch, place: RegionStarts, task: &Task, interrupts: usize) -> String {
    let (stack, arena) = (task.stack, task.arena);
    let words = |words: &mut dyn Iterator<Item = u32>| -> String {
        words.map(|word| format!("    LONG({word:#x})\n")).collect()
    };
    let limits = task.window_limits.iter();
    let windows = words(&mut limits.flat_map(|limit| [limit.label, limit.id, limit.windows]));
    let peers = words(&mut task.peers.iter().flat_map(|peer| [peer.label, peer.rank]));
    // A table has one item a binding, or a line. The object file has one item, or none where nothing refers to it.
    let bindings = task.binds.len().clamp(1, MAX_BINDINGS);
    let interrupts = interrupts.clamp(1, Notifications::INTERRUPT_COUNT);
    let table = |kind, table, count| {
        format!(
            "    . = ALIGN(16);
    __{table}_table = .;
    *(.bss.{kind}.{table})
    . += {} * (. - __{table}_table);
",
            count - 1
        )
    };
    let tables: String = BINDING_TABLES
        .map(|name| table("bindings", name, bindings))
        .into_iter()
        .chain(INTERRUPT_TABLES.map(|name| table("interrupts", name, interrupts)))
        .collect();
    // Code that only some manifests need: `if_needed!` in `userlib/src/manifest.rs`.
    let others = if bindings > 1 { "another" } else { "none" };
    let limit = if task.window_limits.is_empty() {
        "none"
    } else {
        "manifest"
    };
    let granule = if arena > 0 {
        arch.arena_alignment(arena)
    } else {
        arch.granule()
    };
    let RegionStarts {
        text,
        constants,
        data,
    } = place;
    format!(
        "ENTRY(_start)
PROVIDE(__is_reached_elsewhere = __is_reached_by_{others});
PROVIDE(__window_limit = __window_limit_of_{limit});
SECTIONS {{
  .text {text:#x} : {{
    KEEP(*(.text.start .text._start))
    . = ALIGN(16);
    __checked_start = .;
    *(.text.checked .text.checked.*)
    __checked_end = .;
    *(.text .text.*)
  }}
  .rodata {constants:#x} : {{
    *(.rodata .rodata.* .srodata .srodata.*)
    . = ALIGN(4);
    __bindings = .;
    LONG({bindings})
    __interrupts = .;
    LONG({interrupts})
    __window_limits_start = .;
{windows}    __window_limits_end = .;
    __peers_start = .;
{peers}    __peers_end = .;
    . = ALIGN(16);
  }}
  __data_load = .;
  __stack_start = {data:#x};
  __stack_end = {data:#x} + {stack:#x};
  . = __stack_end;
  .data : AT(__data_load) {{
    __data_start = .;
    *(.data .data.* .sdata .sdata.*)
    . = ALIGN(16);
    __data_end = .;
  }}
  .bss (NOLOAD) : AT(ADDR(.bss)) {{
{tables}    *(.bss .bss.* .sbss .sbss.* COMMON)
  }}
  __data_used_end = .;
  . = ALIGN({granule});
  .arena (NOLOAD) : AT(ADDR(.arena)) {{
    __arena_start = .;
    . += {arena:#x};
    __arena_end = .;
  }}
  /DISCARD/ : {{ *(.eh_frame .eh_frame_hdr .ARM.exidx .ARM.exidx.* .ARM.extab .ARM.extab.* .note.* .llvmbc .llvmcmd) }}
}}
"
    )
}
