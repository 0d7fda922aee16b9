//! The binding that a value belongs to.

use core::marker::PhantomData;

/// Invariant, so that the lifetimes of two bindings are never the same.
pub(super) type Brand<'cap> = PhantomData<fn(&'cap ()) -> &'cap ()>;
