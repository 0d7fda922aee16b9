//! What a debugger sees of the machine: registers, memory by the addresses that the hart has now, breakpoints.
//!
//! Devices cannot be read: a read may change them.

use super::Line;
use crate::board::{Board, Stop};
use crate::machine::Machine;
use anyhow::Result;
use gdbstub::common::Signal;
use gdbstub::target::ext::base::BaseOps;
use gdbstub::target::ext::base::singlethread::{
    SingleThreadBase, SingleThreadResume, SingleThreadResumeOps, SingleThreadSingleStep,
    SingleThreadSingleStepOps,
};
use gdbstub::target::ext::breakpoints::{
    Breakpoints, BreakpointsOps, SwBreakpoint, SwBreakpointOps,
};
use gdbstub::target::{Target, TargetError, TargetResult};
use gdbstub_arch::riscv::Riscv64;
use gdbstub_arch::riscv::reg::RiscvCoreRegs;
use std::time::{Duration, Instant};

/// How much time the machine has between two looks at the debugger and the serial line, in nanoseconds.
const SLICE: u64 = 1_000_000;
/// How long nothing is done where the machine waits for input alone.
const REST: Duration = Duration::from_millis(10);
/// Bytes of a page: what lies behind one may lie elsewhere.
const PAGE: u64 = 4096;

/// The machine below a debugger.
pub(super) struct Debugged<B> {
    machine: Machine<B>,
    line: Line,
    paced: bool,
    /// When it was resumed: the host's time, and its own.
    resumed: (Instant, u64),
    steps: bool,
    pub(super) stopped: Option<Stop>,
}

/// Why the machine that was resumed is halted again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resumed {
    /// One instruction was executed.
    Stepped,
    /// The next instruction has a breakpoint.
    Breakpoint,
    /// The machine stopped by itself.
    Stopped(Stop),
}

impl<B: Board> Debugged<B> {
    pub(super) fn new(machine: Machine<B>, line: Line, paced: bool) -> Self {
        Self {
            machine,
            line,
            paced,
            resumed: (Instant::now(), 0),
            steps: false,
            stopped: None,
        }
    }

    /// Runs for a moment; answers why it is halted, if it is.
    pub(super) fn slice(&mut self) -> Result<Option<Resumed>> {
        let before = self.machine.cpu.instructions();
        let time = if self.steps {
            self.machine.cpu.pace()
        } else {
            SLICE
        };
        let stop = self.machine.run(time);
        self.line.print(&self.machine.serial_out())?;
        for violation in self.machine.violations() {
            eprintln!("violation: {violation}");
        }
        let typed = self.line.take(self.machine.serial_room())?;
        if !typed.is_empty() {
            self.machine.serial_in(&typed);
        }
        if self.steps && self.machine.cpu.instructions() != before {
            return Ok(Some(Resumed::Stepped));
        }
        match stop {
            Stop::Time if self.machine.at_breakpoint() => return Ok(Some(Resumed::Breakpoint)),
            Stop::Breakpoint => return Ok(Some(Resumed::Breakpoint)),
            Stop::Time => self.keep_pace(),
            Stop::Idle if typed.is_empty() => std::thread::sleep(REST),
            Stop::Idle => {}
            stop => return Ok(Some(Resumed::Stopped(stop))),
        }
        Ok(None)
    }

    /// Lets time pass no faster than the host's.
    fn keep_pace(&self) {
        if self.paced {
            let (instant, now) = self.resumed;
            let passed = Duration::from_nanos(self.machine.now() - now);
            std::thread::sleep(passed.saturating_sub(instant.elapsed()));
        }
    }

    fn resume_with(&mut self, steps: bool) {
        self.steps = steps;
        self.resumed = (Instant::now(), self.machine.now());
    }

