//! The command line of the model: runs an image with its serial line on standard input and output.
#![forbid(unsafe_code)]

mod setup;

use anyhow::{Context, Result, ensure};
use clap::{Args, Parser};
use setup::{BoardName, Setup, pad};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};
use th1520_model::board::Board;
use th1520_model::board::th1520::{Pad, Th1520};
use th1520_model::debugger;
use th1520_model::load;
use th1520_model::lockstep::{self, Program};
use th1520_model::wave::Meter;
use th1520_model::{Machine, Stop};

/// The model of a board.
#[derive(Debug, Parser)]
enum Command {
    /// Runs an RV64 image, with its serial line on standard input and output.
    Run(Box<Arguments>),
    /// Compares the model with QEMU, instruction by instruction.
    Lockstep(Lockstep),
    /// Runs an image twice, and once from a snapshot in the middle: all must be the same run.
    Repeat {
        #[command(flatten)]
        setup: Box<Setup>,
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
    #[command(flatten)]
    setup: Setup,
    /// Writes what the TH1520's pad does, each time that it changes, to the file of `--waves`; for example `gpio3-3`.
    #[arg(long, requires = "waves", value_parser = pad)]
    wave: Vec<Pad>,
    /// The file: a line with the time in nanoseconds, the pad, and its wave.
    #[arg(long)]
    waves: Option<PathBuf>,
    /// From a time in milliseconds on, the program of an ELF file spins where it is: `1000:supervisor.elf`. If the
    /// machine is reset, the exit code is 3.
    #[arg(long, value_parser = stuck)]
    stuck: Option<(u64, PathBuf)>,
    /// How much of the model's time may pass, in milliseconds.
    #[arg(long)]
    milliseconds: Option<u64>,
    /// Let time pass no faster than the host's.
    #[arg(long)]
    paced: bool,
    /// How many nanoseconds an instruction takes.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    nanoseconds: u64,
    /// A reset ends the run well if this text was printed last, and a number after it: the exit code.
    #[arg(long)]
    exit_text: Option<String>,
    /// A rule that was broken makes the run fail.
    #[arg(long)]
    strict: bool,
    /// The run ends with its input.
    #[arg(long)]
    attended: bool,
    /// What is typed once the text of `--after` was printed, a line each. So when it is does not depend on the host: a
    /// machine that waits lets its time pass at once.
    #[arg(long = "type", requires = "after")]
    lines: Vec<String>,
    /// The text, for example a shell's prompt.
    #[arg(long, requires = "lines")]
    after: Option<String>,
    /// Say at the end how fast the run was.
    #[arg(long)]
    speed: bool,
    /// Halts at first, with GDB's remote protocol on standard input and output, and the serial line on this socket.
    #[arg(long, requires = "log", conflicts_with_all = ["wave", "stuck", "milliseconds", "strict"])]
    debug: Option<PathBuf>,
    /// The file that has all that comes over the line of `--debug`.
    #[arg(long)]
    log: Option<PathBuf>,
}

/// How much time a step has, in nanoseconds: after each the serial line is looked at.
const STEP: u64 = 1_000_000;

fn main() -> Result<ExitCode> {
    match Command::parse() {
        Command::Run(arguments) => run(&arguments),
        Command::Lockstep(arguments) => compare(&arguments),
        Command::Repeat {
            setup,
            milliseconds,
        } => {
            let image = setup.read()?;
            let half = milliseconds * 500_000;
            match setup.board {
                BoardName::Virt => repeat(|| setup.virt(&image), half),
                _ => repeat(|| setup.th1520(&image), half),
            }
        }
    }
}

/// Runs what `begin` gives for twice so many nanoseconds.
fn repeat<B: Board>(begin: impl Fn() -> Result<Machine<B>>, half: u64) -> Result<ExitCode> {
    let mut once = begin()?;
    once.run(half);
    let mut snapshot = once.clone();
    once.run(half);
    let mut again = begin()?;
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
    let setup = &arguments.setup;
    let image = setup.read()?;
    match setup.board {
        BoardName::Virt => serve(setup.virt(&image)?, arguments, |_| Ok(())),
        _ => th1520(&image, arguments),
    }
}

fn th1520(image: &[u8], arguments: &Arguments) -> Result<ExitCode> {
    let mut machine = arguments.setup.th1520(image)?;
    let mut watch = Watch::new(&mut machine, arguments)?;
    let mut stuck = arguments.stuck.clone();
    serve(machine, arguments, |machine| {
        if let Some((_, path)) = stuck.take_if(|(at, _)| *at <= machine.now()) {
            load::spin(&path, &mut machine.memory)?;
            machine.cpu.registers_changed();
        }
        watch.look(machine)
    })
}

/// A time and a file of the command line; the time in nanoseconds.
fn stuck(text: &str) -> Result<(u64, PathBuf)> {
    let parts = text.split_once(':').context("write `MILLISECONDS:FILE`")?;
    Ok((parts.0.parse::<u64>()? * 1_000_000, parts.1.into()))
}

/// The pads that are watched, and where it is written what they do.
struct Watch {
    meters: Vec<(Pad, Meter)>,
    file: Option<File>,
}

impl Watch {
    fn new(machine: &mut Machine<Th1520>, arguments: &Arguments) -> Result<Self> {
        let create = |path: &PathBuf| {
            File::create(path).with_context(|| format!("cannot write {}", path.display()))
        };
        for pad in &arguments.wave {
            machine.board.watch(*pad, machine.now());
        }
        let meters = arguments.wave.iter().map(|pad| (*pad, Meter::new(*pad)));
        Ok(Self {
            meters: meters.collect(),
            file: arguments.waves.as_ref().map(create).transpose()?,
        })
    }

