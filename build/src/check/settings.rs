//! The settings of each task: those that its package declares, of the type and in the range that it says.

use super::Checker;
use crate::manifest;
use crate::packages::{self, Declared};
use crate::problem::{Problem, nearest};
use crate::setting::Setting;
use serde_spanned::Spanned;
use std::collections::{BTreeMap, BTreeSet};

impl<'a> Checker<'a> {
    /// Checks them all. Returns them as the compiler gets them: by package and name.
    pub(super) fn settings(&mut self) -> BTreeMap<(String, String), String> {
        let declared = packages::settings(self.root);
        let known = self.declared(&declared);
        let mut all: BTreeMap<(String, String), (String, &'a Spanned<toml::Value>)> =
            BTreeMap::new();
        for task in self.manifest.tasks.values() {
            let package = task.package.get_ref();
            let known = known.get(package);
            for (key, value) in &task.settings {
                let Some(setting) = known.and_then(|known| known.get(key.get_ref())) else {
                    let names = known.into_iter().flat_map(|known| known.keys());
                    self.problems
                        .push(unknown(self.source, task, key, names.map(String::as_str)));
                    continue;
                };
                // What is wrong with the declaration is said already.
                let Some(setting) = setting else {
                    continue;
                };
                let text = match setting.text_of(value.get_ref()) {
                    Ok(text) => text,
                    Err((title, label)) => {
                        self.problems.push(
                            Problem::new(self.source, value.span(), format!("`{key}` {title}"))
                                .label(label)
                                .hint(format!(
                                    "`{package}` declares it so: {}",
                                    setting.describe()
                                )),
                        );
                        continue;
                    }
                };
                let place = (package.clone(), key.get_ref().clone());
                match all.get(&place) {
                    Some((other, first)) if *other != text => self.problems.push(
                        Problem::new(
                            self.source,
                            value.span(),
                            format!("`{key}` has two values in one program"),
                        )
                        .label(format!("of `{package}`"))
                        .related(self.source, first.span(), "and here")
                        .hint("a setting is a constant of the program: give both tasks the same"),
                    ),
                    _ => {
                        all.insert(place, (text, value));
                    }
                }
            }
        }
        all.into_iter()
            .map(|(place, (text, _))| (place, text))
            .collect()
    }

    /// The settings of the packages that tasks are of. Those that are declared wrongly are there, and nothing more.
    fn declared(
        &mut self,
        all: &BTreeMap<String, Declared>,
    ) -> BTreeMap<String, BTreeMap<String, Option<Setting>>> {
        let tasks = self.manifest.tasks.values();
        let packages: BTreeSet<&String> = tasks.map(|task| task.package.get_ref()).collect();
        let mut known = BTreeMap::new();
        for package in packages {
            let Some(declared) = all.get(package) else {
                continue;
            };
            let settings = declared.settings.iter().map(|(name, value)| {
                let setting = Setting::new(value.get_ref());
                let setting = setting.map_err(|fault| {
                    self.problems.push(
                        Problem::new(
                            &declared.source,
                            value.span(),
                            format!("`{package}` declares its setting `{name}` wrongly"),
                        )
                        .label(fault)
                        .hint(
                            "write its `type` (u8, u16, u32, u64, i32, bool or text), and what limits it: `least` and \
                             `most`, `choices`, `list`, `shortest` and `longest`",
                        ),
                    );
                });
                (name.clone(), setting.ok())
            });
            known.insert(package.clone(), settings.collect());
        }
        known
    }
}

fn unknown<'n>(
    source: &crate::problem::Source,
    task: &manifest::Task,
    key: &Spanned<String>,
    names: impl Iterator<Item = &'n str> + Clone,
) -> Problem {
    let package = task.package.get_ref();
    let all: Vec<&str> = names.clone().collect();
    Problem::new(
        source,
        key.span(),
        format!("`{package}` has no setting `{key}`"),
    )
    .label("not declared in its Cargo.toml")
    .hint(match nearest(key.get_ref(), names) {
        Some(near) => format!("did you mean `{near}`?"),
        None if all.is_empty() => {
            "a driver declares its settings in [package.metadata.settings]".to_owned()
        }
        None => format!("its settings are: {}", all.join(", ")),
    })
}
