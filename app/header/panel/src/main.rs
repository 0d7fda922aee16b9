//! The task around light and button.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![forbid(unsafe_code)]

userlib::driver!(async header_panel::PanelDriver);
