//! How far below its stack a task can reach before it is stopped, computed from the instructions of the linked program.
//!
//! On these targets nothing checks the stack pointer when a function takes its frame. The guard stops a frame that
//! touches it; a larger frame may step over it. Below the guard lie the task's own text and constants, and further
//! below memory that the task can write: memory that another task lends it, or a pool. `docs/soundness.md` argues why
//! [`Use::reach`] bytes are the most that a task gets below its stack before it touches something that stops it.
//! [`pack`](crate::pack) keeps that much free of all such memory.

mod functions;
mod kernel;
mod riscv;
mod step;
mod thumb;

use crate::arch::Arch;
use crate::elf::Elf;
use crate::plan::{Plan, Task};
use crate::problem::{Problem, Problems};
use functions::Function;
pub(crate) use kernel::kernel;
use std::collections::BTreeMap;

/// Most bytes that an Arm processor pushes below the stack pointer when it enters the kernel: 26 words if floating
/// point is in use, and one for alignment (Armv7-M Architecture Reference Manual, B1.5.7). RISC-V pushes nothing.
const EXCEPTION_FRAME: u64 = 4 * 27;

/// How much stack a program takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Use {
    /// The largest frame of a function, in bytes, and that function's name.
    pub(crate) largest: (u64, String),
    /// The farthest access below the stack, in bytes, that it can make before it is stopped.
    pub(crate) reach: u64,
}

/// How much stack each task takes. A task whose stack is not checked gets 0.
///
/// # Errors
/// A function whose frame cannot be determined, or one that takes more than its task's stack.
pub(crate) fn uses(plan: &Plan, arch: Arch, elves: &[Elf]) -> Result<Vec<Use>, Problems> {
    let mut problems = Problems::default();
    let mut uses = Vec::new();
    for (task, elf) in plan.tasks.iter().zip(elves) {
        let functions = functions::functions(arch, &elf.code);
        let used = if task.unchecked_stack {
            Ok(Use::default())
        } else {
            use_of(plan, arch, task, &functions)
        };
        match used {
            Ok(used) => uses.push(used),
            Err(problem) => problems.push(problem),
        }
    }
    problems.into_result().map(|_| uses)
}

fn use_of(
    plan: &Plan,
    arch: Arch,
    task: &Task,
    functions: &BTreeMap<u64, Function>,
) -> Result<Use, Problem> {
    let problem = |title: String| Problem::new(&plan.source, task.span.clone(), title);
    if let Some(function) = functions.values().find(|function| function.frame.is_none()) {
        let title = format!(
            "the build cannot tell how much stack a function of `{}` takes",
            task.name
        );
        return Err(problem(title).label(format!("`{}`", function.name)).hint(
            "let it not write the stack pointer; a task that is there to misbehave has `unchecked-stack = true`",
        ));
    }
    let frame = |function: &Function| function.frame.unwrap_or(0);
    let Some(largest) = functions.values().max_by_key(|function| frame(function)) else {
        return Ok(Use::default());
    };
    let most = frame(largest);
    if most > task.stack {
        let title = format!(
            "a function of `{}` takes more stack than the task has",
            task.name
        );
        return Err(problem(title)
            .label(format!(
                "`{}` takes {most} bytes, of {} in all",
                largest.name, task.stack
            ))
            .hint("keep large values in a `static`, make them smaller, or make `stack` larger"));
    }
    let chain = longest_chain(functions).map_err(|function| {
        let title = format!(
            "the build cannot tell how far below its stack `{}` gets before it is stopped",
            task.name
        );
        problem(title)
            .label(format!(
                "`{}` calls without saving where to return to, and may be called again by what it calls",
                function.name
            ))
            .hint("let it return, or call something that does")
    })?;
    let pushed = match arch {
        Arch::Sv39 | Arch::Pmp => 0,
        Arch::PmsaV7 | Arch::PmsaV8 => EXCEPTION_FRAME,
    };
    Ok(Use {
        largest: (most, largest.name.clone()),
        reach: 2 * most + chain + pushed,
    })
}

/// The longest chain of functions, in bytes, of which each calls the next before it has saved its return address.
///
/// # Errors
/// A function that may occur in such a chain more than once.
fn longest_chain(functions: &BTreeMap<u64, Function>) -> Result<u64, &Function> {
    let mut known = BTreeMap::new();
    let mut longest = 0;
    for address in functions.keys() {
        longest = longest.max(chain(functions, *address, &mut known)?);
    }
    Ok(longest)
}

/// The same for chains that begin with this function. While it is computed, its entry is empty, which shows a cycle.
fn chain<'a>(
    functions: &'a BTreeMap<u64, Function>,
    address: u64,
    known: &mut BTreeMap<u64, Option<u64>>,
) -> Result<u64, &'a Function> {
    let Some(function) = functions.get(&address) else {
        return Ok(0);
    };
    if function.early_calls.is_empty() {
        return Ok(0);
    }
    match known.get(&address) {
        Some(Some(bytes)) => return Ok(*bytes),
        Some(None) => return Err(function),
        None => {}
    }
    known.insert(address, None);
    let mut longest = 0;
    for call in &function.early_calls {
        let next = match call {
            Some(target) => chain(functions, *target, known)?,
            None => return Err(function),
        };
        longest = longest.max(next);
    }
    let bytes = longest + function.frame.unwrap_or(0);
    known.insert(address, Some(bytes));
    Ok(bytes)
}

#[cfg(test)]
mod tests;
