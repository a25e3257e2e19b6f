//! Secrets: the revision each unit reads, and the units that get secret-changed.

use super::*;
use juju::{NewSecret, ReadMode, SecretContent, SecretId, SecretQuery, SecretUpdate, Whose};

fn content(value: &str) -> SecretContent {
    [("password".to_owned(), value.into())].into()
}

fn read(model: &mut Model, name: &str, id: &SecretId, mode: ReadMode) -> Result<String, HookError> {
    let query = SecretQuery { id: Some(id.clone()), label: None, mode };
    in_hook(model, name, |hook| hook.secret_get(&query)).map(|content| content["password"].expose().to_owned())
}

/// A secret of pg that is granted to its relation.
fn granted() -> (Model, RelationId, SecretId) {
    let (mut model, _, db) = settled();
    let id = model.add_secret("pg", content("one")).unwrap();
    model.grant_secret(&id, db).unwrap();
    (model, db, id)
}

#[test]
fn each_unit_tracks_a_revision_until_it_refreshes() {
    let (mut model, _, id) = granted();
    assert_eq!(read(&mut model, "web/0", &id, ReadMode::Tracked).unwrap(), "one");
    model.set_secret(&id, content("two")).unwrap();
    for (name, mode, wanted) in [
        ("web/0", ReadMode::Tracked, "one"),
        ("web/0", ReadMode::Peek, "two"),
        ("web/0", ReadMode::Tracked, "one"),
        // Each unit tracks a revision of its own: web/1 begins with the latest.
        ("web/1", ReadMode::Tracked, "two"),
        ("web/0", ReadMode::Refresh, "two"),
        ("web/0", ReadMode::Tracked, "two"),
    ] {
        assert_eq!(read(&mut model, name, &id, mode).unwrap(), wanted, "{name} {mode:?}");
    }
}

#[test]
fn a_new_revision_is_told_once_to_those_who_track_an_older_one() {
    let (mut model, _, id) = granted();
    model.set_secret(&id, content("two")).unwrap();
    assert!(drain(&mut model).is_empty(), "nobody has read it");
    let query = SecretQuery { id: Some(id.clone()), label: Some("mine".into()), mode: ReadMode::Tracked };
    in_hook(&mut model, "web/0", |hook| hook.secret_get(&query)).unwrap();
    read(&mut model, "web/1", &id, ReadMode::Refresh).unwrap();
    model.set_secret(&id, content("two")).unwrap();
    assert!(drain(&mut model).is_empty(), "the same content is no revision");
    model.set_secret(&id, content("three")).unwrap();
    read(&mut model, "web/1", &id, ReadMode::Refresh).unwrap();
    let Some(Event::Secret(event)) = model.next_event(&unit("web/0")) else { panic!() };
    assert_eq!((event.label.as_deref(), &event.id), (Some("mine"), &id));
    assert_eq!(drain(&mut model), ["web/0: secret-changed"], "web/1 has it already");
    model.set_secret(&id, content("four")).unwrap();
    assert_eq!(drain(&mut model).len(), 2);
}

#[test]
fn a_label_finds_the_secret_for_the_unit_that_gave_it() {
    let (mut model, _, id) = granted();
    let both = SecretQuery { id: Some(id), label: Some("mine".into()), mode: ReadMode::Tracked };
    let label = SecretQuery::label("mine");
    in_hook(&mut model, "web/0", |hook| {
        assert_eq!(hook.secret_get(&label).unwrap_err().tool_message(), "consumer label \"mine\" not found");
        hook.secret_get(&both).unwrap();
        hook.secret_get(&label).unwrap();
    });
    in_hook(&mut model, "web/0", |hook| hook.secret_get(&label)).unwrap();
    assert!(in_hook(&mut model, "web/1", |hook| hook.secret_get(&label)).is_err());
}

#[test]
fn a_grant_ends_with_its_relation() {
    let (mut model, db, id) = granted();
    model.deploy("other", charm(), 1).unwrap();
    drain(&mut model);
    assert_eq!(read(&mut model, "other/0", &id, ReadMode::Peek).unwrap_err().tool_message(), "permission denied");
    assert_eq!(model.secret_readers(&id).unwrap(), ["web"]);
    model.revoke_secret(&id, db).unwrap();
    assert!(read(&mut model, "web/0", &id, ReadMode::Peek).is_err());
    model.grant_secret(&id, db).unwrap();
    assert!(read(&mut model, "web/0", &id, ReadMode::Peek).is_ok());
    model.remove_relation(db).unwrap();
    drain(&mut model);
    assert!(read(&mut model, "web/0", &id, ReadMode::Peek).is_err());
}

