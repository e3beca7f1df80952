//! The stage of all other scripts: a whole cluster, of which a script shows a part.
//!
//! Besides the requests of [`crate::requests`]:
//!
//! ```text
//! cluster [nodes=3] [cpu=4] [memory=8Gi] [seed=7]      switches it on; 10 s pass
//! node NAME [cpu=] [memory=] [labels=a=b,c=d] [taints=key=value:Effect]     joins; remove-node NAME
//! show COMPONENT... [what="compare event"]             what is told from now on
//! run 10s                                              time passes; tells what happened
//! until "EXPRESSION" [max=60s]                         time passes until it holds, and to the next whole second
//! value "EXPRESSION"                                   CEL, as in `kubeloop run`
//! ready N | ready POD                                  plays the kubelets' part for pods without a node
//! stop COMPONENT, start COMPONENT                      scheduler, controller/replicaset, kubelet/node-1, apiserver, etcd
//! power-off NODE, power-on NODE, reboot NODE
//! cut A B [way=to|from], heal A B, latency A B of=1s, drop A B [next=1]
//! exit POD [code=1] [container=], oom POD [container=]
//! probe POD readiness fail|pass, slow POD by=20s
//! break-image IMAGE, mend-image IMAGE
//! etcd snapshot|restore|lose-data|compact
//! traffic SERVICE N                                    so many requests a second; requests SERVICE: what became of them
//! real [NODE]                                          what really runs
//! logs POD [container=] [previous=true]
//! explain POD                                          what the scheduler thought of each node
//! ```

use std::error::Error;
use std::fmt::Write as _;

use goldenscript::{Command, Context, Runner};
use kubeloop::apiserver::{Answer, Call, Sub};
use kubeloop::engine::driver::Inline;
use kubeloop::engine::{Act, ClusterConfig, Engine, EtcdAct, Fault, Input, NodePower, NodeSpec, Way};
use kubeloop::expression::{Expression, Moments};
use kubeloop::node::{ImageFault, NodeCommand};
use kubeloop::object::{Key, Kind, Object, ObjectRef, Pod, Resource, revision};
use kubeloop::time::Span;
use serde_json::json;

use crate::args::{Args, Printed};
use crate::names::Names;
use crate::requests::{Door, Requests};
use crate::story::{self, Shown};

/// How long a cluster is given to come up.
const BOOT: Span = Span::secs(10);

/// The stage.
pub struct ClusterRunner {
    live: Option<Live>,
    names: Names,
    shown: Shown,
}

/// The cluster, once it is switched on.
struct Live(Engine);

impl Door for Live {
    fn ask(&mut self, title: &str, call: Call) -> Answer {
        let applied = self.0.apply(Input::new("script", title, Act::Api(call)));
        applied.answer.unwrap_or(Ok(kubeloop::apiserver::Reply::Done))
    }

    fn every(&self, kind: Kind) -> Vec<Object> {
        self.0.world().list(kind, None).cloned().collect()
    }
}

impl ClusterRunner {
    /// A stage on which these components are shown unless a script says otherwise.
    pub fn showing(components: &[&str]) -> Self {
        let kinds = ["compare", "event", "bind", "container", "probe", "node"].map(str::to_owned).into();
        let mut shown = Shown { components: Vec::new(), kinds };
        shown.set_components(components.iter().copied());
        Self { live: None, names: Names::default(), shown }
    }

    fn engine(&mut self) -> Printed<&mut Engine> {
        Ok(&mut self.live.as_mut().ok_or("switch the cluster on first: cluster nodes=3")?.0)
    }

    fn switch_on(&mut self, args: &mut Args<'_>) -> Printed<()> {
        let nodes = args.key("nodes")?.unwrap_or(3);
        let mut config = ClusterConfig::with_nodes(nodes, args.key("seed")?.unwrap_or(7));
        let (cpu, memory) = (args.text("cpu").unwrap_or("4"), args.text("memory").unwrap_or("8Gi"));
        for node in &mut config.nodes {
            (node.cpu, node.memory) = (cpu.to_owned(), memory.to_owned());
        }
        let mut engine = Engine::new(config, Box::new(Inline));
        engine.tap();
        engine.run_until(engine.now() + BOOT);
        engine.take_fresh();
        (self.live, self.names) = (Some(Live(engine)), Names::default());
        Ok(())
    }

