//! QEMU's log of registers, read while it runs.

use super::rules::{Below, STATUS};
use crate::cpu::{Cpu, Mode, cause};
use anyhow::{Context, Result};
use std::ffi::OsString;
use std::fmt;
use std::io::{BufRead, BufReader};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};

/// The registers before an instruction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(
    missing_docs,
    reason = "each has the name that the specification gives it"
)]
pub struct State {
    pub pc: u64,
    pub x: [u64; 32],
    pub f: [u64; 32],
    pub mstatus: u64,
    pub mideleg: u64,
    pub medeleg: u64,
    pub mtvec: u64,
    pub stvec: u64,
    pub mepc: u64,
    pub sepc: u64,
    pub mcause: u64,
    pub scause: u64,
    pub mtval: u64,
    pub stval: u64,
    pub mscratch: u64,
    pub sscratch: u64,
    pub satp: u64,
}

impl State {
    /// Whether the last trap to supervisor mode was an interrupt that has just come.
    #[must_use]
    pub fn interrupted(&self) -> bool {
        self.scause & cause::INTERRUPT != 0 && self.pc == self.stvec
    }

    /// Whether a fetch from an address has just faulted.
    pub(super) fn fetch_faulted_at(&self, pc: u64) -> bool {
        let is_fetch = |code| matches!(code, cause::FETCH_ACCESS | cause::FETCH_PAGE);
        self.pc != pc
            && (self.pc == self.stvec && self.sepc == pc && is_fetch(self.scause)
                || self.pc == self.mtvec && self.mepc == pc && is_fetch(self.mcause))
    }

    pub(super) fn in_machine_mode_trap(&self) -> bool {
        self.mcause & cause::INTERRUPT != 0 && self.pc == self.mtvec
    }

    pub(super) fn trap_pc(&self) -> u64 {
        self.sepc
    }

    /// Gives a hart these registers.
    pub(super) fn put(&self, cpu: &mut Cpu, mode: Mode) {
        for number in 0..32 {
            cpu.set_register(number, self.x[number]);
            cpu.set_float_register(number, self.f[number]);
        }
        let csr = &mut cpu.csr;
        csr.mstatus = self.mstatus & !(0xf << 32) & !(1 << 63);
        csr.mideleg = self.mideleg & 0x222;
        csr.medeleg = self.medeleg;
        (csr.mtvec, csr.mepc, csr.mcause, csr.mtval) =
            (self.mtvec, self.mepc, self.mcause, self.mtval);
        (csr.stvec, csr.sepc, csr.scause, csr.stval) =
            (self.stvec, self.sepc, self.scause, self.stval);
        (csr.mscratch, csr.sscratch, csr.satp) = (self.mscratch, self.sscratch, self.satp);
        csr.mcounteren = 0xffff_ffff;
        cpu.set_pc(self.pc);
        cpu.set_mode(mode);
        cpu.registers_changed();
    }

    /// What a hart has otherwise, if anything.
    pub(super) fn difference(&self, cpu: &Cpu, below: Below) -> Option<String> {
        let csr = &cpu.csr;
        let mut pairs = vec![
            ("pc".to_owned(), self.pc, cpu.pc()),
            (
                "mstatus".to_owned(),
                self.mstatus & STATUS,
                csr.mstatus & STATUS,
            ),
            ("stvec".to_owned(), self.stvec, csr.stvec),
            ("sepc".to_owned(), self.sepc, csr.sepc),
            ("scause".to_owned(), self.scause, csr.scause),
            ("stval".to_owned(), self.stval, csr.stval),
            ("sscratch".to_owned(), self.sscratch, csr.sscratch),
            ("satp".to_owned(), self.satp, csr.satp),
        ];
        if below == Below::Nothing {
            pairs.extend([
                ("mtvec".to_owned(), self.mtvec, csr.mtvec),
                ("mepc".to_owned(), self.mepc, csr.mepc),
                ("mcause".to_owned(), self.mcause, csr.mcause),
                ("mtval".to_owned(), self.mtval, csr.mtval),
                ("mscratch".to_owned(), self.mscratch, csr.mscratch),
                ("medeleg".to_owned(), self.medeleg, csr.medeleg),
            ]);
        } else {
            // Machine mode's part of the status is the firmware's.
            let own = 0x1_e1e2_u64 & STATUS | STATUS & (3 << 18);
            let ours = csr.mstatus & own & !0x1880;
            pairs[1] = ("sstatus".to_owned(), self.mstatus & own & !0x1880, ours);
        }
        let registers =
            (0..32).map(|number| (format!("x{number}"), self.x[number], cpu.register(number)));
        let floats = (0..32).map(|number| {
            (
                format!("f{number}"),
                self.f[number],
                cpu.float_register(number),
            )
        });
        let differs = |(_, theirs, ours): &(String, u64, u64)| theirs != ours;
        let found: Vec<String> = pairs
            .into_iter()
            .chain(registers)
            .chain(floats)
            .filter(differs)
            .map(|(name, theirs, ours)| {
                format!("{name} is {theirs:#x} in QEMU, {ours:#x} in the model")
            })
            .collect();
        (!found.is_empty()).then(|| found.join("; "))
    }

