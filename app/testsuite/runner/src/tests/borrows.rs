//! Buffers that go with a call: bounds, rights, and the end of the loan.

use super::tests;
use crate::board::{HALF, KERNEL, KERNEL_DATA, KERNEL_OFFSET, TOP, WORD, wide};
use crate::outcome::{Outcome, check, equal};
use crate::suite::{CLIENT, LESSEE, RIVAL, SERVER, Suite};
use leasehold_abi::{COPY_STEP, Call, Error, Rights, UNALIGNED_STEP};
use testsuite_protocol::Place;

tests! { "borrows":
    the_server_reads_what_was_lent,
    the_server_writes_what_was_lent,
    four_buffers_are_kept_apart,
    info_tells_length_and_rights,
    reading_needs_the_right,
    writing_needs_the_right,
    nothing_beyond_the_end,
    huge_offsets_and_lengths_are_refused,
    one_step_is_bounded,
    an_unknown_buffer_is_refused,
    the_loan_ends_with_the_reply,
    another_clients_buffers_are_not_mixed_up,
    a_client_not_in_service_lends_nothing,
    the_loan_ends_with_the_client,
    foreign_memory_cannot_be_lent,
    a_buffer_that_runs_out_of_own_memory_is_cut_off,
    a_window_is_no_buffer,
    constants_cannot_be_lent_for_writing,
    the_copy_goes_to_own_memory_only,
}

/// Puts entry `index` into the client's list of borrows, which is at the end of its scratch buffer.
fn entry(
    suite: &mut Suite,
    task: usize,
    index: usize,
    base: usize,
    length: usize,
    rights: Rights,
) -> Outcome {
    let at = suite.place(task, Place::Scratch) + LIST + index * 3 * WORD;
    suite.store(task, at, WORD, base)?;
    suite.store(task, at + WORD, WORD, length)?;
    suite.store(task, at + 2 * WORD, WORD, rights.bits() as usize)
}

/// Where the list is in the scratch buffer.
const LIST: usize = 3072;
const BOTH: Rights = Rights::READ.union(Rights::WRITE);

/// A client begins a call with the buffers that its list holds.
fn begin(suite: &mut Suite, task: usize, count: usize) -> Outcome {
    let list = suite.place(task, Place::Scratch) + LIST;
    suite.begin_call(task, Call::Call, &[suite.handle(SERVER), list, count])
}

/// A call with one buffer of the client's scratch memory, in service; answers client, buffer, server's buffer.
fn one(suite: &mut Suite, length: usize, rights: Rights) -> Outcome<(usize, usize, usize)> {
    suite.start_all(&[SERVER, CLIENT])?;
    let buffer = suite.place(CLIENT, Place::Scratch);
    for offset in (0..64).step_by(8) {
        suite.store(CLIENT, buffer + offset, WORD, 0xc11e_0000 + offset)?;
    }
    entry(suite, CLIENT, 0, buffer, length, rights)?;
    begin(suite, CLIENT, 1)?;
    let [client, _] = suite.ok(SERVER, Call::Receive, &[0])?;
    Ok((client, buffer, suite.place(SERVER, Place::Scratch)))
}

fn the_server_reads_what_was_lent(suite: &mut Suite) -> Outcome {
    let (client, _, mine) = one(suite, 64, Rights::READ)?;
    let [copied, _] = suite.ok(SERVER, Call::BorrowRead, &[client, 0, 0, mine, 64])?;
    equal!("bytes copied", copied, 64);
    equal!(
        "the first word",
        suite.load(SERVER, mine, WORD)?,
        0xc11e_0000
    );
    equal!(
        "the last word",
        suite.load(SERVER, mine + 56, WORD)?,
        0xc11e_0000 + 56
    );
    suite.ok(SERVER, Call::BorrowRead, &[client, 0, 13, mine, 1])?;
    equal!("a byte in the middle", suite.load(SERVER, mine, 1)?, 0);
    suite.ok(SERVER, Call::BorrowRead, &[client, 0, 8, mine, 1])?;
    equal!("a byte in the middle", suite.load(SERVER, mine, 1)?, 8);
    Ok(())
}

