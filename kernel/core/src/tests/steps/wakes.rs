//! How a task is woken in the middle of the reaper's work.

use super::super::setups::FAULT;
use super::board::Board;
use super::scenarios::Scenario;
use crate::Hardware;
use crate::model::calls::{call, line, receive};
use crate::model::{TASKS, root, whole};
use crate::schedule::bit;
use leasehold_abi::arguments::{LeaseRevoke, Notify, SetTimer};

/// When timers and deadlines come that were prepared; the work begins before.
const COMES: u64 = 1250;

/// One way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wake {
    /// By a line that it has claimed.
    Line,
    /// By its timer.
    Timer,
    /// By another task, which a line has woken.
    Peer { by: usize },
    /// Not at all: it has kept a lease too long, and dies.
    Overdue,
    /// By the fault of its server, which a line has woken.
    Death { server: usize },
}

/// Of a claimed line, of a timer, of another task's notification.
const BITS: [usize; 3] = [1, 2, 4];

impl Wake {
    /// All ways for a task, in this scenario.
    pub(super) fn all(scenario: &Scenario, task: usize) -> impl Iterator<Item = Self> {
        let actor = scenario.actor;
        let free = move |other: &usize| {
            *other != task && *other != actor && !scenario.away.contains(other)
        };
        let peer = (1..5).rev().find(free).map(|by| Self::Peer { by });
        let calls = crate::model::CONFIG.beginnings[task].calls;
        let server = (1..task).find(|server| calls & bit(*server) != 0 && free(server));
        let death = server
            .filter(|_| task != actor)
            .map(|server| Self::Death { server });
        let overdue = (task != 0).then_some(Self::Overdue);
        [
            Some(Self::Line),
            Some(Self::Timer),
            peer.filter(|_| task != actor),
            overdue,
            death,
        ]
        .into_iter()
        .flatten()
    }

    /// Lets the task wait for it, unless it is the one that begins the work.
    pub(super) fn prepare(self, world: &mut Board, task: usize, waits: bool) {
        let bits = match self {
            Self::Line => {
                claim_line(world, task);
                BITS[0]
            }
            Self::Timer => {
                world.value(
                    task,
                    SetTimer {
                        deadline: (COMES as usize) as u64,
                        bits: BITS[1],
                    },
                );
                BITS[1]
            }
            Self::Peer { by } => {
                claim_line(world, by);
                world.act(by, receive(BITS[0]));
                BITS[2]
            }
            Self::Overdue => {
                overstay(world, task);
                return;
            }
            Self::Death { server } => {
                claim_line(world, server);
                let handle = world.handle(server);
                world.act(task, call(handle));
                world.act(server, receive(BITS[0]));
                return;
            }
        };
        if waits {
            world.act(task, receive(bits));
        }
    }

    /// Lets it come when the kernel has looked for interrupts so many times more.
    pub(super) fn arm(self, world: &mut Board, looks: usize) {
        let hardware = &mut world.kernel.hardware;
        match self {
            Self::Line | Self::Peer { .. } | Self::Death { .. } => {
                hardware.raise.set(Some((looks, 10)));
            }
            Self::Timer | Self::Overdue => {
                let ticks = COMES - hardware.now();
                hardware.delay.set(Some((looks, ticks)));
            }
        }
    }

    /// The task that a line wakes instead.
    pub(super) fn helper(self) -> Option<usize> {
        match self {
            Self::Peer { by } => Some(by),
            Self::Death { server } => Some(server),
            Self::Line | Self::Timer | Self::Overdue => None,
        }
    }

    /// That task, which runs, does its part.
    pub(super) fn help(self, world: &mut Board, task: usize) {
        if matches!(self, Self::Death { .. }) {
            world.kernel.fault(FAULT);
        } else {
            let handle = world.handle(task);
            world.make(Notify {
                task: handle,
                bits: BITS[2],
            });
        }
    }

    /// Whether this lets a task go before the reaper's next step, whatever its priority.
    pub(super) fn lets_go_first(self, task: usize, other: usize) -> bool {
        match self {
            Self::Line => other == task,
            Self::Peer { by } => other == by,
            Self::Death { server } => other == task || other == server,
            Self::Timer | Self::Overdue => false,
        }
    }
}

/// Whether what was armed has come.
pub(super) fn has_come(world: &Board) -> bool {
    let hardware = &world.kernel.hardware;
    hardware.raise.get().is_none() && hardware.delay.get().is_none()
}

/// A task claims line 10.
fn claim_line(world: &mut Board, task: usize) {
    let root = world.root();
    let (lease, grant) = if task == 0 {
        (root, root::LINE_10)
    } else {
        (offer(world, task, root::LINE_10), 0)
    };
    world.value(task, line(lease, grant, BITS[0]));
}

/// A task is to give a lease back, and will not.
fn overstay(world: &mut Board, task: usize) {
    assert!(task < TASKS);
    let lease = offer(world, task, root::UART);
    world.value(0, LeaseRevoke { lease, mode: 0 });
    let ticks = world.kernel.tasks[task].release_ticks;
    assert_eq!(world.kernel.hardware.now() + ticks, COMES);
}

/// The supervisor lends to a task, which need not look at its events.
fn offer(world: &mut Board, task: usize, grant: usize) -> usize {
    let root = world.root();
    world.lend_parts(0, root, task, &[whole(grant)])
}