    fn set(&mut self, name: &str, value: u64) {
        let place = match name {
            "pc" => &mut self.pc,
            "mstatus" => &mut self.mstatus,
            "mideleg" => &mut self.mideleg,
            "medeleg" => &mut self.medeleg,
            "mtvec" => &mut self.mtvec,
            "stvec" => &mut self.stvec,
            "mepc" => &mut self.mepc,
            "sepc" => &mut self.sepc,
            "mcause" => &mut self.mcause,
            "scause" => &mut self.scause,
            "mtval" => &mut self.mtval,
            "stval" => &mut self.stval,
            "mscratch" => &mut self.mscratch,
            "sscratch" => &mut self.sscratch,
            "satp" => &mut self.satp,
            // `x10/a0`, `f8/fs0`.
            register => {
                let Some((number, _)) = register.split_once('/') else {
                    return;
                };
                let (file, number) = number.split_at(1);
                let Ok(number) = number.parse::<usize>() else {
                    return;
                };
                match file {
                    "x" => &mut self.x[number & 31],
                    _ => &mut self.f[number & 31],
                }
            }
        };
        *place = value;
    }
}

impl fmt::Display for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, value) in self.x.iter().enumerate() {
            let end = if number % 4 == 3 { "\n" } else { " " };
            write!(formatter, "x{number:<2} {value:016x}{end}")?;
        }
        Ok(())
    }
}

/// Where QEMU is.
#[derive(Clone, Debug)]
pub struct Program {
    /// `qemu-system-riscv64`.
    pub path: PathBuf,
    /// The folder with its firmware, if it is not where QEMU looks.
    pub data: Option<PathBuf>,
}

impl Program {
    /// The options for one instruction at a time, which have another name since release 8.1, and for the firmware.
    fn one_at_a_time(&self) -> Result<Vec<OsString>> {
        let output = Command::new(&self.path)
            .arg("--version")
            .output()
            .with_context(|| format!("cannot run {}", self.path.display()))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let major = text
            .split("version ")
            .nth(1)
            .and_then(|rest| rest.split('.').next());
        let major: u32 = major
            .and_then(|major| major.parse().ok())
            .with_context(|| format!("no version: {text}"))?;
        let mut options: Vec<OsString> = if major < 9 {
            vec!["-singlestep".into()]
        } else {
            vec!["-accel".into(), "tcg,one-insn-per-tb=on".into()]
        };
        if let Some(folder) = &self.data {
            options.extend(["-L".into(), folder.into()]);
        }
        Ok(options)
    }
}

/// A QEMU that runs one instruction at a time and logs before each.
#[derive(Debug)]
pub struct Qemu {
    child: Child,
    log: BufReader<ChildStderr>,
    line: String,
    /// The line after the state that was read last, which begins the next one.
    begun: Option<u64>,
    unlogged: Range<u64>,
}

impl Qemu {
    /// Starts QEMU's `virt` board with an image, which it logs where addresses lie in these ranges (first, bytes).
    /// `how` is `-kernel` (with QEMU's firmware below) or `-bios` (with nothing).
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start(
        program: &Program,
        how: &str,
        image: &Path,
        ranges: &[(u64, u64)],
    ) -> Result<Self> {
        let binary = &program.path;
        let filter: Vec<String> = ranges
            .iter()
            .map(|(first, bytes)| format!("{first:#x}+{bytes:#x}"))
            .collect();
        let mut child = Command::new(binary)
            .args([
                "-M",
                "virt",
                "-cpu",
                "sifive-u54",
                "-m",
                "128M",
                "-display",
                "none",
            ])
            .args(["-serial", "null", "-monitor", "none"])
            .args(program.one_at_a_time()?)
            .args(["-d", "cpu,fpu,nochain", "-dfilter", &filter.join(",")])
            .arg(how)
            .arg(image)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot run {}", binary.display()))?;
        let log = child.stderr.take().context("QEMU's log cannot be read")?;
        Ok(Self {
            child,
            log: BufReader::with_capacity(1 << 20, log),
            line: String::new(),
            begun: None,
            unlogged: 0..0,
        })
    }

    /// The next state; nothing when QEMU ended.
    ///
    /// # Errors
    /// The log cannot be read.
    pub fn next_state(&mut self) -> Result<Option<State>> {
        let mut state = State::default();
        let mut complete = false;
        if let Some(pc) = self.begun.take() {
            state.pc = pc;
        } else if !self.find_first(&mut state)? {
            return Ok(None);
        }
        loop {
            self.line.clear();
            if self.log.read_line(&mut self.line)? == 0 {
                break;
            }
            let mut words = self.line.split_whitespace();
            while let (Some(name), Some(value)) = (words.next(), words.next()) {
                let Ok(value) = u64::from_str_radix(value, 16) else {
                    break;
                };
                if name == "pc" {
                    self.begun = Some(value);
                    return Ok(Some(state));
                }
                complete |= name.starts_with("f31/");
                state.set(name, value);
            }
        }
        Ok(complete.then_some(state))
    }

    fn find_first(&mut self, state: &mut State) -> Result<bool> {
        loop {
            self.line.clear();
            if self.log.read_line(&mut self.line)? == 0 {
                return Ok(false);
            }
            let mut words = self.line.split_whitespace();
            if words.next() == Some("pc") {
                state.pc = u64::from_str_radix(words.next().unwrap_or_default(), 16)?;
                return Ok(true);
            }
        }
    }

    /// Says that one function is not in the ranges that are logged: the model goes through it alone.
    pub fn leave_out(&mut self, function: Range<u64>) {
        self.unlogged = function;
    }

    pub(super) fn unlogged(&self) -> Range<u64> {
        self.unlogged.clone()
    }

    /// Ends QEMU.
    pub fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Qemu {
    fn drop(&mut self) {
        self.stop();
    }
}
