//! Reasons in a container's state: waiting, terminated, or running and not ready.
//!
//! The reasons of a waiting container are words of the kubelet and the runtime. The API has no enumeration of them, so
//! an unknown word is passed on with its message.

use k8s_openapi::api::core::v1::{
    Container, ContainerStateTerminated, ContainerStateWaiting, ContainerStatus, Pod, Probe,
};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::reason::{Cause, Holder, Place, Reason, detail};

/// A container in its pod: its state and its specification.
pub(crate) struct Seat<'a> {
    place: &'a Place,
    holder: Holder,
    status: &'a ContainerStatus,
    spec: Option<&'a Container>,
    /// True if the restart policy restarts it whenever it ends.
    restarts: bool,
}

impl<'a> Seat<'a> {
    /// The seat of an init container, or of a sidecar, which is an init container that is restarted always.
    pub(crate) fn init(pod: &'a Pod, place: &'a Place, status: &'a ContainerStatus) -> Self {
        let specs = pod.spec.iter().flat_map(|spec| spec.init_containers.iter().flatten());
        let spec = specs.into_iter().find(|spec| spec.name == status.name);
        let restarts = spec.is_some_and(|spec| spec.restart_policy.as_deref() == Some("Always"));
        Self { place, holder: Holder::Init(status.name.clone()), status, spec, restarts }
    }

    /// The seat of an ordinary container.
    pub(crate) fn container(pod: &'a Pod, place: &'a Place, status: &'a ContainerStatus) -> Self {
        let spec = pod.spec.iter().flat_map(|spec| &spec.containers).find(|spec| spec.name == status.name);
        let policy = pod.spec.as_ref().and_then(|spec| spec.restart_policy.as_deref());
        let restarts = policy.is_none_or(|policy| policy == "Always");
        Self { place, holder: Holder::Container(status.name.clone()), status, spec, restarts }
    }

    /// Returns true if the next init container may start: this one succeeded, or is a sidecar that has started.
    pub(crate) fn is_passed(&self) -> bool {
        if self.restarts { self.status.started == Some(true) } else { self.has_ended_well() }
    }

    /// Returns true if it only waits for the init containers.
    pub(crate) fn awaits_init(&self) -> bool {
        self.waiting().is_some_and(|waiting| waiting.reason.as_deref() == Some("PodInitializing"))
    }

    /// The reason why this container keeps the pod from being ready, if it does.
    pub(crate) fn reason(&self) -> Option<Reason> {
        if let Some(waiting) = self.waiting() {
            return Some(self.waits(waiting));
        }
        let state = self.status.state.as_ref()?;
        if let Some(ended) = &state.terminated {
            return (self.restarts || ended.exit_code != 0).then(|| self.ended(ended));
        }
        state.running.as_ref()?;
        self.runs()
    }

