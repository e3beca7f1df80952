//! What inputs do to the world.

use std::sync::Arc;

use smol_str::{SmolStr, format_smolstr};

use super::cluster::Role;
use super::config::NodeSpec;
use super::input::{Act, Applied, EtcdAct, Fault, Input, NodePower, Way};
use super::world::World;
use crate::actor::{ActorId, Message};
use crate::apiserver::{Call, DeleteOptions, Request};
use crate::network::{Directory, NetworkCommand, Rate};
use crate::node::{NodeCommand, NodeConfig};
use crate::object::{Key, Kind, ObjectRef};
use crate::time::Span;
use crate::trace::{Cause, Data, Draft, Few, NodeChange, Parent, Story, StoryId};

/// How long a machine takes to come up again after a reboot.
const REBOOT: Span = Span::secs(20);
/// Nodes that can be made in all: each has its own range of pod addresses.
const NODES_MAX: u32 = 3_000;

/// What can be started and stopped by a name.
enum Target {
    ApiServer,
    Etcd,
    /// A component on a node, by a command to the node.
    Command(ActorId, NodeCommand),
    Actors(Vec<ActorId>),
}

impl World {
    /// Applies an input at this instant.
    pub fn apply(&mut self, input: &Input) -> Applied {
        let component: SmolStr = match input.act {
            Act::Fault(_) => "fault".into(),
            _ => "you".into(),
        };
        let parents: Few<Parent> = input.within.map(|story| self.cause_within(story)).into_iter().collect();
        let object = match &input.act {
            Act::Api(call) => call.target(),
            _ => None,
        };
        let data = input.told();
        let story = Story::Start(input.title.clone());
        let cause = self.record(Draft { component: component.clone(), object, parents, story, data }, &[]);
        let (answer, refused) = match &input.act {
            Act::Api(call) => (Some(self.answer(call, cause)), None),
            Act::Fault(fault) => (None, self.fault(fault, cause).err()),
            Act::AddNode(spec) => (None, self.add_node(spec, cause).err()),
            Act::RemoveNode(name) => (None, self.remove_node(name, cause).err()),
            Act::Traffic { service, per_second } => {
                Arc::make_mut(&mut self.config).traffic.insert(service.clone(), *per_second);
                self.tell_traffic(service, *per_second, cause);
                (None, None)
            }
        };
        let unable = answer.as_ref().and_then(|answer| Some(answer.as_ref().err()?.message.as_str()));
        if let Some(why) = unable.or(refused.as_deref()) {
            self.tell_refusal(component, why.into(), cause);
        }
        self.quiet.assess(&self.slots);
        Applied { cause, answer, refused }
    }

    /// Nothing came of what was asked for: whoever reads what was done must read that, too.
    fn tell_refusal(&mut self, component: SmolStr, why: SmolStr, cause: Cause) {
        let parents = [Parent::Known(cause)].into_iter().collect();
        let (story, data) = (Story::Inherit, Data::Refused { why });
        self.record(Draft { component, object: None, parents, story, data }, &[]);
        if cause.story == StoryId(cause.event.0) {
            self.stories.refused(cause.story);
        }
    }

    fn cause_within(&self, story: u64) -> Parent {
        let story = StoryId(story);
        let event = self.stories.get(story).map_or(crate::trace::EventId(story.0), |info| info.last);
        Parent::Known(Cause { event, story })
    }

    fn answer(&mut self, call: &Call, cause: Cause) -> crate::apiserver::Answer {
        if !self.server_up {
            return Err(Box::new(super::read::nobody_there()));
        }
        let request = Request { user: "you".into(), call: call.clone() };
        self.with_server(Parent::Known(cause), |server, out, cause| server.answer_now(&request, cause, out))
    }

