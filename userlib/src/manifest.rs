//! What the build tells this task of its manifest: tables that the link script puts behind the task's constants.

/// How many windows of a bound device this task may claim at once.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct WindowLimit {
    /// Label of the device's name.
    pub(crate) label: u32,
    /// Its instance number.
    pub(crate) id: u32,
    /// Windows at once.
    pub(crate) windows: u32,
}

/// A task that this task may call, notify or lend to.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct PeerEntry {
    /// Label of its name.
    pub(crate) label: u32,
    /// Its index.
    pub(crate) index: u32,
}

/// Declares a table: on the target it lies between two symbols of the link script. A test of this crate sets it for its
/// thread, which stands for a task. Other programs on the host have no manifest, so their table is empty.
macro_rules! table {
    ($(#[$doc:meta])* $table:ident: $Entry:ident, $start:ident..$end:ident, $TEST:ident) => {
        #[cfg(target_os = "none")]
        unsafe extern "C" {
            static $start: $Entry;
            static $end: $Entry;
        }

        #[cfg(all(test, not(target_os = "none")))]
        std::thread_local! {
            /// The table of the test's task.
            pub(crate) static $TEST: core::cell::Cell<&'static [$Entry]> = const { core::cell::Cell::new(&[]) };
        }

        $(#[$doc])*
        pub(crate) fn $table() -> &'static [$Entry] {
            #[cfg(target_os = "none")]
            {
                let (start, end) = (&raw const $start, &raw const $end);
                let count = (end.addr() - start.addr()) / size_of::<$Entry>();
                // SAFETY: the link script has whole entries between the two symbols, among the constants, which nobody
                // changes; any words are an entry.
                unsafe { core::slice::from_raw_parts(start, count) }
            }
            #[cfg(all(test, not(target_os = "none")))]
            return $TEST.get();
            #[cfg(all(not(test), not(target_os = "none")))]
            &[]
        }
    };
}

table! {
    /// The limits of this task's bindings that have `windows`.
    window_limits: WindowLimit, __window_limits_start..__window_limits_end, WINDOW_LIMITS
}
table! {
    /// The tasks in `calls`, `notifies` and `lends` of this task, by rising index.
    peers: PeerEntry, __peers_start..__peers_end, PEERS
}

/// Defines a function that a task needs only if its manifest has certain lines. The link script (`build/src/link.rs`)
/// gives its name one of two meanings: the body, or a function that has the answer in parentheses. The linker leaves
/// out the other one. On the host it is always the body.
macro_rules! if_needed {
    (
        $(#[$doc:meta])*
        $visible:vis fn $name:ident($($argument:ident: $Type:ty),*) -> $Result:ty;
        $linked:ident = $needed:ident or $not_needed:ident ($answer:expr)
        $body:block
    ) => {
        $(#[$doc])*
        #[cfg(target_os = "none")]
        $visible fn $name($($argument: $Type),*) -> $Result {
            unsafe extern "Rust" {
                /// One of the two below, of the same type.
                safe fn $linked($($argument: $Type),*) -> $Result;
            }
            $linked($($argument),*)
        }

        #[cfg(target_os = "none")]
        #[unsafe(no_mangle)]
        fn $not_needed($(_: $Type),*) -> $Result {
            $answer
        }

        $(#[$doc])*
        #[cfg(not(target_os = "none"))]
        $visible fn $name($($argument: $Type),*) -> $Result {
            $needed($($argument),*)
        }

        #[cfg_attr(target_os = "none", unsafe(no_mangle))]
        fn $needed($($argument: $Type),*) -> $Result $body
    };
}
pub(crate) use if_needed;
