//! The task around the child that has the buttons and counters.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![forbid(unsafe_code)]

userlib::driver!(driver_fpgaio_buttons::ButtonsDriver);
