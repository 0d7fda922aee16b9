//! Whether the protection unit can hold all that a task may have at once: its own memory and every
//! window that it may claim.

use super::Checker;
use crate::arch::Arch;
use crate::manifest::{self, WindowKind};
use crate::problem::Problem;
use std::ops::Range;

/// Entries for a PCI function: its configuration space and its registers; a pool is one more.
const PCI_WINDOWS: u32 = 2;
/// Entries for an auxiliary device: its payload and the memory shared with its parent.
const AUXILIARY_WINDOWS: u32 = 2;

/// Entries that one thing may take, and where the manifest has it.
struct Need {
    what: String,
    entries: u32,
    span: Range<usize>,
}

impl Checker<'_> {
    /// Entries that each task may take at once, by rank, its own memory among them; 0 where there
    /// is no unit.
    pub(super) fn check_entries(&mut self) -> Vec<u32> {
        let order = self.order.clone();
        order.into_iter().map(|name| self.entries(name)).collect()
    }

    fn entries(&mut self, name: &str) -> u32 {
        let Some(unit) = self.arch.unit() else {
            return 0;
        };
        let manifest = self.manifest;
        let (key, task) = manifest
            .tasks
            .get_key_value(name)
            .expect("ranked from this map");
        let needs = self.needs(name, task);
        let windows = needs
            .iter()
            .map(|need| need.entries)
            .fold(0, u32::saturating_add);
        let all = unit.own.saturating_add(windows);
        if all > unit.entries {
            let mut problem = Problem::new(
                self.source,
                key.span(),
                format!(
                    "`{name}` may need {all} entries of the protection unit at once, and {} has {}",
                    self.arch.name(),
                    unit.entries
                ),
            )
            .label(format!(
                "{} for its own memory and {windows} for windows",
                unit.own
            ));
            for need in needs.iter().filter(|need| need.entries > 0) {
                let text = format!("{}: {}", need.what, need.entries);
                problem = problem.related(self.source, need.span.clone(), text);
            }
            self.problems.push(problem.hint(format!(
                "{} too many: bind less, or write `windows = N` where it never claims so many at once",
                all - unit.entries
            )));
        }
        all
    }

    /// All that a task may claim.
    fn needs(&self, name: &str, task: &manifest::Task) -> Vec<Need> {
        let mut needs = Vec::new();
        for bind in &task.binds {
            let parts = bind.get_ref();
            let (key, what, entries) = match (&parts.device, &parts.pci, &parts.auxiliary) {
                (Some(device), None, None) => (
                    device,
                    format!("windows of `{device}`"),
                    self.device_entries(device.get_ref()),
                ),
                (None, Some(pci), None) => (
                    pci,
                    "a PCI function's configuration, registers and pool".to_owned(),
                    PCI_WINDOWS + u32::from(parts.dma_pool.is_some()),
                ),
                (None, None, Some(auxiliary)) => (
                    auxiliary,
                    "payload and shared memory".to_owned(),
                    AUXILIARY_WINDOWS,
                ),
                // Another check shows it.
                _ => continue,
            };
            let (entries, span) = match &parts.windows {
                Some(windows) => (*windows.get_ref(), windows.span()),
                None => (entries, key.span()),
            };
            needs.push(Need {
                what,
                entries,
                span,
            });
        }
        needs.extend(self.lent(name, task));
        needs
    }

    fn device_entries(&self, device: &str) -> u32 {
        let windows = self.chip.devices.get(device).map(|device| &device.windows);
        windows
            .into_iter()
            .flatten()
            .map(|window| window.get_ref())
            .filter(|window| window.kind != WindowKind::BusMaster)
            .map(|window| self.arch.window_entries(window.range()))
            .sum()
    }

    /// What other tasks lend it by name: one window each, where the task does not say otherwise.
    fn lent(&self, name: &str, task: &manifest::Task) -> Vec<Need> {
        if let Some(windows) = &task.windows {
            return vec![Need {
                what: "what others lend it".to_owned(),
                entries: *windows.get_ref(),
                span: windows.span(),
            }];
        }
        let lends = self
            .manifest
            .tasks
            .iter()
            .flat_map(|(lender, task)| task.lends.iter().map(move |lessee| (lender, lessee)))
            .filter(|(_, lessee)| lessee.get_ref() == name);
        lends
            .map(|(lender, lessee)| Need {
                what: format!("what `{lender}` lends it"),
                entries: 1,
                span: lessee.span(),
            })
            .collect()
    }

    /// Keys that mean something with page tables only.
    pub(super) fn check_page_tables(&mut self) {
        if let Some(written) = &self.manifest.page_tables
            && self.arch != Arch::Sv39
        {
            self.problems.push(
                Problem::new(
                    self.source,
                    written.span(),
                    format!("{} has no page tables", self.arch.name()),
                )
                .label("nothing to keep in store")
                .hint("leave `page-tables` out"),
            );
        }
    }
}
