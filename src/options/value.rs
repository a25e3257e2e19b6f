//! An option's value as the text of a variable: what applications already read.

use juju::{ConfigValue, OptionKind};

/// The value as text: booleans `true` and `false`, whole numbers in decimal, text as it is, floating point numbers as
/// JSON has them. Juju prints the number 1.0 as `1`, therefore the declared type is asked.
pub(super) fn text(value: &ConfigValue, kind: OptionKind) -> String {
    match value {
        ConfigValue::String(text) => text.clone(),
        ConfigValue::Bool(yes) => yes.to_string(),
        #[expect(clippy::cast_precision_loss, reason = "the option is a float, whatever digits were written")]
        ConfigValue::Int(number) if kind == OptionKind::Float => float(*number as f64),
        ConfigValue::Int(number) => number.to_string(),
        ConfigValue::Float(number) => float(*number),
    }
}

/// As Python writes it: `1.0`, `1e+20`, `1e-07`.
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
            (ConfigValue::String(String::new()), OptionKind::String, ""),
            (ConfigValue::String("a\nb".to_owned()), OptionKind::String, "a\nb"),
            (ConfigValue::Bool(true), OptionKind::Boolean, "true"),
            (ConfigValue::Int(-3), OptionKind::Int, "-3"),
            (ConfigValue::Int(1), OptionKind::Float, "1.0"),
            (ConfigValue::Float(0.25), OptionKind::Float, "0.25"),
            (ConfigValue::Float(1e20), OptionKind::Float, "1e+20"),
            (ConfigValue::Float(1e-7), OptionKind::Float, "1e-07"),
            (ConfigValue::Float(1.5e16), OptionKind::Float, "1.5e+16"),
        ];
        for (value, kind, expected) in table {
            assert_eq!(text(&value, kind), expected);
        }
    }
}
