//! The command line of the project: `cargo xtask <verb>`.
#![forbid(unsafe_code)]

mod allowance;
mod annotate;
mod attach;
mod bench;
mod boards;
mod browser;
mod build;
mod check;
mod command;
mod disk;
mod doctor;
mod emulator;
mod flash;
mod gdb;
mod guest;
mod hub;
mod list;
mod machine;
mod monitor;
mod needs;
mod new;
mod pipe;
mod prove;
mod qemu;
mod records;
mod root;
mod run;
mod soak;
mod stages;
mod symbols;
mod test;
mod tools;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use emulator::Emulators;
use leasehold_build::Workspace;
use std::path::PathBuf;
use std::process::ExitCode;

/// Builds, runs and tests Leasehold.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
#[command(after_help = "Example:\n  cargo xtask run")]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

/// An app and a board.
#[derive(Args)]
struct Target {
    /// A folder in app/.
    #[arg(default_value = "demo")]
    app: String,
    /// A manifest in that folder.
    #[arg(default_value = "virt-rv64")]
    board: String,
}

/// Other emulators than this machine's.
#[derive(Args)]
struct Others {
    /// Use the emulators in this folder, with the firmware beside it, instead of those in PATH.
    #[arg(long, value_name = "FOLDER")]
    qemu: Option<PathBuf>,
}

impl Others {
    fn emulators(&self) -> Result<Emulators> {
        Emulators::new(self.qemu.as_deref())
    }
}

/// A board alone.
#[derive(Args)]
struct Board {
    /// A manifest of the app.
    #[arg(default_value = "virt-rv64")]
    board: String,
}

#[derive(Subcommand)]
enum Verb {
    /// Build an app: image, task ELFs, memory report and map, archive, all in out/APP/BOARD/.
    #[command(after_help = "Example:\n  cargo xtask build demo virt-rv64")]
    Build(Target),
    /// Build an app and put it onto a mounted boot partition of a board, with what the board's loader reads.
    #[command(
        after_help = "Example:\n  cargo xtask flash demo th1520 --to /media/boot --tree th1520-lichee-pi-4a.dtb"
    )]
    Flash {
        /// A folder in app/.
        app: String,
        /// A manifest in that folder.
        board: String,
        /// The mounted partition.
        #[arg(long, value_name = "FOLDER")]
        to: PathBuf,
        /// The board's device tree, to be put there too.
        #[arg(long, value_name = "FILE")]
        tree: Option<PathBuf>,
        /// The board's OpenSBI, to be put there too, for loaders that read it from there.
        #[arg(long, value_name = "FILE")]
        firmware: Option<PathBuf>,
    },
    /// Build an app and boot it in QEMU or on the board's model, on this terminal (Ctrl-A X ends it).
    #[command(after_help = "Example:\n  cargo xtask run --exec 'ps; leases; poweroff'")]
    Run {
        #[command(flatten)]
        target: Target,
        /// Shell lines, separated by `;`, to be run without a terminal.
        #[arg(long, value_name = "LINES")]
        exec: Option<String>,
        /// With --exec: give up after this long of the machine's own time (60).
        #[arg(long, value_name = "SECONDS", requires = "exec")]
        timeout: Option<u64>,
        /// Show the board's display in a window.
        #[arg(long)]
        display: bool,
        /// Leave out the board's disk, network and display.
        #[arg(long, conflicts_with_all = ["display", "screenshot"])]
        plain: bool,
        /// Write what the board's display shows into this file, after the lines of --exec or, without them, after the
        /// screen was painted; then end.
        #[arg(long, value_name = "FILE.png", conflicts_with = "display", value_parser = run::picture)]
        screenshot: Option<PathBuf>,
        #[command(flatten)]
        others: Others,
        /// Further words for QEMU, or for the board's model.
        #[arg(last = true, value_name = "WORDS")]
        words: Vec<String>,
    },
    /// Run the host tests, then on each board the test suite and the demo's story, in QEMU.
    #[command(after_help = "Example:\n  cargo xtask test virt-rv64")]
    Test {
        /// One board; all where absent.
        board: Option<String>,
        /// Run one part only.
        #[arg(long, value_enum)]
        only: Option<test::Part>,
        #[command(flatten)]
        others: Others,
    },
    /// Measure the budget table by executed instructions in QEMU; fails when a row is over its budget or grows.
    #[command(after_help = "Example:\n  cargo xtask bench --json")]
    Bench {
        #[command(flatten)]
        board: Board,
        /// Print one array of objects instead of a table.
        #[arg(long)]
        json: bool,
        /// Measure the image with 24 tasks alone: neither what grows, nor a whole system.
        #[arg(long)]
        alone: bool,
        /// Print what each row is made of, by function, instead of judging it (RISC-V only; takes minutes).
        #[arg(long, conflicts_with = "json")]
        parts: bool,
        /// Print what frames of a network cost in its driver, the kernel and the stack, instead (RISC-V only).
        #[arg(long, conflicts_with_all = ["json", "parts"])]
        frames: bool,
        /// Print what blocks of a disk cost in its driver and the kernel, instead (RISC-V only).
        #[arg(long, conflicts_with_all = ["json", "parts", "frames"])]
        blocks: bool,
        #[command(flatten)]
        others: Others,
    },
    /// Write files for minutes while the disk's driver is killed, and check the disk, or the same of the network; a
    /// seed repeats a failure.
    #[command(
        after_help = "Example:\n  cargo xtask soak virt-rv64 --writes 1000 --kills 50 --seed 3"
    )]
    Soak {
        /// A board with a disk or a network.
        #[arg(default_value = "virt-rv64")]
        board: String,
        #[command(flatten)]
        amount: soak::Amount,
        #[command(flatten)]
        others: Others,
    },
    /// Build an app, boot it halted, and debug it with the symbols of all tasks.
    #[command(after_help = "Example:\n  cargo xtask gdb demo virt-rv64")]
    Gdb {
        #[command(flatten)]
        target: Target,
        #[command(flatten)]
        others: Others,
        /// Further words for QEMU.
        #[arg(last = true, value_name = "WORDS")]
        words: Vec<String>,
    },
    /// Put this terminal on the serial line of an app that is being debugged (Ctrl-A X ends it).
    #[command(after_help = "Example:\n  cargo xtask attach demo virt-rv64")]
    Attach(Target),
    /// Show what is here of what verbs need, and what would bring in the rest; fails when something is missing.
    #[command(after_help = "Example:\n  cargo xtask doctor run test")]
    Doctor {
        /// Verbs to look at; all where absent.
        #[arg(value_enum)]
        verbs: Vec<doctor::Verb>,
        #[command(flatten)]
        others: Others,
    },
    /// Write the files of a new driver, app or board, and say what to do next.
    #[command(subcommand)]
    New(New),
    /// Show apps and boards.
    #[command(after_help = "Example:\n  cargo xtask list")]
    List,
    /// Check format, lints, documentation, licences and house rules.
    #[command(after_help = "Example:\n  cargo xtask check")]
    Check,
    /// Run Miri over the kernel's core and the libraries, see that it executes their unsafe code, run
    /// loom's models, try mutants of the kernel's core, and break kernel and drivers on purpose on the
    /// model of a board (long; needs nightly and cargo-mutants).
    #[command(after_help = "Example:\n  cargo xtask prove --only executed")]
    Prove {
        /// Prove one part only.
        #[arg(long, value_enum)]
        only: Option<prove::Part>,
        /// With `--only mutants` or `--only breaks`: only those of files with this in their paths, for example
        /// `lease/end`.
        #[arg(long, requires = "only")]
        file: Option<String>,
    },
}

