//! The task around the child that has the LEDs.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![forbid(unsafe_code)]

userlib::driver!(driver_fpgaio_leds::LedsDriver);
