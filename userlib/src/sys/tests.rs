//! Every system call stub against a scripted kernel.

use super::mock::{self, Kernel};
use super::*;
use core::cell::RefCell;
use leasehold_abi::{Arguments, Call, DEBUG_STEP, Lending, Registers, UNALIGNED_STEP, arguments};
use std::rc::Rc;
use std::vec::Vec;
use zerocopy::FromBytes;

type Calls = Rc<RefCell<Vec<(Call, Vec<usize>)>>>;

/// Writes down each call and gives one answer to all.
struct Recorder(Calls, [usize; 3]);

// SAFETY: no window of it is ever used.
unsafe impl Kernel for Recorder {
    fn system_call(&mut self, call: Call, arguments: Registers) -> [usize; 3] {
        self.0.borrow_mut().push((call, arguments.into()));
        self.1
    }
    fn message(&mut self, call: Call, arguments: [usize; 3], message: &mut Message) -> [usize; 3] {
        self.0.borrow_mut().push((call, arguments.into()));
        message.words[0] += 1;
        self.1
    }
}

/// What `body` gives with this answer, and the one call that it made.
fn recorded<R>(answer: [usize; 3], body: impl FnOnce() -> R) -> (R, Call, Vec<usize>) {
    let calls = Calls::default();
    let result = mock::with(Recorder(calls.clone(), answer), body);
    let (call, arguments) = calls.borrow_mut().remove(0);
    assert!(calls.borrow().is_empty(), "one call");
    (result, call, arguments)
}

const TASK: TaskHandle = TaskHandle::new(3, 4);
const LEASE: LeaseHandle = LeaseHandle::new(5, 6);

/// Checks that a call succeeds on status 0, and passes errors on, with these arguments.
fn check<A: Arguments>(arguments: A, body: impl Fn() -> Result<(), Error>) {
    assert_eq!(made(A::CALL, body), arguments.registers(), "{:?}", A::CALL);
}

/// The same; what was in the registers.
fn made(call: Call, body: impl Fn() -> Result<(), Error>) -> Vec<usize> {
    let (result, made, passed) = recorded([0, 9, 8], &body);
    assert_eq!((result, made), (Ok(()), call));
    for (status, error) in [
        (1, Error::Invalid),
        (5, Error::Unbound),
        (12, Error::Protocol),
    ] {
        let (result, ..) = recorded([status, 0, 0], &body);
        assert_eq!(result, Err(error), "{call:?}");
    }
    let (result, ..) = recorded([99, 0, 0], &body);
    assert_eq!(
        result,
        Err(Error::Protocol),
        "an answer that is not in the contract"
    );
    passed
}

#[test]
fn arguments_are_in_their_registers() {
    let (task, lease) = (TASK.register(), LEASE.register());
    check(arguments::Notify { task, bits: 3 }, || {
        notify(TASK, Notifications::from_register(3))
    });
    let (deadline, bits) = (77, 4);
    check(arguments::SetTimer { deadline, bits }, || {
        set_timer(77, Notifications::peer(2))
    });
    check(arguments::SetServing { serving: 1 }, || {
        set_serving(Serving::Answers)
    });
    check(arguments::LeaseRevoke { lease, mode: 1 }, || {
        lease_revoke(LEASE, RevokeMode::Hard)
    });
    check(arguments::LeaseRelease { lease }, || lease_release(LEASE));
    let grant = 7;
    check(arguments::GrantUnclaim { lease, grant }, || {
        grant_unclaim(LEASE, 7)
    });
    check(arguments::InterruptAcknowledge { lease, grant }, || {
        interrupt_acknowledge(LEASE, 7)
    });
    let read = arguments::ConfigRead {
        lease,
        grant,
        offset: 4,
    };
    check(read, || {
        config_read(LEASE, 7, 4).map(|value| assert_eq!(value, 9))
    });
    let write = arguments::ConfigWrite {
        lease,
        grant,
        offset: 4,
        width: 2,
        value: 6,
    };
    check(write, || config_write(LEASE, 7, 4, 2, 6));
    check(arguments::TaskStop { task: 3 }, || task_stop(3));
    check(arguments::TaskStart { task: 1 }, || {
        task_start(1).map(|new| assert_eq!(new.raw(), 9))
    });
    check(arguments::StackUse { task: 3, offset: 8 }, || {
        stack_use(3, 8).map(|(size, found)| assert_eq!((size, found), (9, 8)))
    });
    let claim = arguments::GrantClaim {
        lease,
        grant: 1,
        mode: 1,
        bits: 4,
    };
    check(claim, || {
        grant_claim(LEASE, 1, ClaimMode::Exclusive, Notifications::peer(2))
            .map(|base| assert_eq!(base, 9))
    });
    let (client, index) = (task, 1);
    check(arguments::BorrowInfo { client, index }, || {
        let expected = BorrowInfo {
            length: 9,
            rights: Rights::from_bits_truncate(8),
        };
        borrow_info(TASK, 1).map(|info| assert_eq!(info, expected))
    });
}

