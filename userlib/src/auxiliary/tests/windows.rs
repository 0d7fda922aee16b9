//! Windows in a payload, as a hostile parent could give them.

use super::*;

#[test]
fn hostile_windows_are_refused() {
    /// What a hostile parent does to a grant.
    type Change = fn(&mut crate::sys::GrantInfo);
    /// Two windows of the parent's device.
    #[derive(Lendable)]
    #[offer(WindowsOffer<'a>)]
    struct Windows<'a>(Window<'a, 0x1000>, Window<'a>);
    /// What the parent gives for them.
    struct WindowsOffer<'a>(LentWindow<'a, 0x1000>, LentWindow<'a>);
    type WindowsLt = ForLt!(Windows<'_>);
    Board::run(|board| {
        let parent = board.bind(
            0,
            "parent",
            vec![board.grant(GrantKind::Mmio, "bar0", 0x2000)],
        );
        let bar = parent.bar::<0x2000>(0).unwrap();
        let region = parent.lend_region(0, 0).unwrap();
        let windows = WindowsOffer(
            bar.lend(0, 0x1000, Rights::READ).unwrap(),
            bar.lend(0x1000, 0x1000, Rights::READ).unwrap(),
        );
        let kept = Registration::<WindowsLt>::new(&parent, &region, "sample", 0, windows).unwrap();
        drop(bar); // the child is another task, which this one stands for as well
        // The numbers of the two windows, as the parent could write them after all checks.
        let numbers = region.cells().base.cast::<[u32; 2]>();
        let received = |numbers_now: [u32; 2], change: &dyn Fn(&mut crate::testing::Lease)| {
            // SAFETY: the payload of this test, at the start of its region.
            unsafe { numbers.write_volatile(numbers_now) };
            let device = child(board, 1, change);
            let result = device.registration_data_with::<WindowsLt, _>(|windows| {
                (windows.0.try_read32(0xffc), windows.1.len())
            });
            board.unbind(&device);
            result
        };
        assert_eq!(received([0, 1], &|_| ()), Ok((Ok(0), 0x1000)));
        for number in [2, 3, 4, u32::MAX] {
            let error = received([0, number], &|_| ()).err();
            assert!(
                matches!(error, Some(Error::Protocol | Error::NoDevice)),
                "{number}: {error:?}"
            );
        }
        assert_eq!(
            received([0, 0], &|_| ()).err(),
            Some(Error::Busy),
            "one window twice"
        );
        let changes: [(_, Change); 4] = [
            ("shorter than its type says", |grant| grant.length = 0xfff),
            ("empty", |grant| grant.length = 0),
            ("not aligned", |grant| grant.base += 4),
            ("memory", |grant| grant.kind = GrantKind::Memory),
        ];
        for (what, change) in changes {
            let result = received([0, 1], &|lease| {
                let grants = lease.grants.iter_mut();
                grants
                    .filter(|grant| grant.label == crate::sys::label("window0"))
                    .for_each(change);
            });
            assert!(
                matches!(result, Err(Error::Protocol | Error::NoDevice)),
                "{what}: {result:?}"
            );
        }
        drop(kept);
    });
}
