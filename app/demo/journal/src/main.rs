//! The task around the journal.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![forbid(unsafe_code)]

/// The task's main function.
fn journal() {
    demo_journal::run()
}

userlib::task!(journal);