fn the_server_writes_what_was_lent(suite: &mut Suite) -> Outcome {
    let (client, buffer, mine) = one(suite, 64, Rights::WRITE)?;
    suite.store(SERVER, mine, WORD, wide(0x0123_4567_89ab_cdef))?;
    let [copied, _] = suite.ok(SERVER, Call::BorrowWrite, &[client, 0, 16, mine, 8])?;
    equal!("bytes copied", copied, 8);
    suite.ok(SERVER, Call::Reply, &[client])?;
    suite.ends_ok(CLIENT, Call::Call)?;
    equal!(
        "the word before",
        suite.load(CLIENT, buffer + 8, WORD)?,
        0xc11e_0008
    );
    equal!(
        "the word written",
        suite.load(CLIENT, buffer + 16, WORD)?,
        wide(0x0123_4567_89ab_cdef)
    );
    equal!(
        "the word after",
        suite.load(CLIENT, buffer + 24, WORD)?,
        0xc11e_0018
    );
    Ok(())
}

fn four_buffers_are_kept_apart(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, CLIENT])?;
    let buffer = suite.place(CLIENT, Place::Scratch);
    for index in 0..4 {
        suite.store(CLIENT, buffer + index * 256, WORD, 0xb0 + index)?;
        entry(
            suite,
            CLIENT,
            index,
            buffer + index * 256,
            8 * (index + 1),
            Rights::READ,
        )?;
    }
    begin(suite, CLIENT, 4)?;
    let [client, _] = suite.ok(SERVER, Call::Receive, &[0])?;
    let mine = suite.place(SERVER, Place::Scratch);
    for index in [3, 0, 2, 1] {
        suite.ok(SERVER, Call::BorrowRead, &[client, index, 0, mine, 8])?;
        equal!(
            "the buffer's word",
            suite.load(SERVER, mine, WORD)?,
            0xb0 + index
        );
        let [length, _] = suite.ok(SERVER, Call::BorrowInfo, &[client, index])?;
        equal!("the buffer's length", length, 8 * (index + 1));
    }
    Ok(())
}

fn info_tells_length_and_rights(suite: &mut Suite) -> Outcome {
    let (client, ..) = one(suite, 48, BOTH)?;
    let [length, rights] = suite.ok(SERVER, Call::BorrowInfo, &[client, 0])?;
    equal!(
        "length and rights",
        (length, rights),
        (48, BOTH.bits() as usize)
    );
    Ok(())
}

fn reading_needs_the_right(suite: &mut Suite) -> Outcome {
    let (client, _, mine) = one(suite, 64, Rights::WRITE)?;
    suite.refused(
        SERVER,
        Call::BorrowRead,
        &[client, 0, 0, mine, 8],
        &[Error::Denied],
    )?;
    equal!("the server's buffer", suite.load(SERVER, mine, WORD)?, 0);
    Ok(())
}

fn writing_needs_the_right(suite: &mut Suite) -> Outcome {
    let (client, buffer, mine) = one(suite, 64, Rights::READ)?;
    suite.refused(
        SERVER,
        Call::BorrowWrite,
        &[client, 0, 0, mine, 8],
        &[Error::Denied],
    )?;
    suite.ok(SERVER, Call::Reply, &[client])?;
    suite.ends_ok(CLIENT, Call::Call)?;
    equal!(
        "the client's buffer",
        suite.load(CLIENT, buffer, WORD)?,
        0xc11e_0000
    );
    Ok(())
}

