//! What follows the end of a task, and what it does to end one.

use crate::{CONSOLE, CRASH, EDU, HEARTBEAT_MS, HOST, SHELL, ask, booted, function, report};
use leasehold_abi::{FaultKind, Notifications};
use userlib::supervisor::HEARTBEAT;
use zerocopy::IntoBytes;

#[test]
fn a_task_that_crashes_comes_back_later_and_later_and_then_no_more() {
    booted(|supervisor, kernel| {
        for (at, wait) in [(1000, 20), (2000, 40)] {
            let before = kernel.0.borrow().life(CONSOLE);
            kernel.0.borrow_mut().now_is(at);
            kernel.0.borrow_mut().fault(CONSOLE, FaultKind::Read);
            supervisor.settle();
            assert!(!kernel.0.borrow().is_running(CONSOLE));
            assert_eq!(kernel.0.borrow().deadline(), Some(at + wait));
            kernel.0.borrow_mut().now_is(at + wait);
            supervisor.settle();
            let board = kernel.0.borrow();
            assert_ne!(board.life(CONSOLE), before);
            assert_eq!(board.held(CONSOLE).len(), 1, "it has its device again");
        }
        kernel.0.borrow_mut().now_is(3000);
        kernel.0.borrow_mut().fault(CONSOLE, FaultKind::Write);
        supervisor.settle();
        kernel.0.borrow_mut().now_is(1_000_000);
        supervisor.settle();
        let board = kernel.0.borrow();
        assert!(!board.is_running(CONSOLE));
        assert_eq!(board.deadline(), None);
        assert!(
            board
                .said
                .contains("console: fault: read fault at 0x0, pc lost"),
            "{}",
            board.said
        );
        assert!(board.said.contains("in quarantine"));
    });
}

#[test]
fn a_driver_that_gives_its_device_back_is_not_asked_again_in_that_life() {
    booted(|supervisor, kernel| {
        let lease = kernel.0.borrow().held(CONSOLE)[0].info.handle;
        kernel.0.borrow_mut().end(lease);
        supervisor.settle();
        supervisor.settle();
        assert!(kernel.0.borrow().held(CONSOLE).is_empty());
        kernel.0.borrow_mut().fault(CONSOLE, FaultKind::Panic);
        supervisor.settle();
        kernel.0.borrow_mut().now_is(100);
        supervisor.settle();
        assert_eq!(kernel.0.borrow().held(CONSOLE).len(), 1);
    });
}

#[test]
fn a_task_that_does_not_crash_when_asked_is_stopped() {
    booted(|supervisor, kernel| {
        let life = kernel.0.borrow().life(CONSOLE);
        let console = userlib::supervisor::Name::new("console");
        assert_eq!(
            ask(supervisor, kernel, SHELL, CRASH, console.as_bytes(), &[]),
            None
        );
        supervisor.settle();
        assert!(
            kernel
                .0
                .borrow()
                .notified
                .contains(&(life, Notifications::CRASH.bits()))
        );
        let deadline = kernel.0.borrow().deadline().expect("it is watched");
        kernel.0.borrow_mut().now_is(deadline);
        supervisor.settle();
        assert_eq!(kernel.0.borrow().tasks[CONSOLE].fault, FaultKind::Stopped);
    });
}

#[test]
fn who_has_a_heartbeat_is_told_after_each_turn_and_in_time() {
    booted(|supervisor, kernel| {
        report(supervisor, kernel, HOST, &function(8, 0x1234, 0x11e8));
        let edu = kernel.0.borrow().life(EDU);
        let told = || {
            let mut board = kernel.0.borrow_mut();
            let all = std::mem::take(&mut board.notified);
            assert!(
                all.iter()
                    .all(|(task, bits)| *task == edu && *bits == HEARTBEAT.bits())
            );
            all.len()
        };
        told();
        supervisor.settle();
        assert_eq!(told(), 1);
        // Nothing else is to be done for an hour.
        let now = kernel.0.borrow().ticks / 10_000;
        assert_eq!(
            kernel.0.borrow().deadline(),
            Some(now + u64::from(HEARTBEAT_MS))
        );
        kernel.0.borrow_mut().fault(EDU, FaultKind::Panic);
        supervisor.settle();
        assert_eq!(told(), 0, "it has ended");
    });
}
