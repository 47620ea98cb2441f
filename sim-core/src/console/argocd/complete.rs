//! Completion behind `argocd`.

use crate::console::argocd::{COMMANDS, GLOBAL};
use crate::console::complete::flag_waiting;
use crate::delivery::Addon;
use crate::world::World;

/// Completions of the word behind `argocd WORDS`.
pub(crate) fn complete(words: &[String], last: &str, world: &World) -> Vec<String> {
    if !world.delivery.addons().has(Addon::ArgoCd) {
        return Vec::new();
    }
    let Some((_, words)) = words.split_first() else { return vec!["app".to_owned()] };
    let Some((name, rest)) = words.split_first() else {
        return COMMANDS.iter().map(|command| command.name.to_owned()).collect();
    };
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        return Vec::new();
    };
    let flags = || command.flags.iter().chain(GLOBAL);
    if let Some(flag) = rest.last().and_then(|word| flag_waiting(word, flags())) {
        let values: &[&str] = match flag.long {
            "sync-policy" => &["automated", "none"],
            "output" => &["json", "name", "wide", "yaml"],
            _ => &[],
        };
        return values.iter().map(|&value| value.to_owned()).collect();
    }
    if last.starts_with('-') {
        return flags().map(|flag| format!("--{}", flag.long)).collect();
    }
    if command.usage.is_empty() {
        return Vec::new();
    }
    world.delivery.applications().map(|(name, _)| name.to_owned()).collect()
}
