//! What there is to test, and what a part that needs a board says of itself.

use super::tally::Tally;
use crate::boards;
use crate::build::{self, Bootable};
use crate::emulator::Emulators;
use crate::needs::Work;
use anyhow::Result;
use leasehold_build::Workspace;

/// What there is to test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Part {
    /// Unit and documentation tests, on this machine.
    Host,
    /// The test suite, in the emulator.
    Board,
    /// The demo, driven through its shell.
    Story,
    /// The demo's display, while its driver ends and comes back, and a hostile driver of it; on one board when
    /// everything is run.
    Display,
    /// The demo's network, while its driver is killed again and again; on one board when everything is run.
    Network,
    /// The demo's page, in a browser; on one board when everything is run, if there is a browser.
    Page,
    /// The app `disk`: files are written while the disk's driver is killed; on one board when everything is run.
    Disk,
    /// The app `fan`, on the model of its board.
    Fan,
    /// The app `header`, on the model of its board.
    Header,
    /// The app `probe`, on the model of its board.
    Probe,
    /// The tutorial in CONTRIBUTING.md, up to the boot; only when it is asked for.
    Tutorial,
    /// The test suite, on the model's board that is like QEMU's `virt-rv64`.
    Model,
}

/// Where a part runs when everything is run. A board or a part that is asked for runs always.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Runs {
    /// On each board that it can.
    Always,
    /// It waits for the host's time, so it runs on this board alone.
    On(&'static str),
    /// Nowhere: it is like another part, on another kind of board.
    Asked,
}

impl Runs {
    /// Whether that is so on a board.
    pub(super) fn is_on(self, board: &str) -> bool {
        match self {
            Self::Always => true,
            Self::On(one) => one == board,
            Self::Asked => false,
        }
    }
}

/// A part that boots an app on a board, and judges what it does.
pub(super) struct OnBoard {
    pub(super) part: Part,
    /// What is tested, as it is printed: `the disk`.
    pub(super) what: &'static str,
    /// The app. The part runs on each board that the app has a manifest for.
    pub(super) app: &'static str,
    /// A task that the app must have there, or there is nothing to judge.
    pub(super) task: Option<&'static str>,
    /// What it needs of this machine, beside an emulator.
    pub(super) needs: &'static [Work],
    /// Where it runs when everything is run.
    pub(super) runs: Runs,
    /// Boots the app and judges it. An error says that it could not come to its end.
    pub(super) tell: fn(&Workspace, Bootable) -> Result<Tally>,
}

impl OnBoard {
    /// Whether there is something to judge on a board.
    pub(super) fn is_on(&self, workspace: &Workspace, board: &str) -> bool {
        match self.task {
            None => boards::has(workspace, self.app, board),
            Some(task) => boards::has_task(workspace, (self.app, board), task),
        }
    }

    /// Builds the app for a board, and judges it there.
    ///
    /// # Errors
    /// It cannot be built, or does not come to its end.
    pub(super) fn run(
        &self,
        workspace: &Workspace,
        emulators: &Emulators,
        board: &str,
    ) -> Result<Tally> {
        let bootable = build::bootable(workspace, emulators, self.app, board)?;
        println!("{}", bootable.machine);
        (self.tell)(workspace, bootable)
    }
}
