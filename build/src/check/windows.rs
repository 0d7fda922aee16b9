//! Whether the protection unit has enough entries for everything that a task may use at once: its own memory and every
//! window that it may claim.

use super::Checker;
use super::functions::function_ids;
use crate::arch::Arch;
use crate::manifest::{self, Window, WindowKind};
use crate::plan::WindowLimit;
use crate::problem::Problem;
use leasehold_abi::{label, names};
use serde_spanned::Spanned;
use std::ops::Range;

/// Windows of a PCI function if the manifest does not say how many: its configuration space and its registers; a pool
/// is one more. Each takes one entry, because their sizes are powers of two.
const PCI_WINDOWS: u32 = 2;
/// Most windows of a PCI function: its configuration space and one for each base address register.
const MOST_PCI_WINDOWS: u32 = 1 + names::BARS.len() as u32;
/// Windows of an auxiliary device if the manifest does not say how many: its payload and the memory shared with its
/// parent.
const AUXILIARY_WINDOWS: u32 = 2;
/// Most windows of an auxiliary device: those two, and parts of its parent's windows.
const MOST_AUXILIARY_WINDOWS: u32 = AUXILIARY_WINDOWS + names::WINDOWS.len() as u32;

/// Entries that one binding, or memory lent by name, may take, and its place in the manifest.
struct Need {
    what: String,
    entries: u32,
    span: Range<usize>,
}

fn written(windows: &Option<Spanned<u32>>) -> Option<u32> {
    windows.as_ref().map(|windows| *windows.get_ref())
}

impl Checker<'_> {
    /// Entries that each task may need at once, by rank, its own memory included; 0 if there is no protection unit.
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
                "{} too many: bind less, or write `windows = N` in a binding that claims at most N windows at once, \
                 which is all that it then gets",
                all - unit.entries
            )));
        }
        all
    }

    /// Everything that a task may claim.
    fn needs(&self, name: &str, task: &manifest::Task) -> Vec<Need> {
        let mut needs = Vec::new();
        for bind in &task.binds {
            let parts = bind.get_ref();
            let (key, what, entries) = match (&parts.device, parts.function(), &parts.auxiliary) {
                (Some(device), None, None) => (
                    device,
                    format!("windows of `{device}`"),
                    self.device_entries(device.get_ref(), &parts.windows, parts.pools().count()),
                ),
                (None, Some(pci), None) => (
                    pci,
                    "a PCI function's configuration, registers and pool".to_owned(),
                    written(&parts.windows).unwrap_or(PCI_WINDOWS + parts.pools().count() as u32),
                ),
                (None, None, Some(auxiliary)) => (
                    auxiliary,
                    "payload and shared memory".to_owned(),
                    written(&parts.windows).unwrap_or(AUXILIARY_WINDOWS),
                ),
                // Another check reports it.
                _ => continue,
            };
            let span = parts.windows.as_ref().map_or(key.span(), Spanned::span);
            needs.push(Need {
                what,
                entries,
                span,
            });
        }
        needs.extend(self.lent(name, task));
        needs
    }

    /// The most entries that this number of a device's windows takes, whichever windows they are. Its pools are among
    /// them; each takes one.
    fn device_entries(&self, device: &str, windows: &Option<Spanned<u32>>, pools: usize) -> u32 {
        let entries = |window: &Window| self.arch.window_entries(window.range());
        let mut entries: Vec<u32> = self.windows_of(device).map(entries).collect();
        entries.extend(std::iter::repeat_n(1, pools));
        entries.sort_unstable_by(|a, b| b.cmp(a));
        let count = written(windows).map_or(entries.len(), |count| count as usize);
        entries.into_iter().take(count).sum()
    }

    fn windows_of(&self, device: &str) -> impl Iterator<Item = &Window> {
        let windows = self.chip.devices.get(device).map(|device| &device.windows);
        let windows = windows.into_iter().flatten().map(Spanned::get_ref);
        windows.filter(|window| window.kind != WindowKind::BusMaster)
    }

    /// All windows that the bound device can have.
    pub(super) fn most_windows(&self, bind: &manifest::Bind) -> u32 {
        let pools = bind.pools().count();
        match (&bind.device, bind.function()) {
            (Some(device), _) => (self.windows_of(device.get_ref()).count() + pools) as u32,
            (None, Some(_)) => MOST_PCI_WINDOWS + pools as u32,
            (None, None) => MOST_AUXILIARY_WINDOWS,
        }
    }

    /// Memory that other tasks lend it by name: one window each, if the manifest does not say otherwise.
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
            .flat_map(|(lender, task)| {
                let lends = task.lends.iter().flat_map(|list| list.get_ref());
                lends.map(move |lessee| (lender, lessee))
            })
            .filter(|(_, lessee)| lessee.get_ref() == name);
        lends
            .map(|(lender, lessee)| Need {
                what: format!("what `{lender}` lends it"),
                entries: 1,
                span: lessee.span(),
            })
            .collect()
    }

    /// What the manifest says about the windows of a task's bindings.
    pub(super) fn window_limits(&self, task: &manifest::Task) -> Vec<WindowLimit> {
        let limit = |bind: &Spanned<manifest::Bind>| {
            let bind = bind.get_ref();
            let windows = written(&bind.windows)?;
            let (name, ids) = match (&bind.device, bind.function(), &bind.auxiliary) {
                (Some(device), ..) => (device.get_ref().as_str(), vec![0]),
                (_, Some(_), _) => {
                    let discovers = |device: &&manifest::Device| device.discovers.is_some();
                    let mut devices = self.chip.devices.iter();
                    let (bridge, _) = devices.find(|(_, device)| discovers(device))?;
                    (bridge.get_ref().as_str(), function_ids(bind))
                }
                (_, _, Some(name)) => (
                    name.get_ref().as_str(),
                    vec![written(&bind.id).unwrap_or(0)],
                ),
                _ => return None,
            };
            let label = label(name);
            let limit = move |id| WindowLimit { label, id, windows };
            Some(ids.into_iter().map(limit))
        };
        task.binds.iter().filter_map(limit).flatten().collect()
    }

    /// Refuses keys that have a meaning only with page tables.
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
