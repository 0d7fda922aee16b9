//! The fast paths as RISC-V's entry code has them: its lines are executed on the kernel's own state.
//!
//! A line does what the *RISC-V Unprivileged ISA* 20191213 says of its instruction in RV64, with `LOAD`, `STORE` and
//! `LOAD_HANDLE` for its loads and stores of 64 bits and its zero-extending load of 32. Anything else, a field of
//! another width, and an address that is no record's fail the test.

use crate::model::{Model, World};
use crate::task::Task;
use crate::{Hardware, Layout};
use leasehold_abi::{MAX_BORROWS, TaskState};
use std::collections::BTreeMap;
use std::string::{String, ToString};
use std::vec::Vec;
use std::{assert, assert_eq, panic};

const SOURCE: &str = include_str!("../../../arch/riscv/src/fast.s");
/// Where the records seem to be.
const TABLE: u64 = 0x10_0000;
/// Where the table seems to be by which the first task of a set is found.
const FIRST: u64 = 0x20_0000;
const RECORD: u64 = Layout::<<Model as Hardware>::Context>::TASK as u64;

/// What a path that went through leaves: the task that goes on, and its second result.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Resumed {
    pub(super) task: usize,
    pub(super) second: usize,
}

/// The path of `Call`; none where it is left to the slow one.
pub(super) fn call(world: &mut World, arguments: [usize; 3]) -> Option<Resumed> {
    run(world, "FAST_CALL", &arguments)
}

/// The path of `ReplyReceive`.
pub(super) fn reply_receive(world: &mut World, arguments: [usize; 2]) -> Option<Resumed> {
    run(world, "FAST_REPLY_RECEIVE", &arguments)
}

/// The path of `Receive`: the task that goes on.
pub(super) fn receive(world: &mut World, arguments: [usize; 3]) -> Option<usize> {
    let machine = execute(world, "FAST_RECEIVE", &arguments)?;
    Some(record(machine.get("a0")))
}

/// Instructions and operands of a macro.
fn lines(name: &str) -> Vec<(&'static str, Vec<&'static str>)> {
    let head = std::format!(".macro {name}\n");
    let (_, body) = SOURCE.split_once(&head).expect("the macro");
    let (body, _) = body.split_once(".endm").expect("its end");
    let lines = body
        .lines()
        .map(|line| line.split('#').next().unwrap_or(""));
    let lines = lines.map(str::trim).filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let (instruction, operands) = line.split_once(' ').unwrap_or((line, ""));
            (instruction, operands.split(',').map(str::trim).collect())
        })
        .collect()
}

struct Machine<'a> {
    world: &'a mut World,
    registers: BTreeMap<String, u64>,
}

fn run(world: &mut World, path: &str, arguments: &[usize]) -> Option<Resumed> {
    let machine = execute(world, path, arguments)?;
    Some(Resumed {
        task: record(machine.get("a3")),
        second: machine.get("a1") as usize,
    })
}

/// Does a path's lines; none if one of them branches to the slow path.
fn execute<'a>(world: &'a mut World, path: &str, arguments: &[usize]) -> Option<Machine<'a>> {
    let current = world.kernel.current as u64;
    let mut machine = Machine {
        world,
        registers: BTreeMap::new(),
    };
    machine.set("tp", TABLE + RECORD * current);
    for (register, argument) in ["a0", "a1", "a2"].into_iter().zip(arguments) {
        machine.set(register, *argument as u64);
    }
    for (instruction, operands) in lines(path) {
        if machine.step(instruction, &operands) {
            return None;
        }
    }
    Some(machine)
}

/// The task whose record begins at this address.
fn record(address: u64) -> usize {
    let offset = address.checked_sub(TABLE).expect("an address of the table");
    assert_eq!(offset % RECORD, 0, "the start of a record");
    assert!(offset / RECORD < 6, "a record of the table");
    (offset / RECORD) as usize
}

/// `{FIELD}(register)`.
fn place(operand: &str) -> (&str, &str) {
    let (field, register) = operand.split_once("}(").expect("a field of a record");
    (
        field.strip_prefix('{').expect("a field's name"),
        register.strip_suffix(')').expect("a register"),
    )
}

/// Bytes of a field.
fn width(field: &str) -> usize {
    match field {
        "HANDLE" | "ACCEPTING" | "FAST" | "PENDING" | "MASK" => 4,
        "STATE" | "SERVING" | "POSITIONS" => 1,
        _ => 8,
    }
}

