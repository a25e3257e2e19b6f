//! The relations of an application without a charm, read from the model.

use interfaces::Read;
use juju::{Changes, Databag, Entity, RelationId, UnitName, View};
use juju_testing::{Model, RelationInfo};

use super::{Answer, Error, Relation};

/// The relations of an endpoint of the application `app`.
pub(super) fn of(model: &Model, app: &str, endpoint: &str) -> Vec<Relation> {
    let Ok(Some(leader)) = model.leader(app) else { return Vec::new() };
    let all = model.relations().filter(|relation| relation.endpoint(app) == Some(endpoint));
    all.map(|info| relation(model, &info, leader)).collect()
}

fn relation(model: &Model, info: &RelationInfo, leader: &UnitName) -> Relation {
    let app = leader.app();
    let bag = |entity: Entity| -> Databag { model.databag(info.id, &entity).unwrap_or_default() };
    let mut view = View::empty(info.endpoint(app).unwrap_or_default(), info.id);
    let remote = info.sides.iter().map(|(name, ..)| name).find(|name| *name != app);
    if let Some(remote) = remote {
        view.remote_app = bag(Entity::App(remote.clone()));
        let units = info.members.iter().filter(|unit| unit.app() == remote);
        view.units = units.map(|unit| (unit.clone(), bag(Entity::Unit(unit.clone())))).collect();
    }
    view.app = remote.cloned();
    view.local_app = Some(bag(Entity::App(app.to_owned())));
    view.local_unit = bag(Entity::Unit(leader.clone()));
    let followers = info.members.iter().filter(|unit| unit.app() == app && *unit != leader);
    let followers = followers.map(|unit| (unit.clone(), bag(Entity::Unit(unit.clone())))).collect();
    let ports = view.units.keys().map(|unit| (unit.clone(), model.ports(unit).cloned().unwrap_or_default()));
    Relation { leader: leader.clone(), ports: ports.collect(), view, followers, is_dying: info.is_dying }
}

/// The leader's answers to the relations that are not being removed; `answer` gives none while nothing is requested.
pub(super) fn answers(
    relations: &[Relation],
    mut answer: impl FnMut(&Relation) -> Result<Option<Changes>, Error>,
) -> Vec<Answer> {
    let present = relations.iter().filter(|relation| !relation.is_dying);
    let answers = present.filter_map(|relation| {
        let changes = answer(relation).transpose()?;
        Some(Answer { relation: relation.view.id, unit: relation.leader.clone(), changes })
    });
    answers.collect()
}

/// The answers of every unit, the leader first; `answer` gets the unit's number and what it sees of the relation.
pub(super) fn answers_of_units(
    relations: &[Relation],
    mut answer: impl FnMut(u32, &View) -> Result<Option<Changes>, Error>,
) -> Vec<Answer> {
    let mut answers = Vec::new();
    for relation in relations.iter().filter(|relation| !relation.is_dying) {
        let follower = |(unit, bag): (&UnitName, &Databag)| {
            let view = View { local_app: None, local_unit: bag.clone(), ..relation.view.clone() };
            (unit.clone(), view)
        };
        let leader = (relation.leader.clone(), relation.view.clone());
        for (unit, view) in std::iter::once(leader).chain(relation.followers.iter().map(follower)) {
            let changes = answer(unit.number(), &view).transpose();
            answers.extend(changes.map(|changes| Answer { relation: view.id, unit, changes }));
        }
    }
    answers
}

/// The request of an application, if it is complete.
///
/// # Errors
/// When the request is wrong.
pub(super) fn requested<T>(relation: RelationId, read: Read<T>) -> Result<Option<T>, Error> {
    match read {
        Read::Ready(request) => Ok(Some(request)),
        Read::Invalid { key, why } => Err(Error::Refused { relation, key, why }),
        Read::Waiting(_) | Read::Absent => Ok(None),
    }
}

/// Relations for the tests of what several units publish.
#[cfg(test)]
pub(super) mod trial {
    use std::collections::BTreeMap;

    use super::*;

    /// A relation of the application `app` with units of these numbers, the leader first, and a request of the other application.
    pub(in super::super) fn fresh(app: &str, numbers: &[u32], request: &[(&str, &str)]) -> Relation {
        let mut view = View::empty("endpoint", RelationId(1));
        view.local_app = Some(Databag::new());
        view.app = Some("shop".to_owned());
        view.remote_app = Databag::from_iter(request.iter().copied());
        let unit = |number: &u32| UnitName::new(app, *number);
        let followers = numbers[1..].iter().map(|number| (unit(number), Databag::new())).collect();
        Relation { leader: unit(&numbers[0]), view, followers, ports: BTreeMap::new(), is_dying: false }
    }

    /// What the other application sees once the answers are published; every unit answers once.
    pub(in super::super) fn seen(relation: &Relation, answers: &[Answer]) -> View {
        let mut view = View::empty("endpoint", relation.view.id);
        view.app = Some(relation.leader.app().to_owned());
        for Answer { relation: id, unit, changes } in answers {
            let changes = changes.as_ref().unwrap();
            assert_eq!(*id, relation.view.id);
            assert!(*unit == relation.leader || changes.app.is_empty(), "{unit} does not lead");
            view.remote_app.apply(&changes.app.texts());
            assert_eq!(view.units.insert(unit.clone(), changes.unit.texts()), None);
        }
        view
    }
}

#[cfg(test)]
mod tests {
    use juju::Role;
    use juju_testing::endpoint;

    use super::trial::{fresh, seen};
    use super::*;

    #[test]
    fn each_unit_answers_for_itself_and_the_leader_for_the_application() {
        let relation = fresh("pg", &[2, 0, 1], &[]);
        let answer = |number: u32, view: &View| {
            let mut changes = Changes::of_leader(view, &Databag::from_iter([("leader", number.to_string())]));
            changes.unit.set("number", number.to_string());
            Ok(Some(changes))
        };
        let answers = answers_of_units(std::slice::from_ref(&relation), answer);
        let view = seen(&relation, &answers);
        assert_eq!(view.remote_app, Databag::from_iter([("leader", "2")]));
        let numbers: Vec<_> = view.units.values().filter_map(|bag| bag.text("number")).collect();
        assert_eq!(numbers, ["0", "1", "2"]);
        let dying = Relation { is_dying: true, ..relation };
        assert!(answers_of_units(&[dying], answer).is_empty());
    }

    #[test]
    fn the_model_s_leader_answers_and_the_other_units_follow() {
        let mut model = Model::new("test");
        model.add_application("pg", vec![endpoint("database", Role::Provides, "pg")], 3).unwrap();
        model.add_application("web", vec![endpoint("db", Role::Requires, "pg")], 1).unwrap();
        model.integrate("web", "pg").unwrap();
        let units = |model: &Model| {
            let [relation] = of(model, "pg", "database").try_into().unwrap();
            (relation.leader.number(), relation.followers.keys().map(UnitName::number).collect::<Vec<_>>())
        };
        assert_eq!(units(&model), (0, vec![1, 2]));
        model.remove_unit(&UnitName::new("pg", 0)).unwrap();
        assert_eq!(units(&model), (1, vec![2]));
    }
}
