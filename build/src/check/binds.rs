//! Checks of the bindings, and the grants of the root lease that follow from them.

use super::Checker;
use super::functions::function_text;
use crate::manifest::{self, WindowKind};
use crate::plan::{Bind, Device, Grant};
use crate::problem::Problem;
use leasehold_abi::{GrantKind, MAX_BINDINGS};
use serde_spanned::Spanned;
use std::collections::BTreeMap;
use std::ops::Range;

/// The devices that are bound already: description, task, place in the file.
type Bound<'a> = BTreeMap<String, (&'a str, Range<usize>)>;

impl<'a> Checker<'a> {
    /// The chip's devices and their grants.
    pub(super) fn device_grants(&self) -> (Vec<Device>, Vec<Grant>) {
        let mut devices = Vec::new();
        let mut grants = Vec::new();
        for (name, device) in &self.chip.devices {
            let first = grants.len() as u16;
            grants.extend(device.windows.iter().map(|window| {
                let window = window.get_ref();
                let kind = match window.kind {
                    WindowKind::Mmio => GrantKind::Mmio,
                    WindowKind::Config => GrantKind::Config,
                    WindowKind::BusMaster => GrantKind::BusMaster,
                };
                let (base, length) = (window.base, window.size);
                Grant {
                    name: window.name.clone(),
                    kind,
                    base,
                    length,
                    pool: None,
                }
            }));
            grants.extend(
                device
                    .interrupts
                    .iter()
                    .enumerate()
                    .map(|(index, line)| Grant {
                        name: format!("irq{index}"),
                        kind: GrantKind::Interrupt,
                        base: u64::from(*line.get_ref()),
                        length: 1,
                        pool: None,
                    }),
            );
            let grants = (first..grants.len() as u16).collect();
            devices.push(Device {
                name: name.get_ref().clone(),
                grants,
                discovers: device.discovers.as_ref().map(|bus| *bus.get_ref()),
            });
        }
        (devices, grants)
    }

    /// Every task's bindings, by rank. DMA pools become grants.
    pub(super) fn binds(&mut self, devices: &[Device], grants: &mut Vec<Grant>) -> Vec<Vec<Bind>> {
        let mut bound = Bound::new();
        let manifest = self.manifest;
        let order = self.order.clone();
        let mut all = Vec::new();
        for (rank, name) in order.into_iter().enumerate() {
            let binds = &manifest.tasks[name].binds;
            if let Some(more) = binds.get(MAX_BINDINGS) {
                self.problems.push(
                    Problem::new(
                        self.source,
                        more.span(),
                        format!("`{name}` binds more devices than one task can"),
                    )
                    .label(format!("after {MAX_BINDINGS} others"))
                    .hint("let another task have some of them"),
                );
            }
            let one = |bind| self.bind(name, rank, bind, devices, grants, &mut bound);
            all.push(binds.iter().filter_map(one).collect());
        }
        all
    }

    fn bind(
        &mut self,
        task: &'a str,
        rank: usize,
        bind: &'a Spanned<manifest::Bind>,
        devices: &[Device],
        grants: &mut Vec<Grant>,
        bound: &mut Bound<'a>,
    ) -> Option<Bind> {
        let parts = bind.get_ref();
        match (&parts.device, parts.function(), &parts.auxiliary) {
            (Some(device), None, None) => {
                self.only(parts, "device", &["dma", "dma-pool", "dma-pools", "pool"]);
                self.once(task, format!("device `{device}`"), device, bound);
                let Some(index) = devices.iter().position(|one| one.name == *device.get_ref())
                else {
                    let hint = self.device_hint(device.get_ref());
                    self.problems.push(
                        Problem::new(
                            self.source,
                            device.span(),
                            format!(
                                "`{task}` binds `{device}`, which {} has not",
                                self.manifest.chip
                            ),
                        )
                        .label(format!("not in {}", self.chip_source.name()))
                        .hint(hint),
                    );
                    return None;
                };
                let pools = self.pools(task, rank, parts, grants);
                Some(Bind::Platform {
                    device: index,
                    pools,
                })
            }
            (None, Some(first), None) => {
                self.only(
                    parts,
                    "pci",
                    &["config-writes", "dma", "dma-pool", "dma-pools", "nth"],
                );
                self.once(task, function_text(parts), first, bound);
                self.has_pci(task, first);
                let pools = self.pools(task, rank, parts, grants);
                let functions = self.functions(parts)?;
                let dma = parts.dma.as_ref().is_some_and(|flag| *flag.get_ref());
                let writes = parts
                    .config_writes
                    .as_ref()
                    .is_some_and(|flag| *flag.get_ref());
                Some(Bind::Pci {
                    functions,
                    dma,
                    writes,
                    pools,
                })
            }
            (None, None, Some(name)) => {
                self.only(parts, "auxiliary", &["id"]);
                let id = parts.id.as_ref().map_or(0, |id| *id.get_ref());
                self.once(task, format!("auxiliary device `{name}` {id}"), name, bound);
                self.parent(task, name);
                Some(Bind::Auxiliary {
                    name: name.get_ref().clone(),
                    id,
                })
            }
            _ => {
                self.problems.push(
                    Problem::new(
                        self.source,
                        bind.span(),
                        format!("a binding of `{task}` is unclear"),
                    )
                    .label("names no device, or more than one")
                    .hint("write exactly one of `device`, `pci` (or `pci-class`, `pci-slot`) and `auxiliary`"),
                );
                None
            }
        }
    }

