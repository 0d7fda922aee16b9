//! What the supervisor makes of events, against a scripted kernel.

mod auxiliary;
mod bridges;
mod configuration;
mod devices;
mod kernel;
mod placement;
mod stack;
mod tasks;

use kernel::{Kernel, grant};
use leasehold_abi::{
    Claim, Error, GrantInfo, GrantKind, LeaseInfo, LeaseState, Notifications, Optional, Tag,
    TaskHandle, TaskInfo, label,
};
use supervisor::device;
use supervisor::discovery;
use supervisor::serve;
use supervisor::state::{Memory, Supervisor};
use userlib::ipc::{Answer, Request};
use userlib::policy::{
    Authority, Bind, Bus, ChipPolicy, DevicePolicy, Functions, Offer, Policy, Restart, TaskPolicy,
};
use userlib::supervisor::{FunctionAddress, FunctionId, FunctionInfo};
use userlib::sys::{Message, mock};
use zerocopy::{FromZeros, IntoBytes};

const CONSOLE: usize = 1;
const HOST: usize = 2;
const EDU: usize = 3;
const PARENT: usize = 4;
const CHILD: usize = 5;
const SHELL: usize = 6;

const RESTART: Restart = Restart {
    always: true,
    backoff_ms: 20,
    limit: 3,
    window_ms: 10_000,
};

/// How often edu is told that the supervisor works.
const HEARTBEAT_MS: u32 = 500;

/// What the parent may register; it does no harm that the others might as well.
const PARTS: &[Offer] = &[Offer {
    name: "parent.part",
    label: label("parent.part"),
}];

const fn task(name: &'static str, index: usize, binds: &'static [Bind]) -> TaskPolicy {
    TaskPolicy {
        name,
        index,
        autostart: index == 0,
        offers: PARTS,
        binds,
        restart: RESTART,
        heartbeat_ms: if index == EDU { HEARTBEAT_MS } else { 0 },
        authority: match index {
            SHELL => Authority::Operator,
            CHILD => Authority::Observer,
            _ => Authority::Own,
        },
    }
}

static POLICY: Policy = Policy {
    tasks: &[
        task("supervisor", 0, &[]),
        task(
            "console",
            CONSOLE,
            &[Bind::Platform {
                name: "uart0",
                label: label("uart0"),
                pools: &[8],
            }],
        ),
        task(
            "pci-host",
            HOST,
            &[Bind::Platform {
                name: "bridge",
                label: label("bridge"),
                pools: &[],
            }],
        ),
        task(
            "edu",
            EDU,
            &[
                Bind::Pci {
                    functions: Functions::of(&[FunctionId::new(0x1234, 0x11e8)]),
                    dma: true,
                    writes: false,
                    pools: &[6, 7],
                },
                Bind::Pci {
                    functions: Functions {
                        nth: 1,
                        ..Functions::of(&[
                            FunctionId::new(0x8086, 1),
                            FunctionId::new(0x1234, 0x11e8),
                        ])
                    },
                    dma: false,
                    writes: true,
                    pools: &[],
                },
            ],
        ),
        task(
            "parent",
            PARENT,
            &[Bind::Pci {
                functions: Functions::of(&[FunctionId::new(0x1b36, 5)]),
                dma: false,
                writes: false,
                pools: &[],
            }],
        ),
        task(
            "child",
            CHILD,
            &[Bind::Auxiliary {
                name: "parent.part",
                label: label("parent.part"),
                id: 1,
            }],
        ),
        task("operator", SHELL, &[]),
    ],
    devices: &[
        DevicePolicy {
            name: "uart0",
            label: label("uart0"),
            grants: &[0, 1],
            discovers: None,
        },
        DevicePolicy {
            name: "bridge",
            label: label("bridge"),
            grants: &[2, 3, 4, 5, 9],
            discovers: Some(Bus::Pci),
        },
    ],
    chip: ChipPolicy::HOST,
    names: &[
        (label("registers"), "registers"),
        (label("parent.part"), "parent.part"),
    ],
};

