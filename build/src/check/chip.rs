//! Checks of a chip file: the build knows its hardware, and nothing overlaps.

use super::Checker;
use crate::arch::Arch;
use crate::manifest::{Chip, IMAGE_END, Range, Window, WindowKind};
use crate::problem::{Problem, Source, nearest};
use serde_spanned::Spanned;
use std::collections::BTreeMap;

/// The protection hardware that a chip names.
pub(super) fn arch(chip: &Chip, source: &Source) -> Result<Arch, Problem> {
    let name = &chip.chip.arch;
    Arch::from_name(name.get_ref()).ok_or_else(|| {
        Problem::new(source, name.span(), format!("unknown arch `{name}`"))
            .label("no protection hardware of this name")
            .hint(format!(
                "the known ones are: {}",
                Arch::ALL.map(Arch::name).join(", ")
            ))
    })
}

/// Bytes that a device's name may have (`userlib::supervisor::DEVICE_NAME`).
const MOST_DEVICE: usize = 32;

/// A named address range and where the file has it.
struct NamedRange {
    what: String,
    span: std::ops::Range<usize>,
    range: Range,
    /// The addresses at which a task sees it.
    seen: Range,
}

impl Checker<'_> {
    pub(super) fn check_chip(&mut self) {
        self.check_name();
        self.check_board();
        self.check_target();
        self.check_extensions();
        self.check_dma_cache();
        self.check_compiler();
        self.check_platform();
        self.check_kernel_devices();
        self.check_clock();
        self.check_memory();
        self.check_windows();
        self.check_interrupts();
        self.check_discovery();
    }

    fn check_name(&mut self) {
        let name = &self.chip.chip.name;
        if name.get_ref() != self.manifest.chip.get_ref() {
            self.problems.push(
                Problem::new(
                    self.header_source,
                    name.span(),
                    format!("chip named `{name}`"),
                )
                .label("not the name of its folder")
                .hint(format!("write `{}`", self.manifest.chip)),
            );
        }
    }

    /// A manifest with the name of a chip is for that chip.
    fn check_board(&mut self) {
        let chip = &self.manifest.chip;
        let board = self.board;
        if board != chip.get_ref() && crate::list::chips(self.root).iter().any(|one| one == board) {
            self.problems.push(
                Problem::new(
                    self.board_source,
                    chip.span(),
                    format!("the manifest for board {board} is for another board"),
                )
                .label(format!("not `{board}`"))
                .hint(format!(
                    "write `chip = \"{board}\"`, or rename the file to {chip}.toml"
                )),
            );
        }
    }

    /// The compiler's target is one of the protection hardware's, with soft floating point: the
    /// kernel saves no other registers.
    fn check_target(&mut self) {
        let target = &self.chip.chip.target;
        let begins = |start: &&str| target.get_ref().starts_with(*start);
        let starts = self.arch.targets();
        let (label, hint) = if !starts.iter().any(begins) {
            (
                format!("not a target of {}", self.arch.name()),
                format!("its targets begin with {}", starts.join(" or ")),
            )
        } else if target.get_ref().ends_with("eabihf") {
            (
                "passes numbers in floating-point registers".to_owned(),
                "use the target that ends with `eabi`".to_owned(),
            )
        } else {
            return;
        };
        self.problems.push(
            Problem::new(
                self.header_source,
                target.span(),
                format!("wrong target `{target}`"),
            )
            .label(label)
            .related(self.chip_source, self.chip.chip.arch.span(), "the arch")
            .hint(hint),
        );
    }

    /// What `userlib` can do about a cache.
    fn check_dma_cache(&mut self) {
        let Some(written) = &self.chip.chip.dma_cache else {
            return;
        };
        let known = self.arch.dma_caches();
        if known.contains(&written.get_ref().as_str()) {
            return;
        }
        let name = self.arch.name();
        let problem = Problem::new(
            self.chip_source,
            written.span(),
            format!("unknown instructions for a cache: `{written}`"),
        );
        self.problems.push(match known {
            [] => problem
                .label(format!("{name} has none that tasks could use"))
                .hint("leave it out where devices see what the processor writes"),
            known => problem
                .label(format!("expected {}", known.join(" or ")))
                .hint("leave it out where devices see what the processor writes"),
        });
    }

    /// What the build knows to be safe: instructions on integer registers, with no state that the kernel would save.
    fn check_extensions(&mut self) {
        let known = self.arch.extensions();
        for (number, extension) in self.chip.chip.extensions.iter().enumerate() {
            let name = extension.get_ref().as_str();
            let earlier = &self.chip.chip.extensions[..number];
            let (title, label) = if !known.contains(&name) {
                (
                    format!("unknown extension `{name}`"),
                    format!("not one of {}", self.arch.name()),
                )
            } else if earlier.iter().any(|one| one.get_ref() == name) {
                (
                    format!("extension `{name}` twice"),
                    "the second time".to_owned(),
                )
            } else {
                continue;
            };
            self.problems.push(
                Problem::new(self.header_source, extension.span(), title)
                    .label(label)
                    .hint(match known {
                        [] => "leave it out: its processors are told apart by `target`".to_owned(),
                        known => format!("there are: {}", known.join(", ")),
                    }),
            );
        }
    }

    /// The kernel counts in milliseconds.
    fn check_clock(&mut self) {
        let ticks = &self.chip.chip.ticks_per_second;
        let (title, hint) = match *ticks.get_ref() {
            0..1000 => (
                "the clock is too slow",
                "write 1000 or more: deadlines are in milliseconds",
            ),
            0x1_0000_0000.. => (
                "the clock is too fast",
                "no machine's clock counts four times a nanosecond",
            ),
            _ => return,
        };
        self.problems.push(
            Problem::new(self.chip_source, ticks.span(), title)
                .label("ticks in a second")
                .hint(hint),
        );
    }

    fn check_memory(&mut self) {
        let memory = &self.chip.memory;
        let granule = self.arch.granule();
        if !self.check_flash() {
            // Where the other parts should be is not known.
            return;
        }
        let ram = ("memory.ram", memory.ram.get_ref());
        let flash = memory.flash.as_ref();
        let for_kernel = flash.map_or(ram, |flash| ("memory.flash", flash.get_ref()));
        let mut parts = vec![("memory.kernel", &memory.kernel, for_kernel)];
        let firmware = memory.firmware.as_ref();
        parts.extend(firmware.map(|part| ("memory.firmware", part, ram)));
        let data = memory.kernel_data.as_ref();
        parts.extend(data.map(|part| ("memory.kernel-data", part, ram)));
        for (name, part, (whole, memory)) in &parts {
            let range = part.get_ref();
            if !memory.contains(range)
                || range.base % granule != 0
                || range.end() % granule != 0
                || range.size == 0
            {
                self.problems.push(
                    Problem::new(
                        self.chip_source,
                        part.span(),
                        format!("{name} is misplaced"),
                    )
                    .label(format!(
                        "empty, or not inside {whole} from one multiple of {granule} to another"
                    ))
                    .hint(format!("{name} is a part of {whole}")),
                );
            }
        }
        let kernel = &memory.kernel;
        if kernel.get_ref().end() > IMAGE_END {
            self.problems.push(
                Problem::new(
                    self.chip_source,
                    kernel.span(),
                    "memory.kernel is out of reach",
                )
                .label(format!("{:#x}..{:#x}", kernel.get_ref().base, kernel.get_ref().end()))
                .hint("an image lies below 4 GiB as a whole: put the kernel there; RAM may go on above"),
            );
        }
        let kernel = memory.kernel_ram();
        if let Some(firmware) = firmware
            && kernel.get_ref().overlaps(firmware.get_ref())
        {
            let name = if data.is_some() {
                "memory.kernel-data"
            } else {
                "memory.kernel"
            };
            self.problems.push(
                Problem::new(
                    self.chip_source,
                    kernel.span(),
                    format!("{name} overlaps memory.firmware"),
                )
                .label("the kernel's room")
                .related(self.chip_source, firmware.span(), "the firmware's")
                .hint(format!("put {name} after the firmware's end")),
            );
        }
    }

    /// Flash and the kernel's room in RAM belong together, and only a memory protection unit of Arm has regions that
    /// can lie in two memories. Whether all of that is so.
    fn check_flash(&mut self) -> bool {
        let memory = &self.chip.memory;
        let flash = match (&memory.flash, &memory.kernel_data) {
            (None, None) => return true,
            (Some(flash), Some(_)) => flash,
            (Some(flash), None) => {
                self.problems.push(
                    Problem::new(
                        self.chip_source,
                        flash.span(),
                        "memory.flash without memory.kernel-data",
                    )
                    .label("the kernel's text is here; its data must be in RAM")
                    .hint("add a table `[memory.kernel-data]`, room in memory.ram"),
                );
                return false;
            }
            (None, Some(data)) => {
                self.problems.push(
                    Problem::new(
                        self.chip_source,
                        data.span(),
                        "memory.kernel-data without memory.flash",
                    )
                    .label("without flash, memory.kernel has room for data too")
                    .hint("leave it out"),
                );
                return false;
            }
        };
        if !self.arch.splits() {
            self.problems.push(
                Problem::new(
                    self.chip_source,
                    flash.span(),
                    format!("no flash with {}", self.arch.name()),
                )
                .label("text and constants would lie apart from data")
                .hint("leave memory.flash and memory.kernel-data out"),
            );
        } else if flash.get_ref().overlaps(memory.ram.get_ref()) {
            self.problems.push(
                Problem::new(
                    self.chip_source,
                    flash.span(),
                    "memory.flash overlaps memory.ram",
                )
                .label("what is written cannot be flash")
                .related(self.chip_source, memory.ram.span(), "RAM")
                .hint("leave the flash out of memory.ram"),
            );
        } else {
            return true;
        }
        false
    }

    fn check_windows(&mut self) {
        let granule = self.arch.granule();
        let shared = if self.arch.has_pages() {
            "a page".to_owned()
        } else {
            format!("a unit of {granule} bytes")
        };
        let memory = &self.chip.memory;
        let memories = [
            ("memory.ram", Some(&memory.ram)),
            ("memory.flash", memory.flash.as_ref()),
        ];
        let memories = memories
            .into_iter()
            .filter_map(|(what, memory)| Some((what, memory?)));
        let mut places: Vec<NamedRange> = memories
            .map(|(what, memory)| NamedRange {
                what: what.into(),
                span: memory.span(),
                range: *memory.get_ref(),
                seen: *memory.get_ref(),
            })
            .collect();
        for (device, description) in &self.chip.devices {
            self.check_device_name(device);
            for window in &description.windows {
                self.check_window_name(device, window);
                let range = window.get_ref().range();
                let what = format!("{device}.{}", window.get_ref().name);
                if range.base % granule != 0 || range.size == 0 {
                    self.problems.push(
                        Problem::new(
                            self.chip_source,
                            window.span(),
                            format!("{what} is misplaced"),
                        )
                        .label(format!("not at a multiple of {granule}, or empty"))
                        .hint("protection works in whole granules"),
                    );
                }
                if let Some(end) = self.arch.address_space()
                    && range.end() > end
                {
                    self.problems.push(
                        Problem::new(
                            self.chip_source,
                            window.span(),
                            format!("{what} is out of reach"),
                        )
                        .label(format!("not below {end:#x}"))
                        .hint(format!(
                            "{} has addresses of 32 bits: leave the window out",
                            self.arch.name()
                        )),
                    );
                }
                if window.get_ref().kind == WindowKind::BusMaster {
                    continue;
                }
                let range = Range {
                    size: self.arch.round(range.size),
                    ..range
                };
                let seen = self.check_seen(&what, window, range, &places);
                if let Some(other) = places.iter().find(|other| other.range.overlaps(&range)) {
                    self.problems.push(
                        Problem::new(
                            self.chip_source,
                            window.span(),
                            format!("{what} overlaps {}", other.what),
                        )
                        .label(format!("{:#x}..{:#x}", range.base, range.end()))
                        .related(
                            self.chip_source,
                            other.span.clone(),
                            format!("{:#x}..{:#x}", other.range.base, other.range.end()),
                        )
                        .hint(format!(
                            "two resources must not share {shared}: correct a base or a size"
                        )),
                    );
                }
                places.push(NamedRange {
                    what,
                    span: window.span(),
                    range,
                    seen,
                });
            }
        }
    }

    /// A task sees a window at the low bits of its address. Windows must not overlap there.
    fn check_seen(
        &mut self,
        what: &str,
        window: &Spanned<Window>,
        range: Range,
        places: &[NamedRange],
    ) -> Range {
        let reach = self.arch.reach();
        let seen = Range {
            base: range.base % reach,
            ..range
        };
        if self.arch.address_space().is_none() && seen.end() > reach {
            self.problems.push(
                Problem::new(
                    self.chip_source,
                    window.span(),
                    format!("{what} is out of reach"),
                )
                .label(format!("goes over a multiple of {reach:#x}"))
                .hint("a task sees a window at the low 38 bits of its address: cut it in two, or leave it out"),
            );
        } else if let Some(other) = places
            .iter()
            .find(|other| other.seen.overlaps(&seen) && !other.range.overlaps(&range))
        {
            self.problems.push(
                Problem::new(
                    self.chip_source,
                    window.span(),
                    format!("{what} and {} are seen at one address", other.what),
                )
                .label(format!("{:#x}..{:#x}", range.base, range.end()))
                .related(
                    self.chip_source,
                    other.span.clone(),
                    format!("{:#x}..{:#x}", other.range.base, other.range.end()),
                )
                .hint("a task sees a window at the low 38 bits of its address: leave one out"),
            );
        }
        seen
    }

    /// A device is named at the shell, in the log and in `<parent task>.<name>`.
    fn check_device_name(&mut self, device: &Spanned<String>) {
        if !super::tasks::is_name(device.get_ref()) || device.get_ref().len() > MOST_DEVICE {
            self.problems.push(
                Problem::new(
                    self.chip_source,
                    device.span(),
                    format!("`{device}` is no name for a device"),
                )
                .label(format!("at most {MOST_DEVICE} of a-z, 0-9 and -"))
                .hint("choose another name"),
            );
        }
    }

    /// A lease has a device's windows and its interrupts by their names.
    fn check_window_name(&mut self, device: &Spanned<String>, window: &Spanned<Window>) {
        let name = &window.get_ref().name;
        let is_line = name
            .strip_prefix("irq")
            .is_some_and(|number| number.parse::<u32>().is_ok());
        if !super::tasks::is_name(name) || is_line {
            self.problems.push(
                Problem::new(
                    self.chip_source,
                    window.span(),
                    format!("`{name}` is no name for a window of `{device}`"),
                )
                .label(if is_line {
                    "the name of an interrupt"
                } else {
                    "of a-z, 0-9 and -"
                })
                .hint("choose another name"),
            );
        }
    }

    fn check_interrupts(&mut self) {
        let mut lines: BTreeMap<u32, (&str, std::ops::Range<usize>)> = BTreeMap::new();
        let there = self.lines();
        for (device, description) in &self.chip.devices {
            for line in &description.interrupts {
                if let Some(there) = &there
                    && !there.contains(line.get_ref())
                {
                    self.problems.push(
                        Problem::new(
                            self.chip_source,
                            line.span(),
                            format!("there is no interrupt {line}"),
                        )
                        .label(format!(
                            "not one of {} to {}",
                            there.start,
                            there.end.saturating_sub(1)
                        ))
                        .related(self.chip_source, self.chip.kernel.span(), "by this table")
                        .hint("correct the number, or how many lines there are"),
                    );
                }
                if let Some((other, span)) = lines.get(line.get_ref()) {
                    self.problems.push(
                        Problem::new(
                            self.chip_source,
                            line.span(),
                            format!("interrupt {line} is in two devices"),
                        )
                        .label(format!("here of `{device}`"))
                        .related(self.chip_source, span.clone(), format!("here of `{other}`"))
                        .hint("give each device its own line"),
                    );
                }
                lines.insert(*line.get_ref(), (device.get_ref(), line.span()));
            }
        }
    }

    /// A device with `discovers` has configuration space, and is the only one of its chip.
    fn check_discovery(&mut self) {
        let mut before: Option<(&str, std::ops::Range<usize>)> = None;
        for (name, device) in &self.chip.devices {
            let Some(discovers) = &device.discovers else {
                continue;
            };
            let config = |window: &Spanned<Window>| window.get_ref().kind == WindowKind::Config;
            if !device.windows.iter().any(config) {
                self.problems.push(
                    Problem::new(
                        self.chip_source,
                        discovers.span(),
                        format!("`{name}` cannot discover PCI functions"),
                    )
                    .label("has no window of kind `config`")
                    .hint("add the window with its configuration space, or leave `discovers` out"),
                );
            }
            if let Some((other, span)) = &before {
                self.problems.push(
                    Problem::new(
                        self.chip_source,
                        discovers.span(),
                        "two devices discover PCI functions",
                    )
                    .label(format!("`{name}`"))
                    .related(self.chip_source, span.clone(), format!("`{other}`"))
                    .hint("the supervisor keeps the functions of one host bridge: leave one out"),
                );
            }
            before = Some((name.get_ref(), discovers.span()));
        }
    }

    /// The interrupt lines that the kernel can use, where `[kernel]` says how many there are.
    fn lines(&self) -> Option<std::ops::Range<u32>> {
        let platform = self.named_platform()?;
        let (lines, _) = self.kernel_number(platform.lines)?;
        let end = u32::try_from(lines).ok()?.min(platform.most_lines);
        Some(platform.no_lines..end)
    }

    /// "did you mean", or the list of devices.
    pub(super) fn device_hint(&self, written: &str) -> String {
        let names: Vec<&str> = self
            .chip
            .devices
            .keys()
            .map(|name| name.get_ref().as_str())
            .collect();
        nearest(written, names.iter().copied()).map_or_else(
            || {
                format!(
                    "the devices of {} are: {}",
                    self.manifest.chip,
                    names.join(", ")
                )
            },
            |name| format!("did you mean `{name}`?"),
        )
    }
}
