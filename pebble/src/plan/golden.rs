//! Recorded answers of Pebble 1.32.1: errors and plans of layers, printed plans, and orders.
//!
//! `golden/answers.json` has sequences of layers, added under one label (`combine`) or each under its own, with the
//! error of each and the final plan. `golden/printed.json` has layers with awkward names and texts, and their plans.
//! `golden/orders.json` has the order of start and stop tasks, as far as it is deterministic: with `before`, Pebble's
//! order may vary between runs.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Error, Layer, Layers, Plan, Service, combine};

#[derive(Deserialize)]
struct Answered {
    combine: bool,
    layers: Vec<String>,
    answers: Vec<Option<String>>,
    plan: String,
}

#[derive(Deserialize)]
struct Printed {
    layer: String,
    plan: String,
}

#[derive(Deserialize)]
struct Ordered {
    services: BTreeMap<String, Service>,
    wanted: Vec<String>,
    start: Vec<String>,
    stop: Vec<String>,
}

fn printed() -> Vec<Printed> {
    serde_json::from_str(include_str!("golden/printed.json")).unwrap()
}

/// Adds a layer as `POST /v1/layers` does; returns its error.
fn add(layers: &mut Layers, label: &str, text: &str, combine: bool) -> Result<(), String> {
    let layer = Layer::parse_labelled(label, text.as_bytes());
    let layer = layer.map_err(|error| format!("cannot parse layer YAML: {error}"))?;
    let added = if combine { layers.combine(layer, false) } else { layers.append(layer, false) };
    added.map_err(|error: Error| error.to_string())
}

#[test]
fn layers_earn_the_answers_that_pebble_gives() {
    let cases: Vec<Answered> = serde_json::from_str(include_str!("golden/answers.json")).unwrap();
    assert!(cases.len() > 250);
    for case in cases {
        let mut layers = Layers::default();
        for (at, text) in case.layers.iter().enumerate() {
            let label = if case.combine { "x".to_owned() } else { format!("l{at}") };
            let got = add(&mut layers, &label, text, case.combine).err();
            assert_eq!(got, case.answers[at], "{text}");
        }
        assert_eq!(layers.plan().to_yaml(), case.plan, "{:?}", case.layers);
    }
}

#[test]
fn plans_are_printed_byte_for_byte() {
    for Printed { layer, plan } in printed() {
        let read = Layer::parse(layer.as_bytes()).unwrap();
        assert_eq!(combine(&[read]).unwrap().to_yaml(), plan);
    }
}

#[test]
fn a_layer_as_json_is_the_same_layer() {
    for Printed { layer, .. } in printed() {
        let read = Layer::parse(layer.as_bytes()).unwrap();
        let json = read.to_json();
        assert_eq!(Layer::parse(json.as_bytes()).unwrap(), read);
        assert_eq!(serde_json::from_str::<Layer>(&json).unwrap(), read);
    }
}

#[test]
fn services_start_and_stop_in_pebbles_order() {
    let cases: Vec<Ordered> = serde_json::from_str(include_str!("golden/orders.json")).unwrap();
    for Ordered { services, wanted, start, stop } in cases {
        let plan = Plan { services, ..Plan::default() };
        assert_eq!(plan.start_order(&wanted).unwrap().concat(), start, "start {wanted:?} of {plan:?}");
        assert_eq!(plan.stop_order(&wanted).unwrap().concat(), stop, "stop {wanted:?} of {plan:?}");
    }
}
