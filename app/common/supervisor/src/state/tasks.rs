//! The tasks: noticing their ends, and starting them again.

use super::Supervisor;
use crate::care::Standing;
use crate::restart::Decision;
use leasehold_abi::{FaultKind, Notifications, TaskHandle, TaskInfo, TaskState};
use userlib::supervisor::FaultText;
use userlib::sys;

/// How long a task that was asked to crash may take, in milliseconds.
const CRASH_PATIENCE: u64 = 100;

impl Supervisor<'_> {
    pub(super) fn settle_task(&mut self, index: usize) {
        let Ok(info) = sys::task_info(index) else {
            return;
        };
        let now = self.now();
        match self.tasks[index].standing {
            Standing::Running(_) if info.has_ended() => {
                self.tasks[index].stop_at = None;
                self.tasks[index].standing = Standing::Ending { restart: false };
                self.report_fault(index, &info);
                self.settle_task(index);
            }
            Standing::Running(_) if self.tasks[index].stop_at.is_some_and(|at| at <= now) => {
                self.tasks[index].stop_at = None;
                self.say(index, format_args!("does not answer, stopped"));
                self.stop(index);
            }
            Standing::Ending { restart } if info.state == TaskState::Dormant => {
                self.weigh_end(index, restart, now);
                self.settle_task(index);
            }
            Standing::Waiting(at) if at <= now => self.start(index),
            _ => {}
        }
    }

    /// Says why a task ended: kind, address, program counter.
    fn report_fault(&mut self, index: usize, info: &TaskInfo) {
        match info.fault {
            FaultKind::Panic => self.say(index, format_args!("panic: {}", info.message)),
            FaultKind::Stopped | FaultKind::None => self.say(index, "stopped"),
            FaultKind::LeaseOverstayed => self.say(index, "fault: lease overstayed"),
            _ => self.say(index, format_args!("fault: {}", FaultText(info))),
        }
    }

    fn weigh_end(&mut self, index: usize, restart: bool, now: u64) {
        let policy = &self.policy.tasks[index].restart;
        let cared = &mut self.tasks[index];
        if restart {
            cared.standing = Standing::Waiting(now);
            return;
        }
        match cared.history.ended(policy, now) {
            Decision::StartAt(at) => {
                cared.standing = Standing::Waiting(at);
                self.say(index, format_args!("starts again in {} ms", at - now));
            }
            Decision::Quarantine => {
                cared.standing = Standing::Quarantined;
                self.say(
                    index,
                    "crashes too often: in quarantine until somebody restarts it",
                );
            }
            Decision::Leave => cared.standing = Standing::Left,
        }
    }

    pub(crate) fn start(&mut self, index: usize) {
        match sys::task_start(index) {
            Ok(life) => {
                self.tasks[index].standing = Standing::Running(life);
                let again = sys::task_info(index).map_or(0, |info| info.starts);
                if again > 1 {
                    self.say(
                        index,
                        format_args!("started again, generation {}", life.generation()),
                    );
                }
            }
            Err(error) => {
                self.tasks[index].standing = Standing::Quarantined;
                self.say(index, format_args!("cannot be started: {error}"));
            }
        }
    }

    pub(crate) fn stop(&mut self, index: usize) {
        if let Err(error) = sys::task_stop(index) {
            self.say(index, format_args!("cannot be stopped: {error}"));
        }
    }

    /// Asks a task to panic, and sees to it that it ends.
    pub(crate) fn crash(&mut self, index: usize, life: TaskHandle) {
        match sys::notify(life, Notifications::CRASH) {
            Ok(()) => self.tasks[index].stop_at = Some(self.now() + CRASH_PATIENCE),
            Err(_) => self.stop(index),
        }
    }
}