impl Machine<'_> {
    fn get(&self, register: &str) -> u64 {
        let value = self.registers.get(register);
        *value.unwrap_or_else(|| panic!("{register} is used before it is set"))
    }

    fn set(&mut self, register: &str, value: u64) {
        self.registers.insert(register.to_string(), value);
    }

    fn immediate(operand: &str) -> u64 {
        match operand {
            "{TASK_SHIFT}" => RECORD.ilog2().into(),
            "{LAST_INDEX}" => u64::from(crate::TaskSet::BITS) - 1,
            "{MORE_BORROWS}" => MAX_BORROWS as u64 + 1,
            "{SHIFT}" => crate::First::SHIFT.into(),
            "{RECEIVING}" => TaskState::Receiving as u64,
            "{AWAITING_REPLY}" => TaskState::AwaitingReply as u64,
            number => number.parse::<i64>().expect("a number") as u64,
        }
    }

    /// Both ways to find the first task find the same.
    fn first_of(&mut self) {
        let set = self.get("t1");
        let [by_table, by_counting] = ["FIRST_BY_TABLE", "FIRST_BY_COUNTING"].map(|path| {
            self.set("t1", set);
            for (instruction, operands) in lines(path) {
                assert!(!self.step(instruction, &operands));
            }
            self.get("t1")
        });
        assert_eq!(by_table, by_counting);
    }

    /// Does one instruction; whether it branches away.
    fn step(&mut self, instruction: &str, operands: &[&str]) -> bool {
        if instruction == "FIRST_OF" {
            self.first_of();
            return false;
        }
        let value = match (instruction, operands) {
            ("bnez", [tested, "9f"]) => return self.get(tested) != 0,
            ("beqz", [tested, "9f"]) => return self.get(tested) == 0,
            ("bne", [one, other, "9f"]) => return self.get(one) != self.get(other),
            ("STORE" | "sw" | "sb", [source, to]) => {
                let (field, base) = place(to);
                let bytes = match instruction {
                    "sw" => 4,
                    "sb" => 1,
                    _ => 8,
                };
                assert_eq!(bytes, width(field), "{field}");
                self.store(field, self.get(base), self.get(source));
                return false;
            }
            ("LOAD" | "LOAD_HANDLE" | "lw" | "lbu", [_, from]) => {
                let (field, base) = place(from);
                let bytes = match instruction {
                    "LOAD_HANDLE" | "lw" => 4,
                    "lbu" => 1,
                    _ => 8,
                };
                assert_eq!(bytes, width(field), "{field}");
                let loaded = self.load(field, self.get(base));
                if instruction == "lw" {
                    loaded as u32 as i32 as u64
                } else {
                    loaded
                }
            }
            ("ctz", [_, one]) => self.get(one).trailing_zeros().into(),
            ("lla", [_, "{FIRST}"]) => FIRST,
            ("slli", [_, one, number]) => self.get(one) << Self::immediate(number),
            ("srli", [_, one, number]) => self.get(one) >> Self::immediate(number),
            ("li", [_, number]) => Self::immediate(number),
            ("not", [_, one]) => !self.get(one),
            ("addi", [_, one, number]) => self.get(one).wrapping_add(Self::immediate(number)),
            ("andi", [_, one, number]) => self.get(one) & Self::immediate(number),
            ("sltiu", [_, one, number]) => u64::from(self.get(one) < Self::immediate(number)),
            ("add", [_, one, other]) => self.get(one).wrapping_add(self.get(other)),
            ("mul", [_, one, other]) => self.get(one).wrapping_mul(self.get(other)),
            ("and", [_, one, other]) => self.get(one) & self.get(other),
            ("or", [_, one, other]) => self.get(one) | self.get(other),
            ("xor", [_, one, other]) => self.get(one) ^ self.get(other),
            ("sll", [_, one, other]) => self.get(one) << (self.get(other) & 63),
            ("srl", [_, one, other]) => self.get(one) >> (self.get(other) & 63),
            other => panic!("{other:?} is no instruction of a fast path"),
        };
        self.set(operands[0], value);
        false
    }

    fn load(&self, field: &str, base: u64) -> u64 {
        match field {
            "CODES" if base == FIRST => return crate::FIRST.codes as u64,
            "POSITIONS" => return crate::FIRST.positions[(base - FIRST) as usize].into(),
            _ => {}
        }
        let kernel = &self.world.kernel;
        let task = record(base);
        let record = &kernel.tasks[task];
        match field {
            "TASKS" => TABLE,
            "BIT" => 1 << task,
            "HANDLE" => record.handle.into(),
            "ACCEPTING" => record.accepting.into(),
            "FAST" => record.fast.into(),
            "PENDING" => record.pending.into(),
            "WAITING" => record.waiting as u64,
            "IN_SERVICE" => record.in_service as u64,
            "CALLS" => record.calls as u64,
            "SERVING" => record.serving.into(),
            "READY_SET" if base == TABLE => kernel.ready as u64,
            "HIGHER" if base == TABLE && kernel.reaper.is_idle() => u64::MAX,
            "HIGHER" if base == TABLE => 0,
            other => panic!("{other} is loaded"),
        }
    }

    fn store(&mut self, field: &str, base: u64, value: u64) {
        let kernel = &mut self.world.kernel;
        let record: &mut Task<_> = &mut kernel.tasks[record(base)];
        match field {
            "ACCEPTING" => record.accepting = value as u32,
            "MASK" => record.mask = value as u32,
            "IN_SERVICE" => record.in_service = value as usize,
            "BORROWS" => record.borrows = value as usize,
            "BORROW_COUNT" => record.borrow_count = value as usize,
            "PEER" => record.peer = value as usize,
            "STATE" => {
                let states = [
                    TaskState::Ready,
                    TaskState::Receiving,
                    TaskState::AwaitingReply,
                ];
                let state = states.into_iter().find(|state| *state as u64 == value);
                record.state = state.expect("a state of messages");
            }
            "READY_SET" if base == TABLE => kernel.ready = value as usize,
            "CURRENT" if base == TABLE => kernel.current = value as usize,
            other => panic!("{other} is stored"),
        }
    }
}
