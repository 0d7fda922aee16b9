//! In what the cores that the model can be differ.

/// The choices of one core.
#[derive(Clone, Debug)]
pub struct Rules {
    /// `mvendorid`.
    pub vendor: u64,
    /// The core has T-Head's page attributes, cache operations and CSRs (XTheadMae, XTheadCmo).
    pub thead: bool,
    /// The walker sets A and D itself; otherwise an entry without them faults.
    pub updates_accessed: bool,
    /// Fetches see stores at once; otherwise only after `fence.i`.
    pub coherent_fetch: bool,
    /// A trap or a return from one ends a reservation. The specification allows both.
    pub trap_ends_reservation: bool,
    /// `fmin` and `fmax` with a signalling NaN give a NaN (IEEE 754-2008), not the other operand (2019).
    pub signalling_least_is_nan: bool,
    /// Counts of the `time` counter in a second.
    pub ticks_per_second: u64,
    /// `mxstatus` at reset (XuanTie C910), where `thead`.
    pub extended_status: u64,
}

impl Rules {
    /// QEMU's `sifive-u54` on its `virt` board (target/riscv/cpu.c, hw/riscv/virt.c).
    #[must_use]
    pub fn virt() -> Self {
        Self {
            vendor: 0,
            thead: false,
            updates_accessed: true,
            coherent_fetch: true,
            trap_ends_reservation: true,
            // fpu_helper.c, for privileged architecture 1.10.
            signalling_least_is_nan: true,
            ticks_per_second: 10_000_000,
            extended_status: 0,
        }
    }

    /// The TH1520's C910 as both SPLs leave it (U-Boot, arch/riscv/cpu/th1520/spl.c: MXSTATUS 0x638000).
    #[must_use]
    pub fn c910() -> Self {
        Self {
            vendor: 0x5b7,
            thead: true,
            updates_accessed: false,
            coherent_fetch: false,
            trap_ends_reservation: false,
            signalling_least_is_nan: false,
            ticks_per_second: 3_000_000,
            extended_status: 0x63_8000,
        }
    }
}
