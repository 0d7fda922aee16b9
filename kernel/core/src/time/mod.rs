//! Time: the timers of tasks, the deadlines of leases, and the one alarm of the hardware for all of them.

mod alarm;
pub(crate) mod deadlines;
mod timer;
