//! What tests notice: each small change of the kernel's core must make one fail, or be listed with the reason why no
//! test can notice it.
//!
//! cargo-mutants says what the changes are. To build the package for each would take hours. So nearly all of them are
//! in one build, and a variable of the environment says which one counts. Those in constants are built one by one.

mod alone;
mod edit;
mod list;
mod listed;
mod places;
mod schemata;
mod switch;
mod together;
mod tree;
mod trial;
mod writer;

use anyhow::{Context, Result, bail, ensure};
use leasehold_build::Workspace;
use list::Mutant;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use tree::{Package, Sources, Tree};
use trial::{Fate, Fates, NONE};

/// The package.
const PACKAGE: Package = Package {
    name: "leasehold-core",
    folder: "kernel/core",
};

/// The list of mutants that no test can notice, from the repository's root.
const LIST: &str = "kernel/core/src/tests/mutants.toml";

/// Tries every mutant; with `file`, only those of sources whose paths contain it.
///
/// # Errors
/// When one survives that is not listed, or one is listed that does not survive; when no source has such a path.
pub(super) fn check(workspace: &Workspace, file: Option<&str>) -> Result<()> {
    let root = workspace.root();
    let path = root.join(LIST);
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let listed = listed::parse(&text).context(LIST)?;
    let mutants = list::of(workspace, PACKAGE.name)?;
    let wanted = numbers_in(&mutants, file)?;
    let sources = sources(root, &root.join(PACKAGE.folder).join("src"))?;
    let tree = Tree::plant(workspace, PACKAGE)?;
    let mut switched = together::build(&tree, &sources, &mutants)?;
    ensure!(
        trial::of_all_tests(&switched.program, NONE)? == Fate::Survived,
        "tests fail, or take too long, with no mutant switched on"
    );
    let in_one = switched.mutants.len();
    println!(
        "{} mutants: {in_one} in one build, {} by themselves; to try the mutant N of that build: {}=N {}",
        mutants.len(),
        mutants.len() - in_one - switched.hopeless.len(),
        trial::VARIABLE,
        switched.program.display()
    );
    switched.mutants.retain(|number| wanted.contains(number));
    let mut fates = try_all(&switched.mutants, &mutants, |number| {
        trial::of_quick_tests(&switched.program, number)
    })?;
    for number in switched.hopeless.intersection(&wanted) {
        fates.insert(*number, Fate::DoesNotCompile);
    }
    let left: Vec<usize> = wanted
        .into_iter()
        .filter(|number| !fates.contains_key(number))
        .collect();
    let by_themselves = BTreeSet::from_iter(left.iter().copied());
    if !left.is_empty() {
        fates.extend(alone::quick_fates(&tree, &sources, &mutants, &left)?);
    }
    // What is listed takes the slow tests' whole time, and if they noticed it, the list would only say too little of
    // them. So they try the others.
    let others = unlisted(&fates, &mutants, &listed);
    println!(
        "the quick tests are done; the slow ones try {}",
        others.len()
    );
    let (left, switched_on): (Vec<usize>, Vec<usize>) = others
        .into_iter()
        .partition(|number| by_themselves.contains(number));
    fates.extend(try_all(&switched_on, &mutants, |number| {
        trial::of_slow_tests(&switched.program, number)
    })?);
    for number in left {
        let fate = alone::slow_fate(&tree, &sources, &mutants[number])?;
        fates.insert(number, fate);
    }
    for (number, fate) in &fates {
        if *fate == Fate::Survived {
            println!("survived: {number}: {}", mutants[*number]);
        }
    }
    let tried: Vec<_> = fates
        .iter()
        .map(|(at, fate)| (&mutants[*at], *fate))
        .collect();
    report(&tried, listed, file.is_some())
}

/// The numbers of all mutants, or of those in sources whose paths contain `file`.
fn numbers_in(mutants: &[Mutant], file: Option<&str>) -> Result<BTreeSet<usize>> {
    let is_wanted = |mutant: &Mutant| file.is_none_or(|file| mutant.file.contains(file));
    let numbers = (0..mutants.len()).filter(|number| is_wanted(&mutants[*number]));
    let numbers: BTreeSet<usize> = numbers.collect();
    if numbers.is_empty() {
        let files: BTreeSet<&str> = mutants.iter().map(|mutant| &*mutant.file).collect();
        let files = Vec::from_iter(files).join("\n  ");
        let file = file.unwrap_or_default();
        bail!("no source with mutants has `{file}` in its path; they are:\n  {files}");
    }
    Ok(numbers)
}

fn sources(root: &Path, folder: &Path) -> Result<Sources> {
    let mut found = Sources::new();
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry.context("an entry")?.path();
        if path.is_dir() {
            found.extend(sources(root, &path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let file = path.strip_prefix(root).unwrap_or(&path);
            let source = std::fs::read_to_string(&path).context("a source")?;
            found.insert(file.display().to_string(), source);
        }
    }
    Ok(found)
}

/// Tries these mutants of one program, several at once.
fn try_all(
    numbers: &[usize],
    mutants: &[Mutant],
    fate_of: impl Fn(usize) -> Result<Fate> + Sync,
) -> Result<Fates> {
    let next = AtomicUsize::new(0);
    let fates = Mutex::new(Fates::new());
    let work = || -> Result<()> {
        while let Some(&number) = numbers.get(next.fetch_add(1, Ordering::Relaxed)) {
            let fate = fate_of(number)?;
            say_if_survived(number, &mutants[number], fate);
            let mut fates = fates.lock().expect("no worker panics");
            fates.insert(number, fate);
            if fates.len().is_multiple_of(100) {
                println!("{} of {}", fates.len(), numbers.len());
            }
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let count = std::thread::available_parallelism().map_or(1, usize::from);
        let workers: Vec<_> = (0..count).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().unwrap_or_else(|_| bail!("a worker panicked")))
    })?;
    Ok(fates.into_inner().expect("no worker panics"))
}

