//! Checks of a chip file's `[kernel]`: the platform is known, fits the arch, and is told all it wants.

use super::Checker;
use crate::manifest::Range;
use crate::platform::{PLATFORMS, Platform};
use crate::problem::{Problem, nearest};
use serde_spanned::Spanned;

/// The key beside the platform's own.
const KEY: &str = "platform";
/// The one device of the kernel's that a task may have as well: it is written to only before its driver
/// runs, and when all ends.
const CONSOLE: &str = "uart-base";

impl Checker<'_> {
    /// No task can get at the kernel's own interrupt controller, clock or power switch.
    pub(super) fn check_kernel_devices(&mut self) {
        let kernel = self.chip.kernel.get_ref();
        for (key, value) in kernel {
            let name = key.get_ref().as_str();
            let base = value
                .get_ref()
                .as_integer()
                .and_then(|base| u64::try_from(base).ok());
            let Some(base) = base.filter(|_| name.ends_with("-base") && name != CONSOLE) else {
                continue;
            };
            let own = Range { base, size: 1 };
            for (device, description) in &self.chip.devices {
                for window in &description.windows {
                    if !window.get_ref().range().overlaps(&own) {
                        continue;
                    }
                    self.problems.push(
                        Problem::new(
                            self.chip_source,
                            window.span(),
                            format!("a window of {device} is over the kernel's own device"),
                        )
                        .label("whoever binds it could take the kernel's place")
                        .related(self.chip_source, value.span(), format!("`{name}`"))
                        .hint("leave it out of [devices]"),
                    );
                }
            }
        }
    }

    /// Every field is there and a number, and no other.
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
    }

    /// The platform, where it is known and has this arch.
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
