//! Spellings of a file that only starts the charm, and code that does more.

use proptest::prelude::*;

use super::*;

/// The file as charmcraft's Flask profile writes it.
const GENERATED: &str = "#!/usr/bin/env python3\n# Copyright\n\n\"\"\"A docstring.\"\"\"\n\nimport logging\nimport typing\n\n\
    import ops\n\nimport paas_charm.flask\n\nlogger = logging.getLogger(__name__)\n\n\n\
    class HelloCharm(paas_charm.flask.Charm):\n    \"\"\"Another.\"\"\"\n\n    def __init__(self, *args: typing.Any) -> None:\n\
    \x20       \"\"\"Several\n\n        lines: of = it.\n        \"\"\"\n        super().__init__(*args)\n\n\n\
    if __name__ == \"__main__\":\n    ops.main(HelloCharm)\n";

/// The file in a project that names this framework, and declares an action and an option.
fn of(text: &str, framework: Option<Framework>) -> Entrypoint {
    super::of(text, &context(framework, ""), None)
}

fn context(framework: Option<Framework>, webcharm_yaml: &str) -> Context {
    let project = "config: {options: {host: {type: string, default: h}, port: {type: int, default: 1}, dsn: {type: string}, \
        on: {type: boolean, default: true}}}\nrequires: {nginx-route: {interface: nginx-route}, nats-bus: {interface: nats}}\nactions: {load: {}, \
        add: {params: {name: {type: string}, times: {type: integer}}, required: [name]}}\n";
    Context::of(framework, &serde_yaml::from_str(project).unwrap(), Some(webcharm_yaml))
}

/// Findings of the generated file with `from` replaced by `to`, as lines and remedies.
fn changed(from: &str, to: &str) -> Vec<(usize, String)> {
    assert!(GENERATED.contains(from), "{from}");
    let found = of(&GENERATED.replacen(from, to, 1), Some(Framework::Flask)).findings;
    found.into_iter().map(|finding| (finding.line.unwrap(), finding.remedy)).collect()
}

const BASE: &str = "paas_charm.flask.Charm";
const IMPORT: &str = "import paas_charm.flask\n";
const CLASS: &str =
    "import paas_charm.flask\n\nlogger = logging.getLogger(__name__)\n\n\nclass HelloCharm(paas_charm.flask.Charm)";
const CALL: &str = "super().__init__(*args)";
const MAIN: &str = "if __name__ == \"__main__\":\n    ops.main(HelloCharm)\n";
const PARAMETERS: &str = "self, *args: typing.Any";

