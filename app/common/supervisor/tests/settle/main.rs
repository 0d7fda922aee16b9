//! What the supervisor makes of events, against a scripted kernel.

mod configuration;
mod kernel;
mod placement;
mod stack;

use kernel::{Board, Kernel, grant};
use leasehold_abi::{
    Claim, Error, FaultKind, GrantInfo, GrantKind, LeaseEvent, LeaseHandle, LeaseInfo, LeaseState,
    Notifications, Rights, Tag, TaskHandle, TaskInfo, label,
};
use supervisor::device;
use supervisor::serve;
use supervisor::supervisor::{Memory, Supervisor};
use userlib::ipc::{Answer, Request};
use userlib::policy::{Bind, Bus, ChipPolicy, DevicePolicy, Offer, Policy, Restart, TaskPolicy};
use userlib::supervisor::FunctionInfo;
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
        operator: index == SHELL,
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
            }],
        ),
        task(
            "pci-host",
            HOST,
            &[Bind::Platform {
                name: "bridge",
                label: label("bridge"),
            }],
        ),
        task(
            "edu",
            EDU,
            &[Bind::Pci {
                vendor: 0x1234,
                device: 0x11e8,
                dma: true,
                pool: Some(6),
            }],
        ),
        task(
            "parent",
            PARENT,
            &[Bind::Pci {
                vendor: 0x1b36,
                device: 5,
                dma: false,
                pool: None,
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
            grants: &[2, 3, 4, 5],
            discovers: Some(Bus::Pci),
        },
    ],
    chip: ChipPolicy::HOST,
    names: &[
        (label("parent.part"), "parent.part"),
        (label("registers"), "registers"),
    ],
};

