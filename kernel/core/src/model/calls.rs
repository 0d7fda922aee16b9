//! Arguments of the calls that tests make most, with their other fields at rest.

use leasehold_abi::arguments::{Call, ConfigRead, ConfigWrite, GrantClaim, Receive};

/// To claim a grant beside others.
pub(crate) fn shared(lease: usize, grant: usize) -> GrantClaim {
    line(lease, grant, 0)
}

/// To claim a grant alone.
pub(crate) fn exclusive(lease: usize, grant: usize) -> GrantClaim {
    GrantClaim {
        mode: 1,
        ..shared(lease, grant)
    }
}

/// To claim a line, which posts these bits.
pub(crate) fn line(lease: usize, grant: usize, bits: usize) -> GrantClaim {
    GrantClaim {
        lease,
        grant,
        mode: 0,
        bits,
    }
}

/// To wait, with nothing to do before.
pub(crate) fn receive(mask: usize) -> Receive {
    Receive {
        mask,
        before: 0,
        peers: 0,
    }
}

/// To call, without buffers.
pub(crate) fn call(destination: usize) -> Call {
    Call {
        destination,
        borrows: 0,
        count: 0,
    }
}

/// To read configuration space at an offset in a grant of a lease.
pub(crate) fn config_read((lease, grant): (usize, usize), offset: usize) -> ConfigRead {
    ConfigRead {
        lease,
        grant,
        offset,
    }
}

/// To write so many bytes of configuration space at an offset in a grant of a lease.
pub(crate) fn config_write(
    (lease, grant): (usize, usize),
    (offset, width): (usize, usize),
    value: usize,
) -> ConfigWrite {
    ConfigWrite {
        lease,
        grant,
        offset,
        width,
        value,
    }
}
