//! At every step of the reaper's, each task is woken in every way, and does whatever it can do.
//!
//! Whatever that is: every invariant holds after every entry; nobody goes before the reaper's next step but a task of a
//! higher priority than its work, or one that a line or a server's death woke; the work comes to its end; and the
//! supervisor can take everything back.

mod acts;
mod board;
mod scenarios;
mod wakes;

use super::invariants::Checker;
use super::recovery::take_all_back;
use crate::Next;
use crate::model::calls::receive;
use crate::model::{PARK, TASKS};
use acts::Act;
use board::Board;
use leasehold_abi::{FaultKind, TaskState};
use scenarios::Scenario;
use wakes::{Wake, has_come};

/// More looks for interrupts after a line came than this, and its task would have waited for more than the step that
/// was being done.
const LOOKS: usize = 3;

/// What a case came to.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// The work was done before the wake was to come.
    OverBefore,
    /// The task did not run before the work was done.
    Waited,
    /// It ran, and did one of so many things.
    Acted(usize),
}

/// A place in a scenario.
#[derive(Clone, Copy)]
struct Case<'s> {
    scenario: &'s Scenario,
    task: usize,
    wake: Wake,
    /// Looks for interrupts before the wake comes.
    looks: usize,
}

impl Case<'_> {
    /// Plays the scenario; the task does the `number`th thing that it can do.
    fn play(self, number: usize) -> Outcome {
        let Self {
            scenario,
            task,
            wake,
            ..
        } = self;
        let mut world = Board::boot();
        let mut checker = Checker::default();
        let leases = (scenario.prepare)(&mut world);
        world.pass(50);
        wake.prepare(&mut world, task, task != scenario.actor);
        world.rest();
        world.pass(50);
        world.become_task(scenario.actor);
        checker.check(&world.kernel);
        world.kernel.hardware.looks.set(0);
        wake.arm(&mut world, self.looks);
        (scenario.begin)(&mut world, &leases);
        if !has_come(&world) {
            return Outcome::OverBefore;
        }
        self.check_latency(&world);
        let mut acted = None;
        let (mut helped, mut waits_again) = (false, false);
        let mut over = false;
        while let Next::Run(runs) = running(&world) {
            checker.check(&world.kernel);
            let going_on = !world.kernel.reaper.is_idle();
            // What the helper does afterwards is other work.
            over |= !going_on;
            if !over {
                let fault = world.kernel.tasks[task].fault.kind;
                let nobody = scenario.nobody_goes_first || fault == FaultKind::LeaseOverstayed;
                let was_woken = self.goes_first(runs) && !(runs == task && waits_again);
                assert!(
                    !nobody && (runs < scenario.actor || was_woken),
                    "task {runs} goes before the reaper"
                );
            }
            if runs == task && acted.is_none() {
                let acts = Act::all(&world, task);
                if !going_on && number != 0 {
                    return Outcome::Waited;
                }
                acted = Some(if going_on {
                    Outcome::Acted(acts.len())
                } else {
                    Outcome::Waited
                });
                acts[number].run(&mut world);
                waits_again = matches!(acts[number], Act::Wait);
            } else if wake.helper() == Some(runs) && !helped {
                helped = true;
                wake.help(&mut world, task);
            } else {
                world.make(receive(PARK.register()));
            }
        }
        checker.check(&world.kernel);
        assert!(world.kernel.reaper.is_idle());
        // Deadlines, of the work and of what the task has done.
        for _ in 0..2 {
            world.pass(300);
            world.rest();
        }
        checker.check(&world.kernel);
        (scenario.check)(&world, &leases);
        take_all_back(&mut world);
        checker.check(&world.kernel);
        acted.unwrap_or(Outcome::Waited)
    }

    /// Whether this task may go before the next step, whatever its priority.
    fn goes_first(self, runs: usize) -> bool {
        // A line lets no task go first that could run without it.
        let waited = self.task != self.scenario.actor;
        let woken = self.scenario.away.contains(&runs);
        woken || (waited && self.wake.lets_go_first(self.task, runs))
    }

    /// L2: a task that waited for its line runs after the step in which the line came.
    fn check_latency(self, world: &Board) {
        let record = &world.kernel.tasks[self.task];
        let woken = self.wake == Wake::Line
            && self.task != self.scenario.actor
            && record.state == TaskState::Ready;
        if woken && !self.scenario.nobody_goes_first && !world.kernel.reaper.is_idle() {
            let runs = world.kernel.current;
            assert!(
                runs == self.task || self.goes_first(runs),
                "task {runs} runs"
            );
            let looks = world.kernel.hardware.looks.get() - self.looks;
            assert!(looks <= LOOKS, "{looks} looks after the line came");
        }
    }
}

/// What the last entry said.
fn running(world: &Board) -> Next {
    if world.kernel.current < TASKS {
        Next::Run(world.kernel.current)
    } else {
        Next::Idle
    }
}

/// All cases of a scenario; how many there were, and in how many of them the task acted in the middle of the work.
fn play(scenario: &Scenario) -> (usize, usize) {
    let (mut played, mut acted) = (0, 0);
    let stride = if cfg!(miri) { 37 } else { 1 };
    for task in (0..TASKS).filter(|task| !scenario.away.contains(task)) {
        for wake in Wake::all(scenario, task) {
            for looks in (0..).step_by(stride) {
                let case = Case {
                    scenario,
                    task,
                    wake,
                    looks,
                };
                let mut number = 0;
                let mut of = 1;
                while number < of {
                    let outcome = std::panic::catch_unwind(|| case.play(number));
                    let outcome = outcome.unwrap_or_else(|_| {
                        panic!("{wake:?} of task {task} after {looks} looks, act {number}")
                    });
                    match outcome {
                        Outcome::OverBefore => of = 0,
                        Outcome::Waited => played += 1,
                        Outcome::Acted(acts) => {
                            played += 1;
                            acted += 1;
                            of = acts;
                        }
                    }
                    number += stride;
                }
                if of == 0 {
                    break;
                }
            }
        }
    }
    (played, acted)
}

/// Plays all of a scenario.
macro_rules! whatever_happens_in {
    ($($name:ident: $scenario:ident),+ $(,)?) => {
        $(#[test]
        fn $name() {
            check(&scenarios::$scenario);
        })+
    };
}

whatever_happens_in! {
    a_hard_revocation: HARD_REVOCATION,
    an_orderly_revocation: ORDERLY_REVOCATION,
    a_release: RELEASE,
    a_revocation_with_sixteen_lessees: SIXTEEN_LESSEES,
    a_stop: STOP,
    a_start: START,
    a_lending: LEND,
    a_claim: CLAIM,
    a_claim_without_room: CLAIM_WITHOUT_ROOM,
    an_unclaim: UNCLAIM,
    an_end_for_overstaying: OVERSTAYED,
    a_fault_of_a_server: FAULT_OF_A_SERVER,
    an_end_of_service: END_OF_SERVICE,
}

fn check(scenario: &Scenario) {
    let (played, acted) = play(scenario);
    std::println!("{played} cases, the task acted in the middle of {acted}");
    // The cases are worth something only if tasks act there.
    let enough = if scenario.nobody_goes_first {
        acted == 0
    } else {
        acted > 100
    };
    assert!(cfg!(miri) || enough, "{acted} of {played}");
}
