//! A worker's state, and the loop that asks the runner what to do.

use crate::driver;
use crate::lending::{self, Lending};
use crate::programs;
use crate::report::{Words, words};
use attacks::Attack;
use leasehold_abi::{Call, MESSAGE_WORDS, Tag};
use testsuite_protocol::{Command, HELLO, REPORT, UNKNOWN};

/// What a worker remembers between commands.
pub(crate) struct Worker {
    /// Words of the next message call, and what the last one left.
    pub(crate) message: [usize; MESSAGE_WORDS],
    /// Its tag.
    pub(crate) tag: usize,
    /// What it is about to lend, and has lent.
    pub(crate) lending: Lending,
}

/// Bytes of a word.
const WORD: usize = size_of::<usize>();

impl Worker {
    /// A worker that has done nothing.
    pub(crate) const fn new() -> Self {
        Self {
            message: [0; MESSAGE_WORDS],
            tag: 0,
            lending: Lending::NONE,
        }
    }

    /// Asks the runner for commands and does them, for ever.
    pub(crate) fn run(&mut self) -> ! {
        let runner = runner();
        let mut report = hello();
        let mut operation = HELLO;
        loop {
            let mut tag = Tag::new(operation, MESSAGE_WORDS as u8).raw();
            let arguments = [runner, 0, 0, 0, 0, 0];
            let [status, ..] =
                attacks::message_call(Call::Call as usize, arguments, &mut report, &mut tag);
            if status != 0 {
                attacks::system_call(Call::Panic as usize, [0; 6]);
            }
            match Command::from_code(Tag::from_raw(tag).operation()) {
                Some(command) => {
                    report = self.obey(command, report);
                    operation = REPORT;
                }
                None => operation = UNKNOWN,
            }
        }
    }

    /// Does one command; answers the words of the report.
    fn obey(&mut self, command: Command, given: Words) -> Words {
        match command {
            Command::SystemCall => {
                let mut arguments = [0; 6];
                arguments.copy_from_slice(&given[1..7]);
                words(&attacks::message_call(
                    given[0],
                    arguments,
                    &mut self.message,
                    &mut self.tag,
                ))
            }
            Command::SetMessage => {
                self.message = given;
                words(&[])
            }
            Command::SetTag => {
                self.tag = given[0];
                words(&[])
            }
            Command::GetMessage => self.message,
            Command::GetTag => words(&[self.tag]),
            Command::Load => words(&[attacks::load(given[0], given[1])]),
            Command::Store => {
                attacks::store(given[0], given[1], given[2]);
                words(&[])
            }
            Command::LoadWords => {
                let mut loaded = [0; MESSAGE_WORDS];
                for (index, word) in loaded.iter_mut().enumerate().take(given[1]) {
                    *word = attacks::load(given[0] + index * WORD, WORD);
                }
                loaded
            }
            Command::CheckedLoad => match attacks::checked_load(given[0]) {
                Some(value) => words(&[0, value]),
                None => words(&[1]),
            },
            Command::CheckedStore => {
                words(&[usize::from(!attacks::checked_store(given[0], given[1]))])
            }
            Command::Jump => {
                attacks::jump(given[0]);
                words(&[])
            }
            Command::Attack => {
                let attack = Attack::from_code(given[0]);
                let left = attack.and_then(|attack| attacks::execute(attack, given[1]));
                words(&[left.unwrap_or(0), usize::from(left.is_none())])
            }
            Command::Reserve => words(&[usize::from(!attacks::reserve(given[0], given[1]))]),
            Command::Atomic => words(&[attacks::atomic(given[0])]),
            Command::Spin => attacks::spin(attacks::scratch()),
            Command::SpinAt => programs::spin_at(given),
            Command::Forge => programs::forge(given),
            Command::Registers => programs::registers(given),
            Command::Sweep => programs::sweep(given),
            Command::Echo => programs::echo(given[0]),
            Command::CallMany => programs::call_many(given[0], given[1]),
            Command::LendMany => self.lending.lend_many(given),
            Command::RevokeMany => self.lending.revoke_many(),
            Command::GiveBack => lending::give_back(),
            Command::Part => self.lending.part(given),
            Command::Lend => words(&self.lending.lend(given)),
            Command::Fuzz => programs::fuzz(given[0], given[1]),
            Command::Storm => programs::storm(given),
            Command::Floating => programs::floating(given),
            Command::Lock => programs::lock(given),
            Command::Reclaim => programs::reclaim(given),
            Command::Drive => driver::drive(given[0]),
        }
    }
}

/// The runner's task handle. It is the first word of the record that the kernel writes.
fn runner() -> usize {
    let buffer = attacks::scratch();
    attacks::system_call(Call::TaskInfo as usize, [0, buffer, 0, 0, 0, 0]);
    let handle = attacks::load(buffer, 4);
    for offset in (0..size_of::<leasehold_abi::TaskInfo>()).step_by(WORD) {
        attacks::store(buffer + offset, WORD, 0);
    }
    handle
}

/// The first report: who this is and where it has what.
fn hello() -> Words {
    let (arena, arena_end) = attacks::arena();
    [
        attacks::system_call(Call::TaskSelf as usize, [0; 6])[1],
        attacks::scratch(),
        attacks::initialised(),
        arena,
        arena_end,
        attacks::text(),
        attacks::constant(),
        attacks::stack_pointer(),
    ]
}
