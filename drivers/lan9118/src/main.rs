//! The task around the driver of the class `network`.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![forbid(unsafe_code)]

userlib::driver!(async driver_lan9118::NetworkDriver);