fn say_if_survived(number: usize, mutant: &Mutant, fate: Fate) {
    if fate == Fate::Survived {
        println!("not noticed yet: {number}: {mutant}");
    }
}

/// Those that survived, of changes of which not as many survived as the list says.
fn unlisted(fates: &Fates, mutants: &[Mutant], listed: &listed::Counts) -> Vec<usize> {
    let survived = || fates.iter().filter(|(_, fate)| **fate == Fate::Survived);
    let change = |number: usize| mutants[number].change.as_str();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (number, _) in survived() {
        *counts.entry(change(*number)).or_default() += 1;
    }
    let is_as_listed = |change: &str| listed.get(change) == counts.get(change);
    survived()
        .map(|(number, _)| *number)
        .filter(|number| !is_as_listed(change(*number)))
        .collect()
}

/// Says what became of those that were tried, and compares those that survived with the list. If these are a part of
/// all, so are the entries that count.
fn report(tried: &[(&Mutant, Fate)], mut listed: listed::Counts, is_part: bool) -> Result<()> {
    let changes = || tried.iter().map(|(mutant, _)| mutant.change.as_str());
    if is_part {
        let changes: BTreeSet<&str> = changes().collect();
        listed.retain(|change, _| changes.contains(change.as_str()));
    }
    let count = |wanted: Fate| tried.iter().filter(|(_, fate)| *fate == wanted).count();
    let [caught, timed_out, survived, invalid] = [
        Fate::Caught,
        Fate::TimedOut,
        Fate::Survived,
        Fate::DoesNotCompile,
    ]
    .map(count);
    let noticed = caught + timed_out;
    let rate = 100.0 * noticed as f64 / (noticed + survived).max(1) as f64;
    println!(
        "{} mutants: {invalid} do not compile, {caught} caught, {timed_out} ended by the limit of time, \
         {survived} survived: {rate:.1} % of those that compile are noticed; {} are listed as not noticeable",
        tried.len(),
        listed.values().sum::<usize>()
    );
    let survivors = tried.iter().filter(|(_, fate)| *fate == Fate::Survived);
    let survivors = survivors.map(|(mutant, _)| mutant.change.as_str());
    let problems = listed::compare(&listed, survivors, changes());
    for problem in &problems {
        println!("{problem}");
    }
    ensure!(
        problems.is_empty(),
        "{} mutants are not as {LIST} says",
        problems.len()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mutants() -> [Mutant; 3] {
        [("a/one.rs", "f"), ("a/two.rs", "g"), ("a/two.rs", "h")].map(|(file, change)| Mutant {
            file: file.to_owned(),
            change: change.to_owned(),
            genre: String::new(),
            start: (1, 1),
            end: (1, 1),
            replacement: String::new(),
        })
    }

    #[test]
    fn a_part_is_chosen_by_its_path() {
        let mutants = mutants();
        assert_eq!(numbers_in(&mutants, None).expect("all").len(), 3);
        let two = numbers_in(&mutants, Some("two")).expect("a file");
        assert_eq!(two, BTreeSet::from([1, 2]));
        let error = numbers_in(&mutants, Some("three")).expect_err("no such file");
        let said = error.to_string();
        assert!(said.contains("`three`") && said.contains("\n  a/one.rs\n  a/two.rs"));
    }

    #[test]
    fn the_slow_tests_try_what_is_not_as_listed() {
        let [f, g, h] = mutants();
        let mutants = [f, g.clone(), g, h.clone(), h];
        let fates = [Fate::Survived; 4].into_iter().chain([Fate::Caught]);
        let fates: Fates = fates.enumerate().collect();
        let list = |list: &[(&str, usize)]| {
            let entries = list
                .iter()
                .map(|(change, count)| ((*change).to_owned(), *count));
            unlisted(&fates, &mutants, &entries.collect())
        };
        assert_eq!(list(&[]), [0, 1, 2, 3]);
        assert_eq!(list(&[("f", 1), ("g", 2)]), [3]);
        assert_eq!(list(&[("f", 1), ("g", 1), ("h", 2)]), [1, 2, 3]);
    }

    #[test]
    fn entries_of_other_files_do_not_count_for_a_part() {
        let mutants = mutants();
        let listed = || listed::Counts::from([("f".to_owned(), 1), ("g".to_owned(), 1)]);
        let survived = |mutant| (mutant, Fate::Survived);
        let caught = |mutant| (mutant, Fate::Caught);
        let [f, g, h] = &mutants;
        assert!(report(&[survived(g), caught(h)], listed(), true).is_ok());
        assert!(report(&[survived(g), caught(h)], listed(), false).is_err());
        assert!(report(&[survived(g), survived(h)], listed(), true).is_err());
        assert!(report(&[caught(g), caught(h)], listed(), true).is_err());
        assert!(report(&[survived(f), survived(g), caught(h)], listed(), false).is_ok());
    }
}
