//! Commands that are like others, but for some of their words.

use std::ffi::OsString;
use std::process::Command;

/// With the variables of another command.
pub(crate) fn with_variables(mut command: Command, other: &Command) -> Command {
    let variables = other.get_envs();
    command.envs(variables.filter_map(|(name, value)| Some((name, value?))));
    command
}

/// The same command with others in place of some of its words; and how many those were.
pub(crate) fn replaced(
    command: &Command,
    others: impl Fn(&str) -> Option<Vec<String>>,
) -> (Command, usize) {
    let (mut words, mut count) = (Vec::<OsString>::new(), 0);
    for word in command.get_args() {
        match word.to_str().and_then(&others) {
            None => words.push(word.to_owned()),
            Some(others) => {
                count += 1;
                words.extend(others.into_iter().map(OsString::from));
            }
        }
    }
    let mut same = Command::new(command.get_program());
    same.args(words);
    (with_variables(same, command), count)
}
