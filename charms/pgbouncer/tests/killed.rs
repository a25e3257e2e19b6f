//! Leaders whose hook is killed before each of its steps: the end is that of an undisturbed run.

use juju::{Databag, Event, RelationId, Status};

use crate::support::{LEADER, Server, World};

/// The units' statuses, the client's databag and the base document.
type Outcome = (Vec<Status>, Databag, Option<String>);

/// Comes to rest, and checks that every unit runs with the same files and that all passwords are those of the server.
fn rest(world: &World, client: RelationId) -> Outcome {
    // A killed hook comes first.
    world.settle();
    (0..3).for_each(|_| world.tick());
    let auth_file = world.own_secret("auth-file");
    for unit in world.all() {
        let container = &world.containers[&unit];
        assert_eq!(world.deferred(unit.number()), [""; 0], "{unit}");
        assert_eq!(container.file("lib/pgbouncer.ini").as_deref(), world.shared().text("cfg_file"), "{unit}");
        assert_eq!(container.file("shm/userlist.txt").as_deref(), Some(auth_file.as_str()), "{unit}");
        assert!(container.fake().services().iter().all(pebble::types::ServiceInfo::is_running), "{unit}");
    }
    let (role, password) = auth_file.lines().next().and_then(|line| line.split_once("\" \"")).unwrap();
    let (role, password) = (role.trim_matches('"'), password.trim_matches('"'));
    assert!(Server::lets_in(&world.host, role, password), "{role}: PgBouncer can't look up passwords");
    let read = world.client_reads("web", client);
    let database = read.ready().unwrap_or_else(|| panic!("{read:?}"));
    let text = |secret: &Option<juju::Secret>| secret.as_ref().unwrap().expose().to_owned();
    let (user, password) = (text(&database.username), text(&database.password));
    assert!(Server::lets_in(&world.host, &user, &password), "{user}");
    let (statuses, ours, document) = world.outcome(client);
    // The leader that made the document wrote its own places, which are the test's.
    (statuses, ours, document.map(|text| text.replace("DIR/1", "DIR/0").replace("127.0.0.2", "127.0.0.1")))
}

/// A step of a run, counted over all hooks of the leader.
struct Fate<'w> {
    world: &'w World,
    /// Number of the fatal step from here, from 1; 0 lets the leader live.
    left: usize,
    /// Name of the fatal step.
    step: Option<String>,
    /// The lease moves to this unit when the leader is killed.
    heir: Option<u32>,
}

impl Fate<'_> {
    /// Runs all hooks.
    fn run(&mut self) {
        loop {
            let ran = self.world.all().into_iter().filter(|unit| {
                let Some(event) = self.world.model.borrow().next_event(unit) else { return false };
                self.hook(unit, event);
                true
            });
            if ran.count() == 0 {
                return;
            }
        }
    }

    fn hook(&mut self, unit: &juju::UnitName, event: Event) {
        if self.left == 0 || unit.number() != LEADER {
            self.world.run(unit, event);
            return;
        }
        let is_killed = self.world.kill(unit, event.clone(), self.left);
        let steps = self.world.killer.names();
        if is_killed {
            self.step = Some(format!("{} before {:?}", event.name(), steps[self.left - 1]));
            self.left = 0;
            self.heir.into_iter().for_each(|heir| self.world.elect(heir));
        } else {
            self.left -= steps.len();
        }
    }
}

/// Starts two units with a backend and a client. `None` if the fatal step is beyond the end.
#[allow(clippy::print_stderr, reason = "the output of a failing test is where its author looks for the step")]
fn start(host: &str, fatal: usize, heir: Option<u32>) -> Option<Outcome> {
    let mut world = World::in_process(&format!("{host}-{fatal}"), 2);
    let backend = world.relate_backend();
    let client = world.add_client("web", "shop");
    world.all().iter().for_each(|unit| world.start_container(unit));
    let mut fate = Fate { world: &world, left: fatal, step: None, heir };
    for _ in 0..3 {
        fate.run();
        world.answer_backend(backend, &[]);
    }
    let step = fate.step;
    if fatal == 0 {
        heir.into_iter().for_each(|heir| world.elect(heir));
    } else if step.is_none() {
        return None;
    }
    world.settle();
    Some(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| rest(&world, client))).unwrap_or_else(|panic| {
        eprintln!("killed at step {fatal}, in {step:?}: {:#?}", world.log.borrow());
        std::panic::resume_unwind(panic)
    }))
}

/// Kills the leader at each `stride`th step of the start, each in a run of its own.
fn kill_at_steps(host: &str, heir: Option<u32>, stride: usize) {
    let expected = start(host, 0, heir).unwrap();
    assert_eq!(expected.0, [Status::active(""), Status::active("")]);
    let share = |first: usize| {
        let ends = (first..).step_by(4 * stride).map(|fatal| (fatal, start(host, fatal, heir)));
        let ends = ends.take_while(|(_, end)| end.is_some());
        ends.map(|(fatal, end)| assert_eq!(end.as_ref(), Some(&expected), "killed at step {fatal}")).count()
    };
    let count: usize = std::thread::scope(|scope| {
        let firsts = (0..4).map(|share| 1 + share * stride);
        let shares: Vec<_> = firsts.map(|first| scope.spawn(move || share(first))).collect();
        shares.into_iter().map(|share| share.join().unwrap()).sum()
    });
    assert!(count * stride > 100, "{count} kills");
}

