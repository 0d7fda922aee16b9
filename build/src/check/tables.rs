//! How large the kernel's tables must be, and whether everything has room in RAM.

use super::Checker;
use crate::manifest::Range;
use crate::pack;
use crate::plan::{Bind, Device, Grant, Shares, Tables, Task};
use crate::problem::Problem;
use leasehold_abi::GrantKind;
use serde_spanned::Spanned;

/// Lease slots that a handle's index can name (`leasehold_abi::LeaseHandle`).
const MAX_LEASES: u32 = 1 << 10;
/// Grants that a PCI binding may get: configuration, six windows, interrupt, pool, bus mastering.
const PCI_GRANTS: u32 = 10;
/// Grants of an auxiliary device: payload, memory shared with its parent, four windows.
const AUXILIARY_GRANTS: u32 = 6;
/// Leases that a task which lends at all may have lent beside those that the manifest tells of.
const MORE_LEASES: u32 = 4;

impl Checker<'_> {
    /// Sizes of tables: what the manifest says where that is enough, else enough for every binding
    /// four times over, because old leases end while new ones begin, and what each task needs to lend.
    pub(super) fn tables(
        &mut self,
        devices: &[Device],
        grants: &[Grant],
        tasks: &[Task],
    ) -> Tables {
        let least = self.least(devices, tasks);
        let lent: Shares = sum(&least[1..]);
        let (leases, slots) = (1 + least[0].leases, grants.len() as u32 + least[0].grants);
        let tables = Tables {
            leases: (16 + 4 * leases)
                .saturating_add(lent.leases)
                .min(MAX_LEASES),
            grants: (64 + 4 * slots).saturating_add(lent.grants),
            page_tables: self.page_tables(devices, grants, tasks),
        };
        let (leases, slots) = (
            leases.saturating_add(lent.leases),
            slots.saturating_add(lent.grants),
        );
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
                1 << 15,
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

    /// Gives each task its share of the tables: what it needs, and of what is left the supervisor has one half and
    /// those that lend have the other.
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

    /// The least that each task needs for what it lends. The supervisor lends every binding; another lends what it
    /// offers and what it may lend by name, old beside new, or what the manifest says.
    ///
    /// The supervisor has besides as many slots as all together that offer devices. It lends what a task registers to
    /// the child, each time anew: so whoever registers without an end wears its own slots out before the supervisor's.
    fn least(&self, devices: &[Device], tasks: &[Task]) -> Vec<Shares> {
        let binds = || tasks.iter().flat_map(|task| &task.binds);
        let lent_by_supervisor = binds().map(|bind| Shares {
            leases: 1,
            grants: match bind {
                Bind::Platform { device, .. } => devices[*device].grants.len() as u32,
                Bind::Pci { .. } => PCI_GRANTS,
                Bind::Auxiliary { .. } => AUXILIARY_GRANTS,
            },
        });
        let mut supervisor = sum(&lent_by_supervisor.collect::<Vec<_>>());
        let others = tasks.iter().skip(1).map(|task| {
            // To the supervisor everybody may lend.
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
    /// A task has a root, and for each GiB that it touches a table of the second level, and
    /// for each 2 MiB one of the third. Its own memory is counted as the 2 MiB that hold it and
    /// one border crossed; windows that are not known yet as one of each.
    fn page_tables(&self, devices: &[Device], grants: &[Grant], tasks: &[Task]) -> u32 {
        let spans =
            |range: Range, unit: u64| (range.end().div_ceil(unit) - range.base / unit) as u32;
        let tables = |range: Range| spans(range, 1 << 30) + spans(range, 2 << 20);
        let mut sum = 8;
        for task in tasks {
            let own = task.stack + task.arena + (1 << 20);
            sum += 1 + 1 + 1 + own.div_ceil(2 << 20) as u32;
            for bind in &task.binds {
                sum += match bind {
                    Bind::Platform { device, .. } => devices[*device]
                        .grants
                        .iter()
                        .map(|index| &grants[usize::from(*index)])
                        .filter(|grant| matches!(grant.kind, GrantKind::Mmio | GrantKind::Config))
                        // A device with an aperture leases parts of it on; nobody maps it all.
                        .map(|grant| {
                            tables(Range {
                                base: grant.base,
                                size: grant.length.min(64 << 20),
                            })
                        })
                        .sum(),
                    Bind::Pci { pool, .. } => {
                        let pool = pool.map_or(0, |pool| grants[usize::from(pool)].length);
                        2 + 4 + 1 + pool.div_ceil(2 << 20) as u32
                    }
                    Bind::Auxiliary { .. } => 4,
                };
            }
        }
        sum
    }

    /// What is known before anything is compiled must fit into RAM.
    pub(super) fn check_room(&mut self, grants: &[Grant], tasks: &[Task]) {
        let memory = &self.chip.memory;
        let room = memory
            .for_image()
            .end()
            .saturating_sub(memory.kernel.get_ref().end());
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
        let start = memory.kernel.get_ref().end();
        // Sizes that are no sizes must not be added up.
        let sum = if sum > room {
            sum
        } else {
            pack::least_end(self.arch, start, tasks, &pools) - start
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
