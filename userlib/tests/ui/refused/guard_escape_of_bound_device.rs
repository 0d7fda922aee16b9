//! A payload with the proof of boundness in it is invariant, so there is no getter to try.
use userlib::runtime::{Bound, Device};
use userlib::for_lt::covariant_family;

struct Data<'a> {
    device: &'a Device<'a, Bound>,
}

covariant_family! {
    /// The family.
    struct DataLt = Data<'_>;
}

fn main() {
    let _: Option<DataLt> = None;
    let _ = |data: &Data<'_>| data.device.is_bound();
}