    fn fault(&mut self, fault: &Fault, cause: Cause) -> Result<(), String> {
        match fault {
            Fault::OnNode { node, command } => self.command(node, command.clone(), cause),
            Fault::Image { image, fault } => {
                Arc::make_mut(&mut self.config).images.insert(image.clone(), fault.clone());
                let command = NodeCommand::Image { image: image.clone(), fault: fault.clone() };
                for node in self.running_nodes() {
                    self.command(&node, command.clone(), cause)?;
                }
                Ok(())
            }
            Fault::Power { node, power } => self.power(node, *power, cause),
            Fault::Cut { a, b, way } => self.each_link(a, b, |world, a, b| {
                if *way != Way::From {
                    world.links.set_cut(a, b, true);
                }
                if *way != Way::To {
                    world.links.set_cut(b, a, true);
                }
            }),
            Fault::Heal { a, b } => self.each_link(a, b, |world, a, b| {
                for (from, to) in [(a, b), (b, a)] {
                    world.links.set_cut(from, to, false);
                    world.links.set_extra(from, to, Span::ZERO);
                    world.links.drop_next(from, to, 0);
                }
            }),
            Fault::Latency { a, b, of } => self.each_link(a, b, |world, a, b| {
                world.links.set_extra(a, b, *of);
                world.links.set_extra(b, a, *of);
            }),
            // What a component waits for comes from the second end, so that is what gets lost.
            Fault::Drop { a, b, next } => {
                self.each_link(a, b, |world, a, b| world.links.drop_next(b, a, *next))
            }
            Fault::Component { name, start } => self.component(name, *start, cause),
            Fault::Etcd(act) => self.etcd(*act, cause),
        }
    }

    /// Sends a command to a node's machine.
    pub(super) fn command(&mut self, node: &str, command: NodeCommand, cause: Cause) -> Result<(), String> {
        let id = self.powered(node)?;
        self.deliver(id, Message::Command(command), cause);
        Ok(())
    }

    /// A node's actor, if the node has power.
    fn powered(&self, node: &str) -> Result<ActorId, String> {
        let id = self.node_id(node)?;
        match self.slots.get(id.0 as usize).is_some_and(|slot| slot.actor.is_some()) {
            true => Ok(id),
            false => Err(format!("{node} has no power")),
        }
    }

    fn power(&mut self, node: &str, power: NodePower, cause: Cause) -> Result<(), String> {
        let id = self.node_id(node)?;
        let running = self.slots[id.0 as usize].actor.is_some();
        let change = match (power, running) {
            (NodePower::Off, false) => return Err(format!("{node} is off already")),
            (NodePower::On, true) => return Err(format!("{node} is on already")),
            (NodePower::Reboot, false) => return Err(format!("{node} has no power")),
            (NodePower::On, false) => NodeChange::PowerOn,
            (NodePower::Off | NodePower::Reboot, true) => NodeChange::PowerOff,
        };
        match power {
            NodePower::On => self.power_on(id, cause),
            NodePower::Off | NodePower::Reboot => {
                self.record_power(node, change, cause);
                self.stop_node(id);
                self.tell_directory(cause);
                if power == NodePower::Reboot {
                    self.power_on_after(id, REBOOT, cause);
                }
            }
        }
        Ok(())
    }

    /// A node's power comes on: its machine starts with nothing on it.
    pub(super) fn power_on(&mut self, id: ActorId, cause: Cause) {
        let name = self.name_of(id);
        let cause = self.record_power(&name, NodeChange::PowerOn, cause);
        self.switch_on(id, cause);
        self.tell_images(id, cause);
        self.tell_directory(cause);
    }

    pub(super) fn record_power(&mut self, node: &str, change: NodeChange, cause: Cause) -> Cause {
        let data = Data::Node { change, detail: SmolStr::default() };
        let object = Some(ObjectRef::new(Kind::Node, Key::cluster(node)));
        let parents = [Parent::Known(cause)].into();
        self.record(Draft { component: node.into(), object, parents, story: Story::Inherit, data }, &[])
    }

    fn stop_node(&mut self, id: ActorId) {
        self.switch_off(id);
        let name = self.name_of(id);
        self.retired.push(name);
    }

    /// Tells a node that has just started which images behave unlike the catalogue says.
    pub(super) fn tell_images(&mut self, id: ActorId, cause: Cause) {
        for (image, fault) in self.config.images.clone() {
            self.deliver(id, Message::Command(NodeCommand::Image { image, fault }), cause);
        }
    }

