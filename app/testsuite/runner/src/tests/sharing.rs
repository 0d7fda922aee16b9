//! A line that two PCI functions share: two `edu` devices, whose pins are wired together.

use super::interrupts::{BIT, comes, does_not_come};
use super::tests;
use crate::board::{WORD, edu};
use crate::lending::{ALL, Part};
use crate::outcome::{Outcome, because, equal};
use crate::suite::{CLIENT, LESSEE, Suite};
use leasehold_abi::{Call, Error, FaultKind, GrantKind, RevokeMode};
use testsuite_protocol::Command;

tests! { "sharing":
    each_of_two_tasks_gets_the_interrupts_of_its_own_function if Edu,
    who_does_not_acknowledge_delays_nobody if Edu,
    a_line_becomes_shared_between_an_interrupt_and_its_acknowledgement if Edu,
    a_dead_driver_s_function_asserts_nothing if Edu,
    a_revoked_function_asserts_nothing if Edu,
    one_task_has_both_functions if Edu,
}

/// Command register: the function decodes memory and does not assert its line.
const QUIET: usize = 0x0402;

/// One of the functions, with its line claimed.
#[derive(Clone, Copy)]
struct Function {
    task: usize,
    lease: usize,
    registers: usize,
}

impl Function {
    /// Lends the function of this number to a started worker: grants 0 configuration space, 1 registers, 2 line. The
    /// worker claims the last two, the line for these bits, and has the function assert nothing before that.
    fn lend(suite: &mut Suite, task: usize, number: usize, bits: u32) -> Outcome<Self> {
        let function = Self::without_line(suite, task, number)?;
        function.clear(suite)?;
        suite.claim_line(task, function.lease, 2, bits)?;
        Ok(function)
    }

    /// The same, but the line is not claimed.
    fn without_line(suite: &mut Suite, task: usize, number: usize) -> Outcome<Self> {
        let (configuration, base) = suite.edu()?.function(number);
        let parts = [
            Part {
                kind: GrantKind::Config,
                base: configuration,
                length: edu::LENGTH,
                rights: ALL,
            },
            Part::registers(base, edu::LENGTH, ALL),
            Part::line(suite.edu()?.line),
        ];
        let refused = |error: Error| because(format_args!("config_write: {error}"));
        for (register, width, value) in [(0x10, 4, base), (0x04, 2, QUIET)] {
            suite
                .configure_function(number, register, width, value)
                .map_err(refused)?;
        }
        let lease = suite.lend(task, &parts)?.raw() as usize;
        suite.identify_edu(task, lease)?;
        let registers = suite.claim(task, lease, 1)?;
        let (offset, value) = edu::IDENTIFICATION;
        let found = suite.load(task, registers + offset, 4)?;
        equal!("the identification register", found, value);
        Ok(Self {
            task,
            lease,
            registers,
        })
    }

    /// It asserts its line.
    fn raise(self, suite: &mut Suite) -> Outcome {
        suite.store(self.task, self.registers + edu::RAISE, 4, 1)
    }

    /// It asserts its line no more.
    fn clear(self, suite: &mut Suite) -> Outcome {
        let cause = u32::MAX as usize;
        suite.store(self.task, self.registers + edu::ACKNOWLEDGE, 4, cause)
    }

    /// The driver lets it come again.
    fn acknowledge(self, suite: &mut Suite) -> Outcome {
        let grant = [self.lease, 2];
        suite
            .ok(self.task, Call::InterruptAcknowledge, &grant)
            .map(drop)
    }

    /// Its interrupt comes, and is seen to.
    fn works(self, suite: &mut Suite) -> Outcome {
        self.raise(suite)?;
        comes(suite, self.task)?;
        self.clear(suite)?;
        self.acknowledge(suite)
    }
}

/// Both functions, each a task's. The first one's driver was told when the line became shared, and has acknowledged.
fn both(suite: &mut Suite) -> Outcome<[Function; 2]> {
    suite.start_all(&[LESSEE, CLIENT])?;
    let first = Function::lend(suite, LESSEE, 0, BIT)?;
    let second = Function::lend(suite, CLIENT, 1, BIT)?;
    comes(suite, LESSEE)?;
    first.acknowledge(suite)?;
    Ok([first, second])
}

