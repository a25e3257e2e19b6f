//! The servers that run.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::PathBuf;

use juju::View;
use juju_testing::Server;

use super::publish::{self, publish};
use super::{ALL, Error, Host, Provider, Serve, relations};
use crate::pod::Neighbor;
use crate::ui::Ui;

/// The servers that run.
#[derive(Debug)]
pub struct Providers {
    surroundings: Surroundings,
    running: BTreeMap<&'static str, Running>,
    is_over: bool,
}

/// Surroundings that all servers share.
#[derive(Debug)]
struct Surroundings {
    dir: PathBuf,
    model: String,
    ui: Ui,
    /// Process that holds the pods' network.
    network: u32,
}

impl Surroundings {
    fn of(&self, provider: &'static Provider) -> Host<'_> {
        let place = ALL.iter().position(|row| row.name == provider.name).unwrap_or_default();
        // 127.0.1.1 and up: one for each row.
        let last = u8::try_from(place + 1).expect("the table has fewer rows than a network has addresses");
        Host {
            provider,
            dir: self.dir.join(provider.name),
            model: &self.model,
            address: Ipv4Addr::new(127, 0, 1, last),
            network: self.network,
            ui: &self.ui,
        }
    }
}

/// One of them.
#[derive(Debug)]
struct Running {
    provider: &'static Provider,
    server: Box<dyn Serve>,
}

impl Providers {
    /// No servers. Files of those to come are in folders in `dir`.
    #[must_use]
    pub fn new(dir: PathBuf, model: String, ui: Ui) -> Self {
        let surroundings = Surroundings { dir, model, ui, network: 0 };
        Self { surroundings, running: BTreeMap::new(), is_over: false }
    }

    /// Sets the process that holds the pods' network, in which servers that reach pods are started.
    pub fn set_network(&mut self, keeper: u32) {
        self.surroundings.network = keeper;
    }

    /// Starts the server unless it runs, and returns the way to it from a pod, if there is one.
    ///
    /// # Errors
    /// When it is not installed, or can't be started.
    pub fn start(&mut self, provider: &'static Provider) -> Result<Option<Neighbor>, Error> {
        if self.is_over {
            return Err(Error::Ending);
        }
        let host = self.surroundings.of(provider);
        if let Some(running) = self.running.get_mut(provider.name) {
            running.server.revive(&host)?;
            return Ok(running.server.neighbor().cloned());
        }
        let server = (provider.start)(&host)?;
        let neighbor = server.neighbor().cloned();
        self.running.insert(provider.name, Running { provider, server });
        Ok(neighbor)
    }

    /// Answers the requests of all relations, and takes away what was made for relations that are gone. Returns true if a
    /// databag has changed.
    ///
    /// # Errors
    /// When a server fails or refuses a request. The other relations are answered all the same.
    pub fn reconcile(&mut self, server: &Server) -> Result<bool, Error> {
        let (mut is_news, mut failed) = (false, None);
        for running in self.running.values_mut() {
            let host = self.surroundings.of(running.provider);
            if let Err(error) = running.reconcile(server, &host, &mut is_news) {
                failed.get_or_insert(error);
            }
        }
        failed.map_or(Ok(is_news), Err)
    }

    /// Starts servers again that have ended by themselves. Returns true if there was one.
    ///
    /// # Errors
    /// When one can't be started.
    pub fn revive(&mut self) -> Result<bool, Error> {
        let mut any = false;
        if self.is_over {
            return Ok(any);
        }
        for running in self.running.values_mut() {
            any |= running.server.revive(&self.surroundings.of(running.provider))?;
        }
        Ok(any)
    }

    /// Addresses on this machine of the applications behind each server, by the provider's name and theirs.
    #[must_use]
    pub fn urls(&self) -> BTreeMap<&'static str, BTreeMap<String, String>> {
        self.running.iter().map(|(name, running)| (*name, running.server.urls())).collect()
    }

    /// Ends a server, and removes its files. Returns the way to it from a pod, if there was one.
    pub fn stop(&mut self, provider: &'static Provider) -> Option<Neighbor> {
        let running = self.running.remove(provider.name)?;
        let neighbor = running.server.neighbor().cloned();
        drop(running);
        // A folder that can't be removed goes with the model.
        let _ = std::fs::remove_dir_all(self.surroundings.of(provider).dir);
        neighbor
    }

    /// Ends all servers, for good.
    pub fn end(&mut self) {
        self.is_over = true;
        self.running.clear();
    }
}

impl Running {
    fn reconcile(&mut self, model: &Server, host: &Host<'_>, is_news: &mut bool) -> Result<(), Error> {
        let app = self.provider.app;
        let relations = model.with(|model| relations::of(model, app));
        model.with(|model| publish::remove_unread(model, app)).map_err(|source| Error::Secrets { app, source })?;
        let mut failed = None;
        for (relation, answer) in self.server.answer(&relations, host)? {
            let view = View::empty(self.provider.endpoint, relation);
            let write = |changes| {
                let written = model.with(|model| publish(model, app, &view, &changes));
                written.map_err(|source| Error::Answer { relation, source })
            };
            match answer.and_then(write) {
                Ok(is_new) => *is_news |= is_new,
                Err(error) => {
                    failed.get_or_insert(error);
                }
            }
        }
        failed.map_or(Ok(()), Err)
    }
}