    fn act(&mut self, title: &str, act: Act) -> Printed<()> {
        let applied = self.engine()?.apply(Input::new("script", title, act));
        applied.refused.map_or(Ok(()), |why| Err(why.into()))
    }

    fn fault(&mut self, fault: Fault) -> Printed<()> {
        self.act("fault", Act::Fault(fault))
    }

    fn pod(&mut self, args: &mut Args<'_>) -> Printed<ObjectRef> {
        let word = format!("pod/{}", args.next("pod")?);
        let live = self.live.as_mut().ok_or("switch the cluster on first")?;
        Requests { door: live, names: &mut self.names }.target(&word)
    }

    /// A command to the machine on which a pod is.
    fn on_pod(&mut self, pod: &ObjectRef, command: NodeCommand) -> Printed<()> {
        let found = self.engine()?.world().object(pod).and_then(Pod::of).and_then(|pod| pod.node.clone());
        let node = found.ok_or("that pod is on no node")?;
        self.fault(Fault::OnNode { node, command })
    }

    fn node(&mut self, args: &mut Args<'_>) -> Printed<()> {
        let mut spec = NodeSpec::new(args.next("name")?);
        let pairs = |text: &str| -> Vec<(String, String)> {
            let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
            pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
        };
        if let Some(cpu) = args.text("cpu") {
            spec.cpu = cpu.to_owned();
        }
        if let Some(memory) = args.text("memory") {
            spec.memory = memory.to_owned();
        }
        spec.labels = pairs(args.text("labels").unwrap_or("")).into_iter().collect();
        for (key, value) in pairs(args.text("taints").unwrap_or("")) {
            let (value, effect) = value.split_once(':').ok_or("key=value:Effect")?;
            spec.taints
                .push(serde_json::from_value(json!({ "key": key, "value": value, "effect": effect }))?);
        }
        self.act("add a node", Act::AddNode(spec))
    }

    /// Lets time pass and tells what happened.
    fn run_for(&mut self, span: Span) -> Printed {
        let engine = self.engine()?;
        let since = engine.now();
        engine.run_until(since + span);
        let events = engine.take_fresh();
        Ok(story::tell(&events, &self.shown, since, &mut self.names))
    }

    fn run_until(&mut self, args: &mut Args<'_>) -> Printed {
        let expression = Expression::parse(args.next("expression")?)?;
        let max = Span::parse(args.text("max").unwrap_or("60s"))?;
        let engine = self.engine()?;
        let since = engine.now();
        if !engine.run_while(max, |world| expression.evaluate(world, &Moments::default()).holds()) {
            let outcome = expression.evaluate(engine.world(), &Moments::default());
            return Err(format!("not within {max}: {}", outcome.operands_text()).into());
        }
        // What follows begins with a whole second, so that it does not depend on microseconds before.
        let rest = engine.now().micros() % 1_000_000;
        engine.run_until(engine.now() + Span::micros((1_000_000 - rest) % 1_000_000));
        let events = engine.take_fresh();
        Ok(story::tell(&events, &self.shown, since, &mut self.names))
    }

    fn value(&mut self, args: &mut Args<'_>) -> Printed {
        let expression = Expression::parse(args.next("expression")?)?;
        let value = expression.evaluate(self.engine()?.world(), &Moments::default()).value?;
        Ok(self.names.anonymous(&value.to_string()))
    }

    /// Up to so many pods without a node become ready, those created first; or the one that is named.
    fn ready(&mut self, args: &mut Args<'_>) -> Printed<()> {
        let word = args.next("how many, or which pod")?;
        let count = word.parse::<usize>();
        let live = self.live.as_mut().ok_or("switch the cluster on first")?;
        let mut pods: Vec<Pod> = live.0.world().list_as::<Pod>(None).cloned().collect();
        pods.retain(|pod| pod.is_active() && !pod.is_ready());
        if count.is_err() {
            let target = Requests { door: live, names: &mut self.names }.target(&format!("pod/{word}"))?;
            pods.retain(|pod| pod.key() == target.key);
        }
        pods.sort_by_key(|pod| revision(&pod.metadata));
        let now = live.0.now().to_api();
        for pod in pods.into_iter().take(count.unwrap_or(1)) {
            let mut value = pod.into_object().to_value();
            value["status"]["phase"] = "Running".into();
            value["status"]["conditions"] =
                json!([{ "type": "Ready", "status": "True", "lastTransitionTime": now }]);
            let object = Object::decode(Kind::Pod, value)?;
            let call = Call::Update { object, sub: Sub::Status, dry_run: false };
            live.ask("ready", call).map_err(|status| status.message.clone())?;
        }
        Ok(())
    }

