//! Cargo's part: all tasks in one call, then the kernel, each as one relocatable object.
//!
//! Nothing is placed here. `-r` makes the linker put each program together without addresses,
//! and [`link`](crate::link) gives it its place once all sizes are known. Both calls use the
//! same folder, so procedural macros are compiled once.

use crate::plan::{Plan, Task};
use crate::workspace::Workspace;
use anyhow::{Context, Result, ensure};
use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Package and binary of the kernel.
const KERNEL: &str = "leasehold-kernel";

/// The profiles of `Cargo.toml` that tasks and kernel are compiled by; their folders have the same names.
const TASK_PROFILE: &str = "task";
const KERNEL_PROFILE: &str = "release";

/// The kernel's hot paths mark what is inlined. The rest stays small: a third of the usual limit for inlining, no
/// unrolled loops. That saves a seventh of its text, and costs no row of the budget more than a few percent.
const KERNEL_FLAGS: &[&str] = &[
    "-Cllvm-args=-inline-threshold=75",
    "-Cllvm-args=-unroll-threshold=0",
];

/// On RISC-V, where an optimisation for size does less than these; `docs/size.md` says how much.
const ON_RISCV: [&str; 6] = [
    // What several paths end with is not copied to the end of each, but shared, from two instructions on.
    "-Cllvm-args=-tail-dup-placement=false",
    "-Cllvm-args=-tail-dup-size=1",
    "-Cllvm-args=-tail-merge-size=2",
    // Nor is a block copied so that a branch behind it is known.
    "-Cllvm-args=-jump-threading-threshold=1",
    // An entry of a jump table takes more than a compare and a branch.
    "-Cllvm-args=-riscv-min-jump-table-entries=40",
    // Equal sequences of several functions become one.
    "-Cllvm-args=-enable-machine-outliner=always",
];

/// On RISC-V, for tasks and the kernel: the linker makes one instruction of a call's two where the callee is near,
/// which is everywhere; and registers are saved and restored by code that all functions share (`kernel/saved`).
const SHORTER: [&str; 2] = ["+relax", "+save-restore"];

/// The compiler warns that it does not promise to keep the names of these features. There is no other way to silence
/// that than to silence all warnings; `cargo xtask check` shows those about the kernel's source.
const SILENCE: &str = "-Awarnings";

/// For tasks: as much is inlined as where size matters less. With the usual limit of their level, which is a fifteenth,
/// iterators stay calls of small functions, and a task is larger. It is the limit of other levels, too, so the bench's
/// own tasks, which have level 3, have a third of theirs.
const TASK_FLAG: &str = "-Cllvm-args=-inline-threshold=75";

/// Compiles every task; `policy` is the file for the supervisor.
///
/// # Errors
/// When cargo fails; it has said why.
pub(crate) fn tasks(workspace: &Workspace, plan: &Plan, policy: &Path) -> Result<()> {
    for floating_point in [false, true] {
        let tasks: Vec<&Task> = plan
            .tasks
            .iter()
            .filter(|task| task.floating_point == floating_point)
            .collect();
        if tasks.is_empty() {
            continue;
        }
        let mut command = cargo(
            workspace,
            plan,
            TASK_PROFILE,
            &target_folder(workspace, floating_point),
        );
        let packages: BTreeSet<&str> = tasks.iter().map(|task| task.package.as_str()).collect();
        for package in packages {
            command.args(["--package", package]);
        }
        let binaries: BTreeSet<&str> = tasks.iter().map(|task| task.binary.as_str()).collect();
        for binary in binaries {
            command.args(["--bin", binary]);
        }
        command
            .env("LEASEHOLD_POLICY", policy)
            .envs(constants(plan))
            .env_remove(DMA_CACHE);
        if let Some(cache) = &plan.chip.chip.dma_cache {
            command.env(DMA_CACHE, cache.get_ref());
        }
        let mut others = vec![TASK_FLAG.to_owned()];
        let mut names = extensions(plan);
        if !plan.is_thumb() {
            names.extend(SHORTER.map(str::to_owned));
            others.push(SILENCE.to_owned());
        }
        if let Some(processor) = &plan.chip.chip.floating_point
            && floating_point
        {
            others.push(format!("-Ctarget-cpu={}", processor.get_ref()));
        }
        others.extend(features(&names));
        command.env("CARGO_ENCODED_RUSTFLAGS", flags(&others));
        run(command, "the tasks")?;
    }
    Ok(())
}

