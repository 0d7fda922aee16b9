//! The shell task.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![forbid(unsafe_code)]

use demo_shell::session::Session;

fn run() {
    match Session::new() {
        Ok(mut session) => session.serve(),
        Err(error) => panic!("the shell cannot start: {error}"),
    }
}

userlib::task!(run);