/// Operations of the interface, by their place in the trait.
const REPORT_FUNCTION: u16 = 5;
const CRASH: u16 = 7;
const POWEROFF: u16 = 15;
const REPORT_BUSY: u16 = 16;
const LESSEE: u16 = 18;
const REPORT_BRIDGE: u16 = 19;

/// Runs `body` with a supervisor that has just settled for the first time.
fn booted(body: impl FnOnce(&mut Supervisor, &Kernel)) {
    let kernel = Kernel::default();
    let root = {
        let mut board = kernel.0.borrow_mut();
        for index in 0..POLICY.tasks.len() {
            let mut info = TaskInfo::new_zeroed();
            info.handle = TaskHandle::new(index, 0);
            board.tasks.push(info);
        }
        let mut info = LeaseInfo::new_zeroed();
        info.parent = Optional::NONE;
        info.state = LeaseState::Active;
        board.configuration.add(8, 0x1234, 0x11e8);
        board.configuration.memory_bar(8, 0, 0x10_0000);
        board.configuration.add(16, 0x1b36, 5);
        board.configuration.memory_bar(16, 0, 4096);
        board.open(
            info,
            vec![
                grant("registers", GrantKind::Mmio, 0x1000_0000, 0x1000),
                grant("irq0", GrantKind::Interrupt, 10, 1),
                grant("config", GrantKind::Config, 0x3000_0000, 0x40_0000),
                grant("mmio", GrantKind::Mmio, 0x4000_0000, 0x4000_0000),
                grant("bus-master", GrantKind::BusMaster, 0x3000_0000, 0x40_0000),
                grant("irq1", GrantKind::Interrupt, 33, 1),
                grant("edu.dma", GrantKind::Memory, 0x8800_0000, 0x2000),
                grant("edu.dma1", GrantKind::Memory, 0x8800_2000, 0x1000),
                grant("console.dma", GrantKind::Memory, 0x8800_3000, 0x1000),
                grant("mmio64", GrantKind::Mmio, 0x4_0000_0000, 0x4_0000_0000),
            ],
        )
    };
    mock::with(kernel.clone(), || {
        let mut memory = Memory::<{ POLICY.tasks.len() }, { device::most(&POLICY) }>::new();
        let mut supervisor = Supervisor::new(&POLICY, root, &mut memory, discovery::of(&POLICY))
            .expect("a root lease");
        supervisor.start_all();
        supervisor.settle();
        body(&mut supervisor, &kernel);
    });
}

/// A request of `client` with these words and this loan; gives the reply's status.
fn ask(
    supervisor: &mut Supervisor,
    kernel: &Kernel,
    client: usize,
    operation: u16,
    argument: &[u8],
    loan: &[u8],
) -> Option<Error> {
    let client = {
        let mut board = kernel.0.borrow_mut();
        board.loan = loan.to_vec();
        board.life(client)
    };
    let mut words = [0; 8];
    words.as_mut_bytes()[..argument.len()].copy_from_slice(argument);
    let words_count = argument.len().div_ceil(size_of::<usize>()) as u8;
    let message = Message::new(Tag::new(operation, words_count), words);
    match serve::answer(supervisor, &Request::new(client, &message)) {
        Answer::Reply(reply) => {
            kernel.0.borrow_mut().reply = reply.words;
            Error::from_code(usize::from(reply.tag.operation()))
        }
        Answer::Later => panic!("the supervisor never answers later"),
    }
}

fn function(address: u16, vendor: u16, device: u16) -> FunctionInfo {
    let mut info = FunctionInfo::new_zeroed();
    info.address = FunctionAddress(address);
    info.id = FunctionId::new(vendor, device);
    info.interrupt = Optional::some(33);
    info
}

fn report(
    supervisor: &mut Supervisor,
    kernel: &Kernel,
    client: usize,
    info: &FunctionInfo,
) -> Option<Error> {
    let status = ask(
        supervisor,
        kernel,
        client,
        REPORT_FUNCTION,
        &[],
        info.as_bytes(),
    );
    supervisor.settle();
    status
}

