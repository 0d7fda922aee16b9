//! The shell task.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![forbid(unsafe_code)]

use demo_shell::terminal::Terminal;

fn run() {
    match Terminal::new() {
        Ok(mut terminal) => terminal.serve(),
        Err(error) => panic!("the shell cannot start: {error}"),
    }
}

userlib::task!(run);
