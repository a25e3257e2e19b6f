//! Inputs of an application, checked before anything is started, and the files made of them.

use std::fs;
use std::path::{Path, PathBuf};

use juju::CharmFiles;
use pack::Framework;

use super::{Error, system};
use crate::binaries;
use crate::cache;
use crate::cli;
use crate::pod;
use crate::private;
use crate::project::{self, Project, Rock};
use crate::provider::Provider;
use crate::session::{Kind, Prepared};
use crate::ui::Ui;

/// Name that stands for the container of a unit on a machine.
const MACHINE: &str = "machine";

/// Inputs of an application. Reading them finds every fault that can be found before anything is started.
pub(super) struct Plan {
    project: Project,
    charm: pack::Charm,
    files: CharmFiles,
    kind: Kind,
    container: String,
    pebble: PathBuf,
    /// True if `pebble` was given with `--pebble`.
    other_pebble: bool,
}

impl Plan {
    /// The plan of a model's first application, beside which there is no other.
    pub(super) fn first(source: &cli::Source) -> Result<Self, Error> {
        Self::read(source, |files| {
            let name = || files.metadata.name.clone();
            if files.metadata.subordinate { Err(Error::NoPrincipal(name())) } else { Ok(()) }
        })
    }

    /// The plan of an application beside others.
    pub(super) fn beside(source: &cli::Source) -> Result<Self, Error> {
        Self::read(source, |_| Ok(()))
    }

    fn read(source: &cli::Source, check: impl Fn(&CharmFiles) -> Result<(), Error>) -> Result<Self, Error> {
        let place = source.charm.as_deref().unwrap_or(&source.folder);
        let project = match Project::own(place).map_err(|error| placed(error.into(), place))? {
            Some(own) => own,
            None => Project::find(&source.folder, source.charm.as_deref())?,
        };
        let (mut charm, files) = charm(&project.charm).map_err(|error| placed(error, &project.charm))?;
        project::check_names(&files)?;
        check(&files)?;
        let container = project::container(&files, charm.framework)?;
        project.check_service(charm.framework)?;
        let kind = match (charm.framework, &container) {
            (Some(_), _) => Kind::Web,
            (None, Some(_)) => Kind::Sidecar,
            (None, None) => Kind::Machine,
        };
        let container = container.unwrap_or_else(|| MACHINE.to_owned());
        // The last, since it may take minutes.
        let binary = binaries::charm(&project.charm, charm.framework, pack::Profile::Dev)?;
        charm.files.insert("dispatch".to_owned(), pack::File { content: binary, executable: true });
        let (pebble, other_pebble) = (binaries::pebble(source.pebble.as_deref())?, source.pebble.is_some());
        Ok(Self { project, charm, files, kind, container, pebble, other_pebble })
    }

    /// Refuses a server for which the charm has no endpoint, before anything is built.
    pub(super) fn check_endpoint(&self, provider: &Provider) -> Result<(), Error> {
        let error = || Error::NoEndpoint { short: provider.name, interface: provider.interface };
        let mut endpoints = self.files.metadata.endpoints.iter();
        endpoints.any(|end| provider.fits(end)).then_some(()).ok_or_else(error)
    }

    /// The rock's name. `None`: there is no rock.
    fn rock_name(&self) -> Option<String> {
        Some(self.project.rock.name()).filter(|_| !matches!(self.project.rock, Rock::Plain))
    }

    /// Containers besides the application's. The charm's author added them, and their rocks are unknown.
    fn others(&self) -> impl Iterator<Item = &str> {
        self.files.metadata.containers.keys().filter(|name| **name != self.container).map(String::as_str)
    }

    /// Name of the charm.
    pub(super) fn name(&self) -> &str {
        &self.files.metadata.name
    }

    /// The charm's declarations.
    pub(super) fn files(&self) -> &CharmFiles {
        &self.files
    }

    /// The units' container; the machine's name if there is none.
    pub(super) fn container(&self) -> &str {
        &self.container
    }

