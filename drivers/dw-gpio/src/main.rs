//! The task around a port of general-purpose I/O.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![forbid(unsafe_code)]

userlib::driver!(driver_dw_gpio::GpioDriver);
