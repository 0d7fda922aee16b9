//! Commands that are more than one call or one instruction.

use crate::report::{Words, words};
use leasehold_abi::{Call, ClaimMode, Error, MESSAGE_WORDS, Notifications};

/// One call with many first arguments, counted by what it answers.
pub(crate) fn forge(given: Words) -> Words {
    let [call, first, count, stride, second, third, fourth, _] = given;
    let mut found: Words = [0; MESSAGE_WORDS];
    for step in 0..count {
        let forged = first.wrapping_add(step.wrapping_mul(stride)) & u32::MAX as usize;
        let [status, ..] = attacks::system_call(call, [forged, second, third, fourth, 0, 0]);
        let column = match (status, Error::from_code(status)) {
            (0, _) => {
                found[6] = forged;
                0
            }
            (_, Some(Error::Revoked)) => 1,
            (_, Some(Error::Dead)) => 2,
            (_, Some(Error::Denied)) => 3,
            (_, Some(Error::Invalid)) => 4,
            _ => 5,
        };
        found[column] += 1;
    }
    found
}

/// Which registers a call did not leave as it should.
pub(crate) fn registers(given: Words) -> Words {
    let mut arguments = [0; 6];
    arguments.copy_from_slice(&given[1..7]);
    let message = matches!(
        Call::from_number(given[0]),
        Some(Call::Call | Call::Receive | Call::ReplyReceive)
    );
    let found = attacks::registers_around_call(given[0], arguments, message);
    let [first, second, third] = found.results;
    words(&[
        found.changed as usize,
        found.leaked as usize,
        first,
        second,
        third,
    ])
}

/// Takes a window away from itself and gives it back, and looks at it at once.
pub(crate) fn reclaim(given: Words) -> Words {
    let [lease, grant, address, rounds, ..] = given;
    let arguments = [lease, grant, ClaimMode::Shared as usize, 0, 0, 0];
    let mut found = [0; 4];
    for _ in 0..rounds {
        let [unclaimed, ..] = attacks::system_call(Call::GrantUnclaim as usize, arguments);
        let before = attacks::checked_load(address).is_some();
        let [claimed, ..] = attacks::system_call(Call::GrantClaim as usize, arguments);
        let after = attacks::checked_load(address).is_none();
        let events = [unclaimed != 0, claimed != 0, before, after];
        for (count, event) in found.iter_mut().zip(events) {
            *count += usize::from(event);
        }
    }
    words(&found)
}

/// Checked loads over a range.
pub(crate) fn sweep(given: Words) -> Words {
    let [first, end, step, ..] = given;
    let mut found = [0, 0, 0];
    let mut address = first;
    while address < end {
        if attacks::checked_load(address).is_some() {
            if found[0] == 0 {
                found[1] = address;
            }
            found[2] = address;
            found[0] += 1;
        }
        address += step;
    }
    words(&found)
}

/// Serves calls, answering each word plus one.
pub(crate) fn echo(count: usize) -> Words {
    let mut message = [0; MESSAGE_WORDS];
    let mut tag = 0;
    let mut results = attacks::message_call(Call::Receive as usize, [0; 6], &mut message, &mut tag);
    let mut served = 0;
    loop {
        let [status, client, _] = results;
        if status != 0 {
            return words(&[served, status]);
        }
        served += 1;
        for word in &mut message {
            *word = word.wrapping_add(1);
        }
        if served == count {
            let arguments = [client, 0, 0, 0, 0, 0];
            attacks::message_call(Call::Reply as usize, arguments, &mut message, &mut tag);
            return words(&[served]);
        }
        let arguments = [client, 0, 0, 0, 0, 0];
        results = attacks::message_call(
            Call::ReplyReceive as usize,
            arguments,
            &mut message,
            &mut tag,
        );
    }
}

/// Calls a server that echoes, and compares.
pub(crate) fn call_many(server: usize, count: usize) -> Words {
    let (mut failed, mut wrong) = (0, 0);
    for round in 0..count {
        let mut message = [0; MESSAGE_WORDS];
        for (index, word) in message.iter_mut().enumerate() {
            *word = round << 8 | index;
        }
        let sent = message;
        let mut tag = round;
        let arguments = [server, 0, 0, 0, 0, 0];
        let [status, ..] =
            attacks::message_call(Call::Call as usize, arguments, &mut message, &mut tag);
        failed += usize::from(status != 0);
        let echoed = message.iter().zip(sent).all(|(got, sent)| *got == sent + 1);
        wrong += usize::from(!echoed || tag != round);
    }
    words(&[failed, wrong])
}

