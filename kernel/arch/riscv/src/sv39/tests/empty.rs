//! Tables that have become empty.

use super::*;

/// An empty table stays where it was, until another mapping needs one.
#[test]
fn an_empty_table_is_taken_back_when_one_is_needed() {
    // A root, and one table for each of two levels.
    let mut spaces = spaces(1, 3);
    for round in 0..4 {
        let base = 0x4000_0000 * (1 + round);
        spaces.map(0, base, 4096, Permission::Read).unwrap();
        assert_eq!(spaces.was_taken_back(), round != 0);
        assert_eq!(spaces.available(), 0);
        assert!(
            spaces
                .translate(0, base + 4095, Access::Load, Mode::User)
                .is_some()
        );
        spaces.unmap_all(0, base, 4096);
        assert_eq!(spaces.available(), 0, "they stay");
        assert_eq!(spaces.translate(0, base, Access::Load, Mode::User), None);
        spaces.check_pool();
    }
    spaces.map(0, 0x4000_0000, 4096, Permission::Read).unwrap();
    let more = spaces.map(0, 0x8000_0000, 4096, Permission::Read);
    assert_eq!(more, Err(Error::Exhausted), "both are in use");
}

/// To look for an empty table takes bounded steps, and each table is looked at once before there is none.
#[test]
fn a_full_pool_is_searched_in_steps_and_once() {
    const TABLES: usize = 200;
    let mut spaces = spaces(1, TABLES);
    for table in 0..TABLES as u64 - 2 {
        let base = 0x4000_0000 + (table << 21);
        spaces.map(0, base, 4096, Permission::Read).unwrap();
    }
    assert_eq!(spaces.available(), 0);
    let (mut progress, mut steps) = (0, 1);
    let refused = loop {
        match spaces.map_step(0, 0x8000_0000, 8192, Permission::Read, &mut progress) {
            Ok(done) => assert!(!done),
            Err(error) => break error,
        }
        steps += 1;
    };
    assert_eq!((refused, steps), (Error::Exhausted, TABLES.div_ceil(32)));
    // The one that is empty is found, wherever the search begins.
    spaces.unmap_all(0, 0x4000_0000 + (77 << 21), 4096);
    spaces.unmap_all(0, 0x4000_0000 + (78 << 21), 4096);
    spaces
        .map(0, 0x4000_0000 + (300 << 21), 8192, Permission::Read)
        .unwrap();
    spaces.check_pool();
}

/// A page of 2 MiB or of 1 GiB goes where empty tables of smaller pages are.
#[test]
fn a_larger_page_takes_the_place_of_empty_tables() {
    for (length, level) in [(0x20_0000, 1), (0x4000_0000, 2)] {
        let mut spaces = spaces(1, 8);
        for page in 0..3 {
            let base = 0x4000_0000 + page * 0x20_0000;
            spaces.map(0, base, 4096, Permission::Read).unwrap();
            spaces.unmap_all(0, base, 4096);
        }
        spaces
            .map(0, 0x4000_0000, length, Permission::ReadWrite)
            .unwrap();
        let last = 0x4000_0000 + length - 1;
        assert_eq!(
            spaces.translate(0, last, Access::Store, Mode::User),
            Some(last),
            "a page of level {level}"
        );
        spaces.check_pool();
        spaces.unmap_all(0, 0x4000_0000, length);
        assert_eq!(spaces.translate(0, last, Access::Load, Mode::User), None);
        assert_eq!(spaces.left(), 7);
        spaces.check_pool();
    }
}

/// A hostile pair: many small windows leave empty tables behind; then one large window over them all.
#[test]
fn a_step_takes_back_few_tables() {
    const SMALL: u64 = 0x1000;
    const LARGE: u64 = 0x20_0000;
    let mut spaces = spaces(1, 100);
    let base = 0x4000_0000;
    for at in 0..64 {
        spaces
            .map(0, base + at * LARGE, SMALL, Permission::Read)
            .unwrap();
        spaces.unmap_all(0, base + at * LARGE, SMALL);
    }
    let (mut done, mut most) = (0, 0);
    loop {
        let before = spaces.available();
        let gone = spaces
            .map_step(0, base, 64 * LARGE, Permission::Read, &mut done)
            .unwrap();
        most = most.max(spaces.available() - before);
        if gone {
            break;
        }
    }
    spaces.check_pool();
    assert!(most <= 4, "{most} tables taken back in one step");
}

/// Entries and looks are both bounded, so no step does all of both.
#[test]
fn a_step_that_maps_does_not_look() {
    // A root, and 38 tables in use; none is empty, none free.
    let mut spaces = spaces(1, 39);
    for at in 0..37 {
        spaces
            .map(0, 0x8000_0000 + at * 0x20_0000, 0x1000, Permission::Read)
            .unwrap();
    }
    let base = 0x8000_0000 + 37 * 0x20_0000 - 31 * 0x1000;
    let mut done = 0;
    let first = spaces.map_step(0, base, 128 * 0x1000, Permission::Read, &mut done);
    assert_eq!(first, Ok(false));
    assert_eq!(
        (done / 4096, done % 4096),
        (31, 0),
        "pages mapped, tables looked at"
    );
}
