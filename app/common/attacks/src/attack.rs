//! The attacks that are one or a few instructions, with the same names for every instruction set.

/// An instruction set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isa {
    /// All that have such an instruction.
    Any,
    /// RISC-V, 32 or 64 bits.
    RiscV,
    /// Arm's M profile.
    Arm,
}

impl Isa {
    /// The instruction set of this program.
    pub const OWN: Self = if cfg!(target_arch = "arm") {
        Self::Arm
    } else {
        Self::RiscV
    };
}

/// Declares the attacks, their numbers and instruction sets.
macro_rules! attacks {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $isa:ident;)*) => {
        /// An instruction that must not succeed in a task.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(usize)]
        pub enum Attack {
            $($(#[$doc])* $name = $code,)*
        }

        impl Attack {
            /// The attack with this number.
            pub const fn from_code(code: usize) -> Option<Self> {
                Some(match code {
                    $($code => Self::$name,)*
                    _ => return None,
                })
            }

            /// Which instruction set has it.
            pub const fn isa(self) -> Isa {
                match self {
                    $(Self::$name => Isa::$isa,)*
                }
            }
        }
    };
}

attacks! {
    /// An instruction that is defined to be none.
    Illegal = 0, Any;
    /// A breakpoint.
    Breakpoint = 1, Any;
    /// `wfi`.
    WaitForInterrupt = 2, Any;
    /// A floating-point register.
    FloatingPoint = 3, Any;
    /// An atomic add to an address that is not aligned: the argument.
    MisalignedAtomic = 4, Any;
    /// Push to the stack for ever.
    StackOverflow = 5, Any;
    /// A system call with the argument as stack pointer; reports its status.
    WildStack = 6, Any;
    /// A load from address 0 with the stack pointer set to the argument first.
    FaultWithWildStack = 7, Any;
    /// Step over the guard with one frame, and call a function from below it.
    LargeFrame = 8, Any;

    /// `csrr sstatus`.
    ReadStatus = 16, RiscV;
    /// `csrr sscratch`: where a kernel may keep a pointer of its own.
    ReadScratch = 17, RiscV;
    /// `csrw satp, zero`: no translation at all.
    WriteTranslation = 18, RiscV;
    /// `csrw stvec`, with the argument.
    WriteTrapVector = 19, RiscV;
    /// `sret`.
    SupervisorReturn = 20, RiscV;
    /// `sfence.vma`.
    FenceTranslation = 21, RiscV;
    /// `csrr mstatus`.
    ReadMachineStatus = 22, RiscV;
    /// `csrr mscratch`.
    ReadMachineScratch = 23, RiscV;
    /// `csrw mtvec`, with the argument.
    WriteMachineTrapVector = 24, RiscV;
    /// `csrw pmpaddr0`, with the argument.
    WriteProtectionAddress = 25, RiscV;
    /// `csrw pmpcfg0`, with the argument.
    WriteProtectionRights = 26, RiscV;
    /// `mret`.
    MachineReturn = 27, RiscV;
    /// `csrr satp`.
    ReadTranslation = 28, RiscV;
    /// `csrr pmpaddr0`.
    ReadProtectionAddress = 29, RiscV;

    /// `msr CONTROL, argument`, which would make the task privileged; reports what is read back.
    WriteControl = 32, Arm;
    /// `msr PSP, argument`; reports how far the stack pointer moved.
    WriteProcessStack = 33, Arm;
    /// `msr MSP, argument`; reports what is read back.
    WriteMainStack = 34, Arm;
    /// `msr BASEPRI, argument`; reports what is read back.
    WriteBasePriority = 35, Arm;
    /// `cpsid i`; reports what is read back of `PRIMASK`.
    DisableInterrupts = 36, Arm;
    /// `cpsid f`; reports what is read back of `FAULTMASK`.
    DisableFaults = 37, Arm;
    /// A branch to an address with bit 0 clear, which would leave the Thumb state.
    LeaveThumb = 38, Arm;
    /// A branch to the argument, a value that means a return from an exception in handler mode.
    ExceptionReturn = 39, Arm;
    /// `ldrd` from an address that is not aligned: the argument.
    MisalignedPair = 40, Arm;
    /// `ldm` from an address that is not aligned: the argument.
    MisalignedMultiple = 41, Arm;
    /// `bkpt 0xab`: a request to a debugger's host to end the program.
    Semihosting = 42, Arm;
    /// A receive, of calls and of what leases notify, with the argument as stack pointer; reports its status.
    ReceiveWithStack = 43, Arm;
    /// `bxns`: a branch to the argument in the Non-secure state, where this code might not be unprivileged.
    NonSecureBranch = 44, Arm;
    /// `blxns`: a call there.
    NonSecureCall = 45, Arm;
    /// `hlt 0x3c`: the other request to a debugger's host to end the program.
    Halt = 46, Arm;
    /// `vlldm` from the argument, which marks floating-point registers as in use, so that the processor pushes them,
    /// too, at the system call that follows; reports its status.
    LongFrame = 47, Arm;
}

/// What a call did to the registers that are not its results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeptRegisters {
    /// Bit `i`: register `i` should have been kept and was not (on Arm, 15 are the flags).
    pub changed: u32,
    /// Bit `i`: register `i` should have been zero, or of the task's own, and was not.
    pub leaked: u32,
    /// The three result registers.
    pub results: [usize; 3],
}
