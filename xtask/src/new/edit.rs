//! Changes of a TOML file as text: what a person wrote there, with comments and layout, stays.
//!
//! The build checks the result. So this looks for lines as people write them, and says when it finds none.

use anyhow::{Context, Result};

/// The text with `value` (as TOML) at the end of the list `key` of the table `table`. A table without such a list gets
/// one.
///
/// # Errors
/// When there is no such table.
pub(super) fn add_to_list(text: &str, table: &str, key: &str, value: &str) -> Result<String> {
    let header = format!("[{table}]");
    let at = line_start(text, &header).with_context(|| format!("there is no {header}"))?;
    let body = at + line_length(&text[at..]);
    let end = text[body..]
        .match_indices("\n[")
        .next()
        .map_or(text.len(), |(end, _)| body + end + 1);
    let Some(list) = line_start(&text[body..end], &format!("{key} = [")) else {
        let (before, after) = text.split_at(body);
        return Ok(format!("{before}{key} = [{value}]\n{after}"));
    };
    let open = text[body + list..].find('[').context("a list")? + body + list;
    let close =
        closing(&text[open..]).with_context(|| format!("`{key}` of {header} has no end"))?;
    let (before, after) = text.split_at(open + close);
    let inside = before[open + 1..].trim_end();
    let separator = match inside {
        "" => "",
        _ if inside.ends_with(',') => " ",
        _ => ", ",
    };
    let before = before.trim_end();
    Ok(format!("{before}{separator}{value}{after}"))
}

/// Where a line begins that begins so.
fn line_start(text: &str, begin: &str) -> Option<usize> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.starts_with(begin) {
            return Some(at);
        }
        at += line.len();
    }
    None
}

/// Bytes up to the end of the line, with it.
fn line_length(text: &str) -> usize {
    text.find('\n').map_or(text.len(), |end| end + 1)
}

/// Where the list that begins this text ends: the bracket that is in no string and in no comment.
fn closing(text: &str) -> Option<usize> {
    let (mut quoted, mut comment, mut depth) = (false, false, 0);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'\n' => comment = false,
            _ if comment => {}
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'#' => comment = true,
            b'[' => depth += 1,
            b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}
