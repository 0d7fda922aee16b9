//! What a caller names: no number means "nobody" to the kernel and somebody to a caller.

use crate::model::calls::{call, receive};
use crate::model::{CONFIG, Model, PARK};
use crate::{Beginning, Config, Kernel, Next};
use core::array::from_fn;
use leasehold_abi::{Arguments, MAX_TASKS, TaskHandle, TaskState};
use std::boxed::Box;

/// The last task that an image can have; with floating point, so that no fast path may resume it.
const LAST: usize = MAX_TASKS - 1;
const SERVER: usize = 1;

type Machine = Kernel<Model, MAX_TASKS, 8, 32>;

/// The current task makes a call.
fn enter<A: Arguments>(kernel: &mut Machine, arguments: A) -> Next {
    let registers = arguments.registers();
    let [first, second, third, ..] = registers;
    kernel.system_call(A::CALL as usize, [first, second, third], || registers)
}

/// As many tasks as there can be, all waiting but the last, which has called the server.
fn called_by_the_last() -> Box<Machine> {
    // As the model's task with the right to call everybody.
    let tasks = Box::new([CONFIG.tasks[SERVER]; MAX_TASKS]);
    let beginnings = Box::new(from_fn(|index| Beginning {
        leases: 0,
        grants: 0,
        floating_point: index == LAST,
        ..CONFIG.beginnings[SERVER]
    }));
    let config = Config {
        tasks: Box::leak(tasks),
        beginnings: Box::leak(beginnings),
        grants: &[],
        ticks_per_second: 1000,
    };
    let mut kernel = Box::new(Machine::new(&config, Model::new()));
    let mut next = kernel.boot().expect("room");
    while next != Next::Idle {
        next = enter(&mut kernel, receive(PARK.register()));
    }
    kernel.post(LAST, PARK);
    assert_eq!(kernel.next(), Next::Run(LAST));
    let server = kernel.handle(SERVER) as usize;
    let next = enter(&mut kernel, call(server));
    assert_eq!(next, Next::Run(SERVER));
    kernel
}

#[test]
fn no_handle_reaches_the_last_task_by_the_fast_paths_but_its_own() {
    let mut kernel = called_by_the_last();
    let generations = 1 << TaskHandle::GENERATION_BITS;
    let near = (0..64).chain(generations - 64..generations);
    for generation in near {
        let handle = TaskHandle::new(LAST, generation).raw();
        // Not even its own: it has registers that the fast path does not restore.
        assert_eq!(kernel.fast_reply_receive(handle, 0), None, "{handle:#x}");
        assert_eq!(kernel.fast_call(handle, 0, 0), None, "{handle:#x}");
    }
    assert_eq!(kernel.tasks[LAST].state, TaskState::AwaitingReply);
    assert_eq!(kernel.current, SERVER);
}
