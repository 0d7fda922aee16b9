//! From a manifest to an image: checks, compiling, packing, tables, report, archive.
//!
//! [`check()`] reads an app's manifest and its chip file into a [`plan::Plan`], or shows every problem with file, line
//! and caret. [`build()`] then writes everything into `out/<app>/<board>/`, which changes only if everything has
//! succeeded.
#![forbid(unsafe_code)]

mod arch;
mod archive;
mod boot;
mod build;
mod check;
mod compile;
mod config_rs;
mod elf;
mod image;
mod initial;
#[cfg(test)]
mod kernel_agrees;
mod link;
pub mod list;
pub mod manifest;
mod output;
mod pack;
mod packages;
pub mod plan;
mod platform;
mod policy_rs;
mod problem;
mod regions;
mod report;
mod setting;
mod stack;
mod workspace;

#[cfg(test)]
#[path = "../tests/common/mod.rs"]
mod common;

pub use build::{Built, build};
pub use check::check;
pub use problem::{Problem, Problems, Source};
pub use workspace::Workspace;
