//! The tests, one file a topic.

mod arithmetic;
mod borrows;
mod bus_master;
mod faults;
mod floating_point;
mod frames;
mod instructions;
mod interrupts;
mod isolation;
mod lease_limits;
mod leases;
mod lending;
mod locks;
mod memory;
mod messages;
mod notifications;
mod privileges;
mod promises_of_access;
mod promises_of_ends;
mod revocation;
mod serving;
mod sharing;
mod timers;
mod waits;

use crate::test::{Test, tests};

/// All tests, in the order in which they run.
pub(crate) const ALL: &[&[Test]] = &[
    messages::TESTS,
    serving::TESTS,
    borrows::TESTS,
    notifications::TESTS,
    timers::TESTS,
    memory::TESTS,
    faults::TESTS,
    frames::TESTS,
    floating_point::TESTS,
    instructions::TESTS,
    arithmetic::TESTS,
    privileges::TESTS,
    leases::TESTS,
    lending::TESTS,
    locks::TESTS,
    lease_limits::TESTS,
    revocation::TESTS,
    interrupts::TESTS,
    sharing::TESTS,
    waits::TESTS,
    bus_master::TESTS,
    isolation::DRIVER,
    isolation::AUXILIARY_CHILD,
    isolation::ORDINARY,
    isolation::STALE,
    promises_of_access::TESTS,
    promises_of_ends::TESTS,
];
