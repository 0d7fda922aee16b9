//! The calls that belong to no other part: boot, tasks, faults, information, the console.

use crate::model::calls::receive;
use crate::model::{CONFIG, Model, TASKS, World, arena, data};
use crate::{Fault, Hardware, Kernel, Next};
use leasehold_abi::arguments::{
    self, DebugWrite, GrantAt, LeaseAt, Panic, StackUse, SystemOff, TaskInfo, TaskStart, TaskStop,
};
use leasehold_abi::{
    Arguments, Call, Error, FaultKind, LeaseHandle, LeaseState, Optional, PANIC_LENGTH,
    PayloadType, Registers, STACK_STEP, TaskState,
};

const fn fault(kind: FaultKind, address: usize, pc: usize) -> Fault {
    Fault {
        kind,
        address,
        pc,
        stack: 0x77,
    }
}

#[test]
fn no_kernel_is_made_with_tables_that_are_too_small() {
    let refused = |made: fn()| std::panic::catch_unwind(made).is_err();
    assert!(!refused(|| drop(Kernel::<_, 6, 64, 192>::new(
        CONFIG,
        Model::new()
    ))));
    assert!(refused(|| drop(Kernel::<_, 6, 64, 191>::new(
        CONFIG,
        Model::new()
    ))));
    assert!(refused(|| drop(Kernel::<_, 6, 63, 192>::new(
        CONFIG,
        Model::new()
    ))));
}

#[test]
fn boot_starts_the_tasks_fresh_and_offers_the_root() {
    let world = World::new();
    for task in 0..TASKS {
        assert_eq!(world.handle(task), task | 1 << 6);
        assert_eq!(world.kernel.hardware.freshened[task], 1);
    }
    assert_eq!(world.kernel.tasks[5].context.pc, 0x8000_5000);
}

/// The supervisor need not ask: it is told of the root lease, and nobody else of anything.
#[test]
fn boot_tells_the_supervisor_of_the_root() {
    let mut kernel = Kernel::<_, 6, 64, 192>::new(CONFIG, Model::new());
    assert_eq!(kernel.boot(), Ok(Next::Run(0)));
    let pending: [u32; TASKS] = core::array::from_fn(|task| kernel.tasks[task].pending);
    let lease = leasehold_abi::Notifications::LEASE.bits();
    assert_eq!(pending, [lease, 0, 0, 0, 0, 0]);
}

#[test]
fn an_unknown_call_is_invalid() {
    let mut world = World::new();
    for number in [32, 33, 255, 256, usize::MAX] {
        world.become_task(5);
        assert_eq!(world.raw_call(number, [0; 6])[0], Error::Invalid.code());
    }
}

/// A call, and its registers.
fn of<A: Arguments>(arguments: A) -> (Call, Registers) {
    (A::CALL, arguments.registers())
}

#[test]
fn task_self_and_quick_calls_agree_with_system_calls() {
    let mut world = World::new();
    world.become_task(3);
    let handle = world.handle(3);
    assert_eq!(world.kernel.current_handle() as usize, handle);
    let record = data(3);
    for (call, registers) in [
        of(arguments::TaskSelf {}),
        of(arguments::Time {}),
        of(TaskInfo { task: 2, record }),
        of(TaskInfo { task: 6, record }),
        of(arguments::LeaseEvent {}),
        of(arguments::LeaseInfo { lease: 77, record }),
    ] {
        let quick = world.kernel.quick_call(call as usize, registers).unwrap();
        assert_eq!(world.raw_call(call as usize, registers), quick);
    }
    // Just what the entry code passes on as quick.
    for number in 0..100 {
        let passed = u32::try_from(number).is_ok_and(|number| {
            crate::QUICK
                .checked_shr(number)
                .is_some_and(|set| set & 1 != 0)
        });
        let quick = world.kernel.quick_call(number, [0; 6]).is_some();
        assert_eq!(
            quick,
            passed || number == Call::TaskSelf as usize,
            "{number}"
        );
    }
    assert_eq!(crate::QUICK >> Call::ConfigRead as u32 & 1, 1);
}

