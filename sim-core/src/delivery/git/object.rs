//! Names of git's objects: the SHA-1 of what git would store, so that they are those of a real git.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use sha1::{Digest, Sha1};

use crate::delivery::git::{Signature, Tree};

/// Shortest name that `git` accepts and prints.
pub const SHORT: usize = 7;

/// The name of an object of a type: 40 hexadecimal digits.
fn name(kind: &str, content: &[u8]) -> [u8; 20] {
    let mut hash = Sha1::new();
    hash.update(format!("{kind} {}\0", content.len()).as_bytes());
    hash.update(content);
    hash.finalize().into()
}

fn hex(name: [u8; 20]) -> String {
    name.iter().fold(String::with_capacity(40), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The name of a file's content.
pub fn blob(text: &str) -> String {
    hex(name("blob", text.as_bytes()))
}

/// The name of a folder with all below it.
pub fn tree(files: &Tree) -> String {
    let all: Vec<(&str, &Arc<str>)> = files.iter().map(|(path, text)| (&**path, text)).collect();
    hex(folder(&all))
}

fn folder(files: &[(&str, &Arc<str>)]) -> [u8; 20] {
    // Git sorts folders as if their names ended with a slash.
    let mut entries: BTreeMap<String, (&str, [u8; 20])> = BTreeMap::new();
    let mut rest = files;
    while let Some((path, text)) = rest.first() {
        let Some((folder_name, _)) = path.split_once('/') else {
            entries.insert((*path).to_owned(), ("100644", name("blob", text.as_bytes())));
            rest = &rest[1..];
            continue;
        };
        let prefix = format!("{folder_name}/");
        let length = rest.iter().take_while(|(path, _)| path.starts_with(&prefix)).count();
        let inside: Vec<(&str, &Arc<str>)> =
            rest[..length].iter().map(|(path, text)| (&path[prefix.len()..], *text)).collect();
        entries.insert(prefix, ("40000", folder(&inside)));
        rest = &rest[length..];
    }
    let mut content = Vec::new();
    for (key, (mode, name)) in entries {
        content.extend_from_slice(format!("{mode} {}\0", key.trim_end_matches('/')).as_bytes());
        content.extend_from_slice(&name);
    }
    name("tree", &content)
}

/// The name of a commit.
pub fn commit(files: &Tree, parent: Option<&str>, by: &Signature, message: &str) -> String {
    let mut text = format!("tree {}\n", tree(files));
    if let Some(parent) = parent {
        text += &format!("parent {parent}\n");
    }
    let Signature { name: author, email, seconds } = by;
    for role in ["author", "committer"] {
        text += &format!("{role} {author} <{email}> {seconds} +0000\n");
    }
    text += &format!("\n{message}\n");
    hex(name("commit", text.as_bytes()))
}
