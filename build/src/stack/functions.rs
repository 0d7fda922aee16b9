//! The functions of a program: how much stack each takes, and what it calls before it has saved its return address.

use super::step::{Flow, State, Step};
use super::{riscv, thumb};
use crate::arch::Arch;
use crate::elf::Code;
use std::collections::{BTreeMap, BTreeSet};

/// A function.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function {
    /// Its name as people write it.
    pub(crate) name: String,
    /// Most bytes of stack that it takes; none if this cannot be determined.
    pub(crate) frame: Option<u64>,
    /// What it may call before it has saved its return address: the address of a function, or any function.
    pub(super) early_calls: BTreeSet<Option<u64>>,
    /// What it may call or continue with at all, in the same form. A jump by a register counts as one by a table, to
    /// another place in the function.
    pub(super) calls: BTreeSet<Option<u64>>,
}

/// The functions by address.
pub(super) fn functions(arch: Arch, code: &Code) -> BTreeMap<u64, Function> {
    let end = code.address + code.bytes.len() as u64;
    let mut starts: BTreeMap<u64, &str> = (code.functions.iter())
        .map(|(address, name)| (arch.instruction(*address), name.as_str()))
        .filter(|(address, _)| *address < end)
        .collect();
    if !code.bytes.is_empty() {
        starts
            .entry(code.address)
            .or_insert("the start of the text");
    }
    let outlined: BTreeSet<u64> = (starts.iter())
        .filter(|(_, name)| name.starts_with(OUTLINED))
        .map(|(start, _)| *start)
        .collect();
    let ends = starts.keys().copied().skip(1).chain([end]);
    let read: BTreeMap<u64, Read> = (starts.keys().zip(ends))
        .map(|(start, end)| {
            let body = Body {
                arch,
                code,
                start: *start,
                end,
            };
            (*start, body.read(&outlined))
        })
        .collect();
    // The pieces that save the return address of whoever they are a piece of.
    let none = BTreeSet::new();
    let saving: BTreeSet<u64> = (read.iter())
        .filter(|(start, piece)| !piece.before_saving(**start, &none).leaves)
        .map(|(start, _)| *start)
        .collect();
    starts
        .into_iter()
        .map(|(start, name)| {
            let function = Function {
                name: format!("{:#}", rustc_demangle::demangle(name)),
                frame: whole_frame(&read, start, SHARED_DEPTH),
                early_calls: read[&start].before_saving(start, &saving).calls,
                calls: read[&start].calls.clone(),
            };
            (start, function)
        })
        .collect()
}

/// How the compiler names functions that it makes of what several functions have in common, also of their ends.
const OUTLINED: &str = "OUTLINED_FUNCTION_";

/// How deep shared pieces of functions may be nested.
const SHARED_DEPTH: u32 = 4;

/// The facts read from the instructions of one function.
struct Read {
    /// Its instructions by address. Targets are addresses of instructions.
    steps: BTreeMap<u64, Step>,
    /// Bytes that it takes by itself.
    frame: Option<u64>,
    /// Pieces of it that lie elsewhere, as often as they are entered.
    shared: Vec<u64>,
    /// Those of them that it ends with: it jumps there.
    tails: BTreeSet<u64>,
    calls: BTreeSet<Option<u64>>,
}

/// What can be reached from a function's start without saving the return address.
#[derive(Default)]
struct BeforeSaving {
    /// What it may call.
    calls: BTreeSet<Option<u64>>,
    /// Whether it may call something, or leave the function.
    leaves: bool,
}

impl Read {
    /// What can be reached before the return address is saved, here or by one of the pieces that do so.
    fn before_saving(&self, start: u64, saving: &BTreeSet<u64>) -> BeforeSaving {
        let mut found = BeforeSaving::default();
        let (mut seen, mut left) = (BTreeSet::new(), vec![start]);
        while let Some(at) = left.pop() {
            let Some(step) = self.steps.get(&at) else {
                found.leaves = true;
                if self.tails.contains(&at) {
                    found.calls.insert(Some(at));
                }
                continue;
            };
            if step.saves || !seen.insert(at) {
                continue;
            }
            let next = at + step.length;
            match step.flow {
                Flow::Next => left.push(next),
                Flow::Piece(piece) if saving.contains(&piece) => {}
                Flow::Piece(target) => {
                    found.calls.insert(Some(target));
                    left.push(next);
                }
                Flow::Call(target) => {
                    found.calls.insert(target);
                    left.push(next);
                }
                Flow::Jump(Some(target)) => left.push(target),
                Flow::Branch(target) => left.extend([target, next]),
                // Perhaps by a table, so to any instruction of this function; or out of it.
                Flow::Jump(None) | Flow::BranchAnywhere => {
                    found.leaves = true;
                    left.extend(self.steps.keys());
                }
                Flow::End => found.leaves = true,
            }
        }
        found.leaves |= !found.calls.is_empty();
        found
    }
}