#[test]
fn the_supervisors_calls_are_denied_to_others() {
    let mut world = World::new();
    for call in [
        Call::TaskStop,
        Call::TaskStart,
        Call::LeaseAt,
        Call::GrantAt,
        Call::StackUse,
        Call::DebugWrite,
        Call::SystemOff,
    ] {
        assert_eq!(world.raw_error(3, call, [0; 6]), Error::Denied);
    }
}

#[test]
fn task_info_tells_name_state_and_lives() {
    let mut world = World::new();
    let info = world.task_info(2);
    assert_eq!(&info.name, "parent");
    assert_eq!((info.handle.raw(), info.index, info.starts), (0x42, 2, 1));
    assert_eq!((info.state, info.peer.get()), (TaskState::Receiving, None));
    assert_eq!(
        world.error(
            3,
            TaskInfo {
                task: TASKS,
                record: data(3)
            }
        ),
        Error::NotFound
    );
    for bad in [data(2), data(3) + 0xc00 - 8, data(3) - 8, usize::MAX] {
        assert_eq!(
            world.error(
                3,
                TaskInfo {
                    task: 2,
                    record: bad
                }
            ),
            Error::BadAddress
        );
    }
}

#[test]
fn the_lowest_word_of_a_stack_that_was_written_is_found_in_bounded_steps() {
    let mut world = World::new();
    let look = |world: &mut World, offset: usize| {
        let [status, size, found] = world.act(0, StackUse { task: 3, offset });
        assert_eq!((status, size), (0, 0x380));
        found
    };
    // One step sees no further than its bound.
    assert_eq!(look(&mut world, 0), STACK_STEP);
    assert_eq!(
        look(&mut world, STACK_STEP),
        0x380,
        "all of it is untouched"
    );
    assert_eq!(look(&mut world, 0x380), 0x380);
    // What lies above and below the stack is no part of it.
    world.kernel.hardware.write(data(3) - 1, &[1]);
    world.kernel.hardware.write(data(3) + 0x380, &[1]);
    assert_eq!(look(&mut world, STACK_STEP), 0x380);
    world.kernel.hardware.write(data(3) + 0x2f7, &[1]);
    let word = 0x2f7 / size_of::<usize>() * size_of::<usize>();
    assert_eq!(look(&mut world, 0), STACK_STEP);
    assert_eq!(look(&mut world, STACK_STEP), word);
    assert_eq!(look(&mut world, word), word);
    world.kernel.hardware.write(data(3), &[1]);
    assert_eq!(look(&mut world, 0), 0);
    for offset in [1, 0x380 + size_of::<usize>(), usize::MAX - 7] {
        assert_eq!(world.error(0, StackUse { task: 3, offset }), Error::Invalid);
    }
    assert_eq!(
        world.error(
            0,
            StackUse {
                task: TASKS,
                offset: 0
            }
        ),
        Error::NotFound
    );
}

#[test]
fn a_task_is_stopped_and_started_again() {
    let mut world = World::new();
    assert_eq!(world.error(0, TaskStart { task: 3 }), Error::Busy);
    assert_eq!(world.error(0, TaskStart { task: TASKS }), Error::Invalid);
    assert_eq!(world.error(0, TaskStop { task: TASKS }), Error::Invalid);
    assert_eq!(world.error(0, TaskStop { task: 0 }), Error::Invalid);
    world.value(0, TaskStop { task: 3 });
    world.value(0, TaskStop { task: 3 });
    assert!(world.is_dormant(3));
    assert_eq!(world.task_info(3).fault, FaultKind::Stopped);
    world.kernel.hardware.bytes(arena(3), 4).fill(0xaa);
    world.kernel.hardware.bytes(data(3) + 0x380, 1).fill(0xaa);
    let old = world.handle(3);
    assert_eq!(world.value(0, TaskStart { task: 3 }), old + 64);
    assert_eq!(world.handle(3), old + 64);
    assert_eq!(world.kernel.hardware.bytes(arena(3), 4), [0; 4]);
    assert_eq!(world.kernel.hardware.bytes(data(3) + 0x380, 1), [0]);
    assert_eq!(world.task_info(3).starts, 2);
}