#[derive(Subcommand)]
enum New {
    /// A crate in drivers/ that compiles, with its host test, and its task in the manifest of an app.
    #[command(
        after_help = "Example:\n  cargo xtask new driver my-rng --pci 1af4:1044 --qemu virtio-rng-pci,disable-legacy=on"
    )]
    #[command(group = clap::ArgGroup::new("what").required(true))]
    Driver {
        /// The task's name, and the folder's in drivers/.
        name: String,
        /// The PCI function that it drives.
        #[arg(long, value_name = "VENDOR:DEVICE", group = "what")]
        pci: Option<String>,
        /// The device of the chip file that it drives.
        #[arg(long, value_name = "NAME", group = "what")]
        device: Option<String>,
        /// The emulated device, as QEMU's `-device` has it.
        #[arg(long, value_name = "WORDS", requires = "pci")]
        qemu: Option<String>,
        #[command(flatten)]
        into: Manifest,
        /// Print the task instead of putting it into the manifest.
        #[arg(long)]
        print: bool,
    },
    /// A folder in app/ with a manifest for a board and a task of its own, beside supervisor, console and shell.
    #[command(after_help = "Example:\n  cargo xtask new app weather --board mps2-an385")]
    App {
        /// The folder in app/.
        name: String,
        /// The board; supervisor, console and shell are those that the demo has on it.
        #[arg(long, default_value = "virt-rv64")]
        board: String,
    },
    /// A chip file and manifests of a board that is almost the same as another.
    #[command(after_help = "Example:\n  cargo xtask new board my-board --like mps2-an385")]
    Board {
        /// The folder in chips/, and the manifests' names.
        name: String,
        /// The board that it begins as.
        #[arg(long, value_name = "BOARD")]
        like: String,
    },
}

