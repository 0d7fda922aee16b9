//! No two names of an image have the same label.

use super::Checker;
use crate::plan::{Device, Grant};
use crate::problem::{Problem, Source};
use leasehold_abi::{label, names};
use std::collections::BTreeMap;
use std::ops::Range;

impl<'a> Checker<'a> {
    pub(super) fn check_labels(&mut self, devices: &[Device], grants: &[Grant]) {
        let mut names: Vec<(String, &'a Source, Range<usize>)> = Vec::new();
        for (name, device) in &self.chip.devices {
            names.push((name.get_ref().clone(), self.chip_source, name.span()));
            names.extend(device.windows.iter().map(|window| {
                (
                    window.get_ref().name.clone(),
                    self.chip_source,
                    window.span(),
                )
            }));
        }
        // Each auxiliary device that a task binds is offered by another, so the offers are enough.
        for (task, description) in &self.manifest.tasks {
            names.extend(
                description
                    .offers
                    .iter()
                    .flat_map(|list| list.get_ref())
                    .map(|name| (format!("{task}.{name}"), self.source, name.span())),
            );
        }
        for (grant, rank) in grants.iter().filter_map(|grant| Some((grant, grant.pool?))) {
            let (key, _) = self
                .manifest
                .tasks
                .get_key_value(self.order[rank])
                .expect("ranked");
            names.push((grant.name.clone(), self.source, key.span()));
        }
        let fixed: BTreeMap<u32, &str> = names::all().map(|name| (label(name), name)).collect();
        let mut seen: BTreeMap<u32, (String, &Source, Range<usize>)> = BTreeMap::new();
        for (name, source, span) in names {
            if let Some(other) = fixed.get(&label(&name)).filter(|other| **other != name) {
                self.problems.push(
                    Problem::new(
                        source,
                        span.clone(),
                        format!("`{name}` and `{other}` have one label"),
                    )
                    .label(format!("label {:#010x}", label(&name)))
                    .hint(format!(
                        "rename it: labels are hashes of names, and `{other}` is one of Leasehold's own"
                    )),
                );
            }
            match seen.get(&label(&name)) {
                Some((other, other_source, other_span)) if *other != name => self.problems.push(
                    Problem::new(
                        source,
                        span,
                        format!("`{name}` and `{other}` have one label"),
                    )
                    .label(format!("label {:#010x}", label(&name)))
                    .related(other_source, other_span.clone(), "the same")
                    .hint("rename one of the two: labels are hashes of names"),
                ),
                Some(_) => {}
                None => {
                    seen.insert(label(&name), (name, source, span));
                }
            }
        }
        self.check_windows_of(devices, grants);
    }

    /// Within a device, no two windows have the same name.
    fn check_windows_of(&mut self, devices: &[Device], grants: &[Grant]) {
        for device in devices {
            let description = &self.chip.devices[device.name.as_str()];
            for (index, window) in description.windows.iter().enumerate() {
                let name = &window.get_ref().name;
                let same = |grant: &u16| grants[usize::from(*grant)].name == *name;
                if device.grants[..index].iter().any(same) {
                    self.problems.push(
                        Problem::new(
                            self.chip_source,
                            window.span(),
                            format!("`{}` has two windows named `{name}`", device.name),
                        )
                        .label("the second")
                        .hint("give each window of a device its own name"),
                    );
                }
            }
        }
    }
}
