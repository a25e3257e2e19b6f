//! Inputs of a model, checked before anything is started, and the parts made of them.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;

use juju::{CharmFiles, UnitName};
use juju_testing::{Model, Server, install_tools};
use pack::Framework;

use super::{Error, system};
use crate::binaries;
use crate::cache;
use crate::cli;
use crate::pod::{Identity, Spec};
use crate::private;
use crate::project::{self, Project, Rock};
use crate::provider::Provider;
use crate::runtime::{self, Runtime};
use crate::session::{Kind, Names, Places, Session, add_unit};
use crate::ui::Ui;

/// Name that stands for the container of a unit on a machine.
const MACHINE: &str = "machine";

/// Inputs of a model. Reading them finds every fault that can be found before anything is started.
pub(super) struct Plan {
    model: String,
    project: Project,
    charm: pack::Charm,
    files: CharmFiles,
    kind: Kind,
    container: String,
    pebble: PathBuf,
    /// True if `pebble` was given with `--pebble`.
    other_pebble: bool,
    program: PathBuf,
}

impl Plan {
    pub(super) fn new(model: &str, args: &cli::Up) -> Result<Self, Error> {
        runtime::folder(model)?;
        let project = match Project::own(args.charm.as_deref().unwrap_or(&args.folder))? {
            Some(own) => own,
            None => Project::find(&args.folder, args.charm.as_deref())?,
        };
        let mut charm = pack::Charm::with_dispatch(&project.charm, Vec::new())?;
        let binary = match charm.framework {
            Some(framework) => binaries::dispatch(framework.name())?,
            None => binaries::built(&project.charm, pack::Profile::Dev)?,
        };
        let text = |name: &str| String::from_utf8_lossy(&charm.files[name].content).into_owned();
        let files = CharmFiles::parse(&text("metadata.yaml"), &text("config.yaml"), &text("actions.yaml"))?;
        for provider in &args.integrate {
            check_endpoint(&files, provider)?;
        }
        charm.files.insert("dispatch".to_owned(), pack::File { content: binary, executable: true });
        project::check_names(&files)?;
        let container = project::container(&files, charm.framework)?;
        let kind = match (charm.framework, &container) {
            (Some(_), _) => Kind::Web,
            (None, Some(_)) => Kind::Sidecar,
            (None, None) => Kind::Machine,
        };
        let container = container.unwrap_or_else(|| MACHINE.to_owned());
        let (pebble, program) = (binaries::pebble(args.pebble.as_deref())?, binaries::own()?);
        Ok(Self {
            model: model.to_owned(),
            project,
            charm,
            files,
            kind,
            container,
            pebble,
            other_pebble: args.pebble.is_some(),
            program,
        })
    }

    /// The rock's name. `None`: there is no rock.
    pub(super) fn rock_name(&self) -> Option<String> {
        Some(self.project.rock.name()).filter(|_| !matches!(self.project.rock, Rock::Plain))
    }

    /// Containers besides the application's. The charm's author added them, and their rocks are unknown.
    pub(super) fn others(&self) -> impl Iterator<Item = &str> {
        self.files.metadata.containers.keys().filter(|name| **name != self.container).map(String::as_str)
    }

    fn app(&self) -> &str {
        &self.files.metadata.name
    }

    pub(super) fn claim(&self) -> Result<Runtime, Error> {
        Ok(Runtime::claim(&self.model, [self.app(), &self.container])?)
    }

    /// Makes and serves the model, with the application deployed; unpacks the charm and installs the hook tools.
    pub(super) fn session(&self, runtime: &Runtime, port: u16, ui: &Ui) -> Result<Session, Error> {
        let mut model = Model::new(&self.model);
        model.deploy(self.app(), self.files.clone(), 0)?;
        add_unit(&mut model, self.app())?;
        for name in self.files.metadata.resources.keys() {
            let path = runtime.subfolder("resources")?.join(format!("{name}.yaml"));
            private::write(&path, b"registrypath: localhost/rock\n").map_err(system("write a resource's file"))?;
            model.attach_resource(self.app(), name, path)?;
        }
        let places = Places {
            charm: runtime.subfolder("charm")?,
            tools: runtime.subfolder("tools")?,
            launcher: runtime.subfolder("launcher")?,
            containers: runtime.subfolder("containers")?,
            runtime: runtime.dir().to_owned(),
        };
        self.charm.unpack(&places.charm)?;
        install_tools(&places.tools, &self.program).map_err(system("install the hook tools"))?;
        let launcher = places.launcher.join("dispatch");
        std::os::unix::fs::symlink(&self.program, launcher).map_err(system("make the launcher of hooks"))?;
        let server = Server::start(model, runtime.dir()).map_err(system("serve the model"))?;
        let (app, container) = (self.app().to_owned(), self.container.clone());
        let names = Names { app, kind: self.kind, container, port: workload(self.charm.framework), outside: port };
        Ok(Session::new(server, self.files.clone(), names, places, ui.clone()))
    }

