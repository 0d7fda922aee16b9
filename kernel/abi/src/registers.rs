//! How the arguments of a system call travel in registers.

use crate::Call;

/// The registers that have a call's arguments.
pub type Registers = [usize; 6];

/// The arguments of one system call, by name: a structure of [`arguments`](crate::arguments).
pub trait Arguments: Copy {
    /// The call.
    const CALL: Call;

    /// How many registers they take.
    const REGISTERS: usize;

    /// What these registers say. Any value of a register is an argument; what it is good for, the kernel finds out.
    fn from_registers(registers: Registers) -> Self;

    /// The registers, in their order; those that the call does not use are zero.
    fn registers(self) -> Registers;
}