fn nothing_beyond_the_end(suite: &mut Suite) -> Outcome {
    let (client, buffer, mine) = one(suite, 16, BOTH)?;
    for word in 0..8 {
        suite.store(SERVER, mine + word * 8, WORD, usize::MAX)?;
    }
    // Whether it is cut or refused, no byte beyond the end moves.
    for (offset, length) in [(0, 64), (8, 16), (16, 8), (24, 8)] {
        let [status, copied, _] = suite.call(
            SERVER,
            Call::BorrowWrite,
            &[client, 0, offset, mine, length],
        )?;
        check!(
            status != 0 || offset + copied <= 16,
            "{copied} bytes written at {offset} of 16"
        );
        let [status, copied, _] = suite.call(
            SERVER,
            Call::BorrowRead,
            &[client, 0, offset, mine + 512, length],
        )?;
        check!(
            status != 0 || offset + copied <= 16,
            "{copied} bytes read at {offset} of 16"
        );
    }
    for word in 2..8 {
        equal!(
            "the server's buffer",
            suite.load(SERVER, mine + 512 + word * 8, WORD)?,
            0
        );
    }
    suite.ok(SERVER, Call::Reply, &[client])?;
    suite.ends_ok(CLIENT, Call::Call)?;
    for word in 2..8 {
        equal!(
            "the client's memory",
            suite.load(CLIENT, buffer + word * 8, WORD)?,
            0xc11e_0000 + word * 8
        );
    }
    Ok(())
}

fn huge_offsets_and_lengths_are_refused(suite: &mut Suite) -> Outcome {
    let (client, _, mine) = one(suite, 64, BOTH)?;
    for (offset, length) in [
        (usize::MAX, 1),
        (usize::MAX - 7, 16),
        (TOP, 8),
        (usize::MAX, usize::MAX),
        (0usize.wrapping_sub(mine), 8),
    ] {
        for call in [Call::BorrowRead, Call::BorrowWrite] {
            let [status, copied, _] =
                suite.call(SERVER, call, &[client, 0, offset, mine, length])?;
            check!(
                status != 0 || copied == 0,
                "{call:?} of {length:#x} at {offset:#x} copied {copied}"
            );
        }
    }
    let [status, copied, _] =
        suite.call(SERVER, Call::BorrowRead, &[client, 0, 0, mine, usize::MAX])?;
    check!(status != 0 || copied <= 64, "{copied} bytes copied of 64");
    Ok(())
}

fn one_step_is_bounded(suite: &mut Suite) -> Outcome {
    let (client, _, mine) = one(suite, 3000, Rights::READ)?;
    let [status, copied, _] = suite.call(SERVER, Call::BorrowRead, &[client, 0, 0, mine, 3000])?;
    check!(status != 0 || copied <= COPY_STEP, "{copied} bytes at once");
    let [copied, _] = suite.ok(SERVER, Call::BorrowRead, &[client, 0, 0, mine, COPY_STEP])?;
    equal!("bytes copied", copied, COPY_STEP);
    for (offset, to) in [(1, mine), (0, mine + 4), (3, mine + 3)] {
        let arguments = [client, 0, offset, to, COPY_STEP];
        let [copied, _] = suite.ok(SERVER, Call::BorrowRead, &arguments)?;
        equal!("bytes copied, unaligned", copied, UNALIGNED_STEP);
    }
    Ok(())
}

fn an_unknown_buffer_is_refused(suite: &mut Suite) -> Outcome {
    let (client, _, mine) = one(suite, 64, BOTH)?;
    let errors = [Error::NotFound, Error::Invalid];
    for index in [1, 3, 4, HALF, usize::MAX] {
        suite.all_refused(
            SERVER,
            &errors,
            &[
                (Call::BorrowRead, &[client, index, 0, mine, 8]),
                (Call::BorrowWrite, &[client, index, 0, mine, 8]),
                (Call::BorrowInfo, &[client, index]),
            ],
        )?;
    }
    Ok(())
}

/// No call of the server's reaches the client's buffer.
fn unreachable(suite: &mut Suite, client: usize, mine: usize) -> Outcome {
    let errors = [Error::Dead, Error::NotFound, Error::Invalid];
    suite.all_refused(
        SERVER,
        &errors,
        &[
            (Call::BorrowRead, &[client, 0, 0, mine, 8]),
            (Call::BorrowWrite, &[client, 0, 0, mine, 8]),
            (Call::BorrowInfo, &[client, 0]),
        ],
    )
}

