//! Bus mastering, on QEMU's `edu` device: it reaches memory exactly while the grant is claimed.

use super::tests;
use crate::board::{HALF, WORD, edu};
use crate::lending::{ALL, Edu, Part, READ_WRITE, part};
use crate::outcome::{Outcome, because, check, equal};
use crate::suite::{ATTACKER, CLIENT, GRANDCHILD, LESSEE, Suite};
use leasehold_abi::{Call, Error, FaultKind, GrantKind, RevokeMode, Rights};
use testsuite_protocol::Command;
use userlib::sys;

tests! { "bus_master":
    a_claimed_bus_master_moves_data if Edu,
    without_a_claim_no_memory_is_written if Edu,
    after_a_revocation_no_memory_is_written if Edu,
    a_revocation_during_a_transfer_keeps_memory_safe if Edu,
    after_a_crash_no_memory_is_written if Edu,
    unclaiming_turns_it_off if Edu,
    configuration_writes_cannot_turn_it_on if Edu,
    configuration_writes_cannot_turn_it_off if Edu,
    configuration_space_is_mapped_read_only if Edu,
    configuration_accesses_stay_in_the_space if Edu,
    no_lessee_writes_configuration_space if Edu,
    a_lessee_writes_registers_that_are_lent_to_be_written if Edu,
    configuration_space_reads_as_it_is_mapped if Edu,
    a_second_claim_of_bus_mastering_is_busy if Edu,
    a_part_of_a_pool_is_lent_on_without_a_copy if Edu,
    a_part_of_a_pool_ends_with_its_lessor_and_is_frozen_until_then if Edu,
}

/// Index of the bus-master grant in the lease that `lend_edu` makes.
const BUS_MASTER: usize = 3;
/// Of the configuration space.
const CONFIGURATION: usize = 0;
/// Of the pool.
const POOL: usize = 4;
/// Offset of the command and status registers in configuration space, and the bus-master bit.
const COMMAND: (usize, usize) = (0x04, 1 << 2);
/// Transfer from memory to the device.
const TO_DEVICE: usize = 1;
/// Transfer from the device to memory.
const TO_MEMORY: usize = 3;
/// Words that are moved.
const WORDS: usize = 4;

/// Starts a transfer of a few words.
fn transfer(suite: &mut Suite, task: usize, address: usize, command: usize) -> Outcome {
    let (source, destination) = if command == TO_DEVICE {
        (address, edu::BUFFER)
    } else {
        (edu::BUFFER, address)
    };
    for (register, value) in [
        (edu::DMA_SOURCE, source),
        (edu::DMA_DESTINATION, destination),
        (edu::DMA_COUNT, WORDS * WORD),
        (edu::DMA_COMMAND, command),
    ] {
        suite.store(task, suite.edu()?.base + register, WORD, value)?;
    }
    Ok(())
}

/// Waits for the end of a transfer; the device takes about 100 ms.
fn transferred(suite: &mut Suite, task: usize) -> Outcome {
    while suite.load(task, suite.edu()?.base + edu::DMA_COMMAND, WORD)? & 1 != 0 {
        suite.pause(10)?;
    }
    Ok(())
}

/// Fills words of the pool.
fn fill(suite: &mut Suite, task: usize, address: usize, seed: usize) -> Outcome {
    for word in 0..WORDS {
        suite.store(task, address + word * WORD, WORD, seed + word)?;
    }
    Ok(())
}

/// The words of the pool must be these.
fn holds(suite: &mut Suite, task: usize, address: usize, seed: usize) -> Outcome {
    for word in 0..WORDS {
        equal!(
            "a word of the pool",
            suite.load(task, address + word * WORD, WORD)?,
            seed + word
        );
    }
    Ok(())
}

/// The device is the lessee's, its buffer holds a pattern, and another one is in the pool's second half.
fn loaded(suite: &mut Suite) -> Outcome<Edu> {
    suite.limit(10_000);
    suite.start(LESSEE)?;
    let device = suite.lend_edu(LESSEE)?;
    claim(suite, &device)?;
    fill(suite, LESSEE, device.pool, 0xda7a_0000)?;
    transfer(suite, LESSEE, device.pool, TO_DEVICE)?;
    transferred(suite, LESSEE)?;
    fill(suite, LESSEE, device.pool + 2048, 0x01d0_0000)?;
    Ok(device)
}

fn claim(suite: &mut Suite, device: &Edu) -> Outcome {
    let claim = [device.lease.raw() as usize, BUS_MASTER, 0, 0];
    suite.ok(LESSEE, Call::GrantClaim, &claim).map(drop)
}

