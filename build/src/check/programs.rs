//! Checks of each task's program: its package, and which of the package's programs it is.

use super::Checker;
use crate::manifest::Task;
use crate::problem::{Problem, nearest};
use serde_spanned::Spanned;
use std::collections::BTreeMap;

impl Checker<'_> {
    pub(super) fn check_programs(&mut self) {
        let packages = crate::packages::programs(self.root);
        let manifest = self.manifest;
        let mut seen: BTreeMap<&str, &Spanned<String>> = BTreeMap::new();
        for task in manifest.tasks.values() {
            let Some(programs) = packages.get(task.package.get_ref()) else {
                let with_programs = packages.iter().filter(|(_, programs)| !programs.is_empty());
                let known = with_programs.map(|(name, _)| name.as_str());
                let near = nearest(task.package.get_ref(), known);
                self.problems.push(
                    Problem::new(
                        self.source,
                        task.package.span(),
                        format!("unknown package `{}`", task.package),
                    )
                    .label("no crate of this name in drivers/ or app/")
                    .hint(match near {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => "a task is a crate in drivers/ or app/ with a binary".to_owned(),
                    }),
                );
                continue;
            };
            let (program, at) = match &task.binary {
                Some(binary) => (Some(binary.get_ref()), binary),
                None => (programs.first(), &task.package),
            };
            self.check_program(task, programs);
            // Cargo puts all programs into one folder, by their names. So two programs must not have one name.
            let Some(program) = program else { continue };
            match seen.get(program.as_str()) {
                Some(other) if *other != &task.package => self.problems.push(
                    Problem::new(
                        self.source,
                        at.span(),
                        format!("two packages have a program `{program}`"),
                    )
                    .label(format!("of `{}`", task.package))
                    .related(self.source, other.span(), "and of this one")
                    .hint("rename one of the two: the compiler's output has one place for a name"),
                ),
                Some(_) => {}
                None => {
                    seen.insert(program, &task.package);
                }
            }
        }
    }

    fn check_program(&mut self, task: &Task, programs: &[String]) {
        let package = &task.package;
        if programs.is_empty() {
            self.problems.push(
                Problem::new(
                    self.source,
                    package.span(),
                    format!("package `{package}` has no program"),
                )
                .label("a library")
                .hint("a task is a program: name a package that has one, or give this one a src/main.rs"),
            );
        } else if let Some(binary) = &task.binary
            && !programs.contains(binary.get_ref())
        {
            self.problems.push(
                Problem::new(
                    self.source,
                    binary.span(),
                    format!("package `{package}` has no program `{binary}`"),
                )
                .label("unknown binary")
                .hint(format!("it has: {}", programs.join(", "))),
            );
        }
    }

    /// The program of a task. After an error it is a placeholder, so that the checks can continue.
    pub(super) fn program(&self, packages: &BTreeMap<String, Vec<String>>, task: &Task) -> String {
        let package = task.package.get_ref();
        let first = || packages.get(package)?.first();
        let written = task.binary.as_ref().map(Spanned::get_ref);
        written.or_else(first).unwrap_or(package).clone()
    }
}
