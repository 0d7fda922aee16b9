//! Tasks by their names.

use leasehold_abi::{MAX_TASKS, TaskInfo};
use userlib::sys;

/// The task of this name.
pub(crate) fn find(name: &str) -> Option<(usize, TaskInfo)> {
    (0..MAX_TASKS)
        .map_while(|index| Some((index, sys::task_info(index).ok()?)))
        .find(|(_, info)| info.name == *name)
}
