//! Orders of hooks: one for each seed, and hooks that overlap.

use super::*;

fn history(seed: u64) -> Vec<String> {
    let mut cluster = Cluster::with_seed(seed);
    pair(&mut cluster, 2).unwrap();
    cluster.run_until_quiet(MANY).unwrap();
    cluster.history().iter().map(Ran::to_string).collect()
}

#[test]
fn a_seed_replays_its_order_and_other_seeds_have_others() {
    assert_eq!(history(1), history(1));
    let orders: std::collections::BTreeSet<_> = (0..10).map(history).collect();
    assert!(orders.len() > 8, "{} orders", orders.len());
}

#[test]
fn hooks_of_several_units_overlap() {
    let mut cluster = Cluster::with_seed(1);
    pair(&mut cluster, 2).unwrap();
    let mut most = 0;
    while cluster.step().unwrap() {
        most = most.max(cluster.open.len());
    }
    assert!(most > 1, "at most {most} hooks were open");
}

#[test]
fn an_exploration_names_the_seed_that_fails() {
    let error = Cluster::explore(0..5, |cluster| {
        if cluster.seed() == 3 { cluster.set_leader(&UnitName::new("none", 0)) } else { Ok(()) }
    });
    assert_eq!(error.unwrap_err().to_string(), "seed 3: unit \"none/0\" not found");
}
