//! Shapes of JSON: what a document's sample says of members and their types.

use serde_json::{Map, Value, json};

/// A value with the names of types in the place of its leaves. The elements of an array must all have the same shape, which
/// stands for them; an empty array has none.
#[track_caller]
pub(crate) fn shape(value: &Value) -> Value {
    match value {
        Value::Null => json!("null"),
        Value::Bool(_) => json!("boolean"),
        Value::Number(_) => json!("number"),
        Value::String(_) => json!("string"),
        Value::Array(elements) => {
            let mut shapes: Vec<Value> = elements.iter().map(shape).collect();
            shapes.dedup();
            assert!(shapes.len() <= 1, "elements of several shapes: {value}");
            Value::Array(shapes)
        }
        Value::Object(members) => Value::Object(members.iter().map(|(name, value)| (name.clone(), shape(value))).collect()),
    }
}

/// Has exactly the members of a sample, each of its type.
#[track_caller]
pub(crate) fn assert_shape(value: &Value, sample: Value) {
    assert_eq!(shape(value), sample, "{value}");
}

/// Has no other members than a sample, and those of its types.
#[track_caller]
pub(crate) fn assert_within(value: &Value, sample: &Value) {
    fn within(value: &Value, sample: &Value, path: &str) {
        match (value, sample) {
            (Value::Object(members), Value::Object(of_sample)) => {
                let none = Map::new();
                let of_sample = if of_sample.is_empty() { &none } else { of_sample };
                for (name, value) in members {
                    let sample = of_sample.get(name).unwrap_or_else(|| panic!("{path}.{name} is not in the sample"));
                    within(value, sample, &format!("{path}.{name}"));
                }
            }
            (Value::Array(elements), Value::Array(of_sample)) => {
                elements.iter().for_each(|element| within(element, &of_sample[0], &format!("{path}[]")));
            }
            (value, sample) => assert_eq!(value, sample, "{path}"),
        }
    }
    within(&shape(value), sample, "");
}

/// The value with some members taken away.
pub(crate) fn without(value: &Value, names: &[&str]) -> Value {
    let mut value = value.clone();
    for name in names {
        let (at, name) = name.rsplit_once('/').map_or(("".to_owned(), *name), |(at, name)| (format!("/{at}"), name));
        value.pointer_mut(&at).unwrap().as_object_mut().unwrap().remove(name);
    }
    value
}
