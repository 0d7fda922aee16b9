//! The task around the board's LEDs, buttons and counters.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![forbid(unsafe_code)]

userlib::driver!(driver_fpgaio::BoardDriver);
