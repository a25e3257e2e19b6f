//! The provider's half of [`velero_backup_config`](super): the operator of Velero. It only reads.

use juju::{Databag, Needs, View};
use serde_json::Value;

use super::{Cron, CronError, LIST, Request, Schedule};
use crate::field;
use crate::json;
use crate::k8s_backup_target::{self, Node, Target};
use crate::read::{Read, Stop};

/// Parts of the relation that the provider reads.
pub const NEEDS: Needs = k8s_backup_target::NEEDS;

/// The requests of one relation: the list if its key is there, else the flat keys. The first library's requirers name no
/// model; theirs is `own_model`, the provider's.
#[must_use]
pub fn read(view: &View, own_model: &str) -> Read<Vec<Request>> {
    let view = with_model(view, own_model);
    k8s_backup_target::read(&view).and_then(|targets| requests(&view.remote_app, targets).into())
}

fn with_model(view: &View, own_model: &str) -> View {
    let mut view = view.clone();
    let bag = &mut view.remote_app;
    if bag.text(LIST).is_none() && bag.text("app").is_some() && bag.text("model").is_none() {
        bag.insert("model".to_owned(), own_model.to_owned());
    }
    view
}

/// Adds each target's schedule, which stands among its filters.
fn requests(bag: &Databag, targets: Vec<Target>) -> Result<Vec<Request>, Stop> {
    let list: Option<Value> = json::value(bag, LIST, "a list")?;
    let flat: Value = json::value(bag, "spec", "an object")?.unwrap_or_default();
    let node = |at: usize| match &list {
        Some(list) => Node::new(format!("{LIST}[{at}].spec"), &list[at]["spec"]),
        None => Node::new("spec".to_owned(), &flat),
    };
    let request = |(at, target)| Ok(Request { target, schedule: schedule(&node(at))? });
    targets.into_iter().enumerate().map(request).collect()
}

fn schedule(spec: &Node<'_>) -> Result<Schedule, Stop> {
    let flag = |key| spec.flag(key).map(Option::unwrap_or_default);
    Ok(Schedule {
        cron: spec.optional("schedule", cron)?.flatten(),
        paused: flag("paused")?,
        skip_immediately: flag("skip_immediately")?,
        use_owner_references_in_backup: flag("use_owner_references_in_backup")?,
    })
}

/// Times of a schedule; an empty text counts as unset.
fn cron(node: &Node<'_>) -> Result<Option<Cron>, Stop> {
    let text = node.text()?;
    field::within(node.path(), text, field::MAX_BYTES)?;
    let cron = Some(text).filter(|text| !text.is_empty()).map(str::parse).transpose();
    cron.map_err(|error: CronError| Stop::invalid(node.path(), &format!("it {error}")))
}
