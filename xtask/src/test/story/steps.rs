//! The steps of the story, with each board's own names.

use super::boards::Names;
use super::step::{Step, refused, step};

/// Calls that cannot be made, and what is said, on every board.
const CALLS_REFUSED: &[(&str, &str, &str)] = &[
    (
        "a_call_that_the_manifest_does_not_allow_is_refused",
        "call aux-parent.hold 1",
        "not in the shell's `calls`",
    ),
    (
        "a_method_that_is_not_there_is_refused_with_those_that_are",
        "call supervisor.fly",
        "supervisor.poweroff(code: u32) -> ()",
    ),
    (
        "an_argument_out_of_range_is_refused",
        "call supervisor.stack 4294967296",
        "'4294967296' is not a number from 0 to 4294967295: supervisor.stack(task: u32)",
    ),
    (
        "an_argument_too_many_is_refused",
        "call supervisor.stack 1 2",
        "arguments are missing or too many: supervisor.stack(task: u32)",
    ),
    (
        "an_error_of_the_server_is_told",
        "call supervisor.stack 99",
        "supervisor.stack: ",
    ),
];

/// The story, in order. The parent stays down for ten seconds, in which the steps up to its return are told.
pub(super) fn story(names: &Names) -> Vec<Step> {
    let [first, second] = names.devices;
    let offered = [first, second].map(|name| format!("{name}: supervisor"));
    let [child, other] = names.children;
    let present: Vec<&str> = offered
        .iter()
        .map(String::as_str)
        .chain([child, other])
        .chain(names.in_tree.iter().copied())
        .collect();
    let seen = |generation: u32| {
        [0, 1].map(|device| {
            let parent = names.identity;
            format!("device {device}: index {device}, parent {parent} of generation {generation}")
        })
    };
    let [before, after] = [seen(1), seen(2)];
    let identity = format!("parent {}", names.identity);
    let calls = format!("{child} calls aux-parent");
    let gone = format!("{child}: device 0 is gone");
    let mut story = vec![
        step("the_tree_has_parent_and_child", "leases", &present),
        step(
            "the_child_sees_its_parent_s_identity",
            "aux",
            &before.each_ref().map(String::as_str),
        )
        .lacks(&["None"]),
        step("the_child_calls_its_parent", "aux hold 5000", &[&calls]),
        step(
            "the_parent_crashes",
            "crash aux-parent",
            &["aux-parent of generation"],
        ),
        step(
            "the_tree_has_neither_parent_nor_child",
            "leases",
            names.others,
        )
        .lacks(&["aux-parent", child, other]),
        step(
            "the_child_s_access_gives_none_and_its_call_an_error",
            "aux",
            &[
                "device 0: try_access gives None",
                "device 1: try_access gives None",
                "the task died",
            ],
        )
        .lacks(&[&identity]),
        step("the_fault_is_named", "ps", &["aux-parent", "panic"]),
    ];
    story.extend((names.meanwhile)());
    story.extend([
        step(
            "the_parent_comes_back",
            "sleep 12000",
            &["aux-parent: started again"],
        ),
        step("the_tree_has_both_again", "leases", &present),
        step(
            "the_child_s_new_leases_work",
            "aux",
            &after.each_ref().map(String::as_str),
        )
        .lacks(&["None"]),
    ]);
    story.extend((names.devices_work)());
    story.extend([
        step(
            "the_log_tells_the_story",
            "log",
            &[
                "aux-parent: panic",
                &gone,
                "aux-parent: started again, generation 2",
            ],
        ),
        step(
            "a_wild_read_is_confined",
            "chaos wild-read",
            // The function is told, and where it is.
            &[
                "chaos",
                "read fault",
                " attacks::",
                "(app/common/attacks/src/",
            ],
        ),
        step("its_task_comes_back", "sleep 500", &[]),
        step(
            "a_stack_overflow_is_one",
            "chaos stack",
            &["chaos", "stack overflow"],
        ),
        step("its_task_comes_back_again", "sleep 500", &[]),
    ]);
    if let Some((device, line)) = names.unbinds {
        story.extend([
            step(
                "an_unbound_device_is_said_to_be",
                &format!("unbind {device}"),
                &["unbound"],
            ),
            refused("a_request_to_it_is_an_error", line, &["unbound"]),
            step("it_is_bound_again", &format!("bind {device}"), &["bound"]),
            step("it_binds", "sleep 300", &[]),
            step("it_works_again", line, &[]),
        ]);
    }
    story.extend([
        refused(
            "an_unknown_command_is_one_line",
            "nonsense",
            &["no command 'nonsense'"],
        ),
        refused(
            "an_unknown_task_is_one_line",
            "crash nobody",
            &["no task 'nobody'"],
        ),
        refused(
            "commands_with_semicolons_run_one_by_one",
            "nonsense; uptime",
            &["no command 'nonsense'", "up 0 d"],
        ),
    ]);
    // Four ends, and time to start again after each; the fifth is one too many.
    let twice = "crash chaos;sleep 400;crash chaos;sleep 400";
    story.extend([
        step("a_person_s_restart_clears_the_count", "restart chaos", &[]),
        step(
            "it_may_crash_several_times",
            twice,
            &["chaos of generation"],
        ),
        step(
            "it_may_crash_several_times",
            twice,
            &["chaos of generation"],
        ),
        step("it_crashes_too_often", "crash chaos", &["in quarantine"]),
        refused(
            "a_task_in_quarantine_is_said_to_be",
            "chaos loop",
            &["chaos is in quarantine; 'restart chaos' starts it"],
        ),
        step("it_is_started_again", "restart chaos", &["runs again"]),
    ]);
    for (name, line, said) in CALLS_REFUSED {
        story.push(refused(name, line, &[said]));
    }
    for (line, said) in names.lacks {
        story.push(refused("what_the_board_lacks_is_said", line, &[said]));
    }
    story
}