/// Random system calls. Calls that end or block the worker by design are left out.
pub(crate) fn fuzz(rounds: usize, seed: usize) -> Words {
    let mut state = seed as u64 | 1;
    let mut random = || {
        // xorshift64 (Marsaglia, "Xorshift RNGs", 2003).
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as usize
    };
    let interesting = [
        0,
        1,
        8,
        u32::MAX as usize,
        usize::MAX,
        attacks::text(),
        attacks::scratch(),
        (1_u64 << 38) as usize,
        0xffff_ffc0_8020_0000_u64 as usize,
        0x8020_0000,
        0x1000_0000,
        4096,
        usize::MAX - 4095,
    ];
    let mut succeeded = 0;
    for _ in 0..rounds {
        let number = random() % 40;
        let blocks = matches!(
            Call::from_number(number),
            Some(Call::Call | Call::Receive | Call::ReplyReceive | Call::Panic | Call::SetServing)
        );
        if blocks {
            continue;
        }
        let mut arguments = [0; 6];
        for argument in &mut arguments {
            let choice = random();
            *argument = match choice % 4 {
                0 => interesting[(choice >> 8) % interesting.len()],
                1 => choice >> 8 & 0xff,
                2 => choice >> 8 & u32::MAX as usize,
                _ => random(),
            };
        }
        let [status, ..] = attacks::system_call(number, arguments);
        succeeded += usize::from(status == 0);
    }
    words(&[succeeded])
}

/// Raises a line and takes the interrupt, over and over.
pub(crate) fn storm(given: Words) -> Words {
    let [address, value, lease, index, count, bits, ..] = given;
    let mut came = 0;
    for _ in 0..count {
        attacks::store(address, 4, value);
        let arguments = [bits, 0, 0, 0, 0, 0];
        let [status, client, _] = attacks::system_call(Call::Receive as usize, arguments);
        if status != 0 || client as u32 != u32::MAX {
            break;
        }
        let arguments = [lease, index, 0, 0, 0, 0];
        let [status, ..] = attacks::system_call(Call::InterruptAcknowledge as usize, arguments);
        came += usize::from(status == 0);
    }
    words(&[came])
}

/// Waits until a time, then loops for ever.
pub(crate) fn spin_at(given: Words) -> ! {
    const TIMER: usize = Notifications::TIMER.register();
    let arguments = if cfg!(target_pointer_width = "64") {
        [given[0], TIMER, 0, 0, 0, 0]
    } else {
        [given[0], given[1], TIMER, 0, 0, 0]
    };
    attacks::system_call(Call::SetTimer as usize, arguments);
    attacks::system_call(Call::Receive as usize, [TIMER, 0, 0, 0, 0, 0]);
    attacks::spin(attacks::scratch())
}

/// Keeps floating-point registers over waits, or over being interrupted.
pub(crate) fn floating(given: Words) -> Words {
    let [seed, rounds, wait, ..] = given;
    let found = attacks::floating_differences(0);
    attacks::floating_fill(seed);
    for _ in 0..rounds {
        if wait == 0 {
            core::hint::black_box([0_usize; 32]);
        } else {
            sleep(wait);
        }
    }
    words(&[attacks::floating_differences(seed), found])
}

/// Counts in a lock that another task counts in, too.
pub(crate) fn lock(given: Words) -> Words {
    let [address, rounds, wait, keep, recover, ..] = given;
    let lock = attacks::lock(address);
    let (mut done, mut busy, mut number, mut error) = (0, 0, 0, 0);
    if recover != 0 {
        match lock.recover(0) {
            Ok(guard) => drop(guard),
            Err(reason) => error = reason.code(),
        }
    }
    for _ in 0..rounds {
        match lock.try_lock() {
            Ok(mut guard) => {
                number = guard.read().unwrap_or(0).wrapping_add(1);
                guard.write(number);
                done += 1;
                if keep != 0 {
                    core::mem::forget(guard);
                }
            }
            Err(Error::Busy) => busy += 1,
            Err(reason) => {
                error = reason.code();
                break;
            }
        }
        if wait != 0 {
            sleep(wait);
        }
    }
    words(&[done, busy, number as usize, error])
}

/// Waits this many ticks.
fn sleep(ticks: usize) {
    // The own timer can always be set.
    let _ = userlib::sys::set_timer(userlib::sys::time() + ticks as u64, Notifications::TIMER);
    attacks::system_call(
        Call::Receive as usize,
        [Notifications::TIMER.register(), 0, 0, 0, 0, 0],
    );
}
