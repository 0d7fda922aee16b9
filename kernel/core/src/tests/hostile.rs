//! Hostile tasks: random calls with random and stale handles, faults, interrupts and time,
//! with every invariant checked after each.

use super::invariants::Checker;
use super::random::Random;
use super::recovery::take_all_back;
use super::setups::fault;
use crate::lease::links::NIL;
use crate::model::calls::{config_read, config_write, line};
use crate::model::{Model, TASKS, World, arena, data, own, part, root, whole};
use leasehold_abi::arguments::{
    self, BorrowInfo, BorrowRead, DebugWrite, GrantAt, GrantClaim, LeaseAt, LeaseLend,
    LeaseRelease, LeaseRevoke, Notify, Receive, Reply, ReplyReceive, SetServing, SetTimer,
    StackUse, TaskStart, TaskStop,
};
use leasehold_abi::{
    Arguments, Borrow, Call, Claim, FaultKind, GrantKind, LeaseState, LentPart, Notifications,
    Registers, TaskState, WHOLE,
};
use std::vec::Vec;
use zerocopy::IntoBytes;

/// How many calls there are.
const CALLS: usize = 32;

/// Those that get a task far with its leases.
const ABOUT_LEASES: [Call; 8] = [
    Call::LeaseLend,
    Call::LeaseLend,
    Call::LeaseLend,
    Call::LeaseRevoke,
    Call::LeaseRelease,
    Call::LeaseEvent,
    Call::GrantClaim,
    Call::GrantUnclaim,
];

/// PCI functions that share line 11, which the supervisor does not claim itself: their configuration space.
const FUNCTIONS: [u64; 4] = [0x3000_0000, 0x3000_1000, 0x3000_2000, 0x3000_3000];

/// What a call's arguments put into the registers.
fn of(arguments: impl Arguments) -> Registers {
    arguments.registers()
}

/// What the hostile tasks have seen so far.
struct Attack<const L: usize, const G: usize, const B: u32> {
    world: World<L, G, B>,
    random: Random,
    /// Lease handles, old and new.
    leases: Vec<usize>,
    checker: Checker,
    calls: usize,
    succeeded: [usize; CALLS],
    /// Steps after which several functions shared a line.
    shared: usize,
}

impl<const L: usize, const G: usize, const B: u32> Attack<L, G, B> {
    fn new(seed: u64) -> Self {
        let mut world = World::<L, G, B>::boot();
        for function in FUNCTIONS {
            let hardware = &mut world.kernel.hardware;
            hardware.functions.insert(function, 11);
            hardware.configuration.insert(function + 4, Model::DISABLED);
        }
        let leases = std::vec![world.root()];
        Self {
            world,
            random: Random(seed | 1),
            leases,
            checker: Checker::default(),
            calls: 0,
            succeeded: [0; CALLS],
            shared: 0,
        }
    }

    fn lease(&mut self) -> usize {
        if self.random.chance(16) {
            return self.random.next() as u32 as usize;
        }
        let recent = self.leases.len().min(24);
        if self.random.chance(8) {
            let at = self.random.below(self.leases.len());
            return self.leases[at];
        }
        self.leases[self.leases.len() - 1 - self.random.below(recent)]
    }

    /// A lease that the current task really holds or lent, to get further than the first check.
    fn own_lease(&mut self) -> usize {
        let task = self.world.kernel.current;
        let table = &self.world.kernel.leases;
        let mine: Vec<usize> = (0..L as u16)
            .filter(|&slot| {
                let lease = &table.records[slot as usize];
                let mine = lease.lessee as usize == task || lease.lessor as usize == task;
                mine && lease.state != LeaseState::Free
            })
            .map(|slot| table.handle(slot) as usize)
            .collect();
        if mine.is_empty() || self.random.chance(6) {
            self.lease()
        } else {
            self.random.pick(&mine)
        }
    }

