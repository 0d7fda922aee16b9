//! The types of a description (`userlib::ipc::describe`), leaf by leaf.

use super::wrong::Wrong;

/// How deep records and arrays may be in each other.
const MOST_DEPTH: usize = 4;

/// A value without parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leaf {
    /// So many bytes, as the machine has them; with a sign or not.
    Number(usize, bool),
    /// A byte, 0 or 1.
    Bool,
    /// So many bytes of text, zeros after it.
    Text(usize),
    /// So many bytes.
    Bytes(usize),
}

impl Leaf {
    /// Its length in bytes.
    pub(super) const fn size(self) -> usize {
        match self {
            Self::Number(size, _) | Self::Text(size) | Self::Bytes(size) => size,
            Self::Bool => 1,
        }
    }
}

/// What is done with each part of a value, in the order of its bytes.
pub(super) trait Visitor<'w> {
    /// A value without parts.
    fn leaf(&mut self, leaf: Leaf) -> Result<(), Wrong<'w>>;

    /// What stands between the leaves: names, separators, brackets.
    fn mark(&mut self, text: &str) {
        let _ = text;
    }
}

/// Visits the type at the start of `shape`; gives what is behind it.
pub(super) fn walk<'d, 'w>(
    shape: &'d str,
    visitor: &mut dyn Visitor<'w>,
) -> Result<&'d str, Wrong<'w>> {
    walk_in(shape, visitor, MOST_DEPTH)
}

fn walk_in<'d, 'w>(
    shape: &'d str,
    visitor: &mut dyn Visitor<'w>,
    depth: usize,
) -> Result<&'d str, Wrong<'w>> {
    let depth = depth.checked_sub(1).ok_or(Wrong::Description)?;
    if let Some(rest) = shape.strip_prefix("()") {
        Ok(rest)
    } else if let Some(fields) = shape.strip_prefix('{') {
        record(fields, visitor, depth)
    } else if let Some(element) = shape.strip_prefix('[') {
        array(element, visitor, depth)
    } else {
        let (leaf, rest) = leaf(shape)?;
        visitor.leaf(leaf)?;
        Ok(rest)
    }
}

fn record<'d, 'w>(
    mut fields: &'d str,
    visitor: &mut dyn Visitor<'w>,
    depth: usize,
) -> Result<&'d str, Wrong<'w>> {
    if let Some(rest) = fields.strip_prefix('}') {
        return Ok(rest);
    }
    loop {
        let (name, shape) = named(fields).ok_or(Wrong::Description)?;
        visitor.mark(name);
        let rest = walk_in(shape, visitor, depth)?;
        if let Some(rest) = rest.strip_prefix('}') {
            return Ok(rest);
        }
        fields = rest.strip_prefix(", ").ok_or(Wrong::Description)?;
        visitor.mark(", ");
    }
}

fn array<'d, 'w>(
    element: &'d str,
    visitor: &mut dyn Visitor<'w>,
    depth: usize,
) -> Result<&'d str, Wrong<'w>> {
    let rest = walk_in(element, &mut Skip, depth)?;
    let rest = rest.strip_prefix("; ").ok_or(Wrong::Description)?;
    let (count, rest) = count(rest)?;
    let rest = rest.strip_prefix(']').ok_or(Wrong::Description)?;
    if element.starts_with("u8;") {
        visitor.leaf(Leaf::Bytes(count))?;
        return Ok(rest);
    }
    visitor.mark("[");
    for index in 0..count {
        if index > 0 {
            visitor.mark(", ");
        }
        walk_in(element, visitor, depth)?;
    }
    visitor.mark("]");
    Ok(rest)
}

/// A name with what separates it from its type, and what is behind it. A search for text would take a kilobyte.
pub(super) fn named(text: &str) -> Option<(&str, &str)> {
    let colon = text.bytes().position(|byte| byte == b':')?;
    let (name, shape) = text.split_at_checked(colon + 2)?;
    name.ends_with(' ').then_some((name, shape))
}

/// The leaf at the start of `shape`, and what is behind it.
fn leaf(shape: &str) -> Result<(Leaf, &str), Wrong<'static>> {
    const WORD: usize = size_of::<usize>();
    if let Some(rest) = shape.strip_prefix("text ") {
        return count(rest).map(|(size, rest)| (Leaf::Text(size), rest));
    }
    if let Some(rest) = shape.strip_prefix("bytes ") {
        return count(rest).map(|(size, rest)| (Leaf::Bytes(size), rest));
    }
    if let Some(rest) = shape.strip_prefix("bool") {
        return Ok((Leaf::Bool, rest));
    }
    let signed = shape.starts_with('i');
    let width = shape.strip_prefix(['u', 'i']).ok_or(Wrong::Description)?;
    for (name, size) in [("8", 1), ("16", 2), ("32", 4), ("64", 8), ("size", WORD)] {
        if let Some(rest) = width.strip_prefix(name) {
            return Ok((Leaf::Number(size, signed), rest));
        }
    }
    Err(Wrong::Description)
}

/// A number at the start of `text`, and what is behind it.
fn count(text: &str) -> Result<(usize, &str), Wrong<'static>> {
    let (mut count, mut rest) = (0_usize, text);
    let mut digits = text.bytes().take_while(u8::is_ascii_digit).peekable();
    digits.peek().ok_or(Wrong::Description)?;
    for digit in digits {
        count = count
            .saturating_mul(10)
            .saturating_add(usize::from(digit - b'0'));
        rest = rest.get(1..).unwrap_or_default();
    }
    Ok((count, rest))
}

/// Does nothing.
struct Skip;

impl<'w> Visitor<'w> for Skip {
    fn leaf(&mut self, _: Leaf) -> Result<(), Wrong<'w>> {
        Ok(())
    }
}

/// Adds up the bytes, up to a limit.
struct Size {
    bytes: usize,
    limit: usize,
}

impl<'w> Visitor<'w> for Size {
    fn leaf(&mut self, leaf: Leaf) -> Result<(), Wrong<'w>> {
        self.bytes = self.bytes.saturating_add(leaf.size());
        if self.bytes > self.limit {
            return Err(Wrong::Room);
        }
        Ok(())
    }
}

/// Bytes of the type at the start of `shape`, at most `limit`.
pub(super) fn size(shape: &str, limit: usize) -> Result<usize, Wrong<'static>> {
    let mut size = Size { bytes: 0, limit };
    walk(shape, &mut size)?;
    Ok(size.bytes)
}
