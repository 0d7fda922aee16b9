//! The largest functions of each task, read off the symbols of its program.

use super::Facts;
use crate::elf::Code;
use std::fmt::Write;

/// How many are shown.
const MOST: usize = 10;

/// A list for each task: bytes and name.
pub(super) fn functions(out: &mut String, facts: &Facts<'_>) -> std::fmt::Result {
    writeln!(out, "\nThe largest functions of each task, in bytes")?;
    for (task, elf) in facts.plan.tasks.iter().zip(facts.programs) {
        writeln!(out, "  {}", task.name)?;
        for (size, name) in largest(&elf.code) {
            writeln!(out, "    {size:>6}  {name}")?;
        }
    }
    Ok(())
}

/// The largest first; of equal ones, by name. A function ends where the next one begins.
fn largest(code: &Code) -> Vec<(u64, String)> {
    let end = code.address + code.bytes.len() as u64;
    let starts = code.functions.keys().copied();
    let ends = starts.clone().skip(1).chain([end]);
    let names = code.functions.values();
    let mut all: Vec<(u64, String)> = (starts.zip(ends).zip(names))
        .map(|((start, end), name)| {
            let name = format!("{:#}", rustc_demangle::demangle(name));
            (end.saturating_sub(start), name)
        })
        .collect();
    all.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
    all.truncate(MOST);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ten_largest_come_first_and_the_last_one_ends_with_the_text() {
        let mut code = Code {
            address: 0x100,
            bytes: vec![0; 200],
            ..Code::default()
        };
        for index in 0..12 {
            let address = 0x100 + index * (index + 1) / 2;
            code.functions.insert(address, format!("f{index}"));
        }
        let largest = largest(&code);
        assert_eq!(largest.len(), 10);
        // The last begins at 66.
        assert_eq!(largest[0], (134, "f11".to_owned()));
        assert_eq!(largest[1], (11, "f10".to_owned()));
        assert_eq!(largest[9], (3, "f2".to_owned()));
    }
}
