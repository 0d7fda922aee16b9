//! The task around an I2C controller.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![forbid(unsafe_code)]

userlib::driver!(async driver_dw_i2c::I2cDriver);
