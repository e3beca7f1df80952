//! From the selected object to what belongs to it.

use crate::object::{Key, Kind, Object, ObjectRef, Pod, Resource};
use crate::tui::app::App;
use crate::tui::command::PromptKind;
use crate::tui::keymap::Command;
use crate::tui::model::{leads_to, owners};
use crate::tui::screen::Screen;
use crate::tui::screens::{self, Panel};

impl App {
    /// Goes to the owner, the node or a Service of the selected object.
    pub(super) fn go_to_related(&mut self, command: Command) {
        let Some(target) = self.target() else { return };
        let found = match command {
            Command::ToOwner => self.top_owner(&target),
            Command::ToNode => self.pod(&target).and_then(|pod| pod.node_name()).map(node_ref),
            _ => self.service_of(&target),
        };
        match found {
            Some(object) => self.select_object(&object),
            None => self.say(match command {
                Command::ToOwner => "nothing owns it: nobody would make it anew",
                Command::ToNode => "it is on no node",
                _ => "no Service selects it",
            }),
        }
    }

    /// Selects an object where it is shown.
    pub fn select_object(&mut self, object: &ObjectRef) {
        if object.kind == Kind::Node {
            self.node = object.key.name.clone();
            self.focus = Panel::Nodes;
            return;
        }
        self.focus = Panel::Objects;
        match self.rows.iter().find(|row| row.object == *object) {
            Some(row) => self.selected = row.uid.clone(),
            None => self.say(format!("{object} is not among the rows; a filter or a fold may hide it")),
        }
    }

    /// Goes to the wire, where the API server is. Where it has no room beside other panels it gets the whole screen.
    pub(super) fn go_to_wire(&mut self) {
        self.screen = Screen::Cluster;
        self.focus = Panel::Wire;
        self.zoomed |= !screens::cluster::shows(self, Panel::Wire);
        self.refresh();
    }

    /// Why a command does nothing now, if it does nothing.
    pub fn unavailable(&self, command: Command) -> Option<&'static str> {
        let target = self.target();
        let kind = target.as_ref().map(|target| target.kind);
        match command {
            Command::NextBeat | Command::BeatBack if self.presenter.is_none() => {
                Some("only while a scene is open; the break menu has the scenes")
            }
            Command::Fork if self.cursor.is_none() => Some("only in the past; <back> goes there"),
            Command::Logs if kind != Some(Kind::Pod) => Some("only pods have logs; select one"),
            Command::Scale if !matches!(kind, Some(Kind::Deployment | Kind::ReplicaSet | Kind::Pod)) => {
                Some("only for what keeps a number of pods")
            }
            Command::ToNode if kind != Some(Kind::Pod) => Some("select a pod first"),
            Command::ToService if !kind.is_some_and(has_template) => {
                Some("select a pod, or what keeps pods, first")
            }
            Command::Left | Command::Right if matches!(self.focus, Panel::Objects | Panel::Story) => {
                Some("only where things stand side by side: nodes, the wire")
            }
            _ => None,
        }
    }

    fn pod(&self, target: &ObjectRef) -> Option<&Pod> {
        self.view.object(target).and_then(Pod::of)
    }

    /// The owner of the owner, and so on: the Deployment of a pod.
    fn top_owner(&self, target: &ObjectRef) -> Option<ObjectRef> {
        owners(&self.view, target).pop()
    }

    /// A Service that selects a pod, or the pods that are made from a template.
    fn service_of(&self, target: &ObjectRef) -> Option<ObjectRef> {
        use k8s_openapi::api::core::v1::Service;
        let labels = match self.view.object(target)? {
            Object::Pod(pod) => pod.metadata.labels.clone().unwrap_or_default(),
            object => {
                let labels = object.to_value().pointer("/spec/template/metadata/labels")?.clone();
                serde_json::from_value(labels).ok()?
            }
        };
        let mut services = self.view.list_as::<Service>(Some(&target.key.namespace));
        services
            .find(|service| leads_to(service, &labels))
            .map(|service| ObjectRef::new(Kind::Service, service.key()))
    }

    /// Opens the command line with a scale command for the selected workload.
    pub(super) fn scale(&mut self) {
        let Some(target) = self.target() else { return };
        let workload = match target.kind {
            Kind::Pod => self.top_owner(&target),
            _ => Some(target.clone()),
        };
        match workload.filter(|object| matches!(object.kind, Kind::Deployment | Kind::ReplicaSet)) {
            Some(object) => {
                let kind = object.kind.info().singular;
                self.ask(
                    PromptKind::Command,
                    &format!("kubectl scale {kind}/{} --replicas=", object.key.name),
                );
            }
            None => self.say(format!("{target} has no number of pods to change")),
        }
    }
}

/// Whether pods are made from it, or it is one.
fn has_template(kind: Kind) -> bool {
    matches!(kind, Kind::Pod | Kind::Deployment | Kind::ReplicaSet | Kind::DaemonSet)
}

fn node_ref(node: &str) -> ObjectRef {
    ObjectRef::new(Kind::Node, Key::new("", node))
}