/// What `userlib` is told of a chip whose devices see memory beside the cache.
const DMA_CACHE: &str = "LEASEHOLD_DMA_CACHE";

/// What the tasks' programs are told as constants, by the names of variables.
fn constants(plan: &Plan) -> Vec<(String, String)> {
    let ticks = plan.chip.chip.ticks_per_second.get_ref().to_string();
    let mut constants = vec![("LEASEHOLD_TICKS_PER_SECOND".to_owned(), ticks)];
    constants.extend(plan.settings.iter().map(|((package, name), value)| {
        // As `userlib::setting!` asks for it.
        let variable = format!("LEASEHOLD_SETTING_{package}_{name}");
        (variable, value.clone())
    }));
    constants
}

/// Compiles the kernel with the tables in the file `config`.
///
/// # Errors
/// When cargo fails; it has said why.
pub(crate) fn kernel(workspace: &Workspace, plan: &Plan, config: &Path) -> Result<PathBuf> {
    let mut command = cargo(workspace, plan, KERNEL_PROFILE, workspace.target());
    command
        .args(["--package", KERNEL, "--bin", KERNEL, "--features"])
        .arg(plan.platform())
        .env("LEASEHOLD_CONFIG", config)
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", plan.kernel_level())
        .env("CARGO_ENCODED_RUSTFLAGS", flags(&kernel_flags(plan)));
    run(command, "the kernel")?;
    Ok(program(workspace.target(), plan, KERNEL_PROFILE, KERNEL))
}

fn kernel_flags(plan: &Plan) -> Vec<String> {
    let mut flags: Vec<String> = KERNEL_FLAGS.iter().map(|&flag| flag.to_owned()).collect();
    let mut names = extensions(plan);
    if !plan.is_thumb() {
        names.extend(SHORTER.map(str::to_owned));
        flags.push(SILENCE.to_owned());
        flags.extend(ON_RISCV.map(str::to_owned));
    }
    flags.extend(features(&names));
    flags
}

/// The chip's extensions as the compiler's features.
fn extensions(plan: &Plan) -> Vec<String> {
    let extensions = plan.chip.chip.extensions.iter();
    extensions.map(|name| format!("+{name}")).collect()
}

/// The compiler's flag for features, if there are any.
fn features(names: &[String]) -> Option<String> {
    (!names.is_empty()).then(|| format!("-Ctarget-feature={}", names.join(",")))
}

/// Where cargo puts a task's relocatable program.
pub(crate) fn object(workspace: &Workspace, plan: &Plan, task: &Task) -> PathBuf {
    let folder = target_folder(workspace, task.floating_point);
    program(&folder, plan, TASK_PROFILE, &task.binary)
}

/// Cargo's folder for tasks. Tasks that use floating point are compiled for another processor, and one program may be
/// needed in both forms.
fn target_folder(workspace: &Workspace, floating_point: bool) -> PathBuf {
    if floating_point {
        workspace.target().join("floating-point")
    } else {
        workspace.target().to_owned()
    }
}

fn program(target_folder: &Path, plan: &Plan, profile: &str, binary: &str) -> PathBuf {
    target_folder
        .join(plan.chip.chip.target.get_ref())
        .join(profile)
        .join(binary)
}

fn cargo(workspace: &Workspace, plan: &Plan, profile: &str, target_folder: &Path) -> Command {
    let mut command = workspace.cargo();
    command
        .args([
            "build",
            "--profile",
            profile,
            "--target",
            plan.chip.chip.target.get_ref(),
            "--target-dir",
        ])
        .arg(target_folder)
        .env("CARGO_ENCODED_RUSTFLAGS", flags(&[]));
    command
}

/// Flags for a relocatable program, and further ones.
fn flags(others: &[String]) -> String {
    let mut flags = vec!["-Clink-arg=-r", "-Clink-arg=--no-gc-sections"];
    flags.extend(others.iter().map(String::as_str));
    flags.join("\x1f")
}

/// Runs cargo. At a terminal cargo shows its progress; elsewhere it prints only errors.
fn run(mut command: Command, what: &str) -> Result<()> {
    if std::io::stderr().is_terminal() {
        let status = command.status().context("cannot run cargo")?;
        ensure!(status.success(), "{what} did not compile");
        return Ok(());
    }
    let output = command
        .arg("--quiet")
        .env("CARGO_TERM_COLOR", "never")
        .output()
        .context("cannot run cargo")?;
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "{what} did not compile");
    Ok(())
}
