//! `new`: the files of a new driver, app or board, from the templates in `xtask/templates/`.

mod app;
mod board;
mod change;
mod driver;
mod edit;
#[cfg(test)]
mod tests;
pub(crate) mod tutorial;

pub(crate) use app::app;
pub(crate) use board::board;
pub(crate) use driver::{Device, driver};

use anyhow::{Result, ensure};
use leasehold_abi::NAME_LENGTH;

/// A template with each `{key}` replaced. A brace that is not one of the keys stays.
fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut text = template.to_owned();
    for (key, value) in values {
        text = text.replace(&format!("{{{key}}}"), value);
    }
    text
}

/// A name for a task, a crate's folder, or a board: what the manifest takes as a task's name, and a Rust crate's.
fn check_name(what: &str, name: &str) -> Result<()> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    ensure!(
        name.bytes().all(allowed)
            && name.starts_with(|first: char| first.is_ascii_lowercase())
            && !name.ends_with('-')
            && name.len() <= NAME_LENGTH,
        "`{name}` is no name for {what}: at most {NAME_LENGTH} of a-z, 0-9 and -, a letter first"
    );
    Ok(())
}

/// The name of a Rust type for a name: `virtio-rng` is `VirtioRng`.
fn type_name(name: &str) -> String {
    name.split('-')
        .map(|word| {
            let (first, rest) = word.split_at(word.len().min(1));
            first.to_ascii_uppercase() + rest
        })
        .collect()
}
