//! A new model with its first application.

use std::net::TcpListener;

use juju_testing::{Model, Server, install_tools};

use super::build::Plan;
use super::{Error, system};
use crate::binaries;
use crate::network::Subnet;
use crate::runtime::Runtime;
use crate::session::{Application, Places, Session, deploy};
use crate::ui::Ui;

/// Makes and serves a model with the application that `plan` describes, which has one unit; unpacks its charm and
/// installs the hook tools. `listener` is the application's port on this machine.
pub(super) fn session(
    plan: &Plan,
    name: &str,
    runtime: &Runtime,
    listener: TcpListener,
    ui: &Ui,
) -> Result<Session, Error> {
    let places = Places {
        tools: runtime.subfolder("tools")?,
        launcher: runtime.subfolder("launcher")?,
        containers: runtime.subfolder("containers")?,
        runtime: runtime.dir().to_owned(),
        program: binaries::own()?,
    };
    install_tools(&places.tools, &places.program).map_err(system("install the hook tools"))?;
    let launcher = places.launcher.join("dispatch");
    std::os::unix::fs::symlink(&places.program, launcher).map_err(system("make the launcher of hooks"))?;
    let prepared = plan.unpack(plan.name(), &runtime.subfolder("applications/0")?)?;
    let outside = listener.local_addr().map_err(system("learn the port"))?.port();
    // This process builds the rock, and so holds what it takes from the cache.
    let held = Vec::new();
    let files = plan.files().clone();
    let app = Application { prepared, files, subnet: Subnet::FIRST, listener, outside, held };
    let mut model = Model::new(name);
    deploy(&mut model, &app, 1)?;
    let server = Server::start(model, runtime.dir()).map_err(system("serve the model"))?;
    Ok(Session::new(server, app, places, ui.clone()))
}
