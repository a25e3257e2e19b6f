//! The charm's files, read from its crate's folder.

use std::fs;
use std::path::{Path, PathBuf};

use juju_metadata::{ActionDeclaration, CharmFiles, ConfigOption, MetadataError};

/// A file that declares a part of the charm.
pub(crate) struct File {
    /// Name as the author wrote it, relative to the crate's folder.
    pub(crate) name: String,
    text: String,
}

impl File {
    /// Last part of the name, which says what the file declares.
    pub(crate) fn base(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or(&self.name)
    }
}

/// Reads and checks the files.
pub(crate) fn read(names: &[String]) -> Result<(Vec<File>, CharmFiles), String> {
    let folder = folder()?;
    let read = |name: &String| {
        let path = folder.join(name);
        let text = fs::read_to_string(&path).map_err(|error| format!("cannot read {name}: {error}"))?;
        Ok(File { name: name.clone(), text })
    };
    let files = names.iter().map(read).collect::<Result<Vec<File>, String>>()?;
    let charm = charm(&files)?;
    Ok((files, charm))
}

/// Folder of the crate that is compiled.
#[allow(clippy::disallowed_methods, reason = "this is how Cargo tells a macro about the crate")]
fn folder() -> Result<PathBuf, String> {
    let folder = std::env::var_os("CARGO_MANIFEST_DIR");
    folder.map(|folder| Path::new(&folder).to_owned()).ok_or_else(|| "Cargo did not say where the crate is".to_owned())
}

fn charm(files: &[File]) -> Result<CharmFiles, String> {
    let Some((first, others)) = files.split_first() else {
        return Err(r#"name the charm's files: metadata!("charmcraft.yaml")"#.to_owned());
    };
    let mut charm = match first.base() {
        "charmcraft.yaml" => CharmFiles::parse_charmcraft(&first.name, &first.text),
        "metadata.yaml" => CharmFiles::parse(&first.text, "", ""),
        _ => return Err(format!("the first file is {}, not charmcraft.yaml or metadata.yaml", first.name)),
    }
    .map_err(|error| chain(&error))?;
    for file in others {
        match file.base() {
            "config.yaml" => charm.options = options(&file.text).map_err(|error| chain(&error))?,
            "actions.yaml" => charm.actions = actions(&file.text).map_err(|error| chain(&error))?,
            _ => return Err(format!("{} is neither config.yaml nor actions.yaml", file.name)),
        }
    }
    Ok(charm)
}

type Named<T> = std::collections::BTreeMap<String, T>;

fn options(text: &str) -> Result<Named<ConfigOption>, MetadataError> {
    CharmFiles::parse("name: charm", text, "").map(|files| files.options)
}

fn actions(text: &str) -> Result<Named<ActionDeclaration>, MetadataError> {
    CharmFiles::parse("name: charm", "", text).map(|files| files.actions)
}

fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
