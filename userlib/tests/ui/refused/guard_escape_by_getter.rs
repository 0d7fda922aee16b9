//! A getter of the payload carries the inner lifetime out of the guard.
use userlib::io::IoMem;
use userlib::for_lt::covariant_family;
use userlib::DevresLt;

struct Data<'a> {
    window: &'a IoMem<'a, 16>,
}

impl<'a> Data<'a> {
    fn window(&self) -> &'a IoMem<'a, 16> {
        self.window
    }
}

covariant_family! {
    /// The family.
    struct DataLt = Data<'_>;
}

fn escape<'d>(data: &'d DevresLt<DataLt>) -> Option<&'d IoMem<'d, 16>> {
    let guard = data.try_access()?;
    let window = guard.get().window();
    drop(guard);
    Some(window)
}

fn main() {
    let _ = escape as fn(&DevresLt<DataLt>) -> Option<&IoMem<'_, 16>>;
}
