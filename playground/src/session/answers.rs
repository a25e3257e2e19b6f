//! Answers to the verbs' requests.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};

use juju::{ConfigOption, ConfigValue, UnitName};

use super::{Application, Input, Session};
use crate::control::{Answer, Request, Setting};
use crate::provider::Provider;

impl Session {
    /// Makes the answer to `request`. The main thread, which receives from `inputs`, runs the hooks that follow.
    #[must_use]
    pub fn answer(&self, request: Request, inputs: &Sender<Input>) -> Answer {
        let answer = match request {
            Request::Status => Ok(Answer::Status { status: self.snapshot() }),
            Request::Config { app } => self.settings(&app),
            Request::Configure { app, set, reset } => self.configure(&app, &set, &reset, inputs),
            Request::Deploy { application, cached, units } => self.add_application(application, &cached, units, inputs),
            Request::RemoveApplication { app } => self.remove_application(&app, inputs),
            Request::Integrate { one, other } => {
                self.integrate(&one, other.as_deref()).and_then(|ends| self.related(ends, inputs))
            }
            Request::RemoveRelation { one, other } => {
                self.remove_relation(&one, other.as_deref()).and_then(|ends| self.related(ends, inputs))
            }
            Request::Rotate { server } => self.rotate(&server, inputs),
            Request::Move { server } => self.relocate(&server, inputs),
            Request::AddUnit { app, count } => self.add_units(&app, count, inputs),
            Request::RemoveUnit { units, count } => self.remove_units(&units, count, inputs),
            Request::Run { unit, action, params } => self.act(&unit, &action, &params, inputs),
            Request::Container { unit } => self.container(unit.as_deref()),
            Request::DebugLog { lines, after } => {
                let (lines, written) = self.log_after(lines, after);
                Ok(Answer::Log { lines, written })
            }
            Request::Secret { request } => self.secret(request, inputs),
            Request::Started => Ok(self.done(self.wait_for_start())),
            Request::Down => {
                self.cancel();
                // Fails if the main thread is ending the model already.
                let _ = inputs.send(Input::Stop);
                Ok(Answer::Done { well: true, problems: Vec::new() })
            }
        };
        answer.unwrap_or_else(|reason| Answer::Refused { reason })
    }

    pub(super) fn done(&self, well: bool) -> Answer {
        Answer::Done { well, problems: self.present_problems() }
    }

    /// The application with that name, whose charm may have options.
    fn with_options(&self, app: &str) -> Result<Arc<Application>, String> {
        self.application(app).ok_or_else(|| match Provider::named(app) {
            Some(_) => format!("{app} is a server of the playground's: it has no options"),
            None => self.no_application(app),
        })
    }

    fn settings(&self, app: &str) -> Result<Answer, String> {
        let found = self.with_options(app)?;
        let values = self.server.with(|model| model.config(app)).map_err(|error| crate::chain(&error))?;
        let setting = |(name, option): (&String, &ConfigOption)| setting(name, option, values.get(name));
        Ok(Answer::Config { options: found.files.options.iter().map(setting).collect() })
    }

    fn configure(
        &self,
        app: &str,
        set: &BTreeMap<String, String>,
        reset: &[String],
        inputs: &Sender<Input>,
    ) -> Result<Answer, String> {
        self.with_options(app)?;
        let reset: Vec<_> = reset.iter().map(String::as_str).collect();
        let change = self.server.with(|model| {
            model.configure_text(app, set)?;
            model.reset_config(app, &reset)
        });
        change.map_err(|error| crate::chain(&error))?;
        Ok(self.done(self.await_settled(inputs)?))
    }

    /// Lets the main thread run the due hooks. Returns true if they went well and no unit is stuck.
    pub(super) fn await_settled(&self, inputs: &Sender<Input>) -> Result<bool, String> {
        let ended = || "the model is ending".to_owned();
        let (reply, settled) = mpsc::channel();
        inputs.send(Input::Settle(reply)).map_err(|_| ended())?;
        let well = settled.recv().map_err(|_| ended())?;
        Ok(well && !self.is_stuck())
    }

    fn container(&self, unit: Option<&str>) -> Result<Answer, String> {
        let unit = unit.map_or_else(|| self.first_unit(), |unit| self.unit(unit))?;
        if let Some(problem) = self.pod_problem(&unit) {
            return Err(problem);
        }
        let socket = self.socket(&self.machine_of(&unit)).ok_or_else(|| self.no_application(unit.app()))?;
        Ok(Answer::Container { socket })
    }

    /// The first unit of the only application.
    fn first_unit(&self) -> Result<UnitName, String> {
        let app = self.only_application("a unit, such as APP/0")?;
        let first = self.units_of(app.name()).into_iter().next();
        first.ok_or_else(|| format!("{} has no unit", app.name()))
    }

    fn rotate(&self, server: &str, inputs: &Sender<Input>) -> Result<Answer, String> {
        let provider = named(server)?;
        self.providers().rotate(provider).map_err(|error| crate::chain(&error))?;
        Ok(self.done(self.await_settled(inputs)?))
    }

    /// Moves a server. Its old place is closed before the applications are told the new one, as after a fail-over.
    fn relocate(&self, server: &str, inputs: &Sender<Input>) -> Result<Answer, String> {
        let provider = named(server)?;
        let mut providers = self.providers();
        let places = providers.relocate(provider).map_err(|error| crate::chain(&error))?;
        // A pod that can't be told is told again when the model has settled.
        let _ = self.introduce_servers(&providers);
        drop(providers);
        let well = self.await_settled(inputs)?;
        Ok(Answer::Moved { places, well, problems: self.present_problems() })
    }

    fn related(&self, ends: Vec<String>, inputs: &Sender<Input>) -> Result<Answer, String> {
        let well = self.await_settled(inputs)?;
        let apps: Vec<_> = ends.iter().filter_map(|end| end.split(':').next()).collect();
        let urls = self.state().urls.clone();
        let behind = apps.iter().filter_map(|app| urls.get(Provider::named(app)?.name));
        let url = behind.flat_map(|urls| apps.iter().filter_map(|app| urls.get(*app))).next().cloned();
        Ok(Answer::Related { ends, url, well, problems: self.present_problems() })
    }
}

fn named(server: &str) -> Result<&'static Provider, String> {
    Provider::named(server).ok_or_else(|| format!("there is no server {server:?}"))
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
