//! An app's page in a browser, while drivers are crashed by its buttons.
//!
//! Nothing that is judged depends on how fast this machine is: what shall happen is awaited.

use super::network::driver;
use super::part::{OnBoard, Part, Runs};
use super::shell::Shell;
use super::tally::Tally;
use crate::browser::Browser;
use crate::build::Bootable;
use crate::needs;
use crate::qemu::Clock;
use anyhow::{Context, Result, ensure};
use leasehold_build::Workspace;

/// The task that serves the page.
const TASK: &str = "web";
/// A driver that lends to others.
const PARENT: &str = "aux-parent";
/// Leases that end with the parent: its own, and those of its two devices, to the supervisor and to the child.
const LEASES: u64 = 5;
/// Least contrast of text. Source: WCAG 2.2, success criterion 1.4.3.
const CONTRAST: f64 = 4.5;
/// Width of a small phone, in CSS pixels. Source: WCAG 2.2, success criterion 1.4.10.
const NARROW: u32 = 320;

/// The lowest contrast of text and what is behind it, in the page.
const LOWEST: &str = "(() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => {
    const [r, g, b] = parts(colour).map((part) => part / 255)
      .map((part) => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const colour = getComputedStyle(node).backgroundColor;
      if (parts(colour)[3] !== 0) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  let lowest = 21;
  for (const node of document.querySelectorAll('h1, h2, p, span, th, td, button, pre')) {
    if (!node.textContent.trim()) continue;
    const [a, b] = [light(getComputedStyle(node).color), light(ground(node))];
    lowest = Math.min(lowest, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
  }
  return lowest;
})()";

/// The demo, on boards with PCI.
pub(super) const PART: OnBoard = OnBoard {
    part: Part::Page,
    what: "the page",
    app: "demo",
    task: Some(TASK),
    needs: &[],
    runs: Runs::On("virt-rv64"),
    tell,
};

/// The app `page`, on small boards.
pub(super) const SMALL: OnBoard = OnBoard {
    app: "page",
    runs: Runs::Asked,
    ..PART
};

/// Runs the app and judges its page.
fn tell(_workspace: &Workspace, mut bootable: Bootable) -> Result<Tally> {
    if needs::browser().is_none() {
        println!("not tried, there is no Chromium: `cargo xtask test --only page` brings it in");
        return Ok(Tally {
            skipped: 1,
            ..Tally::default()
        });
    }
    let address = bootable.open_page(0)?.context("the demo has no page")?;
    let mut shell = Shell::start(&bootable, Clock::Real)?;
    shell.until_prompt()?;
    let tasks = &bootable.built.plan.tasks;
    let mut seen = Seen {
        browser: Browser::start()?,
        tasks: tasks.len() as u64,
        network: driver(tasks).context("the app has no driver of a network")?,
    };
    let mut tally = Tally::default();
    let mut report = |name: &str, outcome| tally.judge("page", name, outcome);
    report("it_loads_and_needs_nothing_else", seen.loads(&address));
    report("it_changes_by_itself", seen.changes());
    report("a_revocation_and_a_recovery_are_seen", seen.revocation());
    report("it_goes_on_when_the_network_s_driver_dies", seen.network());
    report("the_focus_stays_where_it_was", seen.focus());
    report("it_is_read_in_the_dark", seen.dark());
    report("it_is_read_on_a_phone", seen.narrow());
    report("the_console_has_no_error", seen.quiet());
    shell.power_off()?;
    Ok(tally)
}

/// A browser with the page.
struct Seen {
    browser: Browser,
    /// How many tasks the board has.
    tasks: u64,
    /// The driver that the page comes through.
    network: String,
}

/// An expression: the generation of a task, as the page shows it.
fn generation(task: &str) -> String {
    format!(
        "Number([...document.querySelectorAll('#tasks tr')].find((row) => row.cells[0].textContent === '{task}')\
         ?.cells[2].textContent ?? 0)"
    )
}

impl Seen {
    fn loads(&mut self, address: &str) -> Result<()> {
        self.browser.wear(1200, 900, false)?;
        self.browser.go(address)?;
        self.live()?;
        let tasks = self.number("document.querySelectorAll('#tasks tr').length")?;
        let buttons = self.number("document.querySelectorAll('#tasks button').length")?;
        let leases = self.number("document.querySelectorAll('svg g').length")?;
        ensure!(tasks == self.tasks, "{tasks} tasks");
        ensure!(buttons >= 7 && buttons < tasks, "{buttons} buttons");
        ensure!(leases >= 10, "only {leases} leases");
        let log = self.number("document.querySelector('#log').textContent.length")?;
        ensure!(log > 500, "the log has only {log} characters");
        let outside = format!(
            "performance.getEntriesByType('resource').map((entry) => entry.name)\
             .filter((name) => !name.startsWith('{address}')).length"
        );
        ensure!(
            self.number(&outside)? == 0,
            "it loads something from elsewhere"
        );
        Ok(())
    }

    fn number(&mut self, expression: &str) -> Result<u64> {
        let found = self.browser.look(expression)?;
        found
            .as_u64()
            .with_context(|| format!("{expression} is {found}"))
    }

    fn live(&mut self) -> Result<()> {
        self.browser.until(
            "document.querySelector('#link')?.textContent === 'live'",
            "document.body?.innerText",
        )
    }

