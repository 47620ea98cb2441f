//! Reads `fault KIND TARGET [options]`.

use crate::console::Selector;
use crate::fault::{Chance, Description, Fault, Kind, Reach, Strength, Target};
use crate::manifest::amount;
use crate::time::SimDuration;

/// Largest factor.
const FACTOR_MAX: f64 = 1_000.0;

/// Reads what follows the word `fault`.
pub(crate) fn parse(words: &[String]) -> Result<Fault, String> {
    let (name, rest) = words.split_first().ok_or("write fault KIND; fault help lists them")?;
    let kind = Kind::named(name)
        .ok_or_else(|| format!("there is no kind of fault {name:?}; fault help lists them"))?;
    let mut options = Options::read(rest)?;
    let strength = strength(kind, &mut options)?;
    let lasts = options.take("for").map(|text| time("for", &text)).transpose()?;
    let chance = chance(&mut options)?;
    if chance.is_some() && kind.reach != Reach::Pods {
        return Err(format!("--chance is for faults of pods; {name} has no choice to make"));
    }
    if chance.is_some() && lasts.is_none() && !kind.at_once {
        return Err("with --chance write --for LENGTH, the least that each hit lasts".to_owned());
    }
    if kind.at_once && lasts.is_some() {
        return Err(format!("{name} happens at once; leave out --for"));
    }
    let target = target(kind, &mut options)?;
    options.finish()?;
    Ok(Fault { kind: kind.kind, target, strength, lasts, chance })
}

fn target(kind: &Description, options: &mut Options) -> Result<Target, String> {
    let name = kind.name;
    let labels = options.take("l");
    let plain = options.plain.pop();
    let want = |what: &str| format!("write fault {name} {what}");
    match (kind.reach, labels, plain) {
        (Reach::Pods, Some(labels), None) => Ok(Target::Labels(Selector::parse(&labels)?)),
        (Reach::Pods, None, Some(pod)) => match pod.strip_prefix("pod/") {
            Some(pod) => Ok(Target::Pod(pod.to_owned())),
            None => Err(want("pod/NAME, or -l SELECTOR")),
        },
        (Reach::Pods, ..) => Err(want("pod/NAME, or -l SELECTOR")),
        (Reach::Node, None, Some(node)) => match node.strip_prefix("node/") {
            Some(node) => Ok(Target::Node(node.to_owned())),
            None => Err(want("node/NAME")),
        },
        (Reach::Node, ..) => Err(want("node/NAME")),
        (Reach::Image, None, Some(image)) => Ok(Target::Image(image)),
        (Reach::Image, ..) => Err(want("IMAGE")),
        (Reach::Path, None, Some(path)) if path.starts_with('/') => Ok(Target::Path(path)),
        (Reach::Path, ..) => Err(want("/PATH")),
        (Reach::Users | Reach::Proxies | Reach::World, None, None) => Ok(Target::Everybody),
        (Reach::Proxies, None, Some(pod)) => match pod.strip_prefix("pod/") {
            Some(pod) => Ok(Target::Pod(pod.to_owned())),
            None => Err(want("pod/NAME, or nothing for all proxies")),
        },
        (Reach::Proxies, ..) => Err(want("pod/NAME, or nothing for all proxies")),
        (Reach::Users, None, Some(users)) => match users.strip_prefix("users/") {
            Some(users) => Ok(Target::Users(users.to_owned())),
            None => Err(want("users/NAME, or nothing for all")),
        },
        (Reach::Users | Reach::World, ..) => Err(want("without a target")),
    }
}

fn strength(kind: &Description, options: &mut Options) -> Result<Strength, String> {
    let Some((option, default)) = kind.strength else { return Ok(Strength::None) };
    let text = options.take(option).unwrap_or_else(|| default.to_owned());
    match option {
        "factor" => {
            let factor = number("factor", &text)?;
            let fits = 0.0 < factor && factor <= FACTOR_MAX;
            let problem = format!("--factor {text} must be more than 0 and at most {FACTOR_MAX}");
            fits.then_some(Strength::Factor(factor)).ok_or(problem)
        }
        "share" => Ok(Strength::Share(share("share", &text)?)),
        "rate" => match amount::quantity_milli(&text)
            .and_then(|milli| u64::try_from(milli / 1_000).ok())
        {
            Some(bytes) if 0 < bytes => Ok(Strength::Bytes(bytes)),
            _ => Err(format!("--rate {text} must be an amount of memory such as 1Mi")),
        },
        _ => Ok(Strength::Time(time(option, &text)?)),
    }
}

fn chance(options: &mut Options) -> Result<Option<Chance>, String> {
    let every = options.take("every").map(|text| time("every", &text)).transpose()?;
    let Some(text) = options.take("chance") else {
        return match every {
            Some(_) => Err("--every goes with --chance".to_owned()),
            None => Ok(None),
        };
    };
    let every = every.ok_or("with --chance write --every LENGTH, the time between draws")?;
    if every < SimDuration::from_secs(1) {
        return Err("--every must be at least 1s".to_owned());
    }
    Ok(Some(Chance { share: share("chance", &text)?, every }))
}

fn number(option: &str, text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number: &f64| number.is_finite());
    number.ok_or_else(|| format!("--{option} {text} must be a number"))
}

fn share(option: &str, text: &str) -> Result<f64, String> {
    let share = number(option, text)?;
    let fits = (0.0..=1.0).contains(&share);
    fits.then_some(share).ok_or_else(|| format!("--{option} {text} must lie between 0 and 1"))
}

fn time(option: &str, text: &str) -> Result<SimDuration, String> {
    let time = amount::duration(text).filter(|time| SimDuration::ZERO < *time);
    time.ok_or_else(|| format!("--{option} {text} must be a length of time such as 30s"))
}

/// `--name value`, `--name=value`, `-l value`, and plain words.
struct Options {
    named: Vec<(String, String)>,
    plain: Vec<String>,
}

impl Options {
    fn read(words: &[String]) -> Result<Self, String> {
        let mut options = Self { named: Vec::new(), plain: Vec::new() };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let Some(name) = word.strip_prefix("--").or_else(|| word.strip_prefix('-')) else {
                options.plain.push(word.clone());
                continue;
            };
            let (name, value) = match name.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (name, words.next().cloned()),
            };
            let name = if name == "selector" { "l" } else { name };
            let value = value.ok_or_else(|| format!("{word} needs a value"))?;
            options.named.push((name.to_owned(), value));
        }
        match options.plain.get(1) {
            Some(second) => Err(format!("a fault has one target; {second} is a second one")),
            None => Ok(options),
        }
    }

    fn take(&mut self, name: &str) -> Option<String> {
        let place = self.named.iter().position(|(known, _)| known == name)?;
        Some(self.named.remove(place).1)
    }

    fn finish(self) -> Result<(), String> {
        match self.named.first() {
            Some((name, _)) => Err(format!("--{name} means nothing for this kind of fault")),
            None => Ok(()),
        }
    }
}
