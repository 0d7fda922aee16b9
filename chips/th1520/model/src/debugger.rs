//! A debugger on the machine, by GDB's remote protocol.
//! Source: Debugging with GDB, appendix E.
//!
//! The debugger is on standard input and output. The machine's serial line is a socket, for another terminal.

mod connection;
mod line;
mod target;

use crate::board::{Board, Stop};
use crate::machine::Machine;
use anyhow::{Context, Result};
use connection::Connection;
use gdbstub::common::Signal;
use gdbstub::conn::ConnectionExt;
use gdbstub::stub::run_blocking::{BlockingEventLoop, Event, WaitForStopReasonError};
use gdbstub::stub::{DisconnectReason, GdbStub, SingleThreadStopReason};
use gdbstub::target::Target;
pub use line::Line;
use std::marker::PhantomData;
use target::{Debugged, Resumed};

/// Bytes of the longest packet that is taken.
const PACKET: usize = 4096;

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The debugger left.
    Left,
    /// The machine stopped.
    Stopped(Stop),
}

/// Debugs a machine until it stops or the debugger leaves. `paced` lets its time pass no faster than the host's.
///
/// # Errors
/// What the serial line or the debugger's packets did wrong.
pub fn serve<B: Board>(machine: Machine<B>, line: Line, paced: bool) -> Result<End> {
    serve_over(Connection::new(), Debugged::new(machine, line, paced))
}

fn serve_over<B: Board>(connection: Connection, mut target: Debugged<B>) -> Result<End> {
    let mut buffer = vec![0; PACKET];
    let builder = GdbStub::builder(connection).with_packet_buffer(&mut buffer);
    let stub = builder.build().ok().context("a connection has a buffer")?;
    match stub.run_blocking::<Loop<B>>(&mut target) {
        Ok(DisconnectReason::TargetExited(_) | DisconnectReason::TargetTerminated(_)) => {
            Ok(target.stopped.map_or(End::Left, End::Stopped))
        }
        Ok(DisconnectReason::Disconnect | DisconnectReason::Kill) => Ok(End::Left),
        // A debugger that ends closes its pipes, sometimes without a word.
        Err(error) if error.is_connection_error() => Ok(End::Left),
        Err(error) => match error.into_target_error() {
            Some(error) => Err(error),
            None => anyhow::bail!("the debugger's packets could not be read"),
        },
    }
}

/// What happens while the machine runs.
struct Loop<B>(PhantomData<B>);

impl<B: Board> BlockingEventLoop for Loop<B> {
    type Target = Debugged<B>;
    type Connection = Connection;
    type StopReason = SingleThreadStopReason<u64>;

    fn wait_for_stop_reason(
        target: &mut Debugged<B>,
        connection: &mut Connection,
    ) -> Result<
        Event<Self::StopReason>,
        WaitForStopReasonError<<Debugged<B> as Target>::Error, std::io::Error>,
    > {
        loop {
            if let Some(stop) = target.slice().map_err(WaitForStopReasonError::Target)? {
                return Ok(Event::TargetStopped(reason(target, stop)));
            }
            let typed = connection.peek();
            if typed.map_err(WaitForStopReasonError::Connection)?.is_some() {
                let byte = connection.read();
                let byte = byte.map_err(WaitForStopReasonError::Connection)?;
                return Ok(Event::IncomingData(byte));
            }
        }
    }

    fn on_interrupt(_target: &mut Debugged<B>) -> Result<Option<Self::StopReason>> {
        Ok(Some(SingleThreadStopReason::Signal(Signal::SIGINT)))
    }
}

/// What the debugger is told.
fn reason<B>(target: &mut Debugged<B>, resumed: Resumed) -> SingleThreadStopReason<u64> {
    match resumed {
        Resumed::Stepped => SingleThreadStopReason::DoneStep,
        Resumed::Breakpoint => SingleThreadStopReason::SwBreak(()),
        Resumed::Stopped(stop) => {
            target.stopped = Some(stop);
            match stop {
                Stop::Off(code) => SingleThreadStopReason::Exited(code as u8),
                Stop::Reset => SingleThreadStopReason::Exited(0),
                // No instruction is completed any more, but registers and memory can be looked at.
                _ => SingleThreadStopReason::Signal(Signal::SIGABRT),
            }
        }
    }
}

#[cfg(test)]
mod tests;