#[test]
fn a_users_secret_is_granted_to_applications() {
    let (mut model, _, db) = settled();
    let id = model.add_user_secret(content("one"));
    assert!(read(&mut model, "web/0", &id, ReadMode::Peek).is_err());
    model.grant_user_secret(&id, "web").unwrap();
    assert_eq!(read(&mut model, "web/0", &id, ReadMode::Peek).unwrap(), "one");
    assert!(model.grant_secret(&id, db).is_err());
    model.revoke_user_secret(&id, "web").unwrap();
    assert!(read(&mut model, "web/0", &id, ReadMode::Peek).is_err());
    model.remove_secret(&id).unwrap();
    let gone = read(&mut model, "web/0", &id, ReadMode::Peek).unwrap_err();
    assert_eq!(gone.tool_message(), format!("secret \"{}\" not found", id.id()));
}

#[test]
fn a_users_secret_is_found_by_name_and_id_and_its_new_content_is_an_event() {
    let (mut model, _, _) = settled();
    let id = model.add_named_secret("mail", Some("of the sender"), content("one")).unwrap();
    for name in ["mail", id.id(), &id.to_string()] {
        let found = model.user_secret(name).unwrap();
        assert_eq!(
            (found.revision, found.name.as_deref(), found.info.as_deref()),
            (1, Some("mail"), Some("of the sender"))
        );
    }
    model.grant_user_secret(&id, "web").unwrap();
    assert_eq!(model.user_secret("mail").unwrap().readers, ["web"]);
    assert_eq!(read(&mut model, "web/0", &id, ReadMode::Tracked).unwrap(), "one");
    drain(&mut model);
    model.update_user_secret(&id, Some("post"), None, content("two")).unwrap();
    assert_eq!(model.user_secret("post").unwrap().revision, 2);
    assert_eq!(model.user_secret("post").unwrap().info.as_deref(), Some("of the sender"));
    assert!(drain(&mut model).iter().any(|event| event.contains("secret-changed")), "the reader is told");
    assert_eq!(model.user_secrets().len(), 1);
}

#[test]
fn a_users_secret_is_refused_for_its_name_and_keys() {
    let (mut model, _, _) = settled();
    let id = model.add_named_secret("mail", None, content("one")).unwrap();
    let taken = "secret with name \"mail\" already exists";
    assert_eq!(model.add_named_secret("mail", None, content("one")).unwrap_err().to_string(), taken);
    let key = |key: &str| SecretContent::from([(key.to_owned(), "x".into())]);
    for (wrong, message) in
        [(key("ab"), "key \"ab\" not valid; a key begins"), (key("A-b-c"), "key \"A-b-c\" not valid")]
    {
        let error = model.add_named_secret("other", None, wrong.clone()).unwrap_err().to_string();
        assert!(error.starts_with(message), "{error}");
        assert_eq!(model.update_user_secret(&id, None, None, wrong).unwrap_err().to_string(), error);
    }
    model.add_named_secret("other", None, SecretContent::new()).unwrap_err();
    model.add_named_secret("other", None, content("one")).unwrap();
    assert_eq!(
        model.update_user_secret(&id, Some("other"), None, content("2")).unwrap_err().to_string(),
        taken.replace("mail", "other")
    );
    assert_eq!(model.user_secret("none").unwrap_err().to_string(), "secret \"none\" not found");
}

