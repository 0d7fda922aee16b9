//! The loop that asks the measuring task what to do, and the commands that are one call.

use crate::report::{Words, code, words};
use crate::{alarm, leases, messages, ring, wait};
use bench_machine as machine;
use bench_protocol::{Command, HELLO, REPORT};
use leasehold_abi::{LeaseHandle, MESSAGE_WORDS, Notifications, Tag, TaskHandle};
use userlib::sys::{self, Message};

/// Does commands until the task is stopped.
pub(crate) fn run() -> ! {
    let first = machine::counter();
    let Ok(runner) = sys::task_info(0) else {
        sys::panic(b"no measuring task")
    };
    let runner = runner.handle;
    let mut report = words(&[first]);
    let mut operation = HELLO;
    loop {
        let mut message = Message::new(Tag::new(operation, MESSAGE_WORDS as u8), report);
        if sys::call(runner, &mut [], &mut message).is_err() {
            sys::panic(b"the measuring task does not answer");
        }
        let Some(command) = Command::from_code(message.tag.operation()) else {
            sys::panic(b"unknown command")
        };
        report = obey(command, message.words);
        operation = REPORT;
    }
}

fn obey(command: Command, given: Words) -> Words {
    let [first, second, third, ..] = given;
    let lease = LeaseHandle::from_raw(first as u32);
    match command {
        Command::Claim => leases::claim(lease, second, Notifications::from_register(third)),
        Command::Release => leases::release(lease),
        Command::Event => leases::event(),
        Command::Null => messages::null(first),
        Command::Serve => messages::serve(first, second),
        Command::RoundTrips => messages::round_trips(first, second, third),
        Command::Await => words(&[wait::wait(Notifications::from_register(first))]),
        Command::Raise => words(&[machine::raise(first, second)]),
        Command::Acknowledge => words(&[code(sys::interrupt_acknowledge(lease, second))]),
        Command::Notify => {
            let task = TaskHandle::from_raw(first as u32);
            let when = machine::counter();
            let notified = sys::notify(task, Notifications::from_register(second));
            words(&[when, code(notified)])
        }
        Command::Derive => leases::derive(given),
        Command::ClaimOffered => leases::claim_offered(),
        Command::ReleaseEnding => leases::release_ending(),
        Command::CallOnce => messages::call_once(first),
        Command::FaultInService => messages::fault_in_service(),
        Command::Alarm => alarm::await_alarm(given),
        #[cfg(not(target_arch = "arm"))]
        Command::Clock => alarm::read_clock(first),
        Command::LendArena => ring::lend(lease, second),
        Command::Produce => ring::produce(given),
        Command::Consume => ring::consume(first, second),
        Command::RaiseThrough => words(&[machine::raise_through(first, second)]),
    }
}