    fn waiting(&self) -> Option<&'a ContainerStateWaiting> {
        self.status.state.as_ref()?.waiting.as_ref()
    }

    fn last(&self) -> Option<&'a ContainerStateTerminated> {
        self.status.last_state.as_ref()?.terminated.as_ref()
    }

    fn has_ended_well(&self) -> bool {
        let state = self.status.state.as_ref();
        state.and_then(|state| state.terminated.as_ref()).is_some_and(|ended| ended.exit_code == 0)
    }

    fn waits(&self, waiting: &ContainerStateWaiting) -> Reason {
        let word = waiting.reason.as_deref().unwrap_or("no reason given");
        let message = detail(waiting.message.as_deref());
        match word {
            "CrashLoopBackOff" => self.crash_loop(),
            "ImagePullBackOff"
            | "ErrImagePull"
            | "InvalidImageName"
            | "ErrImageNeverPull"
            | "ImageInspectError"
            | "RegistryUnavailable"
            | "SignatureValidationFailed" => self.image(word, &message),
            "CreateContainerConfigError" => {
                let remedy = format!(
                    "create or correct the ConfigMap, Secret or mount that this names, in namespace {}; Kubernetes then tries again",
                    self.place.namespace
                );
                self.because(
                    Cause::Config,
                    format!("its configuration cannot be put together ({word}){message}"),
                    remedy,
                )
            }
            "CreateContainerError"
            | "RunContainerError"
            | "PreCreateHookError"
            | "PreStartHookError"
            | "PostStartHookError" => {
                let remedy = format!(
                    "correct what this names, often a command or a mount that is not in the image; the events: {}",
                    self.place.describe()
                );
                self.because(Cause::Config, format!("it cannot be started ({word}){message}"), remedy)
            }
            "ContainerCreating" | "PodInitializing" => {
                let remedy = format!(
                    "wait; if it lasts longer than a minute or two, the events say whether a volume, a secret or the network is missing: {}",
                    self.place.describe()
                );
                self.because(Cause::Creating, format!("it is being created{message}"), remedy)
            }
            _ => self.because(
                Cause::Other,
                format!("it waits ({word}){message}"),
                format!("see the events: {}", self.place.describe()),
            ),
        }
    }

    fn image(&self, word: &str, message: &str) -> Reason {
        let image = self.spec.and_then(|spec| spec.image.as_deref()).unwrap_or(&self.status.image);
        let remedy = "check that name and tag exist and that the cluster may pull them (network, credentials); a charm's image is \
                      changed with `juju refresh APPLICATION --resource NAME=IMAGE`";
        self.because(Cause::Image, format!("image {image} cannot be pulled ({word}){message}"), remedy.into())
    }

    fn crash_loop(&self) -> Reason {
        let count = times(self.status.restart_count);
        let Some(last) = self.last() else {
            let remedy = self.place.logs(&self.status.name, true);
            return self.because(
                Cause::CrashLoop,
                format!("it keeps ending; restarted {count}"),
                format!("read what it said last: {remedy}"),
            );
        };
        let what = format!("it keeps ending, last with {}; restarted {count}", exit(last));
        self.because(Cause::CrashLoop, what, self.mend(last, true))
    }

    fn ended(&self, ended: &ContainerStateTerminated) -> Reason {
        let before = self.last().map(|last| format!("; the time before with {}", exit(last))).unwrap_or_default();
        self.because(Cause::Exited, format!("it has ended with {}{before}", exit(ended)), self.mend(ended, false))
    }

    /// The remedy for a container that ended.
    fn mend(&self, ended: &ContainerStateTerminated, previous: bool) -> String {
        let logs = self.place.logs(&self.status.name, previous);
        match (ended.reason.as_deref(), ended.exit_code) {
            (Some("OOMKilled"), _) => {
                format!("give it more memory (`juju set-constraints APPLICATION mem=2G`) or find what uses it: {logs}")
            }
            (_, 126) => format!("its command may not be executed: check the file's mode in the image: {logs}"),
            (_, 127) => format!("its command is not in the image: correct the command or the image: {logs}"),
            (_, 0) => format!("it should stay up: its command must not end or go to the background: {logs}"),
            _ => format!("read what it said last: {logs}"),
        }
    }

    fn runs(&self) -> Option<Reason> {
        let history = self
            .last()
            .map(|last| format!("; restarted {}, last after {}", times(self.status.restart_count), exit(last)));
        let history = history.unwrap_or_default();
        if matches!(self.holder, Holder::Init(_)) && !self.restarts {
            let remedy = format!("wait for it to end; what it is doing: {}", self.place.logs(&self.status.name, false));
            return Some(self.because(
                Cause::Initialising,
                format!("it is still running, and the others wait for it{history}"),
                remedy,
            ));
        }
        if self.status.ready {
            return None;
        }
        if self.status.started == Some(false) {
            let probe = self.probe(|spec| spec.startup_probe.as_ref(), "startup");
            return Some(self.because(
                Cause::Startup,
                format!("it runs and {probe} has not succeeded yet{history}"),
                self.unready(),
            ));
        }
        let probe = self.probe(|spec| spec.readiness_probe.as_ref(), "readiness");
        Some(self.because(Cause::Readiness, format!("it runs and {probe} fails{history}"), self.unready()))
    }

    fn probe(&self, which: impl Fn(&'a Container) -> Option<&'a Probe>, name: &str) -> String {
        match self.spec.and_then(which).and_then(asks) {
            Some(asks) => format!("its {name} probe ({asks})"),
            None => format!("its {name} probe"),
        }
    }

    /// The remedy for a container that runs and is not ready. A Juju workload's probe reads its Pebble's checks.
    fn unready(&self) -> String {
        let name = &self.status.name;
        let logs = self.place.logs(name, false);
        let probe = self.spec.and_then(|spec| spec.readiness_probe.as_ref()).and_then(asks);
        if probe.is_some_and(|asks| asks.contains("/v1/health")) {
            let Place { pod, namespace } = self.place;
            return format!(
                "one of Pebble's checks fails: `kubectl exec {pod} -c {name} -n {namespace} -- /charm/bin/pebble checks`"
            );
        }
        format!("find out why the probe fails: {logs}")
    }

    fn because(&self, cause: Cause, what: String, remedy: String) -> Reason {
        Reason { holder: self.holder.clone(), cause, what, remedy }
    }
}

/// A probe's action, in a few words.
fn asks(probe: &Probe) -> Option<String> {
    if let Some(http) = &probe.http_get {
        return Some(format!("GET {} on port {}", http.path.as_deref().unwrap_or("/"), port(&http.port)));
    }
    if let Some(tcp) = &probe.tcp_socket {
        return Some(format!("connect to port {}", port(&tcp.port)));
    }
    if let Some(grpc) = &probe.grpc {
        return Some(format!("gRPC on port {}", grpc.port));
    }
    let exec = probe.exec.as_ref()?;
    Some(format!("run {}", exec.command.as_deref().unwrap_or_default().join(" ")))
}

fn port(port: &IntOrString) -> String {
    match port {
        IntOrString::Int(number) => number.to_string(),
        IntOrString::String(name) => name.clone(),
    }
}

/// A container's end in words: exit code, the runtime's reason unless it is only "Error", and its message.
fn exit(ended: &ContainerStateTerminated) -> String {
    let word = ended.reason.as_deref().filter(|word| !matches!(*word, "Error" | "Completed"));
    let why = match (word, ended.exit_code) {
        (Some(word), _) => format!(" ({word})"),
        (None, 137) => " (killed)".into(),
        (None, 143) => " (asked to end)".into(),
        (None, code @ 129..=159) => format!(" (signal {})", code - 128),
        _ => String::new(),
    };
    format!("exit code {}{why}{}", ended.exit_code, detail(ended.message.as_deref()))
}

fn times(count: i32) -> String {
    if count == 1 { "once".into() } else { format!("{count} times") }
}
