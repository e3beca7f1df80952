//! What a shell remembers: variables, functions, positional parameters, options, the working folder.

use std::collections::BTreeMap;
use std::sync::Arc;

use smol_str::SmolStr;

use super::script::Node;

/// A variable.
#[derive(Clone, Debug, Default)]
pub(super) struct Variable {
    pub(super) value: String,
    /// Whether programs see it in their environment.
    pub(super) exported: bool,
    pub(super) read_only: bool,
}

/// `set -e`, `-u`, `-x`, `-o pipefail`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Options {
    pub(super) exit_on_error: bool,
    pub(super) unset_is_error: bool,
    pub(super) trace: bool,
    pub(super) pipe_fail: bool,
}

/// The state of a shell that a subshell gets a copy of.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    variables: BTreeMap<SmolStr, Variable>,
    pub(super) functions: BTreeMap<SmolStr, Arc<Node>>,
    /// `$0`
    pub(super) name: SmolStr,
    /// `$1`, `$2`, ...
    pub(super) args: Vec<String>,
    /// The working folder.
    pub(super) folder: SmolStr,
    /// `$?`
    pub(super) status: i32,
    pub(super) options: Options,
    /// `$!`
    pub(super) last_background: Option<u32>,
}

impl Scope {
    /// A fresh shell or program with this environment.
    pub(super) fn new(environment: impl IntoIterator<Item = (SmolStr, String)>, folder: SmolStr) -> Self {
        let exported = |(name, value)| (name, Variable { value, exported: true, read_only: false });
        let variables = environment.into_iter().map(exported).collect();
        Self { variables, folder, name: SmolStr::new_static("sh"), ..Self::default() }
    }

    /// What a program that this shell starts begins with: the environment and the folder.
    pub(super) fn for_program(&self) -> Self {
        let environment = self.environment().map(|(name, value)| (SmolStr::new(name), value.to_owned()));
        Self::new(environment.collect::<Vec<_>>(), self.folder.clone())
    }

    /// A variable's value; none if it is not set.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(|variable| variable.value.as_str())
    }

    /// Sets a variable; it stays exported if it was.
    ///
    /// # Errors
    /// It is read-only.
    pub(super) fn set(&mut self, name: &str, value: String) -> Result<(), String> {
        match self.variables.get_mut(name) {
            Some(variable) if variable.read_only => Err(format!("{name}: is read only")),
            Some(variable) => {
                variable.value = value;
                Ok(())
            }
            None => {
                let variable = Variable { value, ..Variable::default() };
                self.variables.insert(SmolStr::new(name), variable);
                Ok(())
            }
        }
    }

    /// Unsets a variable.
    pub(super) fn unset(&mut self, name: &str) {
        self.variables.remove(name);
    }

    /// The variable itself, made if it does not exist (`export`, `readonly`).
    pub(super) fn variable(&mut self, name: &str) -> &mut Variable {
        self.variables.entry(SmolStr::new(name)).or_default()
    }

    /// Puts a variable back as it was.
    pub(super) fn restore(&mut self, name: &str, old: Option<Variable>) {
        match old {
            Some(variable) => {
                self.variables.insert(SmolStr::new(name), variable);
            }
            None => self.unset(name),
        }
    }

    /// A copy of a variable, for [`Self::restore`].
    pub(super) fn keep(&self, name: &str) -> Option<Variable> {
        self.variables.get(name).cloned()
    }

    /// What programs see, in order of names.
    pub(super) fn environment(&self) -> impl Iterator<Item = (&str, &str)> {
        let exported = self.variables.iter().filter(|(_, variable)| variable.exported);
        exported.map(|(name, variable)| (name.as_str(), variable.value.as_str()))
    }

    /// All variables, in order of names (`set`).
    pub(super) fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables.iter().map(|(name, variable)| (name.as_str(), variable.value.as_str()))
    }
}
