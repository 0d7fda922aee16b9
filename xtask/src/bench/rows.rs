//! The rows of the budget table: what is measured, what it may cost, what the closest system needs.
//!
//! The peer is seL4 at 1326364 (riscv64, without floating point, with its fast path, gcc -O2),
//! measured in the same way.

/// A row.
#[derive(Debug)]
pub(super) struct Row {
    /// What the image calls it.
    pub(super) key: &'static str,
    /// What a person calls it.
    pub(super) operation: &'static str,
    /// What the figure counts.
    pub(super) unit: &'static str,
    /// Most that it may be.
    pub(super) budget: Option<u64>,
    /// The system it is compared to.
    pub(super) peer: Option<&'static str>,
    /// What that needs.
    pub(super) peer_instructions: Option<u64>,
}

const fn row(
    key: &'static str,
    operation: &'static str,
    peer: Option<u64>,
    budget: Option<u64>,
) -> Row {
    Row {
        key,
        operation,
        unit: "instructions",
        budget,
        peer: if peer.is_some() {
            Some("seL4 1326364")
        } else {
            None
        },
        peer_instructions: peer,
    }
}

/// All rows, in the order of the table.
pub(super) const ROWS: &[Row] = &[
    row("null", "null system call", Some(122), Some(48)),
    row(
        "round-trip-0",
        "call and reply, empty",
        Some(512),
        Some(256),
    ),
    row(
        "round-trip-32",
        "call and reply, 32 bytes each way",
        Some(558),
        Some(264),
    ),
    row(
        "round-trip-64",
        "call and reply, 64 bytes each way",
        Some(1838),
        Some(290),
    ),
    row(
        "round-trip-borrow-64",
        "call and reply, 64 borrowed bytes read by the server",
        None,
        Some(600),
    ),
    row(
        "interrupt",
        "interrupt to first instruction of the driver",
        Some(383),
        Some(240),
    ),
    row(
        "notify",
        "notify a waiting, more important task, until it runs",
        Some(599),
        Some(240),
    ),
    row(
        "revoke-1",
        "revoke a lease with one mapped window",
        Some(1280),
        Some(500),
    ),
    row(
        "revoke-16",
        "revoke a lease with 16 lessees",
        Some(9110),
        Some(4000),
    ),
    row(
        "latency-revoke",
        "longest interrupt latency, 200 leases revoked",
        Some(50942),
        Some(700),
    ),
    row(
        "latency-restart",
        "longest interrupt latency, restart with 200 leases",
        None,
        Some(700),
    ),
    row(
        "revoke-200",
        "revoke 200 leases, all with one window",
        None,
        None,
    ),
    row(
        "restart",
        "restart a driver with a window and an interrupt",
        Some(8337),
        Some(3500),
    ),
    row(
        "client-error",
        "error for the client of a server that faults",
        None,
        Some(1500),
    ),
    row(
        "mmio-read",
        "read of a register through IoMem",
        None,
        Some(1),
    ),
    Row {
        key: super::SIZE,
        operation: "kernel text and read-only data, bytes",
        unit: "bytes",
        budget: Some(24 * 1024),
        peer: Some("seL4 1326364"),
        peer_instructions: Some(37_700),
    },
];
