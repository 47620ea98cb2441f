//! Every field of every supported kind, with a value of the wrong type, beyond its limits, or that
//! is none of its words. The cases come from the tables, so that a new field is tested at once.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::*;
use crate::diagnostic::Severity;
use crate::manifest::schema::{Field, Object, Shape};

/// Manifests that use every field that has an effect here.
const FILES: [&str; 6] = [
    include_str!("every_field/kubernetes.yaml"),
    include_str!("every_field/istio.yaml"),
    include_str!("every_field/argo.yaml"),
    include_str!("every_field/flagger.yaml"),
    include_str!("every_field/flux.yaml"),
    include_str!("every_field/kruise.yaml"),
];

/// Something in a good manifest: where it stands and what may stand there.
struct Place {
    document: Value,
    /// Where it stands, as a JSON pointer.
    pointer: String,
    /// Where it stands, as messages say it: `spec.ports[0].port`.
    path: String,
    shape: &'static Shape,
    /// The object it belongs to and the field, unless it is an item of a list or map.
    field: Option<(&'static Object, &'static Field)>,
}

impl Place {
    /// What is said of the manifest with another value in this place.
    fn with(&self, value: Value) -> Vec<Diagnostic> {
        let mut document = self.document.clone();
        *document.pointer_mut(&self.pointer).unwrap() = value;
        findings(&document)
    }

    /// Whether an error says that the value here is wrong, on the line where it stands.
    #[track_caller]
    fn must_fail(&self, value: &Value, words: &[&str], faults: &mut Vec<String>) {
        let said = self.with(value.clone());
        let [path, bare] =
            [self.path.clone(), without_indices(&self.path)].map(|path| plain(&path));
        let found = said.iter().any(|finding| {
            let message = plain(&finding.message);
            let named = message.contains(&path) || message.contains(&bare);
            finding.severity == Severity::Error
                && named
                && words.iter().any(|words| finding.message.contains(words))
                && 0 < finding.position.line
        });
        if !found {
            let said: Vec<String> = said.iter().map(ToString::to_string).collect();
            faults.push(format!("{} = {value}: said {said:?}", self.path));
        }
    }
}

/// What is said of a document, read from its text as a file would be.
fn findings(document: &Value) -> Vec<Diagnostic> {
    match parse("a.yaml", &to_yaml(document)) {
        Err(fault) => vec![fault],
        Ok(documents) => {
            let said = |d: &Document| {
                let errors = d.manifest.clone().err().unwrap_or_default();
                errors.into_iter().chain(d.notes.clone()).collect::<Vec<_>>()
            };
            documents.iter().flat_map(said).collect()
        }
    }
}

/// The letters and digits, small: a key of a map is written `hard.pods` or `hard[pods]`, and webhooks may
/// begin the names of fields with capitals.
fn plain(path: &str) -> String {
    path.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect()
}

/// The path without the places in lists, as Go names it.
fn without_indices(path: &str) -> String {
    path.split(['[', ']']).step_by(2).collect()
}

/// Every good document with its kind.
fn documents() -> Vec<(Kind, Value)> {
    let files = FILES.iter().flat_map(|text| yaml::parse("a.yaml", text).unwrap());
    let kind = |document: &Value| {
        let [name, version] = ["kind", "apiVersion"].map(|field| document[field].as_str().unwrap());
        let is = |kind: &&Kind| kind.name() == name && kind.versions().contains(&version);
        *Kind::ALL.iter().find(is).unwrap()
    };
    files.map(|node| node.to_json()).map(|document| (kind(&document), document)).collect()
}

/// Every place of the good documents.
fn places() -> Vec<Place> {
    let mut places = Vec::new();
    for (kind, document) in documents() {
        let mut walk = Walk { document: &document, places: &mut places };
        walk.object(&document, schema::object(kind), "", "");
    }
    places
}

struct Walk<'w> {
    document: &'w Value,
    places: &'w mut Vec<Place>,
}

