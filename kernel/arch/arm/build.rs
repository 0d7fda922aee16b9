//! Tells Armv8-M from Armv7-M: the compiler's own `cfg` does not.

fn main() {
    println!("cargo:rustc-check-cfg=cfg(armv8m)");
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("TARGET").is_ok_and(|target| target.starts_with("thumbv8m")) {
        println!("cargo:rustc-cfg=armv8m");
    }
}