#[test]
fn a_leader_killed_at_any_step_of_the_start_ends_as_if_undisturbed() {
    kill_at_steps("killed-some", None, 29);
}

#[test]
#[ignore = "long: a start of two units for each step"]
fn a_leader_killed_at_every_step_of_the_start_ends_as_if_undisturbed() {
    kill_at_steps("killed-every", None, 1);
}

#[test]
fn a_leader_killed_at_any_step_of_the_start_is_replaced_and_follows() {
    kill_at_steps("killed-some-heir", Some(1), 31);
}

#[test]
#[ignore = "long: a start of two units for each step"]
fn a_leader_killed_at_every_step_of_the_start_is_replaced_and_follows() {
    kill_at_steps("killed-every-heir", Some(1), 1);
}

/// Two units that serve a client.
fn served(host: &str) -> (World, RelationId) {
    let mut world = World::in_process(host, 2);
    world.start();
    world.add_backend();
    let client = world.add_client("web", "shop");
    world.settle();
    rest(&world, client);
    (world, client)
}

/// Changes an option to and fro; each time the leader is killed one step later. Returns the number of kills.
fn change_to_and_fro<V: Into<juju::ConfigValue> + Clone>(host: &str, option: &str, values: [V; 2]) -> usize {
    let (world, client) = served(host);
    let unit = World::unit(LEADER);
    let expected = values.clone().map(|value| {
        world.configure(option, value);
        rest(&world, client)
    });
    assert_ne!(expected[0], expected[1]);
    for (step, at) in (1..).zip([0, 1].into_iter().cycle()) {
        let before = [0, 1].map(|number| world.container(number).process_changes());
        world.configure(option, values[at].clone());
        let is_killed = world.kill(&unit, Event::ConfigChanged, step);
        assert_eq!(rest(&world, client), expected[at], "{option}, killed at step {step}");
        for number in [0, 1] {
            assert!(
                world.container(number).process_changes() >= before[number as usize] + 2,
                "{option}: {number} at step {step}"
            );
        }
        if !is_killed {
            return step - 1;
        }
    }
    unreachable!("the hook has an end")
}

#[test]
fn a_leader_killed_at_any_step_of_a_config_change_ends_as_if_undisturbed() {
    let reload = change_to_and_fro("killed-mode", "pool_mode", ["transaction", "session"]);
    let restart = change_to_and_fro("killed-port", "listen_port", [7000, 6432]);
    assert!(reload > 15 && restart > reload, "{reload} and {restart} steps");
}

#[test]
fn a_leader_killed_at_any_step_of_a_config_change_is_replaced_and_follows() {
    let (world, client) = served("killed-lease");
    let expected = [LEADER, 1].map(|leader| {
        world.elect(leader);
        ["session", "transaction"].map(|mode| {
            world.configure("pool_mode", mode);
            rest(&world, client)
        })
    });
    let mut steps = 0;
    for step in 1.. {
        let (leader, heir) = if step % 2 == 1 { (1, LEADER) } else { (LEADER, 1) };
        let mode = usize::from(step % 2 == 0);
        world.configure("pool_mode", ["session", "transaction"][mode]);
        let is_killed = world.kill(&World::unit(leader), Event::ConfigChanged, step);
        world.elect(heir);
        let found = rest(&world, client);
        assert_eq!(found, expected[heir as usize][mode], "killed at step {step}");
        if !is_killed {
            break;
        }
        steps = step;
    }
    assert!(steps > 15, "{steps} steps");
}

#[test]
fn a_leader_killed_at_any_step_of_a_client_s_coming_and_going_ends_as_if_undisturbed() {
    let (world, client) = served("killed-client");
    let unit = World::unit(LEADER);
    let before = rest(&world, client);
    let next = || world.model.borrow().next_event(&unit);
    // Kills each hook of the leader once, if it has so many steps.
    let disturb = |step: usize| {
        let mut is_killed = false;
        while let Some(event) = next() {
            if world.kill(&unit, event, step) {
                is_killed = true;
                world.step(&unit);
            }
        }
        is_killed
    };
    for step in (1..).step_by(4) {
        let blog = world.add_client("blog", "blog");
        let mut is_killed = disturb(step);
        rest(&world, client);
        let read = world.client_reads("blog", blog);
        let password = read.ready().unwrap_or_else(|| panic!("{read:?}")).password.clone().unwrap();
        let user = format!("relation_id_{blog}");
        assert!(Server::lets_in(&world.host, &user, password.expose()), "killed at step {step}");
        world.model.borrow_mut().remove_relation(blog).unwrap();
        is_killed |= disturb(step);
        assert_eq!(rest(&world, client), before, "killed at step {step}");
        assert!(!Server::with(&world.host, |server| server.roles.contains(&user)), "killed at step {step}");
        if !is_killed {
            assert!(step > 30, "{step} steps");
            return;
        }
    }
}
