//! The node as an actor: hands each message to the component that it is for.
//!
//! Three loops live on a node: the kubelet's for pods (client 0 of this actor), kube-proxy's (client 1), and
//! the kubelet's for its own Node and Lease (client 2). Beneath them is the machine with its runtime, which
//! goes on whether or not somebody looks.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use smol_str::SmolStr;

use super::kube_proxy::KubeProxy;
use super::kubelet::Kubelet;
use super::node_status::NodeStatusLoop;
use super::runtime::{Asked, Runtime};
use super::{KubeletState, MachineLook, NodeConfig};
use crate::actor::{Actor, ActorId, Delivery, Message, Outbox};
use crate::client::{EventStyle, LoopLook, Recorder, Shell, alarm_client};
use crate::network::{Directory, NetworkCommand};
use crate::object::{Key, Kind, ObjectRef};
use crate::time::{Span, VirtualTime};
use crate::trace::{Cause, Data, NodeChange, Parent};

/// The clients of this actor.
pub(super) const KUBELET: u8 = 0;
pub(super) const PROXY: u8 = 1;
pub(super) const STATUS: u8 = 2;
/// The machine's own alarm is that of a client that does not exist.
const MACHINE_ALARM: u64 = 3 << 56;
/// Rounds within one instant, so that a program that is always due cannot stop time.
const ROUNDS: usize = 64;

/// One worker node: machine, kubelet, container runtime, kube-proxy.
#[derive(Clone)]
pub struct Node {
    pub(super) config: Arc<NodeConfig>,
    pub(super) kubelet: Shell<Kubelet>,
    pub(super) status: Shell<NodeStatusLoop>,
    pub(super) kubelet_runs: bool,
    pub(super) proxy: Shell<KubeProxy>,
    pub(super) proxy_runs: bool,
    pub(super) directory: Arc<Directory>,
    /// Requests that containers sent into the network, by their packets' numbers.
    pub(super) asking: BTreeMap<u64, Asked>,
    pub(super) next_packet: u64,
    /// Counts the processes that were started on this machine.
    pub(super) life: u32,
    images_told: usize,
    /// The last instant at which something arrived.
    now: VirtualTime,
    started: bool,
    alarm_at: VirtualTime,
    looks: Looks,
}

/// What can be seen of a node as it is, once somebody has looked.
#[derive(Clone, Default)]
struct Looks {
    machine: OnceLock<Arc<MachineLook>>,
    loops: OnceLock<Vec<Arc<LoopLook>>>,
}

impl Node {
    /// A node whose power has just come on: nothing runs on it.
    pub fn new(config: NodeConfig) -> Self {
        let config = Arc::new(config);
        let runtime = Runtime::new(&config.name, config.index, config.seed);
        let proxy = KubeProxy::new(config.name.clone(), config.seed, config.follows_pictures);
        Self {
            kubelet: kubelet_shell(&config, runtime, 0),
            status: status_shell(&config, 0),
            kubelet_runs: true,
            proxy: proxy_shell(&config, proxy, 0),
            proxy_runs: true,
            directory: Arc::default(),
            asking: BTreeMap::new(),
            next_packet: 1,
            life: 0,
            images_told: 0,
            now: VirtualTime::ZERO,
            started: false,
            alarm_at: VirtualTime::NEVER,
            looks: Looks::default(),
            config,
        }
    }

    /// The machine's container runtime.
    pub(super) fn runtime(&mut self) -> &mut Runtime {
        &mut self.kubelet.logic_mut().runtime
    }

    fn receive(&mut self, delivery: Delivery, out: &mut Outbox) {
        let cause = Parent::Known(delivery.cause);
        let client = match &delivery.message {
            Message::Response { tag, .. } => tag.client,
            Message::Watch { tag, .. } | Message::Picture { tag, .. } => tag.client,
            Message::Alarm { token } => alarm_client(*token),
            Message::Command(command) => return self.command(command.clone(), cause, out),
            Message::Packet(packet) => return self.packet(packet.clone(), cause, out),
            Message::Network(NetworkCommand::Directory(directory)) => {
                self.directory = directory.clone();
                return;
            }
            Message::Ping { .. } | Message::Hangup => {
                if self.kubelet_runs {
                    self.kubelet.receive(delivery.clone(), out);
                    self.status.receive(delivery.clone(), out);
                }
                if self.proxy_runs {
                    self.proxy.receive(delivery, out);
                }
                return;
            }
            Message::Network(_) | Message::Request { .. } | Message::Closed { .. } => return,
        };
        match client {
            KUBELET if self.kubelet_runs => self.kubelet.receive(delivery, out),
            STATUS if self.kubelet_runs => self.status.receive(delivery, out),
            PROXY if self.proxy_runs => self.proxy.receive(delivery, out),
            KUBELET | PROXY | STATUS => {}
            _ => self.alarm_at = VirtualTime::NEVER,
        }
    }

