//! Leases: who may use what of whose, until when.

mod bus_master;
pub(crate) mod claim;
pub(crate) mod end;
pub(crate) mod events;
pub(crate) mod handles;
pub(crate) mod held;
mod lend;
mod line;
pub(crate) mod links;
pub(crate) mod operation;
mod part;
pub(crate) mod record;
mod scan;
pub(crate) mod shared;
pub(crate) mod table;
pub(crate) mod window;
