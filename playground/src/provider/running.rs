//! The servers that run.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::path::PathBuf;

use juju::View;
use juju_testing::Server;

use super::publish::{self, publish};
use super::tls::Tls;
use super::{ALL, Answer, Error, Host, Provider, Serve, UnitDetails, relations};
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
    fn of(&self, provider: &'static Provider, moves: u32) -> Host<'_> {
        let place = ALL.iter().position(|row| row.name == provider.name).unwrap_or_default();
        Host {
            provider,
            dir: self.dir.join(provider.name),
            model: &self.model,
            number: u8::try_from(place + 1).expect("the table has fewer rows than a network has addresses"),
            moves,
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
    tls: Tls,
    moves: u32,
    /// The numbers of its units.
    units: BTreeSet<u32>,
}

/// A server's unit, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitInfo {
    /// Its role and its URL.
    pub details: UnitDetails,
    /// Address in every pod that leads to it; that of the loopback if pods don't reach it.
    pub address: Ipv4Addr,
}

/// Outcome of answering all relations.
#[derive(Debug, Default)]
pub struct Answered {
    /// True if a databag has changed.
    pub is_news: bool,
    /// By the server's application, the first of its relations that it could not answer, or refused. The other relations
    /// are answered all the same.
    pub failed: BTreeMap<&'static str, Error>,
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

    /// Starts the server unless it runs.
    ///
    /// # Errors
    /// When it is not installed, or can't be started.
    pub fn start(&mut self, provider: &'static Provider) -> Result<(), Error> {
        if self.is_over {
            return Err(Error::Ending);
        }
        if let Some(running) = self.running.get_mut(provider.name) {
            running.server.revive(&running.host(&self.surroundings))?;
            return Ok(());
        }
        let server = (provider.start)(&self.surroundings.of(provider, 0))?;
        let units = [0].into();
        self.running.insert(provider.name, Running { provider, server, moves: 0, tls: Tls::default(), units });
        Ok(())
    }

    /// Starts the units with these numbers of a server beside those that run.
    ///
    /// # Errors
    /// When one can't be started, or [`Providers::check_units`] refuses.
    pub fn add_units(&mut self, provider: &'static Provider, numbers: &[u32]) -> Result<(), Error> {
        if self.is_over {
            return Err(Error::Ending);
        }
        let running = scalable(&mut self.running, provider)?;
        running.server.add_units(numbers, &running.host(&self.surroundings))?;
        running.units.extend(numbers);
        Ok(())
    }

    /// Ends the units with these numbers of a server, and removes their files; the others take over.
    ///
    /// # Errors
    /// When [`Providers::check_units`] refuses, or the others can't take over. The units have ended then, too.
    pub fn remove_units(&mut self, provider: &'static Provider, numbers: &[u32]) -> Result<(), Error> {
        self.check_units(provider, numbers)?;
        let running = scalable(&mut self.running, provider)?;
        let host = running.host(&self.surroundings);
        let removed = running.server.remove_units(numbers, &host);
        for number in numbers {
            running.units.remove(number);
            // A folder that can't be removed goes with the model.
            let _ = std::fs::remove_dir_all(host.unit_dir(*number));
        }
        removed
    }

    /// Checks that units can be added to a server, and that one remains without those in `leaving`.
    ///
    /// # Errors
    /// When it doesn't run, always has one unit, or would have none.
    pub fn check_units(&mut self, provider: &'static Provider, leaving: &[u32]) -> Result<(), Error> {
        let running = scalable(&mut self.running, provider)?;
        if running.units.iter().all(|number| leaving.contains(number)) {
            return Err(Error::LastUnit(provider));
        }
        Ok(())
    }

    /// The units of all servers, by application and number.
    #[must_use]
    pub fn units(&self) -> BTreeMap<&'static str, BTreeMap<u32, UnitInfo>> {
        self.running.values().map(|running| (running.provider.app, running.infos(&self.surroundings))).collect()
    }

    /// The ways to all servers from a pod.
    #[must_use]
    pub fn ways(&self) -> Vec<Neighbor> {
        let ways = |running: &Running| running.server.ways(&running.host(&self.surroundings));
        self.running.values().flat_map(ways).collect()
    }

    /// Answers the requests of all relations, and takes away what was made for relations that are gone.
    pub fn reconcile(&mut self, server: &Server) -> Answered {
        let mut answered = Answered::default();
        for running in self.running.values_mut() {
            let host = running.host(&self.surroundings);
            if let Err(error) = running.reconcile(server, &host, &mut answered.is_news) {
                answered.failed.insert(running.provider.app, error);
            }
        }
        answered
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
            any |= running.server.revive(&running.host(&self.surroundings))?;
        }
        Ok(any)
    }

    /// Addresses on this machine of the applications behind each server, by the provider's name and theirs.
    #[must_use]
    pub fn urls(&self) -> BTreeMap<&'static str, BTreeMap<String, String>> {
        self.running.iter().map(|(name, running)| (*name, running.server.urls())).collect()
    }

    /// Gives every relation of a server new credentials, which the next answers have.
    ///
    /// # Errors
    /// When it doesn't run, has no credentials, or fails.
    pub fn rotate(&mut self, provider: &'static Provider) -> Result<(), Error> {
        let running = running(&mut self.running, provider)?;
        if running.server.rotate(&running.host(&self.surroundings))? {
            Ok(())
        } else {
            Err(Error::NoCredentials(provider.title))
        }
    }

    /// Moves a server to another place, which [`Providers::ways`] and the next answers have. Returns its addresses there.
    ///
    /// # Errors
    /// When it doesn't run, no application is told its address, or it fails.
    pub fn relocate(&mut self, provider: &'static Provider) -> Result<Vec<String>, Error> {
        let running = running(&mut self.running, provider)?;
        if let (Some(unit), true) = (running.units.first(), running.units.len() > 1) {
            return Err(Error::SeveralPlaces { provider, unit: *unit });
        }
        let moves = running.moves + 1;
        let places = running.server.relocate(&self.surroundings.of(provider, moves))?;
        if places.is_empty() {
            return Err(Error::NoPlace(provider));
        }
        running.moves = moves;
        Ok(places)
    }

    /// Ends a server, and removes its files.
    pub fn stop(&mut self, provider: &'static Provider) {
        if let Some(Running { server, units, .. }) = self.running.remove(provider.name) {
            drop(server);
            let host = self.surroundings.of(provider, 0);
            for dir in units.into_iter().map(|number| host.unit_dir(number)).chain([host.dir.clone()]) {
                // A folder that can't be removed goes with the model.
                let _ = std::fs::remove_dir_all(dir);
            }
        }
    }

    /// Ends all servers, for good.
    pub fn end(&mut self) {
        self.is_over = true;
        self.running.clear();
    }
}