#[test]
fn every_spelling_of_the_start_is_accepted() {
    for (from, to) in [
        ("import ops\n", "import ops  # type: ignore\n"),
        ("import logging\n", "from __future__ import annotations\nimport logging\nimport os, sys as system\n"),
        (
            IMPORT,
            "import paas_charm.flask  # type: ignore[import]\nfrom charms.data.v0 import lib\nfrom . import more\n",
        ),
        (
            "(__name__)\n",
            "(__name__)  # noqa\n\nVERSION = \"1.2.3\"\nTIMEOUT: int = 5 * 60\nNAMES = [f\"{x}\" for x in (1, 2)]\n",
        ),
        (
            "(__name__)\n",
            "('x')\nlogging.getLogger('httpx').setLevel(logging.WARNING)\nlogger.info('up %s', VERSION)\n",
        ),
        ("(__name__)\n", "('x')\n\n\ndef unused(x):\n    return x.run()\n\n\nclass Fault(Exception):\n    pass\n"),
        ("(__name__)\n", "('x')\nif typing.TYPE_CHECKING:\n    import x\n    x.run()\n"),
        ("(__name__)\n", "('x')\ntry:\n    import x\nexcept ImportError:\n    x = None\n"),
        (
            "(__name__)\n",
            "('x')\nif sys.version_info >= (3, 11):\n    import tomllib\nelse:\n    import tomli as tomllib\n",
        ),
        (CLASS, "from paas_charm import flask\nclass HelloCharm(flask.Charm)"),
        (CLASS, "from paas_charm.flask import Charm\nclass HelloCharm(Charm)"),
        (CLASS, "from paas_charm.flask import Charm as Base\nclass HelloCharm(Base)"),
        (CLASS, "import paas_charm.flask as it\nclass HelloCharm(it.Charm)"),
        (CLASS, "from paas_charm.flask.charm import Charm\nclass HelloCharm(Charm)"),
        (CLASS, "import paas_app_charmer.flask\nclass HelloCharm(paas_app_charmer.flask.Charm)"),
        (CLASS, "import paas_charm.flask\nBase = paas_charm.flask.Charm\nclass HelloCharm(Base)"),
        (CLASS, "import paas_charm.flask\nclass Base(paas_charm.flask.Charm): pass\nclass HelloCharm(Base)"),
        ("class HelloCharm", "@typing.final\nclass HelloCharm"),
        ("    \"\"\"Another.\"\"\"\n", "    \"\"\"Another.\"\"\"\n\n    pass\n    ...\n    LIMIT = 5\n    name: str\n"),
        (PARAMETERS, "self, framework: ops.Framework"),
        (CALL, "super().__init__(framework)"),
        (CALL, "super().__init__(*args, **kwargs)"),
        (CALL, "super().__init__(framework=framework)"),
        (CALL, "super(HelloCharm, self).__init__(*args)"),
        (CALL, "paas_charm.flask.Charm.__init__(self, *args)"),
        (CALL, "super().__init__(*args)\n        self._log = logger\n        logger.debug(\"started\")\n        pass"),
        (
            CALL,
            "super().__init__(*args)\n\n    def _on_config_changed(self, event):\n        super()._on_config_changed(event)",
        ),
        (CALL, "super().__init__(*args)\n\n    def unused(self):\n        self.unit.open_port('tcp', 1)"),
        (MAIN, "if \"__main__\" == __name__:  # pragma: nocover\n    ops.main.main(HelloCharm)"),
        (MAIN, "if __name__ == '__main__': ops.main(HelloCharm, use_juju_for_storage=True)"),
        (MAIN, "ops.main(charm_class=HelloCharm)"),
        (MAIN, "from ops.main import main\nif __name__ == '__main__':\n    main(HelloCharm)"),
        (MAIN, "from ops import main as start\nif __name__ == '__main__':\n    sys.exit(start(HelloCharm))"),
        (
            MAIN,
            "def main() -> None:\n    \"\"\"Start.\"\"\"\n    ops.main(HelloCharm)\n\nif __name__ == '__main__':\n    main()\n",
        ),
        (MAIN, "ops.main(paas_charm.flask.Charm)"),
    ] {
        assert_eq!(changed(from, to), [], "{to}");
    }
    assert_eq!(of("", None), Entrypoint::default());
    assert_eq!(of("# nothing\n", Some(Framework::Go)).findings, []);
}

#[test]
fn the_framework_is_that_of_the_class() {
    for framework in Framework::ALL {
        let text = GENERATED.replace(".flask", &format!(".{}", purpose::module(framework)));
        let read = of(&text, None);
        assert_eq!((read.framework, read.findings.as_slice()), (Some(framework), &[][..]));
        if framework != Framework::Flask {
            let finding = of(&text, Some(Framework::Flask)).findings.remove(0);
            let what = format!("the class is {framework}'s, and charmcraft.yaml has the extension of flask");
            assert!(finding.what.starts_with(&what), "{finding}");
        }
    }
}

/// Replacement of a piece of the generated file, with the line and a piece of the remedy of each refusal.
type Refused = (&'static str, &'static str, &'static [(usize, &'static str)]);

