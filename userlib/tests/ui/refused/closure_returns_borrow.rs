//! What a closure accessor lends does not leave the closure.
use userlib::{DevresLt, ForLt};

fn escape<'d>(name: &'d DevresLt<ForLt!(&str)>) -> Option<&'d str> {
    name.try_access_with(|name| *name)
}

fn main() {
    let _ = |name: &DevresLt<ForLt!(&str)>| escape(name).is_some();
}
