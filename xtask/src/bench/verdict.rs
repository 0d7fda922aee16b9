//! The comparison of what was measured with the table: what the exit code of `bench` says.

use super::rows::{Row, Unit};
use std::collections::BTreeMap;
use std::fmt;

/// A figure this many percent below its budget leaves room for a regression that nobody would see.
const SLACK: u64 = 10;

/// Figures by the rows' keys.
type Figures = BTreeMap<String, u64>;

/// What one image measured, and how many tasks it has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sized<'m> {
    pub(super) tasks: usize,
    pub(super) figures: &'m Figures,
}

/// What is wrong with a row.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It costs more than it may.
    Over { budget: u64, measured: u64 },
    /// It grows with the system.
    Grew {
        few: (usize, u64),
        many: (usize, u64),
        /// Percent that are allowed.
        allowed: u64,
    },
    /// The table has a budget, and no image measured it.
    NotMeasured,
    /// An image measured it, and the table has no budget for this board.
    NoBudget { measured: u64 },
}

/// What is to be told of a row.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Remark {
    /// A figure far below its budget, in percent.
    Slack(u64),
    /// The budget is what it was some day; this is wanted.
    Goal(u64),
    /// What was wanted is reached: it should be the budget.
    Reached(u64),
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Over { budget, measured } => write!(
                formatter,
                "budget {budget}, measured {measured}: {} over it",
                measured - budget
            ),
            Self::Grew {
                few: (few, least),
                many: (many, most),
                allowed,
            } => write!(
                formatter,
                "{least} with {few} tasks, {most} with {many}: {} more, and {allowed} % are allowed",
                most - least
            ),
            Self::NotMeasured => write!(formatter, "it has a budget, but was not measured"),
            Self::NoBudget { measured } => {
                write!(formatter, "measured {measured}, but it has no budget")
            }
        }
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Slack(percent) => write!(formatter, "slack {percent} %"),
            Self::Goal(goal) => write!(formatter, "goal {goal}"),
            Self::Reached(goal) => write!(formatter, "goal {goal} is reached: make it the budget"),
        }
    }
}

/// What is wrong with a row on a board.
pub(super) fn fault(row: &Row, board: &str, figures: &Figures) -> Option<Fault> {
    match (row.budget(board), figures.get(&row.key).copied()) {
        (Some(budget), Some(measured)) if measured > budget => {
            Some(Fault::Over { budget, measured })
        }
        (Some(_), None) => Some(Fault::NotMeasured),
        (None, Some(measured)) => Some(Fault::NoBudget { measured }),
        _ => None,
    }
}

/// Whether a row grows with the system by more than it may. Memory does: each task and each lease takes some.
pub(super) fn growth(row: &Row, few: Sized<'_>, many: Sized<'_>) -> Option<Fault> {
    let (least, most) = (few.figures.get(&row.key)?, many.figures.get(&row.key)?);
    let grows = row.unit == Unit::Instructions && most * 100 > least * (100 + row.growth);
    grows.then_some(Fault::Grew {
        few: (few.tasks, *least),
        many: (many.tasks, *most),
        allowed: row.growth,
    })
}

/// What is to be told of a row on a board that is not over its budget.
pub(super) fn remark(row: &Row, board: &str, figures: &Figures) -> Option<Remark> {
    let (budget, measured) = (row.budget(board)?, *figures.get(&row.key)?);
    match row.goal(board) {
        Some(goal) if measured <= goal => Some(Remark::Reached(goal)),
        Some(goal) => Some(Remark::Goal(goal)),
        None => {
            let percent = budget.saturating_sub(measured) * 100 / budget.max(1);
            (percent >= SLACK).then_some(Remark::Slack(percent))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(more: &str) -> Row {
        toml::from_str(&format!(
            "key = \"call\"\noperation = \"a call\"\nbudgets = {{ here = 200 }}\n{more}"
        ))
        .unwrap()
    }

    fn measured(figure: u64) -> Figures {
        Figures::from([("call".to_owned(), figure)])
    }

    #[test]
    fn a_row_is_over_its_budget_by_one_instruction() {
        let row = row("");
        assert_eq!(fault(&row, "here", &measured(200)), None);
        let over = fault(&row, "here", &measured(201)).unwrap();
        assert_eq!(over.to_string(), "budget 200, measured 201: 1 over it");
    }

    #[test]
    fn a_budget_without_a_figure_and_a_figure_without_a_budget_are_faults() {
        let row = row("");
        assert_eq!(
            fault(&row, "here", &Figures::new()),
            Some(Fault::NotMeasured)
        );
        assert_eq!(
            fault(&row, "there", &measured(1)),
            Some(Fault::NoBudget { measured: 1 })
        );
        assert_eq!(fault(&row, "there", &Figures::new()), None);
    }

    #[test]
    fn a_row_grows_when_it_is_more_than_five_percent_more() {
        let grew = |row: &Row, few, many| {
            let (few, many) = (measured(few), measured(many));
            let few = Sized {
                tasks: 24,
                figures: &few,
            };
            let many = Sized {
                tasks: 64,
                figures: &many,
            };
            growth(row, few, many)
        };
        assert_eq!(grew(&row(""), 200, 210), None);
        assert_eq!(grew(&row(""), 200, 100), None);
        let fault = grew(&row(""), 200, 211).unwrap();
        assert_eq!(
            fault.to_string(),
            "200 with 24 tasks, 211 with 64: 11 more, and 5 % are allowed"
        );
        assert_eq!(grew(&row("growth = 6\n"), 200, 211), None);
        assert!(grew(&row("growth = 0\n"), 200, 201).is_some());
        assert_eq!(grew(&row("unit = \"bytes\"\n"), 200, 400), None);
    }

    #[test]
    fn slack_and_goals_are_told() {
        assert_eq!(remark(&row(""), "here", &measured(181)), None);
        let said = remark(&row(""), "here", &measured(180));
        assert_eq!(said, Some(Remark::Slack(10)));
        let goal = row("goals = { here = 150 }\n");
        assert_eq!(
            remark(&goal, "here", &measured(160)),
            Some(Remark::Goal(150))
        );
        assert_eq!(
            remark(&goal, "here", &measured(150)),
            Some(Remark::Reached(150))
        );
        assert_eq!(remark(&goal, "there", &measured(150)), None);
    }
}
