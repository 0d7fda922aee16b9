//! `call`: any method of any server that the manifest lets the shell call.

use crate::call::{Method, Words, Wrong, number};
use crate::run::lookup::find;
use crate::run::say::{failed, gone, no_task};
use crate::session::Session;
use core::fmt::Write;
use leasehold_abi::{Error, TaskHandle};
use userlib::ipc::describe::DESCRIBE;
use userlib::ipc::{FIRSTS, tag};
use userlib::sys::{self, Loan, Message};

/// Longest description of a method, in bytes; longer ones are cut.
const LINE: usize = 256;
/// Numbers of methods that are asked for.
const NUMBERS: core::ops::Range<u16> = 1..256;

/// A server, and which of its bindings.
struct Server<'n> {
    name: &'n str,
    index: usize,
    handle: TaskHandle,
    instance: u8,
}

/// Why a call gave nothing.
enum Failure {
    /// The kernel did not pass it on.
    Kernel(Error),
    /// The server answered with an error.
    Server(Error),
}

/// A description up to the first zero; nothing where it is no text.
fn text(line: &[u8; LINE]) -> &str {
    let end = line.iter().position(|&byte| byte == 0).unwrap_or(LINE);
    line.get(..end)
        .and_then(|line| core::str::from_utf8(line).ok())
        .unwrap_or_default()
}

impl Server<'_> {
    /// Makes a call of this operation.
    fn call(
        &self,
        operation: u16,
        loans: &mut [Loan<'_>],
        message: &mut Message,
    ) -> Result<(), Failure> {
        message.tag = tag(operation, message.tag.words(), self.instance);
        sys::call(self.handle, loans, message).map_err(Failure::Kernel)?;
        Error::of_reply(message.tag.operation()).map_err(Failure::Server)
    }

    /// What the server says of the method of this number; `None` where it has none.
    fn describe<'l>(
        &self,
        operation: u16,
        line: &'l mut [u8; LINE],
    ) -> Result<Option<&'l str>, Failure> {
        line.fill(0);
        let mut message = Message::EMPTY;
        let told = self.call(DESCRIBE | operation, &mut [Loan::write(line)], &mut message);
        match told {
            Ok(()) => {}
            Err(Failure::Server(Error::Invalid)) => return Ok(None),
            Err(failure) => return Err(failure),
        }
        Ok(Some(text(line)))
    }

    /// The number of the first method whose description is `wanted`, which stays in `line`.
    fn find(
        &self,
        line: &mut [u8; LINE],
        wanted: &mut dyn FnMut(&str) -> bool,
    ) -> Result<Option<u16>, Failure> {
        let mut operation = NUMBERS.start;
        while operation < NUMBERS.end {
            operation = match self.describe(operation, line)? {
                Some(line) if wanted(line) => return Ok(Some(operation)),
                Some(_) => operation + 1,
                // Another interface of the server may begin there.
                None => (operation + 1).next_multiple_of(FIRSTS),
            };
        }
        Ok(None)
    }

    /// Says why it gave nothing.
    fn refused(&self, session: &mut Session, method: &str, failure: Failure) -> bool {
        let name = self.name;
        match failure {
            Failure::Kernel(Error::Denied) => {
                let _ = writeln!(
                    session.screen,
                    "the manifest does not let the shell call {name}: it is not in the shell's `calls`"
                );
                false
            }
            Failure::Kernel(error) => gone(session, name, self.index, error),
            Failure::Server(error) if method.is_empty() => failed(&mut session.screen, name, error),
            Failure::Server(error) => {
                failed(&mut session.screen, format_args!("{name}.{method}"), error)
            }
        }
    }

    /// Prints all methods.
    fn list(&self, session: &mut Session) -> bool {
        let (mut line, mut count) = ([0; LINE], 0);
        let all = self.find(&mut line, &mut |line| {
            count += 1;
            let _ = writeln!(session.screen, "{}.{line}", self.name);
            false
        });
        match all {
            Ok(_) if count == 0 => {
                let _ = writeln!(session.screen, "{} tells of no methods", self.name);
                false
            }
            Ok(_) => true,
            Err(failure) => self.refused(session, "", failure),
        }
    }

    /// Calls one.
    fn run(&self, session: &mut Session, method: &str, words: Words<'_>) -> bool {
        let mut line = [0; LINE];
        let mut named = |line: &str| Method::read(line).is_some_and(|read| read.name == method);
        let operation = match self.find(&mut line, &mut named) {
            Ok(Some(operation)) => operation,
            Ok(None) => {
                let _ = writeln!(session.screen, "{} has no method '{method}':", self.name);
                self.list(session);
                return false;
            }
            Err(failure) => return self.refused(session, "", failure),
        };
        let told = text(&line);
        let Some(described) = Method::read(told) else {
            return false;
        };
        let mut prepared = match described.prepare(words) {
            Ok(prepared) => prepared,
            Err(wrong) => {
                let _ = writeln!(session.screen, "{wrong}: {}.{told}", self.name);
                return false;
            }
        };
        session.screen.flush();
        let mut message = Message::new(tag(operation, prepared.count, 0), prepared.words);
        let called = self.call(operation, &mut prepared.loans(), &mut message);
        if let Err(failure) = called {
            return self.refused(session, method, failure);
        }
        let words = &message.words[..usize::from(message.tag.words()).min(message.words.len())];
        match described.show(&prepared, words, &mut session.screen) {
            Ok(()) => true,
            Err(_) => failed(&mut session.screen, self.name, Error::Protocol),
        }
    }
}

pub(crate) fn call(session: &mut Session, text: &str) -> bool {
    let mut words = Words(text);
    let target = words.next().unwrap_or_default();
    let (task, method) = match target.split_once('.') {
        Some((task, method)) => (task, Some(method)),
        None => (target, None),
    };
    let (name, instance) = task.split_once('#').unwrap_or((task, "0"));
    let Some((index, info)) = find(name) else {
        return no_task(session, name);
    };
    let instance = match number(instance, 1, false) {
        Ok(instance) => instance as u8,
        Err(wrong) => {
            let _ = writeln!(session.screen, "{wrong}");
            return false;
        }
    };
    let server = Server {
        name,
        index,
        handle: info.handle,
        instance,
    };
    match method {
        Some(method) => server.run(session, method, words),
        None if words.next().is_some() => {
            let _ = writeln!(session.screen, "{}: call {name}.METHOD", Wrong::Count);
            false
        }
        None => server.list(session),
    }
}
