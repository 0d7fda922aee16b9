//! A PCI function as a lease: which parts of the host bridge its driver gets.

use crate::own;
use crate::root::{Parts, Resource, Root};
use leasehold_abi::{Error, GrantKind, Rights, configuration, names};
use userlib::policy::Policy;
use userlib::supervisor::FunctionInfo;
use userlib::sys;

/// Bytes of configuration space of one function.
pub(crate) const CONFIG_SIZE: u64 = configuration::FUNCTION as u64;

/// Windows are leased in pages.
const PAGE: u64 = 4096;

/// Adds what the driver of a function gets, with the right to be a bus master if the manifest allows `dma`, and that to
/// write the function's own registers if it allows `writes`. Everything comes from the host bridge's own grants:
/// whatever its driver reports, no other device's registers are lent.
///
/// # Errors
/// `NotFound` when the function claims to be where the host bridge has nothing; `Exhausted`.
pub(crate) fn add(
    parts: &mut Parts,
    root: &Root,
    policy: &Policy,
    function: &FunctionInfo,
    (dma, writes): (bool, bool),
) -> Result<(), Error> {
    let among = policy.host_bridge().ok_or(Error::NotFound)?.grants;
    let both = Rights::READ | Rights::WRITE;
    let mut add = |resource| {
        let part = root.part(among, resource)?;
        parts.push(part).map_err(|_| Error::Exhausted)
    };
    // To read only, so that nobody puts a window over another's.
    let config = Resource {
        kind: GrantKind::Config,
        base: config_base(root, among, function)?,
        length: CONFIG_SIZE,
        rights: Rights::READ | Rights::LEND,
        name: names::CONFIG,
    };
    add(config)?;
    for (bar, name) in function.bars.iter().zip(names::BARS) {
        let length = bar
            .length
            .checked_next_multiple_of(PAGE)
            .ok_or(Error::Invalid)?;
        if length != 0 {
            add(Resource {
                kind: GrantKind::Mmio,
                base: bar.base,
                length,
                rights: both | Rights::LEND,
                name,
            })?;
        }
    }
    if let Some(line) = function.interrupt.get() {
        add(Resource {
            kind: GrantKind::Interrupt,
            base: u64::from(line),
            length: 1,
            rights: both,
            name: names::INTX,
        })?;
    }
    if dma {
        add(Resource {
            kind: GrantKind::BusMaster,
            rights: both,
            name: names::BUS_MASTER,
            ..config
        })?;
    }
    if writes {
        let (grant, offset) = root.covering(among, config.kind, config.base, config.length)?;
        let read = |register| sys::config_read(root.handle(), grant, offset as usize + register);
        for run in own::runs(read)? {
            add(Resource {
                base: config.base + run.start as u64,
                length: run.len() as u64,
                rights: Rights::WRITE,
                name: names::OWN,
                ..config
            })?;
        }
    }
    Ok(())
}

/// First address of a function's configuration space.
pub(crate) fn config_base(
    root: &Root,
    among: &[u16],
    function: &FunctionInfo,
) -> Result<u64, Error> {
    for &index in among {
        let info = root.grant(usize::from(index))?;
        if info.kind == GrantKind::Config {
            return Ok(info.base + function.address.offset() as u64);
        }
    }
    Err(Error::NotFound)
}
