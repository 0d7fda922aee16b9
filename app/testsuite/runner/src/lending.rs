//! Leases as the tests make them: of devices by the runner, of arena memory by a worker.

use crate::board::{GRANULE, PAGE, edu, seen};
use crate::outcome::{Outcome, because, check};
use crate::suite::{GRANDCHILD, LESSEE, LESSOR, Suite};
use leasehold_abi::LentPart;
use leasehold_abi::{
    Call, ClaimMode, Error, GrantKind, LeaseHandle, PayloadType, RevokeMode, Rights, SELF_MEMORY,
    WHOLE, label,
};
use testsuite_protocol::{Command, Place};
use userlib::sys;

/// Load and store.
pub(crate) const READ_WRITE: Rights = Rights::READ.union(Rights::WRITE);
/// Load, store and lend on.
pub(crate) const ALL: Rights = Rights::all();

/// A part of a worker's lease: of a grant of its parent.
pub(crate) const fn part(source: usize, offset: usize, length: usize, rights: Rights) -> LentPart {
    LentPart {
        source,
        offset,
        length,
        rights: rights.bits() as usize,
        label: 0,
    }
}

/// The same, of its own memory.
pub(crate) const fn own(address: usize, length: usize, rights: Rights) -> LentPart {
    part(SELF_MEMORY as usize, address, length, rights)
}

/// A part of the root lease.
#[derive(Clone, Copy)]
pub(crate) struct Part {
    /// What kind of resource.
    pub(crate) kind: GrantKind,
    /// First address, or interrupt line.
    pub(crate) base: usize,
    /// Length in bytes, or 1.
    pub(crate) length: usize,
    /// What the lessee may do.
    pub(crate) rights: Rights,
}

impl Part {
    /// Device registers.
    pub(crate) const fn registers(base: usize, length: usize, rights: Rights) -> Self {
        Self {
            kind: GrantKind::Mmio,
            base,
            length,
            rights,
        }
    }

    /// An interrupt line.
    pub(crate) const fn line(line: usize) -> Self {
        Self {
            kind: GrantKind::Interrupt,
            base: line,
            length: 1,
            rights: ALL,
        }
    }
}

impl Suite {
    /// The root lease's grant that holds a resource: index, base, length.
    pub(crate) fn root_grant(
        &self,
        kind: GrantKind,
        base: usize,
    ) -> Outcome<(usize, usize, usize)> {
        for index in 0.. {
            let Ok(info) = sys::grant_info(self.root(), index) else {
                break;
            };
            let (first, length) = (seen(info.base), info.length as usize);
            if info.kind == kind && (first..first + length).contains(&base) {
                return Ok((index, first, length));
            }
        }
        Err(because(format_args!(
            "the root lease has no {kind:?} at {base:#x}"
        )))
    }

    /// The runner lends parts of the root lease to a worker.
    pub(crate) fn lend(&mut self, lessee: usize, parts: &[Part]) -> Outcome<LeaseHandle> {
        let mut lent = [const { sys::LentPart::new(0, 0, 0, Rights::empty()) }; 8];
        let lent = lent
            .get_mut(..parts.len())
            .ok_or_else(|| because(format_args!("at most eight parts")))?;
        for (place, part) in lent.iter_mut().zip(parts) {
            let (index, base, _) = self.root_grant(part.kind, part.base)?;
            let length = if part.kind == GrantKind::Interrupt {
                1
            } else {
                part.length
            };
            *place = sys::LentPart::new(index, part.base - base, length, part.rights);
        }
        sys::lease_lend(
            self.root(),
            lessee,
            label("test"),
            0,
            PayloadType::NONE,
            lent,
        )
        .map_err(|error| because(format_args!("lease_lend by the runner: {error}")))
    }

    /// The runner revokes.
    pub(crate) fn revoke(&mut self, lease: LeaseHandle, mode: RevokeMode) -> Outcome {
        sys::lease_revoke(lease, mode)
            .map_err(|error| because(format_args!("lease_revoke by the runner: {error}")))
    }