    fn link(&mut self, command: &Command, args: &mut Args<'_>) -> Printed<()> {
        let (a, b) = (args.next("one end")?.into(), args.next("the other end")?.into());
        let fault = match command.name.as_str() {
            "cut" => {
                let way = match args.text("way") {
                    Some("to") => Way::To,
                    Some("from") => Way::From,
                    _ => Way::Both,
                };
                Fault::Cut { a, b, way }
            }
            "heal" => Fault::Heal { a, b },
            "latency" => Fault::Latency { a, b, of: Span::parse(args.text("of").ok_or("of?")?)? },
            _ => Fault::Drop { a, b, next: args.key("next")?.unwrap_or(1) },
        };
        self.fault(fault)
    }

    fn hurt(&mut self, command: &Command, args: &mut Args<'_>) -> Printed<()> {
        let target = self.pod(args)?;
        let pod = target.key.clone();
        let container = args.text("container").map(Into::into);
        let order = match command.name.as_str() {
            "exit" => NodeCommand::ExitContainer { pod, container, code: args.key("code")?.unwrap_or(1) },
            "oom" => NodeCommand::OomKill { pod, container },
            "slow" => NodeCommand::SlowStart { pod, by: Span::parse(args.text("by").ok_or("by?")?)? },
            _ => {
                let kind = args.next("kind of probe")?.into();
                NodeCommand::Probe { pod, kind, fail: args.next("fail or pass")? == "fail" }
            }
        };
        self.on_pod(&target, order)
    }

    fn etcd(&mut self, args: &mut Args<'_>) -> Printed<()> {
        let act = match args.next("what")? {
            "snapshot" => EtcdAct::Snapshot,
            "restore" => EtcdAct::Restore,
            "lose-data" => EtcdAct::LoseData,
            "compact" => EtcdAct::Compact,
            other => return Err(format!("etcd does not {other}").into()),
        };
        self.fault(Fault::Etcd(act))
    }

    fn requests(&mut self, args: &mut Args<'_>) -> Printed {
        let service = Key::new("default", args.next("service")?);
        let look = self.engine()?.world().traffic();
        let Some(traffic) = look.as_ref().and_then(|look| look.services.get(&service)) else {
            return Ok("none".to_owned());
        };
        // Which pod a request goes to is a matter of chance, so the numbers are not told.
        let mut printed = String::from(match (traffic.ok, traffic.failed) {
            (0, 0) => "none\n",
            (_, 0) => "all were answered\n",
            (0, _) => "all failed\n",
            _ => "some were answered, some failed\n",
        });
        let pods: Vec<&str> = traffic.by_pod.keys().map(|pod| pod.as_str()).collect();
        let _ = writeln!(printed, "pods: {}", pods.join(", "));
        for failure in traffic.failures.keys() {
            let _ = writeln!(printed, "failed: {failure}");
        }
        Ok(self.names.anonymous(&printed))
    }

    fn real(&mut self, args: &mut Args<'_>) -> Printed {
        let only = args.maybe();
        let mut printed = String::new();
        for node in self.engine()?.world().nodes() {
            if only.is_some_and(|only| only != node.name) {
                continue;
            }
            let Some(machine) = node.machine() else {
                let _ = writeln!(printed, "{}: no power", node.name);
                continue;
            };
            let kubelet = if machine.kubelet { "" } else { ", no kubelet" };
            let _ = writeln!(printed, "{}: {} pods{kubelet}", node.name, machine.pods.len());
            for (key, pod) in &machine.pods {
                let containers: Vec<String> =
                    pod.containers.iter().map(|one| format!("{} {}", one.name, one.state)).collect();
                let _ = writeln!(printed, "  {}: {}", key.name, containers.join(", "));
            }
        }
        Ok(self.names.anonymous(&printed))
    }