    /// Refuses keys that mean nothing for this kind of binding.
    fn only(&mut self, bind: &manifest::Bind, kind: &str, allowed: &[&str]) {
        let keys = [
            (
                "config-writes",
                bind.config_writes.as_ref().map(Spanned::span),
            ),
            ("dma", bind.dma.as_ref().map(Spanned::span)),
            ("dma-pool", bind.dma_pool.as_ref().map(Spanned::span)),
            ("dma-pools", bind.dma_pools.as_ref().map(Spanned::span)),
            ("id", bind.id.as_ref().map(Spanned::span)),
            ("nth", bind.nth.as_ref().map(Spanned::span)),
            ("pool", bind.pool.as_ref().map(Spanned::span)),
        ];
        for (key, span) in keys {
            if let Some(span) = span.filter(|_| !allowed.contains(&key)) {
                self.problems.push(
                    Problem::new(
                        self.source,
                        span,
                        format!("`{key}` means nothing with `{kind}`"),
                    )
                    .label("not for this kind of binding")
                    .hint(if allowed.is_empty() {
                        "leave it out".to_owned()
                    } else {
                        format!("with `{kind}` there may be: {}", allowed.join(", "))
                    }),
                );
            }
        }
    }

    /// No two bindings of one device.
    fn once(&mut self, task: &'a str, what: String, at: &Spanned<String>, bound: &mut Bound<'a>) {
        if let Some((other, span)) = bound.get(&what) {
            self.problems.push(
                Problem::new(self.source, at.span(), format!("{what} is bound twice"))
                    .label(format!("by `{task}`"))
                    .related(self.source, span.clone(), format!("by `{other}`"))
                    .hint(
                        "one task owns a device; others call it, or bind an auxiliary device of it",
                    ),
            );
        } else {
            bound.insert(what, (task, at.span()));
        }
    }

    /// The board has a bus for PCI functions.
    fn has_pci(&mut self, task: &str, pci: &Spanned<String>) {
        let discovers = |device: &manifest::Device| device.discovers.is_some();
        if !self.chip.devices.values().any(discovers) {
            let chip = &self.manifest.chip;
            self.problems.push(
                Problem::new(
                    self.source,
                    pci.span(),
                    format!("`{task}` binds a PCI function, and {chip} has no PCI"),
                )
                .label(format!(
                    "no device with `discovers = \"pci\"` in {}",
                    self.chip_source.name()
                ))
                .hint(self.device_hint("")),
            );
        }
    }

    /// The parent of an auxiliary device is a task, and offers it.
    fn parent(&mut self, task: &str, name: &Spanned<String>) {
        let parts = name.get_ref().split_once('.');
        let parent =
            parts.and_then(|(parent, part)| Some((parent, self.manifest.tasks.get(parent)?, part)));
        if let Some((parent, description, part)) = parent {
            if parent == task {
                self.problems.push(
                    Problem::new(
                        self.source,
                        name.span(),
                        format!("`{task}` binds what it offers itself"),
                    )
                    .label("an auxiliary device is for another task")
                    .hint("leave the binding out: it has that part of its device already"),
                );
            }
            let mut offers = description.offers.iter().flat_map(|list| list.get_ref());
            if !offers.any(|one| one.get_ref() == part) {
                self.problems.push(
                    Problem::new(
                        self.source,
                        name.span(),
                        format!("`{parent}` offers no `{part}`"),
                    )
                    .label("not among what it offers")
                    .hint(format!("add `{part}` to `offers` of `{parent}`")),
                );
            }
        } else {
            let parent = parts.map(|(parent, _)| parent);
            let hint = self.task_hint(parent.unwrap_or(name.get_ref()));
            self.problems.push(
                Problem::new(
                    self.source,
                    name.span(),
                    format!("`{name}` has no parent task"),
                )
                .label("write `<parent task>.<name>`")
                .hint(hint),
            );
        }
    }
}