    /// Lets machine and components run until nothing is left for this instant.
    fn run(&mut self, out: &mut Outbox) {
        for _ in 0..ROUNDS {
            self.runtime().advance(out);
            self.carry_requests(out);
            if self.kubelet_runs {
                let kubelet = self.kubelet.logic();
                if kubelet.has_news(out.now) {
                    self.kubelet.with_context(Parent::Known(Cause::NONE), out, |kubelet, cx| {
                        kubelet.hear(cx);
                        kubelet.tick(cx);
                    });
                }
                self.kubelet.run(out);
            }
            let due = self.next_due();
            if due.is_none_or(|due| due > out.now) {
                break;
            }
        }
        if self.kubelet_runs {
            self.tell_images(out);
            self.status.run(out);
        }
        if self.proxy_runs {
            self.proxy.run(out);
        }
        self.set_alarm(out);
    }

    /// When machine or kubelet have something to do by the clock.
    fn next_due(&self) -> Option<VirtualTime> {
        let kubelet = self.kubelet.logic();
        let by_clock = if self.kubelet_runs { kubelet.next_due() } else { None };
        [kubelet.runtime.next_due(), by_clock].into_iter().flatten().min()
    }

    fn set_alarm(&mut self, out: &mut Outbox) {
        if let Some(due) = self.next_due().filter(|due| *due < self.alarm_at) {
            self.alarm_at = due;
            let wait = due.since(out.now).max(Span::TICK);
            out.alarm(wait, MACHINE_ALARM, Parent::Known(Cause::NONE));
        }
    }

    /// The kubelet begins its work: it registers the node, renews the lease, and looks at what runs here.
    pub(super) fn begin(&mut self, cause: Parent, out: &mut Outbox) {
        self.kubelet.started(cause);
        self.status.started(cause);
        let inherited = self.kubelet.logic().inherited();
        self.kubelet.with_context(cause, out, |_, cx| {
            for key in inherited {
                cx.wake(ObjectRef::new(Kind::Pod, key), "its containers run here");
            }
        });
        self.status.with_context(cause, out, |status, cx| {
            cx.wake(status.node(), "the kubelet starts");
            cx.wake(status.lease(), "the kubelet starts");
        });
    }

    /// The node's status lists its images; a change is reported with the next regular look.
    fn tell_images(&mut self, out: &mut Outbox) {
        let images = &self.kubelet.logic().runtime.images;
        if images.count() == self.images_told {
            return;
        }
        self.images_told = images.count();
        let list: Vec<(SmolStr, u64)> = images.all().map(|(name, size)| (name.clone(), size)).collect();
        let wait = self.config.timings.status_update;
        self.status.with_context(Parent::Known(Cause::NONE), out, |status, cx| {
            status.set_images(list.into_iter());
            cx.wake_after(status.node(), wait, "the machine has other images now");
        });
    }

    /// Starts a new kubelet process on this machine.
    pub(super) fn start_kubelet(&mut self, cause: Parent, out: &mut Outbox) {
        self.life += 1;
        let empty = Runtime::new(&self.config.name, self.config.index, self.config.seed);
        let runtime = std::mem::replace(self.runtime(), empty);
        self.kubelet = kubelet_shell(&self.config, runtime, self.life);
        self.status = status_shell(&self.config, self.life);
        self.images_told = 0;
        self.kubelet_runs = true;
        self.begin(cause, out);
    }

    /// Starts a new kube-proxy process on this machine.
    pub(super) fn start_proxy(&mut self, cause: Parent) {
        self.life += 1;
        let proxy = self.proxy.logic().restarted();
        self.proxy = proxy_shell(&self.config, proxy, self.life);
        self.proxy_runs = true;
        self.proxy.started(cause);
    }

