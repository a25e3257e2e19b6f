//! A reason: the pod or container at fault, the cause, its description and the remedy.

use std::fmt;

use k8s_openapi::api::core::v1::Pod;

/// A reason that keeps a pod from being ready.
///
/// Displays as two lines: the description and, indented, the remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The pod or container whose state it is.
    pub holder: Holder,
    /// The kind of fault, for programs.
    pub cause: Cause,
    /// The description, for people.
    pub what: String,
    /// The remedy.
    pub remedy: String,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}\n    {}", self.holder, self.what, self.remedy)
    }
}

/// The pod or a container of it, by its state at fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// The pod as a whole.
    Pod,
    /// An init container, by name.
    Init(String),
    /// A container, by name.
    Container(String),
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pod => write!(f, "pod"),
            Self::Init(name) => write!(f, "init container {name}"),
            Self::Container(name) => write!(f, "container {name}"),
        }
    }
}

/// Kinds of faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// No node accepts the pod.
    Unschedulable,
    /// The pod has failed for good, for instance by eviction.
    Failed,
    /// The pod has done its work and ended.
    Completed,
    /// The pod is being deleted.
    Deleting,
    /// The image can't be pulled.
    Image,
    /// Kubernetes can't put the container together: a `ConfigMap`, `Secret`, mount or command is wrong.
    Config,
    /// The container exits again and again.
    CrashLoop,
    /// The container has exited.
    Exited,
    /// The startup probe hasn't succeeded yet.
    Startup,
    /// The container runs and its readiness probe fails.
    Readiness,
    /// A readiness gate outside the pod isn't open.
    Gate,
    /// An init container is still running.
    Initialising,
    /// The container is being created.
    Creating,
    /// The kubelet gives a reason that this program doesn't know.
    Other,
    /// The node has not reported any state yet.
    Unreported,
}

impl Cause {
    /// Returns true if the containers' states add no information to this cause.
    pub(crate) fn is_final(self) -> bool {
        matches!(self, Self::Failed | Self::Completed | Self::Deleting)
    }

    /// Need for action: 2: a person must act. 1: a person may have to act. 0: it passes by itself.
    pub(crate) fn severity(self) -> u8 {
        match self {
            Self::Creating | Self::Initialising | Self::Unreported | Self::Deleting => 0,
            Self::Startup | Self::Readiness | Self::Gate | Self::Completed => 1,
            Self::Unschedulable
            | Self::Failed
            | Self::Image
            | Self::Config
            | Self::CrashLoop
            | Self::Exited
            | Self::Other => 2,
        }
    }
}

/// The pod's name and namespace, for the commands that a remedy names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The pod's name.
    pub pod: String,
    /// Its namespace, which is the name of a Juju model.
    pub namespace: String,
}

impl Place {
    /// The place that `pod` names in its metadata.
    #[must_use]
    pub fn of(pod: &Pod) -> Self {
        Self {
            pod: pod.metadata.name.clone().unwrap_or_else(|| "POD".into()),
            namespace: pod.metadata.namespace.clone().unwrap_or_else(|| "default".into()),
        }
    }

    /// The command that shows the pod's events.
    pub(crate) fn describe(&self) -> String {
        format!("`kubectl describe pod {} -n {}`", self.pod, self.namespace)
    }

    /// The command that shows a container's output; with `previous`, of the run before this one.
    pub(crate) fn logs(&self, container: &str, previous: bool) -> String {
        let previous = if previous { " --previous" } else { "" };
        format!("`kubectl logs {} -c {container} -n {}{previous}`", self.pod, self.namespace)
    }
}

/// `text` on one line, cut at 300 characters: the kubelet quotes whole answers of registries.
pub(crate) fn brief(text: &str) -> String {
    const MOST: usize = 300;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// `: ` and the text; empty without a text.
pub(crate) fn detail(message: Option<&str>) -> String {
    match message.map(brief) {
        Some(message) if !message.is_empty() => format!(": {message}"),
        _ => String::new(),
    }
}