    fn task_handle(&mut self) -> usize {
        let above = self.world.kernel.current.clamp(1, TASKS);
        let bound = if self.random.chance(3) { TASKS } else { above };
        let index = self.random.below(bound);
        let handle = self.world.handle(index);
        match self.random.below(12) {
            0 => self.random.next() as u32 as usize,
            1 => handle.wrapping_sub(64),
            2 => handle + 64,
            _ => handle,
        }
    }

    /// A client that the current task owes a reply, mostly.
    fn client(&mut self) -> usize {
        let served = self.world.kernel.tasks[self.world.kernel.current].in_service;
        if served == 0 || self.random.chance(8) {
            return self.task_handle();
        }
        self.world.handle(served.trailing_zeros() as usize)
    }

    /// Four buffers in a task's memory: two good ones, one that is another's, one that is none.
    fn describe_buffers(&mut self, task: usize) -> usize {
        let at = data(task) + 0x300;
        let own = data(task) + 0x40;
        let buffers = [
            Borrow {
                base: own,
                length: 0x100,
                rights: 3,
            },
            Borrow {
                base: own,
                length: 64,
                rights: 1,
            },
            Borrow {
                base: data(0),
                length: 64,
                rights: 3,
            },
            Borrow {
                base: usize::MAX - 3,
                length: usize::MAX,
                rights: usize::MAX,
            },
        ];
        let bytes = buffers.as_bytes();
        self.world.write(at, bytes);
        at
    }

    /// A lease of so many parts in the current task's memory, most of them good; where it and they are.
    fn describe_lease(&mut self, count: usize) -> [usize; 2] {
        let task = self.world.kernel.current;
        let mut parent = self.own_lease();
        let lessee = self.random.below(TASKS + 1);
        let mut parts: Vec<LentPart> = (0..count).map(|_| self.part(task)).collect();
        if let [first, second, ..] = &mut parts[..]
            && self.random.chance(2)
        {
            parent = self.world.root();
            *first = whole(root::LINE_11);
            *second = part(root::CONFIG, 4096 * self.random.below(4), 4096, 7);
        }
        let LeaseLend { lending, parts, .. } =
            self.world.describe_lease(task, parent, lessee, &parts);
        [lending, parts]
    }

    fn part(&mut self, task: usize) -> LentPart {
        let length = self.random.pick(&[64, 64, 128, WHOLE, WHOLE, 0, 1, 1024]);
        let rights = self.random.pick(&[7, 7, 7, 7, 5, 3, 1, 0, 8]);
        if self.random.chance(3) {
            let near = arena(task) + 64 * self.random.below(12);
            let at = if self.random.chance(8) {
                self.address()
            } else {
                near
            };
            return own(at, length, rights);
        }
        let offset = self.random.pick(&[0, 0, 0, 0, 64, 4096, 7, usize::MAX]);
        let most = if self.random.chance(4) { 9 } else { 2 };
        part(self.random.below(most), offset, length, rights)
    }

    /// A lease of the current task's with a function's line that it has not claimed.
    fn function_lease(&self) -> Option<usize> {
        let table = &self.world.kernel.leases;
        let slot = (1..L as u16).find(|&slot| {
            let lease = &table.records[slot as usize];
            let line = table.grants.get(lease.first_grant as usize);
            let free = line.is_some_and(|line| line.base == 11 && line.claim == Claim::None);
            let mine = lease.lessee as usize == self.world.kernel.current;
            lease.state == LeaseState::Active && mine && free
        })?;
        Some(table.handle(slot) as usize)
    }

    fn address(&mut self) -> usize {
        let task = self.world.kernel.current;
        match self.random.below(8) {
            0 => self.random.next() as usize,
            1 => usize::MAX - self.random.below(64),
            2 => data(self.random.below(TASKS)),
            3 => arena(task) + 64 * self.random.below(16),
            _ => data(task) + self.random.below(0x300),
        }
    }

