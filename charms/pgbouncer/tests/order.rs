//! Every order of the first events of a unit.

use juju::{Event, Status};

use crate::support::{World, created, pebble_ready};

/// All orders of the numbers below `count`.
fn orders(count: usize) -> Vec<Vec<usize>> {
    let Some(last) = count.checked_sub(1) else { return vec![Vec::new()] };
    let longer = |order: Vec<usize>| {
        (0..=order.len()).map(move |at| {
            let mut longer = order.clone();
            longer.insert(at, last);
            longer
        })
    };
    orders(last).into_iter().flat_map(longer).collect()
}

/// Runs a unit once for each order of the first `count` of six events; the others follow as ever.
fn every_order(count: usize) {
    let run = |order: &[usize]| {
        let name: String = order.iter().map(ToString::to_string).collect();
        let rest: Vec<_> = (order.len()..6).collect();
        let mut world = World::in_process(&format!("order-{name}"), 1);
        let unit = World::unit(0);
        world.containers.get_mut(&unit).unwrap().start();
        let backend = world.relate_backend();
        let client = world.add_client("web", "shop");
        for step in order.iter().chain(&rest) {
            let event = match step {
                0 => created(&world, "pgb-peers"),
                1 => created(&world, "backend-database"),
                2 => created(&world, "database"),
                3 => Event::ConfigChanged,
                4 => Event::Start,
                _ => pebble_ready(),
            };
            world.run(&unit, event);
        }
        world.settle();
        assert!(world.answer_backend(backend, &[]), "{order:?}");
        world.settle();
        // Each event releases the first of those that wait for each other.
        (0..3).for_each(|_| world.tick());
        assert_eq!(world.deferred(0), [""; 0], "{order:?}");
        world.outcome(client)
    };
    let orders = orders(count);
    let expected = run(&orders[0]);
    assert_eq!(expected.0, [Status::active("")]);
    assert!(expected.1.text("endpoints").unwrap().ends_with(":6432"));
    std::thread::scope(|scope| {
        let share = |some: &[Vec<usize>]| some.iter().for_each(|order| assert_eq!(run(order), expected, "{order:?}"));
        let shares: Vec<_> =
            orders[1..].chunks(orders.len().div_ceil(4)).map(|some| scope.spawn(move || share(some))).collect();
        shares.into_iter().for_each(|share| share.join().unwrap());
    });
}

#[test]
fn every_order_of_the_first_events_ends_in_the_same_state() {
    assert_eq!(orders(4).len(), 24);
    every_order(4);
}

#[test]
#[ignore = "long: 720 starts of a unit"]
fn every_order_of_six_events_ends_in_the_same_state() {
    assert_eq!(orders(6).len(), 720);
    every_order(6);
}
