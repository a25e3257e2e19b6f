use proptest::prelude::*;

use super::*;
use crate::plan::Startup;

fn service(how: Override, command: &str, environment: &[(&str, &str)]) -> Service {
    Service {
        override_: how,
        command: command.to_owned(),
        environment: environment.iter().copied().collect(),
        ..Service::default()
    }
}

fn layer(label: &str, name: &str, service: Service) -> Layer {
    let services = [(name.to_owned(), service)].into();
    Layer { label: label.to_owned(), services, ..Layer::default() }
}

#[test]
fn no_layers_make_an_empty_plan() {
    assert_eq!(combine(&[]).unwrap(), Plan::default());
}

#[test]
fn merging_keeps_what_is_unset_and_adds_to_lists() {
    let mut below = service(Override::Replace, "x", &[("A", "1"), ("B", "2")]);
    below.after = vec!["b".to_owned()];
    below.startup = Startup::Enabled;
    let mut above = service(Override::Merge, "", &[("B", "3"), ("C", "4")]);
    above.after = vec!["c".to_owned()];
    let plan = combine(&[layer("one", "web", below), layer("two", "web", above)]).unwrap();
    let web = &plan.services["web"];
    assert_eq!((web.command.as_str(), &web.startup, &web.override_), ("x", &Startup::Enabled, &Override::Replace));
    assert_eq!(web.environment, [("A", "1"), ("B", "3"), ("C", "4")].into_iter().collect());
    assert_eq!(web.after, ["b", "c"]);
}

#[test]
fn an_object_must_say_how_it_meets_others() {
    let message = |how| combine(&[layer("one", "web", service(how, "x", &[]))]).unwrap_err().to_string();
    assert_eq!(message(Override::Unset), r#"layer "one" must define "override" for service "web""#);
    let other = message(Override::Other("foo".to_owned()));
    assert_eq!(other, r#"layer "one" has invalid "override" value for service "web""#);
}

proptest! {
    /// Except for lists, which grow, merging a layer twice equals merging it once, and merging one by one equals
    /// merging all.
    #[test]
    fn merging_is_idempotent_and_associative(
        commands in proptest::collection::vec("[a-z]{1,3}", 3),
        environments in proptest::collection::vec(proptest::collection::btree_map("[A-C]", "[0-9]", 0..3), 3),
        merges in proptest::collection::vec(any::<bool>(), 3),
    ) {
        let layers: Vec<Layer> = (0..3)
            .map(|at| {
                let how = if merges[at] { Override::Merge } else { Override::Replace };
                let environment = environments[at].clone().into();
                layer("x", "web", Service { environment, ..service(how, &commands[at], &[]) })
            })
            .collect();
        let once = flatten(&layers).unwrap();
        prop_assert_eq!(&flatten(layers.iter().chain([&layers[2]])).unwrap().services["web"].environment, &once.services["web"].environment);
        let first_two = flatten(&layers[..2]).unwrap();
        prop_assert_eq!(flatten([&first_two, &layers[2]]).unwrap().services, once.services);
    }
}