/// Code that does more, by kind.
const REFUSED: [Refused; 29] = [
    (
        CALL,
        "super().__init__(*args)\n        self.framework.observe(self.on.clear_cache_action, self._on_clear)",
        &[(25, "`actions: {clear-cache: {command: …}}`")],
    ),
    (
        CALL,
        "super().__init__(*args)\n        self.framework.observe(self.on.clear_cache_action, self._on_clear_cache_action)\n\n    \
         def _on_clear_cache_action(self, event):\n        event.fail('no')",
        &[(25, "`actions: {clear-cache: {command: …}}`")],
    ),
    (
        CALL,
        "super().__init__(*args)\n        self.framework.observe(self.on[\"dump\"].action, self._dump)",
        &[(25, "`actions: {dump: {command: …}}`")],
    ),
    (
        CALL,
        "super().__init__(*args)\n        self.framework.observe(self.on.config_changed, self._x)",
        &[(25, "config-changed included")],
    ),
    (
        CALL,
        "super().__init__(*args)\n        for event in (self.on.start, self.on.stop):\n            observe(event)",
        &[(25, "move what it does into the application")],
    ),
    (
        CALL,
        "super().__init__(*args)\n        self.framework.observe(self.on.search_relation_changed, self._x)",
        &[(25, "`integrations: {search: {variables: …}}`")],
    ),
    (
        CALL,
        "super().__init__(*args)\n        self._nats = NatsClient(self, \"nats\")\n        \
         self.framework.observe(self._nats.on.ready, self._x)",
        &[(25, "{nats: {variables"), (26, "as in line 25")],
    ),
    (CALL, "super().__init__(*args)\n        OpenSearch(charm=self, relation_name='os')", &[(25, "{os: {variables")]),
    (CALL, "super().__init__(*args)\n        OpenSearch(self, relation_name='os')", &[(25, "{os: {variables")]),
    (CALL, "super().__init__(*args)\n        self.g = GrafanaDashboardProvider(self)", &[(25, "has this integration")]),
    (
        CALL,
        "super().__init__(*args)\n        self.unit.set_workload_version(VERSION)",
        &[(25, "from the rock by itself")],
    ),
    (CALL, "super().__init__(*args)\n        self.unit.status = ops.ActiveStatus()", &[(25, "sets its status")]),
    (CALL, "super().__init__(*args)\n        self.unit.open_port('tcp', 80)", &[(25, "opens the application's port")]),
    (CALL, "super().__init__(Wrapped(args))", &[(24, "pass the constructor's own arguments on")]),
    ("(__name__)\n", "('x')\nos.environ['A'] = 'b'\n", &[(14, "`variables: {NAME: …}`")]),
    ("(__name__)\n", "('x')\nos.environ.setdefault('A', 'b')\n", &[(14, "`variables: {NAME: …}`")]),
    ("(__name__)\n", "('x')\nsubprocess.run(['apt', 'update'])\n", &[(14, "move what it does")]),
    ("(__name__)\n", "('x')\nVERSION = fetch()\n", &[(14, "move what it does")]),
    (
        CALL,
        "super().__init__(*args)\n\n    @property\n    def _workload_config(self):\n        return None",
        &[(26, "_workload_config replaces a part of the framework's charm")],
    ),
    (CALL, "super().__init__(*args)\n\n    def _on_start(self, event): pass", &[(26, "_on_start does nothing")]),
    (
        CALL,
        "super().__init__(*args)\n\n    def _on_start(self, event):\n        self.migrate()",
        &[(26, "_on_start replaces")],
    ),
    (
        CALL,
        "super().__init__(*args)\n        self.framework.observe(self.on.load_action, self._on_load)\n\n    \
         def _on_load(self, event):\n        command = ['python3', 'manage.py', MODE]\n        \
         self._container.exec(command, timeout=5).wait()",
        &[(25, "`actions: {load: {command: [python3, manage.py, …]}}`")],
    ),
    (
        CALL,
        "super().__init__(*args)\n        self.framework.observe(self.on.load_action, self._on_load)\n\n    \
         def _on_load(self, event):\n        command = ['python3', 'manage.py', 'load']\n        \
         self._container.exec(command, timeout=5).wait()",
        &[(25, "`actions: {load: {command: python3 manage.py load}}`")],
    ),
    (
        CALL,
        "super().__init__(*args)\n        self.framework.observe(self.on.say_action, self._say)\n\n    \
         def _say(self, event):\n        self._container.exec(['sh', '-c', 'echo \"a\"'])",
        &[(25, "{say: {command: [sh, \"-c\", \"echo \\\"a\\\"\"]}}")],
    ),
    (
        CALL,
        "super().__init__(*args)\n\n    def _create_app(self):\n        return App(configuration_prefix='')",
        &[(26, "{BASE_URL: {option: base-url}}")],
    ),
    (CALL, "super().__init__(*args)\n\n    def get_cos_dir(self):\n        return 'x'", &[(26, "`cos_custom`")]),
    (
        BASE,
        "ops.CharmBase",
        &[(16, "inherit the charm of a framework"), (28, "the class that inherits the framework's charm")],
    ),
    (BASE, "Mixin, paas_charm.flask.Charm", &[(16, "move what it does")]),
    (
        MAIN,
        "print(1)\nops.main(Other)\nstart()\n",
        &[(27, "move what it does"), (28, "give ops.main the class"), (29, "move what it does")],
    ),
];

