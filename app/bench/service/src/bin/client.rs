//! The client: has the parent offer its auxiliary device and crash, and prints what a user waits for, as rows.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![cfg(any(target_arch = "arm", target_arch = "riscv32", target_arch = "riscv64"))]
#![forbid(unsafe_code)]

use bench_machine as machine;
use bench_service::{ChildClient, ParentClient};
use driver_interfaces::ConsoleClient;
use leasehold_abi::{FaultKind, Notifications};
use records::{FIGURE, NO_FIGURES, Record};
use userlib::supervisor::{self, SupervisorClient};
use userlib::sys::{self, Error, Message};
use userlib::text::Text;
use userlib::time;

/// How often each is measured.
const ROUNDS: u32 = 16;
/// Milliseconds after which the supervisor has forgotten a crash, and everything is done that follows one.
const PAUSE: u64 = 20;
/// Calls until one is served: that to the life that is over, and the next.
const TRIES: usize = 2;
/// What new lines of the log post, which nobody shows here. Without it the supervisor prints them by itself.
const LOG: Notifications = Notifications::peer(0);
/// Bytes of a line, with its record of four bytes a character.
const LINE: usize = 240;

/// Why nothing was measured.
struct Failed(&'static str);

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self(error.text())
    }
}

/// All that it calls.
struct Client {
    supervisor: SupervisorClient,
    console: ConsoleClient,
    parent: ParentClient,
    child: ChildClient,
    /// The parent's place among the tasks.
    index: usize,
}

impl Client {
    fn new() -> Result<Self, Error> {
        let parent = ParentClient::connect("parent")?;
        let index = (0..)
            .map_while(|index| sys::task_info(index).ok())
            .position(|info| info.name == *"parent");
        Ok(Self {
            supervisor: supervisor::connect()?,
            console: ConsoleClient::connect("console")?,
            parent,
            child: ChildClient::connect("child")?,
            index: index.ok_or(Error::NotFound)?,
        })
    }

    fn print(&mut self, line: core::fmt::Arguments<'_>) {
        let line: Text<LINE> = Text::of(line);
        // What does not come out is a row that the host misses.
        let _ = self.console.write(line.as_bytes());
    }

    /// From the fault of the parent to the reply of its next life. The child makes it fault: whoever gets an error
    /// because a server died goes before the work that follows, and this task is to come after it.
    fn crash(&mut self) -> Result<usize, Failed> {
        self.child.crash_parent()?;
        let mut served = self.parent.serve();
        for _ in 1..TRIES {
            if served.is_ok() {
                break;
            }
            served = self.parent.serve();
        }
        let when = machine::counter();
        served?;
        let info = sys::task_info(self.index)?;
        if info.fault != FaultKind::Read {
            return Err(Failed("the parent's fault is another"));
        }
        let faulted = machine::counter_at_fault(info.fault_address);
        Ok(machine::between(faulted, when) - machine::FAULTING)
    }

    fn measure(&mut self) -> Result<(), Failed> {
        let (mut bind, mut alone, mut with_child) = (0, 0, 0);
        for round in 1..=ROUNDS {
            // The child is started by the first offer.
            self.parent.offer()?;
            pause()?;
            if round == 1 {
                self.child = ChildClient::connect("child")?;
            }
            let [times, instructions] = self.child.bound()?;
            if times != round {
                return Err(Failed("the child is not bound"));
            }
            bind = bind.max(instructions as usize);
            with_child = self.crash()?.max(with_child);
            pause()?;
            alone = self.crash()?.max(alone);
            pause()?;
        }
        for (key, instructions) in [
            ("bind-auxiliary", bind),
            ("crash-to-service", alone),
            ("crash-to-service-child", with_child),
        ] {
            let record = Record(format_args!("{FIGURE}{key} {instructions}"));
            self.print(format_args!("row {key} {instructions}{record}\r\n"));
        }
        Ok(())
    }
}

/// Waits until all others wait.
fn pause() -> Result<(), Error> {
    let mut message = Message::EMPTY;
    sys::set_timer(time::after(PAUSE), Notifications::TIMER)?;
    sys::receive(Notifications::TIMER, &mut message).map(drop)
}

fn run() {
    let Ok(mut client) = Client::new() else {
        sys::panic(b"a task is missing")
    };
    // Drivers are bound by then.
    let ready = client.supervisor.watch_log(LOG).and_then(|_| pause());
    let measured = ready.map_err(Failed::from);
    let code = match measured.and_then(|()| client.measure()) {
        Ok(()) => 0,
        Err(Failed(reason)) => {
            let record = Record(format_args!("{NO_FIGURES}{reason}"));
            client.print(format_args!("failed: {reason}{record}\r\n"));
            1
        }
    };
    let _ = client.console.flush();
    let _ = client.supervisor.poweroff(code);
    sys::panic(b"the machine stays on")
}

userlib::task!(run);
