//! An emulated controller on another network than its machine's command says: sockets of this program, or a hub.
//!
//! Source: QEMU documentation, *Invocation*, `-netdev socket,udp=…` (a datagram for each frame) and `-netdev hubport`.

use crate::command::replaced;
use anyhow::{Result, ensure};
use std::net::Ipv4Addr;
use std::process::Command;

/// The emulator's own network, once it is not the controller's.
pub(crate) const USER: &str = "user";
/// The controller's.
pub(crate) const OWN: &str = "net";

/// A network that is a socket: our port, and the emulator's.
pub(crate) fn socket(name: &str, [ours, theirs]: [u16; 2]) -> String {
    let host = Ipv4Addr::LOCALHOST;
    format!("socket,id={name},udp={host}:{ours},localaddr={host}:{theirs}")
}

/// The hub, with another network on it.
pub(crate) fn port(network: &str) -> String {
    format!("hubport,id={network}-port,hubid=1,netdev={network}")
}

/// The hub, as the controller's network.
pub(crate) fn own_port() -> String {
    format!("hubport,id={OWN},hubid=1")
}

/// The same machine with these networks, of which the controller's is one. The emulator's own is [`USER`] then.
///
/// # Errors
/// When it has no network.
pub(crate) fn joined(command: &Command, networks: &[String]) -> Result<Command> {
    let (mut same, count) = replaced(command, |word| {
        let rest = word.strip_prefix("user,id=net")?;
        Some(vec![format!("user,id={USER}{rest}")])
    });
    ensure!(count == 1, "the machine has no network");
    for network in networks {
        same.args(["-netdev", network]);
    }
    Ok(same)
}
