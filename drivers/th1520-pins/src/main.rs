//! The task around the pads.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![forbid(unsafe_code)]

userlib::driver!(driver_th1520_pins::PinsDriver);
