//! What the session answers to the verbs.

use std::collections::BTreeMap;
use std::sync::mpsc::{self, Sender};

use juju::{ConfigOption, ConfigValue, Whose};
use juju_testing::RelationInfo;

use super::integration::ends;
use super::{Doing, Input, Session};
use crate::control::{Answer, Request, Setting};
use crate::pod::Identity;
use crate::provider::Kind;
use crate::status::{Application, Model, Related, Relation, Status, Unit, Word};

/// The version of Juju whose rules the model follows.
const JUJU: &str = "3.6.12";

impl Session {
    /// The answer to `request`; hooks it makes necessary are run by whoever receives from `inputs`.
    #[must_use]
    pub fn answer(&self, request: Request, inputs: &Sender<Input>) -> Answer {
        let answer = match request {
            Request::Status => Ok(Answer::Status { status: self.snapshot() }),
            Request::Config { app } => self.settings(&app),
            Request::Configure { app, set, reset } => self.configure(&app, &set, &reset, inputs),
            Request::Integrate { one, other } => {
                self.integrate(&one, other.as_deref()).and_then(|ends| self.related(ends, inputs))
            }
            Request::RemoveRelation { one, other } => {
                self.remove_relation(&one, other.as_deref()).and_then(|ends| self.related(ends, inputs))
            }
            Request::Run { unit, action, params } => self.act(&unit, &action, &params, inputs),
            Request::Container { unit } => self.container(unit.as_deref()),
            Request::DebugLog { lines, after } => {
                let (lines, written) = self.log_after(lines, after);
                Ok(Answer::Log { lines, written })
            }
            Request::Started => Ok(Answer::Done { well: self.wait_for_start() }),
            Request::Down => {
                self.cancel();
                // When nobody receives, the end is under way.
                let _ = inputs.send(Input::Stop);
                Ok(Answer::Done { well: true })
            }
        };
        answer.unwrap_or_else(|reason| Answer::Refused { reason })
    }

    /// The model as it is now.
    #[must_use]
    pub fn snapshot(&self) -> Status {
        let name = self.server.with(|model| model.name().to_owned());
        let model = Model {
            name,
            kind: "caas".to_owned(),
            controller: "webcharm".to_owned(),
            cloud: "localhost".to_owned(),
            version: JUJU.to_owned(),
        };
        let mut applications = self.servers();
        applications.insert(self.names.unit.app().to_owned(), self.application());
        let relations = self.relations();
        for (name, application) in &mut applications {
            application.relations = relations_of(name, &relations);
        }
        Status { model, applications, relations, notes: self.notes() }
    }

    /// The applications that are servers.
    fn servers(&self) -> BTreeMap<String, Application> {
        let names: Vec<String> = self.server.with(|model| model.applications().map(str::to_owned).collect());
        let problem = self.state().problem.clone();
        let word = problem.map_or_else(|| Word::new("active", ""), |problem| Word::new("blocked", problem));
        let servers = names.into_iter().filter(|name| Kind::named(name).is_some());
        servers.map(|name| (name.clone(), server(name, &word))).collect()
    }

    fn relations(&self) -> Vec<Relation> {
        let relations: Vec<_> = self.server.with(|model| model.relations().collect());
        relations.iter().map(relation).collect()
    }

    fn application(&self) -> Application {
        let own = self.server.with(|model| model.status(&self.names.unit, Whose::App)).ok().flatten();
        let version = self
            .server
            .with(|model| model.workload_version(self.names.unit.app()).map(str::to_owned))
            .unwrap_or_default();
        let unit = self.unit_now();
        Application {
            charm: self.files.metadata.name.clone(),
            exposed: false,
            scale: 1,
            version,
            application_status: own
                .map_or_else(|| unit.workload_status.clone(), |own| Word::new(own.kind.as_str(), own.message)),
            units: BTreeMap::from([(self.names.unit.to_string(), unit)]),
            url: Some(self.url()),
            relations: BTreeMap::new(),
        }
    }

    fn unit_now(&self) -> Unit {
        let (ports, leader) = self.server.with(|model| {
            let ports = model.ports(&self.names.unit).map(|ports| ports.iter().map(ToString::to_string).collect());
            (ports.unwrap_or_default(), model.leader(self.names.unit.app()).ok().flatten() == Some(&self.names.unit))
        });
        let charm = self.status().map_or_else(
            || Word::new("waiting", "installing agent"),
            |status| Word::new(status.kind.as_str(), status.message),
        );
        let (workload_status, juju_status) = match self.doing() {
            Doing::Nothing => (charm, Word::new("idle", "")),
            Doing::Running(hook) => (charm, Word::new("executing", format!("running {hook} hook"))),
            Doing::Failed(hook) => (Word::new("error", format!("hook failed: {hook:?}")), Word::new("idle", "")),
        };
        Unit { workload_status, juju_status, leader, open_ports: ports, address: "127.0.0.1".to_owned() }
    }