#[test]
fn only_the_operator_gives_orders() {
    booted(|supervisor, kernel| {
        let name = userlib::supervisor::Name::new("edu");
        for client in [CONSOLE, HOST, EDU, CHILD] {
            let denied = ask(
                supervisor,
                kernel,
                client,
                POWEROFF,
                &0_u32.to_ne_bytes(),
                &[],
            );
            assert_eq!(denied, Some(Error::Denied));
            let console = userlib::supervisor::Name::new("console");
            assert_eq!(
                ask(supervisor, kernel, client, CRASH, console.as_bytes(), &[]),
                Some(Error::Denied)
            );
        }
        assert!(!kernel.0.borrow().off);
        assert_eq!(
            ask(supervisor, kernel, SHELL, CRASH, name.as_bytes(), &[]),
            Some(Error::Busy),
            "not running"
        );
        let itself = userlib::supervisor::Name::new("supervisor");
        assert_eq!(
            ask(supervisor, kernel, SHELL, CRASH, itself.as_bytes(), &[]),
            Some(Error::Denied)
        );
    });
}

/// `watch_log`, `stack` of task 0, `device` 0, by the numbers of the interface.
const WATCH_LOG: u16 = 3;
const DEVICE: u16 = 12;
const STACK: u16 = 14;

#[test]
fn an_observer_looks_and_gives_no_order() {
    booted(|supervisor, kernel| {
        let first = 0_u32.to_ne_bytes();
        for question in [DEVICE, STACK] {
            let own = ask(supervisor, kernel, EDU, question, &first, &[]);
            assert_eq!(own, Some(Error::Denied), "of {question} to a driver");
            let observer = ask(supervisor, kernel, CHILD, question, &first, &[]);
            assert_ne!(
                observer,
                Some(Error::Denied),
                "of {question} to an observer"
            );
        }
        // There is one who shows the log; an observer reads it.
        let bits = Notifications::peer(0).bits().to_ne_bytes();
        let denied = ask(supervisor, kernel, CHILD, WATCH_LOG, &bits, &[]);
        assert_eq!(denied, Some(Error::Denied));
    });
}

#[test]
fn who_has_what_a_driver_could_not_claim_is_said() {
    booted(|supervisor, kernel| {
        let (lease, bridge) = {
            let board = kernel.0.borrow();
            (
                board.held(CONSOLE)[0].clone(),
                board.held(HOST)[0].info.handle,
            )
        };
        let mut argument = [0; 16];
        argument[..4].copy_from_slice(lease.info.handle.as_bytes());
        let busy = |supervisor: &mut Supervisor, client| {
            ask(supervisor, kernel, client, REPORT_BUSY, &argument, &[])
        };
        assert_eq!(
            busy(supervisor, EDU),
            Some(Error::Denied),
            "another's lease"
        );
        assert_eq!(busy(supervisor, CONSOLE), None);
        let said = kernel.0.borrow().said.clone();
        assert!(said.contains("console: probe failed: busy"), "{said}");
        // The bridge's driver has a part of the console's registers.
        let part = GrantInfo {
            base: lease.grants[0].base + 8,
            length: 8,
            claim: Claim::Exclusive,
            ..lease.grants[0]
        };
        {
            let mut board = kernel.0.borrow_mut();
            let bridge = board.lease(bridge.raw() as usize).expect("held");
            bridge.grants.push(part);
            bridge.info.grants += 1;
        }
        assert_eq!(busy(supervisor, CONSOLE), None);
        let said = kernel.0.borrow().said.clone();
        let who = "console: probe failed: registers at 0x10000000 is claimed by pci-host, alone";
        assert!(said.contains(who), "{said}");
    });
}

#[test]
fn a_lease_has_its_device_s_name_or_says_that_it_has_none() {
    let name = |label, id| {
        let mut info = LeaseInfo::new_zeroed();
        (info.label, info.id, info.lessor) = (label, id, Optional::some(PARENT as u32));
        serve::device_of(&POLICY, &info).as_str().to_owned()
    };
    assert_eq!(name(label("uart0"), 0), "uart0");
    assert_eq!(name(label("bridge"), 0x1234_11e8), "1234:11e8");
    assert_eq!(name(label("parent.part"), 1), "parent.part#1");
    assert_eq!(name(0xdead_beef, 7), "parent.unknown#7");
}
