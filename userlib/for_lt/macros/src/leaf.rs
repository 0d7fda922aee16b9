//! Facts from the syntax of a named type: where the lifetime is, and which parts may be generic.

use syn::visit::{self, Visit};
use syn::{GenericArgument, Lifetime, Path, PathArguments, Type, TypePath};

use crate::lifetimes::{mentions, same};

/// How a named type mentions the bound lifetime.
pub(crate) enum Leaf {
    /// All lifetime arguments are the bound one, and no other argument mentions it: `Bar<'a, T>`.
    Direct,
    /// There are no lifetime arguments, and a type argument mentions it: `Option<&'a T>`.
    Applied,
    /// Anything else.
    Other,
}

impl Leaf {
    /// Classifies `path`.
    pub(crate) fn of(path: &TypePath, lifetime: &Lifetime) -> Self {
        let count = path.path.segments.len();
        let Some(last) = path.path.segments.last() else {
            return Self::Other;
        };
        let plain_prefix = path
            .path
            .segments
            .iter()
            .take(count - 1)
            .all(|segment| segment.arguments.is_none());
        let PathArguments::AngleBracketed(arguments) = &last.arguments else {
            return Self::Other;
        };
        if path.qself.is_some() || !plain_prefix {
            return Self::Other;
        }
        let (mut bound, mut inside) = (false, false);
        for argument in &arguments.args {
            match argument {
                GenericArgument::Lifetime(argument) if same(argument, lifetime) => {
                    bound = true;
                }
                GenericArgument::Type(ty) => inside |= mentions(ty, lifetime),
                GenericArgument::Const(_) => {}
                _ => return Self::Other,
            }
        }
        match (bound, inside) {
            (true, false) => Self::Direct,
            (false, true) => Self::Applied,
            _ => Self::Other,
        }
    }
}

/// Whether `path` may refer to a generic parameter of the enclosing item, as far as its syntax
/// tells. A bare name may be a parameter; a longer path is an item, unless it starts with
/// `Self` or, by its capital letter, with a type parameter.
pub(crate) fn may_be_generic(path: &TypePath) -> bool {
    struct Finder(bool);
    impl Visit<'_> for Finder {
        fn visit_path(&mut self, path: &Path) {
            self.0 |= may_be_parameter(path);
            visit::visit_path(self, path);
        }

        // Its expansion may.
        fn visit_macro(&mut self, _: &syn::Macro) {
            self.0 = true;
        }
    }
    let mut finder = Finder(false);
    visit::visit_path(&mut finder, &path.path);
    finder.0
}

fn may_be_parameter(path: &Path) -> bool {
    let first = &path.segments[0];
    if path.leading_colon.is_some() || !first.arguments.is_none() {
        return false;
    }
    let name = first.ident.to_string();
    if path.segments.len() > 1 {
        return name.starts_with(char::is_uppercase);
    }
    const PRIMITIVES: [&str; 17] = [
        "bool", "char", "f32", "f64", "i128", "i16", "i32", "i64", "i8", "isize", "str", "u128",
        "u16", "u32", "u64", "u8", "usize",
    ];
    !PRIMITIVES.contains(&name.as_str())
}

/// `ty` without parentheses and invisible groups.
pub(crate) fn peel(mut ty: &Type) -> &Type {
    loop {
        ty = match ty {
            Type::Paren(inner) => &inner.elem,
            Type::Group(inner) => &inner.elem,
            _ => return ty,
        };
    }
}