    /// The registers of a call, made of what gets far and of what must be refused.
    fn registers(&mut self, call: Call) -> Registers {
        let small = self.random.below(5);
        let bits = 1 << self.random.below(16);
        let length = self
            .random
            .pick(&[0, 1, 64, 64, 128, 1024, 4096, usize::MAX]);
        match call {
            Call::Call => {
                let task = self.world.kernel.current;
                let good = self.describe_buffers(task);
                let borrows = if self.random.chance(4) {
                    self.address()
                } else {
                    good
                };
                let destination = self.task_handle();
                let count = small;
                of(arguments::Call {
                    destination,
                    borrows,
                    count,
                })
            }
            Call::Receive => {
                let mask =
                    self.random
                        .pick(&[0xffff, 1 << 31, u32::MAX as usize, u32::MAX as usize]);
                let line = self.random.pick(&[0, 0, 11, 12, 0xffff, usize::MAX]) << 16;
                let before = line | bits & 0xffff;
                let peers = self.random.pick(&[0, 0, 1 << small, bits, usize::MAX]);
                of(Receive {
                    mask,
                    before,
                    peers,
                })
            }
            Call::ReplyReceive => {
                let client = self.client();
                of(ReplyReceive {
                    client,
                    mask: u32::MAX as usize,
                })
            }
            Call::Reply => of(Reply {
                client: self.client(),
            }),
            Call::Notify => of(Notify {
                task: self.task_handle(),
                bits,
            }),
            Call::SetTimer => {
                let now = self.world.kernel.hardware.now as usize;
                let deadline = self.random.pick(&[0, 1, now + 5, now + 150]) as u64;
                of(SetTimer { deadline, bits })
            }
            Call::BorrowRead | Call::BorrowWrite => {
                // Both calls have the same arguments.
                let (client, own) = (self.client(), self.address());
                let (index, offset) = (small, small);
                of(BorrowRead {
                    client,
                    index,
                    offset,
                    own,
                    length,
                })
            }
            Call::BorrowInfo => of(BorrowInfo {
                client: self.client(),
                index: small,
            }),
            Call::LeaseLend => {
                let count = self.random.pick(&[0, 1, 1, 1, 2, 3, 12, 33, usize::MAX]);
                let [mut lending, mut parts] = self.describe_lease(count.min(12));
                if self.random.chance(12) {
                    lending = self.address();
                }
                if self.random.chance(12) {
                    parts = self.address();
                }
                of(LeaseLend {
                    lending,
                    parts,
                    count,
                })
            }
            Call::LeaseRelease if !self.random.chance(4) => {
                // Mostly the one that is due first.
                let task = self.world.kernel.current;
                let due = self.world.kernel.tasks[task].leases.ending.first;
                let due = if due == NIL {
                    self.world.kernel.tasks[task].leases.quiet.first
                } else {
                    due
                };
                let table = &self.world.kernel.leases;
                let lease = if due == NIL {
                    0
                } else {
                    table.handle(due) as usize
                };
                of(LeaseRelease { lease })
            }
            Call::LeaseRevoke => {
                let (lease, mode) = (self.own_lease(), self.random.below(3));
                of(LeaseRevoke { lease, mode })
            }
            Call::GrantClaim if let Some(lease) = self.function_lease() => of(line(lease, 0, bits)),
            Call::GrantClaim => {
                let lease = self.own_lease();
                let (grant, mode) = (small % 3, self.random.below(3));
                of(GrantClaim {
                    lease,
                    grant,
                    mode,
                    bits,
                })
            }
            Call::ConfigRead => {
                let offset = self.random.pick(&[0, 4, 5, usize::MAX]);
                of(config_read((self.own_lease(), small), offset))
            }
            Call::ConfigWrite => {
                let width = self.random.pick(&[1, 2, 4, 4, 3]);
                let offset = self.random.pick(&[4, 4, 0x1004, 5, usize::MAX]);
                let (lease, value) = (self.own_lease(), self.random.next() as usize);
                of(config_write((lease, small), (offset, width), value))
            }
            Call::TaskStop | Call::TaskStart => of(TaskStop {
                task: self.random.below(TASKS + 1),
            }),
            Call::LeaseInfo => {
                let (lease, record) = (self.own_lease(), self.address());
                of(arguments::LeaseInfo { lease, record })
            }
            Call::TaskInfo | Call::LeaseAt => {
                let (slot, record) = (self.random.below(TASKS + 2), self.address());
                of(LeaseAt { slot, record })
            }
            Call::StackUse => {
                let offset = self.random.pick(&[0, 8, 0x380, 0x388, 4, usize::MAX]);
                of(StackUse {
                    task: self.random.below(TASKS + 1),
                    offset,
                })
            }
            Call::DebugWrite | Call::Panic => of(DebugWrite {
                text: self.address(),
                length,
            }),
            Call::SetServing => of(SetServing {
                serving: self.random.below(4),
            }),
            // What the others have is a lease, a grant and an address, or less.
            _ => {
                let (lease, record) = (self.own_lease(), self.address());
                of(GrantAt {
                    lease,
                    grant: small,
                    record,
                })
            }
        }
    }

