//! An action, a variable and a version that `webcharm.yaml` declares, in a model with a real application.

use std::fs;

use crate::support::Desk;

const SWITCHES: &str = "\
version-file: /flask/app/app.py
actions:
  greet:
    command: [sh, -c, 'echo $WORD, $PARAM_NAME of $FLASK_BASE_URL; exit ${PARAM_CODE:-0}']
variables:
  WORD: {option: word, default: Hello}
";

#[test]
fn an_action_a_variable_and_the_version_are_those_of_webcharm_yaml() {
    let desk = Desk::new();
    let project = desk.sample();
    let file = project.join("charmcraft.yaml");
    let text = fs::read_to_string(&file).unwrap();
    let options = "config:\n  options:\n    word:\n      type: string\n";
    let actions =
        "\nactions:\n  greet:\n    params:\n      name:\n        type: string\n      code:\n        type: integer\n";
    fs::write(&file, text.replace("config:\n  options:\n", options) + actions).unwrap();
    fs::write(project.join("webcharm.yaml"), SWITCHES).unwrap();
    fs::write(project.join("rock/flask/app.py"), "# 7.1\nfrom flask import Flask\napp = Flask(__name__)\n").unwrap();
    desk.ok(&["up", project.to_str().unwrap(), "--detach"]);
    let greet = |code: &str| desk.run(&["run", "flask-k8s/0", "greet", "name=Ada", &format!("code={code}")]);
    let done = greet("0");
    assert!(done.code == Some(0) && done.out.contains("Hello, Ada of http://flask-k8s."), "{done:?}");
    desk.ok(&["config", "flask-k8s", "word=Hi"]);
    let failed = greet("3");
    let said = format!("{}{}", failed.out, failed.err);
    assert!(failed.code != Some(0) && said.contains("Hi, Ada of") && said.contains("exit code 3"), "{failed:?}");
    assert!(desk.ok(&["status"]).contains("flask-k8s  # 7.1    active"), "the version");
    desk.ok(&["down"]);
}
