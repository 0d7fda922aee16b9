//! A session at the terminal: its screen, the supervisor, and how much of the log was shown.

use crate::screen::Screen;
use driver_interfaces::ConsoleClient;
use leasehold_abi::{Error, Notifications};
use userlib::supervisor::{self, SupervisorClient};

/// Bytes of log lines fetched at once.
const LOG_BYTES: usize = 480;

/// A person at a terminal.
#[derive(Debug)]
pub struct Session {
    /// Where output goes.
    pub screen: Screen,
    /// The supervisor.
    pub supervisor: SupervisorClient,
    /// Number of the next log line to show.
    log: u64,
}

impl Session {
    /// Finds everybody. From now on new log lines post notification `log`.
    ///
    /// # Errors
    /// `NotFound` when the image lacks a task that the shell needs.
    pub fn new(log: Notifications) -> Result<Self, Error> {
        let mut supervisor = supervisor::connect()?;
        let log = supervisor.watch_log(log)?;
        Ok(Self {
            screen: Screen::new(ConsoleClient::connect("console")?),
            supervisor,
            log,
        })
    }

    /// Whether there are lines that are not shown yet. The lines of a command are shown with it.
    pub fn log_has_more(&mut self) -> bool {
        let mut bytes = [0; LOG_BYTES];
        let cursor = self.log;
        self.supervisor
            .read_log(cursor, &mut bytes)
            .is_ok_and(|[_, count]| count > 0)
    }

    /// Shows the log lines that are new.
    pub fn show_log(&mut self) {
        let mut cursor = self.log;
        // At most as many rounds as a full log needs, so that a task that logs without end cannot block the shell.
        for _ in 0..64 {
            let mut bytes = [0; LOG_BYTES];
            let Ok([next, count]) = self.supervisor.read_log(cursor, &mut bytes) else {
                break;
            };
            if count == 0 {
                break;
            }
            self.screen.put(&bytes[..(count as usize).min(LOG_BYTES)]);
            cursor = next;
        }
        self.log = cursor;
    }

    /// Shows all log lines that are kept.
    pub fn show_whole_log(&mut self) {
        self.log = 0;
        self.show_log();
    }
}
