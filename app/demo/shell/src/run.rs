//! The functions of the commands. Each returns whether it succeeded, and has printed the reason if not.

pub(crate) mod auxiliary;
pub(crate) mod call;
pub(crate) mod devices;
pub(crate) mod files;
pub(crate) mod leases;
pub(crate) mod lookup;
pub(crate) mod machine;
pub(crate) mod network;
mod say;
pub(crate) mod settings;
pub(crate) mod tasks;