    /// Unpacks the charm into `dir`, for an application called `name`.
    pub(super) fn unpack(&self, name: &str, dir: &Path) -> Result<Prepared, Error> {
        let prepared = Prepared {
            name: name.to_owned(),
            kind: self.kind,
            container: self.container.clone(),
            port: workload(self.charm.framework),
            pebble: self.pebble.clone(),
            dir: dir.to_owned(),
        };
        fs::create_dir_all(prepared.charm()).map_err(system("make the charm's folder"))?;
        self.charm.unpack(&prepared.charm())?;
        Ok(prepared)
    }

    /// The number of units to begin with.
    pub(super) fn units(&self, asked: Option<u32>) -> Result<u32, Error> {
        match (self.files.metadata.subordinate, asked) {
            (true, Some(_)) => Err(Error::Subordinate(self.name().to_owned())),
            (true, None) => Ok(0),
            (false, asked) => Ok(asked.unwrap_or(1)),
        }
    }

    /// Builds the rock into the application's folder, with its dependencies in the cache; unpacks a packed one into the
    /// cache.
    pub(super) fn build(&self, prepared: &Prepared, ui: &Ui) -> Result<rock::Image, Error> {
        if let Some(rock) = self.rock_name() {
            ui.step(&format!("building the rock {rock}"));
        }
        let image = self.image(&prepared.dir.join("rock"), ui)?;
        for container in self.others() {
            ui.step(&format!("the container {container} is the charm author's own: it does not run here"));
        }
        let write = || private::write(&prepared.image(), &serde_json::to_vec(&image)?);
        write().map_err(system("write the image's description"))?;
        Ok(image)
    }

    fn image(&self, dir: &Path, ui: &Ui) -> Result<rock::Image, Error> {
        match &self.project.rock {
            Rock::Folder(project) => {
                fs::create_dir_all(dir).map_err(system("make the rock's folder"))?;
                Ok(rock::build(project, dir, &cache::of("dependencies")?, ui)?)
            }
            Rock::Plain => pod::plain(dir.to_owned()).map_err(system("make the folders of the root")),
            Rock::Packed(rock) => self.with_pebble(rock.image(&cache::of("rocks")?, ui).map_err(project::Error::from)?),
        }
    }

    /// Chooses the Pebble of a packed rock: its own, unless `--pebble` names another.
    fn with_pebble(&self, mut image: rock::Image) -> Result<rock::Image, Error> {
        let Some(packed) = &mut image.packed else { return Ok(image) };
        if self.other_pebble {
            packed.pebble = None;
        } else if packed.pebble.is_none() {
            return Err(Error::NoPebble(self.project.rock.name()));
        }
        Ok(image)
    }
}

/// The charm in this folder, without its binary, and its declarations.
fn charm(folder: &Path) -> Result<(pack::Charm, CharmFiles), Error> {
    let charm = pack::Charm::with_dispatch(folder, Vec::new())?;
    let text = |name: &str| String::from_utf8_lossy(&charm.files[name].content).into_owned();
    let files = CharmFiles::parse(&text("metadata.yaml"), &text("config.yaml"), &text("actions.yaml"))?;
    // What else would fail every hook, after the build.
    let is_told = |finding: &pack::Finding| finding.is_refusal() && finding.file == "paas-config.yaml";
    let found: Vec<_> = match charm.framework {
        Some(_) => pack::lint(folder)?.into_iter().filter(is_told).collect(),
        None => Vec::new(),
    };
    if found.is_empty() { Ok((charm, files)) } else { Err(pack::Error::Refused(found).into()) }
}

/// A fault of `charmcraft.yaml` as `lint` tells it, with its line; the `error` alone names a file that is derived from it.
fn placed(error: Error, folder: &Path) -> Error {
    if !matches!(error, Error::Metadata(_) | Error::Pack(pack::Error::Missing(_))) {
        return error;
    }
    let refused: Vec<_> = pack::lint(folder).into_iter().flatten().filter(pack::Finding::is_refusal).collect();
    if refused.is_empty() { error } else { Error::Pack(pack::Error::Refused(refused)) }
}

/// The port on which a workload serves by default.
fn workload(framework: Option<Framework>) -> u16 {
    match framework {
        Some(Framework::Flask | Framework::Django) => 8000,
        _ => 8080,
    }
}
