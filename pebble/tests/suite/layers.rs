//! Layers and the plan they make.

use pebble::plan::Layer;
use serde_json::{Value, json};

use crate::case::{Case, case, case_with, held};
use crate::daemon::Start;

const WEB: &str = "\
summary: the web
description: |
    Two
    lines.
services:
    web:
        override: replace
        summary: Web
        command: sleep 1000 \"a b\"
        startup: enabled
        after: [db]
        requires: [db]
        environment:
            PORT: 8000
            DEBUG: yes
            EMPTY:
            QUOTED: \"a: b\"
        working-dir: /tmp
        on-failure: ignore
        on-success: restart
        backoff-delay: 1s
        backoff-factor: 1.5
        backoff-limit: 90s
        kill-delay: 500ms
    db:
        override: replace
        command: sleep 1000
        before: [web]
";

fn add(case: &mut Case, label: &str, combine: bool, layer: &str) -> Value {
    let body = json!({"action": "add", "combine": combine, "label": label, "format": "yaml", "layer": layer});
    let answer = case.post("/v1/layers", &body);
    case.get("/v1/plan?format=yaml");
    answer
}

#[test]
fn an_empty_plan() {
    case("plan-empty", |case| {
        case.get("/v1/plan?format=yaml");
        case.get("/v1/plan");
        case.get("/v1/plan?format=json");
        case.get("/v1/services");
        let plan = case.client().plan();
        case.typed("plan", plan).unwrap();
    });
}

#[test]
fn layers_are_added_merged_and_replaced() {
    case("layers", |case| {
        add(case, "web", false, WEB);
        case.get("/v1/services");
        add(case, "web", false, "services: {}");
        add(
            case,
            "web",
            true,
            "services: {web: {override: merge, command: sleep 2000, environment: {PORT: 9000, MORE: 1}}}",
        );
        add(
            case,
            "top",
            true,
            "services: {web: {override: merge, after: [cache], startup: disabled}, cache: {override: replace, command: 'true'}}",
        );
        add(case, "top", true, "services: {db: {override: replace, command: 'false'}}");
        add(case, "web", true, "services: {db: {override: merge, command: 'hidden'}}");
        add(case, "comment", false, "# nothing\n");
        let plan = case.client().plan();
        case.typed("plan", plan).unwrap();
    });
}

#[test]
fn the_client_sends_layers_that_any_reader_understands() {
    case("layer-typed", |case| {
        let layer = Layer::parse(WEB.as_bytes()).unwrap();
        let client = case.client();
        case.typed("add_layer", client.add_layer("web", &layer, true)).unwrap();
        assert_eq!(client.plan().unwrap().services, layer.services);
        case.get("/v1/plan?format=yaml");
        case.typed("add_layer again", client.add_layer("web", &layer, false)).unwrap_err();
    });
}

#[test]
fn awkward_values_keep_their_text() {
    case("layer-awkward", |case| {
        let values = [
            "yes",
            "no",
            "on",
            "~",
            "null",
            "1e3",
            "0o17",
            "0x1f",
            "12:30:45",
            "<<",
            "=",
            "2024-01-01",
            " padded ",
            "",
            "a\nb",
            "- a",
            "# no comment",
            "'",
            "\"",
            "\\",
            "tab\there",
            "ü€😀",
            "%",
            "@",
            "`",
            "{a}",
            "[a]",
            "a: b",
            "a #b",
            "-",
            "?",
            "!x",
            "&x",
            "*x",
            "|",
            ">",
            "1_000",
            ".5",
            "+1",
            "0.10",
            "True",
        ];
        let environment: Value = values
            .iter()
            .enumerate()
            .map(|(n, value)| (format!("V{n:02}"), json!(value)))
            .collect::<serde_json::Map<_, _>>()
            .into();
        let layer = json!({"services": {"a": {"override": "replace", "command": "true", "environment": environment}}});
        add(case, "awkward", false, &layer.to_string());
        let plan = case.client().plan().unwrap();
        for (n, value) in values.iter().enumerate() {
            assert_eq!(plan.services["a"].environment.get(&format!("V{n:02}")).map(String::as_str), Some(*value));
        }
    });
}

#[test]
fn what_is_no_layer_is_refused() {
    case("layers-refused", |case| {
        for (n, layer) in [
            "services: {a: {command: 'true'}}",
            "services: {a: {override: replace}}",
            "services: {a: {override: sometimes, command: 'true'}}",
            "services: {a: {override: merge, command: 'true'}}",
            "services: {a: {override: replace, command: ''}}",
            "services: {a: {override: replace, command: 'unclosed \"quote'}}",
            "services: {a: {override: replace, command: 'true', startup: maybe}}",
            "services: {a: {override: replace, command: 'true', on-success: explode}}",
            "services: {a: {override: replace, command: 'true', on-failure: explode}}",
            "services: {a: {override: replace, command: 'true', kill-delay: soon}}",
            "services: {a: {override: replace, command: 'true', backoff-delay: 1}}",
            "services: {a: {override: replace, command: 'true', backoff-factor: 0.5}}",
            "services: {a: {override: replace, command: 'true', requires: [b]}}",
            "services: {a: {override: replace, command: 'true', after: [b]}}",
            "services: {a: {override: replace, command: 'true', nonsense: 1}}",
            "services: {a: }",
            "services: {'': {override: replace, command: 'true'}}",
            "services: [a]",
            "services: {a: {override: replace, command: 'true', environment: [A]}}",
            "services: {a: {override: replace, command: 'true', after: b}}",
            "services: {a: {override: replace, command: 'true', user-id: x}}",
            "nonsense: 1",
            "- a",
            "a: b: c",
            "",
            "'unclosed",
        ]
        .into_iter()
        .enumerate()
        {
            case.post(
                "/v1/layers",
                &json!({"action": "add", "label": format!("l{n}"), "format": "yaml", "layer": layer}),
            );
        }
        case.post("/v1/layers", &json!({"action": "remove", "label": "l", "format": "yaml", "layer": ""}));
        case.post("/v1/layers", &json!({"action": "add", "format": "yaml", "layer": ""}));
        case.post("/v1/layers", &json!({"action": "add", "label": "l", "format": "json", "layer": "{}"}));
        case.post("/v1/layers", &json!({"action": "add", "label": "pebble-x", "format": "yaml", "layer": "{}"}));
        case.get("/v1/plan?format=yaml");
    });
}

