//! The arguments of `mysql`.

use crate::console::mysql::print::{Form, Style};

/// Flags that are offered.
pub(super) const FLAGS: [&str; 9] = [
    "--batch",
    "--database=",
    "--execute=",
    "--force",
    "--skip-column-names",
    "--table",
    "--user=",
    "--verbose",
    "--vertical",
];

/// The arguments.
#[derive(Clone, Debug, Default)]
pub(super) struct Options {
    /// What is executed; standard input if nothing is.
    pub(super) execute: Option<String>,
    pub(super) database: Option<String>,
    pub(super) user: Option<String>,
    /// Whether it goes on after an error.
    pub(super) force: bool,
    pub(super) style: Style,
}

impl Options {
    /// Reads them; `terminal` is whether somebody looks at the output.
    pub(super) fn parse(words: &[String], terminal: bool) -> Result<Self, String> {
        let mut options = Self::default();
        let mut form = None;
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if let Some(long) = word.strip_prefix("--") {
                let (name, mut value) = match long.split_once('=') {
                    Some((name, value)) => (name, Some(value.to_owned())),
                    None => (long, None),
                };
                let takes = matches!(name, "execute" | "user" | "database" | "host" | "port");
                if takes && value.is_none() {
                    value = words.next().cloned();
                }
                let missing = || format!("mysql: option '--{name}' requires an argument");
                let value = if takes { value.ok_or_else(missing)? } else { String::new() };
                let short = match name {
                    "execute" => 'e',
                    "user" => 'u',
                    "database" => 'D',
                    "host" | "port" | "password" => continue,
                    "table" => 't',
                    "batch" => 'B',
                    "silent" => 's',
                    "vertical" => 'E',
                    "skip-column-names" => 'N',
                    "verbose" => 'v',
                    "force" => 'f',
                    _ => return Err(format!("mysql: [ERROR] unknown option '--{name}'.")),
                };
                options.set(short, value, &mut form);
            } else if let Some(shorts) = word.strip_prefix('-') {
                options.shorts(shorts, &mut words, &mut form)?;
            } else {
                options.database = Some(word.clone());
            }
        }
        let plain = options.execute.is_some() && terminal || 2 < options.style.verbose;
        options.style.form = form.unwrap_or(if plain { Form::Boxes } else { Form::Tabs });
        Ok(options)
    }

    /// `-uroot`, `-vvv`, `-BNe SQL`.
    fn shorts(
        &mut self,
        shorts: &str,
        words: &mut std::slice::Iter<'_, String>,
        form: &mut Option<Form>,
    ) -> Result<(), String> {
        for (place, short) in shorts.char_indices() {
            let rest = &shorts[place + short.len_utf8()..];
            match short {
                // A password stands directly behind it, or is asked for.
                'p' => return Ok(()),
                'e' | 'u' | 'D' | 'h' | 'P' => {
                    let next =
                        if rest.is_empty() { words.next().cloned() } else { Some(rest.to_owned()) };
                    let missing = || format!("mysql: option '-{short}' requires an argument");
                    self.set(short, next.ok_or_else(missing)?, form);
                    return Ok(());
                }
                't' | 'B' | 's' | 'E' | 'N' | 'v' | 'f' => self.set(short, String::new(), form),
                _ => return Err(format!("mysql: [ERROR] unknown option '-{short}'.")),
            }
        }
        Ok(())
    }

    fn set(&mut self, short: char, value: String, form: &mut Option<Form>) {
        match short {
            'e' => {
                // The first one takes `--force` back.
                self.force &= self.execute.is_some();
                let text = self.execute.get_or_insert_default();
                *text += &value;
                text.push('\n');
            }
            'u' => self.user = Some(value),
            'D' => self.database = Some(value),
            't' => *form = Some(Form::Boxes),
            'B' | 's' => *form = Some(Form::Tabs),
            'E' => *form = Some(Form::Vertical),
            'N' => self.style.names = false,
            'v' => self.style.verbose = self.style.verbose.saturating_add(1),
            'f' => self.force = true,
            _ => {}
        }
    }
}
