//! Single loads and stores of device memory, plain and checked.
//!
//! A checked access is one instruction in the section `.text.checked`. If it faults, the kernel
//! resumes the task 8 bytes on, with 1 in the second result register.

/// A width of access: `u8`, `u16`, `u32`, `u64`.
pub(super) trait Width: Copy {
    /// Loads.
    ///
    /// # Safety
    /// `pointer` is aligned and in a window that this task claimed, now or earlier.
    #[cfg(target_os = "none")]
    #[inline(always)]
    unsafe fn load(pointer: *const Self) -> Self {
        // SAFETY: the caller answers for the pointer; device memory is no Rust object that anybody borrows.
        unsafe { pointer.read_volatile() }
    }
    /// Stores.
    ///
    /// # Safety
    /// As for `load`.
    #[cfg(target_os = "none")]
    #[inline(always)]
    unsafe fn store(pointer: *mut Self, value: Self) {
        // SAFETY: as for `load`.
        unsafe { pointer.write_volatile(value) }
    }
    /// Loads from memory, or from the model of a device, if there is one.
    ///
    /// # Safety
    /// As on a board.
    #[cfg(not(target_os = "none"))]
    unsafe fn load(pointer: *const Self) -> Self;
    /// Stores to memory, or to the model of a device, if there is one.
    ///
    /// # Safety
    /// As on a board.
    #[cfg(not(target_os = "none"))]
    unsafe fn store(pointer: *mut Self, value: Self);
    /// Loads, unless the window is gone.
    ///
    /// # Safety
    /// `address` is aligned and in a window that this task claimed, now or earlier.
    unsafe fn checked_load(address: usize) -> Option<Self>;
    /// Stores. Returns whether it was done.
    ///
    /// # Safety
    /// As for `checked_load`.
    unsafe fn checked_store(address: usize, value: Self) -> bool;
}

#[cfg(all(
    target_os = "none",
    any(target_arch = "riscv64", target_arch = "riscv32")
))]
mod checked {
    use super::Width;
    use core::arch::{asm, global_asm};

    /// Declares the instructions of one width.
    macro_rules! width {
        ($width:ty, $load:literal, $store:literal, $load_name:literal, $store_name:literal) => {
            global_asm!(
                ".pushsection .text.checked, \"ax\", @progbits",
                ".option push",
                ".option norvc",
                ".balign 4",
                concat!(".global ", $load_name),
                concat!($load_name, ":"),
                concat!($load, " a0, 0(a0)"),
                "ret",
                "ret",
                concat!(".global ", $store_name),
                concat!($store_name, ":"),
                concat!($store, " a2, 0(a0)"),
                "ret",
                "ret",
                ".option pop",
                ".popsection",
            );

            impl Width for $width {
                #[inline(always)]
                unsafe fn checked_load(address: usize) -> Option<Self> {
                    let (value, refused): (usize, usize);
                    // SAFETY: the code above changes only these registers; the caller answers for the address.
                    unsafe {
                        asm!(
                            concat!("call ", $load_name),
                            inlateout("a0") address => value,
                            inlateout("a1") 0_usize => refused,
                            lateout("ra") _,
                            options(nostack),
                        );
                    }
                    (refused == 0).then_some(value as Self)
                }

                #[inline(always)]
                unsafe fn checked_store(address: usize, value: Self) -> bool {
                    let refused: usize;
                    // SAFETY: as above.
                    unsafe {
                        asm!(
                            concat!("call ", $store_name),
                            inlateout("a0") address => _,
                            inlateout("a1") 0_usize => refused,
                            in("a2") value as usize,
                            lateout("ra") _,
                            options(nostack),
                        );
                    }
                    refused == 0
                }
            }
        };
    }

    width!(
        u8,
        "lbu",
        "sb",
        "__leasehold_checked_load8",
        "__leasehold_checked_store8"
    );
    width!(
        u16,
        "lhu",
        "sh",
        "__leasehold_checked_load16",
        "__leasehold_checked_store16"
    );
    #[cfg(target_arch = "riscv64")]
    width!(
        u32,
        "lwu",
        "sw",
        "__leasehold_checked_load32",
        "__leasehold_checked_store32"
    );
    #[cfg(target_arch = "riscv32")]
    width!(
        u32,
        "lw",
        "sw",
        "__leasehold_checked_load32",
        "__leasehold_checked_store32"
    );
    #[cfg(target_arch = "riscv64")]
    width!(
        u64,
        "ld",
        "sd",
        "__leasehold_checked_load64",
        "__leasehold_checked_store64"
    );
}

