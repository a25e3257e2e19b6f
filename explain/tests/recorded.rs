//! Recorded pods and the reasons that each of them shows.

use explain::Cause::{
    self, Completed, Config, CrashLoop, Creating, Deleting, Exited, Failed, Gate, Image, Initialising, Other,
    Readiness, Startup, Unreported, Unschedulable,
};
use explain::{explain, recording};
use proptest::collection::vec;
use proptest::prelude::{Strategy, any, proptest};
use serde_json::{Value, json};

use crate::server::fixture;

/// A recording, its holders and causes, and a word of the first reason.
type Recording = (&'static str, &'static [(&'static str, Cause)], &'static str);

#[test]
fn recordings() {
    let cases: &[Recording] = &[
        ("ready", &[], ""),
        ("config-error", &[("container app", Config)], "secret \"shop-application-config\" not found"),
        ("crash-loop", &[("container app", CrashLoop)], "last with exit code 1; restarted 5 times"),
        ("creating", &[("init container charm-init", Creating)], "being created"),
        ("deleting", &[("pod", Deleting)], "2026-11-03T10:00:00Z"),
        ("evicted", &[("pod", Failed)], "(Evicted): The node was low on resource: memory."),
        ("exited", &[("container app", Exited)], "exit code 127: /bin/sh: 1: gunicorn: not found"),
        ("image-pull-back-off", &[("container app", Image)], "localhost:32000/shop:9: not found"),
        ("image-pull-error", &[("container app", Image)], "connection refused"),
        ("init-crash-loop", &[("init container charm-init", CrashLoop)], "restarted 9 times"),
        ("init-running", &[("init container charm-init", Initialising)], "the others wait for it"),
        ("not-ready", &[("container app", Readiness)], "GET /v1/health?level=ready on port 38813"),
        ("out-of-memory", &[("container app", CrashLoop)], "exit code 137 (OOMKilled)"),
        ("run-error", &[("container app", Config)], "stat /charm/bin/pebble: no such file"),
        ("several", &[("container charm", Image), ("container app", Readiness)], "charm-base:ubuntu-22.04"),
        ("unschedulable", &[("pod", Unschedulable)], "2 Insufficient memory"),
    ];
    for (name, expected, word) in cases {
        let reasons = explain(&recording::read(&fixture(name)).unwrap());
        let found: Vec<_> = reasons.iter().map(|reason| (reason.holder.to_string(), reason.cause)).collect();
        let expected: Vec<_> = expected.iter().map(|(holder, cause)| ((*holder).to_owned(), *cause)).collect();
        assert_eq!(found, expected, "{name}");
        assert!(reasons.first().is_none_or(|reason| reason.what.contains(word)), "{name}: {reasons:#?}");
        assert!(reasons.iter().all(|reason| !reason.remedy.is_empty()), "{name}: {reasons:#?}");
    }
}

#[test]
fn every_recording_is_in_the_table() {
    let folder = fixture("ready").parent().unwrap().to_owned();
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    assert_eq!(files.filter(|path| path.extension().is_some_and(|end| end == "json")).count(), 16);
}

/// A pod of one container `app`, with this spec and these keys in the container's status (`pod.KEY`: in the pod's).
fn pod(spec: &Value, status: &Value) -> Value {
    let mut one = json!({"name": "app", "image": "i", "imageID": "", "ready": false, "restartCount": 0});
    let mut whole = json!({"phase": "Running"});
    for (key, value) in status.as_object().unwrap() {
        let target = if key.starts_with("pod.") { &mut whole } else { &mut one };
        target[key.trim_start_matches("pod.")] = value.clone();
    }
    if whole.get("containerStatuses").is_none() {
        whole["containerStatuses"] = json!([one]);
    }
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec, "status": whole})
}