/// The device's registers and configuration space, for a second task that is there to look.
fn witness(suite: &mut Suite) -> Outcome {
    suite.start(CLIENT)?;
    let configuration = Part {
        kind: GrantKind::Config,
        base: suite.edu()?.configuration,
        length: edu::LENGTH,
        rights: Rights::READ,
    };
    let registers = Part::registers(suite.edu()?.base, edu::LENGTH, Rights::READ | Rights::WRITE);
    let lease = suite.lend(CLIENT, &[configuration, registers])?.raw() as usize;
    suite.claim(CLIENT, lease, 0)?;
    suite.claim(CLIENT, lease, 1).map(drop)
}

/// Whether the device's command register has the bus-master bit.
fn is_on(suite: &mut Suite, task: usize) -> Outcome<bool> {
    let (offset, bit) = COMMAND;
    Ok(suite.load(task, suite.edu()?.configuration + offset, 4)? & bit != 0)
}

fn a_claimed_bus_master_moves_data(suite: &mut Suite) -> Outcome {
    let device = loaded(suite)?;
    check!(
        is_on(suite, LESSEE)?,
        "the bus-master bit is off while claimed"
    );
    transfer(suite, LESSEE, device.pool + 2048, TO_MEMORY)?;
    transferred(suite, LESSEE)?;
    holds(suite, LESSEE, device.pool + 2048, 0xda7a_0000)
}

fn without_a_claim_no_memory_is_written(suite: &mut Suite) -> Outcome {
    let device = loaded(suite)?;
    suite.ok(
        LESSEE,
        Call::GrantUnclaim,
        &[device.lease.raw() as usize, BUS_MASTER],
    )?;
    check!(!is_on(suite, LESSEE)?, "the bus-master bit is on");
    transfer(suite, LESSEE, device.pool + 2048, TO_MEMORY)?;
    transferred(suite, LESSEE)?;
    holds(suite, LESSEE, device.pool + 2048, 0x01d0_0000)?;
    // The claim made the difference: claimed again, the same transfer arrives.
    claim(suite, &device)?;
    transfer(suite, LESSEE, device.pool + 2048, TO_MEMORY)?;
    transferred(suite, LESSEE)?;
    holds(suite, LESSEE, device.pool + 2048, 0xda7a_0000)
}

/// A second task starts a transfer after the lessee lost the device: nothing arrives.
fn nothing_arrives(suite: &mut Suite, pool: usize) -> Outcome {
    check!(!is_on(suite, CLIENT)?, "the bus-master bit is on");
    transfer(suite, CLIENT, pool + 2048, TO_MEMORY)?;
    transferred(suite, CLIENT)?;
    suite.start(LESSEE)?;
    let lease = suite.lend(
        LESSEE,
        &[Part {
            kind: GrantKind::Memory,
            base: pool,
            length: edu::LENGTH,
            rights: Rights::READ,
        }],
    )?;
    suite.claim(LESSEE, lease.raw() as usize, 0)?;
    holds(suite, LESSEE, pool + 2048, 0x01d0_0000)
}

fn after_a_revocation_no_memory_is_written(suite: &mut Suite) -> Outcome {
    let device = loaded(suite)?;
    witness(suite)?;
    suite.revoke(device.lease, RevokeMode::Hard)?;
    suite.stop(LESSEE)?;
    nothing_arrives(suite, device.pool)
}

fn a_revocation_during_a_transfer_keeps_memory_safe(suite: &mut Suite) -> Outcome {
    let device = loaded(suite)?;
    witness(suite)?;
    transfer(suite, LESSEE, device.pool + 2048, TO_MEMORY)?;
    suite.revoke(device.lease, RevokeMode::Hard)?;
    check!(
        !is_on(suite, CLIENT)?,
        "the bus-master bit is on after the revocation"
    );
    transferred(suite, CLIENT)?;
    // Lent memory stays readable to the lessee until it releases.
    holds(suite, LESSEE, device.pool + 2048, 0x01d0_0000)
}

fn after_a_crash_no_memory_is_written(suite: &mut Suite) -> Outcome {
    let device = loaded(suite)?;
    witness(suite)?;
    check!(
        is_on(suite, CLIENT)?,
        "the bus-master bit is off while claimed"
    );
    suite.faults(LESSEE, Command::Load, &[0, WORD], &[FaultKind::Read])?;
    suite.wait_dormant(LESSEE)?;
    nothing_arrives(suite, device.pool)
}