fn the_loan_ends_with_the_reply(suite: &mut Suite) -> Outcome {
    let (client, _, mine) = one(suite, 64, BOTH)?;
    suite.ok(SERVER, Call::Reply, &[client])?;
    suite.ends_ok(CLIENT, Call::Call)?;
    unreachable(suite, client, mine)?;
    // A call without buffers must not bring the old ones back.
    suite.begin_call(CLIENT, Call::Call, &[suite.handle(SERVER), 0, 0])?;
    suite.ok(SERVER, Call::Receive, &[0])?;
    unreachable(suite, client, mine)
}

fn another_clients_buffers_are_not_mixed_up(suite: &mut Suite) -> Outcome {
    let (client, _, mine) = one(suite, 64, BOTH)?;
    suite.start(RIVAL)?;
    let other = suite.place(RIVAL, Place::Scratch);
    suite.store(RIVAL, other, WORD, 0x41a1)?;
    entry(suite, RIVAL, 0, other, 8, Rights::READ)?;
    begin(suite, RIVAL, 1)?;
    let [rival, _] = suite.ok(SERVER, Call::Receive, &[0])?;
    suite.ok(SERVER, Call::BorrowRead, &[rival, 0, 0, mine, 8])?;
    equal!("the rival's word", suite.load(SERVER, mine, WORD)?, 0x41a1);
    suite.ok(SERVER, Call::Reply, &[rival])?;
    suite.ends_ok(RIVAL, Call::Call)?;
    unreachable(suite, rival, mine)?;
    suite.ok(SERVER, Call::BorrowRead, &[client, 0, 0, mine, 8])?;
    equal!(
        "the client's word",
        suite.load(SERVER, mine, WORD)?,
        0xc11e_0000
    );
    Ok(())
}

fn a_client_not_in_service_lends_nothing(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, CLIENT])?;
    let (buffer, mine) = (
        suite.place(CLIENT, Place::Scratch),
        suite.place(SERVER, Place::Scratch),
    );
    entry(suite, CLIENT, 0, buffer, 64, BOTH)?;
    begin(suite, CLIENT, 1)?;
    suite.pause(1)?;
    unreachable(suite, suite.handle(CLIENT), mine)?;
    // A client of somebody else's: the runner's.
    suite.start(RIVAL)?;
    unreachable(suite, suite.handle(RIVAL), mine)
}

fn the_loan_ends_with_the_client(suite: &mut Suite) -> Outcome {
    let (client, _, mine) = one(suite, 64, BOTH)?;
    suite.stop(CLIENT)?;
    unreachable(suite, client, mine)?;
    suite.start(CLIENT)?;
    unreachable(suite, client, mine)
}

/// A call with one buffer that the client may not lend in this way: the server gets none of its bytes.
fn not_lent(suite: &mut Suite, base: usize, length: usize, rights: Rights) -> Outcome {
    suite.start(CLIENT)?;
    entry(suite, CLIENT, 0, base, length, rights)?;
    begin(suite, CLIENT, 1)?;
    let [client, _] = suite.ok(SERVER, Call::Receive, &[0])?;
    let mine = suite.place(SERVER, Place::Scratch);
    let call = if rights.contains(Rights::WRITE) {
        Call::BorrowWrite
    } else {
        Call::BorrowRead
    };
    suite.refused(SERVER, call, &[client, 0, 0, mine, 8], &[Error::BadAddress])?;
    equal!("the server's buffer", suite.load(SERVER, mine, WORD)?, 0);
    suite.stop(CLIENT)
}

fn foreign_memory_cannot_be_lent(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, RIVAL])?;
    let rival = suite.place(RIVAL, Place::Scratch);
    suite.store(RIVAL, rival, WORD, 0x5ec4)?;
    for base in [
        rival,
        KERNEL,
        KERNEL_DATA,
        KERNEL + KERNEL_OFFSET,
        0,
        0x1000_0000,
        usize::MAX - 7,
        usize::MAX - 3,
    ] {
        not_lent(suite, base, 8, Rights::READ)?;
        not_lent(suite, base, 8, BOTH)?;
    }
    equal!("the rival's word", suite.load(RIVAL, rival, WORD)?, 0x5ec4);
    Ok(())
}