/// Pods that need no recording of their own: pod, cause, and a word of the reason.
#[test]
fn shapes() {
    let plain = json!({"containers": [{"name": "app"}]});
    let never = json!({"containers": [{"name": "app"}], "restartPolicy": "Never"});
    let gate = json!({"containers": [{"name": "app"}], "readinessGates": [{"conditionType": "example.com/lb"}]});
    let probes = json!({"containers": [{"name": "app", "startupProbe": {"tcpSocket": {"port": "web"}}}]});
    let running = json!({"running": {}});
    let cases = [
        (
            pod(&plain, &json!({"state": {"waiting": {"reason": "Sulking", "message": "a\n b"}}})),
            Other,
            "it waits (Sulking): a b",
        ),
        (pod(&plain, &json!({"state": {"waiting": {}}})), Other, "no reason given"),
        (pod(&plain, &json!({"state": {"waiting": {"reason": "InvalidImageName"}}})), Image, "image i cannot"),
        (
            pod(&plain, &json!({"state": {"waiting": {"reason": "CrashLoopBackOff"}}, "restartCount": 1})),
            CrashLoop,
            "restarted once",
        ),
        (pod(&plain, &json!({"state": {"terminated": {"exitCode": 0}}})), Exited, "exit code 0"),
        (pod(&plain, &json!({"state": {"terminated": {"exitCode": 139}}})), Exited, "exit code 139 (signal 11)"),
        (pod(&never, &json!({"state": {"terminated": {"exitCode": 0}}})), Unreported, "not been given a node"),
        (pod(&never, &json!({"pod.phase": "Succeeded"})), Completed, "without an error"),
        (pod(&probes, &json!({"state": running, "started": false})), Startup, "connect to port web"),
        (pod(&plain, &json!({"state": running, "started": true})), Readiness, "its readiness probe fails"),
        (pod(&gate, &json!({"state": running, "ready": true})), Gate, "example.com/lb"),
        (pod(&plain, &json!({"pod.containerStatuses": null})), Unreported, "not been given a node"),
    ];
    for (pod, cause, word) in cases {
        let reasons = explain(&serde_json::from_value(pod.clone()).unwrap());
        assert_eq!(reasons.len(), 1, "{pod}: {reasons:#?}");
        assert_eq!(reasons[0].cause, cause, "{pod}");
        assert!(reasons[0].what.contains(word), "{pod}: {reasons:#?}");
    }
}

/// A sidecar is an init container that stays: the others start once it has started, and it must be ready itself.
#[test]
fn a_sidecar_lets_the_others_pass() {
    let spec =
        json!({"containers": [{"name": "app"}], "initContainers": [{"name": "mesh", "restartPolicy": "Always"}]});
    let mesh = |started: bool| {
        json!([{"name": "mesh", "image": "m", "imageID": "", "ready": false, "restartCount": 0, "started": started,
                "state": {"running": {}}}])
    };
    let app = json!({"reason": "ErrImagePull"});
    for (started, expected) in [(false, &[Startup][..]), (true, &[Image, Readiness])] {
        let status = json!({"state": {"waiting": app}, "pod.initContainerStatuses": mesh(started)});
        let mut shape = pod(&spec, &status);
        if !started {
            shape["status"]["containerStatuses"][0]["state"]["waiting"]["reason"] = json!("PodInitializing");
        }
        let reasons = explain(&serde_json::from_value(shape).unwrap());
        assert_eq!(reasons.iter().map(|reason| reason.cause).collect::<Vec<_>>(), expected, "{reasons:#?}");
    }
}

#[test]
fn a_long_message_is_cut() {
    let message = "é".repeat(5000);
    let shape =
        pod(&json!({"containers": []}), &json!({"state": {"waiting": {"reason": "ErrImagePull", "message": message}}}));
    let reasons = explain(&serde_json::from_value(shape).unwrap());
    assert!(reasons[0].what.ends_with('…'), "{reasons:#?}");
    assert!(reasons[0].what.chars().count() < 400);
}

#[test]
fn a_text_that_is_no_pod_is_refused() {
    let texts =
        ["", "[]", "{}", r#"{"apiVersion": "v1", "kind": "List", "items": []}"#, r#"{"kind": "Status", "code": 404}"#];
    for text in texts {
        let parsed = recording::parse(text.as_bytes());
        assert!(parsed.is_err(), "{text}: {parsed:?}");
    }
}

/// Removes the `index`th node of `value`.
fn prune(value: &mut Value, index: &mut usize) {
    let children: Vec<&mut Value> = match value {
        Value::Object(map) => map.values_mut().collect(),
        Value::Array(list) => list.iter_mut().collect(),
        _ => return,
    };
    for child in children {
        if *index == 0 {
            *child = Value::Null;
            return;
        }
        *index -= 1;
        prune(child, index);
    }
}

fn names() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(std::vec!["several", "init-crash-loop", "exited", "unschedulable", "deleting"])
}

proptest! {
    /// With any keys missing, there is no panic, and a pod that isn't ready has a reason.
    #[test]
    fn a_recording_with_holes(name in names(), holes in vec(0..300_usize, 1..6), cut in any::<bool>()) {
        let mut value: Value = serde_json::from_slice(&std::fs::read(fixture(name)).unwrap()).unwrap();
        for mut hole in holes {
            prune(&mut value, &mut hole);
        }
        if cut {
            value["status"]["conditions"] = Value::Null;
        }
        if let Ok(pod) = serde_json::from_value(value.clone()) {
            let mut conditions = value["status"]["conditions"].as_array().into_iter().flatten();
            let ready = conditions.any(|condition| condition["type"] == "Ready" && condition["status"] == "True");
            let stays = value["metadata"]["deletionTimestamp"].is_null();
            proptest::prop_assert_eq!(explain(&pod).is_empty(), ready && stays);
        }
    }
}
