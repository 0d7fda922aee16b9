//! Which work needs what.

use super::{CLIPPY, MUTANTS, Need, RUSTFMT};
use crate::emulator::has_firmware;
use anyhow::{Context, Result};
use leasehold_build::Workspace;
use leasehold_build::plan::Plan;

/// A kind of work; a verb does one or several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// An image is built.
    Build,
    /// It is built, and booted in the emulator.
    Boot,
    /// It is built and booted, and its disk checked.
    Disk,
    /// It is built and booted, and its page shown in a browser.
    Page,
    /// It is built, booted, and debugged.
    Debug,
    /// The host's tests run. They compile for every target of the toolchain, not only for the boards asked for.
    HostTests,
    /// The sources are checked.
    Check,
    /// What tests execute is counted.
    Coverage,
    /// Tests run under Miri.
    Miri,
    /// Small changes of sources are tried.
    Mutants,
}

/// A kind of need, before it is known for which chip.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// The target of each chip.
    Target,
    /// Every target of `rust-toolchain.toml`.
    EveryTarget,
    /// The emulator of each chip.
    Emulator,
    /// A debugger for each chip.
    Debugger,
    /// This.
    Tool(fn() -> Need),
}

/// The table.
const NEEDS: &[(Work, &[Kind])] = &[
    (Work::Build, &[Kind::Target]),
    (Work::Boot, &[Kind::Target, Kind::Emulator]),
    (
        Work::Disk,
        &[Kind::Target, Kind::Emulator, Kind::Tool(|| Need::Checker)],
    ),
    (
        Work::Page,
        &[Kind::Target, Kind::Emulator, Kind::Tool(|| Need::Browser)],
    ),
    (Work::Debug, &[Kind::Target, Kind::Emulator, Kind::Debugger]),
    (Work::HostTests, &[Kind::Target, Kind::EveryTarget]),
    (
        Work::Check,
        &[Kind::Target, Kind::Tool(|| CLIPPY), Kind::Tool(|| RUSTFMT)],
    ),
    (Work::Coverage, &[Kind::Tool(|| Need::LlvmTools)]),
    (Work::Miri, &[Kind::Tool(|| Need::Miri)]),
    (Work::Mutants, &[Kind::Tool(|| MUTANTS)]),
];

/// What all of this work needs for these images, each once.
///
/// # Errors
/// When a manifest or a chip file has a fault.
pub(crate) fn of(
    workspace: &Workspace,
    work: &[Work],
    images: &[(&str, &str)],
) -> Result<Vec<Need>> {
    let plans = images
        .iter()
        .map(|(app, board)| leasehold_build::check(workspace.root(), app, board))
        .collect::<Result<Vec<Plan>>>()?;
    let mut needs: Vec<Need> = Vec::new();
    let mut add = |need: Need| {
        if !needs.contains(&need) {
            needs.push(need);
        }
    };
    let kinds = NEEDS.iter().filter(|(one, _)| work.contains(one));
    for kind in kinds.flat_map(|(_, kinds)| *kinds) {
        match kind {
            Kind::Target => plans.iter().for_each(|plan| add(target(plan))),
            Kind::EveryTarget => {
                let path = workspace.root().join("rust-toolchain.toml");
                let text = std::fs::read_to_string(&path);
                let text = text.with_context(|| path.display().to_string())?;
                let targets = targets(&text).context("rust-toolchain.toml has no targets")?;
                targets.into_iter().map(Need::Target).for_each(&mut add);
            }
            Kind::Emulator => {
                for plan in &plans {
                    // A model is built like everything else.
                    if let Some(qemu) = &plan.chip.qemu {
                        add(Need::Emulator(qemu.binary.clone(), has_firmware(qemu)));
                    }
                }
            }
            Kind::Debugger => {
                for plan in &plans {
                    add(Need::Debugger(plan.debugger));
                }
            }
            Kind::Tool(need) => add(need()),
        }
    }
    Ok(needs)
}

fn target(plan: &Plan) -> Need {
    Need::Target(plan.chip.chip.target.get_ref().clone())
}

/// The targets that the toolchain file lists.
fn targets(text: &str) -> Option<Vec<String>> {
    let (list, _) = text.split_once("targets = [")?.1.split_once(']')?;
    let names = list.split('"').skip(1).step_by(2);
    Some(names.map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::root;

    fn needs(work: &[Work]) -> Vec<String> {
        let workspace = Workspace::new(root::find().unwrap());
        let images = [("demo", "virt-rv32"), ("demo", "mps2-an385")];
        let needs = of(&workspace, work, &images).unwrap();
        needs.iter().map(Need::name).collect()
    }

    #[test]
    fn host_tests_need_every_target_whatever_the_board() {
        let needs = needs(&[Work::HostTests]);
        let path = root::find().unwrap().join("rust-toolchain.toml");
        let listed = targets(&std::fs::read_to_string(path).unwrap()).unwrap();
        assert!(listed.len() > 2);
        for target in listed {
            assert!(needs.contains(&format!("target {target}")), "{needs:?}");
        }
    }

    #[test]
    fn each_need_is_there_once() {
        let needs = needs(&[Work::Build, Work::Boot, Work::Debug]);
        let expected = [
            "target riscv32imac-unknown-none-elf",
            "target thumbv7m-none-eabi",
            "qemu-system-riscv32",
            "qemu-system-arm",
            "debugger for riscv:rv32",
            "debugger for arm",
        ];
        for name in expected {
            let count = needs.iter().filter(|need| *need == name).count();
            assert_eq!(count, 1, "{name} in {needs:?}");
        }
    }

    #[test]
    fn all_work_is_in_the_table() {
        for work in [Work::Check, Work::Coverage, Work::Miri, Work::Mutants] {
            assert!(!needs(&[work]).is_empty(), "{work:?}");
        }
    }
}
