//! Code that has a counterpart in `webcharm.yaml`: it is packed as that, or the remedy says which part of it is.

use std::fs;

use super::*;

/// A charm of this framework with these lines after the imports, in the constructor, and among the methods.
fn charm(framework: Framework, file: &str, constructor: &str, methods: &str) -> String {
    let module = purpose::module(framework);
    format!(
        "import ops\nimport paas_charm.{module}\nfrom paas_charm.app import App\nimport logging\n\
         from charms.nginx_ingress_integrator.v0.nginx_route import require_nginx_route\n\
         from charms.nats.v0.nats import NatsClient\nimport actions\nlogger = logging.getLogger(__name__)\n{file}\n\
         class Shop(paas_charm.{module}.Charm):\n    def __init__(self, *args):\n        super().__init__(*args)\n\
         {constructor}\n{methods}\nif __name__ == '__main__':\n    ops.main(Shop)\n"
    )
}

/// The counterpart of the code, which nothing is left of.
fn counterpart(framework: Framework, file: &str, constructor: &str, methods: &str) -> String {
    let text = charm(framework, file, constructor, methods);
    let read = of(&text, Some(framework));
    assert!(read.findings.iter().all(|one| !one.is_refusal()), "{text}\n{:?}", read.findings);
    assert_eq!(read.findings.is_empty(), read.counterpart.is_empty(), "{text}");
    read.counterpart.to_string()
}

fn indented(text: &str, by: usize) -> String {
    text.lines().map(|line| format!("{}{line}\n", " ".repeat(by))).collect()
}

/// A `_create_app` that ends with this.
fn create_app(end: &str) -> String {
    format!("    def _create_app(self):\n        \"\"\"Builds it.\"\"\"\n{}", indented(end, 8))
}

const ARGUMENTS: &str = "container=self._container, charm_state=self._create_charm_state(), \
    workload_config=self._workload_config, database_migration=self._database_migration";

#[test]
fn an_application_with_other_prefixes_is_packed_with_them() {
    let made = |framework, arguments: &str| {
        counterpart(framework, "", "", &create_app(&format!("return App({ARGUMENTS}, {arguments})")))
    };
    let both = "framework_config_prefix='', configuration_prefix=''";
    assert_eq!(made(Framework::Go, both), "prefixes: {options: \"\", framework: \"\"}");
    assert_eq!(made(Framework::ExpressJs, both), "prefixes: {options: \"\"}");
    assert_eq!(
        made(Framework::Go, "configuration_prefix='MY_', integrations_prefix=\"DB_\""),
        "prefixes: {options: MY_, integrations: DB_}"
    );
    assert_eq!(made(Framework::Go, "configuration_prefix='APP_'"), "", "the framework's own");
    assert_eq!(made(Framework::ExpressJs, "configuration_prefix='X_'"), "prefixes: {options: X_, framework: APP_}");
    let later = "state = self._create_charm_state()\nlogger.info('made')\napp = App(container=self._container, \
        charm_state=state, workload_config=self._workload_config, database_migration=self._database_migration, \
        configuration_prefix=PREFIX)\nreturn app";
    assert_eq!(counterpart(Framework::Go, "PREFIX = 'P_'", "", &create_app(later)), "prefixes: {options: P_}");
    let set = create_app("app = super()._create_app()\napp.configuration_prefix = ''\nreturn app");
    assert_eq!(counterpart(Framework::Flask, "", "", &set), "prefixes: {options: \"\"}");
    assert_eq!(counterpart(Framework::SpringBoot, "", "", &set), "prefixes: {options: \"\"}");
    let own = "class Own(App):\n    def __init__(self, *, container, more=None, configuration_prefix='Q_', **rest):\n        \
        super().__init__(container=container, configuration_prefix=configuration_prefix, **rest)\n        self._more = more\n";
    let end = create_app(&format!("return Own({ARGUMENTS})"));
    assert_eq!(counterpart(Framework::Go, own, "", &end), "prefixes: {options: Q_}");
}

/// An application of the file's own with this `gen_environment`.
fn made_by(body: &str) -> (String, String) {
    let class = format!(
        "class Own(App):\n    \"\"\"Ours.\"\"\"\n    def __init__(self, *args, **kwargs):\n        \
         super().__init__(*args, **kwargs)\n\n    def gen_environment(self) -> dict[str, str]:\n{}",
        indented(body, 8)
    );
    (class, create_app(&format!("state = self._create_charm_state()\nreturn Own({ARGUMENTS})")))
}

