//! The task around the watchdog.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![forbid(unsafe_code)]

userlib::driver!(driver_dw_watchdog::WatchdogDriver);
