//! What the entry code reads in front of the tasks' records lies where it looks.

use crate::model::Model;
use crate::{Hardware, Kernel, Layout};
use core::mem::offset_of;

#[test]
fn the_entry_code_s_offsets_are_those_of_the_kernel_s_state() {
    type State = Kernel<Model, 6, 64, 192, 22>;
    type Offsets = Layout<<Model as Hardware>::Context>;
    let from_the_records =
        |offset: usize| offset.cast_signed() - offset_of!(State, tasks).cast_signed();
    let expected = [
        offset_of!(State, ready),
        offset_of!(State, current),
        offset_of!(State, reaper.higher),
    ]
    .map(from_the_records);
    assert_eq!(
        [Offsets::READY, Offsets::CURRENT, Offsets::HIGHER],
        expected
    );
}
