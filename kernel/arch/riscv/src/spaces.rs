//! Sv39 as protection hardware: the page tables, and the translations that the hart has cached.

use crate::{
    Attributes, DIRECT_MAP, PAGE_SIZE, Permission, RegisterFile, Standard, Sv39, Table, Use,
    WINDOW_MASK, csr, trap,
};
use leasehold_abi::{Error, Rights};
use leasehold_arch_common::Protection;
use leasehold_core::{Region, RegionKind, Window};

/// `P` page tables, and what is known of each.
#[derive(Debug)]
pub struct Store<const P: usize> {
    tables: [Table; P],
    used: [Use; P],
}

/// The address spaces of all tasks, out of `P` page tables.
#[derive(Debug)]
pub struct Spaces<const P: usize, A = Standard> {
    tables: Sv39<A>,
    /// How many tasks there are.
    tasks: usize,
    /// Each task has an address space identifier of its own.
    apart: bool,
}

/// The address space identifier of a task; 0 is the boot table's.
const fn identifier(task: usize) -> usize {
    task + 1
}

impl<const P: usize, A: Attributes> Spaces<P, A> {
    /// Drops what the hart has cached of a task's translations. With one identifier for all, a switch to the task does
    /// so, but the task may be the one that goes on.
    fn fence(&self, task: usize) {
        csr::fence(if self.apart { identifier(task) } else { 0 });
    }
}

impl<const P: usize, A: Attributes> Protection for Spaces<P, A> {
    type Context = RegisterFile;
    type Store = Store<P>;

    const STORE: Store<P> = Store {
        tables: [const { Table::EMPTY }; P],
        used: [Use::NONE; P],
    };
    const NEW: Self = Self {
        tables: Sv39::new(),
        tasks: 0,
        apart: false,
    };
    const GRANULE: usize = PAGE_SIZE as usize;
    const WINDOW_MASK: usize = WINDOW_MASK as usize;
    const KERNEL_OFFSET: usize = DIRECT_MAP;

    fn start(&mut self, store: &'static mut Store<P>, tasks: usize) -> Result<(), Error> {
        let Store { tables, used } = store;
        let base = (tables.as_ptr() as usize).wrapping_sub(DIRECT_MAP) as u64;
        self.tasks = tasks;
        self.tables.start(tables, used, base, tasks)?;
        self.tables.map_kernel(base);
        Ok(())
    }

    /// Every gigapage of the range.
    fn map_kernel(&mut self, base: u64, length: u64) {
        let mut gigapage = base >> 30;
        while gigapage << 30 < base + length {
            self.tables.map_kernel(gigapage << 30);
            gigapage += 1;
        }
    }

    /// If the hart does not support as many address spaces, all tasks get the same identifier, and from now on the trap
    /// vector drops cached translations at each switch.
    unsafe fn finish(&mut self) {
        self.apart = csr::highest_space() >= self.tasks;
        if !self.apart {
            // SAFETY: the caller's promise; the kernel's pages can be written.
            unsafe { trap::flush_at_each_switch() };
        }
    }

    fn space(&self, task: usize) -> usize {
        csr::satp(
            self.tables.root(task),
            if self.apart { identifier(task) } else { 0 },
        )
    }

    fn map_own(&mut self, task: usize, regions: &[Region]) -> Result<(), Error> {
        for region in regions {
            let permission = match region.kind {
                RegionKind::Text => Permission::ReadExecute,
                RegionKind::Constants => Permission::Read,
                RegionKind::Data => Permission::ReadWrite,
            };
            let (base, length) = (region.range.base(), region.range.length());
            self.tables
                .map(task, base as u64, length as u64, permission)?;
        }
        csr::fence_all();
        Ok(())
    }

    #[inline]
    fn map_step(
        &mut self,
        task: usize,
        window: Window,
        progress: &mut usize,
    ) -> Result<bool, Error> {
        let permission = if window.rights.contains(Rights::WRITE) {
            Permission::ReadWrite
        } else {
            Permission::Read
        };
        let result = self.tables.map_step(
            task,
            window.base as u64,
            window.length as u64,
            permission,
            progress,
        );
        if self.tables.was_taken_back() {
            csr::fence_all();
        }
        self.fence(task);
        result
    }

    #[inline]
    fn unmap(&mut self, task: usize, (base, length): (usize, usize), progress: &mut usize) -> bool {
        // The kernel's windows are of whole pages.
        let end = base.wrapping_add(length);
        let gone = self
            .tables
            .unmap_pages(task, base as u64, end as u64, progress);
        self.fence(task);
        gone
    }

    #[inline(always)]
    fn unmap_at_once(&mut self, task: usize, (base, _): (usize, usize), progress: usize) {
        self.tables.unmap_place(base as u64, progress);
        self.fence(task);
    }

    #[inline(always)]
    fn unmapped_at_once(progress: usize) -> bool {
        Sv39::<A>::is_place(progress)
    }

    fn available(&self) -> Option<usize> {
        Some(self.tables.available())
    }
}
