//! Checks that need the compiler: its targets and its processors.

use super::Checker;
use crate::problem::{Problem, nearest};
use serde_spanned::Spanned;
use std::process::Command;
use std::sync::OnceLock;

impl Checker<'_> {
    pub(super) fn check_compiler(&mut self) {
        static TARGETS: OnceLock<Option<String>> = OnceLock::new();
        let target = &self.chip.chip.target;
        let targets = TARGETS.get_or_init(|| ask(&["--print", "target-list"]));
        // Without a compiler the build fails later, and says so.
        let Some(targets) = targets else { return };
        if !targets.lines().any(|known| known == target.get_ref()) {
            let of_arch = |known: &&str| {
                let begins = |start: &&str| known.starts_with(start);
                self.arch.targets().iter().any(begins) && known.contains("-none-")
            };
            let known: Vec<&str> = targets.lines().filter(of_arch).collect();
            self.unknown(target, "target", &known);
        } else if let Some(processor) = &self.chip.chip.floating_point
            && let Some(text) = ask(&["--print", "target-cpus", "--target", target.get_ref()])
        {
            // Below a heading, each name is the first word of an indented line.
            let names = text.lines().filter(|line| line.starts_with(' '));
            let known: Vec<&str> = names
                .filter_map(|line| line.split_whitespace().next())
                .collect();
            if !known.contains(&processor.get_ref().as_str()) {
                self.unknown(processor, "processor", &known);
            }
        }
    }

    fn unknown(&mut self, name: &Spanned<String>, what: &str, known: &[&str]) {
        let near = nearest(name.get_ref(), known.iter().copied());
        self.problems.push(
            Problem::new(
                self.header_source,
                name.span(),
                format!("the compiler knows no {what} `{name}`"),
            )
            .label(format!("not a {what} of rustc's"))
            .hint(match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!(
                    "`rustc --print target-{}` lists them",
                    if what == "target" {
                        "list"
                    } else {
                        "cpus --target TARGET"
                    }
                ),
            }),
        );
    }
}

/// What rustc prints.
fn ask(arguments: &[&str]) -> Option<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then_some(text)
}
