//! The functions of the commands. Each returns whether it succeeded, and has printed the reason if not.

pub(crate) mod board;
pub(crate) mod devices;
pub(crate) mod drivers;
pub(crate) mod leases;
pub(crate) mod lookup;
pub(crate) mod machine;
mod say;
pub(crate) mod tasks;