    /// Tells the clients how many requests to send to a Service.
    pub(super) fn tell_traffic(&mut self, service: &str, per_second: u32, cause: Cause) {
        let (namespace, name) = service.split_once('/').unwrap_or(("default", service));
        let rate = Rate::per_second(u64::from(per_second));
        let command = NetworkCommand::Traffic { service: Key::new(namespace, name), port: 0, rate };
        for id in self.ids_of("clients") {
            self.deliver(id, Message::Network(command.clone()), cause);
        }
    }

    /// Tells nodes and clients who owns which pod addresses, and who has power.
    pub(super) fn tell_directory(&mut self, cause: Cause) {
        let mut directory = Directory::default();
        let mut listeners = self.ids_of("clients");
        for (index, slot) in self.slots.iter().enumerate() {
            if let Role::Node(node) = &slot.role {
                let id = ActorId(index as u32);
                directory.add(node.index, slot.name.clone(), id);
                directory.set_up(&slot.name, slot.actor.is_some());
                listeners.extend(slot.actor.is_some().then_some(id));
            }
        }
        let directory = Arc::new(directory);
        for id in listeners {
            self.deliver(id, Message::Network(NetworkCommand::Directory(directory.clone())), cause);
        }
    }

    fn component(&mut self, name: &str, start: bool, cause: Cause) -> Result<(), String> {
        let target = self.target(name, start)?;
        let what = format_smolstr!("{name} {}", if start { "started" } else { "stopped" });
        let draft = Draft {
            component: name.into(),
            object: None,
            parents: [Parent::Known(cause)].into(),
            story: Story::Inherit,
            data: Data::Fault { what },
        };
        // It comes first: what the component then does is its consequence.
        let cause = self.record(draft, &[]);
        match target {
            Target::Etcd => self.with_server(Parent::Known(cause), |server, out, cause| {
                server.set_etcd(start, cause, out);
            }),
            Target::ApiServer => {
                self.server_up = start;
                self.with_server(Parent::Known(cause), |server, out, cause| match start {
                    true => server.start(cause, out),
                    false => server.stop(cause, out),
                });
            }
            Target::Command(id, command) => self.deliver(id, Message::Command(command), cause),
            Target::Actors(ids) => ids.into_iter().for_each(|id| self.switch(id, start, cause)),
        }
        Ok(())
    }

    /// What a component's name stands for, if it can be started or stopped.
    fn target(&self, name: &str, start: bool) -> Result<Target, String> {
        let node_command = |node: &str, [on, off]: [NodeCommand; 2]| {
            let id = self.powered(node)?;
            Ok(Target::Command(id, if start { on } else { off }))
        };
        match (name, name.split_once('/')) {
            ("apiserver", _) if start == self.server_up => {
                Err(format!("the API server {} already", if start { "runs" } else { "is stopped" }))
            }
            ("apiserver", _) => Ok(Target::ApiServer),
            ("etcd", _) => Ok(Target::Etcd),
            (_, Some(("kubelet", node))) => {
                node_command(node, [NodeCommand::StartKubelet, NodeCommand::StopKubelet])
            }
            (_, Some(("kube-proxy", node))) => {
                node_command(node, [NodeCommand::StartKubeProxy, NodeCommand::StopKubeProxy])
            }
            _ => match self.ids_of(name) {
                ids if ids.is_empty() => Err(self.unknown(name)),
                ids => Ok(Target::Actors(ids)),
            },
        }
    }

    fn switch(&mut self, id: ActorId, start: bool, cause: Cause) {
        let running = self.slots.get(id.0 as usize).is_some_and(|slot| slot.actor.is_some());
        match (start, running) {
            (true, false) => self.switch_on(id, cause),
            (false, true) => self.switch_off(id),
            _ => {}
        }
    }

    fn etcd(&mut self, act: EtcdAct, cause: Cause) -> Result<(), String> {
        if act == EtcdAct::Restore && !self.server.has_snapshot() {
            return Err("there is no snapshot to restore; take one first".to_owned());
        }
        self.with_server(Parent::Known(cause), |server, out, cause| match act {
            EtcdAct::Snapshot => server.take_snapshot(),
            EtcdAct::LoseData => server.lose_data(cause, out),
            EtcdAct::Restore => server.restore(cause, out),
            EtcdAct::Compact => server.compact(),
        });
        Ok(())
    }

