//! `ForLt!`: encodes the type as `dyn for<'a> WithLt<'a, Of = T<'a>>`, and proves that it is
//! well-formed for every lifetime, which the compiler does not do inside `dyn`
//! (rust-lang/rust#152489).
//!
//! The encoding also gives the compiler the type at `'static` to check. What remains is to show
//! that no part demands `'a: 'x` for another lifetime `'x`. References, slices, arrays, tuples and
//! pointers do not, by their syntax. A named type is either a family itself, so that its own
//! implementation of `ForLt` holds the proof, or is proved by an item in an anonymous constant,
//! which cannot refer to generic parameters.
//!
//! The item is a second copy of the type, in another place. So everything that could mean another type there is
//! refused, and the item's own name does not occur in the type.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Error, Lifetime, Result, Type, TypePath};

use crate::copies::{check, unused_name};
use crate::input::HigherRankedType;
use crate::leaf::{Leaf, may_be_generic};
use crate::lifetimes::{at_static, mentions};

/// Expands `ForLt!`.
pub(crate) fn expand(
    krate: &TokenStream,
    HigherRankedType { lifetime, ty }: HigherRankedType,
) -> Result<TokenStream> {
    let mut prover = Prover {
        krate,
        lifetime: &lifetime,
        unproved: Vec::new(),
    };
    let of = prover.rewrite(&ty)?;
    let proofs = prover.proofs()?;
    let of_static = at_static(&of, &lifetime);
    Ok(quote! {
        #krate::__private::HigherRanked<
            dyn for<#lifetime> #krate::__private::WithLt<#lifetime, Of = #of>,
            #of_static,
            { #proofs 0 }
        >
    })
}

struct Prover<'a> {
    krate: &'a TokenStream,
    lifetime: &'a Lifetime,
    /// The parts that the compiler must prove.
    unproved: Vec<Type>,
}

impl Prover<'_> {
    /// Returns the same type in a form that is well-formed for every lifetime if it is at
    /// `'static` and `self.unproved` are for every lifetime.
    fn rewrite(&mut self, ty: &Type) -> Result<Type> {
        if !mentions(ty, self.lifetime) {
            return Ok(ty.clone());
        }
        let mut ty = ty.clone();
        match &mut ty {
            Type::Paren(inner) => *inner.elem = self.rewrite(&inner.elem)?,
            Type::Group(inner) => *inner.elem = self.rewrite(&inner.elem)?,
            Type::Array(array) => *array.elem = self.rewrite(&array.elem)?,
            Type::Slice(slice) => *slice.elem = self.rewrite(&slice.elem)?,
            Type::Ptr(pointer) => *pointer.elem = self.rewrite(&pointer.elem)?,
            Type::Tuple(tuple) => {
                for elem in &mut tuple.elems {
                    *elem = self.rewrite(elem)?;
                }
            }
            Type::Reference(reference) => {
                // `&'x T<'a>` demands `'a: 'x`.
                if reference.lifetime.as_ref() != Some(self.lifetime)
                    && mentions(&reference.elem, self.lifetime)
                {
                    return Err(Error::new(
                        reference.lifetime.span(),
                        format!(
                            "not well-formed for every lifetime: `{}` may live longer than \
                             what it refers to; use the lifetime of the family here",
                            reference.lifetime.to_token_stream()
                        ),
                    ));
                }
                *reference.elem = self.rewrite(&reference.elem)?;
            }
            Type::Path(path) => {
                if matches!(Leaf::of(path, self.lifetime), Leaf::Direct) && may_be_generic(path) {
                    return self.derived(path);
                }
                self.unproved.push(ty.clone());
            }
            _ => self.unproved.push(ty.clone()),
        }
        Ok(ty)
    }

    /// `Bar<'a, SIZE>` as the member of the family `Bar<'static, SIZE>`.
    fn derived(&self, path: &TypePath) -> Result<Type> {
        let (krate, lifetime) = (self.krate, self.lifetime);
        let family = at_static(&Type::Path(path.clone()), lifetime);
        syn::parse2(quote_spanned! {path.span()=>
            <#family as #krate::ForLt>::Of<#lifetime>
        })
    }

    /// Items that compile only if all in `self.unproved` are well-formed for every lifetime.
    fn proofs(&self) -> Result<TokenStream> {
        let copies: Vec<TokenStream> = self
            .unproved
            .iter()
            .map(|ty| ty.to_token_stream())
            .collect();
        for copy in &copies {
            check(copy)?;
        }
        if copies.is_empty() {
            return Ok(TokenStream::new());
        }
        // All proofs use one structure. Otherwise the proof of one type would see the structure of another.
        let name = unused_name(&copies);
        let proofs = self
            .unproved
            .iter()
            .enumerate()
            .map(|(index, ty)| self.proof(&name, index, ty));
        Ok(quote! {
            struct #name;
            #(#proofs)*
        })
    }

    /// The item for one type.
    fn proof(&self, name: &Ident, index: usize, ty: &Type) -> TokenStream {
        let (krate, lifetime) = (self.krate, self.lifetime);
        quote_spanned! {ty.span()=>
            #[allow(dead_code, clippy::type_complexity)]
            impl #krate::__private::WellFormed<#index> for #name {
                type Of<#lifetime> = #ty;
            }
        }
    }
}
