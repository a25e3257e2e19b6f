//! Explains which container state keeps a pod from being ready.
//!
//! [`explain`] is a pure function of a Pod object of the Kubernetes API; [`cluster`] requests one from a cluster and
//! [`recording`] reads one from a file. No other package of the workspace depends on this one, because kube and TLS are
//! larger than the whole charm.
//!
//! ```
//! let pod = explain::recording::parse(br#"{
//!     "apiVersion": "v1", "kind": "Pod",
//!     "metadata": {"name": "shop-0", "namespace": "web"},
//!     "status": {"phase": "Pending", "containerStatuses": [{
//!         "name": "app", "image": "localhost:32000/shop:9", "imageID": "", "ready": false, "restartCount": 0,
//!         "state": {"waiting": {"reason": "ImagePullBackOff"}}
//!     }]}
//! }"#)?;
//! let reasons = explain::explain(&pod);
//! assert_eq!(reasons[0].cause, explain::Cause::Image);
//! # Ok::<(), explain::recording::Error>(())
//! ```

pub mod cluster;
mod condition;
mod container;
mod reason;
pub mod recording;

use std::cmp::Reverse;

use k8s_openapi::api::core::v1::{ContainerStatus, Pod};

pub use reason::{Cause, Holder, Place, Reason};

use container::Seat;

/// The reasons that keep `pod` from being ready, those that need a person's action first.
///
/// Empty exactly if the pod is ready and is not being deleted. Init containers run one after the other, so only the
/// current one is named; containers that only wait for it are not.
#[must_use]
pub fn explain(pod: &Pod) -> Vec<Reason> {
    if condition::is_ready(pod) {
        return Vec::new();
    }
    let place = Place::of(pod);
    let mut reasons = condition::reasons(pod, &place);
    if !reasons.iter().any(|reason| reason.cause.is_final()) {
        reasons.extend(containers(pod, &place));
    }
    if reasons.is_empty() {
        reasons.push(condition::unreported(pod, &place));
    }
    reasons.sort_by_key(|reason| Reverse(reason.cause.severity()));
    reasons
}

/// Reasons of the init containers up to the current one, then of the containers that don't only wait for it.
fn containers(pod: &Pod, place: &Place) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let mut initialised = true;
    for status in init_statuses(pod) {
        let seat = Seat::init(pod, place, status);
        reasons.extend(seat.reason());
        initialised = seat.is_passed();
        if !initialised {
            break;
        }
    }
    let others = statuses(pod).map(|status| Seat::container(pod, place, status));
    reasons.extend(others.filter(|seat| initialised || !seat.awaits_init()).filter_map(|seat| seat.reason()));
    reasons
}

fn init_statuses(pod: &Pod) -> impl Iterator<Item = &ContainerStatus> {
    pod.status.iter().flat_map(|status| status.init_container_statuses.iter().flatten())
}

fn statuses(pod: &Pod) -> impl Iterator<Item = &ContainerStatus> {
    pod.status.iter().flat_map(|status| status.container_statuses.iter().flatten())
}
