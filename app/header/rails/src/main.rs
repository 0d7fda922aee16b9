//! The task around the supplies.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![forbid(unsafe_code)]

userlib::driver!(header_rails::RailsDriver);