#[test]
fn variables_that_a_file_makes_are_packed_as_declarations() {
    for (body, expected) in [
        (
            "env = super().gen_environment()\n# without the prefix\nenv = {k.removeprefix('APP_'): v for k, v in env.items()}\n\
             return env",
            "prefixes: {removed: APP_}",
        ),
        (
            "return {k[len('APP_'):] if k.startswith('APP_') else k: v for k, v in super().gen_environment().items()}",
            "prefixes: {removed: APP_}",
        ),
        (
            "env = super().gen_environment()\nlogger.debug('made')\nenv['MODE'] = 'web'\n\
             env[\"PORT\"] = str(self._workload_config.port)\nenv['URL'] = f'{self._charm_state.base_url}/{LEVEL}'\nreturn env",
            "variables: {MODE: web, PORT: \"${port}\", URL: \"${url}/high\"}",
        ),
        (
            "env = super().gen_environment()\nenv.update({'A': 'x', 'B': 'y' + env['APP_ID']}, C=LEVEL)\nreturn env",
            "variables: {A: x, B: \"y${APP_ID}\", C: high}",
        ),
        ("return {**super().gen_environment(), 'A': 'x'}", "variables: {A: x}"),
        ("return dict(super().gen_environment(), A='x')", "variables: {A: x}"),
        ("return super().gen_environment() | {'A': 'x'}", "variables: {A: x}"),
        (
            "env = super().gen_environment()\nif env.get('REDIS_URL'):\n    env['CACHE'] = env['REDIS_URL'] + '/1'\nreturn env",
            "variables: {CACHE: \"${REDIS_URL}/1\"}",
        ),
        ("return super().gen_environment()", ""),
    ] {
        let (class, method) = made_by(body);
        assert_eq!(counterpart(Framework::Go, &format!("LEVEL = 'high'\n{class}"), "", &method), expected, "{body}");
    }
    let patched = create_app(
        "original = super()._create_app()\ncharm = self\n\ndef gen_environment():\n    env = original.gen_environment()\n    \
         env['HOST'] = charm.config.get('host')\n    env['PORT'] = str(charm.config['port'])\n    \
         if charm.config.get('dsn'):\n        env['DSN'] = charm.config['dsn']\n    return env\n\n\
         app = super()._create_app()\nsetattr(app, 'gen_environment', gen_environment)\nreturn app",
    );
    let expected = "variables: {HOST: {option: host}, PORT: {option: port}, DSN: {option: dsn}}";
    assert_eq!(counterpart(Framework::Flask, "", "", &patched), expected);
}

#[test]
fn variables_without_a_counterpart_are_refused_with_those_that_have_one() {
    for (body, declared) in [
        ("env = super().gen_environment()\nenv['A'] = 'x'\nenv['B'] = fetch()\nreturn env", "`variables: {A: x}`"),
        ("env = super().gen_environment()\nenv['A'] = 'x'\ndel env['APP_ID']\nreturn env", "`variables: {A: x}`"),
        ("env = super().gen_environment()\nenv['ON'] = str(self.config['on'])\nreturn env", "declare ON in"),
        ("env = super().gen_environment()\nenv['DSN'] = self.config['dsn']\nreturn env", "declare DSN in"),
        ("env = super().gen_environment()\nif env.get('A'):\n    env['B'] = 'fixed'\nreturn env", "declare B in"),
        ("return {'A': 'x'}", "`variables: {A: x}`"),
        ("return {'A': 'x', **super().gen_environment()}", "`variables: {A: x}`"),
        (
            "env = super().gen_environment()\nreturn {k.replace('APP_', ''): v for k, v in env.items()}",
            "prefixes: {options",
        ),
        (
            "env = super().gen_environment()\nenv['A'] = env['APP_X']\n\
             env = {k.removeprefix('APP_'): v for k, v in env.items()}\nreturn env",
            "`variables: {A: \"${APP_X}\"}`",
        ),
        ("env = super().gen_environment()\nenv['A'] = 'x'\nenv['B'] = env['A']\nreturn env", "`variables: {A: x}`"),
        ("env = super().gen_environment()\nenv['A'] = '${x}'\nreturn env", "declare A in"),
    ] {
        let (class, method) = made_by(body);
        let found = of(&charm(Framework::Go, &class, "", &method), Some(Framework::Go)).findings;
        assert!(matches!(&found[..], [one] if one.is_refusal() && one.remedy.contains(declared)), "{body}: {found:?}");
    }
    for end in [
        "return App(container=None)".to_owned(),
        format!("return App({ARGUMENTS}, configuration_prefix=prefix())"),
        format!("return App({ARGUMENTS}, more=1)"),
        "self.prepare()\nreturn super()._create_app()".to_owned(),
        "return other".to_owned(),
    ] {
        let found = of(&charm(Framework::Go, "", "", &create_app(&end)), Some(Framework::Go)).findings;
        assert!(matches!(&found[..], [one] if one.is_refusal()), "{end}: {found:?}");
    }
    let flask = create_app(&format!("return App({ARGUMENTS}, configuration_prefix='')"));
    let found = of(&charm(Framework::Flask, "", "", &flask), Some(Framework::Flask)).findings;
    assert!(matches!(&found[..], [one] if one.is_refusal()), "Flask's has a web server: {found:?}");
}

