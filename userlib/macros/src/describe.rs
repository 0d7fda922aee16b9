//! What an interface's methods look like: their lines for `userlib::ipc::describe`, and `#[derive(Described)]`.

use crate::method::{Method, Passing};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Error, Fields, Result, Type};

/// The shape of any type.
fn shape(ty: &Type) -> TokenStream {
    quote! { {
        #[allow(unused_imports, reason = "only for types that say nothing of themselves")]
        use ::userlib::ipc::describe::Undescribed as _;
        ::userlib::ipc::describe::Probe::<#ty>::SHAPE
    } }
}

/// The lines of all methods, as a constant of type `&[&[u8]]`.
pub(crate) fn lines(methods: &[Method]) -> TokenStream {
    let lines = methods.iter().map(|method| {
        let shape = line(method);
        quote! { {
            const LINE: ::userlib::ipc::describe::Shape = #shape;
            const BYTES: [::core::primitive::u8; LINE.len()] = LINE.cut();
            &BYTES as &[::core::primitive::u8]
        } }
    });
    quote! { const { &[#(#lines),*] as &[&[::core::primitive::u8]] } }
}

/// One method's line.
fn line(method: &Method) -> TokenStream {
    let name = method.name.unraw().to_string();
    let arguments = method
        .arguments
        .iter()
        .enumerate()
        .map(|(at, (name, passing))| {
            let separator = if at == 0 { "" } else { ", " };
            let before = format!("{separator}{}: ", name.unraw());
            match passing {
                Passing::Value(ty) => {
                    let shape = shape(ty);
                    quote! { .text(#before).shape(&#shape) }
                }
                Passing::Record(ty) => {
                    let (before, shape) = (format!("{before}&"), shape(ty));
                    quote! { .text(#before).shape(&#shape) }
                }
                Passing::Read => {
                    let text = format!("{before}&[u8]");
                    quote! { .text(#text) }
                }
                Passing::Write => {
                    let text = format!("{before}&mut [u8]");
                    quote! { .text(#text) }
                }
            }
        });
    let (begin, result) = (format!("{name}("), shape(&method.result));
    quote! {
        ::userlib::ipc::describe::Shape::new().text(#begin)#(#arguments)*.text(") -> ").shape(&#result)
    }
}

/// The whole expansion of the derive.
pub(crate) fn expand(item: TokenStream) -> Result<TokenStream> {
    let item: DeriveInput = syn::parse2(item)?;
    if !item.generics.params.is_empty() {
        return Err(Error::new_spanned(
            &item.generics,
            "a record has no generic parameters: both sides must know the layout",
        ));
    }
    let shape = match &item.data {
        Data::Struct(data) => record(&data.fields),
        Data::Enum(_) => number(&item)?,
        Data::Union(_) => {
            return Err(Error::new_spanned(&item.ident, "a union has no one layout"));
        }
    };
    let name = &item.ident;
    Ok(quote! {
        impl ::userlib::ipc::describe::Described for #name {
            const SHAPE: ::userlib::ipc::describe::Shape = #shape;
        }
    })
}

/// The fields of a record in braces.
fn record(fields: &Fields) -> TokenStream {
    let fields = fields.iter().enumerate().map(|(at, field)| {
        let name = match &field.ident {
            Some(name) => name.unraw(),
            None => format_ident!("_{at}"),
        };
        let separator = if at == 0 { "" } else { ", " };
        let (before, shape) = (format!("{separator}{name}: "), shape(&field.ty));
        quote! { .text(#before).shape(&#shape) }
    });
    quote! { ::userlib::ipc::describe::Shape::new().text("{")#(#fields)*.text("}") }
}

/// An enumeration's number, which has the type of its `repr`.
fn number(item: &DeriveInput) -> Result<TokenStream> {
    let mut integer = None;
    for attribute in item.attrs.iter().filter(|of| of.path().is_ident("repr")) {
        attribute.parse_nested_meta(|meta| {
            integer = meta.path.get_ident().cloned();
            Ok(())
        })?;
    }
    let integer = integer.ok_or_else(|| {
        Error::new_spanned(
            &item.ident,
            "an enumeration needs `#[repr(u32)]` or another number: both sides must know the layout",
        )
    })?;
    Ok(quote! { <#integer as ::userlib::ipc::describe::Described>::SHAPE })
}
