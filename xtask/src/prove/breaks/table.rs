//! The rows: a rule, what breaks it, and how that is noticed.

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

/// The shift of a run whose row says none: an instruction takes so many nanoseconds, as a power of two.
const SHIFT: u8 = 3;

/// A row.
#[derive(Debug)]
pub(super) struct Break {
    /// What the model insists on.
    pub(super) rule: String,
    /// The source that is changed, from the repository's root.
    pub(super) file: String,
    old: String,
    new: String,
    /// How it is noticed.
    pub(super) trial: Trial,
}

/// How a break is noticed.
#[derive(Debug)]
pub(super) enum Trial {
    /// Host tests of a package run, and this one fails.
    Tests { package: String, fails: String },
    /// An image runs on the model.
    Run { run: Run, sign: Sign },
}

/// A run on the model.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) app: String,
    /// The model's.
    pub(super) options: Vec<String>,
    /// What is typed at the shell.
    pub(super) lines: Vec<String>,
    /// Of the model's time.
    pub(super) milliseconds: u64,
    pub(super) shift: u8,
}

/// What tells that something is wrong.
#[derive(Debug)]
pub(super) enum Sign {
    /// This is said, or reported.
    Says(String),
    /// This is not.
    Lacks(String),
}

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "break")]
    rows: Vec<Written>,
}

/// A row as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    rule: String,
    file: String,
    old: String,
    new: String,
    package: Option<String>,
    fails: Option<String>,
    app: Option<String>,
    #[serde(default)]
    options: Vec<String>,
    #[serde(default)]
    lines: Vec<String>,
    milliseconds: Option<u64>,
    shift: Option<u8>,
    says: Option<String>,
    lacks: Option<String>,
}

/// Reads the rows of a table.
///
/// # Errors
/// When one is no row.
pub(super) fn parse(text: &str) -> Result<Vec<Break>> {
    let file: File = toml::from_str(text)?;
    file.rows.into_iter().map(row).collect()
}

fn row(written: Written) -> Result<Break> {
    let rule = written.rule;
    let trial = match (written.package, written.app) {
        (Some(package), None) => Trial::Tests {
            package,
            fails: written
                .fails
                .with_context(|| format!("{rule}: which test `fails`?"))?,
        },
        (None, Some(app)) => Trial::Run {
            sign: match (written.says, written.lacks) {
                (Some(text), None) => Sign::Says(text),
                (None, Some(text)) => Sign::Lacks(text),
                _ => bail!("{rule}: write `says` or `lacks`"),
            },
            run: Run {
                app,
                options: written.options,
                lines: written.lines,
                milliseconds: written
                    .milliseconds
                    .with_context(|| format!("{rule}: how many `milliseconds`?"))?,
                shift: written.shift.unwrap_or(SHIFT),
            },
        },
        _ => bail!("{rule}: write `package` for host tests, or `app` for a run on the model"),
    };
    Ok(Break {
        rule,
        file: written.file,
        old: written.old,
        new: written.new,
        trial,
    })
}

impl Break {
    /// The source with the break in it.
    ///
    /// # Errors
    /// When its place is not there exactly once.
    pub(super) fn applied_to(&self, source: &str) -> Result<String> {
        let places = source.matches(&self.old).count();
        ensure!(
            places == 1,
            "{}: {} has {places} places with `{}`, expected one",
            self.rule,
            self.file,
            self.old
        );
        ensure!(self.old != self.new, "{}: nothing changes", self.rule);
        Ok(source.replacen(&self.old, &self.new, 1))
    }
}

impl Trial {
    /// What is run. Trials that run the same say the same.
    pub(super) fn what(&self) -> String {
        match self {
            Self::Tests { package, .. } => format!("tests of {package}"),
            Self::Run { run, .. } => format!("{run:?}"),
        }
    }

    /// Whether what was seen is the sign of a break.
    pub(super) fn is_noticed(&self, seen: &str) -> bool {
        match self {
            Self::Tests { fails, .. } => {
                let failed = format!("{fails} ... FAILED");
                seen.lines().any(|line| line.ends_with(&failed))
            }
            Self::Run { sign, .. } => match sign {
                Sign::Says(text) => seen.contains(text),
                Sign::Lacks(text) => !seen.contains(text),
            },
        }
    }

    /// The sign in words.
    pub(super) fn sign(&self) -> String {
        match self {
            Self::Tests { package, fails } => format!("{package}, {fails} fails"),
            Self::Run { run, sign } => match sign {
                Sign::Says(text) => format!("{} says `{text}`", run.app),
                Sign::Lacks(text) => format!("{} lacks `{text}`", run.app),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str = "[[break]]\nrule = 'r'\nfile = 'f'\nold = 'a'\nnew = 'b'\n";

    fn one(rest: &str) -> Result<Break> {
        let mut rows = parse(&format!("{ROW}{rest}"))?;
        assert_eq!(rows.len(), 1);
        Ok(rows.remove(0))
    }

    #[test]
    fn a_break_has_one_place() {
        let row = one("package = 'p'\nfails = 't'").unwrap();
        assert_eq!(row.applied_to("cad").unwrap(), "cbd");
        assert!(row.applied_to("cd").is_err());
        assert!(row.applied_to("aa").is_err());
    }

    #[test]
    fn a_row_says_how_it_is_noticed() {
        for bad in [
            "",
            "package = 'p'",
            "app = 'x'\nmilliseconds = 1",
            "app = 'x'\nsays = 'y'",
            "app = 'x'\nmilliseconds = 1\nsays = 'y'\nlacks = 'z'",
            "app = 'x'\npackage = 'p'\nfails = 't'\nmilliseconds = 1\nsays = 'y'",
            "package = 'p'\nfails = 't'\nother = 1",
        ] {
            assert!(one(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_the_sign_itself_counts() {
        let tests = one("package = 'p'\nfails = 'tests::one'").unwrap().trial;
        assert!(tests.is_noticed("test a::tests::one ... FAILED\n"));
        assert!(!tests.is_noticed("test a::tests::one ... ok\n"));
        assert!(!tests.is_noticed("test a::tests::one_more ... FAILED\n"));
        let says = one("app = 'x'\nmilliseconds = 1\nsays = 'y'")
            .unwrap()
            .trial;
        assert!(says.is_noticed("xyz") && !says.is_noticed("xz"));
        let lacks = one("app = 'x'\nmilliseconds = 1\nlacks = 'y'")
            .unwrap()
            .trial;
        assert!(!lacks.is_noticed("xyz") && lacks.is_noticed("xz"));
    }
}
