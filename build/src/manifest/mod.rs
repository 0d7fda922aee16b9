//! Manifest and chip files: their schema, and a reader that keeps the place of each value.

mod chip;
mod schema;

pub use chip::{
    Bus, Chip, ChipHeader, Device, IMAGE_END, LikeChip, Memory, Model, Qemu, Range, Window,
    WindowKind,
};
pub use schema::{
    Bind, ClassDevices, LikeManifest, Manifest, Names, QemuDevices, Restart, RestartPolicy, Task,
};

use crate::problem::{Problem, Problems, Source};
use serde::de::DeserializeOwned;

/// Reads a TOML file into its schema.
///
/// # Errors
/// A [`Problem`] with the place in the file: no TOML, an unknown key, a wrong type.
pub fn parse<T: DeserializeOwned>(source: &Source) -> Result<T, Problems> {
    toml::from_str(source.text()).map_err(|error| {
        let message = error.message().trim().replace('\n', ", ");
        let span = error.span().unwrap_or(0..0);
        let mut problem = Problem::new(source, span.clone(), message.clone());
        if let Some(rest) = message.strip_prefix("unknown field ") {
            let written = source.text().get(span).unwrap_or("");
            let mut names = rest.split('`').skip(1).step_by(2);
            let unknown = names.next().unwrap_or(written);
            let known: Vec<&str> = names.collect();
            problem = Problem::new(source, problem.span(), format!("unknown key `{unknown}`"))
                .label("not a key of this table");
            problem = match crate::problem::nearest(unknown, known.iter().copied()) {
                Some(name) => problem.hint(format!("did you mean `{name}`?")),
                None => problem.hint(format!("the keys of this table are: {}", known.join(", "))),
            };
        } else if let Some(rest) = message.strip_prefix("invalid type: ") {
            let (found, expected) = rest
                .split_once(", expected ")
                .unwrap_or((rest, "another type"));
            problem = Problem::new(source, problem.span(), format!("wrong type: {found}"))
                .label(format!("expected {}", plainly(expected)))
                .hint(format!("write {} here", plainly(expected)));
        } else if let Some(rest) = message.strip_prefix("missing field ") {
            let name = rest.trim_matches('`');
            problem = Problem::new(source, problem.span(), format!("missing key `{name}`"))
                .label("in this table")
                .hint(format!("add `{name} = …`"));
        } else if let Some(rest) = message.strip_prefix("unknown variant ") {
            let mut names = rest.split('`').skip(1).step_by(2);
            let unknown = names.next().unwrap_or("");
            let known: Vec<&str> = names.collect();
            problem = Problem::new(source, problem.span(), format!("unknown value `{unknown}`"))
                .label("not a value of this key")
                .hint(
                    match crate::problem::nearest(unknown, known.iter().copied()) {
                        Some(name) => format!("did you mean `{name}`?"),
                        None => format!("its values are: {}", known.join(", ")),
                    },
                );
        } else {
            problem = problem.hint("docs/manifest.md lists every key with its type");
        }
        problem.into()
    })
}

/// A type of serde's in a manifest's words.
fn plainly(expected: &str) -> &str {
    match expected {
        "i64" => "a whole number",
        "u16" | "u32" | "u64" => "a whole number, not negative",
        "a boolean" => "true or false",
        "a string" => "a text in quotes",
        "a sequence" => "a list in brackets",
        "a map" => "a table",
        other => other,
    }
}