    /// A lease that a worker has to derive from: an empty one of the runner's.
    pub(crate) fn tenure(&mut self, task: usize) -> Outcome<usize> {
        Ok(self.lend(task, &[])?.raw() as usize)
    }

    /// A worker lends parts of a lease that it holds and of its arena.
    pub(crate) fn try_lend(
        &mut self,
        lessor: usize,
        parent: usize,
        lessee: usize,
        parts: &[LentPart],
    ) -> Outcome<Result<usize, Error>> {
        for part in parts {
            self.say(lessor, part, 1)?;
        }
        self.lend_what_is_said(lessor, parent, lessee)
    }

    /// A worker says of its next lease that so many more of its parts are this.
    pub(crate) fn say(&mut self, lessor: usize, part: &LentPart, count: usize) -> Outcome {
        let &LentPart {
            source,
            offset,
            length,
            rights,
            label,
        } = part;
        let said = [source, offset, length, rights, label, count];
        self.command(lessor, Command::Part, &said).map(drop)
    }

    /// A worker lends what it was told to say.
    pub(crate) fn lend_what_is_said(
        &mut self,
        lessor: usize,
        parent: usize,
        lessee: usize,
    ) -> Outcome<Result<usize, Error>> {
        let lease = [parent, lessee, label("memory") as usize, 0, 0, 0];
        let [status, handle, ..] = self.command(lessor, Command::Lend, &lease)?;
        match Error::from_code(status) {
            None if status == 0 => Ok(Ok(handle)),
            Some(error) => Ok(Err(error)),
            None => Err(because(format_args!(
                "LeaseLend: unknown status {status:#x}"
            ))),
        }
    }

    /// The same, which must succeed.
    pub(crate) fn lend_parts(
        &mut self,
        lessor: usize,
        parent: usize,
        lessee: usize,
        parts: &[LentPart],
    ) -> Outcome<usize> {
        self.try_lend(lessor, parent, lessee, parts)?
            .map_err(|error| because(format_args!("LeaseLend by task {lessor}: {error}")))
    }

    /// The same, which must be refused with one of these errors.
    pub(crate) fn lend_refused(
        &mut self,
        lessor: usize,
        parent: usize,
        lessee: usize,
        parts: &[LentPart],
        errors: &[Error],
    ) -> Outcome {
        let lent = self.try_lend(lessor, parent, lessee, parts)?;
        let refused = lent.is_err_and(|error| errors.contains(&error));
        check!(
            refused,
            "LeaseLend by task {lessor}: {lent:?}, not {}",
            errors[0]
        );
        Ok(())
    }

    /// A worker lends the first pages of its arena under `parent`; answers the lease.
    pub(crate) fn lend_arena(
        &mut self,
        lessor: usize,
        parent: usize,
        lessee: usize,
        pages: usize,
        rights: Rights,
    ) -> Outcome<usize> {
        let arena = self.place(lessor, Place::Arena);
        self.lend_parts(lessor, parent, lessee, &[own(arena, pages * PAGE, rights)])
    }

    /// A worker claims a grant shared; answers where it is mapped.
    pub(crate) fn claim(&mut self, task: usize, lease: usize, index: usize) -> Outcome<usize> {
        let arguments = [lease, index, ClaimMode::Shared as usize, 0];
        Ok(self.ok(task, Call::GrantClaim, &arguments)?[0])
    }

    /// A worker claims an interrupt line with these notification bits.
    pub(crate) fn claim_line(
        &mut self,
        task: usize,
        lease: usize,
        index: usize,
        bits: u32,
    ) -> Outcome {
        let arguments = [lease, index, ClaimMode::Shared as usize, bits as usize];
        self.ok(task, Call::GrantClaim, &arguments).map(drop)
    }

