//! Ranges of the image's memory, at their edges; names at their ends.

use crate::model::World;
use crate::{Range, name};
use leasehold_abi::NAME_LENGTH;

#[test]
fn ranges_overlap_when_they_share_a_byte() {
    let range = Range::new(8, 8);
    for (base, length, shares) in [
        (0, 8, false),
        (0, 9, true),
        (0, 32, true),
        (7, 1, false),
        (7, 2, true),
        (8, 1, true),
        (15, 1, true),
        (16, 1, false),
    ] {
        assert_eq!(range.overlaps(base, length), shares, "{length} from {base}");
    }
    assert!(
        !Range::new(8, 0).overlaps(0, 32),
        "an empty one has no byte"
    );
}

/// The initial data lies where the build has put it, in the task's data.
#[test]
fn the_initial_data_lies_in_the_data() {
    let world = World::new();
    for task in 0..crate::model::TASKS {
        let config = world.kernel.config_of(task);
        assert_eq!(config.initial_offsets(), (0x380, 0x400));
        let (base, length) = (config.stack_top as usize, config.initial_length as usize);
        assert!(config.data.holds(base, length));
    }
}

#[test]
fn a_name_is_cut_where_its_room_ends() {
    let long = "abcdefghijklmnopqrstuvwxyz";
    assert!(long.len() > NAME_LENGTH);
    for length in 0..=long.len() {
        let mut expected = [0; NAME_LENGTH];
        let kept = length.min(NAME_LENGTH);
        expected[..kept].copy_from_slice(&long.as_bytes()[..kept]);
        assert_eq!(name(&long[..length]), expected);
    }
}
