//! Checks of the tasks that each task may call, notify and lend to.

use super::Checker;
use crate::manifest::{Names, Task};
use crate::plan::Peer;
use crate::problem::Problem;
use leasehold_abi::label;
use std::collections::BTreeSet;

impl Checker<'_> {
    /// The three sets of peers of a task: calls, notifies, lends.
    pub(super) fn peers(&mut self, rank: usize, name: &str, task: &Task) -> (u64, u64, u64) {
        let calls = self.set(name, "calls", &task.calls);
        for edge in task.calls.iter().flat_map(|list| list.get_ref()) {
            if self.rank(edge.get_ref()).is_some_and(|peer| peer >= rank) {
                let peer = &self.manifest.tasks[edge.get_ref().as_str()];
                let problem = Problem::new(
                    self.source,
                    edge.span(),
                    format!(
                        "`{name}` must not call `{edge}`: a call goes to a task of higher priority"
                    ),
                )
                .label(format!(
                    "a call from index {rank} to index {}",
                    self.rank(edge.get_ref()).unwrap_or(rank)
                ));
                self.problems.push(if edge.get_ref() == name {
                    problem.hint("a task that calls itself would wait for ever")
                } else {
                    problem
                        .related(
                            self.source,
                            task.priority.span(),
                            format!("priority of `{name}`"),
                        )
                        .related(
                            self.source,
                            peer.priority.span(),
                            format!("priority of `{edge}`"),
                        )
                        .hint(format!(
                            "give `{edge}` a lower number than `{name}`, or turn the call round"
                        ))
                });
            }
        }
        let mut notifies = self.set(name, "notifies", &task.notifies);
        if rank == 0 {
            // It tells a parent when a child has let go, and a watchdog's driver that it works itself.
            notifies |= self.told();
        }
        let named = self.set(name, "lends", &task.lends);
        // The supervisor is the lessor of every device; everybody lends to the supervisor.
        let lends = if rank == 0 { u64::MAX } else { named | 1 };
        (calls, notifies, lends)
    }

    /// The tasks that this one lists, for its program.
    pub(super) fn listed(&self, task: &Task) -> Vec<Peer> {
        let lists = [&task.calls, &task.notifies, &task.lends];
        let names = lists.into_iter().flatten().flat_map(|list| list.get_ref());
        let listed: BTreeSet<_> = names.filter_map(|name| self.rank(name.get_ref())).collect();
        let peer = |rank: usize| Peer {
            label: label(self.order[rank]),
            rank: rank as u32,
        };
        listed.into_iter().map(peer).collect()
    }

    /// The tasks that offer auxiliary devices, or have a heartbeat.
    fn told(&self) -> u64 {
        let offers = |name: &&str| {
            let task = &self.manifest.tasks[*name];
            let offers = task.offers.as_ref();
            let is_parent = offers.is_some_and(|offers| !offers.get_ref().is_empty());
            is_parent || task.heartbeat_ms.is_some()
        };
        let ranks = self.order.iter().take(64).enumerate();
        ranks
            .filter(|(_, name)| offers(name))
            .map(|(rank, _)| 1 << rank)
            .sum()
    }

    fn set(&mut self, name: &str, key: &str, peers: &Option<Names>) -> u64 {
        let mut set = 0;
        for peer in peers.iter().flat_map(|list| list.get_ref()) {
            match self.rank(peer.get_ref()) {
                Some(rank) if rank < 64 => set |= 1 << rank,
                Some(_) => {}
                None => {
                    let hint = self.task_hint(peer.get_ref());
                    self.problems.push(
                        Problem::new(
                            self.source,
                            peer.span(),
                            format!("`{name}` {key} `{peer}`, which is no task"),
                        )
                        .label("unknown task")
                        .hint(hint),
                    );
                }
            }
        }
        set
    }
}
