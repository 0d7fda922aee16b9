//! What the commands do. Each gives whether it succeeded, and has said so if it did not.

pub(crate) mod board;
pub(crate) mod devices;
pub(crate) mod drivers;
pub(crate) mod leases;
pub(crate) mod lookup;
pub(crate) mod machine;
mod say;
pub(crate) mod tasks;