    /// A worker lends all of a lease's first grant on; answers the new lease.
    pub(crate) fn derive(
        &mut self,
        lessor: usize,
        parent: usize,
        lessee: usize,
        rights: Rights,
    ) -> Outcome<usize> {
        self.lend_parts(lessor, parent, lessee, &[part(0, 0, WHOLE, rights)])
    }

    /// The clock's registers from the runner to lessor, lessee and grandchild, each claimed; answers the leases.
    pub(crate) fn clock_along_a_chain(&mut self) -> Outcome<[usize; 3]> {
        self.start_all(&[LESSOR, LESSEE, GRANDCHILD])?;
        let first = self.lend(LESSOR, &[self.registers(ALL)])?.raw() as usize;
        let second = self.derive(LESSOR, first, LESSEE, ALL)?;
        let third = self.derive(LESSEE, second, GRANDCHILD, ALL)?;
        let leases = [first, second, third];
        for (task, lease) in [LESSOR, LESSEE, GRANDCHILD].into_iter().zip(leases) {
            self.claim(task, lease, 0)?;
            check!(self.sees_clock(task)?, "task {task} has no window");
        }
        Ok(leases)
    }

    /// Whether a worker may load from an address now; a checked access does not stop it.
    pub(crate) fn reaches(&mut self, task: usize, address: usize) -> Outcome<bool> {
        Ok(self.command(task, Command::CheckedLoad, &[address])?[0] == 0)
    }

    /// The end of a worker's own memory: that of its arena, or further on where a region of the hardware's is larger.
    pub(crate) fn end_of_memory(&mut self, task: usize) -> Outcome<usize> {
        let last = (self.place(task, Place::ArenaEnd) - 1) & !(GRANULE - 1);
        let arguments = [last, last + (16 << 10), GRANULE];
        let [count, first, end, ..] = self.command(task, Command::Sweep, &arguments)?;
        let pieces = count.wrapping_sub(1) * GRANULE;
        check!(
            first == last && end - first == pieces && pieces < 12 << 10,
            "{count} units from {first:#x} to {end:#x} at the end of memory"
        );
        Ok(end + GRANULE)
    }

    /// Whether a worker may load from the clock's registers now.
    pub(crate) fn sees_clock(&mut self, task: usize) -> Outcome<bool> {
        self.reaches(task, self.clock().base)
    }

    /// Lends a page of memory from lessor to lessee and claims it, both being started here.
    pub(crate) fn lent_page(&mut self, rights: Rights) -> Outcome<LentPage> {
        self.start_all(&[LESSOR, LESSEE])?;
        self.lent_page_between_started(rights)
    }

    /// As [`Suite::lent_page`], with lessor and lessee started before.
    pub(crate) fn lent_page_between_started(&mut self, rights: Rights) -> Outcome<LentPage> {
        let lessor = LESSOR;
        let tenure = self.tenure(lessor)?;
        let lease = self.lend_arena(lessor, tenure, LESSEE, 1, rights)?;
        let address = self.claim(LESSEE, lease, 0)?;
        let arena = self.place(lessor, Place::Arena);
        check!(
            address == arena,
            "the window is at {address:#x}, not {arena:#x}"
        );
        Ok(LentPage {
            tenure,
            lease,
            address,
        })
    }

    /// The clock's registers, with these rights.
    pub(crate) const fn registers(&self, rights: Rights) -> Part {
        let clock = self.clock();
        Part::registers(clock.base, clock.length, rights)
    }