fn a_buffer_that_runs_out_of_own_memory_is_cut_off(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, CLIENT])?;
    let (end, mine) = (
        suite.end_of_memory(CLIENT)?,
        suite.place(SERVER, Place::Scratch),
    );
    for length in [64, HALF, usize::MAX, 0usize.wrapping_sub(end)] {
        entry(suite, CLIENT, 0, end - 8, length, BOTH)?;
        begin(suite, CLIENT, 1)?;
        let [client, _] = suite.ok(SERVER, Call::Receive, &[0])?;
        let errors = [Error::BadAddress, Error::Invalid];
        suite.ok(SERVER, Call::BorrowRead, &[client, 0, 0, mine, 8])?;
        for (offset, length) in [(0, 16), (8, 8), (1 << 31, 8), (length - 8, 16)] {
            suite.all_refused(
                SERVER,
                &errors,
                &[
                    (Call::BorrowRead, &[client, 0, offset, mine, length]),
                    (Call::BorrowWrite, &[client, 0, offset, mine, length]),
                ],
            )?;
        }
        suite.ok(SERVER, Call::Reply, &[client])?;
        suite.ends_ok(CLIENT, Call::Call)?;
    }
    Ok(())
}

fn constants_cannot_be_lent_for_writing(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, CLIENT])?;
    let (text, constant) = (
        suite.place(CLIENT, Place::Text) & !7,
        suite.place(CLIENT, Place::Constant),
    );
    suite.stop(CLIENT)?;
    not_lent(suite, text, 8, BOTH)?;
    not_lent(suite, constant, 8, BOTH)?;
    suite.start(CLIENT)?;
    entry(suite, CLIENT, 0, constant, 8, Rights::READ)?;
    begin(suite, CLIENT, 1)?;
    let [client, _] = suite.ok(SERVER, Call::Receive, &[0])?;
    let mine = suite.place(SERVER, Place::Scratch);
    suite.ok(SERVER, Call::BorrowRead, &[client, 0, 0, mine, 8])?;
    equal!(
        "the constant",
        suite.load(SERVER, mine, WORD)?,
        wide(0x1122_3344_5566_7788)
    );
    Ok(())
}

fn a_window_is_no_buffer(suite: &mut Suite) -> Outcome {
    let page = suite.lent_page(Rights::READ | Rights::WRITE)?;
    suite.start_all(&[SERVER, CLIENT])?;
    let mine = suite.place(SERVER, Place::Scratch);
    // The lessee may load from the window, but the kernel does not copy from it for a call.
    entry(suite, LESSEE, 0, page.address, 64, BOTH)?;
    begin(suite, LESSEE, 1)?;
    let [client, _] = suite.ok(SERVER, Call::Receive, &[0])?;
    suite.refused(
        SERVER,
        Call::BorrowRead,
        &[client, 0, 0, mine, 8],
        &[Error::BadAddress],
    )?;
    suite.ok(SERVER, Call::Reply, &[client])?;
    suite.ends_ok(LESSEE, Call::Call)?;
    suite.refused(
        LESSEE,
        Call::TaskInfo,
        &[SERVER, page.address],
        &[Error::BadAddress],
    )
}

fn the_copy_goes_to_own_memory_only(suite: &mut Suite) -> Outcome {
    let (client, buffer, _) = one(suite, 64, BOTH)?;
    let (text, constant) = (
        suite.place(SERVER, Place::Text),
        suite.place(SERVER, Place::Constant),
    );
    for address in [
        buffer,
        KERNEL,
        KERNEL_DATA,
        KERNEL + KERNEL_OFFSET,
        0,
        usize::MAX - 7,
        text,
        constant,
    ] {
        let arguments = [client, 0, 0, address, 8];
        suite.refused(SERVER, Call::BorrowRead, &arguments, &[Error::BadAddress])?;
    }
    for address in [
        buffer,
        KERNEL_DATA,
        KERNEL + KERNEL_OFFSET,
        0,
        usize::MAX - 7,
    ] {
        let arguments = [client, 0, 0, address, 8];
        suite.refused(SERVER, Call::BorrowWrite, &arguments, &[Error::BadAddress])?;
    }
    Ok(())
}
