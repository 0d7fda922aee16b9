//! The most that the kernel needs of its own stack: the deepest chain of calls of its functions.
//!
//! The kernel's stack is empty whenever the processor enters it, no interrupt is taken while the kernel works, and its
//! functions neither call themselves nor others by address. So the chains are finite and their sum is exact, but for a
//! fault of the kernel itself: it pushes one frame more and runs what reports it.

use super::functions::{Function, functions};
use super::{Arch, Elf};
use crate::elf::Code;
use anyhow::{Context, Result, bail, ensure};
use std::collections::BTreeMap;

/// The one that reports a fault of the kernel.
const FAULT: &str = "leasehold_kernel_fault";
/// Where its stack lies: the symbols of its two ends.
const ENDS: [&str; 2] = ["leasehold_stack", "leasehold_running"];
/// The end of the entry code, which comes first. It takes no stack, and goes round in circles.
const ENTRY_END: &str = "__entry_end";
/// Eight words that a fault pushes, and one for alignment (Armv7-M Architecture Reference Manual, B1.5.7).
const FRAME: u64 = 4 * 9;

/// How many bytes of its stack the kernel needs, and how many it has. None where the entry code does not name the
/// stack's ends.
///
/// # Errors
/// When the stack is too small, or the need for it cannot be told.
pub(crate) fn kernel(arch: Arch, elf: &Elf) -> Result<Option<(u64, u64)>> {
    let [Ok(start), Ok(end)] = ENDS.map(|name| elf.symbol(name)) else {
        return Ok(None);
    };
    let entry_end = elf.symbol(ENTRY_END)?;
    let (needed, room) = (needed(arch, &elf.code, entry_end)?, end - start);
    ensure!(
        needed <= room,
        "the kernel may need {needed} bytes of stack, but has {room}: make `STACK_SIZE` in its `boot.rs` larger"
    );
    Ok(Some((needed, room)))
}

fn needed(arch: Arch, code: &Code, entry_end: u64) -> Result<u64> {
    let functions = functions(arch, code);
    let mut known = BTreeMap::new();
    let (mut most, mut at_fault) = (0, 0);
    for (address, function) in functions.range(entry_end..) {
        let depth = depth(&functions, *address, &mut known)?;
        if function.name == FAULT {
            at_fault = FRAME + depth;
        } else {
            most = most.max(depth);
        }
    }
    Ok(most + at_fault)
}

/// Bytes of stack that a function takes with all that it calls. While it is computed, its entry is empty, which shows a
/// cycle.
fn depth(
    functions: &BTreeMap<u64, Function>,
    address: u64,
    known: &mut BTreeMap<u64, Option<u64>>,
) -> Result<u64> {
    // A function may continue in the middle of another.
    let Some((start, function)) = functions.range(..=address).next_back() else {
        bail!("the kernel calls {address:#x}, where it has no function");
    };
    match known.get(start) {
        Some(Some(bytes)) => return Ok(*bytes),
        Some(None) => bail!("`{}` of the kernel may call itself", function.name),
        None => {}
    }
    known.insert(*start, None);
    let mut deepest = 0;
    for call in &function.calls {
        let target =
            call.with_context(|| format!("`{}` of the kernel calls by address", function.name))?;
        deepest = deepest.max(depth(functions, target, known)?);
    }
    let frame = function.frame.with_context(|| {
        format!(
            "it cannot be told how much stack `{}` of the kernel takes",
            function.name
        )
    })?;
    let bytes = frame + deepest;
    known.insert(*start, Some(bytes));
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Functions of these instructions, one behind the other from 0x1000 on, as hexadecimal digits by bytes.
    fn code(functions: &[(&str, &str)]) -> Code {
        let mut code = Code {
            address: 0x1000,
            ..Code::default()
        };
        for (name, digits) in functions {
            let at = code.address + code.bytes.len() as u64;
            code.functions.insert(at | 1, (*name).to_owned());
            let bytes = (0..digits.len()).step_by(2);
            let bytes = bytes.map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap());
            code.bytes.extend(bytes);
        }
        code
    }

    /// push {r4, lr}; bl to what follows this function; pop {r4, pc}
    const CALLS_THE_NEXT: &str = "10b500f001f810bd";
    /// sub sp, #64; add sp, #64; bx lr
    const TAKES_64: &str = "90b010b07047";

    #[test]
    fn frames_along_the_deepest_chain_are_added_up() {
        let code = code(&[
            ("first", CALLS_THE_NEXT),
            ("second", CALLS_THE_NEXT),
            ("third", TAKES_64),
            ("other", "10b510bd"),
        ]);
        assert_eq!(needed(Arch::PmsaV7, &code, 0x1000).unwrap(), 8 + 8 + 64);
        assert_eq!(needed(Arch::PmsaV7, &code, 0x1008).unwrap(), 8 + 64);
    }

    #[test]
    fn a_fault_in_the_deepest_chain_comes_on_top() {
        let code = code(&[
            (FAULT, CALLS_THE_NEXT),
            ("report", TAKES_64),
            ("first", TAKES_64),
        ]);
        assert_eq!(
            needed(Arch::PmsaV7, &code, 0x1000).unwrap(),
            64 + FRAME + 8 + 64
        );
    }

    #[test]
    fn a_function_that_continues_with_another_counts_with_it() {
        // push {r4, lr}; b to what follows the nop; nop
        let code = code(&[("first", "10b500e000bf"), ("second", TAKES_64)]);
        assert_eq!(needed(Arch::PmsaV7, &code, 0x1000).unwrap(), 8 + 64);
    }

    #[test]
    fn what_cannot_be_added_up_is_refused() {
        for (what, instructions) in [
            // push {r4, lr}; bl to itself; pop {r4, pc}
            ("may call itself", "10b5fff7fdff10bd"),
            // push {r4, lr}; blx r0; pop {r4, pc}
            ("calls by address", "10b5804710bd"),
            // push {r4, lr}; bl to an address before the code; pop {r4, pc}
            ("has no function", "10b5fff7f0ff10bd"),
        ] {
            let code = code(&[("first", instructions)]);
            let error = needed(Arch::PmsaV7, &code, 0x1000).unwrap_err().to_string();
            assert!(error.contains(what), "{error}");
        }
    }
}
