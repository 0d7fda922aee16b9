//! What grew since the last build, by task. Each build leaves its sizes beside its report, for the next one.

use super::Facts;
use std::collections::BTreeMap;

/// The name of the kernel among the tasks; no task can have it.
const KERNEL: &str = "(kernel)";

/// Bytes by owner and part.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Growth(BTreeMap<(String, String), u64>);

impl Growth {
    /// Of an image.
    pub(crate) fn of(facts: &Facts<'_>) -> Self {
        let mut sizes = BTreeMap::new();
        for (task, packed) in facts.tasks() {
            for (part, size) in super::parts(task, packed) {
                if part != "rounding" && part != "guard" {
                    sizes.insert((task.name.clone(), part.to_owned()), size);
                }
            }
        }
        for (section, _, size) in &facts.kernel.sections {
            sizes.insert((KERNEL.to_owned(), section.clone()), *size);
        }
        Self(sizes)
    }

    /// As a build wrote it. A line that is none is left out: then there is less to compare with.
    pub(crate) fn parse(text: &str) -> Self {
        let entry = |line: &str| {
            let mut words = line.split(' ');
            let (owner, part) = (words.next()?.to_owned(), words.next()?.to_owned());
            Some(((owner, part), words.next()?.parse().ok()?))
        };
        Self(text.lines().filter_map(entry).collect())
    }

    /// As the next build reads it.
    pub(crate) fn text(&self) -> String {
        let line =
            |((owner, part), size): (&(String, String), &u64)| format!("{owner} {part} {size}\n");
        self.0.iter().map(line).collect()
    }

    /// One line for the kernel and for each task that takes more or less than `before`.
    pub(crate) fn since(&self, before: &Self) -> Vec<String> {
        let mut changes: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for ((owner, part), size) in &self.0 {
            let Some(old) = before.0.get(&(owner.clone(), part.clone())) else {
                continue;
            };
            if size != old {
                let by = i128::from(*size) - i128::from(*old);
                let change = format!("{} {by:+}", part.trim_start_matches('.'));
                changes.entry(owner).or_default().push(change);
            }
        }
        changes
            .into_iter()
            .map(|(owner, parts)| format!("{owner}: {}", parts.join(", ")))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_grew_and_what_shrank_is_told_by_owner() {
        let before = Growth::parse("rtc text 100\nrtc stack 512\nedu text 7\n(kernel) .text 9\n");
        let after = Growth::parse(
            "rtc text 120\nrtc stack 512\nnew text 7\nedu text 3\n(kernel) .text 10\n",
        );
        assert_eq!(
            after.since(&before),
            ["(kernel): text +1", "edu: text -4", "rtc: text +20"]
        );
        assert_eq!(after.since(&after), [""; 0]);
        assert_eq!(after.since(&Growth::default()), [""; 0]);
        assert_eq!(Growth::parse(&after.text()), after);
        assert_eq!(Growth::parse("rtc\nrtc text many\n\n"), Growth::default());
    }
}
