//! Reads assembly text of RISC-V and Arm, as far as the accessors' cost needs it.

use std::collections::{BTreeSet, HashMap};

/// One instruction set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Isa {
    /// RV32 or RV64.
    RiscV,
    /// Thumb-2.
    Thumb,
}

/// A load or store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Access {
    /// What it does, without its encoding: `lw`, `ldr`.
    pub(crate) mnemonic: String,
    /// From the register that holds the address.
    pub(crate) offset: usize,
}

/// The functions of a program, by name: their instructions.
pub(crate) struct Program {
    isa: Isa,
    functions: HashMap<String, Vec<String>>,
}

impl Program {
    /// No functions.
    pub(crate) fn new(isa: Isa) -> Self {
        let functions = HashMap::new();
        Self { isa, functions }
    }

    /// Adds the functions of a file.
    pub(crate) fn add(&mut self, assembly: &str) {
        let mut current = None;
        for line in assembly.lines().map(str::trim) {
            if let Some(label) = line
                .strip_suffix(':')
                .filter(|label| !label.starts_with('.'))
            {
                self.functions.entry(label.to_owned()).or_default();
                current = Some(label.to_owned());
            } else if line.starts_with(".Lfunc_end") || line.starts_with(".popsection") {
                current = None;
            } else if let Some(function) = &current
                && !line.is_empty()
                && !line.starts_with(['.', '#', '/', '@'])
            {
                let body = self
                    .functions
                    .get_mut(function)
                    .expect("it was added above");
                // Encodings are told apart by a suffix, and spaces vary.
                let words: Vec<_> = line.split_whitespace().collect();
                body.push(words.join(" "));
            }
        }
    }

    /// The instructions of a function.
    pub(crate) fn body(&self, function: &str) -> &[String] {
        let body = self.functions.get(function);
        body.unwrap_or_else(|| panic!("no function {function}"))
    }

    /// The loads and stores of a function, in order.
    pub(crate) fn accesses(&self, function: &str) -> Vec<Access> {
        let body = self.body(function).iter();
        body.filter_map(|line| access(self.isa, line)).collect()
    }

    /// The instructions of a function that are no accesses, and neither set up nor leave its frame.
    pub(crate) fn others(&self, function: &str) -> Vec<&str> {
        let is_frame = |line: &str| match self.isa {
            Isa::RiscV => line == "ret",
            Isa::Thumb => ["push {r7, lr}", "mov r7, sp", "pop {r7, pc}", "bx lr"].contains(&line),
        };
        self.body(function)
            .iter()
            .map(String::as_str)
            .filter(|line| !is_frame(line) && access(self.isa, line).is_none())
            .collect()
    }

    /// Whether a function, or one that it calls, may enter the kernel; calls of functions whose
    /// name contains `but` are not followed. A call by a register counts as one that may.
    pub(crate) fn may_enter_kernel(&self, function: &str, but: &str) -> bool {
        let mut seen = BTreeSet::new();
        let mut left = vec![function.to_owned()];
        while let Some(name) = left.pop() {
            if !but.is_empty() && name.contains(but) || !seen.insert(name.clone()) {
                continue;
            }
            // What is not in the program is the compiler's: copies of memory, arithmetic.
            let Some(body) = self.functions.get(&name) else {
                assert!(
                    name.starts_with("mem") || name.starts_with("__"),
                    "unknown: {name}"
                );
                continue;
            };
            for line in body {
                match step(self.isa, line) {
                    Step::Kernel | Step::Register => return true,
                    Step::Call(name) => left.push(name.to_owned()),
                    Step::Other => {}
                }
            }
        }
        false
    }

    /// The functions that a function calls by name.
    pub(crate) fn calls(&self, function: &str) -> Vec<&str> {
        let body = self.body(function).iter();
        body.filter_map(|line| match step(self.isa, line) {
            Step::Call(name) => Some(name),
            _ => None,
        })
        .collect()
    }
}

/// What an instruction means for where the program goes on.
enum Step<'a> {
    Kernel,
    Call(&'a str),
    Register,
    Other,
}

/// The meaning of an instruction for the flow of control.
fn step(isa: Isa, line: &str) -> Step<'_> {
    let (mnemonic, operands) = line.split_once(' ').unwrap_or((line, ""));
    let named = |operand| match operand {
        label if str::starts_with(label, ".L") => Step::Other,
        name => Step::Call(name),
    };
    match (isa, mnemonic) {
        (Isa::RiscV, "ecall" | "ebreak") | (Isa::Thumb, "svc" | "bkpt") => Step::Kernel,
        (Isa::RiscV, "call" | "tail" | "j") | (Isa::Thumb, "bl" | "b" | "b.w") => named(operands),
        (Isa::RiscV, "jal" | "jalr" | "jr") | (Isa::Thumb, "blx") => Step::Register,
        (Isa::Thumb, "bx") if operands != "lr" => Step::Register,
        _ => Step::Other,
    }
}

/// The access that an instruction is, if it is one; those to the stack are none.
fn access(isa: Isa, line: &str) -> Option<Access> {
    let (mnemonic, operands) = line.split_once(' ')?;
    let (_, place) = operands.split_once(", ")?;
    let (mnemonic, register, offset) = match isa {
        Isa::RiscV => {
            let (offset, register) = place.strip_suffix(')')?.split_once('(')?;
            [
                "lb", "lbu", "lh", "lhu", "lw", "lwu", "ld", "sb", "sh", "sw", "sd",
            ]
            .contains(&mnemonic)
            .then_some((mnemonic, register, offset))?
        }
        Isa::Thumb => {
            let place = place.strip_prefix('[')?.strip_suffix(']')?;
            let (register, offset) = place.split_once(", #").unwrap_or((place, "0"));
            let mnemonic = mnemonic.strip_suffix(".w").unwrap_or(mnemonic);
            ["ldrb", "ldrh", "ldr", "strb", "strh", "str"]
                .contains(&mnemonic)
                .then_some((mnemonic, register, offset))?
        }
    };
    let mnemonic = mnemonic.to_owned();
    let offset = offset.parse().ok()?;
    (register != "sp").then_some(Access { mnemonic, offset })
}