fn each_of_two_tasks_gets_the_interrupts_of_its_own_function(suite: &mut Suite) -> Outcome {
    let [first, second] = both(suite)?;
    for _ in 0..5 {
        first.works(suite)?;
        second.works(suite)?;
        second.works(suite)?;
    }
    // Both at once.
    first.raise(suite)?;
    second.raise(suite)?;
    for function in [second, first] {
        comes(suite, function.task)?;
        function.clear(suite)?;
        function.acknowledge(suite)?;
    }
    does_not_come(suite, LESSEE)?;
    does_not_come(suite, CLIENT)
}

fn who_does_not_acknowledge_delays_nobody(suite: &mut Suite) -> Outcome {
    let [first, second] = both(suite)?;
    first.raise(suite)?;
    comes(suite, LESSEE)?;
    // Its device still asserts the line, and the driver does nothing about it.
    for _ in 0..5 {
        second.works(suite)?;
    }
    // Nor does it come again before the driver acknowledges; then it does, as the device still asserts it.
    first.acknowledge(suite)?;
    comes(suite, LESSEE)?;
    first.clear(suite)?;
    first.acknowledge(suite)?;
    first.works(suite)
}

fn a_line_becomes_shared_between_an_interrupt_and_its_acknowledgement(
    suite: &mut Suite,
) -> Outcome {
    suite.start_all(&[LESSEE, CLIENT])?;
    let first = Function::lend(suite, LESSEE, 0, BIT)?;
    first.raise(suite)?;
    comes(suite, LESSEE)?;
    let second = Function::lend(suite, CLIENT, 1, BIT)?;
    second.works(suite)?;
    comes(suite, LESSEE)?;
    first.clear(suite)?;
    first.acknowledge(suite)?;
    first.works(suite)?;
    second.works(suite)
}

/// It dies with its device asserting the line, and its next life finds the interrupt.
fn a_dead_driver_s_function_asserts_nothing(suite: &mut Suite) -> Outcome {
    let [first, second] = both(suite)?;
    first.raise(suite)?;
    suite.faults(LESSEE, Command::Load, &[0, WORD], &[FaultKind::Read])?;
    for _ in 0..5 {
        second.works(suite)?;
    }
    suite.start(LESSEE)?;
    let again = Function::without_line(suite, LESSEE, 0)?;
    second.works(suite)?;
    suite.claim_line(LESSEE, again.lease, 2, BIT)?;
    comes(suite, LESSEE)?;
    second.works(suite)?;
    again.clear(suite)?;
    again.acknowledge(suite)?;
    again.works(suite)?;
    does_not_come(suite, CLIENT)
}

fn a_revoked_function_asserts_nothing(suite: &mut Suite) -> Outcome {
    let [first, second] = both(suite)?;
    second.raise(suite)?;
    comes(suite, CLIENT)?;
    let lease = leasehold_abi::LeaseHandle::from_raw(second.lease as u32);
    suite.revoke(lease, RevokeMode::Hard)?;
    for _ in 0..5 {
        first.works(suite)?;
    }
    let grant = [second.lease, 2];
    suite.refused(
        CLIENT,
        Call::InterruptAcknowledge,
        &grant,
        &[Error::Revoked],
    )?;
    suite.ok(CLIENT, Call::LeaseRelease, &[second.lease])?;
    // Alone with the line, it has its interrupts as before.
    first.works(suite)?;
    does_not_come(suite, CLIENT)
}

fn one_task_has_both_functions(suite: &mut Suite) -> Outcome {
    const OTHER: u32 = BIT << 1;
    suite.start(LESSEE)?;
    let first = Function::lend(suite, LESSEE, 0, BIT)?;
    let second = Function::lend(suite, LESSEE, 1, OTHER)?;
    comes(suite, LESSEE)?;
    first.acknowledge(suite)?;
    for (function, bit) in [(first, BIT), (second, OTHER), (first, BIT)] {
        function.raise(suite)?;
        let mask = (BIT | OTHER) as usize;
        let [_, bits] = suite.ok(LESSEE, Call::Receive, &[mask])?;
        equal!("the bits", bits, bit as usize);
        function.clear(suite)?;
        function.acknowledge(suite)?;
    }
    does_not_come(suite, LESSEE)
}