    /// Calls a function for each part of a range that lies in one page, with its physical address and place.
    fn each_page(
        &mut self,
        start: u64,
        length: usize,
        mut part: impl FnMut(&mut Machine<B>, u64, std::ops::Range<usize>) -> Option<()>,
    ) -> Option<()> {
        let mut done = 0;
        while done < length {
            let address = start.checked_add(done as u64)?;
            let rest = (PAGE - address % PAGE) as usize;
            let end = length.min(done + rest);
            let machine = &mut self.machine;
            let physical = machine.cpu.look_up(address, &mut machine.memory)?;
            part(machine, physical, done..end)?;
            done = end;
        }
        Some(())
    }
}

impl<B: Board> Target for Debugged<B> {
    type Arch = Riscv64;
    type Error = anyhow::Error;

    fn base_ops(&mut self) -> BaseOps<'_, Self::Arch, Self::Error> {
        BaseOps::SingleThread(self)
    }

    fn support_breakpoints(&mut self) -> Option<BreakpointsOps<'_, Self>> {
        Some(self)
    }
}

impl<B: Board> SingleThreadBase for Debugged<B> {
    fn read_registers(&mut self, registers: &mut RiscvCoreRegs<u64>) -> TargetResult<(), Self> {
        let cpu = &self.machine.cpu;
        registers.x = std::array::from_fn(|number| cpu.register(number));
        registers.pc = cpu.pc();
        Ok(())
    }

    fn write_registers(&mut self, registers: &RiscvCoreRegs<u64>) -> TargetResult<(), Self> {
        let cpu = &mut self.machine.cpu;
        for (number, value) in registers.x.iter().enumerate() {
            cpu.set_register(number, *value);
        }
        cpu.set_pc(registers.pc);
        Ok(())
    }

    fn support_resume(&mut self) -> Option<SingleThreadResumeOps<'_, Self>> {
        Some(self)
    }

    /// As much as can be read.
    fn read_addrs(&mut self, start: u64, data: &mut [u8]) -> TargetResult<usize, Self> {
        let mut read = 0;
        // What follows a page that is not there is not asked for.
        let _ = self.each_page(start, data.len(), |machine, physical, at| {
            let bytes = machine.memory.peek(physical, at.len())?;
            read = at.end;
            data[at].copy_from_slice(&bytes);
            Some(())
        });
        match read {
            0 => Err(TargetError::NonFatal),
            read => Ok(read),
        }
    }

    fn write_addrs(&mut self, start: u64, data: &[u8]) -> TargetResult<(), Self> {
        let written = self.each_page(start, data.len(), |machine, physical, at| {
            machine.memory.place(physical, &data[at])
        });
        // It may have been code, or a table of pages.
        self.machine.cpu.registers_changed();
        written.ok_or(TargetError::NonFatal)
    }
}

impl<B: Board> SingleThreadResume for Debugged<B> {
    fn resume(&mut self, _signal: Option<Signal>) -> Result<()> {
        self.resume_with(false);
        Ok(())
    }

    fn support_single_step(&mut self) -> Option<SingleThreadSingleStepOps<'_, Self>> {
        Some(self)
    }
}

impl<B: Board> SingleThreadSingleStep for Debugged<B> {
    fn step(&mut self, _signal: Option<Signal>) -> Result<()> {
        self.resume_with(true);
        Ok(())
    }
}

impl<B: Board> Breakpoints for Debugged<B> {
    fn support_sw_breakpoint(&mut self) -> Option<SwBreakpointOps<'_, Self>> {
        Some(self)
    }
}

/// No instruction is replaced in memory: what the image reads of itself stays as it is.
impl<B: Board> SwBreakpoint for Debugged<B> {
    fn add_sw_breakpoint(&mut self, address: u64, _kind: usize) -> TargetResult<bool, Self> {
        self.machine.set_breakpoint(address);
        Ok(true)
    }

    fn remove_sw_breakpoint(&mut self, address: u64, _kind: usize) -> TargetResult<bool, Self> {
        self.machine.clear_breakpoint(address);
        Ok(true)
    }
}
