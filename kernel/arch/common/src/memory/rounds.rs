//! Eight words at a time, or sixteen. The compiler's own `memcpy` and `memset` take three times as many instructions.

/// Words of a round of copying.
const WORDS: usize = 8;
/// Bytes of a round of copying.
pub(super) const ROUND: usize = WORDS * size_of::<usize>();
/// Bytes of a round of zeroing: what is zeroed is longer, as a rule.
pub(super) const ZERO_ROUND: usize = if cfg!(target_arch = "arm") {
    ROUND
} else {
    2 * ROUND
};

/// Bytes in one to three hundred instructions.
pub(super) const STEP: usize = if cfg!(target_arch = "arm") {
    32 * ROUND
} else if cfg!(target_pointer_width = "32") {
    12 * ROUND
} else {
    14 * ROUND
};

/// Repeats a statement for each word of a round, without a loop. The accesses are volatile, so the compiler keeps this
/// form.
#[cfg(not(target_arch = "arm"))]
macro_rules! each_word {
    (|$at:ident| $body:expr; $($number:literal)*) => {
        $({
            let $at: usize = $number;
            $body;
        })*
    };
}

/// Copies between ranges that do not overlap.
///
/// # Safety
/// Both are memory that is no Rust object, at multiples of a word's size; `bytes` is a multiple of [`ROUND`].
#[cfg(not(target_arch = "arm"))]
#[inline(always)]
pub(super) unsafe fn copy(mut from: usize, mut to: usize, bytes: usize) {
    let end = from + bytes;
    while from != end {
        let (source, target) = (from as *const usize, to as *mut usize);
        // SAFETY: the caller's promise.
        each_word!(|at| unsafe {
            target
                .add(at)
                .write_volatile(source.add(at).read_volatile())
        }; 0 1 2 3 4 5 6 7);
        from += ROUND;
        to += ROUND;
    }
}

/// Zeroes a range.
///
/// # Safety
/// As for [`copy`]; `bytes` is a multiple of [`ZERO_ROUND`].
#[cfg(not(target_arch = "arm"))]
#[inline(always)]
pub(super) unsafe fn zero(mut to: usize, bytes: usize) {
    let end = to + bytes;
    while to != end {
        // SAFETY: the caller's promise.
        each_word!(|at| unsafe { (to as *mut usize).add(at).write_volatile(0) }; 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
        to += ZERO_ROUND;
    }
}

/// Copies between ranges that do not overlap: an instruction loads a round, and one stores it.
///
/// # Safety
/// Both are memory that is no Rust object, at multiples of a word's size; `bytes` is a multiple of [`ROUND`].
#[cfg(target_arch = "arm")]
#[inline(always)]
pub(super) unsafe fn copy(from: usize, to: usize, bytes: usize) {
    if bytes == 0 {
        return;
    }
    // SAFETY: the caller's promise.
    unsafe {
        core::arch::asm!(
            "2:",
            "ldmia r0!, {{r2-r5, r8-r10, r12}}",
            "stmia r1!, {{r2-r5, r8-r10, r12}}",
            "cmp r0, lr",
            "bne 2b",
            inout("r0") from => _, inout("r1") to => _, in("lr") from + bytes,
            out("r2") _, out("r3") _, out("r4") _, out("r5") _,
            out("r8") _, out("r9") _, out("r10") _, out("r12") _,
            options(nostack),
        );
    }
}

/// Zeroes a range: an instruction stores a round. There are four in the loop; one, two or three come before it. The
/// shift puts the lowest bit of their number into the sign, and the next into the carry.
///
/// # Safety
/// As for [`copy`].
#[cfg(target_arch = "arm")]
#[inline(always)]
pub(super) unsafe fn zero(to: usize, bytes: usize) {
    if bytes == 0 {
        return;
    }
    // SAFETY: the caller's promise.
    unsafe {
        core::arch::asm!(
            "lsls r1, r1, {LOWEST}",
            "it mi",
            "stmiami r0!, {{r2-r5, r8-r10, r12}}",
            "itt cs",
            "stmiacs r0!, {{r2-r5, r8-r10, r12}}",
            "stmiacs r0!, {{r2-r5, r8-r10, r12}}",
            "cmp r0, lr",
            "beq 3f",
            "2:",
            "stmia r0!, {{r2-r5, r8-r10, r12}}",
            "stmia r0!, {{r2-r5, r8-r10, r12}}",
            "stmia r0!, {{r2-r5, r8-r10, r12}}",
            "stmia r0!, {{r2-r5, r8-r10, r12}}",
            "cmp r0, lr",
            "bne 2b",
            "3:",
            LOWEST = const ROUND.leading_zeros(),
            inout("r0") to => _, inout("r1") bytes => _, in("lr") to + bytes,
            in("r2") 0, in("r3") 0, in("r4") 0, in("r5") 0,
            in("r8") 0, in("r9") 0, in("r10") 0, in("r12") 0,
            options(nostack),
        );
    }
}