/// Operations of the interface, by their place in the trait.
const REPORT_FUNCTION: u16 = 5;
const CRASH: u16 = 7;
const POWEROFF: u16 = 15;
const REPORT_BUSY: u16 = 16;

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
        info.parent = u32::MAX;
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
                grant("config", GrantKind::Config, 0x3000_0000, 0x10_0000),
                grant("mmio", GrantKind::Mmio, 0x4000_0000, 0x4000_0000),
                grant("bus-master", GrantKind::BusMaster, 0x3000_0000, 0x10_0000),
                grant("irq1", GrantKind::Interrupt, 33, 1),
                grant("edu.dma", GrantKind::Memory, 0x8800_0000, 0x2000),
            ],
        )
    };
    mock::with(kernel.clone(), || {
        let mut memory = Memory::<{ POLICY.tasks.len() }, { device::most(&POLICY) }>::new();
        let mut supervisor = Supervisor::new(&POLICY, root, &mut memory).expect("a root lease");
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
    (info.address, info.vendor, info.device) = (address, vendor, device);
    info.interrupt = 33;
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

/// Kind and name of each grant of the one lease that a task holds.
fn grants(board: &Board, task: usize) -> Vec<(GrantKind, u32)> {
    let held = board.held(task);
    assert_eq!(held.len(), 1, "task {task}");
    held[0]
        .grants
        .iter()
        .map(|grant| (grant.kind, grant.label))
        .collect()
}

#[test]
fn at_boot_devices_go_to_their_drivers_and_discovery_owns_no_windows() {
    booted(|_, kernel| {
        let board = kernel.0.borrow();
        let (mmio, irq) = (GrantKind::Mmio, GrantKind::Interrupt);
        assert_eq!(
            grants(&board, CONSOLE),
            [(mmio, label("registers")), (irq, label("irq0"))]
        );
        assert_eq!(grants(&board, HOST), [(GrantKind::Config, label("config"))]);
        assert!(board.is_running(SHELL), "it waits for no device");
        assert!(!board.is_running(EDU), "its device is not there");
        assert_eq!(board.deadline(), None);
    });
}

#[test]
fn a_function_goes_to_its_driver_with_what_the_manifest_allows() {
    booted(|supervisor, kernel| {
        assert_eq!(
            report(supervisor, kernel, HOST, &function(8, 0x1234, 0x11e8)),
            None
        );
        assert_eq!(
            report(supervisor, kernel, HOST, &function(16, 0x1b36, 5)),
            None
        );
        let board = kernel.0.borrow();
        let labels = |task| {
            grants(&board, task)
                .iter()
                .map(|grant| grant.1)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            labels(EDU),
            ["config", "bar0", "intx", "bus-master", "dma"].map(label)
        );
        assert_eq!(labels(PARENT), ["config", "bar0", "intx"].map(label));
        let config = board.held(EDU)[0].grants[0];
        assert_eq!((config.base, config.length), (0x3000_8000, 4096));
        assert!(
            !config.rights.contains(Rights::WRITE),
            "it could move its window"
        );
    });
}

#[test]
fn only_the_bridge_reports_and_lines_are_the_bridges() {
    booted(|supervisor, kernel| {
        let edu = function(8, 0x1234, 0x11e8);
        for client in [CONSOLE, SHELL] {
            let denied = report(supervisor, kernel, client, &edu);
            assert_eq!(denied, Some(Error::Denied));
        }
        assert_eq!(kernel.0.borrow().configuration.writes, 0);
        assert_eq!(report(supervisor, kernel, HOST, &edu), None);
        // The console's line, which the supervisor holds as well.
        let line = FunctionInfo {
            interrupt: 10,
            ..function(16, 0x1b36, 5)
        };
        assert_eq!(report(supervisor, kernel, HOST, &line), None);
        assert!(kernel.0.borrow().held(PARENT).is_empty());
    });
}

#[test]
fn a_second_function_of_an_identifier_is_left_off_and_a_shared_line_is_told() {
    booted(|supervisor, kernel| {
        let said = |part: &str| kernel.0.borrow().said.contains(part);
        let found = |supervisor: &mut _, address, vendor, device| {
            let function = function(address, vendor, device);
            let add = |board: &mut Board| board.configuration.add(address, vendor, device);
            add(&mut kernel.0.borrow_mut());
            assert_eq!(report(supervisor, kernel, HOST, &function), None);
        };
        found(supervisor, 8, 0x1234, 0x11e8);
        assert!(!said("left off") && !said("has interrupt"));
        found(supervisor, 16, 0x1234, 0x11e8);
        assert!(said(
            "1234:11e8 at 00:02.0 is left off: a binding is of one function, that at 00:01.0"
        ));
        assert_eq!(kernel.0.borrow().held(EDU).len(), 1, "the first alone");
        assert!(!said("has interrupt"), "nobody claims for what is left off");
        // All functions of this test have one line.
        found(supervisor, 24, 0x1b36, 5);
        assert!(said(
            "1b36:0005 at 00:03.0 has interrupt 33, as edu's function: one alone can claim it"
        ));
        // What nobody binds is no matter.
        kernel.0.borrow_mut().said.clear();
        found(supervisor, 32, 0x8086, 0x100e);
        assert!(!said("8086"));
    });
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

#[test]
fn a_task_that_crashes_comes_back_later_and_later_and_then_no_more() {
    booted(|supervisor, kernel| {
        for (at, wait) in [(1000, 20), (2000, 40)] {
            let before = kernel.0.borrow().life(CONSOLE);
            kernel.0.borrow_mut().now_is(at);
            kernel.0.borrow_mut().fault(CONSOLE, FaultKind::Read);
            supervisor.settle();
            assert!(!kernel.0.borrow().is_running(CONSOLE));
            assert_eq!(kernel.0.borrow().deadline(), Some(at + wait));
            kernel.0.borrow_mut().now_is(at + wait);
            supervisor.settle();
            let board = kernel.0.borrow();
            assert_ne!(board.life(CONSOLE), before);
            assert_eq!(board.held(CONSOLE).len(), 1, "it has its device again");
        }
        kernel.0.borrow_mut().now_is(3000);
        kernel.0.borrow_mut().fault(CONSOLE, FaultKind::Write);
        supervisor.settle();
        kernel.0.borrow_mut().now_is(1_000_000);
        supervisor.settle();
        let board = kernel.0.borrow();
        assert!(!board.is_running(CONSOLE));
        assert_eq!(board.deadline(), None);
        assert!(
            board
                .said
                .contains("console: fault: read fault at 0x0, pc lost"),
            "{}",
            board.said
        );
        assert!(board.said.contains("in quarantine"));
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
fn a_driver_that_gives_its_device_back_is_not_asked_again_in_that_life() {
    booted(|supervisor, kernel| {
        let lease = kernel.0.borrow().held(CONSOLE)[0].info.handle;
        kernel.0.borrow_mut().end(lease);
        supervisor.settle();
        supervisor.settle();
        assert!(kernel.0.borrow().held(CONSOLE).is_empty());
        kernel.0.borrow_mut().fault(CONSOLE, FaultKind::Panic);
        supervisor.settle();
        kernel.0.borrow_mut().now_is(100);
        supervisor.settle();
        assert_eq!(kernel.0.borrow().held(CONSOLE).len(), 1);
    });
}

#[test]
fn a_task_that_does_not_crash_when_asked_is_stopped() {
    booted(|supervisor, kernel| {
        let life = kernel.0.borrow().life(CONSOLE);
        let console = userlib::supervisor::Name::new("console");
        assert_eq!(
            ask(supervisor, kernel, SHELL, CRASH, console.as_bytes(), &[]),
            None
        );
        supervisor.settle();
        assert!(
            kernel
                .0
                .borrow()
                .notified
                .contains(&(life, Notifications::CRASH.bits()))
        );
        let deadline = kernel.0.borrow().deadline().expect("it is watched");
        kernel.0.borrow_mut().now_is(deadline);
        supervisor.settle();
        assert_eq!(kernel.0.borrow().tasks[CONSOLE].fault, FaultKind::Stopped);
    });
}

/// The parent offers `parent.part` with this number to the supervisor.
fn offer(kernel: &Kernel, id: u32) -> LeaseHandle {
    let mut board = kernel.0.borrow_mut();
    let mut info = LeaseInfo::new_zeroed();
    info.parent = board
        .held(PARENT)
        .last()
        .map_or(0, |lease| lease.info.handle.raw());
    info.lessor = PARENT as u32;
    info.lessee = board.life(0);
    (info.label, info.id, info.payload_type) = (label("parent.part"), id, 77);
    info.state = LeaseState::Active;
    let lease = board.open(
        info,
        vec![grant("payload", GrantKind::Memory, 0x8900_0000, 0x1000)],
    );
    board.events.push_back((LeaseEvent::Offered, lease));
    lease
}

#[test]
fn an_auxiliary_device_goes_to_the_child_that_the_manifest_names() {
    booted(|supervisor, kernel| {
        report(supervisor, kernel, HOST, &function(16, 0x1b36, 5));
        let other = offer(kernel, 2);
        let lease = offer(kernel, 1);
        supervisor.settle();
        let held = kernel.0.borrow().held(CHILD);
        assert_eq!(held.len(), 1);
        assert_eq!(
            (
                held[0].info.parent,
                held[0].info.id,
                held[0].info.payload_type
            ),
            (lease.raw(), 1, 77)
        );
        assert!(
            !held[0].grants[0].rights.contains(Rights::LEND),
            "a child lends it to nobody"
        );
        let nobody_has = |board: &Board| {
            board
                .leases
                .iter()
                .flatten()
                .all(|lease| lease.info.parent != other.raw())
        };
        assert!(
            nobody_has(&kernel.0.borrow()),
            "the manifest names no child for number 2"
        );
    });
}

#[test]
fn an_auxiliary_device_that_the_manifest_does_not_offer_is_given_back() {
    booted(|supervisor, kernel| {
        let lease = offer(kernel, 1);
        let change = |label| {
            let mut board = kernel.0.borrow_mut();
            board.leases[lease.index()].as_mut().unwrap().info.label = label;
        };
        change(label("parent.prat"));
        supervisor.settle();
        assert!(kernel.0.borrow().leases[lease.index()].is_none());
    });
}

#[test]
fn a_parent_that_ends_waits_for_the_child_but_not_for_ever() {
    booted(|supervisor, kernel| {
        report(supervisor, kernel, HOST, &function(16, 0x1b36, 5));
        for lets_go in [true, false] {
            let lease = offer(kernel, 1);
            supervisor.settle();
            let child = kernel.0.borrow().held(CHILD)[0].info.handle;
            kernel
                .0
                .borrow_mut()
                .events
                .push_back((LeaseEvent::Ending, lease));
            supervisor.settle();
            let is_over = |kernel: &Kernel| kernel.0.borrow().leases[lease.index()].is_none();
            assert!(!is_over(kernel), "the child may still quiet its hardware");
            if lets_go {
                kernel.0.borrow_mut().end(child);
            } else {
                let deadline = kernel.0.borrow().deadline().expect("it is watched");
                kernel.0.borrow_mut().now_is(deadline);
            }
            supervisor.settle();
            assert!(is_over(kernel));
            assert!(kernel.0.borrow().held(CHILD).is_empty());
        }
    });
}
