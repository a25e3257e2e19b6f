//! `webcharm deploy`: prepares an application in the folder of a running model, and hands it over to the model's process.
//!
//! This process packs the charm and builds the rock, so that paths, variables and Ctrl-C are those of the user's terminal
//! and the model goes on meanwhile. Until the application is in the model, its folder goes with this process; a Ctrl-C
//! after that removes the application again.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rock::{Cancel, Work};

use super::build::Plan;
use super::{Error, system};
use crate::control::{Answer, Request, ask};
use crate::provider::Provider;
use crate::signals::{self, Begun};
use crate::ui::Ui;
use crate::{cache, cli, control, project, runtime};

/// Prepares an application, adds it to the running model, and waits until that has settled. Returns the model's answer.
///
/// # Errors
/// When no model is up, the name is taken or invalid, the charm or rock can't be prepared, or the model refuses.
pub fn run(model: &str, args: &cli::Deploy) -> Result<Answer, Error> {
    let (cancel, begun) = (Arc::new(Cancel::default()), Begun::default());
    signals::catch(Arc::clone(&cancel), begun.clone(), || {}).map_err(system("catch signals"))?;
    let folder = runtime::folder(model)?;
    let Answer::Status { status } = ask(model, &Request::Status)? else { return Err(Error::Answer) };
    if let Some(server) = server_meant(&args.source.folder) {
        return Err(Error::IsServer(server));
    }
    let plan = Plan::beside(&args.source)?;
    let name = args.name.as_deref().unwrap_or(plan.name());
    project::check_application(name)?;
    if status.applications.contains_key(name) {
        return Err(Error::Taken(name.to_owned()));
    }
    runtime::check_length(&folder, [name, plan.container()])?;
    let units = plan.units(args.num_units)?;
    begun.set();
    let ui = Ui::new(Arc::clone(&cancel), &folder);
    let handed_over = hand_over(model, &plan, name, units, &folder, &ui);
    if handed_over.is_err() && !control::is_up(&folder) {
        // The model has ended meanwhile: its folder may have come back with a file of the build.
        runtime::clear(model)?;
    }
    if !cancel.is_thrown() {
        return handed_over;
    }
    if handed_over.is_ok() {
        ask(model, &Request::RemoveApplication { app: name.to_owned() })?;
    }
    Err(Error::Interrupted)
}

/// The server that `folder` names, if there is no such folder: `juju deploy` takes names of charms.
fn server_meant(folder: &Path) -> Option<&'static Provider> {
    folder.to_str().filter(|_| !folder.exists()).and_then(Provider::named)
}

/// Prepares the application, and waits until the model has settled with it.
fn hand_over(model: &str, plan: &Plan, name: &str, units: u32, folder: &Path, ui: &Ui) -> Result<Answer, Error> {
    let room = Room::make(folder).map_err(system("make the application's folder"))?;
    let application = plan.unpack(name, room.dir())?;
    let image = plan.build(&application, ui)?;
    if ui.cancel().is_thrown() {
        return Err(Error::Interrupted);
    }
    let cached = cache::entries(&image)?.into_iter().collect();
    let answer = ask(model, &Request::Deploy { application, cached, units })?;
    room.hand_over();
    Ok(answer)
}

/// A new folder in that of the model. Dropping it removes it, unless the model has taken it over.
struct Room(Option<PathBuf>);

impl Room {
    /// Makes a folder with a name that no other process takes.
    fn make(model: &Path) -> io::Result<Self> {
        let all = model.join("applications");
        fs::create_dir_all(&all)?;
        let mut names = (0_u32..).map(|turn| all.join(format!("{}-{turn}", std::process::id())));
        let made = names.find_map(|dir| match fs::create_dir(&dir) {
            Ok(()) => Some(Ok(dir)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => None,
            Err(error) => Some(Err(error)),
        });
        made.unwrap_or_else(|| Err(io::ErrorKind::AlreadyExists.into())).map(|dir| Self(Some(dir)))
    }

    fn dir(&self) -> &Path {
        self.0.as_deref().unwrap_or(Path::new(""))
    }

    fn hand_over(mut self) {
        self.0 = None;
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        // A folder that can't be removed goes with the model.
        let _ = self.0.as_deref().map(fs::remove_dir_all);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_s_name_is_answered_by_the_verbs_that_start_it() {
        let said = |name: &str| server_meant(Path::new(name)).map(|server| Error::IsServer(server).to_string());
        assert_eq!(
            said("redis-k8s").unwrap(),
            "redis-k8s is a server of the playground's: `webcharm integrate redis` starts it, and then `webcharm add-unit redis` adds a unit"
        );
        assert_eq!(
            said("mysql").unwrap(),
            "mysql-k8s is a server of the playground's: `webcharm integrate mysql` starts it"
        );
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("redis");
        fs::create_dir(&folder).unwrap();
        assert_eq!((said(folder.to_str().unwrap()), said("shop")), (None, None));
    }
}
