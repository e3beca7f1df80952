//! A command that runs: at once, or over a while of virtual time.
//!
//! Most commands are done as soon as they have begun. Some wait: `rollout status` until a Deployment is rolled
//! out, `delete` until the object is gone, `drain` until each pod may be evicted. A [`Running`] is therefore
//! polled: it does what can be done at this instant and says whether time must pass. Whoever runs it lets time
//! pass and polls again, and nobody is blocked meanwhile.

use smol_str::{SmolStr, format_smolstr};

use super::cluster::{Ask, Cluster};
use super::output::{Fault, Output};
use super::targets::Scope;
use super::verbs::Verb;
use crate::apiserver::{Call, Patch, Reply, Sub};
use crate::engine::{Act, Input};
use crate::manifests::Files;
use crate::object::{Kind, Object, ObjectRef};
use crate::time::VirtualTime;
use crate::trace::StoryId;

/// How far a command has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Poll {
    /// It is over, with this exit code.
    Done(u8),
    /// Time must pass: until something changes, and at the latest until this instant, if there is one.
    Waiting(Option<VirtualTime>),
    /// Somebody is to edit this text; the command goes on with [`Running::edited`].
    Edit(Editing),
}

/// A text that `kubectl edit` shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Editing {
    /// A name for the file: `deployment-web.yaml`.
    pub file: String,
    /// The object as YAML.
    pub text: String,
}

/// What a verb comes to at an instant.
pub(super) enum Step {
    /// It is over.
    Done,
    /// It waits; the same or another task goes on with it.
    Wait(Box<dyn Task>, Option<VirtualTime>),
    /// It waits for an editor.
    Edit(Editing, Box<dyn Edited>),
}

/// The part of a command that takes time.
pub(super) trait Task: Send {
    /// Does what can be done at this instant.
    fn poll(self: Box<Self>, cx: &mut Context<'_>) -> Result<Step, Fault>;
}

/// The part of a command that comes after the editor.
pub(super) trait Edited: Send {
    /// Goes on with the text as it was saved.
    fn saved(self: Box<Self>, text: &str, cx: &mut Context<'_>) -> Result<Step, Fault>;
}

enum State {
    New(Box<dyn Verb>),
    Waiting(Box<dyn Task>),
    Editing(Box<dyn Edited>),
    Over(u8),
}

/// A command that runs.
pub struct Running {
    state: State,
    namespace: Option<String>,
    title: SmolStr,
    story: Option<StoryId>,
    output: Output,
}

/// What a verb works with.
pub(super) struct Context<'a> {
    pub(super) cluster: &'a mut dyn Cluster,
    pub(super) scope: Scope<'a>,
    pub(super) out: &'a mut Output,
    title: &'a SmolStr,
    story: &'a mut Option<StoryId>,
}

impl Running {
    pub(super) fn new(verb: Box<dyn Verb>, namespace: Option<String>, line: &str) -> Self {
        let title = format_smolstr!("you ran kubectl {line}");
        Self { state: State::New(verb), namespace, title, story: None, output: Output::default() }
    }

    /// A command that is over before it began: it printed this.
    pub(super) fn over(output: Output, exit: u8) -> Self {
        let state = State::Over(exit);
        Self { state, namespace: None, title: SmolStr::default(), story: None, output }
    }

    /// Does what can be done at this instant.
    pub fn poll(&mut self, cluster: &mut dyn Cluster, files: &dyn Files) -> Poll {
        let state = std::mem::replace(&mut self.state, State::Over(1));
        let step = match state {
            State::Over(exit) => {
                self.state = State::Over(exit);
                return Poll::Done(exit);
            }
            State::Editing(edited) => {
                // Nobody brought the text: it is given up.
                drop(edited);
                Err(Fault::said("Edit cancelled, no changes made."))
            }
            State::New(verb) => verb.run(&mut self.context(cluster, files)),
            State::Waiting(task) => task.poll(&mut self.context(cluster, files)),
        };
        self.settle(step)
    }

    /// Goes on after the editor, with the text as it was saved.
    pub fn edited(&mut self, text: &str, cluster: &mut dyn Cluster, files: &dyn Files) -> Poll {
        match std::mem::replace(&mut self.state, State::Over(1)) {
            State::Editing(edited) => {
                let step = edited.saved(text, &mut self.context(cluster, files));
                self.settle(step)
            }
            other => {
                self.state = other;
                self.poll(cluster, files)
            }
        }
    }

    /// What was printed since this was last called.
    pub fn take_output(&mut self) -> Output {
        std::mem::take(&mut self.output)
    }

    /// The story of what it did, once it did something.
    pub fn story(&self) -> Option<StoryId> {
        self.story
    }

    fn context<'a>(&'a mut self, cluster: &'a mut dyn Cluster, files: &'a dyn Files) -> Context<'a> {
        Context {
            cluster,
            scope: Scope { said: self.namespace.as_deref(), files },
            out: &mut self.output,
            title: &self.title,
            story: &mut self.story,
        }
    }

    fn settle(&mut self, step: Result<Step, Fault>) -> Poll {
        let (state, poll) = match step {
            Ok(Step::Done) => (State::Over(0), Poll::Done(0)),
            Ok(Step::Wait(task, until)) => (State::Waiting(task), Poll::Waiting(until)),
            Ok(Step::Edit(editing, edited)) => (State::Editing(edited), Poll::Edit(editing)),
            Err(fault) => {
                let text = fault.text();
                if !text.is_empty() {
                    self.output.error(text);
                }
                (State::Over(1), Poll::Done(1))
            }
        };
        self.state = state;
        poll
    }
}

impl Context<'_> {
    /// The namespace that is meant.
    pub(super) fn namespace(&self) -> &str {
        self.scope.namespace()
    }

    /// The object of this kind and name in the namespace that is meant.
    pub(super) fn target(&self, kind: Kind, name: &str) -> ObjectRef {
        self.scope.target(kind, name)
    }

    /// Sends a request that writes; everything that one command does is one story.
    pub(super) fn write(&mut self, call: Call) -> Result<Reply, Fault> {
        let mut input = Input::new("kubectl", self.title.clone(), Act::Api(call));
        if let Some(story) = *self.story {
            input = input.within(story);
        }
        let applied = self.cluster.apply(input);
        self.story.get_or_insert(applied.cause.story);
        match (applied.refused, applied.answer) {
            (Some(why), _) => Err(Fault::said(why)),
            (None, Some(answer)) => Ok(answer?),
            (None, None) => Ok(Reply::Done),
        }
    }

    /// Sends a request, or only asks what would come of it.
    pub(super) fn write_unless(&mut self, dry: bool, call: Call) -> Result<Reply, Fault> {
        match dry {
            true => Ok(self.cluster.read(&call)?),
            false => self.write(call),
        }
    }

    /// Sends a patch and gives the object after it.
    pub(super) fn patch(&mut self, target: &ObjectRef, patch: Patch, dry_run: bool) -> Result<Object, Fault> {
        let call = Call::Patch { target: target.clone(), patch, sub: Sub::Main, dry_run };
        match self.write_unless(dry_run, call)? {
            Reply::Object(object) => Ok(object),
            _ => Ok(self.cluster.get(target)?),
        }
    }
}
