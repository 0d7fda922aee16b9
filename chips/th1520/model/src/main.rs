//! The command line of the model: runs an image with its serial line on standard input and output.
#![forbid(unsafe_code)]

use anyhow::{Context, Result, ensure};
use clap::{Args, Parser, ValueEnum};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError, channel};
use std::time::{Duration, Instant};
use th1520_model::board::Board;
use th1520_model::board::th1520::Options;
use th1520_model::lockstep::{self, Program};
use th1520_model::{Chain, Machine, Stop, presets};

/// The model of a board.
#[derive(Debug, Parser)]
enum Command {
    /// Runs an RV64 image, with its serial line on standard input and output.
    Run(Arguments),
    /// Compares the model with QEMU, instruction by instruction.
    Lockstep(Lockstep),
    /// Runs an image for QEMU's `virt` twice, and once from a snapshot in the middle: all must be the same run.
    Repeat {
        /// The image, an ELF file.
        image: PathBuf,
        /// How much of the model's time the run has, in milliseconds.
        #[arg(long, default_value_t = 100)]
        milliseconds: u64,
    },
}

#[derive(Debug, Args)]
struct Lockstep {
    /// The program `qemu-system-riscv64`.
    #[arg(long, default_value = "qemu-system-riscv64")]
    qemu: PathBuf,
    /// The folder with its firmware.
    #[arg(long)]
    data: Option<PathBuf>,
    /// How many instructions to compare at most, or to make of a random program.
    #[arg(long, default_value_t = 20_000)]
    instructions: u32,
    /// Random programs of these numbers, first and last.
    #[arg(long, num_args = 2)]
    random: Option<Vec<u64>>,
    /// An ELF image for QEMU's `virt`.
    image: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Arguments {
    /// The board.
    #[arg(long, value_enum, default_value = "virt")]
    board: BoardName,
    /// The image: an ELF file; for the TH1520 also a flat one, as `booti` takes it.
    image: PathBuf,
    /// The device tree that the TH1520's firmware passes.
    #[arg(long)]
    device_tree: Option<PathBuf>,
    /// What random choices of the TH1520 depend on.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The TH1520's caches write back a dirty line at random, about every so many nanoseconds.
    #[arg(long)]
    early_write_back: Option<u64>,
    /// How much of the model's time may pass, in milliseconds.
    #[arg(long)]
    milliseconds: Option<u64>,
    /// Let time pass no faster than the host's.
    #[arg(long)]
    paced: bool,
    /// How many nanoseconds an instruction takes.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    nanoseconds: u64,
    /// Say at the end how fast the run was.
    #[arg(long)]
    speed: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum BoardName {
    /// The places of QEMU's `virt`.
    Virt,
    /// The TH1520 below the vendor's firmware.
    Th1520,
    /// The TH1520 below mainline firmware.
    Th1520Mainline,
}

/// How much time a step has, in nanoseconds: after each the serial line is looked at.
const STEP: u64 = 1_000_000;

fn main() -> Result<ExitCode> {
    match Command::parse() {
        Command::Run(arguments) => run(&arguments),
        Command::Lockstep(arguments) => compare(&arguments),
        Command::Repeat {
            image,
            milliseconds,
        } => repeat(&image, milliseconds),
    }
}

fn repeat(path: &Path, milliseconds: u64) -> Result<ExitCode> {
    let image = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let half = milliseconds * 500_000;
    let mut once = presets::virt(&image)?;
    once.run(half);
    let mut snapshot = once.clone();
    once.run(half);
    let mut again = presets::virt(&image)?;
    // In other steps, which must not matter.
    while again.now() < 2 * half {
        again.run(STEP.min(2 * half - again.now()));
    }
    snapshot.run(half);
    let expected = once.digest();
    println!(
        "{} instructions, {} ns, digest {expected:016x}",
        once.cpu.instructions(),
        once.now()
    );
    for (name, digest) in [
        ("a second run", again.digest()),
        ("the snapshot", snapshot.digest()),
    ] {
        ensure!(
            digest == expected,
            "{name} is another run: digest {digest:016x}"
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn compare(arguments: &Lockstep) -> Result<ExitCode> {
    let program = Program {
        path: arguments.qemu.clone(),
        data: arguments.data.clone(),
    };
    if let Some(image) = &arguments.image {
        let compared = lockstep::image(&program, image, arguments.instructions.into())?;
        println!("{}: {compared}", image.display());
    }
    if let Some(&[first, last]) = arguments.random.as_deref() {
        for seed in first..=last {
            let compared = lockstep::random_program(&program, seed, arguments.instructions)?;
            println!("random program {seed}: {compared}");
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn run(arguments: &Arguments) -> Result<ExitCode> {
    let path = arguments.image.display();
    let image = std::fs::read(&arguments.image).with_context(|| format!("cannot read {path}"))?;
    match arguments.board {
        BoardName::Th1520 => th1520(&image, arguments, Chain::Vendor),
        BoardName::Th1520Mainline => th1520(&image, arguments, Chain::Mainline),
        BoardName::Virt => serve(
            presets::virt(&image).with_context(|| path.to_string())?,
            arguments,
        ),
    }
}

fn th1520(image: &[u8], arguments: &Arguments, chain: Chain) -> Result<ExitCode> {
    let tree = arguments.device_tree.as_ref();
    let tree = tree
        .map(|path| std::fs::read(path).with_context(|| path.display().to_string()))
        .transpose()?;
    let options = Options {
        seed: arguments.seed,
        early_write_back: arguments.early_write_back,
        ..Options::default()
    };
    let machine = presets::th1520(image, tree.as_deref(), options, chain);
    serve(
        machine.with_context(|| arguments.image.display().to_string())?,
        arguments,
    )
}

/// Runs the machine until it stops.
fn serve<B: Board>(mut machine: Machine<B>, arguments: &Arguments) -> Result<ExitCode> {
    machine.cpu.set_pace(arguments.nanoseconds);
    let input = listen();
    let end = arguments
        .milliseconds
        .map_or(u64::MAX, |count| count * 1_000_000);
    let start = Instant::now();
    let mut open = true;
    let stop = loop {
        let stop = machine.run(STEP.min(end - machine.now()));
        print(&machine.serial_out())?;
        for violation in machine.violations() {
            eprintln!("violation: {violation}");
        }
        if !matches!(stop, Stop::Time | Stop::Idle) || machine.now() >= end {
            break stop;
        }
        if stop == Stop::Idle && !open {
            break stop;
        }
        let ahead = Duration::from_nanos(machine.now()).saturating_sub(start.elapsed());
        let wait = match stop {
            Stop::Idle => Duration::from_secs(3600),
            _ if arguments.paced => ahead,
            _ => Duration::ZERO,
        };
        open = open && receive(&input, wait, &mut machine);
    };
    if arguments.speed {
        let seconds = start.elapsed().as_secs_f64();
        let count = machine.cpu.instructions();
        eprintln!(
            "{count} instructions in {seconds:.2} s, {:.1} million a second",
            count as f64 / seconds / 1e6
        );
    }
    Ok(match stop {
        Stop::Off(code) => ExitCode::from(code as u8),
        Stop::Time => ExitCode::SUCCESS,
        other => {
            eprintln!("the machine stopped: {other:?}");
            ExitCode::FAILURE
        }
    })
}

fn print(bytes: &[u8]) -> Result<()> {
    let mut output = std::io::stdout().lock();
    output.write_all(bytes)?;
    Ok(output.flush()?)
}

/// Standard input, piece by piece.
fn listen() -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut piece = [0; 256];
        while let Ok(count @ 1..) = std::io::stdin().read(&mut piece) {
            if sender.send(piece[..count].to_vec()).is_err() {
                break;
            }
        }
    });
    receiver
}

/// Passes on what was typed. False when nothing more will be.
fn receive<B: Board>(input: &Receiver<Vec<u8>>, wait: Duration, machine: &mut Machine<B>) -> bool {
    let mut piece = match input.recv_timeout(wait) {
        Ok(piece) => piece,
        Err(RecvTimeoutError::Timeout) => return true,
        Err(RecvTimeoutError::Disconnected) => return false,
    };
    loop {
        machine.serial_in(&piece);
        piece = match input.try_recv() {
            Ok(piece) => piece,
            Err(TryRecvError::Empty) => return true,
            Err(TryRecvError::Disconnected) => return false,
        };
    }
}
