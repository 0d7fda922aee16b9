//! Keeps the log on the disk, across boots.
//!
//! Once a second the new lines of the log are written to a file and flushed. Without a disk the task waits for one; a
//! disk whose driver is away only delays it. Nothing of the log is lost meanwhile but what the supervisor no longer
//! has.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

pub mod journal;
pub mod settings;
pub mod store;

use driver_interfaces::{StorageClient, StorageError};
use journal::{BOOT, Journal};
use store::{Store, Why};
use userlib::supervisor::{self, SupervisorClient};
use userlib::{Error, wait};

/// Between two looks at the log, in milliseconds.
const STEP: u64 = 1000;
/// Bytes of log lines that are fetched at once.
const LINES: usize = 480;

/// What goes to the file, and from where on.
struct Keeper {
    supervisor: SupervisorClient,
    journal: Option<Journal>,
    cursor: u64,
    has_begun: bool,
}

impl Keeper {
    /// Writes the lines that are new.
    fn keep(&mut self) -> Result<(), Why> {
        let mut store = StorageClient::connect("storage")?;
        let mut journal = match self.journal.take() {
            Some(journal) => journal,
            None => Journal::open(&mut store)?,
        };
        let mut writes = false;
        while !journal.is_off() {
            let mut lines = [0; LINES];
            let [next, count] = self.supervisor.read_log(self.cursor, &mut lines)?;
            let lines = lines.get(..count as usize).ok_or(Error::Protocol)?;
            if lines.is_empty() {
                break;
            }
            if !self.has_begun {
                journal.add(&mut store, BOOT)?;
                self.has_begun = true;
            }
            journal.add(&mut store, lines)?;
            self.cursor = next;
            writes = true;
        }
        if writes {
            Store::flush(&mut store)?;
        }
        self.journal = Some(journal);
        Ok(())
    }
}

/// The task's main function.
pub fn run() -> ! {
    let mut keeper = Keeper {
        supervisor: supervisor::connect().expect("the supervisor is there"),
        journal: None,
        cursor: 0,
        has_begun: false,
    };
    let mut said = None;
    loop {
        let why = match keeper.keep() {
            Err(Why::Storage(why)) => Some(why),
            // Somebody else changed the file, or there is no disk: the next turn looks again.
            Ok(()) | Err(Why::Away(_)) => None,
        };
        if why != said && why != Some(StorageError::Offset) {
            if let Some(why) = why {
                userlib::log!("the log is not kept: {why}");
            }
            said = why;
        }
        wait::pause(STEP);
    }
}
