//! The command line of the model: runs an image with its serial line on standard input and output.
#![forbid(unsafe_code)]

use anyhow::{Context, Result, ensure};
use clap::{Args, Parser, ValueEnum};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};
use th1520_model::board::Board;
use th1520_model::board::th1520::{Options, Pad, Th1520};
use th1520_model::debugger;
use th1520_model::device_tree::{Description, encode};
use th1520_model::load;
use th1520_model::lockstep::{self, Program};
use th1520_model::wave::Meter;
use th1520_model::{Chain, Machine, Stop, presets};

/// The model of a board.
#[derive(Debug, Parser)]
enum Command {
    /// Runs an RV64 image, with its serial line on standard input and output.
    Run(Box<Arguments>),
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
    /// The device tree that the TH1520's firmware passes; if absent, a short one of the Lichee Pi 4A.
    #[arg(long)]
    device_tree: Option<PathBuf>,
    /// An OpenSBI of the kind `fw_dynamic` runs below the TH1520's image, in place of the model's own part of the
    /// firmware.
    #[arg(long)]
    firmware: Option<PathBuf>,
    /// Passes the TH1520's tree of a board with this name, which is compatible with nothing else.
    #[arg(long)]
    other_board: Option<String>,
    /// How much memory the TH1520's tree tells of, in bytes.
    #[arg(long)]
    told_memory: Option<u64>,
    /// All gates of the TH1520 are on and nothing is held in reset.
    #[arg(long)]
    open: bool,
    /// The TH1520's firmware leaves page attributes off.
    #[arg(long)]
    no_attributes: bool,
    /// The TH1520's firmware does not delegate the interrupt controller.
    #[arg(long)]
    not_delegated: bool,
    /// The TH1520's firmware tells another processor's identity.
    #[arg(long)]
    other_processor: bool,
    /// What random choices of the TH1520 depend on.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The TH1520's caches write back a dirty line at random, about every so many nanoseconds.
    #[arg(long)]
    early_write_back: Option<u64>,
    /// Writes what the TH1520's pad does, each time that it changes, to the file of `--waves`; for example `gpio3-3`.
    #[arg(long, requires = "waves", value_parser = pad)]
    wave: Vec<Pad>,
    /// The file: a line with the time in nanoseconds, the pad, and its wave.
    #[arg(long)]
    waves: Option<PathBuf>,
    /// At a time in milliseconds the TH1520's processor has a temperature in thousandths of a degree: `1500:70000`.
    #[arg(long, value_parser = heat)]
    heat: Vec<(u64, i64)>,
    /// From a time in milliseconds on, the program of an ELF file spins where it is: `1000:supervisor.elf`. If the
    /// machine is reset, the exit code is 3.
    #[arg(long, value_parser = stuck)]
    stuck: Option<(u64, PathBuf)>,
    /// A wire from one pad of the TH1520 to another, which it drives: `gpio3-3:gpio1-3`.
    #[arg(long, value_parser = wire)]
    wire: Vec<(Pad, Pad)>,
    /// The rate of the TH1520's PWM in Hz.
    #[arg(long)]
    pwm_rate: Option<u64>,
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
            |_| Ok(()),
        ),
    }
}

fn th1520(image: &[u8], arguments: &Arguments, chain: Chain) -> Result<ExitCode> {
    let chain = if arguments.other_processor {
        Chain::Qemu
    } else {
        chain
    };
    let tree = arguments.device_tree.as_ref();
    let mut tree = tree
        .map(|path| std::fs::read(path).with_context(|| path.display().to_string()))
        .transpose()?;
    if arguments.other_board.is_some() || arguments.told_memory.is_some() {
        let memory = arguments.told_memory.unwrap_or(Options::default().memory);
        let usual = Description::lichee_pi_4a(memory, chain.memory());
        let other = arguments.other_board.as_deref();
        let other = other.map(|name| [name]);
        tree = Some(encode(&match &other {
            Some(names) => Description {
                model: names[0],
                compatible: names,
                ..usual
            },
            None => usual,
        }));
    }
    let options = Options {
        seed: arguments.seed,
        early_write_back: arguments.early_write_back,
        attributes: !arguments.no_attributes,
        open: arguments.open,
        plic_delegated: !arguments.not_delegated,
        pwm_rate: arguments.pwm_rate.unwrap_or(Options::default().pwm_rate),
        ..Options::default()
    };
    let machine = match &arguments.firmware {
        Some(path) => {
            let code = std::fs::read(path).with_context(|| path.display().to_string())?;
            presets::th1520_below(&code, image, tree.as_deref(), options)
        }
        None => presets::th1520(image, tree.as_deref(), options, chain),
    };
    let mut machine = machine.with_context(|| arguments.image.display().to_string())?;
    machine.board.plan_heat(arguments.heat.clone());
    for (from, to) in &arguments.wire {
        machine.board.wire(*from, *to);
    }
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

/// A pad of the command line.
fn pad(name: &str) -> Result<Pad> {
    Pad::from_name(name).with_context(|| format!("no pad is `{name}`; write one as `gpio3-3`"))
}

/// A wire of the command line.
fn wire(text: &str) -> Result<(Pad, Pad)> {
    let (from, to) = text.split_once(':').context("write `gpio3-3:gpio1-3`")?;
    Ok((pad(from)?, pad(to)?))
}

/// A time and a temperature of the command line; in nanoseconds, and in thousandths of a degree.
fn heat(text: &str) -> Result<(u64, i64)> {
    let parts = text
        .split_once(':')
        .context("write `MILLISECONDS:THOUSANDTHS`")?;
    Ok((parts.0.parse::<u64>()? * 1_000_000, parts.1.parse()?))
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
    let mut broken = false;
    let stop = loop {
        let stop = machine.run(STEP.min(end - machine.now()));
        told.print(&machine.serial_out())?;
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
