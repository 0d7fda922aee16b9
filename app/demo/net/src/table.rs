//! Whose each socket is.

use crate::memory::{DATAGRAMS, STREAMS};
use userlib::Error;
use userlib::sys::TaskHandle;

/// Most sockets of a kind that one client may have.
const SHARE: usize = 6;

/// Bits of a socket's number that say which it is. The others count its uses.
const INDEX_BITS: u32 = 8;

/// What a socket is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Stream,
    Datagrams,
}

/// A socket in the table.
#[derive(Clone, Copy, Debug)]
struct Entry {
    kind: Kind,
    owner: Option<TaskHandle>,
    uses: u32,
    /// The port that it listens at, for streams.
    listens: Option<u16>,
    /// The last such port that a client gave up, that client, and until when it may listen there anew, in ticks.
    left: Option<(u16, TaskHandle, u64)>,
}

/// All sockets that clients can have: first the streams.
#[derive(Debug)]
pub(crate) struct Table([Entry; STREAMS + DATAGRAMS]);

impl Table {
    /// Nobody has any.
    pub(crate) fn new() -> Self {
        Self(core::array::from_fn(|index| Entry {
            kind: if index < STREAMS {
                Kind::Stream
            } else {
                Kind::Datagrams
            },
            owner: None,
            uses: 0,
            listens: None,
            left: None,
        }))
    }

    /// Gives a client a socket of this kind that nobody has and that is `free`.
    ///
    /// # Errors
    /// `Exhausted`: there is none, or the client has its share.
    pub(crate) fn take(
        &mut self,
        kind: Kind,
        client: TaskHandle,
        free: impl Fn(usize) -> bool,
    ) -> Result<usize, Error> {
        let has = |entry: &&Entry| entry.kind == kind && entry.owner == Some(client);
        if self.0.iter().filter(has).count() >= SHARE {
            return Err(Error::Exhausted);
        }
        let mut entries = self.0.iter_mut().enumerate();
        let found = entries
            .find(|(index, entry)| entry.kind == kind && entry.owner.is_none() && free(*index));
        let (index, entry) = found.ok_or(Error::Exhausted)?;
        entry.owner = Some(client);
        entry.uses = entry.uses.wrapping_add(1);
        Ok(index)
    }

    /// The number of a socket, for its owner.
    pub(crate) fn number(&self, index: usize) -> u32 {
        let uses = self.0.get(index).map_or(0, |entry| entry.uses);
        uses << INDEX_BITS | index as u32
    }

    /// Which socket of this kind the client means.
    ///
    /// # Errors
    /// `NotFound`: it has no such socket.
    pub(crate) fn find(&self, kind: Kind, client: TaskHandle, number: u32) -> Result<usize, Error> {
        let index = (number & ((1 << INDEX_BITS) - 1)) as usize;
        let entry = self.0.get(index).ok_or(Error::NotFound)?;
        let is_it = entry.kind == kind && entry.owner == Some(client);
        if is_it && self.number(index) == number {
            Ok(index)
        } else {
            Err(Error::NotFound)
        }
    }

    /// Nobody has the socket any more.
    pub(crate) fn release(&mut self, index: usize) {
        if let Some(entry) = self.0.get_mut(index) {
            entry.owner = None;
            entry.listens = None;
        }
    }

    /// The socket listens at this port.
    ///
    /// # Errors
    /// `Busy`: another client does.
    pub(crate) fn listen(&mut self, index: usize, port: u16) -> Result<(), Error> {
        let owner = self.owner(index);
        let others = |entry: &Entry| entry.listens == Some(port) && entry.owner != owner;
        if self.0.iter().any(others) {
            return Err(Error::Busy);
        }
        if let Some(entry) = self.0.get_mut(index) {
            entry.listens = Some(port);
        }
        Ok(())
    }

    /// The owner is about to close the socket: until this time, in ticks, it may listen at the port anew.
    pub(crate) fn leave(&mut self, index: usize, until: u64) {
        if let Some(entry) = self.0.get_mut(index)
            && let (Some(port), Some(owner)) = (entry.listens, entry.owner)
        {
            entry.left = Some((port, owner, until));
        }
    }