/// The address is of the stub's own.
#[test]
fn arguments_before_an_address_are_in_their_registers() {
    let lease = LEASE.register();
    let begins = |call, body: &dyn Fn() -> Result<(), Error>, wanted: &[usize]| {
        assert_eq!(&made(call, body)[..wanted.len()], wanted, "{call:?}");
    };
    begins(Call::DebugWrite, &|| debug_write(b"text"), &[]);
    begins(Call::TaskInfo, &|| task_info(2).map(drop), &[2]);
    begins(Call::LeaseInfo, &|| lease_info(LEASE).map(drop), &[lease]);
    begins(Call::LeaseAt, &|| lease_at(2).map(drop), &[2]);
    let grant_info = || grant_info(LEASE, 2).map(drop);
    begins(Call::GrantInfo, &grant_info, &[lease, 2]);
    let grant_at = || grant_at(LEASE, 2).map(drop);
    begins(Call::GrantAt, &grant_at, &[lease, 2]);
    let parts = [LentPart::new(1, 2, 3, Rights::READ)];
    let lend = || {
        lease_lend(LEASE, 1, 2, 3, PayloadType::NONE, &parts).map(|new| assert_eq!(new.raw(), 9))
    };
    begins(Call::LeaseLend, &lend, &[]);
}

type Lent = (Lending, Vec<leasehold_abi::LentPart>);

/// Keeps what a call to lend points to.
struct Lender(Rc<RefCell<Option<Lent>>>);

// SAFETY: no window of it is ever used.
unsafe impl Kernel for Lender {
    fn system_call(&mut self, call: Call, registers: Registers) -> [usize; 3] {
        assert_eq!(call, Call::LeaseLend);
        let arguments::LeaseLend {
            lending,
            parts,
            count,
        } = Arguments::from_registers(registers);
        let length = count * size_of::<leasehold_abi::LentPart>();
        // SAFETY: they are arguments of the call that is being answered.
        let (lending, parts) = unsafe {
            (
                mock::bytes(lending, size_of::<Lending>()),
                mock::bytes(parts, length),
            )
        };
        let lending = Lending::read_from_bytes(lending).unwrap();
        let parts = parts.chunks(size_of::<leasehold_abi::LentPart>());
        let parts = parts.map(|part| leasehold_abi::LentPart::read_from_bytes(part).unwrap());
        self.0.replace(Some((lending, parts.collect())));
        [0, 9, 0]
    }
}

fn lent(lend: impl FnOnce() -> Result<LeaseHandle, Error>) -> Lent {
    let kept = Rc::default();
    let lease = mock::with(Lender(Rc::clone(&kept)), lend);
    assert_eq!(lease, Ok(LeaseHandle::from_raw(9)));
    kept.take().expect("a call to lend")
}

#[test]
fn what_is_lent_is_where_the_arguments_point() {
    let parts = [
        LentPart::new(1, 2, WHOLE, Rights::READ).named(7),
        // SAFETY: no kernel lends it.
        unsafe { LentPart::own(4096, 8192, Rights::WRITE) },
    ];
    let (lending, parts) = lent(|| {
        lease_lend(
            LEASE,
            1,
            2,
            3,
            PayloadType::from_hash(0x0123_4567_89ab_cdef),
            &parts,
        )
    });
    assert_eq!(
        lending,
        Lending {
            parent: LEASE.raw() as usize,
            lessee: 1,
            label: 2,
            id: 3,
            payload_type: [0x89ab_cdef, 0x0123_4567],
        }
    );
    let [grant, own] = parts[..] else {
        panic!("two parts")
    };
    assert_eq!((grant.source, grant.offset, grant.length), (1, 2, WHOLE));
    assert_eq!((grant.rights, grant.label), (1, 7));
    assert_eq!(own.source, SELF_MEMORY as usize);
    assert_eq!(
        (own.offset, own.length, own.rights, own.label),
        (4096, 8192, 2, 0)
    );
}

#[test]
fn own_memory_is_not_lent_by_a_number() {
    for number in [SELF_MEMORY as usize, usize::MAX, usize::MAX - 1] {
        let parts = [LentPart::new(number, 0, 4096, Rights::READ)];
        let (_, parts) = lent(|| lease_lend(LEASE, 1, 2, 3, PayloadType::NONE, &parts));
        assert_ne!(parts[0].source as u32, SELF_MEMORY);
    }
}