type AllRunning = BTreeMap<&'static str, Running>;

fn running<'a>(all: &'a mut AllRunning, provider: &'static Provider) -> Result<&'a mut Running, Error> {
    all.get_mut(provider.name).ok_or(Error::NotRunning(provider.name))
}

/// A running server that may have several units.
fn scalable<'a>(all: &'a mut AllRunning, provider: &'static Provider) -> Result<&'a mut Running, Error> {
    if provider.is_scalable { running(all, provider) } else { Err(Error::OneUnit(provider)) }
}

impl Running {
    fn host<'a>(&self, surroundings: &'a Surroundings) -> Host<'a> {
        surroundings.of(self.provider, self.moves)
    }

    fn infos(&self, surroundings: &Surroundings) -> BTreeMap<u32, UnitInfo> {
        let (host, mut details) = (self.host(surroundings), self.server.units());
        let is_reached = !self.server.ways(&host).is_empty();
        let address = |number: u32| if is_reached { host.address(number) } else { Ipv4Addr::LOCALHOST };
        let mut info =
            |number: u32| UnitInfo { details: details.remove(&number).unwrap_or_default(), address: address(number) };
        self.units.iter().map(|number| (*number, info(*number))).collect()
    }

    fn reconcile(&mut self, model: &Server, host: &Host<'_>, is_news: &mut bool) -> Result<(), Error> {
        let app = self.provider.app;
        *is_news |= self.tls.reconcile(&mut *self.server, model, host)?;
        if self.tls.is_renewing() {
            return Ok(());
        }
        let relations = model.with(|model| relations::of(model, app, self.provider.endpoint));
        model.with(|model| publish::remove_unread(model, app)).map_err(|source| Error::Secrets { app, source })?;
        let mut failed = None;
        for Answer { relation, unit, changes } in self.server.answer(&relations, host)? {
            let view = View::empty(self.provider.endpoint, relation);
            let write = |changes| {
                let written = model.with(|model| publish(model, &unit, &view, &changes));
                written.map_err(|source| Error::Answer { relation, source })
            };
            match changes.and_then(write) {
                Ok(is_new) => *is_news |= is_new,
                Err(error) => {
                    failed.get_or_insert(error);
                }
            }
        }
        failed.map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use juju::{Changes, Databag, Entity, Role, UnitName};
    use juju_testing::{Model, endpoint};
    use rock::Cancel;

    use super::super::{Answer, Relation, Source};
    use super::*;

    /// A server with one way, and one without.
    const DATABASE: Provider = Provider {
        name: "db",
        title: "Db",
        app: "db-k8s",
        endpoint: "database",
        interface: "db",
        role: Role::Provides,
        source: Source::Own,
        is_stand_in: false,
        is_suggested: false,
        is_awaited: false,
        is_scalable: false,
        start: |_| Ok(Box::new(Example { ports: &[5432], units: [0].into() })),
    };
    const WATCHER: Provider = Provider {
        name: "watcher",
        title: "Watcher",
        start: |_| Ok(Box::new(Example { ports: &[], units: [0].into() })),
        ..DATABASE
    };
    const CLUSTER: Provider = Provider { name: "cluster", app: "cl-k8s", is_scalable: true, ..DATABASE };

    #[derive(Debug)]
    struct Example {
        ports: &'static [u16],
        units: BTreeSet<u32>,
    }

    impl Serve for Example {
        fn ways(&self, host: &Host<'_>) -> Vec<Neighbor> {
            let ports = self.ports.iter();
            ports.map(|port| host.way(host.service("db-primary"), host.port(*port), host.dir.join("s"))).collect()
        }

        fn revive(&mut self, _: &Host<'_>) -> Result<bool, Error> {
            Ok(false)
        }

        fn answer(&mut self, relations: &[Relation], host: &Host<'_>) -> Result<Vec<Answer>, Error> {
            let first = self.units.first().map(|number| host.unit(*number)).unwrap_or_default();
            Ok(relations::answers_of_units(relations, |number, view| {
                let mut changes = Changes::of_leader(view, &Databag::from_iter([("first", first.clone())]));
                changes.unit.set("host", host.unit(number));
                Ok(Some(changes))
            }))
        }

        fn add_units(&mut self, numbers: &[u32], _: &Host<'_>) -> Result<(), Error> {
            self.units.extend(numbers);
            if numbers.contains(&13) { Err(Error::Ending) } else { Ok(()) }
        }

        fn remove_units(&mut self, numbers: &[u32], _: &Host<'_>) -> Result<(), Error> {
            self.units.retain(|number| !numbers.contains(number));
            Ok(())
        }

        fn units(&self) -> BTreeMap<u32, UnitDetails> {
            let role = |number: &u32| if Some(number) == self.units.first() { "first" } else { "other" };
            self.units.iter().map(|number| (*number, UnitDetails { role: role(number), url: None })).collect()
        }
    }

    fn providers() -> Providers {
        let ui = Ui::new(Arc::new(Cancel::default()), std::path::Path::new("/nowhere"));
        Providers::new("/nowhere".into(), "m".to_owned(), ui)
    }

    #[test]
    fn a_server_that_moves_has_other_names_ports_and_addresses() {
        let mut providers = providers();
        providers.start(&DATABASE).unwrap();
        let way = |providers: &Providers| {
            let [way] = providers.ways().try_into().unwrap();
            (way.place(), way.address.to_string(), way.socket)
        };
        let socket = PathBuf::from("/nowhere/db/s");
        let first = ("db-primary.m.svc.cluster.local:5432".to_owned(), "127.0.1.1".to_owned(), socket.clone());
        assert_eq!(way(&providers), first);
        for (place, address) in [
            ("db-primary-2.m.svc.cluster.local:15432", "127.0.2.1"),
            ("db-primary-3.m.svc.cluster.local:5432", "127.0.3.1"),
        ] {
            assert_eq!(providers.relocate(&DATABASE).unwrap(), [place]);
            assert_eq!(way(&providers), (place.to_owned(), address.to_owned(), socket.clone()));
        }
        providers.stop(&DATABASE);
        assert_eq!(providers.ways(), []);
        providers.start(&DATABASE).unwrap();
        assert_eq!(way(&providers), first, "the next server is where the first one was");
    }

    #[test]
    fn a_server_without_an_address_and_one_that_is_not_there_do_not_move() {
        let mut providers = providers();
        let error = providers.relocate(&DATABASE).unwrap_err().to_string();
        assert_eq!(error, "db does not run: `webcharm integrate db` starts it");
        providers.start(&WATCHER).unwrap();
        let error = providers.relocate(&WATCHER).unwrap_err().to_string();
        assert_eq!(
            error,
            "Watcher has no address that an application is told: there is nothing to move; `webcharm remove-application \
             watcher`, then `webcharm integrate watcher`, replaces it"
        );
    }

    #[test]
    fn a_unit_s_databag_comes_and_goes_with_it_and_what_the_application_is_told_follows() {
        let dir = tempfile::tempdir().unwrap();
        let mut model = Model::new("m");
        CLUSTER.deploy(&mut model).unwrap();
        model.add_application("web", vec![endpoint("db", Role::Requires, "db")], 1).unwrap();
        let id = model.integrate("web", CLUSTER.app).unwrap();
        let model = Server::start(model, dir.path()).unwrap();
        let mut providers = providers();
        providers.start(&CLUSTER).unwrap();
        assert!(providers.reconcile(&model).is_news && !providers.reconcile(&model).is_news);
        let told = |model: &Server| {
            model.with(|model| {
                let bag = |entity| model.databag(id, &entity).unwrap();
                let short =
                    |text: Option<&str>| text.unwrap_or_default().split('.').next().unwrap_or_default().to_owned();
                let relation = model.relations().find(|relation| relation.id == id).unwrap();
                let units = relation.members.into_iter().filter(|unit| unit.app() == CLUSTER.app);
                let hosts: Vec<_> = units.map(|unit| short(bag(Entity::Unit(unit)).text("host"))).collect();
                (short(bag(Entity::App(CLUSTER.app.to_owned())).text("first")), hosts)
            })
        };
        let expected =
            |first: &str, hosts: &[&str]| (first.to_owned(), hosts.iter().map(|host| (*host).to_owned()).collect());
        assert_eq!(told(&model), expected("cl-k8s-0", &["cl-k8s-0"]));

        let added = model.with(|model| [(); 2].map(|()| model.add_unit(CLUSTER.app).unwrap().number()));
        providers.add_units(&CLUSTER, &added).unwrap();
        assert!(providers.reconcile(&model).is_news && !providers.reconcile(&model).is_news);
        assert_eq!(told(&model), expected("cl-k8s-0", &["cl-k8s-0", "cl-k8s-1", "cl-k8s-2"]));

        model.with(|model| model.remove_unit(&UnitName::new(CLUSTER.app, 0))).unwrap();
        providers.remove_units(&CLUSTER, &[0]).unwrap();
        assert!(providers.reconcile(&model).is_news && !providers.reconcile(&model).is_news);
        assert_eq!(told(&model), expected("cl-k8s-1", &["cl-k8s-1", "cl-k8s-2"]));
        let units = providers.units()[CLUSTER.app].clone();
        let line = |info: UnitInfo| (info.details.role, info.address.to_string());
        let lines: Vec<_> = units.into_values().map(line).collect();
        assert_eq!(lines, [("first", "127.1.1.1".to_owned()), ("other", "127.2.1.1".to_owned())]);
    }

    #[test]
    fn units_that_can_not_be_are_refused_with_the_way_out() {
        let mut providers = providers();
        let said = |result: Result<(), Error>| result.unwrap_err().to_string();
        assert_eq!(
            said(providers.add_units(&CLUSTER, &[1])),
            "cluster does not run: `webcharm integrate cluster` starts it"
        );
        providers.start(&CLUSTER).unwrap();
        providers.start(&DATABASE).unwrap();
        assert_eq!(
            said(providers.add_units(&DATABASE, &[1])),
            "db-k8s always has one unit in the playground; several can have: postgresql, redis, rabbitmq, loki"
        );
        let last = "cl-k8s keeps one unit: `webcharm remove-application cluster` ends it";
        assert_eq!(said(providers.remove_units(&CLUSTER, &[0])), last);
        providers.add_units(&CLUSTER, &[1]).unwrap();
        assert_eq!(said(providers.remove_units(&CLUSTER, &[1, 0])), last);
        assert_eq!(
            said(providers.relocate(&CLUSTER).map(drop)),
            "cl-k8s has several units, and each has a place: `webcharm remove-unit cl-k8s/0` has another one take over"
        );
        said(providers.add_units(&CLUSTER, &[13]));
        assert_eq!(providers.units()[CLUSTER.app].keys().copied().collect::<Vec<_>>(), [0, 1]);
        providers.remove_units(&CLUSTER, &[0]).unwrap();
        assert_eq!(providers.relocate(&CLUSTER).unwrap(), ["db-primary-2.m.svc.cluster.local:15432"]);
        providers.end();
        assert_eq!(said(providers.add_units(&CLUSTER, &[2])), "the model is ending");
    }

    #[test]
    fn however_often_a_server_moves_its_addresses_are_on_the_loopback() {
        let providers = providers();
        for moves in [0, 1, 249, 250, u32::MAX] {
            let host = providers.surroundings.of(&DATABASE, moves);
            let way = host.way(host.unit(0), host.port(27017), PathBuf::new());
            assert!(way.address.octets()[..2] == [127, 0] && way.address.octets()[2] > 0, "{way:?}");
            assert!(
                way.place().starts_with(&format!("db-k8s-{moves}.db-k8s-endpoints.m.svc.cluster.local:")),
                "{way:?}"
            );
        }
    }
}
