//! The rows of the budget table, as `rows.toml` has them: what is measured, what it may cost on each board, and what
//! the closest system on that kind of protection hardware needs, measured in the same way.

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// The table.
const TABLE: &str = include_str!("rows.toml");
/// Where it is, for messages.
const PLACE: &str = "xtask/src/bench/rows.toml";

/// A kind of protection hardware: what the peer is that figures stand beside.
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

/// What a figure counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Unit {
    /// Executed instructions.
    #[default]
    Instructions,
    /// Bytes of memory.
    Bytes,
}

impl Unit {
    /// In words.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Instructions => "instructions",
            Self::Bytes => "bytes",
        }
    }
}

/// What each peer needs, if it has the operation and it was measured.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Peers {
    sv39: Option<u64>,
    pmp: Option<u64>,
    pmsa: Option<u64>,
}

/// A row.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    /// What the image calls it.
    pub(super) key: String,
    /// What a person calls it.
    pub(super) operation: String,
    /// What the figure counts.
    #[serde(default)]
    pub(super) unit: Unit,
    #[serde(default)]
    peers: Peers,
    /// By board, the most that it may be.
    budgets: BTreeMap<String, u64>,
    /// By board, what is wanted where the budget is only what it is today.
    #[serde(default)]
    goals: BTreeMap<String, u64>,
    /// By so many percent of the figure with 24 tasks it may be more with as many as the kernel has room for.
    #[serde(default = "five")]
    pub(super) growth: u64,
}

const fn five() -> u64 {
    5
}

impl Row {
    /// What the peer needs.
    pub(super) const fn peer(&self, column: Column) -> Option<u64> {
        match column {
            Column::Sv39 => self.peers.sv39,
            Column::Pmp => self.peers.pmp,
            Column::Pmsa => self.peers.pmsa,
        }
    }

    /// Most that it may be on a board. None where it is not measured.
    pub(super) fn budget(&self, board: &str) -> Option<u64> {
        self.budgets.get(board).copied()
    }

    /// What is wanted on a board, if that is less than the budget.
    pub(super) fn goal(&self, board: &str) -> Option<u64> {
        self.goals.get(board).copied()
    }
}

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    rows: Vec<Row>,
}

/// All rows, in the order of the table.
///
/// # Errors
/// When the file is no such table.
pub(super) fn rows() -> Result<Vec<Row>> {
    parse(TABLE).context(PLACE)
}

fn parse(text: &str) -> Result<Vec<Row>> {
    let Table { rows } = toml::from_str(text)?;
    let mut keys = BTreeSet::new();
    for row in &rows {
        let key = &row.key;
        ensure!(keys.insert(key), "two rows have the key `{key}`");
        for (board, goal) in &row.goals {
            let budget = row.budget(board);
            ensure!(
                budget.is_some_and(|budget| goal < &budget),
                "`{key}` on {board}: a goal is less than the budget; once it is reached, it is the budget"
            );
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use leasehold_build::list;
    use std::path::Path;

    #[test]
    fn the_table_has_a_budget_for_each_board_and_for_no_other() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let boards: BTreeSet<_> = list::boards(root, "bench").into_iter().collect();
        for row in rows().unwrap() {
            let named: BTreeSet<_> = row.budgets.keys().cloned().collect();
            assert!(named.is_subset(&boards), "{}: {named:?}", row.key);
            // Without pages a window is one entry of the protection unit.
            let partly = ["latency-wide", "revoke-wide"].contains(&row.key.as_str());
            assert!(partly || named == boards, "{}: {named:?}", row.key);
        }
    }

    #[test]
    fn a_mistake_in_the_table_is_shown_with_its_place() {
        let row = "[[rows]]\nkey = \"null\"\noperation = \"nothing\"\nbudgets = { here = 5 }\n";
        assert_eq!(parse(row).unwrap().len(), 1);
        let wrong = |text: &str| format!("{:#}", parse(text).unwrap_err());
        assert!(wrong(&format!("{row}bugdet = 3\n")).contains("line 5"));
        assert!(wrong(&format!("{row}{row}")).contains("two rows"));
        let goal = |goal: u64| parse(&format!("{row}goals = {{ here = {goal} }}\n"));
        assert!(goal(4).is_ok());
        assert!(goal(5).is_err(), "a goal that is reached is the budget");
        assert!(
            parse(&format!("{row}goals = {{ there = 4 }}\n")).is_err(),
            "a goal without a budget"
        );
    }
}