#[test]
fn an_applications_secret_is_its_leaders_to_manage_and_each_units_to_read() {
    let (mut model, _, db) = settled();
    let new = NewSecret { label: Some("key".into()), ..NewSecret::new(content("one")) };
    let refused = in_hook(&mut model, "web/1", |hook| hook.secret_add(&new)).unwrap_err();
    assert_eq!(refused.tool_message(), "this unit is not the leader");
    let id = in_hook(&mut model, "web/0", |hook| hook.secret_add(&new)).unwrap();
    let taken = in_hook(&mut model, "web/0", |hook| hook.secret_add(&new)).unwrap_err();
    assert_eq!(taken.tool_message(), "secret with label \"key\" already exists");
    assert_eq!(read(&mut model, "web/1", &id, ReadMode::Tracked).unwrap(), "one");
    in_hook(&mut model, "web/1", |hook| {
        assert!(hook.secret_get(&SecretQuery::label("key")).is_ok());
        assert!(hook.secret_ids().is_empty());
        let update = SecretUpdate { content: content("x"), ..SecretUpdate::default() };
        let denied = [
            hook.secret_set(&id, &update),
            hook.secret_grant(&id, db, None),
            hook.secret_revoke(&id, None, None),
            hook.secret_remove(&id, None),
        ];
        for result in denied {
            assert_eq!(result.unwrap_err().tool_message(), "permission denied");
        }
    });
    in_hook(&mut model, "web/0", |hook| {
        assert_eq!(hook.secret_info(&SecretQuery::label("key")).unwrap().latest(), 1);
        let update = SecretUpdate { content: content("two"), label: Some("new".into()), ..SecretUpdate::default() };
        hook.secret_set(&id, &update).unwrap();
        assert_eq!(hook.secret_info(&SecretQuery::label("new")).unwrap().latest(), 2);
    });
    assert_eq!(drain(&mut model), ["web/1: secret-changed"], "the leader made it, the others read it");
}

#[test]
fn a_units_secret_is_its_own() {
    let (mut model, ..) = settled();
    let new = NewSecret { owner: Whose::Unit, ..NewSecret::new(content("one")) };
    let id = in_hook(&mut model, "web/1", |hook| hook.secret_add(&new)).unwrap();
    assert!(read(&mut model, "web/1", &id, ReadMode::Peek).is_ok());
    assert!(read(&mut model, "web/0", &id, ReadMode::Peek).is_err(), "not even the leader reads it");
    in_hook(&mut model, "web/1", |hook| {
        assert_eq!(hook.secret_ids(), std::slice::from_ref(&id));
        hook.secret_remove(&id, None).unwrap();
        assert!(hook.secret_ids().is_empty());
    });
}

#[test]
fn keys_are_jujus_keys() {
    let (mut model, ..) = settled();
    for (key, may) in [
        ("password", true),
        ("abc", true),
        ("a-b1", true),
        ("ab", false),
        ("Abc", false),
        ("1abc", false),
        ("abc-", false),
        ("a--bc", false),
        ("ab_c", false),
        ("", false),
    ] {
        let new = NewSecret::new([(key.to_owned(), "v".into())].into());
        assert_eq!(in_hook(&mut model, "web/0", |hook| hook.secret_add(&new)).is_ok(), may, "{key}");
    }
    assert!(in_hook(&mut model, "web/0", |hook| hook.secret_add(&NewSecret::new(SecretContent::new()))).is_err());
}

#[test]
fn a_revision_can_go_and_the_last_takes_the_secret_along() {
    let (mut model, ..) = settled();
    let id = in_hook(&mut model, "web/0", |hook| hook.secret_add(&NewSecret::new(content("one")))).unwrap();
    let update = SecretUpdate { content: content("two"), ..SecretUpdate::default() };
    in_hook(&mut model, "web/0", |hook| hook.secret_set(&id, &update)).unwrap();
    in_hook(&mut model, "web/0", |hook| hook.secret_remove(&id, Some(1))).unwrap();
    assert_eq!(read(&mut model, "web/0", &id, ReadMode::Tracked).unwrap(), "two");
    in_hook(&mut model, "web/0", |hook| hook.secret_remove(&id, Some(2))).unwrap();
    assert_eq!(model.secrets().count(), 0);
}

#[test]
fn a_failed_hook_leaves_no_secret() {
    let (mut model, ..) = settled();
    let id = in_event(&mut model, "web/0", Event::UpdateStatus, false, |hook| {
        let id = hook.secret_add(&NewSecret::new(content("one"))).unwrap();
        hook.secret_get(&SecretQuery::id(id.clone())).unwrap();
        id
    });
    assert!(model.secret(&id).is_err());
}

#[test]
fn an_owner_that_reads_what_it_just_wrote_tracks_it_only_if_it_stays() {
    let (mut model, ..) = settled();
    let id = in_hook(&mut model, "web/0", |hook| hook.secret_add(&NewSecret::new(content("one")))).unwrap();
    let update = SecretUpdate { content: content("two"), ..SecretUpdate::default() };
    for (is_success, wanted) in [(false, "one"), (true, "two")] {
        in_event(&mut model, "web/0", Event::UpdateStatus, is_success, |hook| {
            hook.secret_set(&id, &update).unwrap();
            let query = SecretQuery::id(id.clone()).refresh();
            assert_eq!(hook.secret_get(&query).unwrap(), content("two"));
        });
        assert_eq!(read(&mut model, "web/0", &id, ReadMode::Tracked).unwrap(), wanted);
    }
}

