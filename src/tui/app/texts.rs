//! Texts about the selected object: what it is, what its containers wrote.

use super::App;
use crate::object::Kind;
use crate::time::VirtualTime;

impl App {
    pub(super) fn logs(&mut self) {
        let Some(row) = self.selected_row().filter(|row| row.object.kind == Kind::Pod) else {
            return self.say(self.keymap.told("<logs> shows the logs of a pod; select one"));
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
        self.show_answer(format!("kubectl logs {}", object.key.name), &lines.join("\n"), false);
    }
}
