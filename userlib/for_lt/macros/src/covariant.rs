//! `CovariantForLt!`: composes the family from those in `for_lt::families`, each of which carries
//! its own proof, down to named types, which must be covariant families themselves.
//!
//! Nothing here is trusted: a wrong composition is at worst the family of another type.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{
    Error, GenericArgument, Lifetime, PathArguments, PointerMutability, Result, Type, TypePath,
    TypeReference,
};

use crate::input::HigherRankedType;
use crate::leaf::{Leaf, peel};
use crate::lifetimes::{at_static, mentions};
use crate::variance;

/// Expands `CovariantForLt!`.
pub(crate) fn expand(
    krate: &TokenStream,
    HigherRankedType { lifetime, ty }: HigherRankedType,
) -> Result<TokenStream> {
    variance::check(&ty, &[&lifetime])?;
    let composer = Composer {
        krate,
        lifetime: &lifetime,
    };
    composer.family(&ty)
}

struct Composer<'a> {
    krate: &'a TokenStream,
    lifetime: &'a Lifetime,
}

impl Composer<'_> {
    /// The family of `ty`, as a type.
    fn family(&self, ty: &Type) -> Result<TokenStream> {
        let krate = self.krate;
        let families = quote!(#krate::families);
        let ty = peel(ty);
        if !mentions(ty, self.lifetime) {
            return Ok(quote_spanned!(ty.span()=> #families::Constant<#ty>));
        }
        match ty {
            Type::Reference(reference) => self.reference(reference),
            Type::Array(array) => {
                let (family, length) = (self.family(&array.elem)?, &array.len);
                Ok(quote!(#families::ArrayOf<#family, { #length }>))
            }
            Type::Ptr(pointer) if matches!(pointer.mutability, PointerMutability::Const(_)) => {
                let family = self.family(&pointer.elem)?;
                Ok(quote!(#families::ConstPtrOf<#family>))
            }
            Type::Tuple(tuple) => {
                let families = tuple
                    .elems
                    .iter()
                    .map(|elem| self.family(elem))
                    .collect::<Result<Vec<_>>>()?;
                Ok(quote!((#(#families,)*)))
            }
            Type::Path(path) => self.path(path),
            _ => Err(unknown(ty.span())),
        }
    }

    /// The family of a reference.
    fn reference(&self, reference: &TypeReference) -> Result<TokenStream> {
        let families = {
            let krate = self.krate;
            quote!(#krate::families)
        };
        let elem = peel(&reference.elem);
        let inside = mentions(elem, self.lifetime);
        if reference.lifetime.as_ref() != Some(self.lifetime) {
            return Err(Error::new(
                reference.lifetime.span(),
                "not well-formed for every lifetime: this reference may live longer than what it \
                 refers to; use the lifetime of the family here",
            ));
        }
        match elem {
            _ if !inside && reference.mutability.is_some() => Ok(quote!(#families::MutRef<#elem>)),
            _ if !inside => Ok(quote!(#families::SharedRef<#elem>)),
            Type::Slice(slice) => {
                let family = self.family(&slice.elem)?;
                Ok(quote!(#families::RefSliceOf<#family>))
            }
            Type::TraitObject(_) => Err(Error::new(
                elem.span(),
                "the object has the lifetime of the reference: write `(dyn Trait + 'static)`, or \
                 name the family with `covariant_family!`",
            )),
            _ => {
                let family = self.family(elem)?;
                Ok(quote!(#families::RefOf<#family>))
            }
        }
    }

    /// The family of a named type.
    fn path(&self, path: &TypePath) -> Result<TokenStream> {
        match Leaf::of(path, self.lifetime) {
            Leaf::Direct => {
                let family = at_static(&Type::Path(path.clone()), self.lifetime);
                Ok(quote!(#family))
            }
            Leaf::Applied => {
                let mut path = path.clone();
                if let Some(segment) = path.path.segments.last_mut()
                    && let PathArguments::AngleBracketed(arguments) = &mut segment.arguments
                {
                    for argument in &mut arguments.args {
                        if let GenericArgument::Type(ty) = argument {
                            *ty = Type::Verbatim(self.family(ty)?);
                        }
                    }
                }
                Ok(quote!(#path))
            }
            Leaf::Other => Err(unknown(path.span())),
        }
    }
}

/// The error for a type whose covariance the syntax does not show.
fn unknown(span: Span) -> Error {
    Error::new(
        span,
        "the syntax of this type does not prove it covariant: name the family with \
         `covariant_family!`, or if it is invariant: use `ForLt!` and the closure accessor",
    )
}
