//! The task around the seeder.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![forbid(unsafe_code)]

userlib::task!(demo_seeder::run);
