//! Settings that a person makes at the shell: lines `NAME VALUE` of a file, read by the tasks that they are for.

/// The file.
pub const FILE: &str = "SETTINGS.TXT";

/// Bytes of the file at most.
pub const MOST: usize = 256;

/// A setting: a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its name.
    pub name: &'static str,
    /// Its value where the file says nothing.
    pub default: u32,
    /// The largest.
    pub most: u32,
    /// What it is.
    pub summary: &'static str,
}

/// KiB of the log that `LOG.TXT` and `LOG.OLD` keep, each.
pub const LOG: Setting = Setting {
    name: "log-kib",
    default: 64,
    most: 1024,
    summary: "KiB of the log in LOG.TXT, and as many in LOG.OLD; 0 keeps none",
};

/// All of them.
pub const ALL: [Setting; 1] = [LOG];

impl Setting {
    /// Its value by the text of the file. A value that is none counts as the default.
    pub fn value(&self, text: &str) -> u32 {
        let lines = text.lines();
        let value = lines.rev().find_map(|line| {
            let (name, value) = line.trim().split_once(' ')?;
            (name == self.name).then_some(value.trim())
        });
        let value = value.and_then(|value| value.parse().ok());
        value
            .filter(|value| *value <= self.most)
            .unwrap_or(self.default)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_of_its_name_counts_and_nonsense_is_the_default() {
        for (text, value) in [
            ("", 64),
            ("log-kib 5\r\n", 5),
            ("log-kib 5\nother 7\nlog-kib  0", 0),
            ("log-kib 1025", 64),
            ("log-kib five", 64),
            ("log-kib", 64),
        ] {
            assert_eq!(LOG.value(text), value, "{text}");
        }
    }
}
