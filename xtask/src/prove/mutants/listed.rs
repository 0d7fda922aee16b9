//! The list of mutants that no test can notice, each with the reason.
//!
//! A mutant is known by what cargo-mutants says of it without the place, for example `replace < with <= in take`. So
//! the list stays right when a function moves to another file or its lines move.

use anyhow::{Context, Result, ensure};
use std::collections::{BTreeMap, BTreeSet};

/// How many mutants there are of each change.
pub(super) type Counts = BTreeMap<String, usize>;

/// Reads the list: tables `[[survivor]]` with `change`, `why`, and `count` where a function has several such mutants
/// that survive.
///
/// # Errors
/// When a table lacks something, has something else, or stands there twice.
pub(super) fn parse(text: &str) -> Result<Counts> {
    let list: toml::Table = text.parse().context("no TOML")?;
    let mut counts = Counts::new();
    let tables = list.get("survivor").and_then(toml::Value::as_array);
    for table in tables.into_iter().flatten() {
        let entry = || format!("the entry `{}`", table.to_string().trim());
        let keys = table.as_table().into_iter().flat_map(toml::Table::keys);
        for key in keys {
            let is_known = ["change", "why", "count"].contains(&key.as_str());
            ensure!(is_known, "{}: `{key}` is no key of an entry", entry());
        }
        let text = |name: &str| {
            let value = table.get(name).and_then(toml::Value::as_str);
            let value = value.filter(|value| !value.is_empty());
            value.with_context(|| format!("{}: `{name}`, a text, is missing", entry()))
        };
        text("why")?;
        let change = text("change")?.to_owned();
        let count = table.get("count").map_or(Some(1), toml::Value::as_integer);
        let count = count.and_then(|count| usize::try_from(count).ok());
        let count = count.filter(|count| *count != 0);
        let count = count.with_context(|| format!("{}: `count` is 1 or more", entry()))?;
        let before = counts.insert(change, count);
        ensure!(before.is_none(), "{}: it stands there twice", entry());
    }
    Ok(counts)
}

/// Where the list and the survivors differ; `all` are the mutants that there are.
pub(super) fn compare<'m>(
    listed: &Counts,
    survivors: impl Iterator<Item = &'m str>,
    all: impl Iterator<Item = &'m str>,
) -> Vec<String> {
    let mut found = Counts::new();
    for survivor in survivors {
        *found.entry(survivor.to_owned()).or_default() += 1;
    }
    let all: BTreeSet<&str> = all.collect();
    let changes: BTreeSet<_> = listed.keys().chain(found.keys()).collect();
    let problem = |change: &String| {
        let count = |counts: &Counts| counts.get(change).copied().unwrap_or(0);
        match (count(listed), count(&found)) {
            (listed, found) if listed == found => None,
            (_, 0) if !all.contains(change.as_str()) => Some(format!(
                "listed, but there is no such mutant any more: {change}"
            )),
            (_, 0) => Some(format!("listed, but a test notices it: {change}")),
            (0, _) => Some(format!("no test notices it: {change}")),
            (listed, found) => Some(format!(
                "no test notices {found} of these, and {listed} are listed: {change}"
            )),
        }
    };
    changes.into_iter().filter_map(problem).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "
        [[survivor]]
        change = 'replace < with <= in f'
        count = 2
        why = 'They are never equal.'
    ";
    const LISTED: &str = "replace < with <= in f";

    #[test]
    fn the_list_is_read() {
        let list = parse(LIST).expect("a list");
        assert_eq!(list[LISTED], 2);
        assert!(parse("").expect("empty").is_empty());
        for (text, wrong, said) in [
            ("change = 'replace < with <= in f'", "", "`change`, a text"),
            ("They are never equal.", "", "`why`, a text"),
            ("count", "line", "`line` is no key"),
            ("2", "0", "`count` is 1 or more"),
        ] {
            let error = parse(&LIST.replace(text, wrong)).expect_err(said);
            assert!(error.to_string().contains(said), "{error}");
        }
        assert!(parse(&LIST.repeat(2)).is_err());
    }

    #[test]
    fn a_new_survivor_is_a_problem_and_so_is_one_that_is_gone() {
        let list = parse(LIST).expect("a list");
        let compared = |survivors: &[&'static str], all: &[&'static str]| {
            compare(&list, survivors.iter().copied(), all.iter().copied())
        };
        assert!(compared(&[LISTED; 2], &[LISTED; 3]).is_empty());
        let said = |survivors: &[&'static str], all: &[&'static str]| -> String {
            let problems = compared(survivors, all);
            assert_eq!(problems.len(), 1);
            problems.concat()
        };
        assert!(said(&[LISTED], &[LISTED; 2]).starts_with("no test notices 1 of these, and 2"));
        assert!(said(&[], &[LISTED]).starts_with("listed, but a test"));
        assert!(said(&[], &[]).starts_with("listed, but there is no such"));
        assert!(said(&[LISTED, LISTED, "g"], &[LISTED, "g"]).starts_with("no test notices it: g"));
    }
}