fn unclaiming_turns_it_off(suite: &mut Suite) -> Outcome {
    suite.start(LESSEE)?;
    let device = suite.lend_edu(LESSEE)?;
    for _ in 0..5 {
        check!(!is_on(suite, LESSEE)?, "the bus-master bit is on");
        claim(suite, &device)?;
        check!(is_on(suite, LESSEE)?, "the bus-master bit is off");
        suite.ok(
            LESSEE,
            Call::GrantUnclaim,
            &[device.lease.raw() as usize, BUS_MASTER],
        )?;
    }
    Ok(())
}

/// The runner writes the command register with and without the bit, in every width.
fn write_command(suite: &mut Suite, value: usize, on: bool) -> Outcome {
    for width in [1, 2, 4] {
        let written = suite.configure(COMMAND.0, width, value);
        equal!("the answer", written, Ok(()));
        equal!("the bus-master bit", is_on(suite, LESSEE)?, on);
    }
    Ok(())
}

fn configuration_writes_cannot_turn_it_on(suite: &mut Suite) -> Outcome {
    suite.start(LESSEE)?;
    suite.lend_edu(LESSEE)?;
    write_command(suite, 0x06, false)?;
    write_command(suite, 0x07, false)?;
    write_command(suite, 0x02, false)
}

fn configuration_writes_cannot_turn_it_off(suite: &mut Suite) -> Outcome {
    suite.start(LESSEE)?;
    let device = suite.lend_edu(LESSEE)?;
    claim(suite, &device)?;
    write_command(suite, 0x02, true)?;
    write_command(suite, 0x00, true)?;
    write_command(suite, 0x02, true)
}

fn configuration_space_is_mapped_read_only(suite: &mut Suite) -> Outcome {
    suite.start(LESSEE)?;
    let device = suite.lend_edu(LESSEE)?;
    let address = device.configuration + COMMAND.0;
    suite
        .faults(
            LESSEE,
            Command::Store,
            &[address, 2, 6],
            &[FaultKind::Write],
        )
        .map(drop)
}

fn configuration_accesses_stay_in_the_space(suite: &mut Suite) -> Outcome {
    suite.start(LESSEE)?;
    let device = suite.lend_edu(LESSEE)?;
    let lease = device.lease.raw() as usize;
    for offset in [
        edu::LENGTH,
        edu::LENGTH - 2,
        2 * edu::LENGTH + 4,
        usize::MAX,
        usize::MAX - 3,
        0usize.wrapping_sub(edu::LENGTH) + 4,
        HALF | 4,
        2,
        5,
    ] {
        let arguments = [lease, CONFIGURATION, offset];
        suite.refused(LESSEE, Call::ConfigRead, &arguments, &[Error::Invalid])?;
    }
    // A window or a line is no configuration space.
    for index in [1, 2, POOL] {
        for call in [Call::ConfigRead, Call::ConfigWrite] {
            let arguments = [lease, index, COMMAND.0, 2, 6];
            suite.refused(LESSEE, call, &arguments, &[Error::Invalid])?;
        }
    }
    for (register, width) in [
        (3, 2),
        (2, 4),
        (5, 4),
        (4, 0),
        (4, 3),
        (4, 8),
        (4, usize::MAX),
    ] {
        let written = suite.configure(register, width, 6);
        equal!("the answer", written, Err(Error::Invalid));
    }
    check!(!is_on(suite, LESSEE)?, "the bus-master bit is on");
    Ok(())
}

/// A driver of edu with all rights, and a bridge's driver with all of configuration space, try to move edu's window
/// over another, to stop it from decoding, and to have it store anywhere by a message-signalled interrupt.
fn no_lessee_writes_configuration_space(suite: &mut Suite) -> Outcome {
    suite.limit(30_000);
    suite.start_all(&[LESSEE, ATTACKER])?;
    let device = suite.lend_edu(LESSEE)?;
    let (index, place) = suite
        .configuration()
        .map_err(|_| because(format_args!("no configuration space")))?;
    let info = sys::grant_info(suite.root(), index)
        .map_err(|_| because(format_args!("no configuration space")))?;
    let all = Part {
        kind: GrantKind::Config,
        base: info.base as usize,
        length: info.length as usize,
        rights: ALL,
    };
    let bus = suite.lend(ATTACKER, &[all])?.raw() as usize;
    let mut before = [0; 32];
    for (word, value) in before.iter_mut().enumerate() {
        *value = suite.load(LESSEE, device.configuration + 4 * word, 4)?;
    }
    for register in (0..4 * before.len()).step_by(4) {
        for (width, value) in [(4, 0x4010_0000), (2, 0xffff), (1, 0)] {
            let own = [
                device.lease.raw() as usize,
                CONFIGURATION,
                register,
                width,
                value,
            ];
            suite.refused(LESSEE, Call::ConfigWrite, &own, &[Error::Denied])?;
            let bridge = [bus, 0, place + register, width, value];
            suite.refused(ATTACKER, Call::ConfigWrite, &bridge, &[Error::Denied])?;
        }
    }
    for (word, value) in before.into_iter().enumerate() {
        let now = suite.load(LESSEE, device.configuration + 4 * word, 4)?;
        equal!("a register of configuration space", now, value);
    }
    let (offset, value) = edu::IDENTIFICATION;
    let found = suite.load(LESSEE, device.registers + offset, 4)?;
    equal!("edu's identification", found, value);
    Ok(())
}