    fn add_node(&mut self, spec: &NodeSpec, cause: Cause) -> Result<(), String> {
        if self.node_id(&spec.name).is_ok() {
            return Err(format!("there is a node {} already", spec.name));
        }
        if self.nodes_made >= NODES_MAX {
            return Err(format!("there can be no more than {NODES_MAX} nodes"));
        }
        Arc::make_mut(&mut self.config).nodes.push(spec.clone());
        let cause = self.record_power(&spec.name, NodeChange::PowerOn, cause);
        let id = self.add_node_slot(spec, cause);
        self.tell_images(id, cause);
        self.tell_directory(cause);
        Ok(())
    }

    fn remove_node(&mut self, name: &str, cause: Cause) -> Result<(), String> {
        let id = self.node_id(name)?;
        self.record_power(name, NodeChange::PowerOff, cause);
        self.stop_node(id);
        // Its place stays, so that numbers do not change; its name may be used again.
        self.slots[id.0 as usize].role = Role::Gone;
        Arc::make_mut(&mut self.config).nodes.retain(|node| node.name != name);
        let target = ObjectRef::new(Kind::Node, Key::cluster(name));
        let answer = self.answer(&Call::Delete { target, options: DeleteOptions::default() }, cause);
        self.tell_directory(cause);
        match answer {
            Err(status) if status.code != 404 => Err(status.message),
            _ => Ok(()),
        }
    }

    /// Makes the slot of a new node and switches it on.
    pub(super) fn add_node_slot(&mut self, spec: &NodeSpec, cause: Cause) -> ActorId {
        let index = self.nodes_made;
        self.nodes_made += 1;
        let mut node = NodeConfig::new(spec.name.clone(), index, self.config.seed);
        node.cpu.clone_from(&spec.cpu);
        node.memory.clone_from(&spec.memory);
        node.labels.clone_from(&spec.labels);
        node.taints.clone_from(&spec.taints);
        self.add_slot(spec.name.clone(), Role::Node(Arc::new(node)), cause)
    }

    fn each_link(
        &mut self,
        a: &str,
        b: &str,
        act: impl Fn(&mut Self, ActorId, ActorId),
    ) -> Result<(), String> {
        let ends = |world: &Self, name: &str| match world.ids_of(name) {
            ids if ids.is_empty() => Err(world.unknown(name)),
            ids => Ok(ids),
        };
        let (ends_a, ends_b) = (ends(self, a)?, ends(self, b)?);
        for a in &ends_a {
            for b in ends_b.iter().filter(|b| *b != a) {
                act(self, *a, *b);
            }
        }
        Ok(())
    }

    /// The actors that a name means; none if it means nothing.
    pub(super) fn ids_of(&self, name: &str) -> Vec<ActorId> {
        let name = name.strip_prefix("kubelet/").or_else(|| name.strip_prefix("kube-proxy/")).unwrap_or(name);
        let manager = matches!(name, "controller-manager" | "kube-controller-manager");
        let means = |role: &Role, known: &str| match role {
            Role::Controller => manager || known == name,
            Role::Gone => false,
            _ => known == name || known == name.strip_prefix("kube-").unwrap_or(name),
        };
        let slots = self.slots.iter().enumerate().filter(|(_, slot)| means(&slot.role, &slot.name));
        slots.map(|(index, _)| ActorId(index as u32)).collect()
    }

    /// A node's actor.
    pub(super) fn node_id(&self, name: &str) -> Result<ActorId, String> {
        let is_node = |id: &&ActorId| self.slots.get(id.0 as usize).is_some_and(|slot| slot.role.is_node());
        self.names.get(name).filter(is_node).copied().ok_or_else(|| self.unknown(name))
    }

    fn unknown(&self, name: &str) -> String {
        let names: Vec<&str> = self
            .slots
            .iter()
            .filter(|slot| slot.role != Role::Gone)
            .map(|slot| slot.name.as_str())
            .chain(["etcd", "controller-manager"])
            .collect();
        format!("there is no component or node \"{name}\"; there are {}", names.join(", "))
    }

    fn running_nodes(&self) -> Vec<SmolStr> {
        let running = self.slots.iter().filter(|slot| slot.role.is_node() && slot.actor.is_some());
        running.map(|slot| slot.name.clone()).collect()
    }
}
