//! Lists of interfaces in other packages are those of the charm.

use std::collections::BTreeSet;

use webcharm::relation::ALL;

#[test]
fn the_packer_knows_the_interfaces_that_the_charm_reads() {
    let ours: BTreeSet<_> = ALL.iter().map(|interface| interface.name).collect();
    assert_eq!(pack::INTERFACES.into_iter().collect::<BTreeSet<_>>(), ours);
}
