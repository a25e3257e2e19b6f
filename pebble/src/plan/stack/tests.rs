use super::*;

fn layer(label: &str) -> Layer {
    Layer { label: label.to_owned(), ..Layer::default() }
}

fn shown(layers: &Layers) -> Vec<(&str, u32)> {
    layers.layers().iter().map(|layer| (layer.label.as_str(), layer.order)).collect()
}

#[test]
fn layers_go_on_top_or_into_their_folder() {
    let mut layers = Layers::default();
    for label in ["base", "extra/one", "top"] {
        layers.append(layer(label), false).unwrap();
    }
    assert_eq!(shown(&layers), [("base", 1000), ("extra/one", 2001), ("top", 3000)]);
    assert_eq!(layers.append(layer("extra/two"), false), Err(Error::Inner));
    layers.append(layer("extra/two"), true).unwrap();
    assert_eq!(shown(&layers), [("base", 1000), ("extra/one", 2001), ("extra/two", 2002), ("top", 3000)]);
    let error = layers.append(layer("top"), false).unwrap_err();
    assert_eq!(error.to_string(), r#"layer "top" already exists"#);
    layers.combine(layer("top"), false).unwrap();
    layers.combine(layer("new"), false).unwrap();
    assert_eq!(shown(&layers).last(), Some(&("new", 4000)));
}

#[test]
fn a_refused_layer_changes_nothing() {
    let mut layers = Layers::default();
    let good = r#"{"services":{"web":{"override":"replace","command":"x"}}}"#;
    layers.append(Layer::parse_labelled("a", good.as_bytes()).unwrap(), false).unwrap();
    let before = (layers.plan().clone(), layers.layers().to_vec());
    let bad = r#"{"services":{"db":{"override":"merge"}}}"#;
    let error = layers.combine(Layer::parse_labelled("a", bad.as_bytes()).unwrap(), false).unwrap_err();
    assert_eq!(error.to_string(), r#"plan must define "command" for service "db""#);
    assert_eq!((layers.plan().clone(), layers.layers().to_vec()), before);
}

#[test]
fn arguments_from_the_command_line_replace_the_defaults() {
    let mut layers = Layers::default();
    let text = r#"{"services":{"web":{"override":"replace","command":"web -a [ -b ]"}}}"#;
    layers.append(Layer::parse(text.as_bytes()).unwrap(), false).unwrap();
    let args = [("web".to_owned(), vec!["-c".to_owned(), "d e".to_owned()])].into();
    layers.set_service_args(&args).unwrap();
    assert_eq!(layers.plan().services["web"].command, "web -a [ -c 'd e' ]");
    assert_eq!(layers.layers()[1].label, "pebble-service-args");
    let error = layers.set_service_args(&[("nope".to_owned(), vec![])].into()).unwrap_err();
    assert_eq!(error.to_string(), r#"service "nope" not found in plan"#);
}

#[test]
fn workloads_stay_as_they_were_at_the_beginning() {
    let text = r#"{"workloads":{"w":{"override":"replace","user":"u"}}}"#;
    let with = Layer::parse(text.as_bytes()).unwrap();
    let error = Layers::default().append(with.clone(), false).unwrap_err();
    assert_eq!(error.to_string(), r#"cannot change immutable section "workloads""#);
    assert_eq!(
        Layers::try_new(vec![with]).unwrap().plan().to_yaml(),
        "workloads:\n    w:\n        override: replace\n        user: u\n"
    );
}

#[test]
fn file_names_say_order_and_label() {
    let good = [
        ("001-base.yaml", 1, "base"),
        ("120-a1b.d", 120, "a1b"),
        ("999-my-own-layer.yaml", 999, "my-own-layer"),
        ("000-a-b-c.yaml", 0, "a-b-c"),
    ];
    for (name, order, label) in good {
        assert_eq!(LayerFile::parse(name), Some(LayerFile { order, label: label.to_owned() }), "{name}");
    }
    for name in [
        "1-base.yaml",
        "001-ab.yaml",
        "001-Base.yaml",
        "001-base.yml",
        "001base.yaml",
        "001-base-.yaml",
        "001-a--bc.yaml",
        "+01-base.yaml",
        "001-1ab.yaml",
        "001-.yaml",
        "0001-base.yaml",
    ] {
        assert_eq!(LayerFile::parse(name), None, "{name}");
    }
}