impl Walk<'_> {
    fn object(&mut self, value: &Value, object: &'static Object, pointer: &str, path: &str) {
        for (key, value) in value.as_object().unwrap() {
            let field = object.fields.iter().find(|field| field.name == key).unwrap();
            let dot = if path.is_empty() { "" } else { "." };
            let place = (format!("{pointer}/{}", escape(key)), format!("{path}{dot}{key}"));
            self.place(value, &field.shape, place, Some((object, field)));
        }
    }

    fn place(
        &mut self,
        value: &Value,
        shape: &'static Shape,
        (pointer, path): (String, String),
        field: Option<(&'static Object, &'static Field)>,
    ) {
        let document = self.document.clone();
        self.places.push(Place {
            document,
            pointer: pointer.clone(),
            path: path.clone(),
            shape,
            field,
        });
        match (shape, value) {
            (Shape::Object(object) | Shape::TextOr(object), Value::Object(_)) => {
                self.object(value, object, &pointer, &path);
            }
            (Shape::List(item), Value::Array(items)) => {
                for (index, value) in items.iter().enumerate() {
                    let place = (format!("{pointer}/{index}"), format!("{path}[{index}]"));
                    self.place(value, item, place, None);
                }
            }
            (Shape::Map(inner), Value::Object(entries)) => {
                for (key, value) in entries {
                    let place = (format!("{pointer}/{}", escape(key)), format!("{path}.{key}"));
                    self.place(value, inner, place, None);
                }
            }
            _ => {}
        }
    }
}

fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// Values of a type that the shape does not take.
fn of_wrong_type(shape: &Shape) -> Vec<Value> {
    let list = json!([1]);
    match shape {
        Shape::Any => vec![],
        Shape::String | Shape::Choice(_) => vec![json!(7), json!(true), list, json!({"a": 1})],
        Shape::TextOr(_) | Shape::Duration | Shape::DurationRange | Shape::Rate => {
            vec![json!(7), json!(true), list]
        }
        Shape::Bool => vec![json!("yes"), json!(1), list],
        Shape::Int { .. } => vec![json!("7"), json!(1.5), json!(false), list],
        Shape::Number => vec![json!("7"), json!(true), list],
        Shape::IntOrString => vec![json!(1.5), json!(true), list],
        Shape::Quantity => vec![json!(true), list, json!({"a": 1})],
        Shape::Object(_) | Shape::Map(_) => vec![json!("text"), json!(7), list],
        Shape::List(_) => vec![json!("text"), json!(7), json!({"a": 1})],
    }
}

/// The least value that the shape takes.
fn sample(shape: &Shape) -> Value {
    match shape {
        Shape::String | Shape::TextOr(_) => json!("text"),
        Shape::Choice(words) => json!(words[0]),
        Shape::Bool => json!(true),
        Shape::Int { least, .. } => json!(least),
        Shape::Number | Shape::IntOrString => json!(1),
        Shape::Quantity => json!("1"),
        Shape::Duration | Shape::DurationRange => json!("5s"),
        Shape::Rate => json!("5/s"),
        Shape::Map(_) | Shape::Any => json!({}),
        Shape::List(_) => json!([]),
        Shape::Object(object) => {
            let required = object.fields.iter().filter(|field| field.required);
            let entry = |field: &Field| (field.name.to_owned(), sample(&field.shape));
            Value::Object(required.map(entry).collect::<Map<_, _>>())
        }
    }
}