    fn changes(&mut self) -> Result<()> {
        self.browser
            .look("window.before = document.querySelector('#time').textContent")?;
        self.browser.until(
            "document.querySelector('#time').textContent !== window.before",
            "window.before",
        )
    }

    /// Goes to the button of a task by the keyboard alone, and presses it; gives the task's generation before.
    fn crash(&mut self, task: &str) -> Result<u64> {
        let before = self.number(&generation(task))?;
        self.browser.look("document.activeElement.blur()")?;
        let label = format!("Crash {task}");
        for _ in 0..100 {
            self.browser.press("Tab", 9, "")?;
            let at = self
                .browser
                .look("document.activeElement.getAttribute('aria-label')")?;
            if at == label {
                // Whoever uses the keyboard sees where it is.
                let outline = self
                    .browser
                    .look("getComputedStyle(document.activeElement).outlineStyle")?;
                ensure!(outline == "solid", "the focus is not to be seen: {outline}");
                self.browser.press("Enter", 13, "\r")?;
                return Ok(before);
            }
        }
        anyhow::bail!("no key leads to the button of {task}")
    }

    /// Waits until a task has a later generation than before.
    fn back(&mut self, task: &str, before: u64) -> Result<()> {
        let generation = generation(task);
        self.browser
            .until(&format!("{generation} > {before}"), &generation)
    }

    fn revocation(&mut self) -> Result<()> {
        self.browser.look(
            "window.most = 0; new MutationObserver(() => {
               window.most = Math.max(window.most, document.querySelectorAll('svg .revoked').length);
             }).observe(document.querySelector('svg'), { childList: true })",
        )?;
        let before = self.crash(PARENT)?;
        self.browser.until(
            &format!("window.most >= {LEASES}"),
            "[window.most, document.body.innerText]",
        )?;
        let said = self
            .browser
            .look("document.querySelector('#said').textContent")?;
        ensure!(
            said.as_str().is_some_and(|said| said.contains("revoked: ")),
            "it says {said}"
        );
        self.back(PARENT, before)?;
        self.browser.until(
            "document.querySelectorAll('svg .revoked').length === 0",
            "document.querySelector('svg').textContent",
        )
    }

    fn network(&mut self) -> Result<()> {
        let network = self.network.clone();
        let before = self.crash(&network)?;
        self.back(&network, before)?;
        self.changes()?;
        self.live()
    }

    fn focus(&mut self) -> Result<()> {
        let at = self
            .browser
            .look("document.activeElement.getAttribute('aria-label')")?;
        ensure!(at == format!("Crash {}", self.network), "it is at {at}");
        Ok(())
    }

    fn contrast(&mut self) -> Result<()> {
        let lowest = self.browser.look(LOWEST)?;
        let lowest = lowest.as_f64().context("no contrast")?;
        ensure!(lowest >= CONTRAST, "a contrast of only {lowest:.2}");
        Ok(())
    }

    fn dark(&mut self) -> Result<()> {
        let ground = "getComputedStyle(document.body).backgroundColor";
        ensure!(
            self.browser.look(ground)? == "rgb(255, 255, 255)",
            "it is not light"
        );
        self.contrast()?;
        self.browser.wear(1200, 900, true)?;
        ensure!(
            self.browser.look(ground)? == "rgb(16, 20, 28)",
            "it is not dark"
        );
        self.contrast()
    }

    fn narrow(&mut self) -> Result<()> {
        self.browser.wear(NARROW, 700, true)?;
        self.changes()?;
        self.changes()?;
        let width = self.number("document.documentElement.scrollWidth")?;
        ensure!(width <= u64::from(NARROW), "it is {width} pixels wide");
        // Source: WCAG 2.2, success criterion 2.5.8: 24 pixels.
        let small = self.number(
            "[...document.querySelectorAll('button')].map((one) => one.getBoundingClientRect())\
             .filter((one) => one.height < 24 || one.width < 24 || one.right > innerWidth).length",
        )?;
        ensure!(small == 0, "{small} buttons cannot be hit");
        Ok(())
    }

    fn quiet(&mut self) -> Result<()> {
        let complaints = self.browser.complaints()?;
        ensure!(complaints.is_empty(), "{}", complaints.join("\n"));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::root;
    use leasehold_build::plan::Authority;

    /// The manifest decides who crashes drivers from outside: this one task, which may order nothing else.
    #[test]
    fn the_page_s_task_has_the_call_that_it_needs_and_no_order() {
        let root = root::find().unwrap();
        for (app, board) in [
            ("demo", "virt-rv64"),
            ("demo", "virt-rv32"),
            ("page", "mps2-an385"),
        ] {
            let plan = leasehold_build::check(&root, app, board).unwrap();
            let named = |name: &str| plan.tasks.iter().find(|task| task.name == name).unwrap();
            let calls = |task: &str, peer: &str| {
                let index = plan.tasks.iter().position(|one| one.name == peer);
                named(task).calls & index.map_or(0, |index| 1 << index) != 0
            };
            for task in plan.tasks.iter().map(|task| &*task.name) {
                assert_eq!(calls(task, "crasher"), task == TASK, "{task} on {board}");
            }
            assert_eq!(named(TASK).authority, Authority::Observer);
            assert_eq!(named("crasher").authority, Authority::Operator);
            assert!(named("crasher").calls == 1 && named("crasher").binds.is_empty());
        }
    }
}