    fn logs(&mut self, args: &mut Args<'_>) -> Printed {
        let pod = self.pod(args)?;
        let (container, previous) = (args.text("container"), args.key("previous")?.unwrap_or(false));
        let world = self.engine()?.world();
        let node = world
            .object(&pod)
            .and_then(Pod::of)
            .and_then(|pod| pod.node.clone())
            .ok_or("it is on no node")?;
        let machine = world.machine(&node).ok_or("that machine has no power")?;
        let look = machine.pods.get(&pod.key).ok_or("it does not run there")?;
        let of = look.containers.iter().find(|one| container.is_none_or(|name| name == one.name));
        let of = of.ok_or("there is no such container")?;
        let log = if previous { &of.previous_log } else { &of.log };
        let lines: String = log.iter().map(|(_, line)| format!("{line}\n")).collect();
        Ok(if lines.is_empty() { "nothing\n".to_owned() } else { self.names.anonymous(&lines) })
    }

    fn explain(&mut self, args: &mut Args<'_>) -> Printed {
        let pod = self.pod(args)?;
        let look = self.engine()?.world().loop_of("scheduler").cloned().ok_or("the scheduler is stopped")?;
        let explanation = look.explanations.get(&pod).ok_or("it was not tried yet")?;
        let mut printed = String::new();
        for row in &explanation.nodes {
            let _ = match &row.rejected {
                Some(rejection) => {
                    let reasons: Vec<&str> = rejection.reasons.iter().map(|reason| reason.as_str()).collect();
                    writeln!(printed, "{}: {} says no: {}", row.node, rejection.plugin, reasons.join(", "))
                }
                None => {
                    let scores =
                        row.scores.iter().map(|score| format!("{} {}", score.plugin, score.weighted));
                    let scores: Vec<String> = scores.collect();
                    writeln!(printed, "{}: {} = {}", row.node, row.total, scores.join(" + "))
                }
            };
        }
        Ok(self.names.anonymous(&(printed + &explanation.message)))
    }

    fn show(&mut self, args: &mut Args<'_>) {
        if let Some(kinds) = args.text("what") {
            self.shown.kinds = kinds.split_whitespace().map(str::to_owned).collect();
        }
        let components: Vec<&str> = std::iter::from_fn(|| args.maybe()).collect();
        if !components.is_empty() {
            self.shown.set_components(components.into_iter());
        }
    }

    /// Commands that print nothing.
    fn quietly(&mut self, command: &Command, args: &mut Args<'_>) -> Printed<()> {
        match command.name.as_str() {
            "cluster" => self.switch_on(args),
            "node" => self.node(args),
            "remove-node" => self.act("remove a node", Act::RemoveNode(args.next("name")?.into())),
            "show" => {
                self.show(args);
                Ok(())
            }
            "ready" => self.ready(args),
            "stop" | "start" => {
                let start = command.name == "start";
                self.fault(Fault::Component { name: args.next("component")?.into(), start })
            }
            "power-off" | "power-on" | "reboot" => {
                let power = match command.name.as_str() {
                    "power-off" => NodePower::Off,
                    "power-on" => NodePower::On,
                    _ => NodePower::Reboot,
                };
                self.fault(Fault::Power { node: args.next("node")?.into(), power })
            }
            "cut" | "heal" | "latency" | "drop" => self.link(command, args),
            "exit" | "oom" | "slow" | "probe" => self.hurt(command, args),
            "break-image" | "mend-image" => {
                let fault =
                    if command.name == "break-image" { ImageFault::NotFound } else { ImageFault::Found };
                self.fault(Fault::Image { image: args.next("image")?.into(), fault })
            }
            "etcd" => self.etcd(args),
            "traffic" => {
                let service = format!("default/{}", args.next("service")?).into();
                let per_second = args.next("how many a second")?.parse()?;
                self.act("traffic", Act::Traffic { service, per_second })
            }
            other => Err(format!("unknown command {other}").into()),
        }
    }
}

impl Runner for ClusterRunner {
    type Command = Command;

    fn run(&mut self, command: &Command, _context: &Context) -> Result<String, Box<dyn Error>> {
        if let Some(live) = &mut self.live
            && let Some(printed) = (Requests { door: live, names: &mut self.names }).run(command)
        {
            return printed;
        }
        let mut args = Args::of(command);
        let printed = match command.name.as_str() {
            "run" => {
                let span = args.span()?;
                self.run_for(span)?
            }
            "until" => self.run_until(&mut args)?,
            "value" => self.value(&mut args)?,
            "requests" => self.requests(&mut args)?,
            "real" => self.real(&mut args)?,
            "logs" => self.logs(&mut args)?,
            "explain" => self.explain(&mut args)?,
            _ => {
                self.quietly(command, &mut args)?;
                String::new()
            }
        };
        args.end()?;
        Ok(printed)
    }
}
