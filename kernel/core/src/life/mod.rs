//! A task's life: how it starts, how it faults, and how it stops.

mod fault;
mod start;
mod stop;