#[test]
fn code_that_does_more_is_refused_with_the_place_to_write_it() {
    for (from, to, expected) in REFUSED {
        let found = changed(from, to);
        assert_eq!(found.len(), expected.len(), "{to}: {found:?}");
        for ((line, remedy), (expected, part)) in found.iter().zip(expected) {
            assert!(line == expected && remedy.contains(part), "{to}: {line}: {remedy}");
            assert!(remedy.ends_with("to keep the Python charm, use `charmcraft pack`"), "{remedy}");
        }
    }
}

#[test]
fn a_refusal_quotes_its_line() {
    let text = format!("{GENERATED}\nrun(1)  # now\n");
    let line = GENERATED.lines().count() + 2;
    let finding = of(&text, None).findings.remove(0).to_string();
    let start =
        format!("src/charm.py:{line}: code of your own isn't run by this charm: `run(1)  # now`: move what it does");
    assert!(finding.starts_with(&start), "{finding}");
    assert_eq!(of(&"run()\n".repeat(100), None).findings.len(), MOST);
    let broken = of("x = 1\nclass (:\n", None).findings.remove(0);
    assert!(broken.to_string().starts_with("src/charm.py:2: this is no Python: "), "{broken}");
}

#[test]
fn a_missing_file_has_no_findings() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(read(&Folder::open(dir.path()).unwrap(), &Context::default()).unwrap(), Entrypoint::default());
}

proptest! {
    #[test]
    fn any_text_is_judged(text in "(\\PC|\n|\"|    |class X\\(|self\\.|ops.main|def |\\)|:\n){0,60}") {
        let lines = text.lines().count().max(1);
        prop_assert!(of(&text, None).findings.iter().all(|finding| finding.line.is_some_and(|line| line <= lines)));
    }
}

#[test]
fn code_that_only_sets_the_version_is_advised_against() {
    let judged = |added: &str| {
        let text = format!(
            "import logging\nimport ops\nimport paas_charm.flask\n\nlogger = logging.getLogger(__name__)\nVERSION = '1.2'\n\n\n\
             class Shop(paas_charm.flask.Charm):\n    def __init__(self, *args):\n        super().__init__(*args)\n{added}\n\
             if __name__ == '__main__':\n    ops.main(Shop)\n"
        );
        of(&text, Some(Framework::Flask)).findings
    };
    let handler = "    def _on_start(self, event):\n        \"Tells the version.\"\n        logger.info('start')\n";
    let observe = "        self.framework.observe(self.on.start, self._on_start)\n\n";
    let sets = "        self.unit.set_workload_version(VERSION)\n";
    for added in [sets.to_owned(), format!("{observe}{handler}{sets}")] {
        let found = judged(&added);
        assert!(matches!(&found[..], [one] if !one.is_refusal() && one.remedy.contains("version-file")), "{found:?}");
    }
    let more = judged(&format!("{observe}{handler}{sets}        self.unit.open_port('tcp', 80)\n"));
    assert!(more.iter().any(Finding::is_refusal), "{more:?}");
}