/// Where edu's capability for messages keeps an address of 64 bits. A function keeps what is written there.
const MESSAGE_ADDRESS: usize = 0x44;

/// The runner lends edu's space to be read, that address to be written, and, as no supervisor would, the header too.
fn a_lessee_writes_registers_that_are_lent_to_be_written(suite: &mut Suite) -> Outcome {
    suite.start(LESSEE)?;
    let base = suite.edu()?.configuration;
    let part = |offset, length, rights| Part {
        kind: GrantKind::Config,
        base: base + offset,
        length,
        rights,
    };
    let parts = [
        part(0, edu::LENGTH, Rights::READ),
        part(MESSAGE_ADDRESS, 8, Rights::WRITE),
        part(COMMAND.0, 0x40, Rights::WRITE),
    ];
    let lease = suite.lend(LESSEE, &parts)?;
    let raw = lease.raw() as usize;
    let seen = suite.identify_edu(LESSEE, raw)?;
    for (offset, width, value, wanted) in [
        (0, 4, 0x1234_5678, 0x1234_5678),
        (2, 2, 0xabcd, 0xabcd_5678),
        (1, 1, 0xef, 0xabcd_ef78),
        (0, 4, 0, 0),
        (4, 4, 0x0bad_cafe, 0x0bad_cafe),
        (4, 4, 0, 0),
    ] {
        let own = [raw, 1, offset, width, value];
        suite.ok(LESSEE, Call::ConfigWrite, &own)?;
        let word = seen + MESSAGE_ADDRESS + (offset & !3);
        equal!("the register", suite.load(LESSEE, word, 4)?, wanted);
    }
    let command = suite.load(LESSEE, seen + COMMAND.0, 4)?;
    for (index, offset, width, error) in [
        (0, MESSAGE_ADDRESS, 4, Error::Denied),
        (1, 8, 4, Error::Invalid),
        (1, 6, 4, Error::Invalid),
        (1, 2, 4, Error::Invalid),
        (2, 0, 2, Error::Denied),
        (2, 0x0c, 4, Error::Denied),
        (3, 0, 4, Error::NotFound),
    ] {
        let own = [raw, index, offset, width, 0xffff_ffff];
        suite.refused(LESSEE, Call::ConfigWrite, &own, &[error])?;
    }
    for index in [1, 2] {
        let claim = [raw, index, 0, 0];
        suite.refused(LESSEE, Call::GrantClaim, &claim, &[Error::Denied])?;
    }
    equal!(
        "the command",
        suite.load(LESSEE, seen + COMMAND.0, 4)?,
        command
    );
    suite.revoke(lease, RevokeMode::Hard)?;
    let own = [raw, 1, 0, 4, 1];
    suite.refused(LESSEE, Call::ConfigWrite, &own, &[Error::Revoked])
}

fn configuration_space_reads_as_it_is_mapped(suite: &mut Suite) -> Outcome {
    suite.start(LESSEE)?;
    let device = suite.lend_edu(LESSEE)?;
    for register in (0..0x40).step_by(4) {
        let mapped = suite.load(LESSEE, device.configuration + register, 4)?;
        let arguments = [device.lease.raw() as usize, CONFIGURATION, register];
        let read = suite.ok(LESSEE, Call::ConfigRead, &arguments)?[0];
        equal!("a register", read, mapped);
    }
    Ok(())
}

