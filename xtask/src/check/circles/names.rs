//! Which file defines what a path names.

use super::modules::{Id, Modules};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Names that were looked for on the way, each in its module. Modules that import all of each other make circles.
type Seen<'a> = Vec<(Id, &'a str)>;

/// What a path leads to.
enum Found {
    /// A module.
    Module(Id),
    /// Something that a module defines.
    Item(Id),
}

impl Modules {
    /// The files that define what each file uses, with one name for each.
    pub(super) fn uses(&self) -> BTreeMap<(PathBuf, PathBuf), String> {
        let mut uses = BTreeMap::new();
        for (id, module) in self.all.iter().enumerate() {
            let mut add = |path: &[String], found: Option<Found>| {
                if let Some(Found::Item(of)) = found
                    && self.all[of].file != module.file
                {
                    let files = (module.file.clone(), self.all[of].file.clone());
                    uses.entry(files).or_insert_with(|| path.join("::"));
                }
            };
            let is_named = |name: &str| module.named.iter().any(|path| path[0] == name);
            let imports = module.imports.iter().filter(|import| {
                !import.is_passed_on
                    && (is_named(&import.name) || !module.extended.contains(&import.name))
            });
            for import in imports {
                add(&import.path, self.find(id, &import.path, &mut Seen::new()));
            }
            for path in &module.named {
                add(path, self.named(id, path));
            }
        }
        uses
    }

    /// What a path in the code of a module leads to.
    fn named(&self, at: Id, path: &[String]) -> Option<Found> {
        let module = &self.all[at];
        let first = path.first()?;
        if path.len() > 1 {
            return self.find(at, path, &mut Seen::new());
        }
        // What is imported by name is counted there. A local name hides what comes with everything of a module.
        if module.items.contains(first) || module.imports.iter().any(|one| one.name == *first) {
            return None;
        }
        self.in_globs(at, path, &mut Seen::new())
    }

    /// What a path leads to, from a module on; nothing if it leaves the crate.
    fn find<'a>(&'a self, at: Id, path: &'a [String], seen: &mut Seen<'a>) -> Option<Found> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => self.inside(0, rest, seen),
            "self" => self.inside(at, rest, seen),
            "super" => {
                let above = self.all[at].parent?;
                if rest.first().is_some_and(|next| next == "super") {
                    self.find(above, rest, seen)
                } else {
                    self.inside(above, rest, seen)
                }
            }
            _ => self.known(at, path, seen),
        }
    }

    /// What a path leads to that begins with a name of this module.
    fn inside<'a>(&'a self, at: Id, path: &'a [String], seen: &mut Seen<'a>) -> Option<Found> {
        if path.is_empty() {
            return Some(Found::Module(at));
        }
        // What a module does not show to have, a macro made there.
        self.known(at, path, seen).or(Some(Found::Item(at)))
    }

    fn known<'a>(&'a self, at: Id, path: &'a [String], seen: &mut Seen<'a>) -> Option<Found> {
        let (first, rest) = path.split_first()?;
        let module = &self.all[at];
        if seen.contains(&(at, first)) {
            return None;
        }
        seen.push((at, first));
        if let Some(child) = module.children.get(first) {
            return self.inside(*child, rest, seen);
        }
        if module.items.contains(first) {
            return Some(Found::Item(at));
        }
        if let Some(import) = module.imports.iter().find(|one| one.name == *first) {
            // `use log::log`: the name of another crate is no name of this module.
            if import.path.first() == Some(first) {
                return None;
            }
            return match self.find(at, &import.path, seen)? {
                Found::Module(of) => self.inside(of, rest, seen),
                item => Some(item),
            };
        }
        self.in_globs(at, path, seen)
    }

    fn in_globs<'a>(&'a self, at: Id, path: &'a [String], seen: &mut Seen<'a>) -> Option<Found> {
        let globs = &self.all[at].globs;
        globs
            .iter()
            .find_map(|glob| match self.find(at, glob, seen)? {
                Found::Module(of) if of != at => self.known(of, path, seen),
                _ => None,
            })
    }
}
