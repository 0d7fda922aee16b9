//! A part of the parent's device window, on its way to the child.

use crate::runtime::{Device, Plain};
use crate::sys::Rights;

/// What the parent lends of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SubWindow {
    pub(crate) device: Device<'static, Plain>,
    pub(crate) grant: usize,
    pub(crate) offset: usize,
    pub(crate) length: usize,
    pub(crate) rights: Rights,
}
