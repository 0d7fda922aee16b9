//! A task of a driver.

/// Makes a task of a driver: `driver!(async Type)` for a type that implements
/// [`AsyncDriver`](crate::runtime::AsyncDriver) and [`Default`], `driver!(Type)` for one that implements
/// [`Driver`](crate::runtime::Driver).
///
/// When it panics, the fault says the place (file and line) without the message: to format that would take a kilobyte
/// of each driver.
#[macro_export]
macro_rules! driver {
    (async $driver:ty) => {
        /// The task's main function.
        #[cfg_attr(not(target_os = "none"), allow(dead_code, reason = "runs on a board"))]
        fn __run_driver() {
            /// Requests that a binding serves at once.
            const REQUESTS: usize = <$driver as $crate::runtime::AsyncDriver>::REQUESTS;
            /// Bytes of a binding.
            const SIZE: usize =
                $crate::runtime::future_size(&$crate::runtime::binding::<$driver, REQUESTS>);
            #[cfg(target_os = "none")]
            {
                #[unsafe(link_section = ".bss.bindings.state")]
                static BINDINGS: $crate::runtime::FuturePlace<SIZE> =
                    $crate::runtime::FuturePlace::new();
                let driver: $driver = ::core::default::Default::default();
                // SAFETY: `BINDINGS` is in the section that the link script repeats, and nobody else can name it.
                unsafe {
                    $crate::runtime::run_futures_in(
                        &driver,
                        $crate::runtime::binding::<$driver, REQUESTS>,
                        &BINDINGS,
                    )
                }
            }
            #[cfg(not(target_os = "none"))]
            let _: usize = SIZE;
        }
        $crate::task!(__run_driver, $crate::__start::brief);
    };
    ($driver:ty) => {
        /// The task's main function.
        #[cfg_attr(not(target_os = "none"), allow(dead_code, reason = "runs on a board"))]
        fn __run_driver() {
            let driver: $driver = ::core::default::Default::default();
            #[cfg(target_os = "none")]
            {
                #[unsafe(link_section = ".bss.bindings.state")]
                static STATE: $crate::runtime::StatePlace<$driver> =
                    $crate::runtime::StatePlace::new();
                // SAFETY: `STATE` is in the section that the link script repeats, and nobody else can name it.
                unsafe { $crate::runtime::run_in(&driver, &STATE) }
            }
            #[cfg(not(target_os = "none"))]
            $crate::runtime::run(&driver)
        }
        $crate::task!(__run_driver, $crate::__start::brief);
    };
}
