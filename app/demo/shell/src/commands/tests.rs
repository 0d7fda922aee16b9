//! Lines, and what they ask for.

use super::*;

/// What is wrong with a line.
fn said(line: &str) -> String {
    match parse(line) {
        Err(wrong) => wrong.to_string(),
        Ok(_) => panic!("{line} is right"),
    }
}

/// The number that a line gives its command.
fn number(line: &str) -> Option<u32> {
    match parse(line) {
        Ok(Some(Ready::Number(_, number))) => Some(number),
        _ => None,
    }
}

#[test]
fn every_command_takes_what_its_help_says() {
    for command in COMMANDS {
        let arguments: &[&str] = match command.takes {
            Takes::Nothing(_) => &[""],
            Takes::Line(..) => &["word", "a b c d"],
            Takes::Word(..) => &["word"],
            Takes::Number(..) => &["2", "0x2"],
            Takes::MaybeNumber(..) => &["", "2"],
            Takes::Either(..) => &["", "hold 5"],
        };
        for argument in arguments {
            let line = format!("{} {argument}", command.name);
            assert!(matches!(parse(&line), Ok(Some(_))), "{line}");
        }
        if let Takes::Line(..) = command.takes {
            assert!(said(command.name).contains(command.name));
        } else {
            assert!(said(&format!("{} a b c d", command.name)).contains(command.name));
        }
    }
}

#[test]
fn names_are_the_commands_own() {
    for (place, command) in COMMANDS.iter().enumerate() {
        let same = |other: &Command| other.name == command.name;
        assert_eq!(COMMANDS.iter().position(same), Some(place));
        // As wide as the column of the help.
        let call = format!("{} {}", command.name, command.takes);
        assert!(call.len() <= 16, "{call}");
    }
}

#[test]
fn arguments_are_read() {
    assert!(matches!(
        parse("  crash   aux-parent "),
        Ok(Some(Ready::Word(_, "aux-parent")))
    ));
    assert_eq!(number("sleep 0x10"), Some(16));
    assert_eq!(number("poweroff"), Some(0));
    assert_eq!(number("poweroff 3"), Some(3));
    assert_eq!(number("aux hold 500"), Some(500));
    assert!(matches!(parse("aux"), Ok(Some(Ready::Plain(_)))));
    for nothing in ["", "   "] {
        assert!(matches!(parse(nothing), Ok(None)));
    }
}

#[test]
fn what_is_wrong_is_said_on_one_line() {
    assert_eq!(said("pss"), "no command 'pss'; 'help' lists them");
    assert_eq!(said("ps x"), "'ps' takes no arguments");
    assert_eq!(said("crash"), "usage: crash TASK");
    assert_eq!(said("crash a b"), "usage: crash TASK");
    assert_eq!(said("sleep five"), "'five' is not a number from 0 to 60000");
    assert_eq!(said("sleep -1"), "'-1' is not a number from 0 to 60000");
    assert_eq!(said("sleep 0x+1"), "'0x+1' is not a number from 0 to 60000");
    assert_eq!(
        said("sleep 99999999999999999999"),
        "'99999999999999999999' is not a number from 0 to 60000"
    );
    assert_eq!(said("poweroff 256"), "'256' is not a number from 0 to 255");
    assert_eq!(said("aux hold"), "usage: aux [hold MS]");
    assert_eq!(said("aux held 5"), "usage: aux [hold MS]");
}