    fn look(&mut self, machine: &mut Machine<Th1520>) -> Result<()> {
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        let edges = machine.board.edges();
        for (pad, meter) in &mut self.meters {
            for edge in &edges {
                if let Some(wave) = meter.edge(*edge) {
                    writeln!(file, "{} {pad} {wave}", edge.now)?;
                }
            }
            let now = machine.now();
            if let Some(wave) = meter.rest(now) {
                writeln!(file, "{now} {pad} {wave}")?;
            }
        }
        Ok(())
    }
}

/// Runs the machine until it stops. `look` is called after each step.
fn serve<B: Board>(
    mut machine: Machine<B>,
    arguments: &Arguments,
    mut look: impl FnMut(&mut Machine<B>) -> Result<()>,
) -> Result<ExitCode> {
    machine.cpu.set_pace(arguments.nanoseconds);
    if let (Some(socket), Some(log)) = (&arguments.debug, &arguments.log) {
        let line = debugger::Line::new(socket, log)?;
        return Ok(match debugger::serve(machine, line, arguments.paced)? {
            debugger::End::Stopped(Stop::Off(code)) => ExitCode::from(code as u8),
            debugger::End::Stopped(_) | debugger::End::Left => ExitCode::SUCCESS,
        });
    }
    let input = listen();
    let end = arguments
        .milliseconds
        .map_or(u64::MAX, |count| count * 1_000_000);
    let start = Instant::now();
    let mut typed = Typed::new(input);
    let mut told = Told::default();
    let mut after = arguments.after.as_deref();
    let mut broken = false;
    let stop = loop {
        let stop = machine.run(STEP.min(end - machine.now()));
        told.print(&machine.serial_out())?;
        if after.take_if(|text| told.ends_with(text)).is_some() {
            typed.type_all(&arguments.lines);
        }
        look(&mut machine)?;
        for violation in machine.violations() {
            broken = true;
            eprintln!("violation: {violation}");
        }
        if !matches!(stop, Stop::Time | Stop::Idle) || machine.now() >= end {
            break stop;
        }
        if typed.has_ended() && (arguments.attended || stop == Stop::Idle) {
            break stop;
        }
        let ahead = Duration::from_nanos(machine.now()).saturating_sub(start.elapsed());
        let wait = match stop {
            Stop::Idle => Duration::from_secs(3600),
            _ if arguments.paced => ahead,
            _ => Duration::ZERO,
        };
        typed.pass(wait, &mut machine);
    };
    if arguments.speed {
        let seconds = start.elapsed().as_secs_f64();
        let count = machine.cpu.instructions();
        eprintln!(
            "{count} instructions in {seconds:.2} s, {:.1} million a second",
            count as f64 / seconds / 1e6
        );
    }
    let code = match (stop, &arguments.exit_text) {
        (Stop::Off(code), _) => Some(code as u8),
        (Stop::Reset, Some(text)) => told.code(text),
        (Stop::Time, _) => Some(0),
        (Stop::Idle, _) if arguments.attended => Some(0),
        _ => None,
    };
    let Some(code) = code else {
        eprintln!("the machine stopped: {stop:?}");
        return Ok(match stop {
            Stop::Reset => ExitCode::from(3),
            _ => ExitCode::FAILURE,
        });
    };
    if broken && arguments.strict && code == 0 {
        eprintln!("the image broke rules of the board");
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::from(code))
}

/// What the machine printed.
#[derive(Debug, Default)]
struct Told {
    /// The last of it.
    last: Vec<u8>,
}

impl Told {
    /// How much is kept.
    const KEPT: usize = 512;

