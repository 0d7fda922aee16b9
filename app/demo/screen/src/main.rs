//! The task around the screen.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![forbid(unsafe_code)]

userlib::driver!(async demo_screen::ScreenDriver);