    /// Lends the `edu` device to a started worker, with its registers at the start of the bus's memory.
    ///
    /// Grants: 0 configuration space, 1 registers, 2 interrupt, 3 bus mastering, 4 pool.
    pub(crate) fn lend_edu(&mut self, task: usize) -> Outcome<Edu> {
        let (pool, place) = (self.pool()?, self.edu()?);
        let parts = [
            Part {
                kind: GrantKind::Config,
                base: place.configuration,
                length: edu::LENGTH,
                rights: ALL,
            },
            Part::registers(place.base, edu::LENGTH, ALL),
            Part::line(place.line),
            Part {
                kind: GrantKind::BusMaster,
                base: place.configuration,
                length: edu::LENGTH,
                rights: ALL,
            },
            Part {
                kind: GrantKind::Memory,
                base: pool,
                length: edu::LENGTH,
                rights: ALL,
            },
        ];
        let lease = self.lend(task, &parts)?;
        let raw = lease.raw() as usize;
        let configuration = self.identify_edu(task, raw)?;
        // Base address register 0, then memory decoding and no interrupt disable.
        let refused = |error: Error| because(format_args!("config_write: {error}"));
        self.configure(0x10, 4, place.base).map_err(refused)?;
        self.configure(0x04, 2, 0x0002).map_err(refused)?;
        let registers = self.claim(task, raw, 1)?;
        let (offset, value) = edu::IDENTIFICATION;
        let found = self.load(task, registers + offset, 4)?;
        check!(
            found == value,
            "edu's identification register reads {found:#x}"
        );
        let pool = self.claim(task, raw, 4)?;
        Ok(Edu {
            lease,
            configuration,
            registers,
            pool,
        })
    }

    /// Claims the configuration space of an `edu`, grant 0 of its lease, and sees that the device is there.
    pub(crate) fn identify_edu(&mut self, task: usize, lease: usize) -> Outcome<usize> {
        let configuration = self.claim(task, lease, 0)?;
        let identity = self.load(task, configuration, 4)?;
        check!(
            identity == edu::IDENTITY,
            "edu's identity reads {identity:#x}"
        );
        Ok(configuration)
    }

    /// Writes a register of edu's configuration space through the root lease.
    pub(crate) fn configure(
        &mut self,
        register: usize,
        width: usize,
        value: usize,
    ) -> Result<(), Error> {
        self.configure_function(0, register, width, value)
    }

    /// The same for the `edu` of this number.
    pub(crate) fn configure_function(
        &mut self,
        number: usize,
        register: usize,
        width: usize,
        value: usize,
    ) -> Result<(), Error> {
        let (index, first) = self.configuration()?;
        let place = self.edu().map_err(|_| Error::NotFound)?;
        let offset = first + (place.function(number).0 - place.configuration);
        sys::config_write(self.root(), index, offset + register, width, value as u32)
    }

    /// The root's grant of configuration space, and where in it edu's is.
    pub(crate) fn configuration(&self) -> Result<(usize, usize), Error> {
        let place = self.edu().map_err(|_| Error::NotFound)?;
        for index in 0.. {
            let info = sys::grant_info(self.root(), index)?;
            if info.kind == GrantKind::Config {
                return Ok((index, place.configuration - info.base as usize));
            }
        }
        Err(Error::NotFound)
    }

    /// The DMA pool of the root lease.
    fn pool(&self) -> Outcome<usize> {
        for index in 0.. {
            let Ok(info) = sys::grant_info(self.root(), index) else {
                break;
            };
            if info.kind == GrantKind::Memory && info.label == label("lessee.dma") {
                return Ok(info.base as usize);
            }
        }
        Err(because(format_args!("the root lease has no DMA pool")))
    }
}

/// A page of memory that the lessee has mapped.
pub(crate) struct LentPage {
    /// What the lessor derived it from.
    pub(crate) tenure: usize,
    /// The lease.
    pub(crate) lease: usize,
    /// Where it is.
    pub(crate) address: usize,
}

/// The `edu` device in a worker's hands.
pub(crate) struct Edu {
    /// The lease of it.
    pub(crate) lease: LeaseHandle,
    /// Window of its configuration space.
    pub(crate) configuration: usize,
    /// Window of its registers.
    pub(crate) registers: usize,
    /// Window of the pool.
    pub(crate) pool: usize,
}
