//! Names of a charm's metadata as constants and types, made while the charm is built.
//!
//! Authors call `webcharm_juju::metadata!`, which hands this macro the path of its crate. Files are read in `files.rs`; the
//! module is written in `module.rs`, its structs in `structs.rs`, and names of Rust are made in `ident.rs`.

mod files;
mod ident;
mod module;
mod structs;

use proc_macro::{Delimiter, Group, Literal, TokenStream, TokenTree};

/// Name that stands for the crate `juju` in the text of the module.
const JUJU: &str = "__juju";

/// Module `meta` out of the named files. The first token is the crate that defines the keys.
#[doc(hidden)]
#[proc_macro]
pub fn metadata(input: TokenStream) -> TokenStream {
    let mut tokens = input.into_iter();
    let juju: TokenStream = tokens.next().into_iter().collect();
    let names: Result<Vec<String>, String> =
        tokens.filter(|token| !matches!(token, TokenTree::Punct(_))).map(|token| text(&token)).collect();
    match names.and_then(|names| module(&names)) {
        Ok(module) => with_crate(module.parse().expect("the module is Rust"), &juju),
        Err(why) => format!("::core::compile_error!({why:?});").parse().expect("a text is a literal"),
    }
}

fn module(names: &[String]) -> Result<String, String> {
    let (files, charm) = files::read(names)?;
    module::write(&files, &charm)
}

/// Content of a plain string literal.
fn text(token: &TokenTree) -> Result<String, String> {
    let literal = match token {
        TokenTree::Literal(literal) => literal.clone(),
        // A macro_rules fragment arrives in a group without delimiters.
        TokenTree::Group(group) => match group.stream().into_iter().next() {
            Some(TokenTree::Literal(literal)) => literal,
            _ => return Err(format!("expected the name of a file in quotes, found {token}")),
        },
        _ => return Err(format!("expected the name of a file in quotes, found {token}")),
    };
    plain(&literal).ok_or_else(|| format!("expected the name of a file in quotes, found {literal}"))
}

fn plain(literal: &Literal) -> Option<String> {
    let text = literal.to_string();
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    (!inner.contains('\\')).then(|| inner.to_owned())
}

/// Replaces the name that stands for the crate.
fn with_crate(module: TokenStream, juju: &TokenStream) -> TokenStream {
    let replace = |token| match token {
        TokenTree::Ident(ident) if ident.to_string() == JUJU => juju.clone(),
        TokenTree::Group(group) => group_with_crate(&group, juju),
        token => token.into(),
    };
    module.into_iter().flat_map(replace).collect()
}

fn group_with_crate(group: &Group, juju: &TokenStream) -> TokenStream {
    let delimiter: Delimiter = group.delimiter();
    TokenTree::Group(Group::new(delimiter, with_crate(group.stream(), juju))).into()
}
