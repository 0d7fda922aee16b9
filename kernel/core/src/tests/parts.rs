//! The edges of what one lease can have of another, or of an arena.

use crate::Hardware;
use crate::model::{Model, World, arena, own, part, root};
use leasehold_abi::arguments::LeaseRelease;
use leasehold_abi::{Error, GrantInfo, LentPart, WHOLE};

const GRANULE: usize = Model::GRANULE;

/// What comes of lending one part to task 3.
fn lend(
    world: &mut World,
    (lessor, parent): (usize, usize),
    wanted: LentPart,
) -> Result<GrantInfo, Error> {
    let lease = world.try_lend(lessor, parent, 3, &[wanted])?;
    let lent = world.grant_info(lessor, lease, 0).unwrap();
    world.value(3, LeaseRelease { lease });
    Ok(lent)
}

/// L4: who may not lend on gives nobody the right to.
#[test]
fn the_right_to_lend_is_not_made_up() {
    let mut world = World::new();
    let root = world.root();
    let binding = world.lend_parts(0, root, 2, &[part(root::BAR, 0, WHOLE, 3)]);
    for rights in 0..8 {
        let lent = lend(&mut world, (2, binding), part(0, 0, WHOLE, rights));
        assert_eq!(lent.map(|_| ()), Err(Error::Denied), "rights {rights}");
    }
}

/// Inside of its source a part has its edges on granules; at the source's own edges it has those.
#[test]
fn a_part_has_an_edge_of_its_source_or_of_a_granule() {
    let mut world = World::new();
    let root = world.root();
    // From the middle of a granule to the middle of another.
    let grant = &mut world.kernel.leases.grants[root::BAR];
    (grant.base, grant.length) = (0x2000_0010, 4 * GRANULE);
    let half = GRANULE - 0x10;
    for (offset, length, fits) in [
        (0, WHOLE, true),
        (0, 4 * GRANULE, true),
        (0, half, true),
        (half, WHOLE, true),
        (half, GRANULE, true),
        (half, GRANULE - 1, false),
        (GRANULE, WHOLE, false),
        (GRANULE, half, false),
        (0, GRANULE, false),
    ] {
        let lent = lend(&mut world, (0, root), part(root::BAR, offset, length, 1));
        assert_eq!(lent.is_ok(), fits, "{length} bytes from {offset}");
    }
}

#[test]
fn an_arena_is_lent_to_its_last_granule_and_no_further() {
    let mut world = World::new();
    let root = world.root();
    let lessor = (0, root);
    let base = arena(0);
    let size = world.kernel.config_of(0).arena.length();
    for (offset, length) in [(0, size), (size - GRANULE, GRANULE), (GRANULE, GRANULE)] {
        let lent = lend(&mut world, lessor, own(base + offset, length, 7)).unwrap();
        let lent = (lent.base as usize, lent.length as usize);
        assert_eq!(lent, (base + offset, length));
    }
    for (offset, length) in [
        (GRANULE, size),
        (size - GRANULE, 2 * GRANULE),
        (size, GRANULE),
    ] {
        let lent = lend(&mut world, lessor, own(base + offset, length, 7));
        assert_eq!(lent.map(|_| ()), Err(Error::BadAddress));
    }
}
