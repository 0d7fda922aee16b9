//! `leases`: the tree, fetched lease by lease from the supervisor.

use crate::session::Session;
use crate::tree::{self, MOST_LEASES, Source};
use core::fmt::{self, Write};
use leasehold_abi::{Error, LeaseHandle, LeaseInfo, MAX_LEASES};
use userlib::supervisor::{DeviceName, GrantLine, SupervisorClient};
use userlib::sys;

/// Names that were fetched with the leases.
struct Names<'a> {
    supervisor: &'a mut SupervisorClient,
    devices: &'a heapless::Vec<DeviceName, MOST_LEASES>,
    leases: &'a heapless::Vec<LeaseInfo, MOST_LEASES>,
}

impl Source for Names<'_> {
    fn grant(&mut self, lease: LeaseHandle, index: u16) -> Option<GrantLine> {
        self.supervisor.grant(lease, u32::from(index)).ok()
    }

    fn task(&mut self, index: usize, out: &mut dyn Write) -> fmt::Result {
        match sys::task_info(index) {
            Ok(info) => out.write_str(info.name.as_str()),
            Err(_) => out.write_str("?"),
        }
    }

    fn device(&mut self, label: u32, id: u32, out: &mut dyn Write) -> fmt::Result {
        let found = self
            .leases
            .iter()
            .position(|lease| (lease.label, lease.id) == (label, id));
        out.write_str(found.map_or("?", |index| self.devices[index].as_str()))
    }
}

pub(crate) fn draw(session: &mut Session) -> bool {
    let mut leases = heapless::Vec::new();
    let mut devices = heapless::Vec::new();
    for slot in 0..MAX_LEASES {
        match session.supervisor.lease(slot) {
            Ok(line) => {
                if leases.push(line.lease).is_err() || devices.push(line.device).is_err() {
                    let _ = writeln!(
                        session.screen,
                        "more than {MOST_LEASES} leases; here are the first"
                    );
                    break;
                }
            }
            Err(Error::Revoked) => {}
            Err(_) => break,
        }
    }
    let supervisor = &mut session.supervisor;
    let mut names = Names {
        supervisor,
        devices: &devices,
        leases: &leases,
    };
    tree::draw(&leases, &mut names, &mut session.screen).is_ok()
}
