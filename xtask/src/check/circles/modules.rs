//! The modules of a crate: the file of each, what it defines, and the paths that it names.

use anyhow::{Context, Result, anyhow, ensure};
use proc_macro2::{TokenStream, TokenTree};
use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use syn::visit::{self, Visit};
use syn::{
    Attribute, Expr, ExprLit, Item, ItemImpl, ItemMod, ItemUse, Lit, Macro, Meta, Type, UseTree,
};

/// The number of a module in [`Modules`]; the crate's root is 0.
pub(super) type Id = usize;

/// A name that a `use` brings in, and its path.
pub(super) struct Import {
    pub(super) name: String,
    pub(super) path: Vec<String>,
    /// Others can name it through this module. So it is no use of the thing.
    pub(super) is_passed_on: bool,
}

/// A module: a whole file but for its inline modules, or an inline module.
pub(super) struct Module {
    pub(super) file: PathBuf,
    pub(super) parent: Option<Id>,
    pub(super) children: HashMap<String, Id>,
    /// Items that it defines.
    pub(super) items: HashSet<String>,
    pub(super) imports: Vec<Import>,
    /// Paths of modules of which it imports everything.
    pub(super) globs: Vec<Vec<String>>,
    /// Types to which it adds functions: it is a part of each, and does not use it by that alone.
    pub(super) extended: HashSet<String>,
    /// Paths that its code names, with one segment or more.
    pub(super) named: Vec<Vec<String>>,
}

/// The modules of a crate.
#[derive(Default)]
pub(super) struct Modules {
    pub(super) all: Vec<Module>,
}

impl Modules {
    /// Those of the crate with this root file.
    ///
    /// # Errors
    /// When a file is not there, or is no Rust.
    pub(super) fn read(root: &Path, file: &Path) -> Result<Self> {
        let mut modules = Self::default();
        let folder = file.parent().unwrap_or(Path::new(""));
        modules.add_file(root, file, folder, None)?;
        Ok(modules)
    }

    /// Adds the module of a file; its children's files are in `folder`.
    fn add_file(
        &mut self,
        root: &Path,
        file: &Path,
        folder: &Path,
        parent: Option<Id>,
    ) -> Result<Id> {
        let place = file.display();
        let text = fs::read_to_string(root.join(file)).with_context(|| place.to_string())?;
        let parsed = syn::parse_file(&text).map_err(|error| anyhow!("{place}: {error}"))?;
        self.add(root, file, folder, parent, &parsed.items)
    }

    fn add(
        &mut self,
        root: &Path,
        file: &Path,
        folder: &Path,
        parent: Option<Id>,
        items: &[Item],
    ) -> Result<Id> {
        let id = self.all.len();
        self.all.push(Module {
            file: file.to_path_buf(),
            parent,
            children: HashMap::new(),
            items: items.iter().filter_map(defined).collect(),
            imports: Vec::new(),
            globs: Vec::new(),
            extended: HashSet::new(),
            named: Vec::new(),
        });
        for item in items {
            let Item::Mod(module) = item else {
                Names(&mut self.all[id]).visit_item(item);
                continue;
            };
            let name = module.ident.to_string();
            let child = match &module.content {
                // A test may use what is built on the thing that it tests.
                Some(_) if is_for_tests(&module.attrs) => continue,
                Some((_, items)) => self.add(root, file, &folder.join(&name), Some(id), items)?,
                None => {
                    let (file, folder) = of_file(root, file, folder, module)?;
                    self.add_file(root, &file, &folder, Some(id))?
                }
            };
            self.all[id].children.insert(name, child);
        }
        Ok(id)
    }
}

/// The file of a module that is not inline, and the folder of its children.
fn of_file(
    root: &Path,
    file: &Path,
    folder: &Path,
    module: &ItemMod,
) -> Result<(PathBuf, PathBuf)> {
    let name = module.ident.to_string();
    if let Some(path) = module.attrs.iter().find_map(path_of) {
        let path = file.parent().unwrap_or(Path::new("")).join(path);
        let folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
        return Ok((path, folder));
    }
    let inside = folder.join(&name);
    let candidates = [folder.join(format!("{name}.rs")), inside.join("mod.rs")];
    let found = candidates.into_iter().find(|path| root.join(path).exists());
    ensure!(
        found.is_some(),
        "{}: no file of the module `{name}`",
        file.display()
    );
    Ok((found.unwrap_or_default(), inside))
}

