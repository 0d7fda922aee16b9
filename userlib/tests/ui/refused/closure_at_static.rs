//! The lifetime inside a payload is not for a closure to choose, nor to carry off: not as `'static`,
//! not in a future, not in another closure, not by a guard.
use std::future::Future;
use userlib::auxiliary::Lent;
use userlib::{CovariantForLt, DevresLt, Error, ForLt};

type LentLt = ForLt!(Lent<'_, u32>);

fn at_static(kept: &DevresLt<LentLt>) -> Option<Lent<'static, u32>> {
    kept.try_access_with(|lent: &Lent<'static, u32>| *lent)
}

fn copied(kept: &DevresLt<LentLt>) -> Option<Lent<'_, u32>> {
    kept.try_access_with(|lent| *lent)
}

fn future(kept: &DevresLt<LentLt>) -> Option<impl Future<Output = Result<u32, Error>>> {
    kept.try_access_with(|lent| async move { lent.read() })
}

fn closure(kept: &DevresLt<LentLt>) -> Option<Box<dyn Fn() -> Result<u32, Error> + '_>> {
    kept.try_access_with(|lent| {
        let lent = *lent;
        Box::new(move || lent.read()) as Box<dyn Fn() -> Result<u32, Error>>
    })
}

fn outside(kept: &DevresLt<LentLt>) -> Result<u32, Error> {
    let mut found = None;
    kept.try_access_with(|lent| found = Some(*lent));
    found.ok_or(Error::NotFound)?.read()
}

fn guard(kept: &DevresLt<CovariantForLt!(&str)>) -> Option<&'static str> {
    let guard = kept.try_access()?;
    Some(*guard.get())
}

fn main() {}
