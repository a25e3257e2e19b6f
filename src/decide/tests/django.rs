//! Decisions for Django: database, allowed hosts, and the action `create-superuser`.

use super::*;
use crate::framework::django::DJANGO;

fn spec() -> CharmSpec {
    CharmSpec { framework: &DJANGO, container: "django-app".to_owned(), ..super::spec() }
}

fn rock() -> Plan {
    let layer = "services:\n  django: {override: replace, startup: enabled, user: _daemon_, \
        command: \"/bin/python3 -m gunicorn 'shop.wsgi:application' -k [ sync ]\"}\n";
    pebble::plan::combine(&[Layer::parse(layer.as_bytes()).unwrap()]).unwrap()
}

fn ready() -> Seen {
    let plan = rock();
    let services = plan.services.keys().map(|name| info(name, ServiceStatus::Inactive)).collect();
    let bag: Databag = [("django_secret_key", KEY)].into_iter().collect();
    Seen {
        peer: Some(View { local_app: Some(bag), ..View::empty("secret-storage", RelationId(0)) }),
        workload: Some(Workload::Here(Box::new(Container { plan, services, ..Container::default() }))),
        integrations: vec![database("p1", "db:3306")],
        params: [("username", "admin"), ("email", "a@b.example")].map(|(k, v)| (k.to_owned(), v.into())).into(),
        ..Seen::nothing()
    }
}

fn decide(action: Option<Asks>, seen: &Seen) -> Steps {
    steps(&Work { scope: Scope::Everything, action }, seen, &spec(), &mut || [7; 64])
}

fn create() -> Option<Asks> {
    DJANGO.action("create-superuser").map(Asks::Framework)
}

#[test]
fn without_a_database_django_is_not_started() {
    let seen = Seen { integrations: Vec::new(), ..ready() };
    let words = "Django requires a database integration to work";
    assert_eq!((messages(&decide(None, &seen)), names(&decide(None, &seen))), (vec![words], vec![]));
    let mut required = database("p1", "");
    required.endpoint.required = true;
    let seen = Seen { integrations: vec![required], ..ready() };
    let incomplete = "mysql: other gives no usable endpoints yet (if it stays so, check other and its version)";
    assert_eq!(
        messages(&decide(None, &seen)),
        ["missing integrations: mysql", incomplete],
        "a single hold for the missing database, and its cause"
    );
    let mut optional = database("p1", "");
    let told = |database| messages(&decide(None, &Seen { integrations: vec![database], ..ready() })).join("; ");
    optional.endpoint.required = false;
    let ends = incomplete.trim_end_matches(')');
    assert_eq!(told(optional), format!("{words}; {ends}, or juju remove-relation 7)"));
}

#[test]
fn the_hosts_follow_the_option_and_the_address() {
    let mut seen = ready();
    set(&mut seen, "django-allowed-hosts", ConfigValue::from("a.example"));
    let hosts = |seen: &Seen| layer(&decide(None, seen)).services["django"].environment["DJANGO_ALLOWED_HOSTS"].clone();
    assert_eq!(hosts(&seen), r#"["a.example", "shop.m"]"#);
    let url = ("ingress", r#"{"url": "https://Visitors.example/m-shop"}"#);
    seen.integrations.push(related(&INGRESS, "ingress", &[url]));
    assert_eq!(hosts(&seen), r#"["a.example", "visitors.example"]"#);
}

#[test]
fn a_superuser_is_made_last_by_the_workloads_user_and_with_its_variables() {
    let steps = decide(create(), &ready());
    assert_eq!((steps.refusal.as_ref(), &steps.on_success.action_result, steps.take_time()), (None, &None, true));
    let step = steps.effects.last().unwrap();
    let Action::Run(run) = &step.action else { panic!("{step:?}") };
    assert_eq!(run.command, ["python3", "manage.py", "createsuperuser", "--noinput"]);
    assert_eq!((run.working_dir.as_deref(), run.as_workload), (Some("/django/app"), true));
    assert_eq!(run.environment["DJANGO_SUPERUSER_USERNAME"], "admin");
    assert_eq!(run.environment["DJANGO_SUPERUSER_EMAIL"], "a@b.example");
    assert_eq!(run.environment["MYSQL_DB_HOSTNAME"], "db");
    let password = &run.environment["DJANGO_SUPERUSER_PASSWORD"];
    assert_eq!(
        step.on_success.action_result,
        Some(ActionResult::Results([("password".to_owned(), password.clone())].into()))
    );
    assert_eq!(password.len(), 22);
    assert_eq!(steps.secrets.apply(password), "***");
    assert!(!format!("{steps:?}").contains(password.as_str()));
    let seen = carry_out(ready(), &decide(None, &ready()));
    let steps = decide(create(), &seen);
    assert_eq!((names(&steps), steps.take_time()), (vec!["create the superuser".to_owned()], false));
}

#[test]
fn the_workloads_own_variables_cannot_replace_those_of_the_account() {
    let mut seen = ready();
    container(&mut seen)
        .plan
        .services
        .get_mut("django")
        .unwrap()
        .environment
        .extend([("DJANGO_SUPERUSER_USERNAME", "rock")]);
    let options = [("superuser-username".to_owned(), option_of(OptionKind::String))].into();
    set(&mut seen, "superuser-username", ConfigValue::from("mallory"));
    let work = Work { scope: Scope::Everything, action: create() };
    let steps = steps(&work, &seen, &CharmSpec { options, ..spec() }, &mut || [7; 64]);
    let Action::Run(run) = &steps.effects.last().unwrap().action else { panic!("{steps:?}") };
    assert_eq!(run.environment["DJANGO_SUPERUSER_USERNAME"], "admin");
}

#[test]
fn a_superuser_action_that_is_refused_runs_no_command() {
    let away = Seen { workload: Some(Workload::Unread(crate::pebble_hold::away())), ..ready() };
    let lonely = Seen { integrations: Vec::new(), ..ready() };
    let mut wrong = ready();
    set(&mut wrong, "django-secret-key", ConfigValue::from(""));
    let nameless = Seen { params: [("email".to_owned(), "a@b.example".into())].into(), ..ready() };
    let table = [
        (away, "django-app container is not ready: Waiting for pebble ready"),
        (lonely, "django-app container is not ready: Django requires a database integration to work"),
        (wrong, "django-app container is not ready: invalid options: django-secret-key (must not be empty)"),
        (nameless, "create-superuser needs the parameters username"),
    ];
    for (seen, why) in table {
        let steps = decide(create(), &seen);
        assert_eq!(steps.refusal.as_deref(), Some(why));
        assert!(!names(&steps).contains(&"create the superuser".to_owned()));
    }
}

#[test]
fn another_framework_has_no_such_action() {
    assert_eq!(crate::framework::flask::FLASK.action("create-superuser"), None);
}