/// A charm with these methods, in a file with constants.
fn shop(constants: &str, methods: &str) -> Vec<Finding> {
    let text = format!(
        "import ops\nimport paas_charm.flask\nfrom charms.nats.v0 import nats\nimport watch\n{constants}\n\
         class Shop(paas_charm.flask.Charm):\n    def __init__(self, *args):\n        super().__init__(*args)\n{methods}\n\
         if __name__ == '__main__':\n    ops.main(Shop)\n"
    );
    of(&text, Some(Framework::Flask)).findings
}

#[test]
fn a_remedy_has_the_names_that_the_file_s_constants_stand_for() {
    let constants = "import typing\nPLAN: typing.Final[str] = 'planner'\nLOAD = 'loaddata'\nQUEUE = 'queue'\n";
    for (methods, remedies) in [
        ("        self.framework.observe(self.on[PLAN].relation_changed, self._plan)\n", &["{planner: {variables"][..]),
        (
            "        self.q = nats.NatsClient(self, QUEUE)\n        self.framework.observe(self.q.on.ready, self._x)\n",
            &["{queue: {variables", "as in line 13"],
        ),
        ("        nats.require_route(charm=self, relation_name='route')\n", &["{route: {variables"]),
        ("        watch.Observer(self)\n", &["what watch.Observer does is written in webcharm.yaml"]),
        (
            "        self.framework.observe(self.on.load_action, self._on_load)\n\n    def _on_load(self, event):\n\
             \x20       self._container.exec(command=['python3', 'manage.py', LOAD])\n",
            &["`actions: {load: {command: python3 manage.py loaddata}}`"],
        ),
    ] {
        let found = shop(constants, methods);
        assert_eq!(found.len(), remedies.len(), "{methods}: {found:?}");
        for (finding, remedy) in found.iter().zip(remedies) {
            assert!(finding.is_refusal() && finding.remedy.contains(remedy), "{methods}: {finding:?}");
        }
    }
}

#[test]
fn a_handler_without_an_effect_is_advised_against() {
    for body in ["return", "pass", "return None", "\"Does nothing.\""] {
        let found = shop("", &format!("\n    def _on_ingress_ready(self, *args):\n        {body}\n"));
        let is_it = |one: &Finding| !one.is_refusal() && one.remedy.starts_with("_on_ingress_ready does nothing");
        assert!(matches!(&found[..], [one] if is_it(one)), "{body}: {found:?}");
    }
    // A member that isn't a handler decides something.
    assert!(shop("", "\n    def is_ready(self):\n        return\n").iter().any(Finding::is_refusal));
}

#[test]
fn a_version_that_is_set_by_way_of_another_method_is_advised_against() {
    let methods = "\n    def _on_pebble_ready(self, event):\n        self._tell()\n\n    def _tell(self):\n        \
                   self._set()\n\n    def _set(self):\n        \"\"\"Tells.\"\"\"\n        \
                   self.unit.set_workload_version(VERSION)\n";
    let found = shop("VERSION = '1'\n", methods);
    assert!(matches!(&found[..], [one] if !one.is_refusal() && one.remedy.contains("version-file")), "{found:?}");
    let more = methods.replace("self._tell()\n\n", "self._tell()\n        self.restart()\n\n");
    assert!(shop("VERSION = '1'\n", &more).iter().any(Finding::is_refusal));
    let by_itself = shop("VERSION = '1'\n", &format!("        self._set()\n{methods}"));
    assert!(by_itself.iter().all(|finding| !finding.is_refusal()), "{by_itself:?}");
}

mod counterparts;
