//! The rows of the budget table: what is measured, what it may cost on each kind of protection hardware, and what
//! the closest system there needs, measured in the same way.

/// A kind of protection hardware: a column of budgets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    /// RV64 with Sv39, beside seL4 at 1326364 (without floating point, with its fast path, gcc -O2).
    Sv39,
    /// RV32 with PMP, beside Tock at 65608d7 (without ePMP, at opt-level 3).
    Pmp,
    /// Cortex-M with its MPU, beside Hubris at 4c371f0 (on mps2-an386, at opt-level 3, with 8 tasks).
    Pmsa,
}

impl Column {
    /// That of a chip file's `arch`.
    pub(super) fn of(arch: &str) -> Self {
        match arch {
            "riscv64-sv39" => Self::Sv39,
            "riscv32-pmp" => Self::Pmp,
            _ => Self::Pmsa,
        }
    }

    /// QEMU's `-icount shift` for it. Machines without an instruction counter use a clock instead, which must tick more
    /// than twice in each instruction (`app/bench/machine/src/arm.rs`).
    pub(super) const fn shift(self) -> u8 {
        match self {
            Self::Sv39 | Self::Pmp => 0,
            Self::Pmsa => 7,
        }
    }

    /// The system in this column.
    pub(super) const fn peer(self) -> &'static str {
        match self {
            Self::Sv39 => "seL4 1326364",
            Self::Pmp => "Tock 65608d7",
            Self::Pmsa => "Hubris 4c371f0",
        }
    }
}

/// What a column says in a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell {
    /// What the peer needs, if it has the operation and it was measured.
    pub(super) peer: Option<u64>,
    /// Most that it may be.
    pub(super) budget: Option<u64>,
}

/// A row.
#[derive(Debug)]
pub(super) struct Row {
    /// What the image calls it.
    pub(super) key: &'static str,
    /// What a person calls it.
    pub(super) operation: &'static str,
    /// What the figure counts.
    pub(super) unit: &'static str,
    cells: [Cell; 3],
}

impl Row {
    /// What a column says.
    pub(super) const fn cell(&self, column: Column) -> Cell {
        self.cells[column as usize]
    }
}

/// The peer's instructions and the budget; 0 for none.
type Figures = (u64, u64);

const fn cell((peer, budget): Figures) -> Cell {
    Cell {
        peer: if peer == 0 { None } else { Some(peer) },
        budget: if budget == 0 { None } else { Some(budget) },
    }
}

const fn row(
    key: &'static str,
    operation: &'static str,
    sv39: Figures,
    pmp: Figures,
    pmsa: Figures,
) -> Row {
    Row {
        key,
        operation,
        unit: "instructions",
        cells: [cell(sv39), cell(pmp), cell(pmsa)],
    }
}

/// All rows, in the order of the table.
#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    row("null", "null system call", (122, 46), (418, 47), (82, 32)),
    row("round-trip-0", "call and reply, empty", (512, 205), (6091, 400), (879, 400)),
    row("round-trip-32", "call and reply, 32 bytes each way", (558, 264), (0, 420), (0, 420)),
    row("round-trip-64", "call and reply, 64 bytes each way", (1838, 290), (6144, 480), (1364, 480)),
    row("round-trip-borrow-64", "call and reply, 64 borrowed bytes read by the server", (0, 550), (0, 700), (1402, 700)),
    row("interrupt", "interrupt to first instruction of the driver", (383, 210), (1660, 280), (312, 220)),
    row("interrupt-await", "interrupt to the line behind its await, of an asynchronous driver", (0, 300), (0, 0), (0, 0)),
    row("notify", "notify a waiting, more important task, until it runs", (599, 225), (2298, 300), (0, 260)),
    row("ring-1", "wake-up of a ring with 1 entry, both sides", (0, 620), (0, 0), (0, 0)),
    row("ring-8", "wake-up of a ring with 8 entries, both sides", (0, 0), (0, 0), (0, 0)),
    row("ring-32", "wake-up of a ring with 32 entries, both sides", (0, 0), (0, 0), (0, 0)),
    row("revoke-1", "revoke a lease with one mapped window", (1280, 450), (0, 450), (0, 450)),
    row("revoke-16", "revoke a lease with 16 lessees", (9110, 4500), (0, 4500), (0, 4500)),
    row("claim-200", "claim a window that is claimed 200 times", (0, 900), (0, 900), (0, 900)),
    row("latency-revoke", "longest interrupt latency, 200 leases revoked", (50_942, 600), (0, 600), (0, 600)),
    row("latency-restart", "longest interrupt latency, restart with 200 leases", (0, 600), (0, 600), (0, 600)),
    row("revoke-200", "revoke 200 leases, all with one window", (0, 0), (0, 0), (0, 0)),
    row("restart", "restart a driver with a window and an interrupt", (8337, 3600), (1884, 3000), (2802, 2500)),
    row("client-error", "error for the client of a server that faults", (0, 1500), (0, 1500), (3249, 1500)),
    row("mmio-read", "read of a register through IoMem", (0, 1), (0, 1), (0, 1)),
    Row {
        key: super::SIZE,
        operation: "kernel text and read-only data, bytes",
        unit: "bytes",
        cells: [cell((37_700, 26 * 1024)), cell((102_900, 26 * 1024)), cell((14_800, 24 * 1024))],
    },
];
