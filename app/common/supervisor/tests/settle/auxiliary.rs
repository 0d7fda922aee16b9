//! Auxiliary devices: from their parent to the child, and back.

use crate::kernel::{Board, Kernel, grant};
use crate::{CHILD, HOST, LESSEE, PARENT, POLICY, ask, booted, function, report, task};
use leasehold_abi::{
    Error, GrantKind, LeaseEvent, LeaseHandle, LeaseInfo, LeaseState, Optional, PayloadType,
    Rights, label,
};
use supervisor::device;
use supervisor::state::Supervisor;
use userlib::policy::{Bind, ChipPolicy, Policy, TaskPolicy};
use userlib::supervisor::{LET_GO, Lessee};
use zerocopy::{FromBytes, FromZeros, IntoBytes};

/// The parent offers `parent.part` with this number to the supervisor.
fn offer(kernel: &Kernel, id: u32) -> LeaseHandle {
    let mut board = kernel.0.borrow_mut();
    let mut info = LeaseInfo::new_zeroed();
    info.parent = (board.held(PARENT).last())
        .map(|lease| lease.info.handle)
        .into();
    info.lessor = Optional::some(PARENT as u32);
    info.lessee = board.life(0);
    (info.label, info.id, info.payload_type) =
        (label("parent.part"), id, PayloadType::from_hash(77));
    info.state = LeaseState::Active;
    let lease = board.open(
        info,
        vec![grant("payload", GrantKind::Memory, 0x8900_0000, 0x1000)],
    );
    board.events.push_back((LeaseEvent::Offered, lease));
    lease
}

#[test]
fn an_auxiliary_device_goes_to_the_child_that_the_manifest_names() {
    booted(|supervisor, kernel| {
        report(supervisor, kernel, HOST, &function(16, 0x1b36, 5));
        let other = offer(kernel, 2);
        let lease = offer(kernel, 1);
        supervisor.settle();
        let held = kernel.0.borrow().held(CHILD);
        assert_eq!(held.len(), 1);
        assert_eq!(
            (
                held[0].info.parent,
                held[0].info.id,
                held[0].info.payload_type
            ),
            (Optional::some(lease), 1, PayloadType::from_hash(77))
        );
        assert!(
            !held[0].grants[0].rights.contains(Rights::LEND),
            "a child lends it to nobody"
        );
        let nobody_has = |board: &Board| {
            board
                .leases
                .iter()
                .flatten()
                .all(|lease| lease.info.parent.get() != Some(other))
        };
        assert!(
            nobody_has(&kernel.0.borrow()),
            "the manifest names no child for number 2"
        );
    });
}

#[test]
fn an_auxiliary_device_that_the_manifest_does_not_offer_is_given_back() {
    booted(|supervisor, kernel| {
        let lease = offer(kernel, 1);
        let change = |label| {
            let mut board = kernel.0.borrow_mut();
            board.leases[lease.index()].as_mut().unwrap().info.label = label;
        };
        change(label("parent.prat"));
        supervisor.settle();
        assert!(kernel.0.borrow().leases[lease.index()].is_none());
    });
}

#[test]
fn a_task_that_registers_without_end_takes_no_place_of_others() {
    booted(|supervisor, kernel| {
        let leases: Vec<_> = (0..100).map(|id| offer(kernel, id)).collect();
        supervisor.settle();
        let kept = |lease: &&LeaseHandle| kernel.0.borrow().leases[lease.index()].is_some();
        let places = device::places(&POLICY, POLICY.tasks[PARENT].offers);
        assert_eq!(leases.iter().filter(kept).count(), places);
        assert_eq!(
            report(supervisor, kernel, HOST, &function(8, 0x1234, 0x11e8)),
            None,
            "a function has its place"
        );
        // A place that is free again can be used again.
        kernel.0.borrow_mut().end(leases[0]);
        let next = offer(kernel, 100);
        supervisor.settle();
        assert!(kept(&&next));
    });
}

#[test]
fn each_instance_that_is_bound_has_a_place() {
    const PART: Bind = Bind::Auxiliary {
        name: "parent.part",
        label: label("parent.part"),
        id: 0,
    };
    static ONE: Policy = Policy {
        tasks: &[
            task("parent", 0, &[]),
            TaskPolicy {
                offers: &[],
                ..task("child", 1, &[PART, PART, PART])
            },
            TaskPolicy {
                offers: &[],
                ..task("other", 2, &[PART, PART, PART])
            },
        ],
        devices: &[],
        chip: ChipPolicy::HOST,
        names: &[],
    };
    assert_eq!(device::most(&ONE), 6);
    assert_eq!(device::places(&ONE, &[]), 0);
}

#[test]
fn a_parent_that_ends_waits_for_the_child_but_not_for_ever() {
    booted(|supervisor, kernel| {
        report(supervisor, kernel, HOST, &function(16, 0x1b36, 5));
        for lets_go in [true, false] {
            let lease = offer(kernel, 1);
            supervisor.settle();
            let child = kernel.0.borrow().held(CHILD)[0].info.handle;
            kernel
                .0
                .borrow_mut()
                .events
                .push_back((LeaseEvent::Ending, lease));
            supervisor.settle();
            let is_over = |kernel: &Kernel| kernel.0.borrow().leases[lease.index()].is_none();
            assert!(!is_over(kernel), "the child may still quiet its hardware");
            if lets_go {
                kernel.0.borrow_mut().end(child);
            } else {
                let deadline = kernel.0.borrow().deadline().expect("it is watched");
                kernel.0.borrow_mut().now_is(deadline);
            }
            supervisor.settle();
            assert!(is_over(kernel));
            assert!(kernel.0.borrow().held(CHILD).is_empty());
        }
    });
}

#[test]
fn a_parent_learns_who_has_its_device_and_when_it_was_let_go() {
    booted(|supervisor, kernel| {
        report(supervisor, kernel, HOST, &function(16, 0x1b36, 5));
        let lease = offer(kernel, 1);
        supervisor.settle();
        let parent = kernel.0.borrow().life(PARENT);
        let told = || {
            let board = kernel.0.borrow();
            board.notified.contains(&(parent, LET_GO.bits()))
        };
        let lessee = |supervisor: &mut Supervisor<'_>, task| {
            let refused = ask(supervisor, kernel, task, LESSEE, lease.as_bytes(), &[]);
            match refused {
                Some(error) => Err(error),
                None => {
                    let reply = kernel.0.borrow().reply;
                    let (lessee, _) =
                        Lessee::read_from_prefix(reply.as_bytes()).expect("long enough");
                    Ok(lessee)
                }
            }
        };
        let child = kernel.0.borrow().held(CHILD)[0].info;
        let has = Lessee {
            task: child.lessee,
            lease: child.handle,
        };
        assert_eq!(lessee(supervisor, PARENT), Ok(has));
        assert_eq!(lessee(supervisor, CHILD), Err(Error::Denied), "no parent");
        assert!(!told());
        kernel.0.borrow_mut().end(child.handle);
        assert_eq!(
            lessee(supervisor, PARENT),
            Err(Error::Unbound),
            "nobody has noted it yet"
        );
        supervisor.settle();
        assert!(told());
        assert_eq!(lessee(supervisor, PARENT), Err(Error::Unbound));
    });
}