#[test]
fn a_fault_stops_the_task_and_is_told() {
    let mut world = World::new();
    world.act(0, receive(1 << 30));
    world.become_task(3);
    world.kernel.fault(fault(FaultKind::Read, 0x1234, 0x5678));
    assert_eq!(world.kernel.current, 0, "the supervisor is told");
    assert_eq!(world.results(0)[2], 1 << 30);
    let info = world.task_info(3);
    assert_eq!(info.fault, FaultKind::Read);
    let told = (info.fault_address, info.fault_pc, info.fault_stack);
    assert_eq!(told, (0x1234, 0x5678, 0x77));
    let bits = world.act(0, receive(1 << 30))[2];
    assert_eq!(bits, 1 << 30);
    world.rest();
    assert!(world.is_dormant(3));
}

#[test]
fn a_fault_below_the_stack_is_named_so() {
    let mut world = World::new();
    world.become_task(3);
    world
        .kernel
        .fault(fault(FaultKind::Write, 0x8000_33c8, 0x8000_3018));
    assert_eq!(world.task_info(3).fault, FaultKind::StackOverflow);
}

#[test]
fn a_frame_larger_than_the_guard_is_a_stack_overflow_too() {
    for (below, kind) in [
        (0, FaultKind::Write),
        (8, FaultKind::StackOverflow),
        (1 << 20, FaultKind::StackOverflow),
        ((1 << 20) + 8, FaultKind::Write),
    ] {
        let mut world = World::new();
        world.become_task(3);
        let wild = Fault {
            stack: data(3) - below,
            ..fault(FaultKind::Write, 0x1000, 0x8000_3018)
        };
        world.kernel.fault(wild);
        assert_eq!(world.task_info(3).fault, kind, "{below} below");
    }
}

#[test]
fn a_checked_access_resumes_at_its_fix_up() {
    let mut world = World::new();
    for kind in [FaultKind::Read, FaultKind::Write, FaultKind::Bus] {
        world.become_task(3);
        world.kernel.tasks[3].context.pc = 0x8000_3100;
        assert_eq!(
            world.kernel.fault(fault(kind, 0x1000, 0x8000_3100)),
            Next::Run(3)
        );
        assert_eq!(world.kernel.tasks[3].context.pc, 0x8000_3108);
        assert_eq!(world.results(3)[1], 1);
    }
    // Other kinds, and the instruction behind the section, stop the task.
    world
        .kernel
        .fault(fault(FaultKind::Execute, 0x1000, 0x8000_3100));
    assert_eq!(world.kernel.tasks[3].fault.kind, FaultKind::Execute);
    world.become_task(2);
    world
        .kernel
        .fault(fault(FaultKind::Read, 0x1000, 0x8000_2200));
    assert_eq!(world.kernel.tasks[2].fault.kind, FaultKind::Read);
}

/// Only an access can be an overflow of the stack: an instruction that is none stays one, wherever the stack is.
#[test]
fn only_an_access_overflows_the_stack() {
    for (kind, said) in [
        (FaultKind::Read, FaultKind::StackOverflow),
        (FaultKind::Write, FaultKind::StackOverflow),
        (FaultKind::Illegal, FaultKind::Illegal),
        (FaultKind::Execute, FaultKind::Execute),
    ] {
        let mut world = World::new();
        world.become_task(3);
        world.kernel.fault(fault(kind, data(3) - Model::GUARD, 0));
        assert_eq!(world.kernel.tasks[3].fault.kind, said);
        // Neither the data nor what is below the guard is a part of it.
        for (task, address) in [(2, data(2)), (4, data(4) - Model::GUARD - 1)] {
            world.become_task(task);
            world.kernel.fault(fault(kind, address, 0));
            assert_eq!(world.kernel.tasks[task].fault.kind, kind);
        }
    }
}

#[test]
fn a_panic_keeps_the_start_of_its_message() {
    let mut world = World::new();
    let long = [b'x'; 100];
    world.write(data(3), &long);
    world.act(
        3,
        Panic {
            message: data(3),
            length: 100,
        },
    );
    let info = world.task_info(3);
    assert_eq!(
        (info.fault, info.message_length),
        (FaultKind::Panic, PANIC_LENGTH as u8)
    );
    assert_eq!(
        zerocopy::IntoBytes::as_bytes(&info.message),
        &long[..PANIC_LENGTH]
    );
    world.act(
        4,
        Panic {
            message: data(3),
            length: 10,
        },
    );
    assert_eq!(world.task_info(4).message_length, 0);
}