#[cfg(all(target_os = "none", target_arch = "arm"))]
mod checked {
    use super::Width;
    use core::arch::{asm, global_asm};

    /// Declares the instructions of one width. The access is a wide one, so that the fix-up is 8 bytes on.
    macro_rules! width {
        ($width:ty, $load:literal, $store:literal, $load_name:literal, $store_name:literal) => {
            global_asm!(
                ".pushsection .text.checked, \"ax\", %progbits",
                ".balign 4",
                concat!(".global ", $load_name),
                concat!(".type ", $load_name, ", %function"),
                ".thumb_func",
                concat!($load_name, ":"),
                concat!($load, ".w r0, [r0]"),
                "bx lr",
                "nop",
                "bx lr",
                ".balign 4",
                concat!(".global ", $store_name),
                concat!(".type ", $store_name, ", %function"),
                ".thumb_func",
                concat!($store_name, ":"),
                concat!($store, ".w r2, [r0]"),
                "bx lr",
                "nop",
                "bx lr",
                ".popsection",
            );

            impl Width for $width {
                #[inline(always)]
                unsafe fn checked_load(address: usize) -> Option<Self> {
                    let (value, refused): (usize, usize);
                    // SAFETY: the code above changes only these registers; the caller answers for the address.
                    unsafe {
                        asm!(
                            concat!("bl ", $load_name),
                            inlateout("r0") address => value,
                            inlateout("r1") 0_usize => refused,
                            lateout("lr") _,
                            options(nostack, preserves_flags),
                        );
                    }
                    (refused == 0).then_some(value as Self)
                }

                #[inline(always)]
                unsafe fn checked_store(address: usize, value: Self) -> bool {
                    let refused: usize;
                    // SAFETY: as above.
                    unsafe {
                        asm!(
                            concat!("bl ", $store_name),
                            inlateout("r0") address => _,
                            inlateout("r1") 0_usize => refused,
                            in("r2") value as usize,
                            lateout("lr") _,
                            options(nostack, preserves_flags),
                        );
                    }
                    refused == 0
                }
            }
        };
    }

    width!(
        u8,
        "ldrb",
        "strb",
        "__leasehold_checked_load8",
        "__leasehold_checked_store8"
    );
    width!(
        u16,
        "ldrh",
        "strh",
        "__leasehold_checked_load16",
        "__leasehold_checked_store16"
    );
    width!(
        u32,
        "ldr",
        "str",
        "__leasehold_checked_load32",
        "__leasehold_checked_store32"
    );
}

#[cfg(not(target_os = "none"))]
mod host {
    use super::Width;
    use crate::sys::mock;

    /// On the host the test says which windows are gone, and where a model of a device is.
    macro_rules! width {
        ($($width:ty)*) => {$(
            impl Width for $width {
                unsafe fn load(pointer: *const Self) -> Self {
                    match mock::load(pointer.addr(), size_of::<Self>()) {
                        Some(value) => value as Self,
                        // SAFETY: the caller answers for the pointer.
                        None => unsafe { pointer.read_volatile() },
                    }
                }

                unsafe fn store(pointer: *mut Self, value: Self) {
                    if !mock::store(pointer.addr(), size_of::<Self>(), value.into()) {
                        // SAFETY: the caller answers for the pointer.
                        unsafe { pointer.write_volatile(value) }
                    }
                }

                unsafe fn checked_load(address: usize) -> Option<Self> {
                    if mock::is_revoked(address) {
                        return None;
                    }
                    // SAFETY: the window is there, and the caller answers for the address.
                    Some(unsafe { Self::load(core::ptr::with_exposed_provenance(address)) })
                }

                unsafe fn checked_store(address: usize, value: Self) -> bool {
                    if mock::is_revoked(address) {
                        return false;
                    }
                    // SAFETY: as above.
                    unsafe { Self::store(core::ptr::with_exposed_provenance_mut(address), value) };
                    true
                }
            }
        )*};
    }
    width!(u8 u16 u32 u64);
}
