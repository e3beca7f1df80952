//! From a script to the beats of a scene.

use super::{Region, Scene, SceneBeat};
use crate::manifests::nearest;
use crate::script::{Action, Beat, Place, Script, ScriptError, Step};

impl Scene {
    /// Reads a scene; `name` is its file's name without the extension.
    ///
    /// # Errors
    /// It is no script, or one without beats; with the place of the mistake.
    pub fn read(name: &str, text: &str) -> Result<Self, ScriptError> {
        let script = Script::parse(text)?;
        let (mut prelude, mut beats): (Vec<Step>, Vec<SceneBeat>) = (Vec::new(), Vec::new());
        for step in &script.steps {
            let at = Place { line: step.line, column: step.column };
            match (&step.action, beats.last_mut()) {
                (Action::Beat(Beat::Say(caption)), _) => beats.push(SceneBeat {
                    caption: caption.split_whitespace().collect::<Vec<_>>().join(" "),
                    ask: None,
                    spotlight: None,
                    notes: Vec::new(),
                    steps: Vec::new(),
                }),
                (Action::Beat(_), None) => {
                    return Err(at.error("this stands before the first `say`: it belongs to no beat"));
                }
                (Action::Beat(beat), Some(last)) => last.add(beat, at)?,
                (_, None) => prelude.push(step.clone()),
                (_, Some(last)) => last.steps.push(step.clone()),
            }
        }
        if beats.is_empty() {
            return Err(Place { line: 1, column: 1 }.error(
                "a scene has at least one `say`; each begins a beat. `kubeloop run` plays other scripts",
            ));
        }
        let id = name.trim_start_matches(|letter: char| letter.is_ascii_digit()).trim_start_matches('-');
        let id = if id.is_empty() { name } else { id }.to_owned();
        let title = if script.title.is_empty() { id.clone() } else { script.title.clone() };
        Ok(Self { id, title, script, prelude, beats })
    }
}

impl SceneBeat {
    fn add(&mut self, beat: &Beat, at: Place) -> Result<(), ScriptError> {
        match beat {
            Beat::Ask(_) if self.ask.is_some() => return Err(at.error("a beat asks one question")),
            Beat::Ask(ask) => self.ask = Some(ask.clone()),
            Beat::Note(text) => self.notes.push(text.split_whitespace().collect::<Vec<_>>().join(" ")),
            Beat::Spotlight(name) => self.spotlight = Some(region(name, at)?),
            Beat::Key(_) => return Err(at.error("`key` is for lessons; a scene's presenter presses keys")),
            Beat::Say(_) => {}
        }
        Ok(())
    }
}

fn region(name: &str, at: Place) -> Result<Region, ScriptError> {
    let known = Region::ALL.iter().map(|(name, _)| *name);
    let found = Region::ALL.iter().find(|(known, _)| *known == name);
    found.map(|(_, region)| *region).ok_or_else(|| {
        let near = nearest(name, known.clone()).map(|near| format!("; did you mean {near}?"));
        let all = known.collect::<Vec<_>>().join(", ");
        at.error(format!("spotlight: there is no \"{name}\"; there are {all}{}", near.unwrap_or_default()))
    })
}