/// Bytes that a function takes with its pieces that lie elsewhere.
fn whole_frame(read: &BTreeMap<u64, Read>, start: u64, depth: u32) -> Option<u64> {
    let function = read.get(&start)?;
    function
        .shared
        .iter()
        .try_fold(function.frame?, |sum, piece| {
            let more = whole_frame(read, *piece, depth.checked_sub(1)?)?;
            sum.checked_add(more)
        })
}

/// The instructions of one function.
struct Body<'a> {
    arch: Arch,
    code: &'a Code,
    start: u64,
    end: u64,
}

impl Body<'_> {
    /// Reads it; `outlined` are the functions that are pieces of others.
    fn read(&self, outlined: &BTreeSet<u64>) -> Read {
        let (steps, _) = self.sweep(&BTreeSet::new());
        let targets: BTreeSet<u64> = (steps.values())
            .filter_map(|step| match step.flow {
                Flow::Branch(to) | Flow::Jump(Some(to)) => Some(to),
                _ => None,
            })
            .collect();
        let (steps, mut state) = self.sweep(&targets);
        let tails: BTreeSet<u64> = (targets.iter())
            .filter(|target| outlined.contains(target) && **target != self.start)
            .copied()
            .collect();
        state.shared.extend(&tails);
        Read {
            frame: u64::try_from(state.frame).ok().filter(|_| !state.unknown),
            shared: state.shared,
            tails,
            calls: self.calls(&steps),
            steps,
        }
    }

    /// Reads all instructions in order. Where other code may jump to, the known values of registers are forgotten.
    fn sweep(&self, targets: &BTreeSet<u64>) -> (BTreeMap<u64, Step>, State) {
        let mut state = State::new(match self.arch {
            Arch::Sv39 | Arch::Pmp => riscv::FRAME_POINTER,
            Arch::PmsaV7 | Arch::PmsaV8 => thumb::FRAME_POINTER,
        });
        let mut steps = BTreeMap::new();
        let mut at = self.start;
        while at < self.end {
            if let Some(next) = self.data_until(at) {
                at = next;
                state.forget();
                continue;
            }
            if targets.contains(&at) {
                state.forget();
            }
            let Some(step) = self.step(at, &mut state) else {
                state.unknown = true;
                break;
            };
            if step.flow != Flow::Next && !matches!(step.flow, Flow::Branch(_)) {
                state.forget();
            }
            steps.insert(at, step);
            at += step.length;
        }
        (steps, state)
    }

    fn step(&self, at: u64, state: &mut State) -> Option<Step> {
        let bytes = &self.code.bytes;
        let offset = usize::try_from(at - self.code.address).ok()?;
        match self.arch {
            Arch::Sv39 | Arch::Pmp => {
                riscv::step(bytes.get(offset..)?, at, self.arch.is_64_bit(), state)
            }
            Arch::PmsaV7 | Arch::PmsaV8 => thumb::step(bytes, offset, at, state),
        }
    }

    /// The end of the data at an address, when there is data.
    fn data_until(&self, at: u64) -> Option<u64> {
        let (_, is_code) = self.code.marks.range(..=at).next_back()?;
        if *is_code {
            return None;
        }
        let mut later = self.code.marks.range(at + 1..);
        let next = later.find(|(_, is_code)| **is_code);
        Some(next.map_or(self.end, |(next, _)| *next).min(self.end))
    }

    /// All calls, and jumps to other functions. No compiled function goes on behind its end without a jump.
    fn calls(&self, steps: &BTreeMap<u64, Step>) -> BTreeSet<Option<u64>> {
        let away = |target: &u64| !(self.start..self.end).contains(target);
        let targets = steps.values().filter_map(|step| match step.flow {
            Flow::Call(target) => Some(target),
            Flow::Piece(target) => Some(Some(target)),
            Flow::Jump(Some(target)) | Flow::Branch(target) => {
                Some(Some(target)).filter(|_| away(&target))
            }
            _ => None,
        });
        targets.collect()
    }
}