    fn notes(&self) -> Vec<String> {
        match self.identity {
            Identity::Root => Vec::new(),
            Identity::Single => vec![format!(
                "an ordinary user has one id here, so in the pod {} is another name for root",
                rock::DAEMON_USER
            )],
        }
    }

    fn settings(&self, app: &str) -> Result<Answer, String> {
        let values = self.server.with(|model| model.config(app)).map_err(|error| crate::chain(&error))?;
        let setting = |(name, option): (&String, &ConfigOption)| setting(name, option, values.get(name));
        Ok(Answer::Config { options: self.files.options.iter().map(setting).collect() })
    }

    fn configure(
        &self,
        app: &str,
        set: &BTreeMap<String, String>,
        reset: &[String],
        inputs: &Sender<Input>,
    ) -> Result<Answer, String> {
        let reset: Vec<_> = reset.iter().map(String::as_str).collect();
        let change = self.server.with(|model| {
            model.configure_text(app, set)?;
            model.reset_config(app, &reset)
        });
        change.map_err(|error| crate::chain(&error))?;
        Ok(Answer::Done { well: self.await_settled(inputs)? })
    }

    /// Has the hooks run that are due, and says whether all is well then.
    pub(super) fn await_settled(&self, inputs: &Sender<Input>) -> Result<bool, String> {
        let ended = || "the model is ending".to_owned();
        let (reply, settled) = mpsc::channel();
        inputs.send(Input::Settle(reply)).map_err(|_| ended())?;
        let well = settled.recv().map_err(|_| ended())?;
        Ok(well && !self.is_stuck())
    }

    fn container(&self, unit: Option<&str>) -> Result<Answer, String> {
        unit.map(|unit| self.unit(unit)).transpose()?;
        Ok(Answer::Container { socket: self.places.containers.join(&self.names.container).join("pebble.socket") })
    }

    fn related(&self, ends: Vec<String>, inputs: &Sender<Input>) -> Result<Answer, String> {
        Ok(Answer::Related { ends, well: self.await_settled(inputs)? })
    }
}

/// A server's application, with its one unit.
fn server(name: String, word: &Word) -> Application {
    let unit = Unit {
        workload_status: word.clone(),
        juju_status: Word::new("idle", ""),
        leader: true,
        address: "127.0.0.1".to_owned(),
        ..Unit::default()
    };
    Application {
        units: BTreeMap::from([(format!("{name}/0"), unit)]),
        charm: name,
        scale: 1,
        application_status: word.clone(),
        ..Application::default()
    }
}

fn relation(info: &RelationInfo) -> Relation {
    let mut ends = ends(info);
    let requirer = if ends.is_empty() { String::new() } else { ends.remove(0) };
    let kind = if info.sides.len() == 1 { "peer" } else { "regular" };
    Relation {
        provider: ends.pop().unwrap_or_else(|| requirer.clone()),
        requirer,
        interface: info.interface.clone(),
        kind: kind.to_owned(),
    }
}

/// By endpoint, the applications at the other side.
fn relations_of(app: &str, relations: &[Relation]) -> BTreeMap<String, Vec<Related>> {
    let mut all: BTreeMap<String, Vec<Related>> = BTreeMap::new();
    for relation in relations {
        let ends = [(&relation.requirer, &relation.provider), (&relation.provider, &relation.requirer)];
        let ours = ends.into_iter().filter_map(|(own, other)| Some((own.split_once(':')?, other.split_once(':')?.0)));
        if let Some(((_, endpoint), other)) = ours.into_iter().find(|((own, _), _)| *own == app) {
            let related = Related {
                related_application: other.to_owned(),
                interface: relation.interface.clone(),
                scope: "global".to_owned(),
            };
            all.entry(endpoint.to_owned()).or_default().push(related);
        }
    }
    all
}

fn setting(name: &str, option: &ConfigOption, value: Option<&ConfigValue>) -> Setting {
    let source = match (value, &option.default) {
        (None, _) => "unset",
        (Some(value), Some(default)) if value == default => "default",
        (Some(_), _) => "user",
    };
    Setting {
        name: name.to_owned(),
        kind: option.kind.as_str().to_owned(),
        source: source.to_owned(),
        value: value.map(json),
        description: option.description.clone(),
    }
}

fn json(value: &ConfigValue) -> serde_json::Value {
    match value {
        ConfigValue::String(text) => text.as_str().into(),
        ConfigValue::Int(number) => (*number).into(),
        ConfigValue::Float(number) => (*number).into(),
        ConfigValue::Bool(bool) => (*bool).into(),
    }
}
