//! Users' secrets, for `webcharm add-secret` and its sisters.

use std::collections::BTreeMap;
use std::sync::mpsc::Sender;

use juju::{SecretContent, SecretId};
use juju_testing::{Model, ModelError, UserSecret};

use super::{Input, Session};
use crate::control::{Answer, Content, SecretRequest, SecretView};

impl Session {
    /// Answers a request about a user's secret.
    pub(super) fn secret(&self, request: SecretRequest, inputs: &Sender<Input>) -> Result<Answer, String> {
        let refused = |error: ModelError| crate::chain(&error);
        match request {
            SecretRequest::Add { name, info, content } => {
                let add = |model: &mut Model| model.add_named_secret(&name, info.as_deref(), secret(content));
                let id = self.server.with(add).map_err(refused)?;
                Ok(Answer::Secret { id: id.to_string() })
            }
            SecretRequest::Update { secret: name, new_name, info, content } => {
                let update = |model: &mut Model, id: &SecretId| {
                    model.update_user_secret(id, new_name.as_deref(), info.as_deref(), secret(content))
                };
                self.change(&name, update)?;
                Ok(self.done(self.await_settled(inputs)?))
            }
            SecretRequest::Grant { secret, apps } => self.each(&secret, &apps, Model::grant_user_secret),
            SecretRequest::Revoke { secret, apps } => self.each(&secret, &apps, Model::revoke_user_secret),
            SecretRequest::Remove { secret } => {
                self.change(&secret, |model, id| model.remove_secret(id))?;
                Ok(self.done(true))
            }
            SecretRequest::Show { secret } => {
                let found = self.server.with(|model| match &secret {
                    Some(name) => model.user_secret(name).map(|secret| vec![secret]),
                    None => Ok(model.user_secrets()),
                });
                let secrets = found.map_err(|error| unknown(&error))?.into_iter().map(view).collect();
                Ok(Answer::Secrets { secrets })
            }
        }
    }

    /// Changes the secret with this name or id.
    fn change<T>(
        &self,
        name: &str,
        change: impl FnOnce(&mut Model, &SecretId) -> Result<T, ModelError>,
    ) -> Result<T, String> {
        let changed = self.server.with(|model| {
            let id = model.user_secret(name)?.id;
            change(model, &id)
        });
        changed.map_err(|error| unknown(&error))
    }

    /// Grants or revokes. As in Juju, that is no event: the charm reads the secret at its next one.
    fn each(
        &self,
        secret: &str,
        apps: &[String],
        change: impl Fn(&mut Model, &SecretId, &str) -> Result<(), ModelError>,
    ) -> Result<Answer, String> {
        for app in apps {
            self.application(app).ok_or_else(|| self.no_application(app))?;
        }
        self.change(secret, |model, id| apps.iter().try_for_each(|app| change(model, id, app)))?;
        Ok(self.done(true))
    }
}

fn secret(content: Content) -> SecretContent {
    content.0.into_iter().map(|(key, value)| (key, value.into())).collect()
}

fn view(secret: UserSecret) -> SecretView {
    let content: BTreeMap<_, _> =
        secret.content.iter().map(|(key, value)| (key.clone(), value.expose().to_owned())).collect();
    SecretView {
        id: secret.id.id().to_owned(),
        name: secret.name,
        info: secret.info,
        revision: secret.revision,
        content: Content(content),
        readers: secret.readers,
    }
}

fn unknown(error: &ModelError) -> String {
    match error {
        ModelError::SecretNotFound(name) => format!("there is no secret {name:?}: `webcharm secrets` lists them"),
        other => crate::chain(other),
    }
}
