//! The task around the driver that only says what the chip is.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![forbid(unsafe_code)]

userlib::driver!(driver_lan9118::EthernetDriver);
