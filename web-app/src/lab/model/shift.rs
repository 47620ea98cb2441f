//! Moving traffic by a slider: the VirtualService as the learner would write it.

use std::collections::BTreeMap;

/// A file to write and apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shift {
    /// Its path in the workspace.
    pub path: String,
    /// Its new content.
    pub content: String,
}

impl Shift {
    /// The lines that do it, as typed.
    pub fn commands(&self) -> [String; 2] {
        [write_command(&self.path, &self.content), apply_command(&self.path)]
    }
}

/// The line that writes a file.
pub fn write_command(path: &str, content: &str) -> String {
    let mut end = "EOF".to_owned();
    while content.lines().any(|line| line == end) {
        end.push('_');
    }
    let newline = if content.is_empty() || content.ends_with('\n') { "" } else { "\n" };
    format!("cat > {path} <<'{end}'\n{content}{newline}{end}")
}

/// The line that applies a file.
pub fn apply_command(path: &str) -> String {
    format!("kubectl apply -f {path}")
}

/// Whether `kubectl apply` makes sense for a file.
pub fn can_be_applied(path: &str) -> bool {
    [".yaml", ".yml", ".json"].iter().any(|ending| path.ends_with(ending))
}

/// Writes new weights into the learner's own VirtualService: everything else in it stays. The error
/// says why a slider cannot do it.
pub fn shift(
    files: &BTreeMap<String, String>,
    virtual_service: &str,
    host: &str,
    weights: &[(String, u32)],
) -> Result<Shift, String> {
    let path = format!("{virtual_service}.yaml");
    let own = files.get(&path).and_then(|text| document(text, virtual_service));
    let found = own.or_else(|| files.values().find_map(|text| document(text, virtual_service)));
    let document = found.ok_or_else(|| {
        format!("no file of the workspace holds VirtualService {virtual_service}")
    })?;
    let content = with_weights(&document, host, weights)?;
    Ok(Shift { path, content })
}

/// The document of a file that is the VirtualService of this name.
fn document(text: &str, name: &str) -> Option<String> {
    text.split("\n---").map(str::trim_start).find_map(|document| {
        let has = |line: &str| document.lines().any(|each| each.trim_end() == line);
        let named = has(&format!("  name: {name}")) && has("kind: VirtualService");
        named.then(|| format!("{}\n", document.trim_start_matches("---").trim()))
    })
}

/// The document with the destinations of its only rule replaced.
fn with_weights(document: &str, host: &str, weights: &[(String, u32)]) -> Result<String, String> {
    let routes = document.lines().filter(|line| route_column(line).is_some()).count();
    let matches = document.lines().any(|line| line.trim_start_matches([' ', '-']) == "match:");
    if routes != 1 || matches {
        return Err("this VirtualService has several rules: edit its file".into());
    }
    let mut lines = Vec::new();
    let mut dropping: Option<usize> = None;
    for line in document.lines() {
        let column = line.len() - line.trim_start_matches(' ').len();
        if let Some(outer) = dropping {
            let item = line[column..].starts_with("- ");
            if line.trim().is_empty() || outer < column || (outer == column && item) {
                continue;
            }
            dropping = None;
        }
        lines.push(line.to_owned());
        if let Some(column) = route_column(line) {
            lines.extend(destinations(column, host, weights));
            dropping = Some(column);
        }
    }
    Ok(lines.join("\n") + "\n")
}

/// The column of the key `route` in a line that is nothing else.
fn route_column(line: &str) -> Option<usize> {
    let key = line.trim_start_matches([' ', '-']);
    (key.trim_end() == "route:").then(|| line.len() - key.len())
}

fn destinations(column: usize, host: &str, weights: &[(String, u32)]) -> Vec<String> {
    let pad = " ".repeat(column);
    let lines = weights.iter().flat_map(|(subset, weight)| {
        [
            format!("{pad}- destination:"),
            format!("{pad}    host: {host}"),
            format!("{pad}    subset: {subset}"),
            format!("{pad}  weight: {weight}"),
        ]
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESH: &str = "\
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  name: my-app-dr
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: my-app-vs
spec:
  hosts: ['*']
  http:
  - timeout: 3s
    route:
    - destination: { host: my-app-service, subset: blue }
      weight: 100
    retries:
      attempts: 2
";

    fn files(text: &str) -> BTreeMap<String, String> {
        BTreeMap::from([("mesh.yaml".to_owned(), text.to_owned())])
    }

    fn weights() -> [(String, u32); 2] {
        [("blue".to_owned(), 90), ("green".to_owned(), 10)]
    }

    #[test]
    fn the_slider_changes_the_weights_and_nothing_else() {
        let shift = shift(&files(MESH), "my-app-vs", "my-app-service", &weights()).unwrap();
        assert_eq!(shift.path, "my-app-vs.yaml");
        let expected = "\
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: my-app-vs
spec:
  hosts: ['*']
  http:
  - timeout: 3s
    route:
    - destination:
        host: my-app-service
        subset: blue
      weight: 90
    - destination:
        host: my-app-service
        subset: green
      weight: 10
    retries:
      attempts: 2
";
        assert_eq!(shift.content, expected);
        let again = super::shift(&files(&shift.content), "my-app-vs", "my-app-service", &weights());
        assert_eq!(again.unwrap().content, expected);
    }

    #[test]
    fn the_slider_leaves_files_alone_that_say_more_than_weights() {
        let two = MESH.replace("  - timeout: 3s", "  - match:\n    - uri: { prefix: /a }");
        for (text, reason) in [(two.as_str(), "several rules"), ("kind: Pod\n", "no file")] {
            let problem = shift(&files(text), "my-app-vs", "h", &weights()).unwrap_err();
            assert!(problem.contains(reason), "{problem}");
        }
    }

    #[test]
    fn a_file_that_holds_the_end_mark_gets_another_one() {
        assert_eq!(write_command("a", "x\n"), "cat > a <<'EOF'\nx\nEOF");
        assert_eq!(write_command("a", "EOF"), "cat > a <<'EOF_'\nEOF\nEOF_");
    }
}