const OBSERVE: &str = "        self.framework.observe(self.on.load_action, self._on_load)\n";

/// A handler of the action `load` with this body.
fn handler(body: &str) -> String {
    format!("    def _on_load(self, event):\n        \"\"\"Loads.\"\"\"\n{}", indented(body, 8))
}

#[test]
fn an_action_that_only_runs_a_command_is_packed_as_its_declaration() {
    let whole = "command = ['python3', 'manage.py', 'loaddata', 'a b.yaml']\nworking_dir = str(self._workload_config.app_dir)\n\
        if not self._container.can_connect():\n    event.fail('not yet')\n    return\ntry:\n    \
        process = self._container.exec(command, working_dir=working_dir, service_context='django')\n    \
        output, _ = process.wait_output()\n    event.set_results({'output': output})\n\
        except ops.pebble.ExecError as error:\n    logger.error('failed')\n    event.fail('failed')";
    let expected = "actions: {load: {command: [python3, manage.py, loaddata, a b.yaml], timeout: \"168h\"}}";
    assert_eq!(counterpart(Framework::Django, "", OBSERVE, &handler(whole)), expected);
    let in_context = "self._container.exec(['load'], service_context='loader', timeout=90).wait()";
    let expected = "actions: {load: {command: load, timeout: \"90s\", service-context: loader}}";
    assert_eq!(counterpart(Framework::Go, "", OBSERVE, &handler(in_context)), expected);
    let as_user = "self.unit.get_container('app').exec(['load'], environment=self._gen_environment(), user='_daemon_', \
        working_dir='/app')";
    assert_eq!(
        counterpart(Framework::Go, "", OBSERVE, &handler(as_user)),
        "actions: {load: {command: load, timeout: \"168h\"}}"
    );
    let add = "        self.framework.observe(self.on.add_action, self._on_load)\n";
    let with = "name = event.params['name']\nself._container.exec(['add', f'--name={name}'], service_context='go')";
    assert_eq!(
        counterpart(Framework::Go, "", add, &handler(with)),
        "actions: {add: {command: [add, \"--name=${param.name}\"], timeout: \"168h\", service-context: go}}"
    );
}

#[test]
fn an_action_that_does_more_is_refused_with_its_command() {
    for (body, declared) in [
        // A command of root's, without the application's variables.
        ("self._container.exec(['load'])", "`actions: {load: {command: load}}`"),
        ("self._container.exec(['load'], service_context='go')\nself.restart()", "{command: load}"),
        ("self._container.exec(['load', event.params['x']], service_context='go')", "[load, \"${param.x}\"]"),
        ("self._run(['load', event.params.get('x')])", "[python3, load, \"${param.x}\"]"),
        (
            "self._container.exec(['a'], service_context='go')\nself._container.exec(['b'], service_context='go')",
            "{command: a}",
        ),
        (
            "try:\n    self._mode(True)\n    words = ['load', event.params['x']]\n    self._container.exec(words)\nfinally:\n    \
             self._container.remove_path('/x')",
            "[load, \"${param.x}\"]}}`, of a command that also does what the handler calls _mode, remove_path for",
        ),
        ("self._run(['load', make()])", "[python3, load, …]"),
        ("words = ['load']\nif event.params['x']:\n    words += ['-x']\nself._run(words)", "[python3, …]"),
        ("requests.get('http://localhost')", "{command: …}"),
    ] {
        let methods = format!(
            "{}    def _run(self, words):\n        self._container.exec(['python3'] + words).wait()\n",
            handler(body)
        );
        let found = of(&charm(Framework::Go, "", OBSERVE, &methods), Some(Framework::Go)).findings;
        assert!(matches!(&found[..], [one] if one.is_refusal() && one.remedy.contains(declared)), "{body}: {found:?}");
    }
}