#[test]
fn what_cannot_fail_gives_its_value() {
    assert_eq!(
        recorded([0, 0x83, 0], task_self).0,
        TaskHandle::from_raw(0x83)
    );
    assert_eq!(recorded([0, 1 << 40, 0], time).0, 1 << 40);
    let event = recorded([0, 2, LEASE.raw() as usize], lease_event).0;
    assert_eq!(event, Some((LeaseEvent::Ending, LEASE)));
    assert_eq!(recorded([7, 0, 0], lease_event).0, None);
    assert_eq!(recorded([0, 3, 0], lease_event).0, None, "no such event");
    let (error, call, arguments) = recorded([2, 0, 0], || system_off(4, true));
    assert_eq!(
        (error, call, &arguments[..2]),
        (Error::Denied, Call::SystemOff, &[4, 1][..])
    );
}

#[test]
fn messages_are_exchanged() {
    let mut message = Message::EMPTY;
    let (result, made, arguments) = recorded([0, 0, 0], || call(TASK, &mut [], &mut message));
    assert_eq!((result, made), (Ok(()), Call::Call));
    assert_eq!(arguments, [TASK.raw() as usize, 0, 0]);
    assert_eq!(message.words[0], 1);
    let (result, _, arguments) = recorded([0, TASK.raw() as usize, 0], || {
        receive(Notifications::from_register(5), &mut message)
    });
    assert_eq!(
        (result, arguments),
        (Ok(Received::Message(TASK)), [5, 0, 0].into())
    );
    let notified = [0, u32::MAX as usize, 6];
    let (result, made, arguments) = recorded(notified, || {
        reply_receive(TASK, Notifications::from_register(7), &mut message)
    });
    assert_eq!(
        (result, made),
        (
            Ok(Received::Notified(Notifications::from_register(6))),
            Call::ReplyReceive
        )
    );
    assert_eq!(arguments, [TASK.raw() as usize, 7, 0]);
    let (result, made, _) = recorded([4, 0, 0], || reply(TASK, &message));
    assert_eq!((result, made), (Err(Error::Dead), Call::Reply));
}

/// Copies and prints no more than a step at once, and has as many bytes as it was made with.
struct Stepper(Calls, usize);

// SAFETY: no window of it is ever used.
unsafe impl Kernel for Stepper {
    fn system_call(&mut self, call: Call, arguments: Registers) -> [usize; 3] {
        self.0.borrow_mut().push((call, arguments.into()));
        // Of what prints, this is no argument.
        let arguments::BorrowRead { length, .. } = Arguments::from_registers(arguments);
        let step = length.min(UNALIGNED_STEP).min(self.1);
        self.1 -= step;
        [0, step, 0]
    }
    fn message(&mut self, _: Call, _: [usize; 3], _: &mut Message) -> [usize; 3] {
        [0; 3]
    }
}

#[test]
fn a_short_copy_is_not_the_end_of_the_loan() {
    let bytes = &mut [0; 700];
    let calls = Calls::default();
    let stepper = |rest| Stepper(calls.clone(), rest);
    let read = mock::with(stepper(1000), || borrow_read(TASK, 1, 5, bytes));
    assert_eq!(read, Ok(700));
    let offsets: Vec<usize> = calls.borrow().iter().map(|(_, a)| a[2]).collect();
    let wanted: Vec<usize> = (5..5 + 700).step_by(UNALIGNED_STEP).collect();
    assert_eq!(offsets, wanted);
    let read = mock::with(stepper(300), || borrow_read(TASK, 1, 5, bytes));
    assert_eq!(read, Ok(300));
    let written = mock::with(stepper(1000), || borrow_write(TASK, 1, 5, bytes));
    assert_eq!(written, Ok(700));
}

#[test]
fn a_long_line_is_printed_in_steps() {
    let calls = Calls::default();
    let line = [b'x'; 2 * DEBUG_STEP + 1];
    let printed = mock::with(Stepper(calls.clone(), 0), || debug_write(&line));
    assert_eq!(printed, Ok(()));
    let lengths: Vec<usize> = calls.borrow().iter().map(|(_, a)| a[1]).collect();
    assert_eq!(lengths, [DEBUG_STEP, DEBUG_STEP, 1]);
}

#[test]
fn a_panic_ends_the_task() {
    let calls = Calls::default();
    let recorder = Recorder(calls.clone(), [0; 3]);
    let end = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        mock::with(recorder, || panic(b"gone"))
    }));
    assert!(end.is_err());
    assert_eq!(calls.borrow()[0].0, Call::Panic);
    assert_eq!(calls.borrow()[0].1[1], 4);
}

#[test]
fn without_a_kernel_everything_is_denied() {
    assert_eq!(notify(TASK, Notifications::peer(0)), Err(Error::Denied));
    assert_eq!(
        receive(Notifications::peer(0), &mut Message::EMPTY.clone()),
        Err(Error::Denied)
    );
}
