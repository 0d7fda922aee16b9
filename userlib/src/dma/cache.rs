//! Caches between the driver and the device.
//!
//! On most machines devices see what the processor sees, and nothing is to be done. Where they do not, the chip file
//! says so (`chip.dma-cache`), and whole lines are written back and dropped. Buffers begin at lines and own all of
//! theirs.

/// Bytes of a line, on machines that have such caches.
pub(super) const LINE: usize = 64;

/// Whether devices see memory beside the processor's caches.
const BESIDE: bool = match option_env!("LEASEHOLD_DMA_CACHE") {
    None => false,
    Some(name) => {
        assert!(
            matches!(name.as_bytes(), b"xtheadcmo"),
            "LEASEHOLD_DMA_CACHE: only `xtheadcmo` is known"
        );
        true
    }
};

/// Writes back what the processor changed in these bytes, and drops its copies: afterwards both sides see the same, and
/// the next load is from memory.
///
/// Both in one, because user mode may not drop a line without writing it back. A line that was not changed since is
/// only dropped.
#[inline(always)]
pub(super) fn flush(base: usize, length: usize) {
    #[cfg(all(test, not(target_os = "none")))]
    tests::FLUSHED.with_borrow_mut(|flushed| flushed.push((base, length)));
    if BESIDE {
        flush_lines(base, length);
    }
}

/// The lines that `length` bytes at `base` are in, by `th.dcache.civa` and `th.sync.s`.
///
/// Source: RISC-V T-Head custom extensions, XTheadCmo and XTheadSync. The instruction writes back before it drops, so
/// it loses nothing whatever the address, and is open to user mode when the firmware has set `mxstatus.UCME`.
fn flush_lines(base: usize, length: usize) {
    let mut line = base & !(LINE - 1);
    while line < base + length {
        #[cfg(all(test, not(target_os = "none")))]
        tests::LINES.with_borrow_mut(|lines| lines.push(line));
        #[cfg(target_arch = "riscv64")]
        // SAFETY: it changes no memory that anybody sees, only where it is kept.
        unsafe {
            core::arch::asm!(".insn r 0x0b, 0, 1, x0, {}, x7", in(reg) line, options(nostack));
        }
        line += LINE;
    }
    #[cfg(target_arch = "riscv64")]
    // SAFETY: it waits for those before.
    unsafe {
        core::arch::asm!(".insn r 0x0b, 0, 0, x0, x0, x25", options(nostack));
    }
}

#[cfg(test)]
pub(super) mod tests {
    std::thread_local! {
        /// What was flushed: first address, and length.
        pub(in crate::dma) static FLUSHED: core::cell::RefCell<std::vec::Vec<(usize, usize)>> =
            const { core::cell::RefCell::new(std::vec::Vec::new()) };
        /// The lines that were written back and dropped, one operation each.
        pub(super) static LINES: core::cell::RefCell<std::vec::Vec<usize>> =
            const { core::cell::RefCell::new(std::vec::Vec::new()) };
    }

    /// One operation for each line that has a byte of the range, and for no other.
    #[test]
    fn each_line_takes_one_operation() {
        for (base, length, lines) in [
            (0x1000, 0, &[][..]),
            (0x1000, 1, &[0x1000]),
            (0x1000, 64, &[0x1000]),
            (0x1000, 65, &[0x1000, 0x1040]),
            (0x103f, 1, &[0x1000]),
            (0x103f, 2, &[0x1000, 0x1040]),
            (0x1020, 128, &[0x1000, 0x1040, 0x1080]),
        ] {
            super::flush_lines(base, length);
            assert_eq!(LINES.take(), lines, "{length} bytes at {base:#x}");
        }
    }
}
