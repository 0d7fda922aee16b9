//! Frames in and out of the chip's FIFOs. What the chip says of them is not believed without a look.

use crate::chip::Chip;
use crate::registers::{
    ReceiveStatus, Received, TransmitCommandA, TransmitCommandB, TransmitStatus, Transmitted,
};
use userlib::Error;
use userlib::io::{Readable, Writeable};

/// Bytes of a word of a FIFO.
const WORD: usize = 4;
/// Bytes that are copied at once.
pub(crate) const CHUNK: usize = 64;
/// Bytes of the check sequence behind a frame that came.
const CHECK: usize = 4;
/// Bytes of the two commands before a frame to send.
const COMMANDS: usize = 2 * WORD;
/// Frames whose statuses have not come, at most: fewer than the chip keeps (3.12.4: 512 bytes).
const MOST_UNDER_WAY: u16 = 100;

/// The first of the frames that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Arrived {
    /// Its bytes, without the check sequence.
    pub(crate) length: usize,
    /// Nothing is wrong with it.
    pub(crate) is_good: bool,
    /// Words that it takes in the FIFO.
    words: usize,
}

/// Whether frames wait to be read.
pub(crate) fn has_arrived(chip: &Chip<'_>) -> bool {
    chip.registers().received().read(Received::STATUSES) != 0
}

/// The first frame that waits. It must be read, by [`read`], before the next is asked for.
///
/// # Errors
/// `Protocol` when it is longer than what the FIFO holds.
pub(crate) fn arrived(chip: &Chip<'_>) -> Result<Arrived, Error> {
    let registers = chip.registers();
    let status = registers.receive_status().take();
    let bytes = status.read(ReceiveStatus::LENGTH) as usize;
    let words = bytes.div_ceil(WORD);
    if bytes < CHECK || words * WORD > registers.received().read(Received::BYTES) as usize {
        return Err(Error::Protocol);
    }
    Ok(Arrived {
        length: bytes - CHECK,
        is_good: !status.is_set(ReceiveStatus::ERROR),
        words,
    })
}

/// Takes a frame out of the FIFO; `keep` has its bytes, from these on.
pub(crate) fn read(
    chip: &Chip<'_>,
    frame: Arrived,
    mut keep: impl FnMut(usize, &[u8]) -> Result<(), Error>,
) -> Result<(), Error> {
    let data = chip.registers();
    let mut chunk = [0; CHUNK];
    let whole = frame.words * WORD;
    for at in (0..whole).step_by(CHUNK) {
        let words = &mut chunk[..CHUNK.min(whole - at)];
        for word in words.as_chunks_mut::<WORD>().0 {
            *word = data.receive_data().take().get().to_le_bytes();
        }
        let length = words.len().min(frame.length.saturating_sub(at));
        if length > 0 && frame.is_good {
            keep(at, &words[..length])?;
        }
    }
    Ok(())
}

/// What is under way out.
#[derive(Debug, Default)]
pub(crate) struct Out {
    /// The number of the next frame.
    next: u16,
    /// Frames whose statuses have not come.
    under_way: u16,
}

impl Out {
    /// Takes statuses; gives how many frames were sent, and how many not.
    ///
    /// # Errors
    /// `Protocol` when one is of no frame that was under way.
    pub(crate) fn statuses(&mut self, chip: &Chip<'_>) -> Result<[u32; 2], Error> {
        let registers = chip.registers();
        let mut count = [0; 2];
        for _ in 0..registers.transmitted().read(Transmitted::STATUSES) {
            let status = registers.transmit_status().take();
            let wanted = self.next.wrapping_sub(self.under_way);
            if self.under_way == 0 || status.read(TransmitStatus::TAG) != u32::from(wanted) {
                return Err(Error::Protocol);
            }
            self.under_way -= 1;
            count[usize::from(status.is_set(TransmitStatus::ERROR))] += 1;
        }
        Ok(count)
    }

    /// Whether a frame of this length has room.
    pub(crate) fn has_room(&self, chip: &Chip<'_>, length: usize) -> bool {
        let room = chip.registers().transmitted().read(Transmitted::ROOM) as usize;
        self.under_way < MOST_UNDER_WAY && COMMANDS + length.next_multiple_of(WORD) <= room
    }

    /// Writes a frame, which has room; `bytes` fills in its bytes, from these on.
    pub(crate) fn write(
        &mut self,
        chip: &Chip<'_>,
        length: usize,
        mut bytes: impl FnMut(usize, &mut [u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let registers = chip.registers();
        let (size, tag) = (length as u32, u32::from(self.next));
        let first = TransmitCommandA::FIRST::SET
            + TransmitCommandA::LAST::SET
            + TransmitCommandA::SIZE.val(size);
        let second = TransmitCommandB::TAG.val(tag) + TransmitCommandB::LENGTH.val(size);
        registers.transmit_data().set(first.value);
        registers.transmit_data().set(second.value);
        self.next = self.next.wrapping_add(1);
        self.under_way += 1;
        for at in (0..length).step_by(CHUNK) {
            let mut chunk = [0; CHUNK];
            let count = CHUNK.min(length - at);
            bytes(at, &mut chunk[..count])?;
            for word in chunk[..count.next_multiple_of(WORD)].as_chunks::<WORD>().0 {
                registers.transmit_data().set(u32::from_le_bytes(*word));
            }
        }
        Ok(())
    }
}
