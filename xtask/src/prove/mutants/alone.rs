//! Builds of their own, for mutants that have no switch.

use super::list::Mutant;
use super::tree::{Built, Optimised, Sources, Tree};
use super::trial::{self, Fate, Fates, NONE};
use anyhow::{Context, Result, ensure};
use std::path::Path;

/// Builds each of these mutants by itself, as what builds fast, and tries it with the quick tests.
///
/// # Errors
/// When those fail without a mutant, or something cannot be run.
pub(super) fn quick_fates(
    tree: &Tree,
    sources: &Sources,
    mutants: &[Mutant],
    numbers: &[usize],
) -> Result<Fates> {
    let quick_fate =
        |sources: &Sources| built_fate(tree, sources, Optimised::Not, trial::of_quick_tests);
    // What is built so that the compiler is soon done is slower: if its tests fail without a mutant, they say nothing.
    ensure!(
        quick_fate(sources)? == Fate::Survived,
        "quick tests fail, or take too long, in a build without optimisation"
    );
    let mut fates = Fates::new();
    for &number in numbers {
        let mutant = &mutants[number];
        let fate = quick_fate(&with(sources, mutant)?)?;
        println!("by itself: {fate:?}: {number}: {mutant}");
        fates.insert(number, fate);
    }
    Ok(fates)
}

/// Builds one mutant by itself and tries it with the slow tests.
///
/// # Errors
/// When something cannot be run.
pub(super) fn slow_fate(tree: &Tree, sources: &Sources, mutant: &Mutant) -> Result<Fate> {
    let sources = with(sources, mutant)?;
    built_fate(tree, &sources, Optimised::AsEver, trial::of_slow_tests)
}

/// Builds and tries these sources.
fn built_fate(
    tree: &Tree,
    sources: &Sources,
    optimised: Optimised,
    fate_of: impl Fn(&Path, usize) -> Result<Fate>,
) -> Result<Fate> {
    match tree.build(sources, optimised)? {
        Built::Errors(_) => Ok(Fate::DoesNotCompile),
        Built::Nothing => Ok(Fate::TimedOut),
        Built::Program(program) => fate_of(&program, NONE),
    }
}

/// The sources with one mutant.
fn with(sources: &Sources, mutant: &Mutant) -> Result<Sources> {
    let mut sources = sources.clone();
    let source = sources.get_mut(&mutant.file);
    let source = source.with_context(|| format!("no source {}", mutant.file))?;
    *source = mutant.applied_to(source);
    Ok(sources)
}
