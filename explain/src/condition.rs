//! Reasons in the pod's own status: its phase and its conditions. The containers' states are in `container`.
//!
//! Phases and conditions are those of <https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/>.

use k8s_openapi::api::core::v1::{Pod, PodCondition};

use crate::reason::{Cause, Holder, Place, Reason, detail};

/// Returns true if the pod is ready and is not being deleted.
pub(crate) fn is_ready(pod: &Pod) -> bool {
    pod.metadata.deletion_timestamp.is_none() && condition(pod, "Ready").is_some_and(|ready| ready.status == "True")
}

/// The reasons in the pod's status, not in a container's.
pub(crate) fn reasons(pod: &Pod, place: &Place) -> Vec<Reason> {
    let one = ended(pod, place).or_else(|| deleting(pod, place)).or_else(|| unscheduled(pod, place));
    match one {
        Some(reason) => vec![reason],
        None => gates(pod),
    }
}

/// The reason for a pod without any conditions or container states.
pub(crate) fn unreported(pod: &Pod, place: &Place) -> Reason {
    let node = pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref());
    let what = match node {
        Some(node) => format!("node {node} has not reported any container yet"),
        None => "it has not been given a node yet".into(),
    };
    let remedy =
        format!("wait a moment; if it lasts, see whether the node is well, and the events: {}", place.describe());
    reason(Cause::Unreported, what, remedy)
}

fn ended(pod: &Pod, place: &Place) -> Option<Reason> {
    let status = pod.status.as_ref()?;
    match status.phase.as_deref() {
        Some("Failed") => {
            let why = status.reason.as_deref().unwrap_or("its containers ended with an error");
            let what = format!("it has failed ({why}){}", detail(status.message.as_deref()));
            let remedy = format!(
                "a failed pod never starts again: find out why with {}, then delete it so that its controller makes a new one",
                place.describe()
            );
            Some(reason(Cause::Failed, what, remedy))
        }
        Some("Succeeded") => {
            let what = "all its containers have ended without an error".into();
            Some(reason(
                Cause::Completed,
                what,
                "nothing, unless it was meant to stay up: then its restart policy is wrong".into(),
            ))
        }
        _ => None,
    }
}

fn deleting(pod: &Pod, place: &Place) -> Option<Reason> {
    let since = pod.metadata.deletion_timestamp.as_ref()?;
    let finalizers = pod.metadata.finalizers.as_deref().unwrap_or_default();
    let waits =
        if finalizers.is_empty() { String::new() } else { format!(", held by finalizers {}", finalizers.join(", ")) };
    let what = format!("it is being deleted (due {}){waits}", since.0);
    Some(reason(
        Cause::Deleting,
        what,
        format!("wait for its successor; if it stays, see the events: {}", place.describe()),
    ))
}

fn unscheduled(pod: &Pod, place: &Place) -> Option<Reason> {
    let scheduled = condition(pod, "PodScheduled").filter(|condition| condition.status == "False")?;
    let message = detail(scheduled.message.as_deref());
    if scheduled.reason.as_deref() == Some("SchedulingGated") {
        let what = format!("its scheduling is gated{message}");
        return Some(reason(
            Cause::Unschedulable,
            what,
            "the controller that set spec.schedulingGates must remove them".into(),
        ));
    }
    let remedy = format!(
        "give the cluster what the pod asks for (processor, memory, a volume, a matching node), or ask for less with \
         `juju set-constraints`; the events: {}",
        place.describe()
    );
    Some(reason(Cause::Unschedulable, format!("no node takes it{message}"), remedy))
}

/// Closed readiness gates: conditions that a controller outside the pod sets. A missing condition counts as closed.
fn gates(pod: &Pod) -> Vec<Reason> {
    let gates = pod.spec.iter().flat_map(|spec| spec.readiness_gates.iter().flatten());
    let closed = gates.filter(|gate| condition(pod, &gate.condition_type).is_none_or(|found| found.status != "True"));
    closed
        .map(|gate| {
            let message = condition(pod, &gate.condition_type).and_then(|found| found.message.as_deref());
            let what = format!("readiness gate {} is not open{}", gate.condition_type, detail(message));
            reason(Cause::Gate, what, "look at the controller that sets this condition, often an ingress's".into())
        })
        .collect()
}

fn condition<'a>(pod: &'a Pod, kind: &str) -> Option<&'a PodCondition> {
    pod.status.as_ref()?.conditions.iter().flatten().find(|condition| condition.type_ == kind)
}

fn reason(cause: Cause, what: String, remedy: String) -> Reason {
    Reason { holder: Holder::Pod, cause, what, remedy }
}
