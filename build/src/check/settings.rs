//! The settings of each task: those that its package declares, of the type and in the range that it says.

use super::Checker;
use crate::manifest;
use crate::packages::{self, Setting};
use crate::problem::{Problem, nearest};
use serde_spanned::Spanned;
use std::collections::BTreeMap;

impl<'a> Checker<'a> {
    /// Checks them all. Returns them as the compiler gets them: by package and name.
    pub(super) fn settings(&mut self) -> BTreeMap<(String, String), String> {
        let declared = packages::settings(self.root);
        let mut all: BTreeMap<(String, String), (String, &'a Spanned<toml::Value>)> =
            BTreeMap::new();
        for task in self.manifest.tasks.values() {
            let package = task.package.get_ref();
            let known = declared.get(package);
            for (key, value) in &task.settings {
                let Some(setting) = known.and_then(|known| known.get(key.get_ref())) else {
                    let names = known.into_iter().flat_map(|known| known.keys());
                    self.problems
                        .push(unknown(self.source, task, key, names.map(String::as_str)));
                    continue;
                };
                let text = match value_of(setting, value.get_ref()) {
                    Ok(text) => text,
                    Err((title, label)) => {
                        self.problems.push(
                            Problem::new(self.source, value.span(), format!("`{key}` {title}"))
                                .label(label)
                                .hint(format!("`{package}` declares it so: {}", setting.range())),
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

/// The value as the compiler gets it, or what is wrong with it: for the title, and beside the caret.
fn value_of(setting: &Setting, value: &toml::Value) -> Result<String, (String, String)> {
    let Some(number) = value.as_integer() else {
        let found = value.type_str();
        return Err((
            format!("has a wrong type: {found}"),
            "expected a whole number".to_owned(),
        ));
    };
    let (least, most) = (setting.least(), setting.most());
    if (least..=most).contains(&i128::from(number)) {
        Ok(number.to_string())
    } else {
        Err((
            format!("is out of its range: {number}"),
            format!("from {least} to {most}"),
        ))
    }
}