fn a_second_claim_of_bus_mastering_is_busy(suite: &mut Suite) -> Outcome {
    suite.start_all(&[LESSEE, CLIENT])?;
    let device = suite.lend_edu(LESSEE)?;
    claim(suite, &device)?;
    let part = Part {
        kind: GrantKind::BusMaster,
        base: suite.edu()?.configuration,
        length: edu::LENGTH,
        rights: Rights::READ | Rights::WRITE,
    };
    let second = suite.lend(CLIENT, &[part])?.raw() as usize;
    suite.refused(CLIENT, Call::GrantClaim, &[second, 0, 0, 0], &[Error::Busy])?;
    suite.ok(LESSEE, Call::LeaseRelease, &[device.lease.raw() as usize])?;
    suite
        .ok(CLIENT, Call::GrantClaim, &[second, 0, 0, 0])
        .map(drop)
}

/// The lessee lends the first page of its pool on; answers the lease, and where the grandchild sees the page.
fn lent_on(suite: &mut Suite, device: &Edu, rights: Rights) -> Outcome<(usize, usize)> {
    let parent = device.lease.raw() as usize;
    let pages = part(POOL, 0, edu::LENGTH, rights);
    let lease = suite.lend_parts(LESSEE, parent, GRANDCHILD, &[pages])?;
    Ok((lease, suite.claim(GRANDCHILD, lease, 0)?))
}

fn a_part_of_a_pool_is_lent_on_without_a_copy(suite: &mut Suite) -> Outcome {
    let device = loaded(suite)?;
    suite.start(GRANDCHILD)?;
    let (lease, seen) = lent_on(suite, &device, READ_WRITE)?;
    // What the device writes, the task above reads; what that writes, the device reads.
    transfer(suite, LESSEE, device.pool + 2048, TO_MEMORY)?;
    transferred(suite, LESSEE)?;
    holds(suite, GRANDCHILD, seen + 2048, 0xda7a_0000)?;
    fill(suite, GRANDCHILD, seen, 0xf00d_0000)?;
    transfer(suite, LESSEE, device.pool, TO_DEVICE)?;
    transferred(suite, LESSEE)?;
    transfer(suite, LESSEE, device.pool + 1024, TO_MEMORY)?;
    transferred(suite, LESSEE)?;
    holds(suite, GRANDCHILD, seen + 1024, 0xf00d_0000)?;
    // It is over for the task above alone: its page is gone, the lessee and the device have theirs.
    suite.ok(
        LESSEE,
        Call::LeaseRevoke,
        &[lease, RevokeMode::Hard as usize],
    )?;
    suite.ok(GRANDCHILD, Call::LeaseRelease, &[lease])?;
    check!(
        !suite.reaches(GRANDCHILD, seen)?,
        "the page is still there after the release"
    );
    transfer(suite, LESSEE, device.pool + 3072, TO_MEMORY)?;
    transferred(suite, LESSEE)?;
    holds(suite, LESSEE, device.pool + 3072, 0xf00d_0000)?;
    // With the right to read alone, a store is a fault, and changes nothing (L4).
    let (_, seen) = lent_on(suite, &device, Rights::READ)?;
    suite.faults(
        GRANDCHILD,
        Command::Store,
        &[seen, WORD, 1],
        &[FaultKind::Write],
    )?;
    holds(suite, LESSEE, device.pool, 0xf00d_0000)
}

fn a_part_of_a_pool_ends_with_its_lessor_and_is_frozen_until_then(suite: &mut Suite) -> Outcome {
    let device = loaded(suite)?;
    witness(suite)?;
    suite.start(GRANDCHILD)?;
    let (_, seen) = lent_on(suite, &device, Rights::READ)?;
    // The lessor dies while its device writes into the page that the task above has.
    transfer(suite, LESSEE, device.pool + 2048, TO_MEMORY)?;
    suite.faults(LESSEE, Command::Load, &[0, WORD], &[FaultKind::Read])?;
    check!(
        !is_on(suite, CLIENT)?,
        "the bus-master bit is on after the lessor's end"
    );
    transferred(suite, CLIENT)?;
    // Until the task above gives it back, the page is there and nobody changes it (L6).
    holds(suite, GRANDCHILD, seen + 2048, 0x01d0_0000)?;
    equal!(
        "a start while a part of the pool is lent",
        sys::task_start(LESSEE).err(),
        Some(Error::Busy)
    );
    // It never does, so its deadline takes the page (L2), and only then may the lessor start anew.
    suite.abandon(GRANDCHILD);
    suite.wait_fault(GRANDCHILD, &[FaultKind::LeaseOverstayed])?;
    suite.wait_dormant(LESSEE)?;
    nothing_arrives(suite, device.pool)
}