/// The file that `#[path = "…"]` names.
fn path_of(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(pair) = &attribute.meta else {
        return None;
    };
    match &pair.value {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) if pair.path.is_ident("path") => Some(text.value()),
        _ => None,
    }
}

/// Whether `#[cfg(test)]` stands among these, alone or with more.
fn is_for_tests(attributes: &[Attribute]) -> bool {
    let mut lists = attributes.iter().filter_map(|attribute| {
        let list = attribute.meta.require_list().ok()?;
        list.path.is_ident("cfg").then(|| list.tokens.to_string())
    });
    lists.any(|list| list == "test" || list.starts_with("all (test"))
}

/// The name of an item that is neither a module nor a `use`.
fn defined(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}

/// Collects what the code of a module names.
struct Names<'a>(&'a mut Module);

impl Names<'_> {
    fn import(&mut self, tree: &UseTree, before: &[String], is_passed_on: bool) {
        let with = |name: &dyn ToString| {
            let mut path = before.to_vec();
            path.push(name.to_string());
            path
        };
        match tree {
            UseTree::Path(path) => {
                self.import(&path.tree, &with(&path.ident), is_passed_on);
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.import(tree, before, is_passed_on);
                }
            }
            UseTree::Glob(_) => self.0.globs.push(before.to_vec()),
            UseTree::Name(name) if name.ident == "self" => self.0.imports.push(Import {
                name: before.last().cloned().unwrap_or_default(),
                path: before.to_vec(),
                is_passed_on,
            }),
            UseTree::Name(name) => self.0.imports.push(Import {
                name: name.ident.to_string(),
                path: with(&name.ident),
                is_passed_on,
            }),
            UseTree::Rename(rename) => self.0.imports.push(Import {
                name: rename.rename.to_string(),
                path: if rename.ident == "self" {
                    before.to_vec()
                } else {
                    with(&rename.ident)
                },
                is_passed_on,
            }),
        }
    }

    /// Paths in the words of a macro, which have no grammar.
    fn words(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        // Colons since the last word.
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Punct(mark) if mark.as_char() == ':' => colons += 1,
                TokenTree::Ident(word) => {
                    if colons != 2 {
                        self.0.named.push(std::mem::take(&mut path));
                    }
                    path.push(word.to_string());
                    colons = 0;
                }
                other => {
                    self.0.named.push(std::mem::take(&mut path));
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.words(group.stream());
                    }
                }
            }
        }
        self.0.named.push(path);
        self.0.named.retain(|path| !path.is_empty());
    }
}

impl Visit<'_> for Names<'_> {
    fn visit_item_use(&mut self, item: &ItemUse) {
        let is_passed_on = !matches!(item.vis, syn::Visibility::Inherited);
        self.import(&item.tree, &[], is_passed_on);
    }

    fn visit_path(&mut self, path: &syn::Path) {
        // One with a leading `::` is of another crate.
        if path.leading_colon.is_none() {
            let segments = path.segments.iter();
            let segments = segments.map(|segment| segment.ident.to_string());
            self.0.named.push(segments.collect());
        }
        visit::visit_path(self, path);
    }

    fn visit_item_impl(&mut self, item: &ItemImpl) {
        match (&item.trait_, &*item.self_ty) {
            (None, Type::Path(of)) if of.path.segments.len() == 1 => {
                let segment = &of.path.segments[0];
                self.0.extended.insert(segment.ident.to_string());
                self.visit_generics(&item.generics);
                self.visit_path_arguments(&segment.arguments);
                for item in &item.items {
                    self.visit_impl_item(item);
                }
            }
            _ => visit::visit_item_impl(self, item),
        }
    }

    fn visit_macro(&mut self, called: &Macro) {
        self.visit_path(&called.path);
        self.words(called.tokens.clone());
    }

    // Neither says that something is used.
    fn visit_attribute(&mut self, _: &Attribute) {}
    fn visit_visibility(&mut self, _: &syn::Visibility) {}
}
