//! Checks of the tasks themselves: names, packages, priorities, sizes; and their ranks.

use super::Checker;
use crate::manifest::{self, Manifest, RestartPolicy};
use crate::plan::{Authority, Bind, Restart, Shares, Task};
use crate::problem::Problem;
use leasehold_abi::NAME_LENGTH;
use serde_spanned::Spanned;

/// Names of the tasks by rank: by priority, and where that is equal, in the manifest's order.
/// The first is the supervisor.
pub(super) fn order(manifest: &Manifest) -> Vec<&str> {
    let mut names: Vec<_> = manifest
        .tasks
        .iter()
        .map(|(name, task)| {
            (
                *task.priority.get_ref(),
                name.span().start,
                name.get_ref().as_str(),
            )
        })
        .collect();
    names.sort_unstable();
    names.into_iter().map(|(_, _, name)| name).collect()
}

impl Checker<'_> {
    pub(super) fn check_tasks(&mut self) {
        let manifest = self.manifest;
        for (name, task) in &manifest.tasks {
            self.check_name_of(name);
            self.check_sizes(name, task);
            self.check_floating_point(name, task);
            self.check_authority(name, task);
        }
        self.check_supervisor();
        if let Some((name, _)) = manifest.tasks.iter().nth(self.arch.most_tasks()) {
            self.problems.push(
                Problem::new(
                    self.source,
                    name.span(),
                    format!("{} tasks are too many", manifest.tasks.len()),
                )
                .label(format!(
                    "an image for this chip has at most {}",
                    self.arch.most_tasks()
                ))
                .hint("put two jobs into one task, or leave some out"),
            );
        }
    }

    fn check_name_of(&mut self, name: &Spanned<String>) {
        let text = name.get_ref();
        if text.len() > NAME_LENGTH || !is_name(text) {
            self.problems.push(
                Problem::new(
                    self.source,
                    name.span(),
                    format!("`{text}` is no name for a task"),
                )
                .label(format!("at most {NAME_LENGTH} of a-z, 0-9 and -"))
                .hint("choose another name"),
            );
        }
    }

    fn check_sizes(&mut self, name: &Spanned<String>, task: &manifest::Task) {
        let stack = *task.stack.get_ref();
        if stack <= 0 {
            self.problems.push(
                Problem::new(
                    self.source,
                    task.stack.span(),
                    format!("stack of `{name}` is not positive"),
                )
                .label("bytes of stack")
                .hint("4096 is enough for a small driver"),
            );
        } else if stack % 16 != 0 {
            self.problems.push(
                Problem::new(
                    self.source,
                    task.stack.span(),
                    format!("stack of `{name}` is not a multiple of 16"),
                )
                .label("bytes of stack")
                .hint(format!("write {}", (stack as u64).next_multiple_of(16))),
            );
        }
        // A size larger than this board's memory is reported later, with everything that shares the memory.
        let sizes = [("stack", Some(&task.stack)), ("arena", task.arena.as_ref())];
        for (what, size) in sizes {
            let Some(size) = size.filter(|size| *size.get_ref() > u32::MAX.into()) else {
                continue;
            };
            self.problems.push(
                Problem::new(
                    self.source,
                    size.span(),
                    format!("{what} of `{name}` is larger than any memory"),
                )
                .label("an image lies below 4 GiB")
                .hint("write a number of bytes"),
            );
        }
        if let Some(arena) = task.arena.as_ref().filter(|arena| *arena.get_ref() < 0) {
            self.problems.push(
                Problem::new(
                    self.source,
                    arena.span(),
                    format!("arena of `{name}` is negative"),
                )
                .label("bytes that it may lend")
                .hint("leave it out for none"),
            );
        }
    }

    fn check_floating_point(&mut self, name: &Spanned<String>, task: &manifest::Task) {
        if let Some(on) = task.floating_point.as_ref().filter(|on| *on.get_ref())
            && self.chip.chip.floating_point.is_none()
        {
            self.problems.push(
                Problem::new(
                    self.source,
                    on.span(),
                    format!("`{name}` wants floating point"),
                )
                .label(format!("{} has no floating-point unit", self.manifest.chip))
                .hint("leave it out: the compiler's own arithmetic does without"),
            );
        }
    }

    /// Orders and looks are calls to the supervisor, and the supervisor cannot call itself.
    fn check_authority(&mut self, name: &Spanned<String>, task: &manifest::Task) {
        let is_on = |on: &&Spanned<bool>| *on.get_ref();
        let operator = task.operator.as_ref().filter(is_on);
        let observer = task.observer.as_ref().filter(is_on);
        if let (Some(_), Some(observer)) = (operator, observer) {
            self.problems.push(
                Problem::new(
                    self.source,
                    observer.span(),
                    format!("`{name}` is the operator's, and need not be an observer"),
                )
                .label("an operator may look at everything")
                .hint("leave it out"),
            );
        }
        let (on, role) = match (operator, observer) {
            (Some(on), _) => (on, "the operator's"),
            (None, Some(on)) => (on, "an observer"),
            (None, None) => return,
        };
        let supervisor = self.order[0];
        let mut calls = task.calls.iter().flat_map(|list| list.get_ref());
        if !calls.any(|peer| peer.get_ref() == supervisor) {
            self.problems.push(
                Problem::new(
                    self.source,
                    on.span(),
                    format!("`{name}` is {role} and does not call the supervisor"),
                )
                .label("orders and questions are calls to the supervisor")
                .hint(if name.get_ref() == supervisor {
                    "leave it out: the supervisor asks itself nothing".to_owned()
                } else {
                    format!("add `{supervisor}` to `calls` of `{name}`")
                }),
            );
        }
    }

    fn check_supervisor(&mut self) {
        let Some((name, supervisor)) = self
            .order
            .first()
            .and_then(|name| self.manifest.tasks.get_key_value(*name))
        else {
            self.problems.push(
                Problem::new(self.source, 0..0, "there are no tasks")
                    .label("no [tasks.…]")
                    .hint("the first task is the supervisor: it holds the root lease and starts the others"),
            );
            return;
        };
        if let Some(off) = supervisor.autostart.as_ref().filter(|on| !*on.get_ref()) {
            self.problems.push(
                Problem::new(
                    self.source,
                    off.span(),
                    format!("the supervisor `{name}` always starts"),
                )
                .label("who else should start it?")
                .hint("leave it out"),
            );
        }
        for (other, task) in self
            .manifest
            .tasks
            .iter()
            .filter(|(other, _)| *other != name)
        {
            if task.priority.get_ref() <= supervisor.priority.get_ref() {
                self.problems.push(
                    Problem::new(
                        self.source,
                        task.priority.span(),
                        format!("`{other}` does not run after the supervisor"),
                    )
                    .label("lower runs first")
                    .related(
                        self.source,
                        supervisor.priority.span(),
                        "the supervisor's priority",
                    )
                    .hint(format!(
                        "write {} or more",
                        supervisor.priority.get_ref() + 1
                    )),
                );
            }
        }
    }

    /// The tasks by rank, with their bindings.
    pub(super) fn tasks(&mut self, binds: Vec<Vec<Bind>>, entries: &[u32]) -> Vec<Task> {
        let manifest = self.manifest;
        let order = self.order.clone();
        let packages = crate::packages::programs(self.root);
        let mut tasks = Vec::new();
        for (rank, (name, binds)) in order.into_iter().zip(binds).enumerate() {
            let (key, task) = manifest
                .tasks
                .get_key_value(name)
                .expect("ranked from this map");
            let (calls, notifies, lends) = self.peers(rank, name, task);
            tasks.push(Task {
                name: name.to_owned(),
                span: key.span(),
                package: task.package.get_ref().clone(),
                binary: self.program(&packages, task),
                priority: *task.priority.get_ref(),
                stack: sane(*task.stack.get_ref()),
                unchecked_stack: task
                    .unchecked_stack
                    .as_ref()
                    .is_some_and(|on| *on.get_ref()),
                arena: task
                    .arena
                    .as_ref()
                    .map_or(0, |arena| sane(*arena.get_ref()))
                    .next_multiple_of(self.arch.lend_granule()),
                autostart: rank == 0 || task.autostart.as_ref().is_some_and(|on| *on.get_ref()),
                floating_point: task.floating_point.as_ref().is_some_and(|on| *on.get_ref()),
                peers: self.listed(task),
                calls,
                notifies,
                lends,
                // They are computed later, with the sizes of the tables.
                shares: Shares::default(),
                release_ms: task.release_ms.as_ref().map_or(200, |time| *time.get_ref()),
                offers: task
                    .offers
                    .iter()
                    .flat_map(|list| list.get_ref())
                    .map(|offer| format!("{name}.{offer}"))
                    .collect(),
                window_limits: self.window_limits(task),
                binds,
                restart: restart(&task.restart),
                heartbeat_ms: task.heartbeat_ms.as_ref().map_or(0, |time| *time.get_ref()),
                authority: authority(task),
                entries: entries[rank],
            });
        }
        tasks
    }
}

fn restart(written: &manifest::Restart) -> Restart {
    let value =
        |key: &Option<Spanned<u32>>, absent| key.as_ref().map_or(absent, |value| *value.get_ref());
    Restart {
        always: written.policy == RestartPolicy::Always,
        backoff_ms: value(&written.backoff_ms, 20),
        limit: value(&written.limit, 5),
        window_ms: value(&written.window_ms, 10_000),
    }
}

/// Whether this is a name that people can type: for tasks, devices and their parts.
pub(super) fn is_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && !text.starts_with('-') && text.bytes().all(allowed)
}

/// A number of bytes. After an error it is a placeholder, so that the checks can continue.
fn sane(bytes: i64) -> u64 {
    bytes.clamp(0, u32::MAX.into()).unsigned_abs()
}

/// What a task may ask of the supervisor, by its two keys.
fn authority(task: &manifest::Task) -> Authority {
    let is_on = |key: &Option<Spanned<bool>>| key.as_ref().is_some_and(|on| *on.get_ref());
    match (is_on(&task.operator), is_on(&task.observer)) {
        (true, _) => Authority::Operator,
        (false, true) => Authority::Observer,
        (false, false) => Authority::Own,
    }
}
