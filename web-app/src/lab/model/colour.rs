//! Which version is drawn as blue and which as green.

use sim_core::view::GroupView;

/// How a version is drawn. Each differs from the others in shape, line and letter as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Colour {
    /// Circle, solid line, B.
    Blue,
    /// Rounded square, dashed line, hatch, G.
    Green,
    /// Square, thin line, the version's first letter.
    Other,
}

impl Colour {
    /// The class that carries its tokens.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Blue => "blue",
            Self::Green => "green",
            Self::Other => "other",
        }
    }
}

/// The versions of a cluster: those called blue and green have their colours, else the first two
/// others by name take them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Palette {
    blue: Option<String>,
    green: Option<String>,
}

impl Palette {
    /// The palette for these groups of pods.
    pub fn of(groups: &[GroupView]) -> Self {
        let named = |name: &str| {
            groups.iter().find(|group| group.version == name).map(|group| group.version.clone())
        };
        let (blue, green) = (named("blue"), named("green"));
        let mut others = groups.iter().map(|group| &group.version);
        let mut others = others
            .by_ref()
            .filter(|version| !version.is_empty() && *version != "blue" && *version != "green");
        let blue = blue.or_else(|| others.next().cloned());
        let green = green.or_else(|| others.next().cloned());
        Self { blue, green }
    }

    /// The colour of a version.
    pub fn colour(&self, version: &str) -> Colour {
        if version == "blue" || self.blue.as_deref() == Some(version) {
            Colour::Blue
        } else if version == "green" || self.green.as_deref() == Some(version) {
            Colour::Green
        } else {
            Colour::Other
        }
    }

    /// The blue and the green version, if there are both.
    pub fn pair(&self) -> Option<(&str, &str)> {
        Some((self.blue.as_deref()?, self.green.as_deref()?))
    }

    /// The letter of a version.
    pub fn letter(&self, version: &str) -> char {
        match self.colour(version) {
            Colour::Blue => 'B',
            Colour::Green => 'G',
            Colour::Other => version.chars().next().map_or('P', |first| first.to_ascii_uppercase()),
        }
    }
}
