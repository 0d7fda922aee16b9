//! The isolation matrix: every task that may be hostile, against every resource that is not its own, with every way of
//! access. Each cell is generated. It either passes, or is inapplicable by a rule that gives the reason.
//!
//! A cell passes if the task is stopped with the right fault at the true address, or its call is refused; if no other
//! task is stopped; and if everything that can be checked afterwards is unchanged. A row of cells is one test.

mod act;
mod rules;
mod stage;

use crate::cells::{Action, Actor, Target};
use crate::outcome::{Failure, Outcome, because};
use crate::suite::Suite;
use crate::test::Test;
use userlib::early_print;

/// All ways, in the order of the cells in a row.
const ACTIONS: [Action; 7] = [
    Action::Read,
    Action::Write,
    Action::Execute,
    Action::Atomic,
    Action::Misaligned,
    Action::Straddling,
    Action::SystemCall,
];

/// Runs all cells of a row; each that fails is a line of its own.
fn row(suite: &mut Suite, actor: Actor, target: Target) -> Outcome {
    let failed = suite.cells.failed;
    for action in ACTIONS {
        let expected = match rules::expected(actor, target, action) {
            Ok(expected) => expected,
            Err(reason) => {
                suite.cells.inapplicable[reason as usize] += 1;
                continue;
            }
        };
        suite.clean()?;
        suite.limit(20_000);
        match act::cell(suite, actor, target, action, expected) {
            Ok(None) => suite.cells.passed += 1,
            Ok(Some(reason)) => suite.cells.inapplicable[reason as usize] += 1,
            Err(failure) => {
                if suite.cells.failed == failed {
                    early_print!("FAILED");
                }
                suite.cells.failed += 1;
                match failure {
                    Failure::Hung => early_print!("\n  {action:?}: hung"),
                    Failure::Because(reason) => early_print!("\n  {action:?}: {reason}"),
                }
            }
        }
    }
    match suite.cells.failed - failed {
        0 => Ok(()),
        count => {
            early_print!("\n");
            Err(because(format_args!("{count} cells")))
        }
    }
}

/// The rows of an actor.
macro_rules! rows {
    ($actor:ident, $name:literal) => {
        rows! { $actor, $name:
            "the_kernel" Kernel,
            "another_task" OtherTask,
            "an_unheld_device" UnheldDevice,
            "below_the_edge" BelowTheEdge,
            "above_the_edge" AboveTheEdge,
            "protection_registers" ProtectionRegisters,
            "anothers_interrupt" AnothersInterrupt,
            "a_revoked_lease" RevokedLease,
        }
    };
    ($actor:ident, $name:literal: $($to:literal $target:ident,)+) => {
        &[$(Test {
            topic: "isolation",
            name: concat!($name, "_and_", $to),
            needs: &[],
            run: |suite| row(suite, Actor::$actor, Target::$target),
        }),+]
    };
}

/// The rows of the matrix.
pub(super) const DRIVER: &[Test] = rows!(Driver, "a_driver");
/// See [`DRIVER`].
pub(super) const AUXILIARY_CHILD: &[Test] = rows!(AuxiliaryChild, "an_auxiliary_child");
/// See [`DRIVER`].
pub(super) const ORDINARY: &[Test] = rows!(Ordinary, "an_ordinary_task");
/// See [`DRIVER`].
pub(super) const STALE: &[Test] = rows!(Stale, "a_stale_handle");
