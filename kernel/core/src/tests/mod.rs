//! Tests of the kernel as a whole, on the model.

mod borrows;
mod calls;
mod claims;
mod ends;
mod entry;
mod hostile;
mod invariants;
mod layout;
mod leases;
mod lending;
mod lives;
mod lost;
mod messages;
mod names;
mod overdue;
mod parts;
mod promises;
mod random;
mod ranges;
mod reaper;
mod recovery;
mod serving;
mod setups;
mod steps;
mod timers;
mod waits;
