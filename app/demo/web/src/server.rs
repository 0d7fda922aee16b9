//! The sockets of the server, as long as the task lives.

use crate::answer::Room;
use crate::connection::{Bytes, Connection, Turn};
use crate::system::{Live, System};
use core::convert::Infallible;
use driver_interfaces::SocketsClient;
use leasehold_abi::Error;
use static_cell::ConstStaticCell;
use userlib::wait;

/// The network stack's task.
const STACK: &str = "net";
/// The port of HTTP.
const PORT: u16 = 80;
/// Connections at once. `net` gives a client one more, in which a closed one may still send.
const CONNECTIONS: usize = 5;
/// Between two looks at times, in milliseconds.
const LOOK: u32 = 1_000;
/// Between two tries to have another socket.
const SOON: u32 = 50;
/// Between two tries to reach a stack that is away.
const AWAY: u64 = 20;

/// The task's memory.
struct Memory {
    room: Room,
    bytes: [Bytes; CONNECTIONS],
}

/// Serves for ever.
///
/// # Panics
/// When the supervisor cannot be called at all.
pub fn serve() {
    static MEMORY: ConstStaticCell<Memory> = ConstStaticCell::new(Memory {
        room: Room::new(),
        bytes: [const { Bytes::new() }; CONNECTIONS],
    });
    let memory = MEMORY.take();
    let mut system = match Live::new() {
        Ok(system) => system,
        Err(error) => panic!("the supervisor: {error}"),
    };
    let mut reported = None;
    loop {
        let net = SocketsClient::connect(STACK);
        let Err(error) = net.and_then(|net| run(net, memory, &mut system));
        // A stack that has died is back soon.
        if error != Error::Dead && reported != Some(error) {
            userlib::log!("no page: {error}");
            reported = Some(error);
        }
        wait::pause(AWAY);
    }
}

/// Serves until the stack dies: its next life knows no socket.
fn run(
    mut net: SocketsClient,
    memory: &mut Memory,
    system: &mut impl System,
) -> Result<Infallible, Error> {
    let mut connections = [const { None::<Connection> }; CONNECTIONS];
    // Another client listens at the port: said once.
    let mut is_taken = false;
    loop {
        let mut closed = false;
        for (place, bytes) in connections.iter_mut().zip(&mut memory.bytes) {
            if place.is_none() {
                match net.listen(PORT) {
                    Ok(socket) => {
                        bytes.clear();
                        *place = Some(Connection::new(socket));
                    }
                    Err(Error::Dead) => return Err(Error::Dead),
                    // Sockets that are closed are free again when what they have is sent.
                    Err(error) => {
                        if error == Error::Busy && !is_taken {
                            is_taken = true;
                            userlib::log!("port {} is taken", PORT);
                        }
                    }
                }
            }
            let Some(connection) = place else {
                continue;
            };
            if connection.turn(&mut net, bytes, &mut memory.room, system)? == Turn::Close {
                close(&mut net, place)?;
                closed = true;
            }
        }
        // A place that is free now shall listen.
        if closed || make_room(&mut net, &mut connections)? {
            continue;
        }
        // A place that could not listen tries again soon.
        let is_short = connections.iter().any(Option::is_none);
        match net.wait(if is_short { SOON } else { LOOK }) {
            Ok(_) | Err(Error::TimedOut) => {}
            Err(error) => return Err(error),
        }
    }
}

/// If all places are connections, closes the one that has said nothing for the longest time. Whether it did. While a
/// place is free, no more are closed: it could not listen, and that one more is closed would not help it.
fn make_room(
    net: &mut SocketsClient,
    connections: &mut [Option<Connection>; CONNECTIONS],
) -> Result<bool, Error> {
    let is_connected = |place: &Option<Connection>| {
        let connection = place.as_ref();
        connection.is_some_and(|connection| !connection.listens())
    };
    if !connections.iter().all(is_connected) {
        return Ok(false);
    }
    let oldest = (connections.iter_mut()).min_by_key(|place| place.as_ref().map(Connection::since));
    match oldest {
        None => Ok(false),
        Some(place) => close(net, place).map(|()| true),
    }
}

/// Closes a socket; what was given to it is still sent.
fn close(net: &mut SocketsClient, place: &mut Option<Connection>) -> Result<(), Error> {
    let Some(connection) = place.take() else {
        return Ok(());
    };
    match net.close(connection.socket()) {
        Err(Error::Dead) => Err(Error::Dead),
        _ => Ok(()),
    }
}