#[track_caller]
fn none(faults: &[String]) {
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn the_manifests_with_every_field_are_good() {
    for (_, document) in documents() {
        let said = findings(&document);
        let errors: Vec<_> = said.iter().filter(|f| f.severity == Severity::Error).collect();
        assert!(errors.is_empty(), "{errors:?} in\n{}", to_yaml(&document));
    }
}

#[test]
fn every_field_with_an_effect_is_in_them() {
    let used: BTreeSet<(&str, &str)> = places()
        .iter()
        .filter_map(|place| place.field)
        .map(|(object, field)| (object.name, field.name))
        .collect();
    let mut faults = Vec::new();
    fn visit(object: &'static Object, used: &BTreeSet<(&str, &str)>, faults: &mut Vec<String>) {
        for field in object.fields.iter().filter(|field| field.modelled) {
            let free = matches!(field.shape, Shape::Any);
            if !free && !used.contains(&(object.name, field.name)) {
                faults.push(format!("{}.{}", object.name, field.name));
            }
            let mut shape = &field.shape;
            while let Shape::List(inner) | Shape::Map(inner) = shape {
                shape = inner;
            }
            if let Shape::Object(object) = shape {
                visit(object, used, faults);
            }
        }
    }
    for kind in Kind::ALL {
        visit(schema::object(*kind), &used, &mut faults);
    }
    none(&faults);
}

#[test]
fn a_value_of_the_wrong_type_is_an_error_in_every_place() {
    let words = ["cannot unmarshal", "must be of type", "must be a valid duration", "must be a"];
    let mut faults = Vec::new();
    for place in places() {
        for value in of_wrong_type(place.shape) {
            place.must_fail(&value, &words, &mut faults);
        }
    }
    none(&faults);
}

#[test]
fn a_number_beyond_the_limits_is_an_error_in_every_place() {
    let mut faults = Vec::new();
    for place in places() {
        let Shape::Int { name, least, most } = place.shape else { continue };
        let lowest = if *name == "int32" { i64::from(i32::MIN) } else { i64::MIN };
        if lowest < *least {
            place.must_fail(&json!(least - 1), &["Invalid value"], &mut faults);
        }
        let words = ["Invalid value", "cannot unmarshal number"];
        place.must_fail(&json!(most + 1), &words, &mut faults);
    }
    none(&faults);
}

#[test]
fn a_negative_number_is_an_error_in_every_place() {
    let mut faults = Vec::new();
    for place in places() {
        // ROLL-43: there -1 means never.
        if place.path.ends_with(".failureLimit") {
            continue;
        }
        let value = match place.shape {
            Shape::Int { .. } | Shape::Number | Shape::IntOrString => json!(-1),
            Shape::Quantity => json!("-1"),
            Shape::Duration => json!("-1s"),
            _ => continue,
        };
        place.must_fail(
            &value,
            &["Invalid value", "must be", "not in range", "< 0", "negative"],
            &mut faults,
        );
    }
    none(&faults);
}

#[test]
fn an_unknown_word_is_an_error_that_lists_the_known_ones() {
    let mut faults = Vec::new();
    for place in places() {
        let Shape::Choice(words) = place.shape else { continue };
        let listed: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
        let listed =
            format!("Unsupported value: \"Nonsense\": supported values: {}", listed.join(", "));
        place.must_fail(&json!("Nonsense"), &[&listed], &mut faults);
    }
    none(&faults);
}

#[test]
fn an_unknown_field_is_an_error_in_every_object() {
    let mut faults = Vec::new();
    for place in places() {
        let Shape::Object(_) = place.shape else { continue };
        let mut value = place.document.pointer(&place.pointer).unwrap().clone();
        value["nonsense"] = json!(1);
        let words = format!("unknown field \"{}.nonsense\"", place.path);
        place.must_fail(&value, &[&words], &mut faults);
    }
    none(&faults);
}

#[test]
fn every_field_without_effect_is_noted_or_refused() {
    let mut faults = Vec::new();
    for place in places() {
        let Shape::Object(object) = place.shape else { continue };
        for field in object.fields.iter().filter(|field| !field.modelled) {
            let mut value = place.document.pointer(&place.pointer).unwrap().clone();
            value[field.name] = sample(&field.shape);
            let said = place.with(value);
            let severity = if field.essential { Severity::Error } else { Severity::Note };
            let message = format!("not modelled: {}.{}", place.path, field.name);
            if !said.iter().any(|f| f.message == message && f.severity == severity) {
                faults.push(format!("{message}: said {said:?}"));
            }
        }
    }
    none(&faults);
}