/// The manifest that a task is put into.
#[derive(Args)]
struct Manifest {
    /// The app whose manifest gets the task.
    #[arg(long, default_value = "demo")]
    app: String,
    /// The board of that manifest.
    #[arg(long, default_value = "virt-rv64")]
    board: String,
}

fn new(workspace: &Workspace, what: New) -> Result<()> {
    match what {
        New::Driver {
            name,
            pci,
            device,
            qemu,
            into: Manifest { app, board },
            print,
        } => {
            let device = match (pci, device) {
                (Some(id), _) => new::Device::Pci(id),
                (None, Some(device)) => new::Device::Chip(device),
                (None, None) => anyhow::bail!("name the device: --pci or --device"),
            };
            let qemu = qemu.as_deref();
            new::driver(workspace, &name, &device, (&app, &board), qemu, print)
        }
        New::App { name, board } => new::app(workspace, &name, &board),
        New::Board { name, like } => new::board(workspace, &name, &like),
    }
}

fn main() -> ExitCode {
    pipe::end_quietly();
    match run(Arguments::parse().verb) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let text = format!("{error:#}");
            let text = text.trim_end();
            // A problem in a manifest says `error` itself.
            let said = text.starts_with("error");
            eprintln!("{}{text}", if said { "" } else { "error: " });
            ExitCode::FAILURE
        }
    }
}

fn run(verb: Verb) -> Result<()> {
    let workspace = Workspace::from_environment(root::find()?);
    match verb {
        Verb::Build(Target { app, board }) => build::run(&workspace, &app, &board),
        Verb::Flash {
            app,
            board,
            to,
            tree,
            firmware,
        } => {
            let files = flash::Files {
                to: &to,
                tree: tree.as_deref(),
                firmware: firmware.as_deref(),
            };
            flash::run(&workspace, &app, &board, &files)
        }
        Verb::Run {
            target: Target { app, board },
            exec,
            timeout,
            display,
            plain,
            screenshot,
            others,
            words,
        } => {
            let run = run::Run {
                workspace: &workspace,
                emulators: &others.emulators()?,
                target: (&app, &board),
                display,
                plain,
                words: &words,
            };
            let lines = exec.as_deref();
            match lines.or(screenshot.is_some().then_some(run::PAINT)) {
                None => run.interactive(),
                Some(lines) => {
                    let timeout = timeout.unwrap_or(run::TIMEOUT);
                    run.exec(lines, timeout, screenshot.as_deref())
                }
            }
        }
        Verb::Test {
            board,
            only,
            others,
        } => test::run(&workspace, &others.emulators()?, board.as_deref(), only),
        Verb::Bench {
            board: Board { board },
            json,
            alone,
            parts,
            frames,
            blocks,
            others,
        } => {
            let emulators = others.emulators()?;
            if frames {
                bench::frames(&workspace, &emulators, &board)
            } else if blocks {
                bench::blocks(&workspace, &emulators, &board)
            } else if parts {
                bench::parts(&workspace, &emulators, &board)
            } else {
                bench::run(&workspace, &emulators, &board, (json, alone))
            }
        }
        Verb::Soak {
            board,
            amount,
            others,
        } => soak::run(&workspace, &others.emulators()?, &board, amount),
        Verb::Gdb {
            target: Target { app, board },
            others,
            words,
        } => gdb::run(&workspace, &others.emulators()?, (&app, &board), &words),
        Verb::Attach(Target { app, board }) => attach::run(&workspace, &app, &board),
        Verb::Doctor { verbs, others } => doctor::run(&workspace, &others.emulators()?, &verbs),
        Verb::New(what) => new(&workspace, what),
        Verb::List => list::run(&workspace),
        Verb::Prove { only, file } => prove::run(&workspace, only, file.as_deref()),
        Verb::Check => check::run(&workspace),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_accepted(words: &[&str]) -> bool {
        Arguments::try_parse_from([&["cargo xtask"], words].concat()).is_ok()
    }

    #[test]
    fn words_after_two_dashes_are_the_emulator_s() {
        for verb in ["run", "gdb"] {
            let arguments = [
                "cargo xtask",
                verb,
                "demo",
                "--",
                "-device",
                "edu",
                "--qemu",
            ];
            match Arguments::try_parse_from(arguments).map(|parsed| parsed.verb) {
                Ok(Verb::Run { words, .. } | Verb::Gdb { words, .. }) => {
                    assert_eq!(words, ["-device", "edu", "--qemu"]);
                }
                _ => panic!("{verb} takes them"),
            }
        }
        assert!(!is_accepted(&["run", "demo", "virt-rv64", "edu"]));
    }

    #[test]
    fn a_time_limit_needs_lines_to_limit() {
        assert!(is_accepted(&["run", "--exec", "ps", "--timeout", "5"]));
        assert!(is_accepted(&["run", "--exec", "ps"]));
        assert!(!is_accepted(&["run", "--timeout", "5"]));
    }
}