    /// One call of whoever runs.
    fn call(&mut self) {
        let task = self.world.kernel.current;
        let served = self.world.kernel.tasks[task].in_service != 0;
        let number = match self.random.below(12) {
            // Whoever has a high priority gives way, or the others would never run.
            _ if task < 5 && self.random.chance(8 + 2 * task) => Call::Receive as usize,
            _ if self.function_lease().is_some() && self.random.chance(4) => {
                Call::GrantClaim as usize
            }
            // Often enough what makes tasks meet: calls, receives, and work for a client.
            0..3 => Call::Call as usize,
            3..5 => Call::Receive as usize,
            5..8 if served => Call::BorrowRead as usize + self.random.below(3),
            8 if served => Call::Reply as usize,
            9 => self.random.pick(&ABOUT_LEASES) as usize,
            11 if self.world.kernel.tasks[task].leases.has_news() => Call::LeaseEvent as usize,
            10 if self.world.kernel.tasks[task].leases.ending.first != NIL => {
                Call::LeaseRelease as usize
            }
            _ => self.random.below(CALLS),
        };
        let Some(call) = Call::from_number(number) else {
            assert_eq!(self.world.raw_call(number, [0; 6])[0], 1);
            return;
        };
        // The supervisor's end is the machine's; a call that ends the caller is rare.
        let ends = matches!(call, Call::SystemOff) && task == 0
            || matches!(call, Call::Panic) && (task == 0 || !self.random.chance(8));
        // A supervisor that stops tasks all the time leaves no time for anything else.
        if ends || (call == Call::TaskStop && !self.random.chance(16)) {
            return;
        }
        let registers = self.registers(call);
        self.world.kernel.tasks[task].context.tag = self.calls;
        let results = self.world.raw_call(number, registers);
        self.calls += 1;
        if results[0] == 0 {
            self.succeeded[number] += 1;
            match call {
                Call::LeaseLend => self.leases.push(results[1]),
                Call::LeaseEvent => self.leases.push(results[2]),
                _ => {}
            }
        }
    }

    fn step(&mut self) {
        match self.random.below(40) {
            0 => {
                let line = self.random.pick(&[10, 11, 200, 4000]);
                self.world.kernel.hardware.raise_line(line);
            }
            1 => {
                let line = self.random.pick(&[10, 11]);
                self.world
                    .kernel
                    .hardware
                    .raise
                    .set(Some((self.random.below(6), line)));
            }
            2 => self.world.kernel.hardware.now += self.random.below(60) as u64,
            3 => {
                let function = self.random.pick(&FUNCTIONS);
                let there = self.random.chance(2);
                self.world.kernel.hardware.set_interrupt(function, there);
            }
            _ => {}
        }
        use crate::Hardware;
        let kernel = &mut self.world.kernel;
        kernel.hardware.work.set(0);
        if kernel.hardware.interrupt_pending() {
            kernel.interrupt();
        } else if kernel.current >= TASKS {
            self.wake();
        } else if kernel.current != 0 && self.random.chance(800) {
            let kind = self
                .random
                .pick(&[FaultKind::Read, FaultKind::Illegal, FaultKind::Bus]);
            let fault = fault(kind, self.random.next() as usize);
            self.world.kernel.fault(fault);
        } else if self.world.kernel.current == 0 && self.random.chance(3) {
            self.revive();
        } else {
            self.call();
        }
        let claims = self.world.kernel.leases.grants.iter();
        let sharing = claims
            .filter(|grant| grant.kind == GrantKind::Interrupt && grant.claim == Claim::Shared);
        self.shared += usize::from(sharing.count() > 1);
        // Under Miri the point is what the calls do, and the check takes longest.
        if !cfg!(miri) || self.random.chance(40) {
            self.checker.check(&self.world.kernel);
        }
    }