#[test]
fn circles_among_services_are_refused() {
    case("layers-circle", |case| {
        add(
            case,
            "circle",
            false,
            "services: {a: {override: replace, command: 'true', after: [b]}, b: {override: replace, command: 'true', after: [a]}}",
        );
    });
}

#[test]
fn layers_are_read_from_the_folder_and_settled_by_number() {
    let files = [
        ("layers/002-two.yaml", "services: {a: {override: merge, command: sleep 2}}"),
        ("layers/001-one.yaml", "services: {a: {override: replace, command: sleep 1, startup: enabled}}"),
        ("layers/notes.txt", "no layer"),
    ];
    let files = files.map(|(name, text)| (name, text.to_owned())).into();
    case_with("layers-folder", Start { files, ..held() }, |case| {
        case.get("/v1/plan?format=yaml");
        add(case, "one", true, "services: {a: {override: merge, summary: named}}");
        add(case, "three", true, "services: {a: {override: merge, startup: disabled}}");
    });
}

#[test]
fn inner_layers_are_read_from_folders() {
    let service = |command: &str| format!("services: {{a: {{override: replace, command: {command}}}}}");
    let files = vec![
        ("layers/001-one.d/002-second.yaml", service("one/second")),
        ("layers/001-one.d/001-first.yaml", service("one/first")),
        ("layers/002-two.d/001-first.yaml", "services: {a: {override: merge, environment: {A: two}}}".to_owned()),
        ("layers/003-three.yaml", "services: {a: {override: merge, startup: enabled}}".to_owned()),
    ];
    case_with("layers-inner", Start { files, ..held() }, |case| {
        case.get("/v1/plan?format=yaml");
        add(case, "one/third", true, "services: {a: {override: merge, command: one/third}}");
        add(case, "one/second", true, "services: {a: {override: merge, summary: merged}}");
        add(case, "two/other", true, &service("two/other"));
        add(case, "four/first", true, "services: {a: {override: merge, summary: new}}");
        add(case, "a/b/c", true, "services: {}");
        add(case, "/a", true, "services: {}");
        add(case, "a/", true, "services: {}");
        for label in ["one/inner", "one/inner", "plain"] {
            for combine in [false, true] {
                let layer = service("sleep 9");
                let body = json!({"action": "add", "combine": combine, "inner": true, "label": label, "format": "yaml", "layer": layer});
                case.post("/v1/layers", &body);
            }
        }
        case.get("/v1/plan?format=yaml");
    });
    for (name, file) in [
        ("twice", "layers/001-two.yaml"),
        ("label", "layers/002-one.yaml"),
        ("deep", "layers/001-other.d/002-x.d/001-y.yaml"),
    ] {
        let files = vec![("layers/001-one.yaml", service("true")), (file, service("true"))];
        crate::starting::fails(&format!("start-layers-{name}"), Start { files, ..Start::default() }, &[]);
    }
}

#[test]
fn workloads_are_in_the_plan() {
    let layer = "services: {a: {override: replace, command: \"sh -c 'echo $A-$B; sleep 1000'\", workload: w, environment: {B: service}}}\n\
                 workloads: {w: {override: replace, environment: {A: workload, B: workload}}}\n";
    let files = vec![("layers/001-first.yaml", layer.to_owned())];
    // Workloads are read at the start only.
    case_with("plan-workloads", Start { files, ..held() }, |case| {
        case.get("/v1/plan?format=yaml");
        case.services("start", &["a"]);
        case.hears("a", "workload-service");
        for (n, layer) in [
            "services: {a: {override: merge, workload: none}}",
            "services: {a: {override: merge, user: root}}",
            "workloads: {w: {environment: {A: b}}}",
            "workloads: {w: {override: replace, user: no-such-user}}",
            "workloads: {w: {override: replace, nonsense: 1}}",
            "workloads: {'': {override: replace}}",
            "workloads: [w]",
            "workloads: {w: {override: merge, environment: {C: more}}}",
        ]
        .into_iter()
        .enumerate()
        {
            add(case, &format!("l{n}"), true, layer);
        }
    });
}

#[test]
fn checks_and_log_targets_are_in_the_plan() {
    case("plan-others", |case| {
        add(
            case,
            "others",
            false,
            "services: {a: {override: replace, command: 'true', on-check-failure: {up: restart}}}\n\
             checks:\n  up: {override: replace, level: alive, period: 1h, timeout: 3s, threshold: 2, startup: disabled, http: {url: 'http://localhost/', headers: {A: b}}}\n  \
             port: {override: replace, startup: disabled, tcp: {port: 80, host: h}}\n  run: {override: replace, startup: disabled, exec: {command: echo x, service-context: a}}\n\
             log-targets: {loki: {override: replace, type: loki, location: 'http://localhost:1/', services: [], labels: {k: v}}}\n",
        );
    });
}
