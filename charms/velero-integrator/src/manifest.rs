//! The action `print-manifest`.

use backup_target::targets;
use interfaces::k8s_backup_target::Target;
use interfaces::velero_backup_config::Request;
use juju::event::Action;
use juju::{Error, Juju};
use velero_manifest::{Backup, Name, Operator, Schedule};

use crate::charm::{VeleroIntegrator, schedule};
use crate::meta::{self, PrintManifestParams};

impl VeleroIntegrator {
    pub(crate) fn print_manifest(
        &mut self,
        action: &Action<'_, PrintManifestParams>,
        juju: &Juju<'_>,
    ) -> Result<(), Error> {
        let params = &action.params;
        let Some((app, endpoint)) = params.target.split_once(':') else {
            return action.fail("write target as APPLICATION:ENDPOINT");
        };
        let model = params.model.as_deref().unwrap_or(&juju.context.model);
        let targets = targets(juju, &meta::K8S_BACKUP_TARGET)?;
        let Some(spec) = targets.get(app, endpoint, model) else {
            tracing::warn!("no request of {app}:{endpoint} in the model {model}");
            return action.fail(&format!("there is no request of {app}:{endpoint} in the model {model}"));
        };
        let (app, relation_name, model) = (app.to_owned(), endpoint.to_owned(), model.to_owned());
        let target = Target { app, relation_name, model, spec: spec.clone() };
        match manifest(target, params, action.id, juju)? {
            Ok(manifest) => action.set("manifest", manifest),
            Err(why) => action.fail(&why),
        }
    }
}

/// The object, or the reason why it can't be made. Its name is fixed, since `kubectl apply` generates no names: a backup's
/// ends with the action's number, a schedule's with the model.
fn manifest(
    target: Target,
    params: &PrintManifestParams,
    id: &str,
    juju: &Juju<'_>,
) -> Result<Result<String, String>, Error> {
    let operator = Operator {
        namespace: params.namespace.clone(),
        storage_location: params.storage_location.clone(),
        ..Operator::default()
    };
    if params.kind == "Backup" {
        let backup = Backup::new(&target, &operator, &Name::Ending(id.to_owned()));
        return Ok(backup.map(|backup| backup.json()).map_err(|error| error.to_string()));
    }
    let Ok(schedule) = schedule(&juju.config()?) else { return Ok(Err("the option schedule is invalid".to_owned())) };
    let name = Name::Ending(target.model.clone());
    let schedule = Schedule::new(&Request { target, schedule }, &operator, &name);
    let missing = "a Schedule needs the option schedule".to_owned();
    Ok(schedule.map_err(|error| error.to_string()).and_then(|schedule| schedule.map(|one| one.json()).ok_or(missing)))
}
