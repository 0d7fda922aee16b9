//! The machine of these tests.

use crate::model::World;

/// A machine with more leases than any scenario takes.
pub(super) type Board = World<64, 192, 22>;