    /// A client asks for a socket at the port, in vain. If it left that port itself, it may listen there anew until
    /// this time, in ticks.
    pub(crate) fn stay(&mut self, port: u16, client: TaskHandle, now: u64, until: u64) {
        for (left, owner, end) in self.0.iter_mut().filter_map(|entry| entry.left.as_mut()) {
            if *left == port && *owner == client && now < *end {
                *end = until;
            }
        }
    }

    /// Whether the port is a client's who listens there: with a socket, though it may be a connection now, or with the
    /// next one that it is about to have.
    pub(crate) fn listens(&self, port: u16, now: u64) -> bool {
        self.0.iter().any(|entry| {
            let is_left = |(left, _, until)| left == port && now < until;
            entry.listens == Some(port) || entry.left.is_some_and(is_left)
        })
    }

    /// The owner of a socket.
    pub(crate) fn owner(&self, index: usize) -> Option<TaskHandle> {
        self.0.get(index)?.owner
    }

    /// How many sockets clients have.
    pub(crate) fn count(&self) -> usize {
        self.0.iter().filter(|entry| entry.owner.is_some()).count()
    }

    /// All sockets.
    pub(crate) fn indexes(&self) -> core::ops::Range<usize> {
        0..self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(index: usize, generation: u32) -> TaskHandle {
        TaskHandle::new(index, generation)
    }

    #[test]
    fn a_number_is_its_owners_and_only_until_the_socket_is_released() {
        let mut table = Table::new();
        let (one, two) = (client(3, 1), client(4, 1));
        let index = table.take(Kind::Stream, one, |_| true).unwrap();
        let number = table.number(index);
        assert_eq!(table.find(Kind::Stream, one, number), Ok(index));
        for (kind, who) in [
            (Kind::Stream, two),
            (Kind::Stream, client(3, 2)),
            (Kind::Datagrams, one),
        ] {
            assert_eq!(table.find(kind, who, number), Err(Error::NotFound));
        }
        for wrong in [number + 1, number ^ 1 << INDEX_BITS, u32::MAX, 255] {
            assert_eq!(table.find(Kind::Stream, one, wrong), Err(Error::NotFound));
        }
        table.release(index);
        assert_eq!(table.find(Kind::Stream, one, number), Err(Error::NotFound));
        let again = table.take(Kind::Stream, one, |_| true).unwrap();
        assert_eq!(again, index);
        assert_ne!(table.number(again), number);
    }

    #[test]
    fn one_client_leaves_streams_for_others_and_none_is_given_twice() {
        let mut table = Table::new();
        let (one, two) = (client(3, 1), client(4, 1));
        let mut had = std::vec::Vec::new();
        for _ in 0..SHARE {
            had.push(table.take(Kind::Stream, one, |_| true).unwrap());
        }
        assert_eq!(
            table.take(Kind::Stream, one, |_| true),
            Err(Error::Exhausted)
        );
        while let Ok(index) = table.take(Kind::Stream, two, |_| true) {
            had.push(index);
        }
        had.sort_unstable();
        assert!(had.into_iter().eq(0..STREAMS));
        assert_eq!(table.count(), STREAMS);
        assert_eq!(table.take(Kind::Datagrams, one, |_| true), Ok(STREAMS));
        assert_eq!(
            table.take(Kind::Datagrams, one, |_| false),
            Err(Error::Exhausted)
        );
    }

    #[test]
    fn a_port_is_one_clients_who_may_listen_there_with_many() {
        let mut table = Table::new();
        let (one, two) = (client(3, 1), client(4, 1));
        let [a, b] = [one, one].map(|who| table.take(Kind::Stream, who, |_| true).unwrap());
        let c = table.take(Kind::Stream, two, |_| true).unwrap();
        assert_eq!([table.listen(a, 80), table.listen(b, 80)], [Ok(()); 2]);
        assert_eq!(table.listen(c, 80), Err(Error::Busy));
        assert_eq!(table.listen(c, 81), Ok(()));
        table.release(a);
        assert_eq!(table.listen(c, 80), Err(Error::Busy));
        table.release(b);
        assert_eq!(table.listen(c, 80), Ok(()));
    }
}
