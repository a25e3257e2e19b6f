//! Django's action `create-superuser`, with the real binary and a command in a pod.

use juju::StatusKind;
use juju_testing::{Action, ActionStatus};

use crate::support::{Charm, DATABASE, Rock, World};

/// A program in place of Django's: it writes its arguments to a shared file, and fails for the user `twice`.
const MANAGE: &str = r#"
import os, sys
if sys.argv[1:] == ["createsuperuser", "--noinput"]:
    names = ("DJANGO_SUPERUSER_PASSWORD", "POSTGRESQL_DB_PASSWORD", "DJANGO_SECRET_KEY")
    print("this is said of", *(os.environ[name] for name in names))
    with open("/charm/container/accounts", "a") as accounts:
        accounts.write(" ".join(os.environ["DJANGO_SUPERUSER_" + name] for name in ("USERNAME", "EMAIL", "PASSWORD")))
        accounts.write(" " + os.getcwd() + " " + os.environ["POSTGRESQL_DB_NAME"] + "\n")
    sys.exit(3 if os.environ["DJANGO_SUPERUSER_USERNAME"] == "twice" else 0)
"#;

fn create(world: &World, username: &str) -> Action {
    let params = [("username", username), ("email", "a@b.example")];
    let params = params.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    let id = world.server.with(|model| model.run_action(&world.unit, "create-superuser", &params)).unwrap();
    world.settle();
    world.server.with(|model| model.action(&id).cloned()).unwrap()
}

fn world() -> World {
    let endpoints = "requires:\n  postgresql: {interface: postgresql_client, optional: true, limit: 1}\n";
    let charm = Charm::expanded("django", "24.04").replace("requires:\n", endpoints);
    let rock = Rock::idle_as("django").file("django/app/manage.py", MANAGE);
    let world = World::of(&charm).in_container("django-app");
    world.share("accounts");
    world.with_pod(rock)
}

#[test]
fn a_superuser_is_made_and_its_password_told_to_who_asked_alone() {
    let world = world();
    let refused = create(&world, "admin");
    let why = "django-app container is not ready: Django requires a database integration to work";
    assert_eq!((refused.status, refused.failure.as_deref()), (ActionStatus::Failed, Some(why)));
    world.say(world.integrate("postgresql", "db"), "db", &DATABASE);
    world.settle();
    world.expect(StatusKind::Active, "");
    let made = create(&world, "admin");
    assert_eq!((made.status, made.failure), (ActionStatus::Completed, None));
    let password = made.results["password"].as_str().unwrap();
    assert_eq!(password.len(), 22);
    let expected = format!("admin a@b.example {password} /django/app shop\n");
    assert_eq!(world.read_shared("accounts"), expected);
    let again = create(&world, "other");
    assert_ne!(again.results["password"], password);
    let failed = create(&world, "twice");
    assert_eq!(
        (failed.status, failed.failure.as_deref()),
        (ActionStatus::Failed, Some("this is said of *** *** ***\n"))
    );
    assert_eq!(failed.results.get("password"), None);
    world.expect(StatusKind::Active, "");
    for line in world.read_shared("accounts").lines() {
        let password = line.split(' ').nth(2).unwrap();
        assert!(!world.public_texts().contains(password) && !world.pod.as_ref().unwrap().log().contains(password));
    }
}