#[test]
#[should_panic(expected = "supervisor: read fault at 0xbad")]
fn the_supervisors_fault_ends_the_machine() {
    let mut world = World::new();
    world.become_task(0);
    world.kernel.fault(fault(FaultKind::Read, 0xbad, 0));
}

/// All of a message of full length, and nothing behind it.
#[test]
#[should_panic(
    expected = ": 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
)]
fn the_supervisors_last_words_are_printed() {
    let mut world = World::new();
    let words = b"0123456789abcdef".repeat(PANIC_LENGTH / 16);
    let memory = world.kernel.hardware.bytes(data(0), words.len());
    memory.copy_from_slice(&words);
    world.act(
        0,
        Panic {
            message: data(0),
            length: words.len(),
        },
    );
}

#[test]
#[should_panic(expected = "off 7 true")]
fn the_supervisor_ends_the_machine_on_purpose() {
    World::new().act(0, SystemOff { code: 7, reset: 1 });
}

#[test]
fn debug_write_prints_own_memory_only() {
    let mut world = World::new();
    world.kernel.hardware.bytes(data(0), 100).fill(b'y');
    world.value(
        0,
        DebugWrite {
            text: data(0),
            length: 100,
        },
    );
    assert_eq!(world.kernel.hardware.printed, [b'y'; 16]);
    assert_eq!(
        world.error(
            0,
            DebugWrite {
                text: data(1),
                length: 8
            }
        ),
        Error::BadAddress
    );
}

#[test]
fn the_supervisor_sees_every_lease_and_grant() {
    let mut world = World::new();
    let root = world.root();
    let lease = world.lend(0, root, 2, &[1]);
    let slot = leasehold_abi::LeaseHandle::from_raw(lease as u32).index();
    world.value(
        0,
        LeaseAt {
            slot,
            record: data(0),
        },
    );
    world.value(
        0,
        GrantAt {
            lease,
            grant: 0,
            record: data(0),
        },
    );
    assert_eq!(
        world.error(
            0,
            LeaseAt {
                slot: slot + 1,
                record: data(0)
            }
        ),
        Error::Revoked
    );
    assert_eq!(
        world.error(
            0,
            LeaseAt {
                slot: 64,
                record: data(0)
            }
        ),
        Error::NotFound
    );
    assert_eq!(
        world.error(
            0,
            GrantAt {
                lease,
                grant: 1,
                record: data(0)
            }
        ),
        Error::NotFound
    );
    assert_eq!(
        world.error(
            0,
            GrantAt {
                lease: lease + 1024,
                grant: 0,
                record: data(0)
            }
        ),
        Error::Revoked
    );
    let info = world.lease_info(0, root).unwrap();
    assert_eq!(
        (info.parent, info.lessor, info.grants),
        (Optional::NONE, Optional::NONE, 8)
    );
    assert_eq!(info.lessee.raw() as usize, world.handle(0));
    let info = world.lease_info(2, lease).unwrap();
    assert_eq!(
        (info.parent.get(), info.lessor.get(), info.lessee.raw()),
        (Some(LeaseHandle::from_raw(root as u32)), Some(0), 0x42)
    );
    assert_eq!(
        (info.label, info.id, info.payload_type),
        (7, 9, PayloadType::from_hash(0x5678_0000_1234))
    );
    assert_eq!(
        (info.state, info.lessor_generation),
        (LeaseState::Active, 1)
    );
    assert_eq!(world.lease_info(3, lease), Err(Error::Revoked));
    assert_eq!(world.grant_info(3, lease, 0), Err(Error::Revoked));
    let grant = world.grant_info(2, lease, 0).unwrap();
    assert_eq!(
        (grant.base, grant.length, grant.label, grant.rights.bits()),
        (0x2000_0000, 0x1000, 101, 7)
    );
}

#[test]
fn tables_have_just_room_for_the_root_s_grants_or_no_kernel_is_made() {
    World::<4, 8>::boot();
    let made = || drop(Kernel::<_, 6, 64, 7>::new(CONFIG, Model::new()));
    assert!(std::panic::catch_unwind(made).is_err());
}
