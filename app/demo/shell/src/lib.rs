//! The shell: what a person types, and what the board says.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

pub mod arguments;
pub mod call;
pub mod commands;
pub mod editor;
pub mod format;
pub mod history;
pub mod keys;
pub mod line;
mod run;
pub mod screen;
pub mod session;
pub mod terminal;
pub mod tree;
pub mod url;
