//! The module `meta`, as text.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use juju_metadata::{CharmFiles, Endpoint, Role};

use crate::JUJU;
use crate::files::File;
use crate::ident::constant;
use crate::structs;

/// A constant of the module.
struct Constant {
    doc: String,
    name: String,
    /// Kind in Juju, added to the name if another constant has it.
    kind: &'static str,
    key_type: String,
    key: String,
}

/// Writes the module.
pub(crate) fn write(files: &[File], charm: &CharmFiles) -> Result<String, String> {
    let (constants, params) = actions(charm)?;
    let constants: Vec<Constant> =
        charm.metadata.endpoints.iter().map(endpoint).chain(subjects(charm)).chain(constants).collect();
    let (name, config) = (&charm.metadata.name, structs::config(charm)?);
    Ok(format!(
        "#[doc = {:?}]
        #[allow(dead_code, unreachable_pub, clippy::all, clippy::pedantic, clippy::nursery)]
        pub mod meta {{
            #[doc = \"Name of the charm.\"] pub const NAME: &str = {name:?};
            {} {} {config} {params}
        }}",
        format!(
            "Names and types out of {}.",
            files.iter().map(|file| format!("`{}`", file.name)).collect::<Vec<_>>().join(", ")
        ),
        texts(files),
        declarations(&constants),
    ))
}

/// Constants with the files' texts, which make Cargo build the crate again when one changes.
fn texts(files: &[File]) -> String {
    files.iter().fold(String::new(), |mut text, file| {
        let (name, path) = (constant(file.base()), format!("/{}", file.name));
        let _ = write!(
            text,
            "#[doc = \"Text of `{}`.\"]
            pub const {name}: &str = ::core::include_str!(::core::concat!(::core::env!(\"CARGO_MANIFEST_DIR\"), {path:?}));",
            file.name
        );
        text
    })
}

fn endpoint(endpoint: &Endpoint) -> Constant {
    let key_type = match endpoint.role {
        Role::Requires => "Requires",
        Role::Provides => "Provides",
        Role::Peers => "Peer",
    };
    Constant {
        doc: format!("Endpoint `{}` in `{}`, interface `{}`.", endpoint.name, endpoint.role, endpoint.interface),
        name: constant(&endpoint.name),
        kind: "ENDPOINT",
        key_type: key_type.to_owned(),
        key: endpoint.name.clone(),
    }
}

fn subjects(charm: &CharmFiles) -> Vec<Constant> {
    let metadata = &charm.metadata;
    let subject = |name: &String, key_type: &str, kind: &'static str| Constant {
        doc: format!("{key_type} `{name}`."),
        name: constant(name),
        kind,
        key_type: key_type.to_owned(),
        key: name.clone(),
    };
    let containers = metadata.containers.keys().map(|name| subject(name, "Container", "CONTAINER"));
    let storages = metadata.storages.keys().map(|name| subject(name, "Storage", "STORAGE"));
    let resources = metadata.resources.keys().map(|name| subject(name, "Resource", "RESOURCE"));
    let bindings = metadata.extra_bindings.iter().map(|name| subject(name, "Binding", "BINDING"));
    containers.chain(storages).chain(resources).chain(bindings).collect()
}

/// The actions, and the structs of their parameters.
fn actions(charm: &CharmFiles) -> Result<(Vec<Constant>, String), String> {
    let (mut constants, mut structs) = (Vec::new(), String::new());
    for (name, action) in &charm.actions {
        let (params, text) = structs::params(name, action)?;
        structs += &text;
        constants.push(Constant {
            doc: structs::documentation(&action.description, &format!("Action `{name}`.")),
            name: constant(name),
            kind: "ACTION",
            key_type: format!("Action<{params}>"),
            key: name.clone(),
        });
    }
    Ok((constants, structs))
}

/// The constants as text. One whose name is taken by an earlier one has its kind added.
fn declarations(constants: &[Constant]) -> String {
    let mut taken: BTreeSet<String> = BTreeSet::from(["NAME".to_owned()]);
    constants.iter().fold(String::new(), |mut text, constant| {
        let Constant { doc, name, kind, key_type, key } = constant;
        let mut name = name.clone();
        while !taken.insert(name.clone()) {
            name = format!("{name}_{kind}");
        }
        let constructor = key_type.split('<').next().unwrap_or_default();
        let _ = write!(
            text,
            "#[doc = {doc:?}] pub const {name}: {JUJU}::key::{key_type} = {JUJU}::key::{constructor}::declared({key:?});"
        );
        text
    })
}
