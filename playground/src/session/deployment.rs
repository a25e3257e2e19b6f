//! Applications that come into the model, and go.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use juju::UnitName;
use juju_testing::{Addresses, Model, ModelError};
use rock::Cache;

use super::{Application, Input, Prepared, Session};
use crate::control::Answer;
use crate::network::{self, Subnet};
use crate::private;
use crate::provider::Provider;

/// Reasons why an application can't be deployed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The model refused it.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The name is that of a server.
    #[error(
        "{0} is the name of a server of the playground's: give the application another one, as in `webcharm deploy FOLDER \
         NAME`"
    )]
    Reserved(String),
    /// A file of the charm can't be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: String,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The charm's metadata are invalid.
    #[error(transparent)]
    Metadata(#[from] juju::MetadataError),
    /// An entry of the cache is gone.
    #[error(transparent)]
    Cache(#[from] rock::cache::Error),
    /// There is no port for it on this machine.
    #[error("cannot listen on a port")]
    Port(#[source] io::Error),
    /// Its Service can't be opened.
    #[error(transparent)]
    Network(#[from] network::Error),
    /// The network has no addresses left.
    #[error("the model has had as many applications as its network has addresses for: `webcharm down` ends it")]
    Full,
    /// A resource's file can't be written.
    #[error("cannot write the file of the resource {name}")]
    Resource {
        /// The resource.
        name: String,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

impl Session {
    /// Adds an application, and waits until it has settled.
    pub(super) fn add_application(
        &self,
        prepared: Prepared,
        cached: &[PathBuf],
        units: u32,
        inputs: &Sender<Input>,
    ) -> Result<Answer, String> {
        let app = self.adopt(prepared, cached, units).map_err(|error| crate::chain(&error))?;
        let well = self.await_settled(inputs)?;
        let missing = self.missing(&app).into_iter().map(|provider| provider.name.to_owned()).collect();
        let (name, url) = (app.name().to_owned(), app.url());
        Ok(Answer::Deployed { app: name, url, missing, well, problems: self.present_problems() })
    }

    fn adopt(&self, prepared: Prepared, cached: &[PathBuf], units: u32) -> Result<Arc<Application>, Error> {
        if Provider::named(&prepared.name).is_some() {
            return Err(Error::Reserved(prepared.name));
        }
        // One that the model has just removed may still have pods.
        if self.application(&prepared.name).is_some() {
            return Err(ModelError::DuplicateApplication(prepared.name).into());
        }
        let files = prepared.files()?;
        let held = cached.iter().map(|folder| Cache::hold(folder)).collect::<Result<_, _>>()?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(Error::Port)?;
        let outside = listener.local_addr().map_err(Error::Port)?.port();
        let subnet = self.next_subnet()?;
        let app = Arc::new(Application { prepared, files, subnet, listener, outside, held });
        // Held until the application is in the map, from which a network that is made anew takes the Services.
        let mut network = self.network();
        if let Some(network) = network.as_mut()
            && !network.has_ended()
        {
            network.serve(app.service(), app.prepared.port, &app.listener)?;
        }
        self.server.with(|model| deploy(model, &app, units))?;
        self.applications_by_name().insert(app.name().to_owned(), Arc::clone(&app));
        Ok(app)
    }

    /// A subnet that no application has had. One lock for both: deployments may run at the same time.
    fn next_subnet(&self) -> Result<Subnet, Error> {
        let mut state = self.state();
        state.subnet = state.subnet.next().ok_or(Error::Full)?;
        Ok(state.subnet)
    }

    /// Removes an application or a server, and waits until it is gone or a hook fails.
    pub(super) fn remove_application(&self, name: &str, inputs: &Sender<Input>) -> Result<Answer, String> {
        let provider = Provider::named(name);
        let known = provider.map_or(name, |provider| provider.app);
        let removed = self.server.with(|model| model.remove_application(known));
        removed.map_err(|_| self.no_application(name))?;
        if let Some(provider) = provider {
            let mut providers = self.providers();
            providers.stop(provider);
            // A pod that can't be told is told again when the model has settled.
            let _ = self.introduce_servers(&providers);
            drop(providers);
            self.set_server_problem(provider, None);
        }
        self.route();
        self.await_settled(inputs)?;
        let left = self.units_of(known).iter().map(ToString::to_string).collect();
        Ok(Answer::Removed { app: known.to_owned(), left, problems: self.present_problems() })
    }

    /// Forgets the applications that the model has no more, with their files.
    pub fn forget_applications(&self) {
        let mut applications = self.applications_by_name();
        // Read under the lock: a new application is in the model before it is in the map.
        let living: BTreeSet<String> = self.server.with(|model| model.applications().map(str::to_owned).collect());
        let gone: Vec<_> = applications.extract_if(.., |name, _| !living.contains(name)).map(|(_, app)| app).collect();
        drop(applications);
        for app in gone {
            if let Some(network) = self.network().as_mut() {
                network.lead_to(app.service(), Vec::new());
            }
            // A folder that can't be removed goes with the model.
            let _ = fs::remove_dir_all(&app.prepared.dir);
        }
    }
}

/// Deploys an application with a number of units, and attaches its resources.
///
/// # Errors
/// When the model refuses it, or a resource's file can't be written.
pub(crate) fn deploy(model: &mut Model, app: &Application, units: u32) -> Result<(), Error> {
    let name = app.name();
    model.deploy(name, app.files.clone(), 0)?;
    let furnished = furnish(model, app, units);
    if furnished.is_err() {
        // Its units have run no hook, so that nothing is left of it.
        model.remove_application(name)?;
    }
    furnished
}

fn furnish(model: &mut Model, app: &Application, units: u32) -> Result<(), Error> {
    for _ in 0..units {
        add_unit(model, app)?;
    }
    let folder = app.prepared.dir.join("resources");
    for resource in app.files.metadata.resources.keys() {
        let path = folder.join(format!("{resource}.yaml"));
        let write = || {
            fs::create_dir_all(&folder)?;
            private::write(&path, b"registrypath: localhost/rock\n")
        };
        write().map_err(|source| Error::Resource { name: resource.clone(), source })?;
        model.attach_resource(app.name(), resource, &path)?;
    }
    Ok(())
}

/// Adds a unit with the address that its pod will have.
///
/// # Errors
/// When there is no such application.
pub(super) fn add_unit(model: &mut Model, app: &Application) -> Result<UnitName, ModelError> {
    let unit = model.add_unit(app.name())?;
    model.set_addresses(&unit, Addresses::of(app.address(&unit).to_string()))?;
    Ok(unit)
}
