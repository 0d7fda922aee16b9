//! What a hostile driver is in each of its lives. The host's tests look for the line that is logged
//! (`xtask/src/test/hostile.rs`).
#![no_std]
#![forbid(unsafe_code)]

use userlib::sys;

/// The lie of this life, which is logged as `lie N: …`, or with other words in place of `lie`. None in a life that is
/// honest: by the list, or after all in the list.
pub fn lie<L, K: Copy + Into<Option<L>>>(word: &str, lives: &[(K, &str)]) -> Option<L> {
    let life = sys::task_self().generation() as usize;
    let (known, what) = lives.get(life.saturating_sub(1))?;
    let lie = (*known).into()?;
    userlib::log!("{word} {life}: {what}");
    Some(lie)
}