#[test]
fn contents_are_never_printed() {
    let (mut model, _, id) = granted();
    model.set_secret(&id, content("hunter2")).unwrap();
    let hook = model.begin(&unit("web/0"), Event::UpdateStatus).unwrap();
    model.transaction(hook.as_str()).unwrap().secret_add(&NewSecret::new(content("hunter2"))).unwrap();
    assert!(!format!("{model:?}").contains("hunter2"));
}

#[test]
fn the_owner_gets_rotate_expired_and_remove_for_a_revision_without_readers() {
    let (mut model, _, db) = settled();
    let new = NewSecret { label: Some("key".into()), ..NewSecret::new(content("one")) };
    let id = in_hook(&mut model, "web/0", |hook| hook.secret_add(&new)).unwrap();
    model.rotate_secret(&id).unwrap();
    let Some(Event::Secret(event)) = model.next_event(&unit("web/0")) else { panic!() };
    assert_eq!((event.label.as_deref(), event.revision), (Some("key"), None));
    assert_eq!(drain(&mut model), ["web/0: secret-rotate"], "the leader alone");

    assert_eq!(read(&mut model, "web/1", &id, ReadMode::Tracked).unwrap(), "one");
    let update = SecretUpdate { content: content("two"), ..SecretUpdate::default() };
    in_hook(&mut model, "web/0", |hook| hook.secret_set(&id, &update)).unwrap();
    assert_eq!(drain(&mut model), ["web/1: secret-changed"], "web/1 still reads the first revision");
    read(&mut model, "web/1", &id, ReadMode::Refresh).unwrap();
    let Some(Event::Secret(event)) = model.next_event(&unit("web/0")) else { panic!() };
    assert_eq!((event.kind, event.revision), (juju::SecretKind::Remove, Some(1)));
    assert_eq!(drain(&mut model), ["web/0: secret-remove"]);

    assert!(model.expire_secret(&id, 7).is_err());
    model.expire_secret(&id, 2).unwrap();
    model.set_leader(&unit("web/1")).unwrap();
    assert_eq!(
        drain(&mut model),
        ["web/1: leader-elected", "web/1: secret-expired"],
        "the owner's events go to the new leader"
    );
    assert!(model.relations().any(|relation| relation.id == db));
}

#[test]
fn a_units_own_secrets_go_with_it_and_so_does_its_reading() {
    let (mut model, _, id) = granted();
    let own = NewSecret { owner: Whose::Unit, ..NewSecret::new(content("mine")) };
    let own = in_hook(&mut model, "web/1", |hook| hook.secret_add(&own)).unwrap();
    read(&mut model, "web/1", &id, ReadMode::Tracked).unwrap();
    model.remove_unit(&unit("web/1")).unwrap();
    drain(&mut model);
    assert!(model.secret(&own).is_err());
    assert!(model.secret(&id).is_ok());
    assert!(model.world().secrets.get(&id).unwrap().consumers.is_empty());
}

#[test]
fn labels_of_an_application_its_units_and_of_what_they_read_exclude_each_other() {
    let (mut model, _, id) = granted();
    let add = |model: &mut Model, name: &str, owner: Whose, label: &str| {
        let new = NewSecret { owner, label: Some(label.to_owned()), ..NewSecret::new(content("x")) };
        in_hook(model, name, |hook| hook.secret_add(&new)).map(|_| ()).map_err(|error| error.to_string())
    };
    let taken = |label: &str| Err(format!("secret with label \"{label}\" already exists"));
    assert_eq!(add(&mut model, "web/0", Whose::App, "of-app"), Ok(()));
    assert_eq!(add(&mut model, "web/1", Whose::Unit, "of-app"), taken("of-app"));
    assert_eq!(add(&mut model, "web/1", Whose::Unit, "of-unit"), Ok(()));
    assert_eq!(add(&mut model, "web/0", Whose::App, "of-unit"), taken("of-unit"));
    assert_eq!(add(&mut model, "web/0", Whose::Unit, "of-unit"), Ok(()), "another unit's label");
    let query = SecretQuery { id: Some(id), label: Some("given".into()), mode: ReadMode::Tracked };
    in_hook(&mut model, "web/0", |hook| hook.secret_get(&query)).unwrap();
    assert_eq!(add(&mut model, "web/0", Whose::Unit, "given"), taken("given"));
}
