//! A model of the TH1520 board (Lichee Pi 4A) that runs RV64 images on the host. It is stricter than an emulator: what
//! the board would not forgive, or would do by luck, is reported with address and program counter.
//!
//! `docs/th1520.md` says what the model assumes and what it cannot know. A run on it is no run on the board.
#![forbid(unsafe_code)]

pub mod board;
pub mod clock;
pub mod cpu;
pub mod debugger;
pub mod device_tree;
pub mod devices;
pub mod firmware;
pub mod load;
pub mod lockstep;
pub mod machine;
pub mod memory;
pub mod presets;
pub mod violation;
pub mod wave;

pub use board::{Stop, virt::Virt};
pub use firmware::Chain;
pub use machine::Machine;
pub use violation::{Rule, Violation};
