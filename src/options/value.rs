//! The text of an option's value, in the form that applications of the Python framework expect.

use juju::ConfigValue;

/// Formats a value: booleans as `true` and `false`, integers in decimal, floats as Python writes them. Juju reports the
/// float 2.0 as 2, so the application gets `2`.
pub(crate) fn text(value: &ConfigValue) -> String {
    match value {
        ConfigValue::String(text) => text.clone(),
        ConfigValue::Bool(yes) => yes.to_string(),
        ConfigValue::Int(number) => number.to_string(),
        ConfigValue::Float(number) => float(*number),
    }
}

/// Formats a float as Python does: `1.0`, `1e+20`, `1e-07`.
fn float(number: f64) -> String {
    let digits = format!("{number:?}");
    let Some((mantissa, exponent)) = digits.split_once('e') else { return digits };
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(exponent) => ('-', exponent),
        None => ('+', exponent),
    };
    format!("{mantissa}e{sign}{exponent:0>2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_applications_read_them() {
        let table = [
            (ConfigValue::String(String::new()), ""),
            (ConfigValue::String("a\nb".to_owned()), "a\nb"),
            (ConfigValue::Bool(true), "true"),
            (ConfigValue::Int(-3), "-3"),
            (ConfigValue::Float(0.25), "0.25"),
            (ConfigValue::Float(1e20), "1e+20"),
            (ConfigValue::Float(1e-7), "1e-07"),
            (ConfigValue::Float(1.5e16), "1.5e+16"),
        ];
        for (value, expected) in table {
            assert_eq!(text(&value), expected);
        }
    }
}
