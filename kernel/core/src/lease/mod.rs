//! Leases: who may use what of whose, until when.

pub(crate) mod claim;
pub(crate) mod end;
pub(crate) mod events;
pub(crate) mod grant;
pub(crate) mod links;
pub(crate) mod open;
pub(crate) mod operation;
pub(crate) mod table;
pub(crate) mod window;