    /// Nothing runs: something comes from outside.
    fn wake(&mut self) {
        let kernel = &mut self.world.kernel;
        match kernel.hardware.alarm {
            // From the half on, it is the supervisor's deadline, which never comes.
            Some(at) if at < u64::MAX / 2 && self.random.chance(2) => {
                kernel.hardware.now = kernel.hardware.now.max(at);
                kernel.interrupt();
            }
            _ => {
                let task = self.random.below(TASKS);
                kernel.post(task, !Notifications::KERNEL);
                // A task blocked on itself alone would never wake: end some wait.
                if kernel.ready == 0 && kernel.tasks[0].state == TaskState::Receiving {
                    kernel.resume(0, [0, u32::MAX as usize, 0]);
                }
                kernel.next();
            }
        }
    }

    /// The supervisor starts what is dormant.
    fn revive(&mut self) {
        for task in 1..TASKS {
            if self.world.is_dormant(task) && self.world.kernel.current == 0 {
                let [status, ..] = self.world.make(TaskStart { task });
                self.succeeded[Call::TaskStart as usize] += usize::from(status == 0);
            }
        }
    }

    fn run(&mut self, calls: usize) {
        while self.calls < calls {
            self.step();
        }
    }
}

#[test]
fn random_calls_break_no_invariant() {
    let (seeds, calls) = if cfg!(miri) { (1, 300) } else { (8, 10_000) };
    let (mut succeeded, mut shared) = ([0; CALLS], 0);
    for seed in 0..seeds {
        let mut attack = Attack::<32, 96, 22>::new(0x9e37_79b9_7f4a_7c15 ^ seed << 20);
        attack.run(calls);
        for (sum, count) in succeeded.iter_mut().zip(attack.succeeded) {
            *sum += count;
        }
        shared += attack.shared;
    }
    if cfg!(miri) {
        return;
    }
    // The attack is worth something only if calls of every kind get through, and lines are shared.
    assert!(shared >= 100, "a line was shared after {shared} steps");
    for (number, &count) in succeeded.iter().enumerate() {
        let call = Call::from_number(number).unwrap();
        let never = matches!(call, Call::SystemOff | Call::Panic);
        assert!(never || count >= 10, "{call:?} succeeded {count} times");
    }
}

#[test]
fn random_calls_on_small_tables_that_use_generations_up() {
    let (seeds, calls) = if cfg!(miri) { (1, 200) } else { (4, 8_000) };
    for seed in 0..seeds {
        let mut attack = Attack::<20, 44, 4>::new(0xd1b5_4a32_d192_ed03 ^ seed << 24);
        attack.run(calls);
    }
}

/// Whatever state the attack leaves behind, the supervisor gets the board back: it stops
/// every task, and within their deadlines all are dormant and every lease is gone.
#[test]
fn after_any_attack_all_tasks_can_be_stopped_and_started() {
    let (seeds, calls) = if cfg!(miri) { (1, 100) } else { (12, 2_000) };
    for seed in 0..seeds {
        let mut attack = Attack::<32, 96, 22>::new(0x2545_f491_4f6c_dd1d ^ seed << 16);
        attack.run(calls);
        let world = &mut attack.world;
        take_all_back(world);
        attack.checker.check(&attack.world.kernel);
        // What the supervisor claimed of the root is its own.
        assert!(
            attack
                .world
                .kernel
                .hardware
                .mapped
                .keys()
                .all(|&(task, _)| task == 0)
        );
    }
}