#[test]
fn a_route_of_nginx_is_published_as_the_library_does() {
    let route = "        require_nginx_route(charm=self, service_hostname=self.app.name, service_name=self.app.name, \
        service_port=self._workload_config.port, path_routes='/', rewrite_enabled=False, max_body_size=20)\n";
    let expected = "integrations: {nginx-route: {optional: true, publish: {service-namespace: \"${model}\", \
        service-hostname: \"${app}\", service-name: \"${app}\", service-port: \"${port}\", path-routes: /, \
        rewrite-enabled: False, max-body-size: \"20\"}}}";
    let made = counterpart(Framework::Go, "", route, "");
    assert_eq!(made.replace("\"False\"", "False"), expected);
    for wrong in ["service_name=self.lookup()", "nginx_route_relation_name='other'", "unknown=1"] {
        let text = charm(Framework::Go, "", &format!("        require_nginx_route(charm=self, {wrong})\n"), "");
        assert!(of(&text, Some(Framework::Go)).findings[0].is_refusal(), "{wrong}");
    }
}

#[test]
fn code_whose_place_webcharm_yaml_has_already_is_no_refusal() {
    let text = charm(
        Framework::Go,
        "",
        &format!("{OBSERVE}        self.framework.observe(self.on.nginx_route_relation_changed, self._x)\n"),
        &handler("self.anything()"),
    );
    let declared = "actions: {load: {command: load}}\nintegrations: {nginx-route: {publish: {a: b}}}\n";
    let read = super::super::of(&text, &context(Some(Framework::Go), declared), None);
    let remedies: Vec<_> = read.findings.iter().map(|one| (one.is_refusal(), one.remedy.as_str())).collect();
    assert!(
        matches!(remedies[..], [(false, first), (false, second)]
        if first.starts_with("actions.load is") && second.starts_with("integrations.nginx-route is")),
        "{remedies:?}"
    );
    assert_eq!(of(&text, Some(Framework::Go)).findings.iter().filter(|one| one.is_refusal()).count(), 2);
    let (class, method) = made_by(
        "env = super().gen_environment()\ndata = self._nats.data()\nif data:\n    start = 'my-a'.replace('-', '_').upper()\n    \
         env[f'{start}_B'] = data.b\nreturn env",
    );
    let left = of(&charm(Framework::Go, &class, "", &method), Some(Framework::Go)).findings.remove(0);
    assert!(left.is_refusal() && left.remedy.contains("declare MY_A_B in webcharm.yaml"), "{left}");
    let text = charm(Framework::Go, &class, "", &method);
    let read = super::super::of(&text, &context(Some(Framework::Go), "variables: {MY_A_B: x}\n"), None);
    assert!(matches!(&read.findings[..], [one] if !one.is_refusal()), "{:?}", read.findings);
}

#[test]
fn a_remedy_has_the_keys_of_the_library_and_the_actions_of_the_module_beside_it() {
    let dir = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write(
        "src/charm.py",
        &charm(
            Framework::Go,
            "",
            "        self._nats = NatsClient(self, 'nats-bus')\n        self.observer = actions.Observer(self)\n",
            "",
        ),
    );
    write(
        "lib/charms/nats/v0/nats.py",
        "class NatsClient:\n    def url(self, relation):\n        data = relation.data[relation.app]\n        \
         relation.data[self.app]['name'] = self.app.name\n        return data.get('url'), data['max-age']\n",
    );
    write(
        "src/actions.py",
        "class Observer:\n    def __init__(self, charm):\n        charm.framework.observe(charm.on.clear_cache_action, self._clear)\n\n    \
         def _clear(self, event):\n        self._run(['clear', event.params['name']])\n\n    \
         def _run(self, words):\n        self.charm._container.exec(['python3', 'manage.py'] + words)\n",
    );
    let folder = Folder::open(dir.path()).unwrap();
    let found = read(&folder, &context(Some(Framework::Go), "")).unwrap().findings;
    let remedies: Vec<_> = found.iter().map(|one| one.remedy.as_str()).collect();
    assert!(
        remedies[0].contains(
            "`integrations: {nats-bus: {variables: {NATS_BUS_MAX_AGE: {app: max-age}, NATS_BUS_URL: {app: url}}, \
             publish: {name: \"${app}\"}}}`"
        ) && remedies[1]
            .contains("`actions: {clear-cache: {command: [python3, manage.py, clear, \"${param.name}\"]}}`"),
        "{remedies:#?}"
    );
}
