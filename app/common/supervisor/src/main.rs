//! The supervisor task: waits for calls, lease events, ended tasks and time, and settles each.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![forbid(unsafe_code)]

use leasehold_abi::{Error, LeaseEvent, LeaseHandle, Notifications};
use supervisor::state::{Discovery, Memory, Supervisor};
use supervisor::{device, discovery, serve};
use userlib::ipc::{Answer, Request};
use userlib::sys::{self, Message, Received};

#[cfg(target_os = "none")]
include!(env!("LEASEHOLD_POLICY"));

/// On the host there is no board: this only compiles.
#[cfg(not(target_os = "none"))]
static POLICY: userlib::policy::Policy = userlib::policy::Policy {
    tasks: &[],
    devices: &[],
    chip: userlib::policy::ChipPolicy::HOST,
    names: &[],
};

/// What the supervisor waits for: its timer, tasks that ended, leases.
const AWAITED: Notifications = Notifications::TIMER.union(Notifications::KERNEL);

fn run() {
    let Err(error) = serve_board();
    panic!("{error}");
}

/// Of a board with a host bridge.
const DISCOVERY: Option<Discovery> = discovery::of(&POLICY);

fn serve_board() -> Result<core::convert::Infallible, Error> {
    let mut memory = Memory::<{ POLICY.tasks.len() }, { device::most(&POLICY) }>::new();
    let mut supervisor = Supervisor::new(&POLICY, root_lease()?, &mut memory, DISCOVERY)?;
    supervisor.start_all();
    let mut message = Message::EMPTY;
    let mut answer_to = None;
    loop {
        supervisor.settle();
        let received = match answer_to.take() {
            Some(client) => sys::reply_receive(client, AWAITED, &mut message)?,
            None => sys::receive(AWAITED, &mut message)?,
        };
        if let Received::Message(client) = received
            && let Answer::Reply(reply) =
                serve::answer(&mut supervisor, &Request::new(client, &message))
        {
            message = reply;
            answer_to = Some(client);
        }
    }
}

/// The first lease event is the root lease, there from the start.
fn root_lease() -> Result<LeaseHandle, Error> {
    match sys::lease_event() {
        Some((LeaseEvent::Offered, lease)) => Ok(lease),
        _ => Err(Error::NotFound),
    }
}

userlib::task!(run);