    /// Builds the rock into the runtime folder, with its dependencies in the cache; unpacks a packed one into the
    /// cache.
    pub(super) fn build(&self, runtime: &Runtime, ui: &Ui) -> Result<(), Error> {
        let image = match &self.project.rock {
            Rock::Folder(project) => {
                rock::build(project, &runtime.subfolder("rock")?, &cache::of("dependencies")?, ui)?
            }
            Rock::Plain => plain(runtime.subfolder("rock")?).map_err(system("make the folders of the root"))?,
            Rock::Packed(rock) => {
                self.with_pebble(rock.image(&cache::of("rocks")?, ui).map_err(project::Error::from)?)?
            }
        };
        let write = || private::write(&image_file(runtime), &serde_json::to_vec(&image)?);
        write().map_err(system("write the image's description"))
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

    /// Description of a new pod for a unit, from the image that was built.
    pub(super) fn pod(&self, runtime: &Runtime, session: &Session, unit: &UnitName) -> Result<Spec, Error> {
        let read = || -> io::Result<rock::Image> { Ok(serde_json::from_slice(&fs::read(image_file(runtime))?)?) };
        let image = read().map_err(system("read the image's description"))?;
        let socket_dir = session.places.containers_of(unit).join(&self.container);
        // The socket of an ended pod would look like that of the new one.
        let _ = fs::remove_dir_all(&socket_dir);
        fs::create_dir_all(&socket_dir).map_err(system("make the socket's folder"))?;
        let folder = |name: &str| runtime.subfolder(&format!("pods/{}/{name}", unit.number()));
        Ok(Spec {
            hostname: format!("{}-{}", unit.app(), unit.number()),
            hosts: session.hosts(),
            neighbors: session.neighbors(),
            image,
            pebble: self.pebble.clone(),
            container: self.container.clone(),
            socket_dir,
            root: folder("root")?,
            scratch: folder("scratch")?,
            port: session.names.port,
            network: session.place(unit),
            identity: Identity::current(),
            shared: match self.kind {
                Kind::Machine => vec![runtime.dir().to_owned(), self.program.clone()],
                Kind::Web | Kind::Sidecar => Vec::new(),
            },
        })
    }
}

/// Folders of a root without a rock; `/usr`, `/etc`, `/dev` and `/proc` are made for every pod.
const FOLDERS: [&str; 12] =
    ["home", "opt", "root", "run", "srv", "tmp", "var/cache", "var/lib", "var/log", "var/spool", "var/tmp", "mnt"];

/// The root of a unit without a rock.
fn plain(files: PathBuf) -> io::Result<rock::Image> {
    FOLDERS.iter().try_for_each(|folder| fs::create_dir_all(files.join(folder)))?;
    Ok(rock::Image { files, owners: Vec::new(), binds: Vec::new(), environment: BTreeMap::new(), packed: None })
}

/// Refuses a server for which the charm has no endpoint, before anything is built.
fn check_endpoint(files: &CharmFiles, provider: &Provider) -> Result<(), Error> {
    let error = || Error::NoEndpoint { short: provider.name, interface: provider.interface };
    files.metadata.endpoints.iter().any(|end| provider.fits(end)).then_some(()).ok_or_else(error)
}

/// The port on which a workload serves by default.
fn workload(framework: Option<Framework>) -> u16 {
    match framework {
        Some(Framework::Flask | Framework::Django) => 8000,
        _ => 8080,
    }
}

fn image_file(runtime: &Runtime) -> PathBuf {
    runtime.dir().join("image.json")
}
