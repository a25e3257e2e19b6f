//! Containers of the unit under test: each has a fake Pebble, which the charm's client reaches over its socket while the
//! container can be connected to.

use super::{Done, Harness, HarnessError};
use crate::workload::Workload;
use juju::{Charm, Event, WorkloadEvent, WorkloadKind};
use pebble_fake::{ExecCall, ExecReply, Pebble};
use std::path::PathBuf;
use std::sync::MutexGuard;
use std::time::Duration;

impl<C: Charm> Harness<C> {
    /// Lets the charm connect to a container, or not. It fires no event.
    ///
    /// # Errors
    /// The container is not declared, or its socket can't be made.
    pub fn set_can_connect(&mut self, container: &str, can_connect: bool) -> Done<C> {
        let open = |error| HarnessError::Io { what: "open a container's socket", error };
        self.workload(container)?.set_can_connect(can_connect).map_err(open)
    }

    /// Lets the charm connect to a container and fires pebble-ready. Without effect before [`Harness::begin`].
    ///
    /// # Errors
    /// The container is not declared, or its socket can't be made; the charm fails.
    pub fn container_pebble_ready(&mut self, container: &str) -> Done<C> {
        if !self.begun {
            return Ok(());
        }
        self.set_can_connect(container, true)?;
        self.fire_workload(container, WorkloadKind::PebbleReady)
    }

    /// The fake Pebble of a container: its plan, services, signals, commands, notices and checks, and the scripts of
    /// processes. Give it back before the next call of the charm.
    ///
    /// # Errors
    /// The container is not declared.
    pub fn pebble(&mut self, container: &str) -> Done<C, MutexGuard<'_, Pebble>> {
        Ok(self.workload(container)?.pebble())
    }

    /// The combined plan of a container.
    ///
    /// # Errors
    /// The container is not declared.
    pub fn container_plan(&mut self, container: &str) -> Done<C, pebble::plan::Plan> {
        Ok(self.pebble(container)?.plan().clone())
    }

    /// The temporary folder that is a container's `/`.
    ///
    /// # Errors
    /// The container is not declared.
    pub fn filesystem_root(&mut self, container: &str) -> Done<C, PathBuf> {
        Ok(self.pebble(container)?.root().to_owned())
    }

    /// Has commands that begin with these words end as `handler` says; see [`Pebble::handle_exec`].
    ///
    /// # Errors
    /// The container is not declared.
    pub fn handle_exec(
        &mut self,
        container: &str,
        prefix: &[&str],
        handler: impl FnMut(&ExecCall) -> ExecReply + Send + 'static,
    ) -> Done<C> {
        self.pebble(container)?.handle_exec(prefix, handler);
        Ok(())
    }

    /// Has a service of a container fail to start.
    ///
    /// # Errors
    /// The container is not declared.
    pub fn fail_service(&mut self, container: &str, service: &str) -> Done<C> {
        self.pebble(container)?.fail_service(service);
        Ok(())
    }

    /// Adds an occurrence of a custom notice, as the workload does with `pebble notify`, and returns the notice's id. The
    /// charm gets pebble-custom-notice if the notice is repeated.
    ///
    /// # Errors
    /// The container is not declared; the charm fails.
    pub fn pebble_notify(
        &mut self,
        container: &str,
        key: &str,
        data: &[(&str, &str)],
        repeat_after: Option<Duration>,
    ) -> Done<C, String> {
        let mut pebble = self.pebble(container)?;
        let repeated = |pebble: &Pebble| {
            let notices = pebble.notices().into_iter();
            notices.filter(|notice| notice.key == key).map(|notice| notice.last_repeated.to_string()).next()
        };
        let before = repeated(&pebble);
        let id = pebble.notify(key, data, repeat_after);
        let is_repeated = repeated(&pebble) != before;
        drop(pebble);
        if is_repeated {
            let (kind, key) = ("custom".to_owned(), key.to_owned());
            self.fire_workload(container, WorkloadKind::CustomNotice { id: id.clone(), kind, key })?;
        }
        Ok(id)
    }

    /// Sets a check of a container's plan up or down. The charm gets pebble-check-failed or pebble-check-recovered if
    /// that is new.
    ///
    /// # Errors
    /// The container is not declared, or its plan has no such check; the charm fails.
    pub fn set_check_status(&mut self, container: &str, check: &str, is_up: bool) -> Done<C> {
        let mut pebble = self.pebble(container)?;
        let is_down = |pebble: &Pebble| pebble.checks().iter().any(|info| info.name == check && info.status == "down");
        let before = is_down(&pebble);
        let set = pebble.set_check(check, is_up);
        drop(pebble);
        set.map_err(|_| HarnessError::Undeclared { kind: "check", name: check.to_owned(), nearest: None })?;
        let check = check.to_owned();
        match (before, is_up) {
            (false, false) => self.fire_workload(container, WorkloadKind::CheckFailed { check }),
            (true, true) => self.fire_workload(container, WorkloadKind::CheckRecovered { check }),
            _ => Ok(()),
        }
    }

    /// Lets the charm connect to all containers, and fires pebble-ready of each.
    pub(super) fn ready_all_containers(&mut self) -> Done<C> {
        let names: Vec<String> = self.charm.metadata.containers.keys().cloned().collect();
        names.iter().try_for_each(|name| self.container_pebble_ready(name))
    }

    fn workload(&mut self, container: &str) -> Done<C, &mut Workload> {
        let declared = &self.charm.metadata.containers;
        if !declared.contains_key(container) {
            let nearest = juju::nearest(container, declared.keys().map(String::as_str)).map(str::to_owned);
            return Err(HarnessError::Undeclared { kind: "container", name: container.to_owned(), nearest });
        }
        if !self.workloads.contains_key(container) {
            let dir = self.dir()?;
            self.agent.containers_dir = Some(dir.join("containers"));
            let made = Workload::new(&dir.join("containers"), &dir.join("roots"), container);
            let made = made.map_err(|error| HarnessError::Io { what: "make a container's folders", error })?;
            self.workloads.insert(container.to_owned(), made);
        }
        Ok(self.workloads.get_mut(container).expect("it was made above"))
    }

    fn fire_workload(&mut self, container: &str, kind: WorkloadKind) -> Done<C> {
        self.fire(&Event::Workload(WorkloadEvent { container: container.to_owned(), kind }))
    }
}
