//! Texts about the selected object: why it is as it is, what it is, what its containers wrote.

use super::{App, Overlay};
use crate::object::Kind;
use crate::time::VirtualTime;
use crate::trace::text;
use crate::tui::glyphs::Sign;
use crate::tui::model::placement;

impl App {
    pub(super) fn why(&mut self) {
        let Some(object) = self.target() else { return };
        let title = format!("Why is {} as it is?", text::object_words(&object));
        let mut lines = Vec::new();
        match self.view.last_write(&object) {
            None => lines
                .push("Nothing was written to it lately; the trace keeps only what is recent.".to_owned()),
            Some(event) => {
                lines.push("What led to the last change of it, from the beginning:".to_owned());
                lines.push(String::new());
                for (depth, cause) in self.view.why_briefly(event.id).iter().enumerate() {
                    let step = if depth == 0 { "" } else { self.glyphs.sign(Sign::Step) };
                    let indent = " ".repeat(depth.saturating_sub(1).min(8) * 2);
                    lines.push(format!("{indent}{step} {}  {}", cause.at, text::sentence(cause)));
                }
            }
        }
        lines.push(String::new());
        lines.push("Who has looked at it last, and why nothing or something follows:".to_owned());
        for look in self.view.loops() {
            if let Some(verdict) = look.verdicts.get(&object) {
                let waits = look.waiting.iter().find(|waiting| waiting.item == object);
                let again = waits.map(|waiting| format!(" (again in {})", waiting.until - self.view.now()));
                lines.push(format!(
                    "  {}: {}{}",
                    text::component(&look.component),
                    verdict.why,
                    again.unwrap_or_default()
                ));
            }
        }
        lines.extend(placement(&self.view, &object));
        self.overlay = Some(Overlay::Text { title, lines, top: 0 });
    }

    pub(super) fn describe(&mut self) {
        let Some(object) = self.target() else { return };
        let Some(found) = self.view.object(&object) else { return };
        let yaml = serde_yaml::to_string(&found.to_value()).unwrap_or_default();
        let lines = yaml.lines().map(str::to_owned).collect();
        self.overlay =
            Some(Overlay::Text { title: format!("{object}  (kubectl get -o yaml)"), lines, top: 0 });
    }

    pub(super) fn logs(&mut self) {
        let Some(row) = self.selected_row().filter(|row| row.object.kind == Kind::Pod) else {
            return self.say("l shows the logs of a pod; select one");
        };
        let (object, node) = (row.object.clone(), row.node.clone());
        let machine = self.view.machine(&node);
        let look = machine.as_ref().and_then(|machine| machine.pods.get(&object.key));
        let mut lines = Vec::new();
        let shown = |(at, line): &(VirtualTime, smol_str::SmolStr)| format!("{at} {line}");
        for container in look.iter().flat_map(|pod| &pod.containers) {
            if !container.previous_log.is_empty() {
                lines.push(format!("-- {} before its restart (kubectl logs --previous) --", container.name));
                lines.extend(container.previous_log.iter().map(shown));
            }
            lines.push(format!("-- {} --", container.name));
            lines.extend(container.log.iter().map(shown));
        }
        if lines.is_empty() {
            lines.push("No container of this pod runs on a node that has power.".to_owned());
        }
        self.overlay =
            Some(Overlay::Text { title: format!("kubectl logs {}", object.key.name), lines, top: 0 });
    }
}