    fn print(&mut self, bytes: &[u8]) -> Result<()> {
        self.last.extend(bytes);
        let old = self.last.len().saturating_sub(Self::KEPT);
        self.last.drain(..old);
        let mut output = std::io::stdout().lock();
        output.write_all(bytes)?;
        Ok(output.flush()?)
    }

    /// Whether this is the last that was printed: who asks waits then.
    fn ends_with(&self, text: &str) -> bool {
        self.last.ends_with(text.as_bytes())
    }

    /// The number after a text.
    fn code(&self, text: &str) -> Option<u8> {
        let last = String::from_utf8_lossy(&self.last);
        let (_, rest) = last.rsplit_once(text)?;
        let digits = rest.trim_start();
        let end = digits
            .find(|character: char| !character.is_ascii_digit())
            .unwrap_or(digits.len());
        digits[..end].parse().ok()
    }
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

/// What is typed. It is passed on as the machine takes it: a person would wait for the echo.
struct Typed {
    input: Receiver<Vec<u8>>,
    waiting: VecDeque<u8>,
    open: bool,
}

impl Typed {
    fn new(input: Receiver<Vec<u8>>) -> Self {
        Self {
            input,
            waiting: VecDeque::new(),
            open: true,
        }
    }

    /// Types these lines as well.
    fn type_all(&mut self, lines: &[String]) {
        for line in lines {
            self.waiting.extend(line.bytes().chain([b'\r']));
        }
    }

    /// Nothing more will come, and all was passed on.
    fn has_ended(&self) -> bool {
        !self.open && self.waiting.is_empty()
    }

    /// Passes on what the machine takes. Waits only if nothing is there.
    fn pass<B: Board>(&mut self, wait: Duration, machine: &mut Machine<B>) {
        let mut wait = if self.waiting.is_empty() {
            wait
        } else {
            Duration::ZERO
        };
        while self.open {
            match self.input.recv_timeout(wait) {
                Ok(piece) => self.waiting.extend(piece),
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => self.open = false,
            }
            wait = Duration::ZERO;
        }
        let count = machine.serial_room().min(self.waiting.len());
        let taken: Vec<u8> = self.waiting.drain(..count).collect();
        if !taken.is_empty() {
            machine.serial_in(&taken);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_typed_when_the_text_is_the_last_that_was_printed() {
        let mut told = Told::default();
        for (piece, is_it) in [
            ("x> ho", false),
            ("st>", false),
            (" ", true),
            ("[ 1]", false),
        ] {
            told.print(piece.as_bytes()).unwrap();
            assert_eq!(told.ends_with("host> "), is_it, "after {piece:?}");
        }
        // Nothing comes from outside, and that is no end before they are passed on.
        let mut typed = Typed::new(channel().1);
        typed.open = false;
        typed.type_all(&["ps".to_owned(), "poweroff".to_owned()]);
        assert!(!typed.has_ended());
        assert!(typed.waiting.iter().eq(b"ps\rpoweroff\r"));
    }
}
