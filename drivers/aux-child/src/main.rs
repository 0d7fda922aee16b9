//! The task around the child.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![forbid(unsafe_code)]

userlib::driver!(driver_aux_child::ChildDriver);
