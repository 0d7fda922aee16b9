//! Checks of a chip file's `[kernel]`: the build knows the platform, it fits the arch, and all its parameters are
//! there.

use super::Checker;
use crate::manifest::Range;
use crate::platform::{PLATFORMS, Platform};
use crate::problem::{Problem, nearest};
use serde_spanned::Spanned;

/// Bytes that the kernel's own tables map at once.
const GIGAPAGE: u64 = 1 << 30;

/// The key that is no parameter of the platform.
const KEY: &str = "platform";

impl Checker<'_> {
    /// The platform that the chip file names, if there is one of the name.
    pub(super) fn named_platform(&self) -> Option<&'static Platform> {
        Platform::from_name(self.chip.kernel.get_ref().get(KEY)?.get_ref().as_str()?)
    }

    /// A field of `[kernel]`, and its place in the file. None if it is no number from 0 on; another check reports that.
    pub(super) fn kernel_number(&self, field: &str) -> Option<(u64, std::ops::Range<usize>)> {
        let value = self.chip.kernel.get_ref().get(field)?;
        let number = u64::try_from(value.get_ref().as_integer()?).ok()?;
        Some((number, value.span()))
    }

    /// No task can bind the kernel's own interrupt controller, clock or power switch.
    pub(super) fn check_kernel_devices(&mut self) {
        let Some(platform) = self.named_platform() else {
            return;
        };
        let mut own: Vec<(Range, &str, std::ops::Range<usize>)> = Vec::new();
        for (name, size) in platform.own {
            if let Some((base, span)) = self.kernel_number(name) {
                own.push((Range { base, size: *size }, name, span));
            }
        }
        if let Some((base, size)) = self.arch.own_registers() {
            let span = self.chip.chip.arch.span();
            own.push((Range { base, size }, "the processor's own registers", span));
        }
        let line = platform
            .own_line
            .and_then(|name| Some((name, self.kernel_number(name)?)));
        for (device, description) in &self.chip.devices {
            let windows = description.windows.iter().filter_map(|window| {
                let range = window.get_ref().range();
                let (_, name, span) = own.iter().find(|(own, ..)| own.overlaps(&range))?;
                Some((window.span(), *name, span.clone()))
            });
            let lines = description.interrupts.iter().filter_map(|number| {
                let (name, (own, span)) = line.as_ref()?;
                (u64::from(*number.get_ref()) == *own).then(|| (number.span(), *name, span.clone()))
            });
            for (span, name, of) in windows.chain(lines) {
                self.problems.push(
                    Problem::new(
                        self.chip_source,
                        span,
                        format!("{device} has what is the kernel's own"),
                    )
                    .label("whoever binds it could take the kernel's place")
                    .related(self.chip_source, of, format!("`{name}`"))
                    .hint("leave it out of [devices]"),
                );
            }
        }
    }

    /// Every field is there and is a number, and there is no other field.
    pub(super) fn check_platform(&mut self) {
        let Some(platform) = self.platform() else {
            return;
        };
        let kernel = &self.chip.kernel;
        let mut fields = platform.fields.to_vec();
        for field in &fields {
            if !kernel.get_ref().contains_key(*field) {
                self.problems.push(
                    Problem::new(
                        self.chip_source,
                        kernel.span(),
                        format!("missing key `{field}`"),
                    )
                    .label(format!("platform {} wants it", platform.name))
                    .hint(format!("add `{field} = …` to [kernel]")),
                );
            }
        }
        fields.extend(platform.optional);
        fields.push(KEY);
        for (key, value) in kernel.get_ref() {
            let name = key.get_ref().as_str();
            if !fields.contains(&name) {
                let problem = Problem::new(
                    self.chip_source,
                    key.span(),
                    format!("unknown key `{name}`"),
                )
                .label(format!("platform {} has no such field", platform.name));
                self.problems
                    .push(match nearest(name, fields.iter().copied()) {
                        Some(near) => problem.hint(format!("did you mean `{near}`?")),
                        None => problem.hint(format!("its fields are: {}", fields.join(", "))),
                    });
            } else if name != KEY && value.get_ref().as_integer().is_none_or(|value| value < 0) {
                self.problems.push(
                    Problem::new(
                        self.chip_source,
                        value.span(),
                        format!("wrong type of `{name}`"),
                    )
                    .label("expected a whole number, not negative")
                    .hint("write a whole number, not negative, here"),
                );
            }
        }
        self.check_lines(platform);
        self.check_bases(platform);
    }

    /// The kernel can reach its own devices. With pages it sees them at the low bits of their addresses, a gigapage
    /// at once, and two gigapages must not be seen at one place.
    fn check_bases(&mut self, platform: &Platform) {
        let (reach, arch) = (self.arch.reach(), self.arch.name());
        let ram = self.chip.memory.for_image();
        let last = ram.end().saturating_sub(1) / GIGAPAGE;
        let mut seen: Vec<(u64, &str)> = (ram.base / GIGAPAGE..=last)
            .map(|gigapage| (gigapage, "memory.ram"))
            .collect();
        let fields = platform.fields.iter().chain(platform.optional);
        for field in fields.filter(|field| field.ends_with("-base")) {
            let Some((base, span)) = self.kernel_number(field) else {
                continue;
            };
            let gigapage = base / GIGAPAGE;
            let place = |gigapage: u64| gigapage % (reach / GIGAPAGE);
            let problem = Problem::new(
                self.chip_source,
                span,
                format!("kernel.{field} is out of reach"),
            );
            if !self.arch.has_pages() {
                if base >= reach {
                    self.problems.push(
                        problem
                            .label(format!("not below {reach:#x}"))
                            .hint(format!("addresses of {arch} end there")),
                    );
                }
                continue;
            }
            if let Some((_, other)) = seen
                .iter()
                .find(|(other, _)| *other != gigapage && place(*other) == place(gigapage))
            {
                self.problems.push(
                    problem
                        .label(format!("seen in the same gigapage as {other}"))
                        .hint(format!(
                            "on {arch} the kernel sees a device at the low 38 bits of its address"
                        )),
                );
            }
            seen.push((gigapage, field));
        }
    }

    /// The kernel has tables for a limited number of interrupt lines, and its own line is one of them.
    fn check_lines(&mut self, platform: &Platform) {
        let Some((lines, span)) = self.kernel_number(platform.lines) else {
            return;
        };
        let most = u64::from(platform.most_lines);
        if lines > most {
            self.problems.push(
                Problem::new(self.chip_source, span, format!("{lines} interrupt lines"))
                    .label("more than the kernel has tables for")
                    .hint(format!("write {most} or less")),
            );
        } else if let Some((own, span)) = platform.own_line.and_then(|own| self.kernel_number(own))
            && own >= lines
        {
            self.problems.push(
                Problem::new(
                    self.chip_source,
                    span,
                    format!("there is no interrupt {own}"),
                )
                .label(format!("the last one is {}", lines.saturating_sub(1)))
                .hint("correct the number, or how many lines there are"),
            );
        }
    }

    /// The platform, if the build knows it and it supports this arch.
    fn platform(&mut self) -> Option<&'static Platform> {
        let kernel = &self.chip.kernel;
        let names = || -> Vec<&str> { PLATFORMS.iter().map(|platform| platform.name).collect() };
        let Some(value) = kernel.get_ref().get(KEY) else {
            self.problems.push(
                Problem::new(
                    self.chip_source,
                    kernel.span(),
                    format!("missing key `{KEY}`"),
                )
                .label("in this table")
                .hint(format!(
                    "add `{KEY} = \"…\"`, one of: {}",
                    names().join(", ")
                )),
            );
            return None;
        };
        let written = value.get_ref().as_str().unwrap_or("");
        let Some(platform) = Platform::from_name(written) else {
            let hint = nearest(written, names()).map_or_else(
                || format!("the platforms are: {}", names().join(", ")),
                |name| format!("did you mean `{name}`?"),
            );
            self.problems.push(
                Problem::new(
                    self.chip_source,
                    value.span(),
                    format!("unknown platform {}", value.get_ref()),
                )
                .label("no machine of this name in kernel/src/platform")
                .hint(hint),
            );
            return None;
        };
        if !platform.archs.contains(&self.arch) {
            self.wrong_arch(platform, value);
            return None;
        }
        Some(platform)
    }

    fn wrong_arch(&mut self, platform: &Platform, value: &Spanned<toml::Value>) {
        let arch = self.arch;
        let archs: Vec<&str> = platform.archs.iter().map(|arch| arch.name()).collect();
        let fitting: Vec<&str> = PLATFORMS
            .iter()
            .filter(|platform| platform.archs.contains(&arch))
            .map(|platform| platform.name)
            .collect();
        self.problems.push(
            Problem::new(
                self.chip_source,
                value.span(),
                format!("platform {} is not for {}", platform.name, arch.name()),
            )
            .label(format!("for {}", archs.join(" and ")))
            .related(self.chip_source, self.chip.chip.arch.span(), "the arch")
            .hint(format!(
                "platforms for {} are: {}",
                arch.name(),
                fitting.join(", ")
            )),
        );
    }
}
