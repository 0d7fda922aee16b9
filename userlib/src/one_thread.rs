//! What a task has once, in a `static`.

/// Lets the one thread of a task have a value in a `static`, though it may only be used by one.
pub(crate) struct OneThread<T>(T);

// SAFETY: a task has one thread, and nothing interrupts it.
unsafe impl<T> Sync for OneThread<T> {}

impl<T> OneThread<T> {
    /// The value, for a `static`.
    pub(crate) const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value.
    #[inline(always)]
    pub(crate) const fn get(&'static self) -> &'static T {
        &self.0
    }
}
