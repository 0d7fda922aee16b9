//! The task around the crasher.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![forbid(unsafe_code)]

userlib::driver!(demo_crasher::CrasherDriver);
