//! One build of the tests with as many mutants as compile together, each behind a switch.

use super::list::Mutant;
use super::schemata::{self, Refused};
use super::switch;
use super::tree::{Built, Optimised, Sources, Tree};
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// The build with switches.
pub(super) struct Switched {
    /// The program with the tests.
    pub(super) program: PathBuf,
    /// Mutants that are in it.
    pub(super) mutants: Vec<usize>,
    /// Mutants that compile in no build.
    pub(super) hopeless: BTreeSet<usize>,
}

/// Builds the tests with as many mutants as compile together.
///
/// # Errors
/// When the compiler refuses what is no mutant's fault.
pub(super) fn build(tree: &Tree, sources: &Sources, mutants: &[Mutant]) -> Result<Switched> {
    let mut refused = Refused::default();
    let mut hopeless = BTreeSet::new();
    loop {
        let (mut texts, mut switched) = (Sources::new(), BTreeSet::new());
        for (file, source) in sources {
            let schemata = schemata::of(file, source, mutants, &refused)?;
            switched.extend(schemata.switched);
            hopeless.extend(schemata.hopeless);
            texts.insert(file.clone(), schemata.text);
        }
        let library = texts.get_mut(&tree.library());
        library
            .context("a package has a `lib.rs`")?
            .push_str(&switch::of(sources)?);
        let errors = match tree.build(&texts, Optimised::AsEver)? {
            Built::Program(program) => {
                return Ok(Switched {
                    program,
                    mutants: switched.into_iter().collect(),
                    hopeless,
                });
            }
            Built::Nothing => bail!("the compiler does not come to an end"),
            Built::Errors(errors) => errors,
        };
        let before = (refused.mutants.len(), refused.functions.len());
        for error in &errors {
            if let Some(function) = &error.not_constant {
                refused.functions.insert(function.clone());
            } else if let Some(text) = texts.get(&error.file) {
                let found = schemata::at(text, error.byte);
                if let [number] = found[..]
                    && mutants[number].is_hopeless_if_refused()
                {
                    hopeless.insert(number);
                }
                refused.mutants.extend(found);
            }
        }
        if before == (refused.mutants.len(), refused.functions.len()) {
            let said: Vec<_> = errors.iter().map(|error| &*error.text).collect();
            bail!("no mutant's fault:\n{}", said.join("\n"));
        }
    }
}
