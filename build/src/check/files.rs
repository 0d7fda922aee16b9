//! Reading of manifests and chip files, each perhaps `like` another one.
//!
//! A file with `like` contains only what is different. Everything else comes from the file that it names, which must
//! not have `like` itself. Every error is shown in the file that causes it.

use crate::manifest::{self, Chip, ChipHeader, LikeChip, LikeManifest, Manifest};
use crate::problem::{Problem, Problems, Source, nearest};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_spanned::Spanned;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A file, and where its parts are.
pub(super) struct File<T> {
    /// The contents of both files together.
    pub(super) value: T,
    /// The file that the user named.
    pub(super) named: Source,
    /// The file that contains everything else. If there is no `like`, it is the same file.
    pub(super) source: Source,
}

/// The first look at a file.
#[derive(Deserialize)]
struct Peek {
    like: Option<Spanned<String>>,
}

/// What kind of file it is: words for errors, paths, and the names that there are.
struct Kind<'a> {
    what: &'static str,
    path: &'a dyn Fn(&str) -> PathBuf,
    known: Vec<String>,
}

/// Reads `app/<app>/<board>.toml`.
///
/// # Errors
/// The mistakes in it or in the manifest that it is like, or that there is no such file.
pub(super) fn manifest(root: &Path, app: &str, board: &str) -> anyhow::Result<File<Manifest>> {
    // A name is not a path. Without this check the file system would find manifests for `demo/`, which is no app.
    let boards = crate::list::apps(root).into_iter();
    let boards = boards.filter(|(name, _)| name == app).flat_map(|it| it.1);
    if !boards.into_iter().any(|name| name == board) {
        return Err(crate::list::unknown(root, app, board));
    }
    let path = |board: &str| PathBuf::from("app").join(app).join(format!("{board}.toml"));
    let named =
        Source::read(root, &path(board)).map_err(|_| crate::list::unknown(root, app, board))?;
    let kind = Kind {
        what: "manifest of this app",
        path: &path,
        known: crate::list::boards(root, app),
    };
    let Some(source) = kind.other(root, &named).map_err(Problems::from)? else {
        return Ok(File {
            value: manifest::parse(&named)?,
            source: named.clone(),
            named,
        });
    };
    let change: LikeManifest = parse_change(&named, &source)?;
    let mut value: Manifest = manifest::parse(&source)?;
    value.chip = change.chip;
    Ok(File {
        value,
        named,
        source,
    })
}

/// Reads `chips/<name>/chip.toml`, which the manifest `from` names.
///
/// # Errors
/// The mistakes in it or in the chip file that it is like, or that there is no such file.
pub(super) fn chip(
    root: &Path,
    name: &Spanned<String>,
    from: &Source,
) -> Result<File<Chip>, Problems> {
    let path = |chip: &str| PathBuf::from("chips").join(chip).join("chip.toml");
    let kind = Kind {
        what: "chip",
        path: &path,
        known: crate::list::chips(root),
    };
    let named = kind.read(root, name, from)?;
    let Some(source) = kind.other(root, &named).map_err(Problems::from)? else {
        return Ok(File {
            value: manifest::parse(&named)?,
            source: named.clone(),
            named,
        });
    };
    let change: LikeChip = parse_change(&named, &source)?;
    let mut value: Chip = manifest::parse(&source)?;
    value.chip = ChipHeader {
        name: change.chip.name,
        target: change.chip.target,
        floating_point: change.chip.floating_point,
        extensions: change.chip.extensions,
        ..value.chip
    };
    value.qemu = change.qemu.changed(value.qemu);
    Ok(File {
        value,
        named,
        source,
    })
}

impl Kind<'_> {
    /// The file that a name in `from` means.
    fn read(&self, root: &Path, name: &Spanned<String>, from: &Source) -> Result<Source, Problem> {
        let path = (self.path)(name.get_ref());
        Source::read(root, &path).map_err(|_| {
            let known = self.known.iter().map(String::as_str);
            Problem::new(from, name.span(), format!("unknown {} `{name}`", self.what))
                .label(format!("there is no {}", path.display()))
                .hint(match nearest(name.get_ref(), known) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("there are: {}", self.known.join(", ")),
                })
        })
    }

    /// The file that `named` is like, where it says so.
    fn other(&self, root: &Path, named: &Source) -> Result<Option<Source>, Problem> {
        let Some(like) = peek(named) else {
            return Ok(None);
        };
        let source = self.read(root, &like, named)?;
        if let Some(next) = peek(&source) {
            let problem = Problem::new(
                named,
                like.span(),
                format!("`{like}` is like another itself"),
            )
            .label("not a whole file")
            .related(&source, next.span(), "here");
            let own = (self.path)(next.get_ref()) == Path::new(named.name());
            return Err(if own {
                problem.hint("one of the two must say everything itself")
            } else {
                problem.hint(format!("write `like = \"{next}\"`"))
            });
        }
        Ok(Some(source))
    }
}

fn peek(source: &Source) -> Option<Spanned<String>> {
    // A syntax error is shown later, when the whole file is read.
    toml::from_str::<Peek>(source.text()).ok()?.like
}

/// Reads a file that has `like`. Keys that belong in the other file get another error than unknown keys.
fn parse_change<T: DeserializeOwned>(named: &Source, source: &Source) -> Result<T, Problems> {
    type Keys = BTreeMap<Spanned<String>, toml::Value>;
    let keys = |of: &Source| toml::from_str::<Keys>(of.text()).unwrap_or_default();
    manifest::parse(named).map_err(|problems| {
        let taken = keys(source);
        let own = keys(named);
        let both = own.keys().find_map(|key| {
            let (other, _) = taken.get_key_value(key.get_ref().as_str())?;
            let unknown = problems.first()?.span();
            (key.span() == unknown).then_some((key, other))
        });
        let Some((key, other)) = both else {
            return problems;
        };
        Problem::new(named, key.span(), format!("`{key}` is in both files"))
            .label("not with `like`")
            .related(source, other.span(), "taken from here")
            .hint("leave it out here, or leave out `like` and write everything")
            .into()
    })
}
