//! Fields of `mstatus`.
//! Source: The RISC-V Instruction Set Manual, volume II, section 3.1.6.

/// Interrupts on in supervisor mode.
pub const SIE: u64 = 1 << 1;
/// Interrupts on in machine mode.
pub const MIE: u64 = 1 << 3;
/// SIE before the trap.
pub const SPIE: u64 = 1 << 5;
/// MIE before the trap.
pub const MPIE: u64 = 1 << 7;
/// The mode before the trap.
pub const SPP: u64 = 1 << 8;
/// The mode before the trap.
pub const MPP: u64 = 3 << MPP_SHIFT;
/// Where MPP lies.
pub const MPP_SHIFT: u32 = 11;
/// The floating-point unit's state.
pub const FS: u64 = 3 << 13;
/// Loads and stores with MPP's rights.
pub const MPRV: u64 = 1 << 17;
/// Supervisor mode may access user pages.
pub const SUM: u64 = 1 << 18;
/// What may be executed may be read.
pub const MXR: u64 = 1 << 19;
/// `satp` and `sfence.vma` trap in supervisor mode.
pub const TVM: u64 = 1 << 20;
/// `wfi` traps below machine mode.
pub const TW: u64 = 1 << 21;
/// `sret` traps in supervisor mode.
pub const TSR: u64 = 1 << 22;
/// SXL and UXL: 64 bits.
pub const XL: u64 = 0xa << 32;
/// Some unit's state is dirty.
pub const SD: u64 = 1 << 63;
/// What machine mode can write.
pub const WRITABLE: u64 =
    SIE | MIE | SPIE | MPIE | SPP | MPP | FS | MPRV | SUM | MXR | TVM | TW | TSR;
/// What `sstatus` shows and can write.
pub const SUPERVISOR: u64 = SIE | SPIE | SPP | FS | SUM | MXR;
