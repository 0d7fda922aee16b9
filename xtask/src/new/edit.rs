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
    let inside = &before[open + 1..];
    let last = last_of_value(inside);
    let filled = open + 1 + last.map_or(0, |last| last + 1);
    let comma = match last.map(|last| inside.as_bytes()[last]) {
        None | Some(b',') => "",
        Some(_) => ",",
    };
    let (values, rest) = before.split_at(filled);
    if !inside.contains('\n') {
        let space = if values.ends_with('[') { "" } else { " " };
        return Ok(format!("{values}{comma}{space}{value}{after}"));
    }
    // A list over several lines gets one more, indented as that of the last value. What stands behind that, such as a
    // comment, stays there.
    let line = values.rfind('\n').map_or(0, |end| end + 1);
    let indented = values[line..].trim_start().len();
    let indent = match last {
        Some(_) => &values[line..values.len() - indented],
        None => "    ",
    };
    let rest = rest.trim_end();
    Ok(format!("{values}{comma}{rest}\n{indent}{value},\n{after}"))
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

/// The bytes of a list that are in no comment: where each is, and how many brackets are open behind it. In a string
/// there is no bracket.
fn code(text: &str) -> impl Iterator<Item = (usize, u8, usize)> {
    let (mut quoted, mut comment, mut depth) = (false, false, 0_usize);
    text.bytes().enumerate().filter_map(move |(at, byte)| {
        match byte {
            b'\n' => comment = false,
            _ if comment => return None,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'#' => {
                comment = true;
                return None;
            }
            b'[' => depth += 1,
            b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        Some((at, byte, depth))
    })
}

/// Where the list that begins this text ends: the bracket that is in no string and in no comment.
fn closing(text: &str) -> Option<usize> {
    let mut ends = code(text).filter(|&(_, byte, depth)| byte == b']' && depth == 0);
    ends.next().map(|(at, ..)| at)
}

/// Where the last byte of a value is, or of the comma behind it.
fn last_of_value(inside: &str) -> Option<usize> {
    let values = code(inside).filter(|(_, byte, _)| !byte.is_ascii_whitespace());
    values.last().map(|(at, ..)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_comes_behind_the_others_however_they_are_written() {
        let added = |list: &str| {
            let text = format!("[other]\nl = []\n\n[t]\nl = {list}\nrest = 1\n");
            let text = add_to_list(&text, "t", "l", "\"x\"").expect("a list");
            let head = "[other]\nl = []\n\n[t]\nl = ";
            let list = text.strip_prefix(head).expect("what was before stays");
            let list = list
                .strip_suffix("\nrest = 1\n")
                .expect("what was behind stays");
            list.to_owned()
        };
        assert_eq!(added("[]"), "[\"x\"]");
        assert_eq!(added("[\"a\"]"), "[\"a\", \"x\"]");
        assert_eq!(added("[\"a\", ]"), "[\"a\", \"x\"]");
        assert_eq!(added("[\n  \"a\",\n]"), "[\n  \"a\",\n  \"x\",\n]");
        assert_eq!(added("[\n\t\"a\"\n]"), "[\n\t\"a\",\n\t\"x\",\n]");
        assert_eq!(added("[\n]"), "[\n    \"x\",\n]");
        // A bracket and a comma in a comment, and a hash in a string.
        let list = "[\n    \"a#]\" # ], \"no\"\n    # the end\n]";
        let with = "[\n    \"a#]\", # ], \"no\"\n    # the end\n    \"x\",\n]";
        assert_eq!(added(list), with);
        assert_eq!(added("[[1], [2]]"), "[[1], [2], \"x\"]");
    }
}
