//! Which container state holds this pod up?
//!
//! [`explain`] is a pure function over the Pod that the Kubernetes API answers with; [`cluster`] asks a cluster for
//! one and [`recording`] reads one that somebody kept. The package stands apart because kube and TLS weigh more than
//! the whole charm: nothing else in the workspace depends on it.
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

/// Everything that keeps `pod` from being ready, what a person must mend first.
///
/// Empty exactly when the pod is ready and stays. Init containers run one after the other, so only the one whose turn
/// it is gets named, and containers that merely wait for it do not.
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

/// Init containers up to the one whose turn it is, then the others unless they only wait for it.
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