    /// The process behind a client ends; the API server closes its watches.
    pub(super) fn disconnect(&self, client: u8, cause: Parent, out: &mut Outbox) {
        out.send(ActorId::APISERVER, Message::Closed { client }, cause);
    }

    /// Records that the machine changed.
    pub(super) fn record(&self, change: NodeChange, cause: Parent, out: &mut Outbox) -> Parent {
        let object = ObjectRef::new(Kind::Node, Key::cluster(self.config.name.clone()));
        let component = SmolStr::from(format!("kubelet/{}", self.config.name));
        out.record(&component, Some(object), [cause], Data::Node { change, detail: SmolStr::default() })
    }

    pub(super) fn look(&self) -> MachineLook {
        let kubelet = self.kubelet.logic();
        let now = self.now;
        let mut look = MachineLook {
            node: self.config.name.clone(),
            kubelet: self.kubelet_runs,
            kube_proxy: self.proxy_runs,
            pods: kubelet.runtime.sandboxes().map(|pod| (pod.key.clone(), pod.look(now))).collect(),
            images: kubelet.runtime.images.all().map(|(name, _)| name.clone()).collect(),
            lease_renewed: self.status.logic().renewed(),
            is_busy: false,
        };
        if self.kubelet_runs {
            kubelet.annotate(&mut look);
        }
        look.is_busy = look.pods.values().any(|pod| !pod.doing.is_empty());
        look
    }
}

fn recorder(config: &NodeConfig) -> Recorder {
    Recorder::new("kubelet", config.name.clone(), EventStyle::Core)
}

/// Each process draws from streams of its own.
fn seed(config: &NodeConfig, life: u32) -> u64 {
    config.seed ^ u64::from(life).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn kubelet_shell(config: &Arc<NodeConfig>, runtime: Runtime, life: u32) -> Shell<Kubelet> {
    let kubelet = Kubelet::new(config.clone(), runtime);
    Shell::new(kubelet, KUBELET, recorder(config), seed(config, life)).restarted(life)
}

fn status_shell(config: &Arc<NodeConfig>, life: u32) -> Shell<NodeStatusLoop> {
    let status = NodeStatusLoop::new(config.clone());
    Shell::new(status, STATUS, recorder(config), seed(config, life).rotate_left(1)).restarted(life)
}

fn proxy_shell(config: &NodeConfig, proxy: KubeProxy, life: u32) -> Shell<KubeProxy> {
    let recorder = Recorder::new("kube-proxy", config.name.clone(), EventStyle::Core);
    Shell::new(proxy, PROXY, recorder, seed(config, life)).restarted(life)
}

impl Actor for Node {
    fn handle(&mut self, inbox: Vec<Delivery>, out: &mut Outbox) {
        if !std::mem::replace(&mut self.started, true) {
            let cause = Parent::Known(inbox.first().map_or(Cause::NONE, |delivery| delivery.cause));
            self.proxy.started(cause);
            self.begin(cause, out);
        }
        (self.now, self.looks) = (out.now, Looks::default());
        for delivery in inbox {
            self.receive(delivery, out);
        }
        self.run(out);
    }

    fn numbered(&mut self, events: &[Cause]) {
        self.kubelet.numbered(events);
        self.status.numbered(events);
        self.proxy.numbered(events);
        self.asking.values_mut().for_each(|asking| asking.cause.settle(events));
    }

    fn is_busy(&self) -> bool {
        (self.kubelet_runs && (self.kubelet.is_busy() || self.status.is_busy()))
            || (self.proxy_runs && self.proxy.is_busy())
    }

    fn clone_actor(&self) -> Box<dyn Actor> {
        Box::new(self.clone())
    }

    fn loops(&self) -> &[Arc<LoopLook>] {
        let look = || {
            let kubelet = self.kubelet_runs.then(|| [self.kubelet.look(), self.status.look()]);
            let proxy = self.proxy_runs.then(|| self.proxy.look());
            kubelet.into_iter().flatten().chain(proxy).map(Arc::new).collect()
        };
        self.looks.loops.get_or_init(look)
    }

    fn machine(&self) -> Option<&Arc<MachineLook>> {
        Some(self.looks.machine.get_or_init(|| Arc::new(self.look())))
    }

    fn kubelet(&self) -> KubeletState {
        match self.kubelet_runs {
            false => KubeletState::Stopped,
            true if self.kubelet.hears() && self.status.hears() => KubeletState::Hears,
            true => KubeletState::Deaf,
        }
    }
}
