//! Values of a task's keys that have the right type but make no sense: they would have no effect, or an effect that was
//! not meant.

use super::Checker;
use crate::manifest::{self, RestartPolicy};
use crate::problem::Problem;
use leasehold_abi::MOST_ENDS;
use serde_spanned::Spanned;
use std::collections::BTreeMap;
use std::ops::Range;

/// No task can run with less stack than this. It needs room for the start, a call and a panic with its message of 160
/// bytes, and for what an interrupt pushes (104 bytes on an Arm processor with floating point: Armv7-M, B1.5.6).
const LEAST_STACK: i64 = 512;
/// Bytes that the name of an auxiliary device, with its task's name, may have. Shell and log show so many
/// (`userlib::supervisor::DEVICE_NAME`), minus the `#` and one digit of its number.
const MOST_OFFER: usize = 30;
/// For so long the supervisor waits for a child before it takes the auxiliary device itself (`ORDERLY_PATIENCE`). So
/// its own deadline must come later. In milliseconds.
const PATIENCE: u32 = 100;

impl Checker<'_> {
    pub(super) fn check_values(&mut self) {
        let manifest = self.manifest;
        for (name, task) in &manifest.tasks {
            self.check_lists(name, task);
            self.check_offers(name, task);
            self.check_deadline(name, task);
            self.check_heartbeat(name, task);
            self.check_restart(name, task);
            self.check_stack(name, task);
            self.check_window_counts(name, task);
        }
    }

    fn wrong(&mut self, span: Range<usize>, title: String, label: &str, hint: impl Into<Box<str>>) {
        self.problems.push(
            Problem::new(self.source, span, title)
                .label(label)
                .hint(hint),
        );
    }

    fn doubtful(&mut self, span: Range<usize>, title: String, label: &str, hint: &str) {
        let problem = Problem::new(self.source, span, title).label(label);
        self.problems.push(problem.hint(hint).warning());
    }

    /// No list is empty or contains an element twice. A task that cannot call the supervisor cannot log.
    fn check_lists(&mut self, name: &Spanned<String>, task: &manifest::Task) {
        let lists = [
            ("calls", &task.calls),
            ("notifies", &task.notifies),
            ("lends", &task.lends),
            ("offers", &task.offers),
        ];
        for (key, list) in lists {
            let Some(list) = list else { continue };
            let span = list.span();
            let mut seen: BTreeMap<&str, Range<usize>> = BTreeMap::new();
            for entry in list.get_ref() {
                if let Some(first) = seen.insert(entry.get_ref(), entry.span()) {
                    self.problems.push(
                        Problem::new(
                            self.source,
                            entry.span(),
                            format!("`{name}` {key} `{entry}` twice"),
                        )
                        .label("the second")
                        .related(self.source, first, "the first")
                        .hint("leave one out"),
                    );
                }
            }
            if list.get_ref().is_empty() && key != "calls" {
                let title = format!("`{name}` {key} nothing");
                self.doubtful(span, title, "an empty list", "leave it out");
            }
        }
        if let Some(own) = task
            .lends
            .iter()
            .flat_map(|list| list.get_ref())
            .find(|peer| *peer == name)
        {
            let title = format!("`{name}` lends to itself");
            self.wrong(
                own.span(),
                title,
                "the same task",
                "leave it out: what it has it need not lend itself",
            );
        }
        let (calls, supervisor) = (self.calls(task), self.order[0]);
        if name.get_ref() != supervisor && !calls.contains(&supervisor) {
            let span = task.calls.as_ref().map_or(name.span(), Spanned::span);
            self.problems.push(
                Problem::new(
                    self.source,
                    span,
                    format!("`{name}` does not call the supervisor"),
                )
                .label("so nothing that it logs is seen, and no refusal of a device")
                .hint(format!("add `{supervisor}` to its `calls`"))
                .warning(),
            );
        }
    }

    fn calls(&self, task: &manifest::Task) -> Vec<&str> {
        let calls = task.calls.iter().flat_map(|list| list.get_ref());
        let ranked = |call: &Spanned<String>| {
            self.order
                .iter()
                .copied()
                .find(|name| name == call.get_ref())
        };
        calls.filter_map(ranked).collect()
    }

    /// Checks names of auxiliary devices, which are typed and shown as `<task>.<name>#<id>`. A task without a binding
    /// and without an arena has nothing to offer.
    fn check_offers(&mut self, name: &Spanned<String>, task: &manifest::Task) {
        for offer in task.offers.iter().flat_map(|list| list.get_ref()) {
            let text = offer.get_ref();
            if !super::tasks::is_name(text) || name.get_ref().len() + 1 + text.len() > MOST_OFFER {
                let title = format!("`{text}` is no name for an auxiliary device");
                let label =
                    format!("of a-z, 0-9 and -, at most {MOST_OFFER} with `{name}.` before it");
                self.wrong(
                    offer.span(),
                    title,
                    &label,
                    "write the name alone: the task's comes before it by itself",
                );
            }
        }
        let Some(offers) = task
            .offers
            .as_ref()
            .filter(|list| !list.get_ref().is_empty())
        else {
            return;
        };
        let arena = task.arena.as_ref().map_or(0, |arena| *arena.get_ref());
        if task.binds.is_empty() {
            let title = format!("`{name}` offers parts of a device and binds none");
            self.wrong(
                offers.span(),
                title,
                "of what?",
                "an auxiliary device is registered under a binding: add one",
            );
        } else if arena == 0 {
            let title = format!("`{name}` offers an auxiliary device and has no arena");
            self.wrong(
                offers.span(),
                title,
                "its payload lies in the arena",
                "add `arena = 4096`",
            );
        }
    }

    /// Nobody can be told all the time, and the supervisor knows.
    fn check_heartbeat(&mut self, name: &Spanned<String>, task: &manifest::Task) {
        let Some(heartbeat) = &task.heartbeat_ms else {
            return;
        };
        if *heartbeat.get_ref() == 0 {
            let title = format!("`{name}` would be told all the time that the supervisor works");
            let label = "not a time";
            self.wrong(heartbeat.span(), title, label, "leave it out for never");
        } else if name.get_ref() == self.order[0] {
            let title = format!("`{name}` would tell itself that it works");
            let label = "for another task";
            self.wrong(
                heartbeat.span(),
                title,
                label,
                "give it to a watchdog's driver",
            );
        }
    }

    /// A lessee needs time to release.
    fn check_deadline(&mut self, name: &Spanned<String>, task: &manifest::Task) {
        let Some(release) = &task.release_ms else {
            return;
        };
        if *release.get_ref() == 0 {
            let title = format!("`{name}` has no time to release a lease");
            self.wrong(
                release.span(),
                title,
                "it would be stopped at every revocation",
                "leave it out for 200",
            );
        }
        let lends_on = self.manifest.tasks.values().flat_map(|task| &task.binds);
        if name.get_ref() == self.order[0]
            && (1..=PATIENCE).contains(release.get_ref())
            && lends_on
                .into_iter()
                .any(|bind| bind.get_ref().auxiliary.is_some())
        {
            let title = format!("`{name}` would be stopped for an auxiliary device that ends");
            let label = format!("it gives the child {PATIENCE} ms first");
            self.wrong(release.span(), title, &label, "leave it out for 200");
        }
    }

    fn check_restart(&mut self, name: &Spanned<String>, task: &manifest::Task) {
        let restart = &task.restart;
        let keys = [
            ("backoff-ms", &restart.backoff_ms),
            ("limit", &restart.limit),
            ("window-ms", &restart.window_ms),
        ];
        for (key, value) in keys {
            let Some(value) = value else { continue };
            if restart.policy == RestartPolicy::Never {
                let title = format!("`{key}` means nothing for `{name}`");
                self.wrong(
                    value.span(),
                    title,
                    "its policy is never to start again",
                    "leave it out",
                );
            } else if *value.get_ref() == 0 && key != "backoff-ms" {
                let title = format!("`{name}` would go into quarantine at once, or never");
                self.wrong(
                    value.span(),
                    title,
                    "0",
                    "leave it out for 5 ends in 10000 ms, or write `policy = \"never\"`",
                );
            }
        }
        if let Some(limit) = &restart.limit
            && *limit.get_ref() > MOST_ENDS as u32
        {
            let title = format!("the supervisor does not count {limit} ends of `{name}`");
            let label = format!("at most {MOST_ENDS}");
            self.wrong(
                limit.span(),
                title,
                &label,
                format!("write {MOST_ENDS} or less"),
            );
        }
    }

    fn check_stack(&mut self, name: &Spanned<String>, task: &manifest::Task) {
        let stack = &task.stack;
        if (1..LEAST_STACK).contains(stack.get_ref()) {
            let title = format!("stack of `{name}` is too small for any task");
            let label = format!("less than {LEAST_STACK} bytes");
            self.wrong(
                stack.span(),
                title,
                &label,
                "4096 is enough for a small driver",
            );
        }
    }

    /// A binding cannot claim more windows than its device has.
    fn check_window_counts(&mut self, name: &Spanned<String>, task: &manifest::Task) {
        for bind in &task.binds {
            let bind = bind.get_ref();
            let Some(windows) = &bind.windows else {
                continue;
            };
            let most = self.most_windows(bind);
            let written = *windows.get_ref();
            if written > most {
                let title = format!("`{name}` cannot claim {written} windows of this device");
                let label = format!("it has at most {most}");
                self.wrong(
                    windows.span(),
                    title,
                    &label,
                    "leave it out for all of them",
                );
            } else if written == 0 && most > 0 {
                let title = format!("`{name}` could claim no window of what it binds");
                self.wrong(
                    windows.span(),
                    title,
                    "0 at once",
                    "write 1 or more, or leave it out",
                );
            }
        }
        if let Some(windows) = &task.windows {
            let mut lenders = self
                .manifest
                .tasks
                .values()
                .filter_map(|task| task.lends.as_ref());
            if !lenders.any(|lends| lends.get_ref().iter().any(|lessee| lessee == name)) {
                let title = format!("nobody lends `{name}` a window");
                self.wrong(
                    windows.span(),
                    title,
                    "not in any task's `lends`",
                    "leave it out; a binding has a `windows` of its own",
                );
            }
        }
    }
}
