//! The stage of the scripts about the API server: it alone, before a store that holds the namespace `default` (revision
//! 1) and its service account (revision 2). No controller answers; what a script shows is the server's own work.
//!
//! Besides the requests of [`crate::requests`]:
//!
//! ```text
//! watch KINDS [since=N] [labels=] [fields=]     opens watch 1, 2, ...; its notices are printed as they come
//! wait 5m                                       time passes
//! etcd compact|stop|start
//! revision                                      the newest one
//! ```

use std::error::Error;

use goldenscript::{Command, Context, Runner};
use kubeloop::actor::{ActorId, Delivery, Message, Outbox, RequestTag};
use kubeloop::apiserver::{Answer, Call, Request, Server};
use kubeloop::object::{Kind, Object, revision};
use kubeloop::time::VirtualTime;
use kubeloop::trace::{Cause, Parent};

use crate::args::{Args, Printed, kind};
use crate::names::Names;
use crate::requests::{Door, Requests, refusal, words};

const ME: ActorId = ActorId(1);

/// What every namespace has.
const BASE: &str = "
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Namespace, metadata: {name: default}}
- {apiVersion: v1, kind: ServiceAccount, metadata: {name: default, namespace: default}}
";

/// The server with somebody who asks and watches.
pub struct Lone {
    server: Server,
    now: VirtualTime,
    watches: u32,
    /// What the watches said since it was last printed.
    heard: String,
}

/// The stage.
pub struct ServerRunner {
    lone: Lone,
    names: Names,
}

impl Default for ServerRunner {
    fn default() -> Self {
        let lone = Lone { server: Server::new(7), now: VirtualTime::ZERO, watches: 0, heard: String::new() };
        let mut runner = Self { lone, names: Names::default() };
        for document in kubeloop::manifests::parse("base", BASE).expect("it is well-formed") {
            let object = Object::from_value(document.value).expect("an object");
            runner.lone.ask("create", Call::Create { object, dry_run: false }).expect("it is created");
        }
        runner
    }
}

impl Lone {
    fn set_etcd(&mut self, answers: bool) {
        let mut out = Outbox::new(ActorId::APISERVER, self.now);
        self.server.set_etcd(answers, Parent::Known(Cause::NONE), &mut out);
        self.listen(out);
    }

    fn listen(&mut self, out: Outbox) {
        for posting in out.postings {
            match posting.message {
                Message::Watch { tag, notice, .. } => {
                    let target = words(&notice.object.reference());
                    let (verb, at) = (notice.verb.name(), revision(notice.object.meta()));
                    self.heard += &format!("watch {}: {verb} {target} at {at}\n", tag.watch);
                }
                Message::Response { answer: Err(status), .. } => {
                    self.heard += &format!("refused: {}\n", refusal(&status));
                }
                _ => {}
            }
        }
    }

    fn watch(&mut self, args: &mut Args<'_>) -> Printed<()> {
        let kind = kind(args.next("kind")?)?;
        let newest = self.server.api().etcd().revision();
        let since = args.key("since")?.unwrap_or(newest);
        let filter = args.filter(kind)?;
        self.watches += 1;
        let call = Call::Watch { kind, filter, since, watch: self.watches };
        let request = Box::new(Request { user: "you".into(), call });
        let tag = RequestTag { client: 0, number: u64::from(self.watches) };
        let message = Message::Request { tag, request };
        let mut out = Outbox::new(ActorId::APISERVER, self.now);
        self.server.handle(vec![Delivery { from: ME, message, cause: Cause::NONE }], &mut out);
        self.listen(out);
        Ok(())
    }
}

impl Door for Lone {
    fn ask(&mut self, _title: &str, call: Call) -> Answer {
        let mut out = Outbox::new(ActorId::APISERVER, self.now);
        let request = Request { user: "you".into(), call };
        let answer = self.server.answer_now(&request, Parent::Known(Cause::NONE), &mut out);
        self.listen(out);
        answer
    }

    fn every(&self, kind: Kind) -> Vec<Object> {
        self.server.api().etcd().list(kind, None).cloned().collect()
    }
}

impl Runner for ServerRunner {
    type Command = Command;

    fn run(&mut self, command: &Command, _context: &Context) -> Result<String, Box<dyn Error>> {
        let mut requests = Requests { door: &mut self.lone, names: &mut self.names };
        if let Some(printed) = requests.run(command) {
            let heard = std::mem::take(&mut self.lone.heard);
            return Ok(printed? + &self.names.anonymous(&heard));
        }
        let mut args = Args::of(command);
        match command.name.as_str() {
            "watch" => self.lone.watch(&mut args)?,
            "wait" => self.lone.now += args.span()?,
            "etcd" => match args.next("what")? {
                "compact" => self.lone.server.compact(),
                "stop" => self.lone.set_etcd(false),
                "start" => self.lone.set_etcd(true),
                other => return Err(format!("etcd does not {other}").into()),
            },
            "revision" => return Ok(self.lone.server.api().etcd().revision().to_string()),
            other => return Err(format!("unknown command {other}").into()),
        }
        args.end()?;
        let heard = std::mem::take(&mut self.lone.heard);
        Ok(self.names.anonymous(&heard))
    }
}
