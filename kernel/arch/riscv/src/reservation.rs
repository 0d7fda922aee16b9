//! Checks that the entry code breaks reservations.
//!
//! No emulator can show this. QEMU drops a reservation at every change of privilege (`riscv_cpu_set_mode` in
//! target/riscv/cpu_helper.c); the Unprivileged ISA 20191213, section 8.2, does not ask that of a hart. So the test
//! reads the source.

use std::vec::Vec;
use std::{assert, assert_eq};

/// Instructions and labels of a source, without comments.
fn lines(source: &str) -> Vec<&str> {
    let lines = source.lines();
    lines
        .map(|line| line.split('#').next().unwrap_or("").trim())
        .filter(|line| !line.is_empty())
        .collect()
}

/// Before all registers of a task are loaded, its reservation is broken: the task may have been interrupted between its
/// LR and its SC. After a call there is none to break, because no compiler puts a call between the two.
#[test]
fn a_task_that_was_interrupted_goes_on_without_its_reservation() {
    let lines = lines(include_str!("trap.s"));
    let returns = lines.iter().enumerate();
    let returns = returns.filter(|(_, line)| **line == "RETURN");
    let mut found = 0;
    for (end, _) in returns {
        let is_start = |line: &&str| line.ends_with(':') && line.starts_with("leasehold_resume");
        let before = &lines[..end];
        let Some(start) = before.iter().rposition(is_start) else {
            continue;
        };
        let path = &before[start..];
        // A call leaves the temporary registers alone.
        if !path
            .iter()
            .any(|line| line.contains(".irp n, 1, 2, 5, 6, 7,"))
        {
            continue;
        }
        found += 1;
        let broken = path.iter().position(|line| *line == "BREAK_RESERVATION a0");
        let loaded = path.iter().position(|line| line.starts_with(".irp"));
        assert!(broken.is_some() && broken < loaded, "{path:?}");
    }
    assert_eq!(found, 1, "paths that load all registers");
}

/// The instruction is a store-conditional of no value: it fails, as the kernel has made no reservation there.
#[test]
fn a_reservation_is_broken_by_a_store_conditional() {
    for (source, instruction) in [
        (include_str!("supervisor.s"), "sc.d"),
        (include_str!("machine.s"), "sc.w"),
    ] {
        let lines = lines(source);
        let starts = |line: &&str| line.starts_with(".macro BREAK_RESERVATION");
        let start = lines.iter().position(starts).expect("the macro");
        let body = &lines[start..];
        let end = body.iter().position(|line| *line == ".endm");
        let mut body = body[..end.expect("its end")].iter();
        assert!(body.any(|line| line.starts_with(instruction)));
    }
}
