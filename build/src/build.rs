//! The whole way from a checked plan to the output folder.

use crate::arch::Arch;
use crate::elf::{Elf, Segment};
use crate::image::Image;
use crate::initial;
use crate::link::Linker;
use crate::manifest::Range;
use crate::output::Output;
use crate::pack::{self, Layout, Sizes};
use crate::plan::Plan;
use crate::report::{self, Facts, Growth};
use crate::stack::{self, Use};
use crate::workspace::{Workspace, write_if_changed};
use crate::{archive, boot, compile, config_rs, policy_rs};
use anyhow::{Context, Result, ensure};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// After so many rounds of linking the sizes must be stable.
const ROUNDS: usize = 4;

/// The sizes of an image, for the next build to compare with.
const SIZES: &str = "sizes.txt";

/// An image that is in its output folder.
#[derive(Debug)]
pub struct Built {
    /// The plan.
    pub plan: Plan,
    /// The output folder.
    pub folder: PathBuf,
    /// Generated sources: the kernel's configuration and the supervisor's policy.
    pub sources: (PathBuf, PathBuf),
    /// What takes more or less than in the build that was there before, a line each.
    pub changes: Vec<String>,
    /// What was done, and how long it took.
    pub stages: Vec<(&'static str, Duration)>,
}

impl Built {
    /// The image for the emulator.
    pub fn image(&self) -> PathBuf {
        self.folder.join("image.elf")
    }
}

/// Builds an app for a board.
///
/// # Errors
/// Problems in the manifest or the chip file, code that does not compile, tasks that do not fit. Then the output folder
/// is unchanged.
pub fn build(workspace: &Workspace, app: &str, board: &str) -> Result<Built> {
    let mut stages = Stages::default();
    let plan = crate::check(workspace.root(), app, board)?;
    if !plan.warnings.is_empty() {
        eprintln!("{}\n", plan.warnings);
    }
    let arch = Arch::from_name(plan.chip.chip.arch.get_ref()).context("checked before")?;
    let _lock = workspace.lock()?;
    let generated = workspace.generated(app, board);
    let policy = generated.join("policy.rs");
    write_if_changed(&policy, &policy_rs::generate(&plan, arch))?;
    stages.done("check");

    compile::tasks(workspace, &plan, &policy)?;
    stages.done("compile tasks");

    let linker = Linker::new(workspace.linker()?, arch, generated.clone());
    let (layout, tasks, stacks) = place(workspace, &plan, arch, &linker)?;
    stages.done("pack and link tasks");

    let config = generated.join("config.rs");
    write_if_changed(&config, &config_rs::generate(&plan, arch, &layout, &tasks)?)?;
    let object = compile::kernel(workspace, &plan, &config)?;
    let memory = &plan.chip.memory;
    let (load, data) = (memory.kernel.get_ref().base, memory.kernel_data.as_ref());
    let script = workspace.root().join(arch.kernel_script(data.is_some()));
    let data = data.map(|data| data.get_ref().base);
    let kernel = linker.kernel(&script, (load, data), &object)?;
    let kernel_segments = kernel_segments(arch, &kernel, data.is_some())?;
    let kernel_ends = check_kernel(&plan, arch, &kernel, &kernel_segments)?;
    let kernel_stack = stack::kernel(arch, &kernel)?;
    stages.done("compile and link kernel");

    let image = image(&plan, arch, kernel_segments, &tasks)?;
    let facts = Facts {
        plan: &plan,
        arch,
        layout: &layout,
        stacks: &stacks,
        programs: &tasks,
        kernel: &kernel,
        kernel_ends,
        kernel_stack,
    };
    let folder = workspace.output(app, board);
    let sizes = Growth::of(&facts);
    // Without a build before this one, nothing has grown.
    let before = std::fs::read_to_string(folder.join(SIZES)).unwrap_or_default();
    let changes = sizes.since(&Growth::parse(&before));
    let output = Output::new(&folder)?;
    output.write("image.elf", image.to_elf())?;
    let pieces = layout.pieces();
    let end = pieces.last().map_or(0, |(_, range)| range.end());
    let end = end.max(kernel_ends.0);
    output.write("image.bin", boot::complete(image.to_flat(), end - load))?;
    for (name, bytes) in boot::files(workspace.root(), plan.chip.chip.name.get_ref())? {
        output.write(&name, bytes)?;
    }
    output.copy("kernel.elf", &kernel.path)?;
    for (task, elf) in plan.tasks.iter().zip(&tasks) {
        output.copy(&format!("tasks/{}.elf", task.name), &elf.path)?;
    }
    let text = report::text(&facts)?;
    let map = report::map(&facts);
    output.write("report.txt", &text)?;
    output.write(SIZES, sizes.text())?;
    output.write("map.svg", &map)?;
    let script = archive::debugger_script(&plan, arch);
    output.write("load.gdb", &script)?;
    let archive = archive::Contents {
        image: &image,
        kernel: &kernel,
        tasks: &tasks,
        text: &text,
        map: &map,
        script: &script,
    };
    output.write("debug.tar", archive::pack(&plan, &archive)?)?;
    output.commit()?;
    stages.done("write image, report and archive");
    Ok(Built {
        plan,
        folder,
        sources: (config, policy),
        changes,
        stages: stages.list,
    })
}

/// Links each task at a provisional place, packs the tasks by the sizes that come out, and links each at its new place.
/// Linker relaxation may change a size when the place changes, so this repeats until nothing changes.
fn place(
    workspace: &Workspace,
    plan: &Plan,
    arch: Arch,
    linker: &Linker,
) -> Result<(Layout, Vec<Elf>, Vec<Use>)> {
    let link = |places: &dyn Fn(usize) -> crate::link::RegionStarts| -> Result<Vec<Elf>> {
        let tasks = plan.tasks.iter().enumerate();
        tasks
            .map(|(rank, task)| {
                let object = compile::object(workspace, plan, task);
                linker.task(task, plan.interrupts(task), &object, places(rank))
            })
            .collect()
    };
    let mut elves = link(&|_| pack::provisional(plan))?;
    let (mut sizes, _) = measure(plan, arch, &elves)?;
    for _ in 0..ROUNDS {
        let layout = pack::pack(plan, arch, &sizes)?;
        elves = link(&|rank| layout.tasks[rank].place)?;
        let (measured, stacks) = measure(plan, arch, &elves)?;
        if measured == sizes {
            check_rooms(plan, &layout, &stacks)?;
            return Ok((layout, elves, stacks));
        }
        sizes = measured;
    }
    anyhow::bail!("the sizes of the tasks keep changing with their places");
}

fn measure(plan: &Plan, arch: Arch, elves: &[Elf]) -> Result<(Vec<Sizes>, Vec<Use>)> {
    let stacks = stack::uses(plan, arch, elves)?;
    let tasks = elves.iter().zip(&plan.tasks).zip(&stacks);
    let sizes: Result<Vec<Sizes>> = tasks
        .map(|((elf, task), used)| Sizes::of(elf, task.stack, used.reach))
        .collect();
    Ok((sizes?, stacks))
}

/// Nothing that a task could write lies within reach below its stack. The packer ensures this; the argument in
/// `docs/soundness.md` relies on it, so it is checked.
fn check_rooms(plan: &Plan, layout: &Layout, stacks: &[Use]) -> Result<()> {
    let starts = pack::Starts::of(&plan.chip.memory);
    for (rank, (task, used)) in plan.tasks.iter().zip(stacks).enumerate() {
        let room = layout.room(rank, starts);
        ensure!(
            used.reach <= room,
            "the packer left {room} bytes below the stack of `{}`, which reaches {}",
            task.name,
            used.reach
        );
    }
    Ok(())
}

/// Checks that the kernel is where the firmware expects it, and fits into its room, and its data into that for data.
/// Returns the ends of both, which are one without flash.
fn check_kernel(plan: &Plan, arch: Arch, kernel: &Elf, segments: &[Segment]) -> Result<(u64, u64)> {
    let memory = &plan.chip.memory;
    let room = memory.kernel.get_ref();
    let first = segments.iter().map(|segment| segment.physical).min();
    ensure!(
        first == Some(room.base),
        "the kernel begins at {:#x}, but memory.kernel in {} at {:#x}",
        first.unwrap_or(0),
        plan.chip_source.name(),
        room.base
    );
    let end = kernel
        .symbol("__kernel_end")?
        .wrapping_sub(arch.kernel_offset());
    let fits = |what: &str, key: &str, room: &Range, end: u64| {
        ensure!(
            end <= room.end(),
            "the kernel{what} takes {} KiB, more than the {} KiB of {key} in {}: \
             make that larger, or {} in {} smaller",
            (end - room.base).div_ceil(1024),
            room.size / 1024,
            plan.chip_source.name(),
            if arch.has_pages() {
                "`leases`, `grants` or `page-tables`"
            } else {
                "`leases` or `grants`"
            },
            plan.source.name()
        );
        Ok(end)
    };
    let Some(data) = &memory.kernel_data else {
        let end = fits("", "memory.kernel", room, end)?;
        return Ok((end, end));
    };
    let loaded = segments
        .iter()
        .map(|segment| segment.physical + segment.bytes.len() as u64);
    let loaded = loaded.max().unwrap_or(end);
    let data = (data.get_ref(), end);
    Ok((
        fits("'s text", "memory.kernel", room, loaded)?,
        fits("'s data", "memory.kernel-data", data.0, data.1)?,
    ))
}

/// The kernel's parts at their physical addresses. In flash the initial data is shortened, as the boot code expects it.
fn kernel_segments(arch: Arch, kernel: &Elf, flash: bool) -> Result<Vec<Segment>> {
    let data = if flash {
        Some(kernel.symbol("__data_load")?)
    } else {
        None
    };
    let segments = kernel.segments.iter().map(|segment| {
        let physical = physical(arch, segment);
        let bytes = if data == Some(physical) {
            initial::shorten(&segment.bytes)
        } else {
            segment.bytes.clone()
        };
        Segment { physical, bytes }
    });
    Ok(segments.collect())
}

fn physical(arch: Arch, segment: &Segment) -> u64 {
    segment
        .physical
        .checked_sub(arch.kernel_offset())
        .unwrap_or(segment.physical)
}

fn image(plan: &Plan, arch: Arch, mut segments: Vec<Segment>, tasks: &[Elf]) -> Result<Image> {
    segments.extend(tasks.iter().flat_map(|task| task.segments.iter().cloned()));
    Image::new(arch, plan.chip.memory.kernel.get_ref().base, segments)
}

/// How long each stage took.
struct Stages {
    list: Vec<(&'static str, Duration)>,
    last: Instant,
}

impl Default for Stages {
    fn default() -> Self {
        Self {
            list: Vec::new(),
            last: Instant::now(),
        }
    }
}

impl Stages {
    fn done(&mut self, stage: &'static str) {
        self.list.push((stage, self.last.elapsed()));
        self.last = Instant::now();
    }
}
