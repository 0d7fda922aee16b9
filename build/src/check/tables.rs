//! How large the kernel's tables must be, and whether everything fits into RAM.

use super::Checker;
use crate::manifest::Range;
use crate::pack;
use crate::plan::{Bind, Device, Grant, Shares, Tables, Task};
use crate::problem::Problem;
use leasehold_abi::{GrantKind, MAX_LEASES};
use serde_spanned::Spanned;

/// Grants that the kernel's numbers have room for (`leasehold_core`, `lease/shared.rs`).
const MAX_GRANTS: u32 = (1 << 15) - 1;
/// Grants that a PCI binding may get beside its pools: configuration, six windows, interrupt, bus mastering.
const PCI_GRANTS: u32 = 9;
/// Runs of registers in configuration space that a driver may write, at most (the supervisor's `own.rs`).
const OWN_GRANTS: u32 = 4;
/// Grants of an auxiliary device: payload, memory shared with its parent, four windows.
const AUXILIARY_GRANTS: u32 = 6;
/// So many more leases are for a task that lends, beyond those that the manifest lets the build count.
const MORE_LEASES: u32 = 2;

impl Checker<'_> {
    /// Sizes of tables. If the manifest gives a size and it is large enough, it is used. Otherwise the size is what the
    /// root lease and all tasks need, and what all bindings need once more, because old leases end while new ones
    /// begin.
    pub(super) fn tables(
        &mut self,
        devices: &[Device],
        grants: &[Grant],
        tasks: &[Task],
    ) -> Tables {
        let least = self.least(devices, tasks);
        let root = Shares {
            leases: 1,
            grants: grants.len() as u32,
        };
        let needed = sum(&[root, sum(&least)]);
        let computed = sum(&[needed, bound(devices, tasks)]);
        let tables = Tables {
            leases: computed.leases.min(MAX_LEASES),
            grants: computed.grants,
            page_tables: self.page_tables(devices, grants, tasks),
        };
        let (leases, slots) = (needed.leases, needed.grants);
        Tables {
            leases: self.size(
                "leases",
                self.manifest.leases.as_ref(),
                leases,
                MAX_LEASES,
                tables.leases,
            ),
            grants: self.size(
                "grants",
                self.manifest.grants.as_ref(),
                slots,
                MAX_GRANTS,
                tables.grants,
            ),
            page_tables: self.size(
                "page-tables",
                self.manifest.page_tables.as_ref(),
                2 * tasks.len() as u32,
                1 << 15,
                tables.page_tables,
            ),
        }
    }

    /// Gives each task its share of the tables: what it needs. From the rest the supervisor gets what all bindings need
    /// once more. Of what is left then it gets one half, and the tasks that lend get the other half.
    pub(super) fn share(
        &self,
        devices: &[Device],
        grants: &[Grant],
        tasks: &mut [Task],
        tables: Tables,
    ) {
        let mut shares = self.least(devices, tasks);
        let needed = sum(&shares);
        let lenders = shares[1..].iter().filter(|share| share.leases != 0).count() as u32;
        let left = Shares {
            leases: tables.leases.saturating_sub(1 + needed.leases),
            grants: tables
                .grants
                .saturating_sub(grants.len() as u32 + needed.grants),
        };
        let once_more = bound(devices, tasks);
        let once_more = Shares {
            leases: once_more.leases.min(left.leases),
            grants: once_more.grants.min(left.grants),
        };
        shares[0] = sum(&[shares[0], once_more]);
        let left = Shares {
            leases: left.leases - once_more.leases,
            grants: left.grants - once_more.grants,
        };
        let more = Shares {
            leases: (left.leases / 2).checked_div(lenders).unwrap_or(0),
            grants: (left.grants / 2).checked_div(lenders).unwrap_or(0),
        };
        for share in shares[1..].iter_mut().filter(|share| share.leases != 0) {
            *share = sum(&[*share, more]);
        }
        shares[0].leases += left.leases - lenders * more.leases;
        shares[0].grants += left.grants - lenders * more.grants;
        for (task, share) in tasks.iter_mut().zip(shares) {
            task.shares = share;
        }
    }

    /// The least that each task needs for what it lends. The supervisor lends every binding. Any other task lends what
    /// it offers, and to the tasks in its `lends`; old and new leases may exist at the same time. The manifest may give
    /// these numbers.
    ///
    /// The supervisor has, in addition, as many slots as all tasks together that offer devices. It lends to the child
    /// what a task registers, each time anew. So a task that registers without end wears out its own slots before the
    /// supervisor's.
    fn least(&self, devices: &[Device], tasks: &[Task]) -> Vec<Shares> {
        let binds = || tasks.iter().flat_map(|task| &task.binds);
        let mut supervisor = bound(devices, tasks);
        let others = tasks.iter().skip(1).map(|task| {
            // Every task may lend to the supervisor, so that bit says nothing here.
            let lends = task.lends & !1;
            let written = &self.manifest.tasks[task.name.as_str()];
            let value = |key: &Option<Spanned<u32>>| key.as_ref().map(|value| *value.get_ref());
            let (written_leases, written_grants) = (value(&written.leases), value(&written.grants));
            let lender = task.arena != 0 || !task.offers.is_empty() || lends != 0;
            if !lender && written_leases.is_none() {
                return Shares::default();
            }
            let bound = binds().filter(
                |bind| matches!(bind, Bind::Auxiliary { name, .. } if task.offers.contains(name)),
            );
            let known = bound.count().max(task.offers.len()) as u32 + lends.count_ones();
            let leases = written_leases.unwrap_or(MORE_LEASES + 2 * known);
            Shares {
                leases,
                grants: written_grants.unwrap_or_else(|| leases.saturating_mul(AUXILIARY_GRANTS)),
            }
        });
        let others: Vec<_> = others.collect();
        for (task, share) in tasks[1..].iter().zip(&others) {
            if !task.offers.is_empty() {
                supervisor.leases = supervisor.leases.saturating_add(share.leases);
            }
        }
        std::iter::once(supervisor).chain(others).collect()
    }

    fn size(
        &mut self,
        key: &str,
        written: Option<&Spanned<u32>>,
        least: u32,
        most: u32,
        computed: u32,
    ) -> u32 {
        let Some(written) = written else {
            if least > most {
                let span = self.manifest.chip.span();
                self.problems.push(
                    Problem::new(
                        self.board_source,
                        span,
                        format!("too many {key}: the bindings need {least}"),
                    )
                    .label(format!("an image has at most {most}"))
                    .hint("bind fewer devices"),
                );
            }
            return computed;
        };
        let value = *written.get_ref();
        if value < least {
            self.problems.push(
                Problem::new(
                    self.source,
                    written.span(),
                    format!("too many {key} for a table of {value}"),
                )
                .label(format!("the bindings and what tasks lend need {least}"))
                .hint(format!(
                    "leave `{key}` out for {computed}, or write {least} or more"
                )),
            );
        } else if value > most {
            self.problems.push(
                Problem::new(
                    self.source,
                    written.span(),
                    format!("{value} {key} are too many"),
                )
                .label(format!("at most {most}"))
                .hint(format!("leave `{key}` out for {computed}")),
            );
        }
        value
    }

    /// Tables for the tasks' own memory and every window that they may claim.
    ///
    /// A task has a root table, a table of the second level for each GiB that it touches, and one of the third level
    /// for each 2 MiB. Its own memory is counted as the 2 MiB that hold it and one more, because it may cross a border.
    /// A window whose address is not known yet is counted as one table of each level.
    fn page_tables(&self, devices: &[Device], grants: &[Grant], tasks: &[Task]) -> u32 {
        let spans =
            |range: Range, unit: u64| (range.end().div_ceil(unit) - range.base / unit) as u32;
        let tables = |range: Range| spans(range, 1 << 30) + spans(range, 2 << 20);
        let mut sum = 8;
        for task in tasks {
            let own = task.stack + task.arena + (1 << 20);
            sum += 1 + 1 + 1 + own.div_ceil(2 << 20) as u32;
            let pools_of = |bind: &Bind| {
                let pools = match bind {
                    Bind::Platform { pools, .. } | Bind::Pci { pools, .. } => &pools[..],
                    Bind::Auxiliary { .. } => &[],
                };
                let pools = pools.iter().map(|pool| grants[usize::from(*pool)].length);
                // One more each, because it may cross a border.
                pools
                    .map(|length| 1 + length.div_ceil(2 << 20) as u32)
                    .sum::<u32>()
            };
            for bind in &task.binds {
                sum += pools_of(bind);
                sum += match bind {
                    Bind::Platform { device, .. } => devices[*device]
                        .grants
                        .iter()
                        .map(|index| &grants[usize::from(*index)])
                        .filter(|grant| matches!(grant.kind, GrantKind::Mmio | GrantKind::Config))
                        // A bus's driver maps nothing of what lies above 4 GiB; each function's is counted there.
                        .filter(|grant| {
                            devices[*device].discovers.is_none() || grant.base < 1 << 32
                        })
                        // Only parts of an aperture are leased on; no task maps all of it.
                        .map(|grant| {
                            tables(Range {
                                base: grant.base,
                                size: grant.length.min(64 << 20),
                            })
                        })
                        .sum(),
                    Bind::Pci { .. } => 2 + 4,
                    Bind::Auxiliary { .. } => 4,
                };
            }
        }
        sum
    }

    /// The parts whose sizes are known before anything is compiled must fit into RAM.
    pub(super) fn check_room(&mut self, grants: &[Grant], tasks: &[Task]) {
        let memory = &self.chip.memory;
        let room = memory
            .for_image()
            .end()
            .saturating_sub(memory.kernel_ram().get_ref().end());
        let need = |task: &Task, rank| {
            let pools = grants.iter().filter(|grant| grant.pool == Some(rank));
            self.arch
                .round(task.stack)
                .saturating_add(task.arena)
                .saturating_add(pools.map(|grant| grant.length).fold(0, u64::saturating_add))
        };
        let needs: Vec<u64> = tasks
            .iter()
            .enumerate()
            .map(|(rank, task)| need(task, rank))
            .collect();
        let sum = needs.iter().copied().fold(0, u64::saturating_add);
        let pools: Vec<u64> = grants
            .iter()
            .filter(|grant| grant.pool.is_some())
            .map(|grant| grant.length)
            .collect();
        let starts = pack::Starts::of(memory);
        // Senseless sizes must not be added: the sum could overflow.
        let sum = if sum > room {
            sum
        } else {
            pack::least_end(self.arch, starts, tasks, &pools) - starts.ram
        };
        if sum > room
            && let Some((most, task)) = needs.iter().zip(tasks).max_by_key(|(need, _)| **need)
        {
            let regions = pack::in_regions(self.arch, task.stack.saturating_add(task.arena));
            self.problems.push(
                Problem::new(
                    self.source,
                    task.span.clone(),
                    "the tasks do not fit into RAM",
                )
                .label(format!(
                    "`{}` alone wants {} KiB of stack, arena and pools{regions}",
                    task.name,
                    most / 1024
                ))
                .related(
                    self.chip_source,
                    memory.ram.span(),
                    format!("{} KiB are left beside the kernel", room / 1024),
                )
                .hint(format!(
                    "all tasks want {} KiB: make a stack, an arena or a pool smaller",
                    sum / 1024
                )),
            );
        }
    }
}

/// What the supervisor needs to lend every binding once.
fn bound(devices: &[Device], tasks: &[Task]) -> Shares {
    let binds = tasks.iter().flat_map(|task| &task.binds);
    let shares = binds.map(|bind| Shares {
        leases: 1,
        grants: match bind {
            Bind::Platform { device, pools } => {
                (devices[*device].grants.len() + pools.len()) as u32
            }
            Bind::Pci { pools, writes, .. } => {
                PCI_GRANTS + if *writes { OWN_GRANTS } else { 0 } + pools.len() as u32
            }
            Bind::Auxiliary { .. } => AUXILIARY_GRANTS,
        },
    });
    sum(&shares.collect::<Vec<_>>())
}

fn sum(shares: &[Shares]) -> Shares {
    Shares {
        leases: shares
            .iter()
            .fold(0, |sum, share| sum.saturating_add(share.leases)),
        grants: shares
            .iter()
            .fold(0, |sum, share| sum.saturating_add(share.grants)),
    }
}
