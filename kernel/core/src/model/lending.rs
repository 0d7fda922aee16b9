//! How a test lends: the lessor says in its memory what, and makes the call.

use super::{World, data};
use leasehold_abi::arguments::{LeaseEvent, LeaseLend, LeaseRelease};
use leasehold_abi::{Error, Lending, LentPart, SELF_MEMORY, WHOLE};
use zerocopy::IntoBytes;

/// Where a task says what it lends, the parts right behind. There is room up to its arena for more than a lease has.
pub(crate) const fn description(task: usize) -> usize {
    data(task) + 0x280
}

/// A part of a grant of the parent.
pub(crate) const fn part(source: usize, offset: usize, length: usize, rights: usize) -> LentPart {
    LentPart {
        source,
        offset,
        length,
        rights,
        label: 0,
    }
}

/// All of such a grant, with all rights.
pub(crate) const fn whole(source: usize) -> LentPart {
    part(source, 0, WHOLE, 7)
}

/// A part of own memory.
pub(crate) const fn own(address: usize, length: usize, rights: usize) -> LentPart {
    part(SELF_MEMORY as usize, address, length, rights)
}

impl<const L: usize, const G: usize, const B: u32> World<L, G, B> {
    /// Write into the lessor's memory what is to be lent; the call's arguments.
    pub(crate) fn describe_lease(
        &mut self,
        lessor: usize,
        parent: usize,
        lessee: usize,
        parts: &[LentPart],
    ) -> LeaseLend {
        let lending = Lending {
            parent,
            lessee,
            label: 7,
            id: 9,
            payload_type: [0x1234, 0x5678],
        };
        let at = description(lessor);
        let behind = at + size_of::<Lending>();
        let hardware = &mut self.kernel.hardware;
        for (at, bytes) in [(at, lending.as_bytes()), (behind, parts.as_bytes())] {
            hardware.bytes(at, bytes.len()).copy_from_slice(bytes);
        }
        LeaseLend {
            lending: at,
            parts: behind,
            count: parts.len(),
        }
    }

    /// `lessor` lends parts of `parent` and of its arena to `lessee`.
    pub(crate) fn try_lend(
        &mut self,
        lessor: usize,
        parent: usize,
        lessee: usize,
        parts: &[LentPart],
    ) -> Result<usize, Error> {
        let arguments = self.describe_lease(lessor, parent, lessee, parts);
        let [status, handle, _] = self.act(lessor, arguments);
        Error::from_code(status).map_or(Ok(handle), Err)
    }

    /// The same, which must succeed.
    pub(crate) fn lend_parts(
        &mut self,
        lessor: usize,
        parent: usize,
        lessee: usize,
        parts: &[LentPart],
    ) -> usize {
        let lent = self.try_lend(lessor, parent, lessee, parts);
        lent.unwrap_or_else(|error| panic!("task {lessor} cannot lend to {lessee}: {error}"))
    }

    /// `lessor` lends the grants `grants` of `parent`, whole and with all rights, to `lessee`, who fetches the event.
    pub(crate) fn lend(
        &mut self,
        lessor: usize,
        parent: usize,
        lessee: usize,
        grants: &[usize],
    ) -> usize {
        let parts: std::vec::Vec<LentPart> = grants.iter().map(|&grant| whole(grant)).collect();
        self.lend_and_tell(lessor, parent, lessee, &parts)
    }

    /// `lessor` lends a range of its arena under `parent` to `lessee`, who fetches the event.
    pub(crate) fn lend_memory(
        &mut self,
        lessor: usize,
        parent: usize,
        lessee: usize,
        (address, length): (usize, usize),
        rights: usize,
    ) -> usize {
        self.lend_and_tell(lessor, parent, lessee, &[own(address, length, rights)])
    }

    fn lend_and_tell(
        &mut self,
        lessor: usize,
        parent: usize,
        lessee: usize,
        parts: &[LentPart],
    ) -> usize {
        let lease = self.lend_parts(lessor, parent, lessee, parts);
        assert_eq!(self.act(lessee, LeaseEvent {}), [0, 1, lease]);
        lease
    }

    /// `lessor` lends nothing to `lessee`, who gives it back at once: a generation of a slot is over. Its handle.
    pub(crate) fn lend_in_vain(&mut self, lessor: usize, parent: usize, lessee: usize) -> usize {
        let lease = self.lend_parts(lessor, parent, lessee, &[]);
        self.value(lessee, LeaseRelease { lease });
        lease
    }
}
