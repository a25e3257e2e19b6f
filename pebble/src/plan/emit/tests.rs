#[test]
#[allow(clippy::disallowed_methods)]
fn differential() {
    let mut bad = 0;
    let mut paths: Vec<_> = std::fs::read_dir("/tmp/a1/cases").unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let case: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let layer = crate::plan::Layer::parse_labelled("x", case["layer"].as_str().unwrap().as_bytes());
        let plan = layer.and_then(|l| crate::plan::combine(&[l]));
        let (got, expected) = match plan {
            Ok(plan) => (plan.to_yaml(), case["plan"].as_str().unwrap().to_owned()),
            Err(e) => (e.to_string(), case["error"].as_str().unwrap_or("fine").to_owned()),
        };
        if got != expected {
            bad += 1;
            std::fs::write(path.with_extension("got"), &got).unwrap();
            std::fs::write(path.with_extension("want"), &expected).unwrap();
        }
    }
    assert_eq!(bad, 0);
}
