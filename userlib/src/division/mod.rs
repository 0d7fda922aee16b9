//! The division of 64 bits by 64 for tasks on machines of 32 bits, which have no instruction for it.
//!
//! The ones that come with the compiler take 930 bytes of each task that divides, because they are fast. These take a
//! bit of the quotient at a time. What fits one word is one instruction here too.

#[cfg(target_arch = "arm")]
mod arm;
#[cfg(any(target_arch = "riscv32", test))]
mod riscv;
