//! Windows on device registers: [`IoMem`], [`ExclusiveIoMem`], [`Bar`].
//!
//! All access goes through pointers and is volatile; there is never a reference to device memory,
//! because the compiler may invent reads through a reference.

mod access;
mod claim;
mod device;
mod limit;
mod mapping;
mod part;
mod register;
mod select;
mod window;

pub use mapping::{Bar, DevresBar, DevresExclusiveIoMem, DevresIoMem, ExclusiveIoMem, IoMem};
pub use part::Part;
#[doc(hidden)]
pub use register::registers;
pub use register::{
    ReadOnly, ReadToClear, ReadWrite, Register, RegisterArray, WriteOneToClear, WriteOnly,
};
pub use select::Select;
pub use tock_registers::LocalRegisterCopy;
pub use tock_registers::fields::FieldValue;
pub use tock_registers::interfaces::{ReadWriteable, Readable, Writeable};
pub use window::Window;

pub(crate) use claim::ClaimGuard;

#[cfg(test)]
mod devres_tests;
#[cfg(test)]
mod tests;
