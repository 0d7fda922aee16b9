//! The supervisor takes everything back, whatever state it finds.

use crate::model::{TASKS, World};
use leasehold_abi::arguments::{LeaseRelease, TaskStart, TaskStop};
use leasehold_abi::{LeaseState, TaskState};
use std::vec::Vec;

/// Stops every task and starts it anew. In between, within the tasks' deadlines, all are dormant and only the root
/// lease is left.
pub(super) fn take_all_back<const L: usize, const G: usize, const B: u32>(
    world: &mut World<L, G, B>,
) {
    // The supervisor may wait for what never comes; it calls nobody.
    if world.kernel.tasks[0].state == TaskState::Receiving {
        world.kernel.resume(0, [0; 3]);
    }
    world.kernel.next();
    for task in 1..TASKS {
        world.act(0, TaskStop { task });
    }
    for _ in 0..40 {
        world.rest();
        let find = |belongs: &dyn Fn(u16) -> bool| -> Vec<usize> {
            let slots = (1..L as u16).filter(|&slot| belongs(slot));
            slots
                .map(|slot| world.kernel.leases.handle(slot) as usize)
                .collect()
        };
        let records = &world.kernel.leases.records;
        let used = find(&|slot| records[slot as usize].state != LeaseState::Free);
        if used.is_empty() {
            break;
        }
        let held = find(&|slot| records[slot as usize].lessee == 0);
        for lease in held {
            world.act(0, LeaseRelease { lease });
        }
        world.pass(300);
    }
    for task in 1..TASKS {
        assert!(world.is_dormant(task), "task {task}");
        let old = world.handle(task);
        let new = world.value(0, TaskStart { task });
        assert_eq!(new, old + 64);
        assert_eq!(world.handle(task), new);
    }
    world.rest();
    let used = world.kernel.leases.records.iter();
    assert_eq!(
        used.filter(|lease| lease.state != LeaseState::Free).count(),
        1,
        "only the root"
    );
}
